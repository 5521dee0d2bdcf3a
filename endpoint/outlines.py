"""The outlines of land, from a TopoJSON file of world-atlas (Natural Earth, public domain): no tiles, no other host."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files

Point = tuple[float, float]
"""longitude and latitude in degrees"""
Window = tuple[float, float, float, float]
"""west, south, east, north"""
Ring = tuple[Point, ...]

_FINE = 60.0
"""degrees of longitude up to which a window shows the finer outlines"""


@cache
def land(name: str) -> tuple[tuple[Window, Ring], ...]:
    """Every ring of land of one file, islands and lakes alike, each with the window that it fills."""
    topology = json.loads((files("endpoint") / "data" / f"{name}.json").read_text(encoding="utf-8"))
    arcs = [_arc(arc, topology["transform"]) for arc in topology["arcs"]]
    rings = [
        _joined(_ring(ring, arcs))
        for geometry in topology["objects"]["land"]["geometries"]
        for polygon in ([geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"])
        for ring in polygon
    ]
    return tuple((_bounds(ring), ring) for ring in rings)


def _bounds(ring: Ring) -> Window:
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    return min(xs), min(ys), max(xs), max(ys)


def _arc(steps: Iterable[Sequence[int]], transform: dict[str, list[float]]) -> list[Point]:
    """TopoJSON 1.0, section 2.1.4: positions are differences, scaled and moved."""
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for dx, dy in steps:
        x, y = x + dx, y + dy
        points.append((x * scale_x + move_x, y * scale_y + move_y))
    return points


def _ring(indices: Iterable[int], arcs: Sequence[list[Point]]) -> list[Point]:
    """Arcs joined end to end; `~i` is arc i backwards."""
    points: list[Point] = []
    for index in indices:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += arc[1:] if points else arc
    return points


def unrolled(window: Window) -> list[list[Point]]:
    """The rings of land cut off at the edges of a window (Sutherland and Hodgman).

    The window may lie across the date line, its longitudes beyond 180; no ring jumps there.
    """
    west, south, east, north = window
    rings = [
        tuple((x + turn, y) for x, y in ring)
        for (left, low, right, high), ring in land("land-50m" if east - west <= _FINE else "land-110m")
        for turn in (-360, 0, 360)
        if left + turn < east and right + turn > west and low < north and high > south
    ]
    return _clipped(rings, window)


def _joined(ring: Sequence[Point]) -> Ring:
    """A ring with each point on the side of the one before it: from 179 to -179 is a step of two degrees."""
    points = list(ring[:1])
    for x, y in ring[1:]:
        points.append((x - 360 * round((x - points[-1][0]) / 360), y))
    return tuple(points)


def _clipped(rings: Iterable[Ring], window: Window) -> list[list[Point]]:
    west, south, east, north = window
    found = []
    for ring in rings:
        points = list(ring)
        for axis, edge, keeps_greater in ((0, west, True), (0, east, False), (1, south, True), (1, north, False)):
            points = _cut(points, axis, edge, keeps_greater)
        if len(points) > 2:
            found.append(points)
    return found


def _cut(points: list[Point], axis: int, edge: float, keeps_greater: bool) -> list[Point]:
    kept: list[Point] = []
    for before, point in zip([*points[-1:], *points[:-1]], points, strict=True):
        was_in, is_in = ((p[axis] >= edge) == keeps_greater for p in (before, point))
        if was_in != is_in:
            part = (edge - before[axis]) / (point[axis] - before[axis])
            kept.append(tuple(b + part * (p - b) for b, p in zip(before, point, strict=True)))  # type: ignore[arg-type]
        if is_in:
            kept.append(point)
    return kept
