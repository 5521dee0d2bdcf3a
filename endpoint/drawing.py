"""A diagram of classes in layers: boxes from left to right along what leads from one to another, drawn by a template.

Longest-path layering and two sweeps by barycentre, the steps of Sugiyama, Tagawa and Toda (1981): a dozen classes need no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

BOX_WIDTH, BOX_HEIGHT = 176, 34
_ACROSS, _DOWN = 262, 62
_SWEEPS = 4


@dataclass(frozen=True)
class Arrow:
    """`property` leads from class `start` to class `end`; "" for a class above."""

    start: str
    end: str
    property: str


@dataclass(frozen=True)
class Box:
    iri: str
    name: str
    x: int
    y: int


@dataclass(frozen=True)
class Line:
    """`path`: the `d` of an SVG path; the names of its properties stand at `x`, `y`."""

    path: str
    names: tuple[str, ...]
    x: int
    y: int


@dataclass(frozen=True)
class Drawing:
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


def drawn(arrows: Iterable[Arrow], name: Callable[[str], str]) -> Drawing | None:
    """None where nothing leads anywhere."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for arrow in arrows:
        pairs.setdefault((arrow.start, arrow.end), []).append(arrow.property)
    if not pairs:
        return None
    layers = _ordered(_layered(pairs), pairs)
    tallest = max(map(len, layers))
    places = {
        iri: (column * _ACROSS, int((row + (tallest - len(layer)) / 2) * _DOWN))
        for column, layer in enumerate(layers) for row, iri in enumerate(layer)
    }  # fmt: skip
    lines = tuple(_line(places[a], places[b], tuple(name(p) for p in named if p)) for (a, b), named in sorted(pairs.items()))
    boxes = tuple(Box(iri, name(iri), x, y) for iri, (x, y) in sorted(places.items()))
    return Drawing(boxes, lines, (len(layers) - 1) * _ACROSS + BOX_WIDTH, (tallest - 1) * _DOWN + BOX_HEIGHT)


def _layered(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Every class after those that lead to it; what would close a circle is left out of account."""
    after: dict[str, set[str]] = {}
    for start, end in sorted(pairs):
        after.setdefault(start, set())
        after.setdefault(end, set())
        if not _leads(end, start, after):
            after[start].add(end)
    layer = dict.fromkeys(after, 0)
    for _ in after:
        for start, ends in after.items():
            for end in ends:
                layer[end] = max(layer[end], layer[start] + 1)
    return [sorted(iri for iri in layer if layer[iri] == number) for number in range(max(layer.values()) + 1)]


def _leads(start: str, end: str, after: dict[str, set[str]]) -> bool:
    return start == end or any(_leads(next_, end, after) for next_ in after.get(start, ()))


def _ordered(layers: list[list[str]], pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Each layer in the order of the middle of the neighbours, so that few lines cross."""
    near: dict[str, set[str]] = {}
    for start, end in pairs:
        near.setdefault(start, set()).add(end)
        near.setdefault(end, set()).add(start)
    for _ in range(_SWEEPS):
        place = {iri: row / max(1, len(layer) - 1) for layer in layers for row, iri in enumerate(layer)}
        layers = [
            sorted(layer, key=lambda iri: (sum(place[other] for other in near[iri]) / len(near[iri]), iri)) for layer in layers
        ]
    return layers


def _line(start: tuple[int, int], end: tuple[int, int], names: tuple[str, ...]) -> Line:
    """From the side of one box to the facing side of the other; within a column around the right."""
    (x1, y1), (x2, y2) = start, end
    y1, y2 = y1 + BOX_HEIGHT // 2, y2 + BOX_HEIGHT // 2
    if x1 < x2:
        x1, bend = x1 + BOX_WIDTH, 48
        return Line(f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}", names, (x1 + x2) // 2, (y1 + y2) // 2)
    if x1 > x2:
        x2, bend = x2 + BOX_WIDTH, 48
        return Line(f"M{x1} {y1}C{x1 - bend} {y1} {x2 + bend} {y2} {x2} {y2}", names, (x1 + x2) // 2, (y1 + y2) // 2)
    x1, bend = x1 + BOX_WIDTH, 60
    return Line(f"M{x1} {y1}C{x1 + bend} {y1} {x1 + bend} {y2} {x1} {y2}", names, x1 + 45, (y1 + y2) // 2)
