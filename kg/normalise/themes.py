"""Themes of a seminar: the printed lines of a cell, put together and split into one text a theme."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.letters import fold, squeeze


@dataclass(frozen=True)
class Theme:
    """Words as printed, without list number and host; the host before a colon; whether its list number is lost."""

    text: str
    host: str | None = None
    number_lost: bool = False


def read_themes(
    lines: Sequence[str], hosts: Sequence[str], rules: Mapping[str, str], kinds: Sequence[str]
) -> list[Theme]:
    """The themes in the printed `lines` of a cell.

    A list number or a host with a colon begins a theme; a wrapped line continues one, joined by a blank. Where a list
    has its first number only, each following line is a theme: the number is lost. A line between hyphens is a
    subtitle, and a colon after anything but a host of the row belongs to the words. Bullets begin themes as numbers do.
    """
    if not lines:
        return []
    listed = _numbered(lines, rules) or _bulleted(lines)
    if listed:
        return listed
    return _by_host(" ".join(lines), hosts, kinds)


def _numbered(lines: Sequence[str], rules: Mapping[str, str]) -> list[Theme]:
    text = "\n".join(lines)
    starts = _list_starts(text, rules["number"])
    if not starts:
        return []
    bounds = [start for start, _ in starts] + [len(text)]
    items = [text[after : bounds[i + 1]].strip() for i, (_, after) in enumerate(starts)]
    if len(items) > 1:
        return [Theme(squeeze(item)) for item in items]
    themes: list[Theme] = []
    for line in items[0].split("\n"):
        if themes and re.search(rules["subtitle"], fold(line.strip())):
            themes[-1] = Theme(f"{themes[-1].text} {squeeze(line)}", None, themes[-1].number_lost)
        else:
            themes.append(Theme(squeeze(line), number_lost=bool(themes)))
    return themes


def _bulleted(lines: Sequence[str]) -> list[Theme]:
    """One theme a bullet, where the first line has one."""
    items: list[str] = []
    for line in lines:
        if fold(line).startswith("・"):
            items.append(line[1:])
        elif items:
            items[-1] += f" {line}"
        else:
            return []
    return [Theme(squeeze(item)) for item in items]


def _list_starts(text: str, number: str) -> list[tuple[int, int]]:
    """Where the items of a list begin and where their words do: numbers that run from 1, the first at the start."""
    starts: list[tuple[int, int]] = []
    for found in re.finditer(rf"(?<!\S){number}(?=\s|[^\W\d])", fold(text)):
        if int(found[1]) == len(starts) + 1 and (starts or found.start() == 0):
            starts.append((found.start(), found.end()))
    return starts


def _by_host(text: str, hosts: Sequence[str], kinds: Sequence[str]) -> list[Theme]:
    bare = {re.sub(rf"\s+(?:{'|'.join(map(re.escape, kinds))})$", "", host): host for host in hosts}
    known = bare | {host: host for host in hosts}
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    cuts = list(re.finditer(rf"(?<!\S)({names})\s?:\s+", fold(text))) if names else []
    if not cuts or cuts[0].start() > 0:
        return [Theme(squeeze(text))]
    bounds = [cut.start() for cut in cuts] + [len(text)]
    return [Theme(squeeze(text[cut.end() : bounds[i + 1]]), known[cut[1]]) for i, cut in enumerate(cuts)]
