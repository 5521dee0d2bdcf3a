"""How well the linker links: python -m benchmarks.linking [--list FILE]

Rows of the sister-city table whose two items are asserted by their source and stand in the tables that are offered. The
linker sees the names of both ends, the country, the position of the partner, and that a municipality ties itself to a
municipality; never an identifier. Printed: precision of what is accepted and recall over all rows; the names that
several items have, apart; every disagreement with the table, to be read by a person, for the table errs too; what is
accepted where the right item is taken out of the tables (nothing should be); the list of hard names, or that of FILE
(same columns).
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from kg.linking import rules, tables
from kg.linking.names import Reader
from kg.linking.offered import Item, Point, Source, Subject, authoritative, keys_of
from kg.linking.rules import ACCEPT, Decision
from kg.project import Project

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "authority"
HARD = ROOT / "tests" / "linking" / "hard-names.csv"
OFFERED = ("jp_local_governments.csv", "world_places.csv")
_ENDINGS = {"市": "place", "町": "place", "村": "place", "区": "place", "道": "first-level", "府": "first-level", "県": "first-level"}
"""of a Japanese name, and the kind of partner that such a government has; 東京都 is city and prefecture, and says nothing"""


@dataclass(frozen=True)
class Case:
    """What the linker sees, and the right item ("" where there is none to find)."""

    subject: Subject
    right: str
    trap: str = ""


@dataclass
class Offer:
    """All tables of a benchmark behind one door."""

    reader: Reader
    sources: list[Source]

    @cached_property
    def items(self) -> dict[str, Item]:
        """Each item once, as the first table has it."""
        return {item.id: item for source in reversed(self.sources) for item in source.items}

    def decide(self, case: Case, without: str = "") -> Decision:
        """What is decided for a case; `without` is an item that is taken away before."""
        subject = case.subject
        offered = [
            (source, [item for item in items or () if item.id != without])
            for source in self.sources for _, items in source.offers([subject])
        ]  # fmt: skip
        items, full = authoritative(subject, offered)
        return rules.decide(subject, items, full and not without, self.reader)


def offer(project: Project, folder: Path) -> Offer:
    reader = tables.reader(project)
    found = [tables.source(project, folder / name, reader) for name in OFFERED]
    problems = [problem.text() for _, problems in found for problem in problems if problem.severity == "violation"]
    if problems:
        raise SystemExit("\n".join(problems[:10]))
    return Offer(reader, [source for source, _ in found if source])


def pairs(path: Path, known: Iterable[str]) -> Iterator[tuple[Case, Case]]:
    """Both ends of each row whose two items are asserted and offered."""
    known = set(known)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            asserted = all(row[name].startswith("asserted") for name in ("jp_qid_basis", "partner_qid_basis"))
            if not asserted or not {row["jp_qid"], row["partner_qid"]} <= known:
                continue
            names = (row["jp_name_ja"], row["jp_name_en"])
            likely = frozenset(kind for ending, kind in _ENDINGS.items() if names[0].endswith(ending))
            own = Subject("own", row["jp_name_en"], names, "jp")
            partner = Subject("partner", row["partner_name"], (row["partner_name"],), row["partner_country_iso2"].lower(),
                              likely=likely, point=point(row["partner_lat"], row["partner_lon"]))  # fmt: skip
            yield Case(own, row["jp_qid"]), Case(partner, row["partner_qid"])


def point(lat: str, long: str) -> Point | None:
    return (float(lat), float(long)) if lat and long else None


def hard(path: Path, by_code: dict[str, str]) -> list[Case]:
    """A list of names: `expected` is a code of five digits or an item, "" where nothing may be accepted."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Case(
                Subject(row["name"], row["name"], tuple(filter(None, (row["name"], row["name_ja"]))), row["country"],
                        frozenset(filter(None, (row["area"].casefold(),))), frozenset(filter(None, (row["kind"],))),
                        point=point(row["lat"], row["long"]), codes=frozenset(filter(None, (row["code"],))), on=row["on"]),
                by_code.get(row["expected"], row["expected"]), row["trap"],
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def shared_names(offered: Offer) -> set[tuple[str, str, str]]:
    """The readings that several items of one country have: the traps."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for item in offered.items.values():
        counted.update({(item.country, key.writing, key.stem) for key in keys_of(item, offered.reader)})
    return {key for key, count in counted.items() if count > 1}


def share(part: int, whole: int) -> str:
    return f"{part / whole:.4f} ({part}/{whole})" if whole else "-"


def say(title: str, judged: list[tuple[Case, Decision]]) -> None:
    accepted = [(case, decision) for case, decision in judged if decision.outcome == ACCEPT]
    right = sum(decision.candidates[0].item.id == case.right for case, decision in accepted)
    findable = sum(bool(case.right) for case, _ in judged)
    print(f"{title:42} precision {share(right, len(accepted)):22} recall {share(right, findable)}")


def disagreements(judged: list[tuple[Case, Decision]], items: dict[str, Item]) -> Iterator[str]:
    for case, decision in judged:
        if decision.outcome == ACCEPT and decision.candidates[0].item.id != case.right:
            found, e = decision.candidates[0].item, decision.candidates[0]
            away = f", {e.distance:.1f} km" if e.distance is not None else ""
            expected = f"{case.right} {items[case.right].label}" if case.right in items else case.right or "nothing"
            said = f"{case.subject.label} [{case.subject.country or '-'}]: {decision.rule} says {found.id} {found.label}"
            yield f"  {said} ({'/'.join(sorted(found.kinds))}{away}), the table {expected}"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linking", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--list", type=Path, default=HARD, metavar="FILE", help="names in the columns of tests/linking/hard-names.csv")
    file = parser.parse_args(arguments).list
    if not SHARED.is_dir():
        print("the tables of ../shared/authority are not here: nothing is measured")
        return
    offered = offer(Project(ROOT), SHARED)
    items = offered.items
    rows = list(pairs(SHARED / "sister_cities.csv", items))
    own = [(case, offered.decide(case)) for case, _ in rows]
    partners = [(case, offered.decide(case)) for _, case in rows]
    english = [(Case(replace(c.subject, names=c.subject.names[1:]), c.right), None) for c, _ in own]
    print(f"{len(rows)} rows, both items asserted and offered; {len(items)} items offered\n")
    say("Japanese ends, Japanese and English name", own)
    say("Japanese ends, English name alone", [(case, offered.decide(case)) for case, _ in english])
    say("partners", partners)
    say("both ends as links", own + partners)
    whole = [(a, b) for a, b in zip(own, partners, strict=True) if a[1].outcome == b[1].outcome == ACCEPT]
    right = sum(all(d.candidates[0].item.id == c.right for c, d in pair) for pair in whole)
    print(f"{'rows with both ends':42} precision {share(right, len(whole)):22} recall {share(right, len(rows))}")
    traps = shared_names(offered)
    say("same-name traps among the partners", [
        (case, decision) for case, decision in partners
        if any((case.subject.country, key.writing, key.stem) in traps for key in keys_of(case.subject, offered.reader))
    ])  # fmt: skip
    once = {(case.subject.names, case.subject.country, case.subject.point, case.right): case for case, _ in partners}
    absent = [(replace(case, right=""), offered.decide(case, without=case.right)) for case in once.values()]
    print(f"accepted though the right item is not offered: {sum(d.outcome == ACCEPT for _, d in absent)} of {len(absent)}")
    for title, judged in (("disagreements", own + partners), ("accepted though the right item is not offered", absent)):
        print(f"\n{title}:")
        print("\n".join(dict.fromkeys(disagreements(judged, items))) or "  none")
    print("\nnot accepted, by reason:")
    for (outcome, rule), count in Counter((d.outcome, d.rule) for _, d in own + partners if d.outcome != ACCEPT).most_common():
        print(f"  {count:4} {outcome}: {rule}")
    by_code = {code: item.id for item in items.values() for code in item.codes if len(code) == 5}
    judged = [(case, offered.decide(case)) for case in hard(file, by_code)]
    print(f"\nhard names ({file.name}, {len(judged)}):")
    say("all", judged)
    for trap in dict.fromkeys(case.trap for case, _ in judged):
        say(trap, [(case, decision) for case, decision in judged if case.trap == trap])
    print("\n".join(disagreements(judged, items)) or "  no disagreement")


if __name__ == "__main__":
    main(sys.argv[1:])
