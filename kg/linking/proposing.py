"""`kg link`: everything that is unlinked, held against what is offered, becomes rows of SSSOM in three files.

`accept` holds what a rule decided, with the rule as the author of the row; it may be appended to the table of the
project as it is. `review` and `none` have no author: they are no links until a person puts a name there, and
`kg check` refuses them before.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg import codes, link
from kg.errors import ProjectError
from kg.link import Authority, Link, Links
from kg.linking import rules
from kg.linking.names import Reader
from kg.linking.offered import Item, Source, Subject, authoritative
from kg.linking.rules import ACCEPT, NONE, REVIEW, Decision, Evidence
from kg.queries import text_of
from kg.store import Row, Store

_KINDS = {
    "prefecture": ("first-level",), "first-level": ("first-level",), "intermediate": ("place", "district"),
    "municipality": ("place",), "designated-city": ("place/city",), "city": ("place/city",), "town": ("place/town",),
    "village": ("place/village",), "special-ward": ("place/ward",), "Country": ("country",), "Place": ("place",),
}  # fmt: skip
"""kinds as the linker compares them, by the last part of a classification or of a class"""
_OTHER = ("organisation",)
_SHOWN = 5
"""candidates of one thing in the rows for review"""
_METHODS = {
    "code-and-name": "CompositeMatching", "name-and-place": "CompositeMatching", "name-and-area": "CompositeMatching",
    "name-in-full-register": "LexicalMatching", "country-name": "LexicalMatching", "alike-at-the-place": "CompositeMatching",
}  # fmt: skip
"""terms of SEMAPV for what a rule does"""


@dataclass
class Proposals:
    """What came of a run for one authority."""

    authority: str
    decisions: list[Decision] = field(default_factory=list)
    unanswered: list[Subject] = field(default_factory=list)
    offered_by: dict[str, str] = field(default_factory=dict)
    """address of the source by item"""

    def of(self, outcome: str) -> list[Decision]:
        return [decision for decision in self.decisions if decision.outcome == outcome]


def subjects(store: Store, links: Links, authority: Authority) -> tuple[list[Subject], set[str]]:
    """The things without a link to an authority, and the items of it that things have already."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in store.select(text_of("link-subjects")):
        grouped[row["thing"].value].append(row)
    template = authority.template
    start = template.partition("{")[0]
    linked = {row["linked"].value for rows in grouped.values() for row in rows if "linked" in row}
    taken = {iri for iri in linked if iri.startswith(start)}
    denied: dict[str, set[str]] = defaultdict(set)
    for row in links.rows:
        if row.negative and row.authority == authority.name:
            denied[row.subject].add(_id_of(row.object, template))
    found = []
    for iri, rows in sorted(grouped.items()):
        if not any("linked" in row and row["linked"].value in taken for row in rows):
            found.append(_subject(iri, rows, frozenset(denied[iri])))
    return found, {_id_of(iri, template) for iri in taken}


def _subject(iri: str, rows: Sequence[Row], denied: frozenset[str]) -> Subject:
    first = rows[0]
    by_language: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        by_language[row["language"].value].append(row["name"].value)
    names = [*sorted(set(by_language.pop("ja", []))), *sorted(set(by_language.pop("en", []))),
             *sorted({name for found in by_language.values() for name in found})]  # fmt: skip
    kinds = {row["kind"].value.rpartition("#")[2] for row in rows if "kind" in row}
    kinds = kinds or {row["class"].value.rpartition("/")[2].rpartition("#")[2] for row in rows}
    country = next((row["country"].value.rpartition("/")[2] for row in rows if "country" in row), "")
    if "Country" in kinds:
        country = iri.rpartition("/")[2]
    code = next((row["code"].value for row in rows if "code" in row), "")
    areas = {row["prefectureName"].value.casefold() for row in rows if "prefectureName" in row}
    if code and not code.endswith("000"):
        areas.add(f"{country}-{code[:2]}")
    point = (float(first["lat"].value), float(first["long"].value)) if "lat" in first else None
    broad = frozenset(kind for name in kinds for kind in _KINDS.get(name, _OTHER))
    return Subject(
        iri, names[0], tuple(names), country, frozenset(areas), broad, point=point,
        codes=frozenset({code, f"{code}{codes.check_digit(code)}"} if code else ()), denied=denied,
    )  # fmt: skip


def _id_of(iri: str, template: str) -> str:
    before, _, after = template.partition("{id}")
    return iri.removeprefix(before).removesuffix(after)


def propose(
    wanted: Sequence[Subject], taken: set[str], sources: Sequence[Source], reader: Reader, nothing: Mapping[str, Link],
    progress: Callable[[int], None] = lambda count: None,
) -> Proposals:  # fmt: skip
    """What the sources of one authority offer for the subjects, decided.

    `nothing` are the rows by which a person found no item; what a rule would accept against them is left to a person.
    """
    made = Proposals(sources[0].authority)
    offered: dict[str, list[tuple[Source, list[Item]]]] = defaultdict(list)
    silent: set[str] = set()
    for source in sources:
        for subject, items in source.offers(wanted):
            progress(1)
            if items is None:
                silent.add(subject.id)
                continue
            offered[subject.id].append((source, items))
            for item in items:
                made.offered_by.setdefault(item.id, source.address)
    for subject in wanted:
        if subject.id in silent:
            made.unanswered.append(subject)
            continue
        decision = rules.decide(subject, *authoritative(subject, offered[subject.id]), reader)
        made.decisions.append(_held_back(decision, taken, nothing))
    made.decisions = _once(made.decisions)
    return made


def _held_back(decision: Decision, taken: set[str], nothing: Mapping[str, Link]) -> Decision:
    if decision.outcome != ACCEPT:
        return decision
    if decision.candidates[0].item.id in taken:
        return replace(decision, outcome=REVIEW, rule="item-of-another-thing")
    if decision.subject.id in nothing:
        return replace(decision, outcome=REVIEW, rule="a-person-found-none")
    return decision


def _once(decisions: Iterable[Decision]) -> list[Decision]:
    """One item, one thing: what two things are to be linked to is left to a person."""
    decisions = list(decisions)
    count = Counter(decision.candidates[0].item.id for decision in decisions if decision.outcome == ACCEPT)
    return [
        replace(decision, outcome=REVIEW, rule="item-of-another-thing")
        if decision.outcome == ACCEPT and count[decision.candidates[0].item.id] > 1
        else decision
        for decision in decisions
    ]


# ---- SSSOM


def tables(made: Proposals, links: Links, base: str, on: str, header: Mapping[str, str]) -> dict[str, str]:
    """The three tables by outcome, in the columns of the project's own. `header` are the prefixes that rows may use."""
    authority = links.authorities[made.authority]
    return {outcome: _table(made, outcome, authority, base, on, header) for outcome in (ACCEPT, REVIEW, NONE)}


def _table(made: Proposals, outcome: str, authority: Authority, base: str, on: str, prefixes: Mapping[str, str]) -> str:
    spaces = dict(prefixes)
    rows = [row for decision in made.of(outcome) for row in _rows(decision, made, authority, base, on, spaces)]
    lines = [[_curie(cell, spaces) if column in link.CURIES else cell for column, cell in zip(link.COLUMNS, row, strict=True)] for row in rows]
    head = [
        f"#mapping_set_id: {base}graph/link/{authority.name}",
        f'#mapping_set_title: "Proposed by kg link: {outcome}"',
        "#license: https://creativecommons.org/publicdomain/zero/1.0/",
        "#curie_map:",
        *(f'#  {name}: "{space}"' for name, space in spaces.items()),
    ]
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(link.COLUMNS)
    writer.writerows(lines)
    return "\n".join(head) + "\n" + text.getvalue()


def _rows(
    decision: Decision, made: Proposals, authority: Authority, base: str, on: str, spaces: Mapping[str, str]
) -> list[list[str]]:
    subject, rule = decision.subject, decision.rule
    accepted = decision.outcome == ACCEPT
    nothing, semapv = f"{spaces['sssom']}{link.NOTHING}", spaces["semapv"]
    author = [f"{base}id/agent/kg-link-{rule}", f"kg link, rule {rule}"] if accepted else ["", ""]
    found = []
    for e in decision.candidates[:_SHOWN]:
        confidence = rules.CONFIDENCE[rule] if accepted else f"{min(0.89, e.likeness * 0.8):.2f}"
        method = _METHODS.get(rule, "LexicalSimilarityThresholdMatching" if e.name == rules.ALIKE else "LexicalMatching")
        found.append([
            subject.id, subject.label, authority.predicate, "", authority.template.replace("{id}", e.item.id), e.item.label,
            "", f"{semapv}{method}", *author, on, made.offered_by.get(e.item.id, ""), confidence, remark(decision, e),
        ])  # fmt: skip
    if not found:
        found.append([
            subject.id, subject.label, authority.predicate, "", nothing, "", "", f"{semapv}LexicalMatching", *author, on, "",
            "0.5", remark(decision, None),
        ])  # fmt: skip
    return found


def remark(decision: Decision, chosen: Evidence | None) -> str:
    """Rule or reason, what speaks for the candidate, and who its rivals are."""
    parts = [decision.rule]
    if chosen:
        said = [word for word in ("code", "country", "area", "kind", "writing") if getattr(chosen, word)]
        name = f"name {chosen.name} {chosen.likeness:.2f}" if chosen.name else ""
        away = f"{chosen.distance:.1f} km" if chosen.distance is not None else ""
        parts.append(", ".join(filter(None, [name, *said, away, f"doubt: {chosen.item.doubt}" if chosen.item.doubt else ""])))
    others = [e for e in (*decision.candidates, *decision.rivals) if e is not chosen][:_SHOWN]
    rivals = [f"{e.item.id} {e.item.label} ({', '.join(e.against) or f'{e.likeness:.2f}'})" for e in others]
    return "; ".join([": ".join(parts), *([f"rivals: {', '.join(rivals)}"] if rivals else [])]).replace("\t", " ")


def _curie(iri: str, spaces: dict[str, str]) -> str:
    """An IRI by the longest prefix that fits; a source that has none gets one of its own."""
    if not iri:
        return ""
    fitting = [name for name, space in spaces.items() if iri.startswith(space)]
    if fitting:
        name = max(fitting, key=lambda name: len(spaces[name]))
        return f"{name}:{iri.removeprefix(spaces[name])}"
    name = f"source{sum(name.startswith('source') for name in spaces) + 1}"
    spaces[name] = iri
    return f"{name}:"


def write(folder: Path, authority: str, made: Mapping[str, str]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for outcome, text in made.items():
        path = folder / f"{authority}.{outcome}.sssom.tsv"
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def prefixes_of(table: Path, where: str) -> dict[str, str]:
    """The prefixes that a table of the project uses, so that a row can be moved there as it is."""
    try:
        lines = [line for line in table.read_text(encoding="utf-8").split("\n") if line.startswith("#")]
    except FileNotFoundError:
        raise ProjectError("file-missing", where, expected=table.name) from None
    return link.curie_map(lines, where)
