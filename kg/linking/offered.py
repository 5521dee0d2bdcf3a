"""What is to be linked and what is offered, and the one interface behind which a table and a service stand alike."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from kg.linking import names
from kg.linking.names import Key, Reader

LEAST_LIKENESS = 0.8
"""names less alike than this are not offered at all, not even for review"""
NEIGHBOURHOOD = 0.25
"""degrees of latitude and longitude within which items are looked at although their name differs"""

FAR_APART = 60.0
"""kilometres beyond which two positions given for one place put both in doubt"""

Point = tuple[float, float]
"""latitude and longitude in degrees"""


@dataclass(frozen=True)
class Subject:
    """A thing of ours that is to be linked, with all that can tell it from others."""

    id: str
    label: str
    names: tuple[str, ...]
    country: str = ""
    """ISO 3166-1 alpha-2 in lower case"""
    areas: frozenset[str] = frozenset()
    """names and codes of the prefecture or first-level unit that it lies in"""
    kinds: frozenset[str] = frozenset()
    """`country`, `first-level`, `district`, `place`, or a kind of place such as `place/town`"""
    likely: frozenset[str] = frozenset()
    """kinds that it probably has, since what it is tied to has them: prefers among several, rules nothing out"""
    point: Point | None = None
    codes: frozenset[str] = frozenset()
    on: str = ""
    """a day on which it existed, "" where none is known"""
    denied: frozenset[str] = frozenset()
    """items that a row of ours says it is not"""


@dataclass(frozen=True)
class Item:
    """One thing that a table or a service offers. `stated` are the facts that it gives about it at all."""

    id: str
    names: tuple[str, ...]
    country: str = ""
    areas: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    points: tuple[Point, ...] = ()
    codes: frozenset[str] = frozenset()
    former: tuple[str, ...] = ()
    """names that it had before, or of what it took the place of"""
    ended: str = ""
    """the day on which it ceased, "" where it exists"""
    doubt: str = ""
    """why the source itself does not vouch for it"""
    score: float | None = None
    """how well a service says that it fits, 0 to 1"""

    @property
    def label(self) -> str:
        return self.names[0] if self.names else self.id


class Source(Protocol):
    """Something that offers items: a table at hand, or a service asked over the network."""

    name: str
    authority: str
    """name of the data set that its items belong to, as in `mappings/links/authorities.toml`"""
    address: str
    """where the rows say that they are from"""
    complete_for: frozenset[str]
    """countries of which it has every local government, so that a name that is there once is unique"""

    def offers(self, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, list[Item] | None]]:
        """What is offered for each subject; None where the source did not answer."""
        ...


@dataclass
class TableSource:
    """Items of a table, found by code, by any reading of a name, by likeness and by nearness."""

    name: str
    authority: str
    address: str
    reader: Reader
    items: list[Item]
    complete_for: frozenset[str] = frozenset()
    _by_key: dict[tuple[str, str, str], list[int]] = field(init=False, default_factory=lambda: defaultdict(list))
    _by_code: dict[str, list[int]] = field(init=False, default_factory=lambda: defaultdict(list))
    _by_cell: dict[tuple[int, int], list[int]] = field(init=False, default_factory=lambda: defaultdict(list))
    _stems: dict[str, dict[str, list[int]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for at, item in enumerate(self.items):
            for key in keys_of(item, self.reader):
                self._by_key[item.country, key.writing, key.stem].append(at)
                if key.writing == "latin":
                    self._stems.setdefault(item.country, {}).setdefault(names.sound(key.stem), []).append(at)
            for code in item.codes:
                self._by_code[code].append(at)
            for point in item.points:
                self._by_cell[_cell(point)].append(at)

    def offers(self, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, list[Item] | None]]:
        for subject in subjects:
            yield subject, [self.items[at] for at in sorted(self._found(subject))]

    def _found(self, subject: Subject) -> set[int]:
        found = {at for code in subject.codes for at in self._by_code.get(code, ())}
        keys = keys_of(subject, self.reader)
        countries = [subject.country, ""] if subject.country else sorted({country for country, _, _ in self._by_key})
        for country in countries:
            for key in keys:
                found.update(self._by_key.get((country, key.writing, key.stem), ()))
        if subject.point:
            found.update(self._around(subject.point))
        for key in keys if len(found) < 50 else ():
            stems = self._stems.get(subject.country, {}) if key.writing == "latin" else {}
            for stem in names.nearest(key.stem, stems.keys(), LEAST_LIKENESS):
                found.update(stems[stem])
        return found

    def _around(self, point: Point) -> Iterator[int]:
        row, column = _cell(point)
        for cell in ((row + a, column + b) for a in (-1, 0, 1) for b in (-1, 0, 1)):
            yield from self._by_cell.get(cell, ())


def keys_of(thing: Subject | Item, reader: Reader) -> list[Key]:
    """Every reading of every name of a thing, former names of an item included."""
    former = thing.former if isinstance(thing, Item) else ()
    found = [key for name in (*thing.names, *former) for key in reader.keys(name, thing.country)]
    return list(dict.fromkeys(found))


def authoritative(subject: Subject, offered: Sequence[tuple[Source, list[Item]]]) -> tuple[list[Item], bool]:
    """What counts for a subject, and whether it is from a full register of its country.

    Where a source has every local government of a country, the others have nothing to add there: what is not in the
    register is a ward, a place that ceased, or a mistake.
    """
    full = [items for source, items in offered if subject.country in source.complete_for]
    return merged(item for items in full or [items for _, items in offered] for item in items), bool(full)


def merged(items: Iterable[Item]) -> list[Item]:
    """What several sources say of one id in one country, put together: the doubt of one is the doubt of all."""
    found: dict[tuple[str, str], Item] = {}
    for item in items:
        key = (item.id, item.country)
        first = found.get(key)
        found[key] = item if first is None else replace(
            first, names=tuple(dict.fromkeys(first.names + item.names)), areas=first.areas | item.areas,
            kinds=first.kinds | item.kinds, points=tuple(dict.fromkeys(first.points + item.points)),
            codes=first.codes | item.codes, former=tuple(dict.fromkeys(first.former + item.former)),
            ended=max(first.ended, item.ended), doubt=first.doubt or item.doubt,
        )  # fmt: skip
    return list(found.values())


def _cell(point: Point) -> tuple[int, int]:
    return math.floor(point[0] / NEIGHBOURHOOD), math.floor(point[1] / NEIGHBOURHOOD)


def distance(point: Point | None, others: Iterable[Point]) -> float | None:
    """Kilometres on the sphere (haversine, radius 6,371 km) to the nearest of the others; None where either is unknown."""
    if point is None:
        return None
    return min((_haversine(point, other) for other in others), default=None)


def apart(points: Sequence[Point]) -> float:
    """Kilometres between the first position and the one farthest from it."""
    return max((_haversine(points[0], other) for other in points[1:]), default=0.0)


def _haversine(a: Point, b: Point) -> float:
    (lat1, long1), (lat2, long2) = ((math.radians(x), math.radians(y)) for x, y in (a, b))
    part = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((long2 - long1) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(part))
