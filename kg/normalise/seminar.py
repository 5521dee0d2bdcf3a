"""A row of the seminar programme explained: fiscal year, office, days, hosts and themes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kg.letters import fold
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
    dates = read_dates(printed, int(verbatim["series"]), layout["months"], layout["weekdays"]) if printed else DateRange()
    problems += _date_problems(dates, printed or "", where)
    hosts, of_hosts = _hosts(verbatim["hosts"], layout, names, where)
    problems += of_hosts
    kinds = layout["hosts"]["kinds"]
    themes = read_themes(verbatim["themes"], [host["name"] for host in hosts] or verbatim["hosts"], layout["themes"], kinds)
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
    issues = _issues(dates, themes, missing_host=any(problem.severity == "violation" for problem in of_hosts))
    norm["issues"] = sorted({issue.code for issue in issues})
    key = f"{verbatim['series']}-{office['key']}"
    return replace(record, key=key, norm=norm, issues=tuple(issues)), problems


def _hosts(
    printed: Sequence[str], layout: Mapping[str, Any], names: Names, where: str
) -> tuple[list[dict[str, str]], list[Problem]]:
    """Key and name of each host; what names nobody, and what was read as no host of its own.

    A prefecture in brackets says where a city lies; one after a comma does, where the city lies in it, and is a host
    of its own where it does not.
    """
    hosts: list[dict[str, str]] = []
    problems: list[Problem] = []
    for name in printed:
        parts = re.fullmatch(r"(?P<own>[^(),]+?)\s*(?:\((?P<bracket>[^()]+)\)|,\s*(?P<after>[^(),]+))", fold(name))
        own, above = (name[: parts.end("own")], (parts["bracket"] or parts["after"]).strip()) if parts else (name, None)
        found = _host(own, layout, names)
        inside = _inside(found, own, above, layout, names) if above else None
        if inside:
            problems.append(Problem("host-placed", where, {"host": own, "place": above}, "info"))
            found = inside
        elif above and parts["bracket"] and isinstance(found, str):
            problems.append(Problem("host-elsewhere", where, {"host": own, "place": above, "key": found}))
            continue
        after = [(above, _host(above, layout, names))] if above and parts["after"] and not inside else []
        for one, key in [(own, found), *after]:
            if isinstance(key, str):
                hosts.append({"lg": key, "name": one})
            else:
                problems.append(replace(key.problem(where), severity="violation"))
    return hosts, problems


def _host(name: str, layout: Mapping[str, Any], names: Names) -> str | Unresolved:
    """A host by its name as printed, else by the name that the other word for its kind stands for (Fukui Pref.), or by
    its name abroad, where that is one government's."""
    found = names.government(name, layout["country"])
    if isinstance(found, str):
        return found
    kinds = "|".join(map(re.escape, layout["hosts"]["kinds"]))
    before = re.fullmatch(rf"(?P<kind>{kinds}) of (?P<name>.+)", name)
    forms = layout["hosts"]["form"]
    other = f"{before['name']} {before['kind']}" if before else next(
        (f"{name.removesuffix(form['printed'])}{form['means']}" for form in forms if name.endswith(f" {form['printed']}")), None,
    )  # fmt: skip
    tried = [names.government(other, layout["country"])] if other else []
    # Hokkaido is called so without a word for its kind.
    bare = next((names.first_level_called(n[: -len(w) - 1], layout["country"]) for n in (name, other or "")
                 for w in layout["hosts"]["above"] if n.endswith(f" {w}")), None)  # fmt: skip
    tried += [bare or names.called(name) or (tried[0] if tried else found)]
    return next((key for key in tried if isinstance(key, str)), tried[-1])


def _inside(found: str | Unresolved, name: str, above: str, layout: Mapping[str, Any], names: Names) -> str | None:
    """The government called `name` that lies in the first-level unit printed as `above`: Toyama, Toyama Pref."""
    words = sorted([*layout["hosts"]["kinds"], *(form["printed"] for form in layout["hosts"]["form"])], key=len, reverse=True)
    stem = next((above.removesuffix(f" {word}") for word in words if above.endswith(f" {word}")), above)
    candidates = {found} if isinstance(found, str) else set(found.candidates)
    fitting = [key for key in candidates | names.bearers(name) if names.lies_in(key, stem)]
    return fitting[0] if len(fitting) == 1 else None


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
