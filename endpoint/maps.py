"""Where things lie: the coordinates of one release, and a map of those around one thing, drawn here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from endpoint.documents import query_text
from endpoint.outlines import Point, Window, unrolled
from kg.store import Store, Term

WIDTH = 640
"""units of the drawing; its height follows from the window"""
_LEAST = 14.0
"""degrees of longitude that a map shows at least: enough of a coast to know where it is"""
_MARGIN = 0.25
"""of the extent of the points, on each side"""
_DOT, _NARROW, _WIDE = 5.0, 7.4, 13.0
"""units: half a spot with its edge; the width of a Latin and of a Japanese letter"""
_POINT = re.compile(r"^(?:<[^>]*>\s*)?POINT\s*\(\s*(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)\s*\)$", re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """Where the name of a spot is written; `anchor` as in SVG."""

    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Spot:
    name: str
    x: float
    y: float
    here: bool
    """whether it is the thing that the page is about"""
    label: Label | None = None
    """None where the name would cover another"""


@dataclass(frozen=True)
class Map:
    """A drawing of `width` by `height` units: paths of land, lines of the graticule, spots."""

    width: int
    height: int
    land: tuple[str, ...]
    lines: tuple[str, ...]
    spots: tuple[Spot, ...]


class Atlas:
    """The coordinates of a release, read once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def points(self) -> dict[str, Point]:
        """Longitude and latitude of each thing that has a point; other geometries are not drawn."""
        found = {}
        for row in self._store.select(query_text("coordinates")):
            read = _POINT.match(row["point"].value)
            if read and abs(float(read[1])) <= 180 and abs(float(read[2])) <= 90:
                found[row["place"].value] = (float(read[1]), float(read[2]))
        return found

    def around(self, iri: str, name: Callable[[str], str]) -> Map | None:
        """The thing and its neighbours that have coordinates; None where nothing has."""
        if not self.points:
            return None
        rows = self._store.select(query_text("neighbours"), {"thing": Term(iri)})
        return self.of({iri, *(row["event"].value for row in rows)}, name, iri)

    def of(self, things: Iterable[str], name: Callable[[str], str], here: str = "") -> Map | None:
        """Those of some things that have coordinates; None where none has."""
        found = sorted(set(things) & set(self.points))
        return drawn([(name(place), self.points[place], place == here) for place in found]) if found else None


def drawn(places: list[tuple[str, Point, bool]]) -> Map:
    """A map of named points, as wide as they need; plate carrée, true to scale along the middle parallel."""
    turned = _together([point for _, point, _ in places])
    window = _window(turned)
    west, south, east, north = window
    per_degree = WIDTH / (east - west)
    stretch = 1 / max(0.2, math.cos(math.radians((south + north) / 2)))

    def at(point: Point) -> tuple[float, float]:
        return round((point[0] - west) * per_degree, 1), round((north - point[1]) * per_degree * stretch, 1)

    named = zip(places, turned, strict=True)
    spots = sorted((Spot(name, *at(point), here) for (name, _, here), point in named), key=lambda s: (s.here, s.name))
    land = tuple(f"{_path([at(point) for point in ring])}Z" for ring in unrolled(window))
    height = round((north - south) * per_degree * stretch)
    return Map(WIDTH, height, land, tuple(_graticule(window, at)), _labelled(spots, height))


def _labelled(spots: list[Spot], height: int) -> tuple[Spot, ...]:
    """The spots with their names beside them, that of the page first; a name without room is left to the pointer."""
    taken = [(spot.x - _DOT, spot.y - _DOT, spot.x + _DOT, spot.y + _DOT) for spot in spots]
    found: dict[int, Label] = {}
    for number, spot in reversed(list(enumerate(spots))):
        wide = sum(_WIDE if ord(letter) > 0x2E7F else _NARROW for letter in spot.name)
        for anchor, x, y in (("start", 9, 0), ("end", -9, 0), ("middle", 0, -14), ("middle", 0, 15)):
            left = spot.x + x - wide * {"start": 0, "end": 1, "middle": 0.5}[anchor]
            box = (left, spot.y + y - 8, left + wide, spot.y + y + 8)
            inside = box[0] > 0 and box[1] > 0 and box[2] < WIDTH and box[3] < height
            if inside and not any(_meet(box, other) for at, other in enumerate(taken) if at != number):
                found[number] = Label(round(spot.x + x, 1), round(spot.y + y, 1), anchor)
                taken.append(box)
                break
    return tuple(replace(spot, label=found.get(number)) for number, spot in enumerate(spots))


def _meet(a: Window, b: Window) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _together(points: list[Point]) -> list[Point]:
    """The points with longitudes that run on beyond 180: the widest empty stretch of the globe lies outside the map."""
    xs = sorted({x for x, _ in points})
    first = max(zip(xs, [xs[-1] - 360, *xs], strict=False), key=lambda pair: pair[0] - pair[1])[0]
    return [(x if x >= first else x + 360, y) for x, y in points]


def _window(points: list[Point]) -> Window:
    """West and east may lie beyond 180, so that a map may lie across the date line."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    wide = max(_LEAST, (max(xs) - min(xs)) * (1 + 2 * _MARGIN))
    high = max(wide / 2.4, (max(ys) - min(ys)) * (1 + 2 * _MARGIN))
    x, y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    wide = min(360.0, wide)
    return x - wide / 2, max(-85.0, y - high / 2), x + wide / 2, min(85.0, y + high / 2)


def _graticule(window: Window, at: Callable[[Point], tuple[float, float]]) -> list[str]:
    """Meridians and parallels, some eight of them across."""
    west, south, east, north = window
    step = next(s for s in (1, 2, 5, 10, 20, 45) if (east - west) / s <= 9)
    meridians = [x for x in range(math.ceil(west), math.floor(east) + 1) if x % step == 0]
    parallels = [y for y in range(math.ceil(south), math.floor(north) + 1) if y % step == 0]
    lines = [((x, south), (x, north)) for x in meridians] + [((west, y), (east, y)) for y in parallels]
    return [_path([at(a), at(b)]) for a, b in lines]


def _path(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points)
