"""A record of the page of exchanges explained: who reports what, with whom, since when, and who is a member."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kg.letters import fold
from kg.model import Issue, Place, Problem, Record
from kg.normalise.counts import Count, Part, take_counts
from kg.normalise.fiscal import Eras, FiscalYears, read_fiscal_years
from kg.normalise.mentions import read_mentions
from kg.normalise.names import Names, Unresolved
from kg.normalise.parties import Found, PartyReader
from kg.normalise.remarks import take_remarks
from kg.project import csv_row

Rows = Sequence[Mapping[str, str]]
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'*+,;=%-]+", re.ASCII)
_ROLES = {"member": "member", "listed": "member", "observer": "observer", "secretariat": "secretariat"}


@dataclass
class _Work:
    """One record in the making. `place` of a problem is a line of the document."""

    raw: Record
    layout: Mapping[str, Any]
    names: Names
    norm: dict[str, Any] = field(default_factory=dict)
    printed: list[tuple[str, str, str]] = field(default_factory=list)
    passages: dict[str, Place] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def lines(self, name: str) -> list[str]:
        return self.raw.verbatim.get(name, [])

    def line_place(self, name: str, number: int) -> Place:
        """Where the n-th printed line of a field stands."""
        return self.raw.passages.get(f"{name}-{number}") or self.raw.passages[name]

    def problem(self, code: str, values: dict[str, Any], name: str, line: int = 1, severity: str = "warning") -> None:
        place = self.line_place(name, line) if name in self.raw.passages else self.raw.place
        self.problems.append(Problem(code, f"{self.raw.document}:{place.lines[0]}", values, severity))

    def issue(self, code: str, name: str) -> None:
        self.issues.append(Issue(code, f"norm.{name}"))


def explain_activity(
    record: Record, layout: Mapping[str, Any], lookups: Mapping[str, Rows], names: Names
) -> tuple[Record | None, list[Problem]]:
    """The record with key, `norm`, issues, and a passage for every statement that has lines of its own.

    None for a record without the name of an activity: there is nothing that could be said of it.
    """
    work = _Work(record, layout, names)
    if not work.lines("name"):
        where = f"{record.document}:{record.place.lines[0]}"
        return None, [Problem("record-nameless", where, {"last": record.place.lines[1]})]
    _kind(work)
    reporters = _reporters(work)
    years = _without_remarks(work, " ".join(work.lines("years")), "years")
    eras = Eras(lookups["eras"])
    _years(work, read_fiscal_years(years, eras))
    activity, key = _activity(work, reporters, lookups["activities"])
    home = {prefecture for slug in reporters if (prefecture := names.prefecture_of(slug))}
    reader = PartyReader(layout, names, home)
    found, counts, parts = {}, {}, {}
    for name in ("organisers", "counterparts"):
        counts[name], parts[name], rest = take_counts(work.lines(name), layout["count"], names, eras)
        found[name] = reader.read(rest)
        _faults(work, name, found[name])
    _parties(work, found, [part for name in parts for part in parts[name]])
    _members(work, key, activity, reporters, found)
    _counts(work, key, activity, counts, parts)
    _pages(work)
    _mentions(work, key, lookups)
    return _finished(work, key), work.problems


def _kind(work: _Work) -> None:
    heading = fold(work.raw.verbatim.get("heading", "")).strip()
    for entry in work.layout["heading"]:
        if re.fullmatch(entry["pattern"], heading):
            work.norm["kind"] = entry["kind"]
    if "kind" not in work.norm:
        work.problem("kind-unknown", {}, "name")


def _reporters(work: _Work) -> list[str]:
    """The governments that report: of "prefecture/city" the city; several are separated as parties are."""
    reporters = []
    separators = rf"[{re.escape(work.layout['parties']['separators'])}]"
    text = "、".join(work.lines("reporter"))
    for item in filter(None, map(str.strip, re.split(separators, text))):
        *above, own = [part.strip() for part in re.split("[/／]", item)]
        if more := re.search(rf"(?:{work.layout['parties']['more']})+$", fold(own)):
            work.problem("text-unread", {"text": own[more.start() :]}, "reporter")
            own = own[: more.start()].strip()
        containers = [work.names.government(name, work.layout["country"]) for name in above]
        known = [(key, name) for key, name in zip(containers, above, strict=True) if isinstance(key, str)]
        key = work.names.government(own, work.layout["country"], known[-1][0] if known else None)
        for name in (*containers, key):
            if isinstance(name, Unresolved):
                found = name.problem("")
                work.problem(found.code, found.values, "reporter", severity="violation")
                work.issue("name-unresolved", "reporters")
        work.printed += [("lg", container, name) for container, name in known]
        if isinstance(key, str):
            work.printed.append(("lg", key, own))
            reporters.append(key)
    work.norm["reporters"] = [{"slug": slug} for slug in dict.fromkeys(reporters)]
    return list(dict.fromkeys(reporters))


def _years(work: _Work, years: FiscalYears) -> None:
    if printed := " ".join(work.lines("years")):
        work.norm["yearVerbatim"] = printed
    found = {"fromFiscalYear": years.first, "toFiscalYear": years.last, "continuation": years.continuation}
    work.norm |= {name: value for name, value in found.items() if value}
    work.norm["fiscalYears"] = list(years.single)
    for code in years.issues:
        work.issue(code, "fiscalYears")
    for text in years.unread:
        work.issue("year-unreadable", "fiscalYears")
        work.problem("years-unread", {"printed": text}, "years")


def _activity(work: _Work, reporters: Sequence[str], known: Rows) -> tuple[Mapping[str, str], str]:
    """The row of the activity's name, empty for an unknown one, and the key. Sets what the row says."""
    name, aside = _name(work)
    name, aside = _without_remarks(work, name, "name"), _without_remarks(work, aside, "name")
    work.norm["name"] = name
    if re.search(work.layout["name"]["rhythm"], fold(aside)):
        work.problem("rhythm-unread", {"printed": aside}, "name", 2)
    rows = [row for row in known if fold(row["name"]) == fold(name)]
    row = next((r for r in rows if not r["reporter"] or r["reporter"] in reporters), {})
    if row:
        key = row["key"]
    else:
        first = reporters[0] if reporters else "unknown"
        key = f"{first}-{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"
        work.problem("activity-unknown", {"name": name, "key": key}, "name")
        _of_known(work, name, key, known)
    work.norm["concerns"] = [{n: row[n] for n in ("kind", "slug", "class")}] if row.get("slug") else []
    pair = {"network": row.get("slug"), "programme": row.get("convenes")}
    work.norm["convenes"] = [pair] if row.get("convenes") else []
    for target in filter(None, row.get("thing", "").split("|")):
        kind, slug, words = target.split(":", 2)
        start = fold(name).index(fold(words))
        work.printed.append((kind, slug, name[start : start + len(words)]))
    later = re.fullmatch(work.layout["name"]["later"], fold(aside))
    if later and row.get("slug"):
        work.printed.append((row["kind"], row["slug"], aside[slice(*later.span("name"))]))
    elif later:
        work.problem("later-name-unplaced", {"name": aside[slice(*later.span("name"))]}, "name")
    return row, key


def _of_known(work: _Work, name: str, key: str, known: Rows) -> None:
    """A name that begins with that of a known body may be of it: told with the row that says so, never chosen."""
    if body := work.names.body_before(name):
        kind, slug, length = body
        class_ = work.names.class_of(slug) if kind == "org" else next((row["class"] for row in known if row["kind"] == kind), "?")
        source = f"{work.raw.document}:{work.line_place('name', 1).lines[0]}"
        cells = (name, "", key, kind, slug, class_, f"{kind}:{slug}:{name[:length]}", "", "", "", source)
        work.problem("activity-of-known", {"body": f"{kind}/{slug}", "row": csv_row(cells)}, "name", severity="info")


def _without_remarks(work: _Work, text: str, name: str) -> str:
    """`text` without remarks such as "(cancelled)", which say what the state of the activity is."""
    text, means = take_remarks(text, work.layout["remark"])
    if means:
        work.norm["status"] = sorted({*work.norm.get("status", ()), *means})
        work.problem("remark-read", {"printed": " ".join(work.lines(name))[:60], "means": ", ".join(means)}, name, severity="info")
    return text


def _name(work: _Work) -> tuple[str, str]:
    """The name of the activity and the bracket under it; other lines continue the name, as Japanese without a blank."""
    first, *rest = work.lines("name")
    if rest and re.fullmatch(work.layout["name"]["aside"], fold("".join(rest))):
        return first, "".join(rest)
    for line in rest:
        first += f" {line}" if first[-1:].isascii() and line[:1].isascii() else line
    return first, ""


def _faults(work: _Work, name: str, found: Found) -> None:
    for fault in found.faults:
        work.problem(fault.code, fault.values, name, fault.line)
        if fault.code in ("name-unresolved", "name-ambiguous"):
            work.issue("name-unresolved", name)
    if name == "counterparts" and found.unnamed:
        work.issue("counterparts-unnamed", name)


def _parties(work: _Work, found: Mapping[str, Found], parts: Sequence[Part]) -> None:
    """Organisers, counterparts, destinations, countries, organisations with their classes, and every name printed."""
    for name in ("organisers", "counterparts"):
        named = [p for p in found[name].parties if p.role == "party" or (p.role == "listed" and name == "counterparts")]
        work.norm[name] = _targets((p.kind, p.slug) for p in named if p.kind in ("lg", "network", "org"))
    stays = [p for p in found["counterparts"].parties if p.itinerary]
    work.norm["destinations"] = _targets((party.kind, party.slug) for party in stays)
    with_governments = {work.names.country_of(p.slug) for p in found["counterparts"].parties if p.kind == "lg"}
    alone = []
    for named in found.values():
        unplaced = [(at, country) for at, country in named.unplaced if country not in with_governments]
        ordered = sorted([*unplaced, *((at + 0.5, country) for at, country in enumerate(named.countries))], key=lambda pair: pair[0])
        alone += [country for _, country in ordered]
    alone += [part.country for part in parts if part.country not in with_governments]
    work.norm["countries"] = [{"slug": country} for country in dict.fromkeys(alone)]
    everything = [p for name in found for p in found[name].parties]
    organisations = dict.fromkeys(p.slug for p in everything if p.kind == "org")
    work.norm["things"] = [{"kind": "org", "slug": s, "class": work.names.class_of(s)} for s in organisations]
    for name in found:
        work.printed += found[name].names
    work.printed += [("country", part.country, part.name) for part in parts]


def _members(
    work: _Work, key: str, activity: Mapping[str, str], reporters: Sequence[str], found: Mapping[str, Found]
) -> None:
    """Memberships: which field lists members is said by the table of activities; roles are printed."""
    sources = activity.get("members", "").split()
    stated: list[tuple[tuple[str, str], str, str, str]] = []
    whole = (activity.get("kind", ""), activity.get("slug", ""))
    for name in ("organisers", "counterparts"):
        for party in found[name].parties:
            role = _ROLES.get(party.role) or ("member" if party.role == "party" and name in sources else None)
            of = party.of or whole
            if party.role in ("observer", "secretariat", "member") and party.kind != "lg":
                values = {"role": role, "name": f"{party.kind}/{party.slug}", "of": "/".join(of).strip("/") or "-"}
                work.problem("role-of-body", values, name, party.line)
            if role is None or party.kind != "lg" or (party.role == "listed" and "listed" not in sources):
                continue
            if of[0] not in ("network", "org"):
                work.problem("role-without-body", {"role": role, "member": party.slug}, name, party.line)
                continue
            passage = {"member": "members", "observer": "observers"}.get(role, role)
            _widen(work, passage, work.line_place(name, party.line))
            stated.append((of, party.slug, role, passage))
    if "reporter" in sources:
        passage = "membership" if activity.get("interval") else "reporter"
        stated += [(whole, slug, "member", passage) for slug in reporters]
    if "reporter" in sources and activity.get("interval"):
        for name in ("years", "name"):
            if name in work.raw.passages:
                _widen(work, "membership", work.raw.passages[name])
    seen: dict[str, str] = {}
    work.norm["memberships"], work.norm["intervals"] = [], []
    for (kind, slug), member, role, passage in stated:
        _membership(work, key, (kind, slug), member, role, passage, seen)
    if activity.get("interval"):
        _intervals(work)


def _membership(
    work: _Work, key: str, of: tuple[str, str], member: str, role: str, passage: str, seen: dict[str, str]
) -> None:
    membership = f"{of[1]}--{member}"
    if seen.setdefault(membership, role) == role:
        if any(m["membership"] == membership for m in work.norm["memberships"]):
            return
    else:
        membership = f"{membership}--{role}"
    work.norm["memberships"].append({
        "kind": of[0], "slug": of[1], "member": member, "role": role, "membership": membership,
        "evidence": f"{work.raw.document}-{key}-{passage}",
    })  # fmt: skip


def _intervals(work: _Work) -> None:
    """The years of a record that is about joining are those of the membership."""
    names = ("fromFiscalYear", "toFiscalYear", "continuation")
    span = {name: work.norm[name] for name in names if name in work.norm}
    if "fromFiscalYear" in span:
        work.norm["intervals"] = [
            {"membership": m["membership"], "verbatim": work.norm["yearVerbatim"]} | span
            for m in work.norm["memberships"]
            if m["evidence"].endswith("-membership")
        ]


def _counts(
    work: _Work, key: str, activity: Mapping[str, str], counts: Mapping[str, Sequence[Count]],
    parts: Mapping[str, Sequence[Part]],
) -> None:  # fmt: skip
    """The number of members of the network that the record is about, and its parts by country."""
    work.norm["counts"], work.norm["parts"] = [], []
    stated = [(name, count) for name in counts for count in counts[name]]
    if not stated:
        return
    name, count = stated[-1]
    if activity.get("kind") != "network":
        work.problem("count-without-network", {"members": count.members}, name, count.line)
        return
    if len({(c.members, c.countries) for _, c in stated}) > 1:
        work.problem("count-contradicts", {"members": ", ".join(str(c.members) for _, c in stated)}, name, count.line)
        work.issue("count-contradicts", "counts")
    for field_name, one in stated:
        _widen(work, "count", work.line_place(field_name, one.line))
    node, evidence = f"{activity['slug']}-{work.raw.document}", f"{work.raw.document}-{key}"
    as_of = next((c.as_of for _, c in stated if c.as_of), None)
    whole = {"count": node, "network": activity["slug"], "members": count.members}
    if count.countries is None:
        work.problem("count-with-regions", {"members": count.members}, name, count.line, "info")
    else:
        whole["countries"] = count.countries
    work.norm["counts"] = [whole | {"evidence": f"{evidence}-count"} | ({"asOf": as_of} if as_of else {})]
    for field_name in parts:
        for part in parts[field_name]:
            _widen(work, "parts", work.line_place(field_name, part.line))
            work.norm["parts"].append({
                "count": node, "network": activity["slug"], "country": part.country, "members": part.members,
                "evidence": f"{evidence}-parts",
            })  # fmt: skip
    total = sum(part["members"] for part in work.norm["parts"])
    if work.norm["parts"] and total != count.members:
        work.problem("parts-do-not-add-up", {"stated": count.members, "sum": total}, name, count.line)
        work.issue("parts-do-not-add-up", "parts")


def _pages(work: _Work) -> None:
    """Addresses, cut at the first character that no address has and at a bracket; a final full stop is no part."""
    found = [m[0].rstrip(".,;:!?'") for line in work.lines("pages") for m in _ADDRESS.finditer(line)]
    work.norm["pages"] = list(dict.fromkeys(found))


def _mentions(work: _Work, key: str, lookups: Mapping[str, Rows]) -> None:
    """The things that prose names which nobody has taken apart."""
    if "prose" in work.raw.passages:
        work.norm["mentions"], problems = read_mentions(work.raw, f"{work.raw.document}-{key}", lookups)
        work.problems += problems
        work.issue("text-not-taken-apart", "mentions")


def _widen(work: _Work, name: str, place: Place) -> None:
    """The passage `name` reaches to `place`."""
    old = work.passages.get(name, place)
    first, last = sorted((old, place), key=lambda p: p.chars)
    work.passages[name] = Place(
        (first.lines[0], max(first.lines[1], last.lines[1])), (first.chars[0], max(first.chars[1], last.chars[1]))
    )


def _targets(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"kind": kind, "slug": slug} for kind, slug in dict.fromkeys(pairs)]


def _finished(work: _Work, key: str) -> Record:
    kinds = ("lg", "country", "network", "programme", "event", "org")
    names = [(kind, slug, name.strip()) for kind, slug, name in work.printed if kind in kinds]
    work.norm["names"] = [{"kind": k, "slug": s, "name": n} for k, s, n in dict.fromkeys(names)]
    issues = sorted(set(work.issues), key=lambda issue: (issue.code, issue.field))
    work.norm["issues"] = sorted({issue.code for issue in issues})
    kept = {name: place for name, place in work.raw.passages.items() if not re.search(r"(?<!mention)-\d+$", name)}
    return replace(work.raw, key=key, norm=work.norm, issues=tuple(issues), passages=kept | work.passages)
