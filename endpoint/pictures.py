"""Pictures of numbers and of ties, as places on a drawing: a heat table, bars, arcs over a map of the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from endpoint.outlines import Point, unrolled

_LEFT, _TOP, _HIGH = 120, 30, 34
"""units of a heat table: the captions of rows and of columns, the height of a cell"""
_NARROWEST, _WIDEST, _ROOM = 40, 80, 720
"""units of a cell's width, and for all cells of a row"""
_STEP, _BAR = 25, 15
_FULL = 240
"""units of the longest bar"""
_BAR_LEFT = 170
WEST, SOUTH, NORTH = -30.0, -56.0, 78.0
"""degrees where the map of the world is cut: in the Atlantic, so that Japan lies in the middle"""
WORLD = 960
_STRETCH = 1.2
"""of the parallels: true to scale at 34 degrees, where Japan lies"""


@dataclass(frozen=True)
class Cell:
    x: int
    y: int
    number: int
    strength: float
    """from 0 to 1: the number by the largest"""


@dataclass(frozen=True)
class Caption:
    text: str
    x: int
    y: int


@dataclass(frozen=True)
class Heat:
    """A table of numbers drawn as cells; the last column holds the sums of the rows."""

    width: int
    height: int
    wide: int
    high: int
    rows: tuple[Caption, ...]
    columns: tuple[Caption, ...]
    cells: tuple[Cell, ...]
    sums: tuple[Caption, ...]


@dataclass(frozen=True)
class Bar:
    caption: str
    number: int
    y: int
    length: int


@dataclass(frozen=True)
class Bars:
    width: int
    height: int
    left: int
    thick: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Arc:
    kind: str
    path: str
    name: str
    weight: float


@dataclass(frozen=True)
class World:
    """Land, arcs and the places where arcs end, on a drawing of `width` by `height` units."""

    width: int
    height: int
    land: tuple[str, ...]
    arcs: tuple[Arc, ...]
    spots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Line:
    """A tie to be drawn, from the first point to the second."""

    kind: str
    begin: Point
    end: Point
    name: str


def heat(rows: Sequence[tuple[str, Counter[int]]], columns: Sequence[int]) -> Heat:
    """Rows with their numbers by column; nothing is drawn where a number is 0."""
    wide = max(_NARROWEST, min(_WIDEST, _ROOM // max(1, len(columns))))
    most = max((number for _, numbers in rows for number in numbers.values()), default=1)
    cells = [
        Cell(_LEFT + wide * i, _TOP + _HIGH * j, numbers[column], round(numbers[column] / most, 2))
        for j, (_, numbers) in enumerate(rows) for i, column in enumerate(columns) if numbers[column]
    ]  # fmt: skip
    right = _LEFT + wide * len(columns)
    middle = [_TOP + _HIGH * j + _HIGH // 2 for j in range(len(rows))]
    return Heat(
        right + 48, _TOP + _HIGH * len(rows) + 4, wide, _HIGH,
        tuple(Caption(caption, _LEFT - 12, y) for (caption, _), y in zip(rows, middle, strict=True)),
        tuple(Caption(str(column), _LEFT + wide * i + wide // 2, _TOP - 10) for i, column in enumerate(columns)),
        tuple(cells),
        tuple(Caption(str(numbers.total()), right + 36, y) for (_, numbers), y in zip(rows, middle, strict=True)),
    )  # fmt: skip


def bars(numbers: Iterable[tuple[str, int]]) -> Bars:
    """One bar below the other, in the order given; the longest fills the width."""
    given = list(numbers)
    most = max((number for _, number in given), default=1)
    drawn = tuple(
        Bar(caption, number, i * _STEP + (_STEP - _BAR) // 2, round(number * _FULL / most))
        for i, (caption, number) in enumerate(given)
    )
    return Bars(_BAR_LEFT + _FULL + 40, max(1, len(given)) * _STEP, _BAR_LEFT, _BAR, drawn)


def at(point: Point) -> tuple[float, float]:
    """Where a place lies on the map of the world, in units."""
    scale = WORLD / 360
    return round((point[0] - WEST) % 360 * scale, 1), round((NORTH - point[1]) * scale * _STRETCH, 1)


def world(lines: Iterable[Line]) -> World:
    """The map with an arc for each pair of places and kind; more ties between the same make a wider one."""
    same: dict[tuple[str, Point, Point], list[str]] = {}
    for line in lines:
        same.setdefault((line.kind, line.begin, line.end), []).append(line.name)
    arcs = tuple(
        Arc(kind, _arc(at(begin), at(end)), " · ".join(sorted(set(names))), round(min(3.0, 1 + 0.3 * (len(names) - 1)), 1))
        for (kind, begin, end), names in sorted(same.items())
    )
    spots = sorted({at(point) for _, begin, end in same for point in (begin, end)})
    return World(WORLD, round((NORTH - SOUTH) * WORLD / 360 * _STRETCH), _land(), arcs, tuple(spots))


def _arc(begin: tuple[float, float], end: tuple[float, float]) -> str:
    """A curve that rises by a fifth of its length."""
    (x, y), (u, v) = begin, end
    length = ((u - x) ** 2 + (v - y) ** 2) ** 0.5
    return f"M{x:g},{y:g}Q{(x + u) / 2:g},{max(4.0, (y + v) / 2 - length / 5):g} {u:g},{v:g}"


@cache
def _land() -> tuple[str, ...]:
    """The rings of land, cut where the map is."""
    rings = unrolled((WEST, SOUTH, WEST + 360, NORTH))
    scale = WORLD / 360
    places = [[((x - WEST) * scale, (NORTH - y) * scale * _STRETCH) for x, y in ring] for ring in rings]
    return tuple("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in ring) + "Z" for ring in places)
