"""Lines that the lookups lack, ready but for what no page says: a `?` stands where a person has to look something up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kg.forms import forms
from kg.letters import fold
from kg.model import Problem
from kg.names import Names
from kg.romaji import plain

Rows = Sequence[Mapping[str, str]]
UNKNOWN = "?"
_SUFFIXES = {"city": "shi", "town": "cho", "village": "mura", "ward": "ku", "prefecture": "ken"}
_ENDINGS = {
    "市": ("city", "shi"), "区": ("special-ward", "ku"), "町": ("town", UNKNOWN), "村": ("village", UNKNOWN),
    "県": ("prefecture", "ken"), "府": ("prefecture", "fu"), "都": ("prefecture", "to"),
}  # fmt: skip
"""kind and last part of the key of a Japanese government; of a town and a village the reading decides the latter"""
FIRST_LEVEL = ("first-level",)
_ABOVE = re.compile(r"^.+?(?:州|省|道|県|自治区)(?=.{2,}$)")


def lines(problems: Iterable[Problem], lookups: Mapping[str, Rows], home: str) -> list[tuple[str, tuple[str, ...]]]:
    """Table and cells for each name that the problems of a page say is unknown, each name once; `home`: its country."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for problem in problems:
        name = problem.values.get("name") or problem.values.get("found") or ""
        if problem.code == "name-unresolved" and problem.values["table"] == "organisations":
            found.setdefault(("organisations", name), _organisation(name, lookups["organisations"], problem.where))
        elif problem.code == "name-unresolved":
            country = problem.values.get("country") or (home if name.isascii() else UNKNOWN)
            government = _government if name.isascii() else _in_japanese
            above = problem.values.get("container", "")
            found.setdefault(("local-governments", name), government(name, country, home, above, lookups, problem.where))
        elif problem.code == "office-unknown":
            found.setdefault(("offices", name), (Names.slug(name), name, UNKNOWN, f"CLAIR {name}", UNKNOWN, problem.where))
    return [(table, cells) for (table, _), cells in found.items()]


def _in_japanese(
    name: str, country: str, home: str, above: str, lookups: Mapping[str, Rows], where: str
) -> tuple[str, ...]:
    """A row for a name in Japanese; `above`: the key of the prefecture printed before it."""
    own = _ABOVE.sub("", fold(name))
    if country == home:
        kind, suffix = next((words for ending, words in _ENDINGS.items() if own.endswith(ending)), (UNKNOWN, UNKNOWN))
        inside = "" if kind == "prefecture" else above or UNKNOWN
        prefecture = (above or UNKNOWN).removeprefix(f"{home}-").rsplit("-", 1)[0]
        key = f"{home}-{UNKNOWN}-{suffix}" if kind == "prefecture" else f"{home}-{prefecture}-{UNKNOWN}-{suffix}"
        return (key, own, UNKNOWN, UNKNOWN, UNKNOWN, kind, home, inside, UNKNOWN, UNKNOWN, "", "", where)
    kind = _kind_abroad(own, country, lookups["kinds-abroad"])
    key = f"{country}-{UNKNOWN}" if kind in FIRST_LEVEL else f"{country}-{UNKNOWN}-{UNKNOWN}"
    return (key, own, UNKNOWN, "", "", kind, country, "", "", "", "", "", where)


def _kind_abroad(name: str, country: str, kinds: Rows) -> str:
    """By the longest ending that a row has, one of the country before one of any."""
    fitting = [row for row in kinds if name.endswith(row["ending"]) and row["country"] in (country, "")]
    best = max(fitting, key=lambda row: (len(row["ending"]), row["country"]), default=None)
    return best["kind"] if best and country != UNKNOWN else UNKNOWN


def _government(
    name: str, country: str, home: str, above: str, lookups: Mapping[str, Rows], where: str
) -> tuple[str, ...]:
    """key, name_ja, name_en, kana, romaji, kind, country, prefecture, code5, code6, note_en, note_ja, source."""
    form = next((form for form in forms(name) if form.kind), None)
    stem, kind = name.rsplit(" ", 1)[0], form.kind if form else UNKNOWN
    suffix = _SUFFIXES.get(kind, UNKNOWN)
    if kind == UNKNOWN and country == home and " " in name:
        # Words without a word for a Japanese kind (Gangwon Province) are nobody's in Japan.
        return (f"{UNKNOWN}-{UNKNOWN}", UNKNOWN, name, "", "", UNKNOWN, UNKNOWN, "", "", "", "", "", where)
    own = f"{country}-{plain(stem)}-{suffix}" if kind == "prefecture" else f"{country}-{UNKNOWN}-{plain(stem)}-{suffix}"
    above = "" if kind == "prefecture" else above or UNKNOWN
    return (own, UNKNOWN, name, UNKNOWN, f"{stem}-{suffix}", kind, country, above, UNKNOWN, UNKNOWN, "", "", where)


def _organisation(name: str, known: Rows, where: str) -> tuple[str, ...]:
    """key, class (the one that most have), name_ja, name_en, source."""
    usual = Counter(row["class"] for row in known).most_common(1)
    names = (UNKNOWN, name) if name.isascii() else (name, UNKNOWN)
    return (UNKNOWN, usual[0][0] if usual else UNKNOWN, *names, where)
