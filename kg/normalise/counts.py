"""Stated numbers of members: "6カ国70自治体(日本10、中国6 …)", "2010年10月現在、10カ国20都市"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.letters import fold
from kg.normalise.fiscal import Eras
from kg.normalise.names import Names


_EMPTY = re.compile(r"[(（][、,\s]*[)）]")
"""a bracket of which everything was read"""


@dataclass(frozen=True)
class Count:
    """Members and countries as stated in one line of a field (from 1), with the month that they are of, if given."""

    members: int
    countries: int | None
    """None where countries and regions are counted together"""
    as_of: str | None
    line: int


@dataclass(frozen=True)
class Part:
    """The members of one country, with its name as printed."""

    country: str
    name: str
    members: int
    line: int


def take_counts(
    lines: Sequence[str], rules: Mapping[str, Any], names: Names, eras: Eras
) -> tuple[list[Count], list[Part], list[str]]:
    """The counts and their parts, and the lines with all that was read of them blanked out by separators."""
    counts: list[Count] = []
    parts: list[Part] = []
    rest = []
    for number, text in enumerate(lines, start=1):
        found = re.search(rules["pattern"], fold(text))
        if not found:
            rest.append(text)
            continue
        dated = re.search(rules["as-of"], fold(text))
        year = eras.year(f"{dated['year']}年", None)[0] if dated else None
        as_of = f"{year:04}-{int(dated['month']):02}" if year and 1 <= int(dated["month"]) <= 12 else None
        countries = None if found["regions"] else int(found["countries"])
        counts.append(Count(int(found["members"].replace(",", "")), countries, as_of, number))
        bracket = re.compile(r"\s*\(([^()]*)\)").match(fold(text), found.end())
        inside = _parts(text[slice(*bracket.span(1))], rules["part"], names, number) if bracket else []
        parts += inside
        spans = [found.span(), *([dated.span()] if as_of else []), *([bracket.span()] if inside else [])]
        rest.append(_EMPTY.sub(lambda empty: "、" * len(empty[0]), _without(text, spans)))
    return counts, parts, rest


def _parts(text: str, pattern: str, names: Names, line: int) -> list[Part]:
    """The parts in a bracket, or none where anything in it is no part."""
    found = []
    for item in re.split(r"[、,]", text):
        part = re.fullmatch(pattern, fold(item).strip())
        country = names.country(part["country"]) if part else None
        if country is None:
            return []
        found.append(Part(country, part["country"].strip(), int(part["members"]), line))
    return found


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` with the spans replaced by separators, so that nothing is joined that stood apart."""
    for start, end in spans:
        text = text[:start] + "、" * (end - start) + text[end:]
    return text
