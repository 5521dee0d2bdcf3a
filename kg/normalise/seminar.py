"""A row of the seminar programme explained: fiscal year, office, days, hosts and themes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kg.model import Issue, Problem, Record
from kg.normalise.dates import DateRange, read_dates
from kg.normalise.names import Names, Unresolved
from kg.normalise.themes import Theme, read_themes


def explain_seminar(
    record: Record, layout: Mapping[str, Any], lookups: Mapping[str, Sequence[Mapping[str, str]]], names: Names
) -> tuple[Record, list[Problem]]:
    """The record with key, `norm` and issues: `{fiscal year}-{office}`, dates in ISO 8601, hosts as keys."""
    verbatim, where = record.verbatim, f"{record.document}:{record.place.lines[0]}"
    problems: list[Problem] = []
    office = next(row for row in lookups["offices"] if row["printed"] == verbatim["office"])
    printed = verbatim.get("dates")
    dates = read_dates(printed, int(verbatim["series"]), layout["months"]) if printed else DateRange()
    problems += _date_problems(dates, printed or "", where)
    hosts = []
    for name in verbatim["hosts"]:
        found = _host(name, layout, names)
        if isinstance(found, str):
            hosts.append({"lg": found, "name": name})
        else:
            problems.append(replace(found.problem(where), severity="violation"))
    kinds = layout["hosts"]["kinds"]
    themes = read_themes(verbatim["themes"], verbatim["hosts"], layout["themes"], kinds)
    norm = {
        "fy": verbatim["series"], "office": office["key"], "officeName": verbatim["office"],
        "programme": layout["programme"], "hosts": hosts,
        "themes": [theme.text for theme in themes], "topics": _topics(themes, hosts),
    }  # fmt: skip
    norm |= {"verbatim": printed} if printed else {}
    remarks = verbatim.get("remarks", ())
    norm |= {"status": sorted({remark["means"] for remark in remarks})} if remarks else {}
    problems += [Problem("remark-read", where, {"printed": r["text"], "means": r["means"]}, "info") for r in remarks]
    norm |= {name: day for name, day in (("start", dates.start), ("end", dates.end)) if day}
    issues = _issues(dates, themes, missing_host=len(hosts) < len(verbatim["hosts"]))
    norm["issues"] = sorted({issue.code for issue in issues})
    key = f"{verbatim['series']}-{office['key']}"
    return replace(record, key=key, norm=norm, issues=tuple(issues)), problems


def _host(name: str, layout: Mapping[str, Any], names: Names) -> str | Unresolved:
    """A host by its name as printed, else by the name that the other word for its kind stands for (Fukui Pref.)."""
    found = names.government(name, layout["country"])
    if isinstance(found, str):
        return found
    kinds = "|".join(map(re.escape, layout["hosts"]["kinds"]))
    before = re.fullmatch(rf"(?P<kind>{kinds}) of (?P<name>.+)", name)
    other = f"{before['name']} {before['kind']}" if before else next(
        (f"{name.removesuffix(form['printed'])}{form['means']}"
         for form in layout["hosts"]["form"] if name.endswith(f" {form['printed']}")), None,
    )  # fmt: skip
    return names.government(other, layout["country"]) if other else found


def _topics(themes: Sequence[Theme], hosts: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The themes that are one host's own, numbered as the themes are."""
    keys = {host["name"]: host["lg"] for host in hosts}
    return [
        {"n": n, "lg": keys[theme.host], "theme": theme.text}
        for n, theme in enumerate(themes, start=1)
        if theme.host in keys
    ]


def _issues(dates: DateRange, themes: Sequence[Theme], missing_host: bool) -> list[Issue]:
    found = [Issue(code, field) for code, field in dates.issues]
    found += [Issue("list-number-lost", "norm.themes")] if any(theme.number_lost for theme in themes) else []
    found += [Issue("name-unresolved", "norm.hosts")] if missing_host else []
    return sorted(set(found), key=lambda issue: (issue.code, issue.field))


def _date_problems(dates: DateRange, printed: str, where: str) -> list[Problem]:
    """What a maintainer should see: spellings repaired, and dates that gave no day."""
    found = [Problem("month-repaired", where, {"printed": p, "read": r}, "info") for p, r in dates.repaired]
    for code in dict.fromkeys(code for code, _ in dates.issues):
        if code in ("date-unreadable", "date-impossible", "year-outside-fiscal-year"):
            found.append(Problem(code, where, {"printed": printed}, "warning"))
    return found
