"""The prefectures of Japan as tiles of one size, each near its neighbours: a small prefecture is seen as well as a large one."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WIDE, HIGH = 62, 44
"""units of a tile with the gap to the next"""


@dataclass(frozen=True)
class Tile:
    name: str
    x: int
    y: int
    number: int
    strength: float
    """from 0 to 1: the number by the largest"""


@dataclass(frozen=True)
class Tiles:
    width: int
    height: int
    wide: int
    high: int
    size: int
    """of the letters: as large as the longest name lets them be"""
    tiles: tuple[Tile, ...]


@cache
def _places() -> tuple[dict[str, str], ...]:
    """One row a prefecture: the two digits of its code (JIS X 0401), its place on the grid, its name without its kind."""
    text = (files("endpoint") / "data" / "prefecture-tiles.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def tiles(numbers: Mapping[str, int], language: str) -> Tiles | None:
    """All prefectures with their numbers by standard area code; None where no code is that of a prefecture."""
    by_code = {code[:2]: number for code, number in numbers.items() if code[2:] == "000"}
    places = _places()
    found = [by_code.get(row["code"], 0) for row in places]
    if not any(found):
        return None
    drawn = [
        Tile(row[f"name_{language}"], int(row["column"]) * WIDE, int(row["row"]) * HIGH, number, round(number / max(found), 2))
        for row, number in zip(places, found, strict=True)
    ]  # fmt: skip
    longest = max(sum(1 if ord(letter) > 0x2E7F else 0.56 for letter in tile.name) for tile in drawn)
    size = min(14, int((WIDE - 6) / longest))
    return Tiles(max(t.x for t in drawn) + WIDE, max(t.y for t in drawn) + HIGH, WIDE, HIGH, size, tuple(drawn))
