"""A diagram of classes in layers: boxes from left to right along what leads from one to another, drawn by a template.

Longest-path layering and two sweeps by barycentre, the steps of Sugiyama, Tagawa and Toda (1981): a dozen classes need no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

BOX_WIDTH, BOX_HEIGHT = 258, 34
_ACROSS, _DOWN = 345, 58
_GAP = 46
"""units above the rows of those that stand alone"""
_BEND = 44
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
    box: int
    """how wide every box is"""


def drawn(arrows: Iterable[Arrow], name: Callable[[str], str], classes: Iterable[str] = ()) -> Drawing | None:
    """None where nothing leads anywhere; those of `classes` that no arrow touches stand in rows below."""
    pairs: dict[tuple[str, str], list[str]] = {}
    for arrow in arrows:
        pairs.setdefault((arrow.start, arrow.end), []).append(arrow.property)
    if not pairs:
        return None
    layers = _layered(pairs)
    routes = {pair: _route(pair, layers) for pair in pairs}
    layers = _ordered(layers, [step for route in routes.values() for step in zip(route, route[1:])])
    tallest = max(map(len, layers))
    places = {
        key: (column * _ACROSS, int((row + (tallest - len(layer)) / 2) * _DOWN))
        for column, layer in enumerate(layers) for row, key in enumerate(layer)
    }  # fmt: skip
    alone = sorted(set(classes) - set(places), key=name)
    across = len(layers)
    height = (tallest - 1) * _DOWN + BOX_HEIGHT
    places |= {key: (n % across * _ACROSS, height + _GAP + n // across * _DOWN) for n, key in enumerate(alone)}
    height = max(y for _, y in places.values()) + BOX_HEIGHT
    lines = tuple(_line([places[k] for k in routes[pair]], tuple(name(p) for p in named if p)) for pair, named in sorted(pairs.items()))
    boxes = tuple(Box(key, name(key), *place) for key, place in sorted(places.items()) if " " not in key)
    return Drawing(boxes, lines, (across - 1) * _ACROSS + BOX_WIDTH, height, BOX_WIDTH)


def _route(pair: tuple[str, str], layers: list[list[str]]) -> list[str]:
    """The way of a line: its ends, and a place of its own (`start end column`) in each layer between them."""
    start, end = (next(n for n, layer in enumerate(layers) if key in layer) for key in pair)
    step = 1 if start < end else -1
    between = [(column, f"{pair[0]} {pair[1]} {column}") for column in range(start + step, end, step)] if start != end else []
    for column, key in between:
        layers[column].append(key)
    return [pair[0], *(key for _, key in between), pair[1]]


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
    layers = list(layers)
    for sweep in range(_SWEEPS):
        # To the right by what stands left, back to the left by what stands right.
        columns = range(1, len(layers)) if sweep % 2 else range(len(layers) - 2, -1, -1)
        for column in columns:
            beside = layers[column - 1 if sweep % 2 else column + 1]
            place = {key: row - len(beside) / 2 for row, key in enumerate(beside)}
            middle = {key: [place[other] for other in near[key] if other in place] for key in layers[column]}
            layers[column] = sorted(layers[column], key=lambda key: (sum(middle[key]) / max(1, len(middle[key])), key))
    return layers


def _line(way: list[tuple[int, int]], names: tuple[str, ...]) -> Line:
    """From the side of one box to the facing side of the next place, straight through what lies between the ends."""
    points = [(x, y + BOX_HEIGHT // 2) for x, y in way]
    forward = points[0][0] <= points[-1][0]
    near, far, bend = (0, BOX_WIDTH, _BEND) if forward else (BOX_WIDTH, 0, -_BEND)
    path = [f"M{points[0][0] + far} {points[0][1]}"]
    for number, (x, y) in enumerate(points[1:], 1):
        before = points[number - 1]
        path.append(f"C{before[0] + far + bend} {before[1]} {x + near - bend} {y} {x + near} {y}")
        if number < len(points) - 1:
            path.append(f"H{x + far}")
    (x1, y1), (x2, y2) = points[0], points[1]
    middle = ((x1 + far + x2 + near) // 2, (y1 + y2) // 2) if len(points) == 2 else (x2 + BOX_WIDTH // 2, y2)
    return Line("".join(path), names, *middle)
