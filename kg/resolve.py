"""`kg resolve`: who a name or a code stands for, on a date.

Candidates come from every name of a release (preferred, other, as printed, reading, romaji), from former names and from
codes, those of today and those of before. A name that several have is not decided here: all are returned, with what
tells them apart. A date rules out what had ceased by then and what was not yet there.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from kg import codes
from kg.forms import OF_KIND, Form, district_off, forms, in_every_writing, kanji
from kg.queries import text_of
from kg.store import Row, Store

EXISTS, CEASED, NOT_YET, TODAY = "exists", "ceased", "not-yet", "today"
"""state of a candidate on the date that was asked for; `today` where none was"""
_QUALIFIED = re.compile(r"^(?P<name>[^,(（]+?)\s*[,(（]\s*(?P<where>[^)）]+?)\s*[)）]?$")


@dataclass(frozen=True)
class Change:
    """One change of a local government; `on` is "" where the source gives none, a year where it gives no day."""

    iri: str
    on: str
    kind: str
    former: tuple[str, ...]
    result: str
    unverified: bool


@dataclass(frozen=True)
class Government:
    iri: str
    key: str
    name_ja: str
    name_en: str
    kind: str
    country: str
    prefecture: str
    """IRI, "" for a prefecture and abroad"""
    code: str
    names: tuple[str, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """One answer. `matched` says by which name, `notes` are message codes with values, `state` is that on the date."""

    government: Government
    matched: str
    how: str
    state: str
    kind: str
    notes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    prefecture_ja: str = ""
    former: str = ""
    """the name of a place that ceased and that the government took the place of"""


@dataclass
class Index:
    """The names and codes of one release."""

    governments: dict[str, Government]
    by_form: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    """(writing, stem) -> (IRI, name)"""
    former: dict[tuple[str, str], set[tuple[Change, str]]] = field(default_factory=lambda: defaultdict(set))
    by_code: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """code -> (IRI, last day or "")"""
    by_item: dict[str, str] = field(default_factory=dict)


def index(store: Store) -> Index:
    changes = _changes(store.select(text_of("resolve-changes")))
    found = Index({g.iri: g for g in _governments(store.select(text_of("resolve-names")), changes)})
    for government in found.governments.values():
        for name in government.names:
            for form in in_every_writing(name):
                found.by_form[form.writing, form.stem].add((government.iri, name))
        for change in government.changes:
            for name in change.former:
                for form in in_every_writing(district_off(name)):
                    found.former[form.writing, form.stem].add((change, name))
    for row in store.select(text_of("resolve-codes")):
        through = row["through"].value if "through" in row else ""
        found.by_code[row["code"].value].append((row["government"].value, through))
    for row in store.select(text_of("resolve-items")):
        found.by_item[row["item"].value.rpartition("/")[2]] = row["government"].value
    return found


def _changes(rows: Iterable[Row]) -> dict[str, list[Change]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row["change"].value].append(row)
    found: dict[str, list[Change]] = defaultdict(list)
    for iri, group in grouped.items():
        first = group[0]
        former = tuple(sorted({row["former"].value for row in group if "former" in row}))
        kind = first["type"].value.rpartition("#")[2]
        on = first["date"].value if "date" in first else ""
        change = Change(iri, on, kind, former, first["result"].value, "status" in first)
        found[change.result].append(change)
    return found


def _governments(rows: Iterable[Row], changes: dict[str, list[Change]]) -> Iterator[Government]:
    names: dict[str, set[str]] = defaultdict(set)
    first: dict[str, Row] = {}
    for row in rows:
        iri = row["government"].value
        first.setdefault(iri, row)
        names[iri].add(row["name"].value)
    for iri, row in sorted(first.items()):
        yield Government(
            iri, iri.rpartition("/")[2], row["nameJa"].value, row["nameEn"].value, row["kind"].value.rpartition("#")[2],
            row["country"].value.rpartition("/")[2], row["prefecture"].value if "prefecture" in row else "",
            row["code"].value if "code" in row else "", tuple(sorted(names[iri])),
            tuple(sorted(changes.get(iri, ()), key=lambda change: change.on)),
        )  # fmt: skip


# ---- asking


def resolve(found: Index, text: str, on: str | None = None, country: str | None = None) -> list[Candidate]:
    """Every candidate for a name, code or Wikidata item, those that exist on the date first."""
    text = unicodedata.normalize("NFKC", text).strip()
    candidates = list(_of_code(found, text, on)) if text.isdigit() else list(_of_item(found, text, on))
    candidates = candidates or _of_name(found, text, on)
    if country:
        candidates = [c for c in candidates if c.government.country == country.lower()]
    placed = [replace(c, prefecture_ja=_prefecture(found, c.government)) for c in candidates]
    return sorted(placed, key=lambda c: (c.state not in (EXISTS, TODAY), c.government.key, c.former))


def well_formed(text: str) -> list[str]:
    """The five-digit codes that a text stands for if its digits are right, whether or not anything has them."""
    return [code5 for code5, remark in codes.readings(text.strip()) if remark != "resolve-check-digit"]


def chosen(candidates: list[Candidate]) -> Candidate | None:
    """The one candidate that is left on the date; None for none or several. A code as it stands goes before one mended."""
    left = [c for c in candidates if c.state in (EXISTS, TODAY)]
    left = [c for c in left if not _noted(c, "resolve-lost-zero")] or left
    return left[0] if len(left) == 1 and not _noted(left[0], "resolve-check-digit") else None


def _noted(candidate: Candidate, code: str) -> bool:
    return any(note == code for note, _ in candidate.notes)


def _prefecture(found: Index, government: Government) -> str:
    prefecture = found.governments.get(government.prefecture)
    return prefecture.name_ja if prefecture else ""


def _of_code(found: Index, text: str, on: str | None) -> Iterator[Candidate]:
    for code5, remark in codes.readings(text):
        for iri, through in found.by_code.get(code5, ()):
            government = found.governments[iri]
            notes = []
            if remark:
                expected = f"{code5}{codes.check_digit(code5)}" if remark == "resolve-check-digit" else code5
                notes.append((remark, (("found", text), ("expected", expected))))
            state = EXISTS if on else TODAY
            if through:
                notes.append(("resolve-code-ended", (("code", code5), ("through", through), ("now", government.code))))
                state = CEASED if on and on > through else state
            elif on and any(on <= last for last in _ends(found, iri)):
                notes.append(("resolve-code-later", (("code", code5), ("on", on))))
                state = NOT_YET
            yield _candidate(government, text, "code", state, on, notes)


def _ends(found: Index, iri: str) -> list[str]:
    """The last days of the former codes of a government: its present code came after them."""
    return [through for pairs in found.by_code.values() for other, through in pairs if other == iri and through]


def _of_item(found: Index, text: str, on: str | None) -> Iterator[Candidate]:
    if text in found.by_item:
        yield _candidate(found.governments[found.by_item[text]], text, "item", TODAY, on, [])


def _of_name(found: Index, text: str, on: str | None) -> list[Candidate]:
    name, inside = _place_apart(found, text)
    candidates: dict[tuple[str, str], Candidate] = {}
    for form in forms(name):
        for iri, matched in sorted(found.by_form.get((form.writing, form.stem), ())):
            government = found.governments[iri]
            if _agrees(form, matched, government.kind) and (not inside or inside in (government.prefecture, government.country)):
                state, notes = _begun(government, on)
                candidates.setdefault((iri, ""), _candidate(government, matched, form.writing, state, on, notes))
        for change, former in sorted(found.former.get((form.writing, form.stem), ()), key=lambda pair: pair[0].iri):
            government = found.governments[change.result]
            if _agrees(form, district_off(former), "") and (not inside or inside == government.prefecture):
                made = _candidate(government, former, "former", *_ceased(change, former, government, on))
                candidates.setdefault((change.result, former), replace(made, former=former))
    return list(candidates.values())


def _place_apart(found: Index, text: str) -> tuple[str, str]:
    """A name and the prefecture or country that stands with it: `伊達市（北海道）`, `北海道伊達市`, `Date, Hokkaido`."""
    match = _QUALIFIED.match(text)
    if match:
        for form in forms(match["where"]):
            for iri, _ in found.by_form.get((form.writing, form.stem), ()):
                if found.governments[iri].kind == "prefecture":
                    return match["name"], iri
    for government in found.governments.values():
        area = government.name_ja
        if government.kind == "prefecture" and text.startswith(area) and len(text) > len(area) + 1:
            return text[len(area) :].strip(), government.iri
    return text, ""


def _agrees(form: Form, matched: str, kind: str) -> bool:
    """A name without a word for its kind fits any; with one, the kind must be that of the name, or of the thing."""
    if not form.kind:
        return True
    said = {other.kind for other in in_every_writing(matched) if other.kind and other.stem == form.stem}
    said = said or {OF_KIND.get(kind, kind)}
    return form.kind in said


def _begun(government: Government, on: str | None) -> tuple[str, list]:
    """Whether the name was there: a change that ended a place of the same stem was the beginning of this one."""
    for change in government.changes:
        stems = {kanji(district_off(name))[:-1] for name in change.former}
        if change.on and kanji(government.name_ja)[:-1] in stems and on and on < change.on:
            values = (("name", government.name_ja), ("on", change.on))
            return NOT_YET, [("resolve-not-yet", values)]
    return (EXISTS if on else TODAY), []


def _ceased(change: Change, former: str, government: Government, on: str | None) -> tuple[str, str | None, list]:
    values = (("name", former), ("on", change.on), ("now", government.name_ja))
    state = CEASED if not on or on >= change.on else EXISTS
    return state, on, [("resolve-ceased", values)]


def _candidate(government: Government, matched: str, how: str, state: str, on: str | None, notes: list) -> Candidate:
    kind = government.kind
    for change in government.changes:
        if on and change.kind == "designation" and on < change.on and kind == "designated-city":
            kind = "city"
    if any(change.unverified for change in government.changes):
        days = ", ".join(change.on or "-" for change in government.changes if change.unverified)
        notes = [*notes, ("resolve-unverified", (("on", days),))]
    return Candidate(government, matched, how, state, kind, tuple(notes))

