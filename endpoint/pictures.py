"""Pictures of numbers and of ties, as places on a drawing: a heat table, bars, arcs over a map of the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from endpoint.outlines import Point, within

_LEFT, _TOP, _WIDE, _HIGH = 136, 30, 40, 34
"""units of a heat table: the captions of rows and of columns, a cell"""
_STEP, _BAR = 25, 15
_FULL = 380
"""units of the longest bar"""
_BAR_LEFT = 190
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
    most = max((number for _, numbers in rows for number in numbers.values()), default=1)
    cells = [
        Cell(_LEFT + _WIDE * i, _TOP + _HIGH * j, numbers[column], round(numbers[column] / most, 2))
        for j, (_, numbers) in enumerate(rows) for i, column in enumerate(columns) if numbers[column]
    ]  # fmt: skip
    right = _LEFT + _WIDE * len(columns)
    middle = [_TOP + _HIGH * j + _HIGH // 2 for j in range(len(rows))]
    return Heat(
        right + 48, _TOP + _HIGH * len(rows) + 4, _WIDE, _HIGH,
        tuple(Caption(caption, _LEFT - 12, y) for (caption, _), y in zip(rows, middle, strict=True)),
        tuple(Caption(str(column), _LEFT + _WIDE * i + _WIDE // 2, _TOP - 10) for i, column in enumerate(columns)),
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


def _land() -> tuple[str, ...]:
    """The rings of land on both sides of the date line, each cut where the map is."""
    paths = []
    for west, east in ((WEST, 180.0), (-180.0, WEST)):
        for ring in within((west, SOUTH, east, NORTH)):
            # The edges must not come out on the other side: 180 is 210 units of degrees from the left, -180 as well.
            shifted = [(x - WEST + (360 if west < WEST else 0), y) for x, y in ring]
            places = [(x * WORLD / 360, (NORTH - y) * WORLD / 360 * _STRETCH) for x, y in shifted]
            paths.append("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in places) + "Z")
    return tuple(paths)
