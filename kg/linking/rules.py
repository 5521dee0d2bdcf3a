"""The rules: what speaks for an item and what against it, and whether it is accepted, left to a person, or none.

A wrong link is worse than none. An item is accepted only if it is the only one that fits, and something besides its
name says so; each acceptance names its rule. Likeness finds and orders candidates, it never accepts by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kg.forms import writing_of
from kg.linking import names
from kg.linking.names import JAPAN, Key, Reader
from kg.linking.offered import LEAST_LIKENESS, Item, Subject, distance, keys_of

ACCEPT, REVIEW, NONE = "accept", "review", "none"
SAME, READING, FORMER, ALIKE = "same", "reading", "former", "alike"
"""how the names agree: letter by letter; by a reading; by a former name; more or less"""

NEAR = {"place": 25.0, "district": 40.0, "first-level": 100.0}
FAR = {"place": 40.0, "district": 80.0, "first-level": 400.0}
"""kilometres within which two positions are those of one thing, and beyond which they cannot be: a unit of the first
level is as wide as that, and its position may be its middle or its seat"""
AT_HAND = 10.0
"""kilometres: of several of one name the one here is meant if the others are five times as far and beyond `NEAR`"""
_WRITINGS = ("ja", "kana", "latin")
"""the writings in the order in which they are believed: 長崎県 says its kind, Nagasaki does not"""
SURELY_ALIKE = 0.85
MARGIN = 0.1
"""by which the likest name at a place must be ahead of the next"""

CONFIDENCE = {
    "code-and-name": "0.99", "name-and-place": "0.98", "name-and-area": "0.98", "name-in-full-register": "0.97",
    "country-name": "0.98", "alike-at-the-place": "0.9",
}  # fmt: skip
"""the rules that accept, and how sure each is"""


@dataclass(frozen=True)
class Evidence:
    """One item held against one subject: True speaks for it, False against it, None says nothing."""

    item: Item
    name: str = ""
    likeness: float = 0.0
    code: bool | None = None
    country: bool | None = None
    area: bool | None = None
    kind: bool | None = None
    worded: bool = False
    """both names have a word for their kind, and it is the same kind"""
    expected: bool = False
    """it is known what kind the subject probably has"""
    likely: bool = False
    """the item is of that kind"""
    letter: bool = False
    """a name in Japanese is the same to the letter: 鹿島市 is not 鹿嶋市 where there are both"""
    writing: bool | None = None
    distance: float | None = None
    denied: bool = False
    ended: bool = False

    @property
    def against(self) -> tuple[str, ...]:
        """What rules the item out."""
        found = [word for word in ("code", "country", "area", "kind", "writing") if getattr(self, word) is False]
        if self.distance is not None and self.distance > FAR[self.width]:
            found.append("distance")
        return (*found, *(word for word in ("denied", "ended") if getattr(self, word)))

    @property
    def width(self) -> str:
        """The widest kind that the item can be."""
        broad = {kind.partition("/")[0] for kind in self.item.kinds}
        return next((width for width in ("place", "district", "first-level") if width in broad), "place")

    @property
    def near(self) -> bool:
        return self.distance is not None and self.distance <= NEAR[self.width]

    @property
    def unlike(self) -> bool:
        """Nothing says that the subject is of this kind: a province stands for the city of its name only too easily."""
        return self.kind is None and not self.likely and (self.expected or self.width != "place")

    @property
    def named(self) -> bool:
        return self.name in (SAME, READING)


@dataclass(frozen=True)
class Decision:
    subject: Subject
    outcome: str
    """accept, review or none"""
    rule: str
    """the rule that accepts; for the others the reason why none does"""
    candidates: tuple[Evidence, ...] = ()
    """the accepted one; those that a person should look at, the best first; none"""
    rivals: tuple[Evidence, ...] = ()
    """what was ruled out, or fits less"""


def decide(subject: Subject, items: Iterable[Item], full_register: bool, reader: Reader) -> Decision:
    """What becomes of a subject. `full_register`: the items are from a list of all local governments of its country."""
    weighed = [evidence(subject, item, reader) for item in items]
    fitting = [e for e in weighed if not e.against]
    ruled_out = tuple(e for e in weighed if e.against and (e.named or e.code))
    by_code = [e for e in fitting if e.code]
    named = narrowed([e for e in fitting if e.named])
    if by_code:
        return _by_code(subject, by_code, ruled_out)
    if len(named) == 1:
        rivals = tuple(e for e in fitting if e.named and e is not named[0]) + ruled_out
        rule = corroboration(subject, named[0], full_register, only=not rivals)
        if rule and not named[0].item.doubt:
            return Decision(subject, ACCEPT, rule, (named[0],), rivals)
        return Decision(subject, REVIEW, "doubted" if rule else "nothing-but-the-name", (named[0],), rivals)
    if named:
        return Decision(subject, REVIEW, "several-of-the-name", tuple(_ordered(named)), ruled_out)
    return _otherwise(subject, fitting, ruled_out)


def _by_code(subject: Subject, by_code: list[Evidence], ruled_out: tuple[Evidence, ...]) -> Decision:
    agreeing = [e for e in by_code if e.named]
    if len(agreeing) == len(by_code) == 1 and not agreeing[0].item.doubt:
        return Decision(subject, ACCEPT, "code-and-name", tuple(agreeing), ruled_out)
    reason = "several-of-the-code" if len(by_code) > 1 else "doubted" if agreeing else "code-of-another-name"
    return Decision(subject, REVIEW, reason, tuple(_ordered(by_code)), ruled_out)


def _otherwise(subject: Subject, fitting: list[Evidence], ruled_out: tuple[Evidence, ...]) -> Decision:
    former = [e for e in fitting if e.name == FORMER]
    if former:
        return Decision(subject, REVIEW, "former-name", tuple(_ordered(former)), ruled_out)
    alike = _ordered([e for e in fitting if e.likeness >= LEAST_LIKENESS])
    here = [e for e in alike if e.country and e.distance is not None and e.distance <= AT_HAND]
    best = narrowed([e for e in here if here[0].likeness - e.likeness < MARGIN])
    if len(best) == 1 and not ruled_out and not best[0].unlike and best[0].likeness >= SURELY_ALIKE and not best[0].item.doubt:
        return Decision(subject, ACCEPT, "alike-at-the-place", (best[0],), tuple(e for e in alike if e is not best[0]))
    if alike:
        return Decision(subject, REVIEW, "only-alike", tuple(alike), ruled_out)
    return Decision(subject, NONE, "ruled-out" if ruled_out else "no-candidate", (), ruled_out)


def corroboration(subject: Subject, found: Evidence, full_register: bool, only: bool) -> str:
    """The rule by which the item that is left of a name is accepted, "" where nothing besides the name speaks for it.

    `only`: nothing else in the country has the name at all; its position may then be some way off, for a wide unit.
    """
    if "country" in subject.kinds:
        return "country-name" if found.kind and found.name == SAME else ""
    if found.unlike:
        return ""
    if found.country is not None and (found.near or (only and found.distance is not None)):
        return "name-and-place"
    if found.area and found.kind is not None:
        return "name-and-area"
    if full_register and found.country and not (subject.areas and found.item.areas):
        return "name-in-full-register"
    return ""


def narrowed(named: list[Evidence]) -> list[Evidence]:
    """Of several items of one name those for which more speaks: the kind that is said, the area, the place, the likely kind."""
    for better in (lambda e: e.kind, lambda e: e.worded, lambda e: e.letter, lambda e: e.area):
        named = [e for e in named if better(e)] or named
    placed = sorted((e for e in named if e.distance is not None), key=lambda e: e.distance or 0.0)
    if len(placed) == len(named) > 1:
        first, second = (e.distance or 0.0 for e in placed[:2])
        if first <= AT_HAND and second >= max(5 * first, NEAR["place"]):
            return placed[:1]
    return [e for e in named if e.likely and e.width == "place"] or named


def _ordered(found: Sequence[Evidence]) -> list[Evidence]:
    return sorted(found, key=lambda e: (-e.likeness, e.distance if e.distance is not None else 1e9, e.item.id))


# ---- evidence


def evidence(subject: Subject, item: Item, reader: Reader) -> Evidence:
    """Everything that can be said about an item for a subject."""
    own, theirs = keys_of(subject, reader), keys_of(replace(item, former=()), reader)
    name, kind, worded = _names(subject, item, own, theirs)
    if not name and any(a.writing == b.writing and a.stem == b.stem for a in own for b in keys_of(item, reader)):
        name = FORMER
    latin = [[k.stem for k in keys if k.writing == "latin"] for keys in (own, theirs)]
    alike = 1.0 if name in (SAME, READING) else names.likeness(*latin)
    return Evidence(
        item, name or (ALIKE if alike >= LEAST_LIKENESS else ""), alike, bool(subject.codes & item.codes) if subject.codes and item.codes else None,
        subject.country == item.country if subject.country and item.country else None,
        _area(subject.areas, item.areas), kind, worded, bool(subject.likely), bool(compatible(subject.likely, item.kinds)), _letter(subject, item), _writing(subject, item, own, theirs), distance(subject.point, item.points),
        item.id in subject.denied, bool(item.ended and subject.on and item.ended <= subject.on),
    )  # fmt: skip


def _names(subject: Subject, item: Item, own: list[Key], theirs: list[Key]) -> tuple[str, bool | None, bool]:
    """How the names agree, whether the kinds that they say or that are known do, and whether both names say it."""
    same = {names.tidy(name) for name in subject.names} & {names.tidy(name) for name in item.names}
    stems = {(key.writing, key.stem) for key in theirs}
    pairs = [(a, b) for a in own if (a.writing, a.stem) in stems for b in theirs if (a.writing, a.stem) == (b.writing, b.stem)]
    if not pairs:
        return "", compatible(subject.kinds, item.kinds), False
    first = min((a.writing for a, _ in pairs), key=_WRITINGS.index)
    kinds = [
        compatible(frozenset({a.kind}) if a.said else subject.kinds, frozenset({b.kind}) if b.said else item.kinds)
        for a, b in pairs if a.writing == first
    ]  # fmt: skip
    stated = compatible(subject.kinds, item.kinds)
    kind = False if stated is False else True if True in kinds else None if None in kinds else False
    return (SAME if same else READING), kind, any(a.said and b.said and a.kind == b.kind for a, b in pairs)


def _letter(subject: Subject, item: Item) -> bool:
    japanese = [{names.tidy(name) for name in thing.names if writing_of(name) == "ja"} for thing in (subject, item)]
    return bool(japanese[0] & japanese[1])


def compatible(own: frozenset[str], other: frozenset[str]) -> bool | None:
    """Whether two sets of kinds can be those of one thing: a town is a place, but no city; None where one is unknown."""
    if not own or not other:
        return None
    return any(a == b or a.startswith(f"{b}/") or b.startswith(f"{a}/") for a in own for b in other)


def _area(own: frozenset[str], other: frozenset[str]) -> bool | None:
    """Areas agree by any name; they contradict each other only where both are given by their code (ISO 3166-2)."""
    if own & other:
        return True
    coded = [{area for area in areas if len(area) > 3 and area[2:3] == "-"} for areas in (own, other)]
    return False if all(coded) else None


def _writing(subject: Subject, item: Item, own: list[Key], theirs: list[Key]) -> bool | None:
    """In Japan the characters decide: 堺市 and 坂井市 are read alike and are two."""
    if JAPAN not in (subject.country, item.country):
        return None
    written = [{key.stem for key in keys if key.writing == "ja"} for keys in (own, theirs)]
    return bool(written[0] & written[1]) if all(written) else None
