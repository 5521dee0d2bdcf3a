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
            found.setdefault(("local-governments", name), _government(name, country, home, problem.where))
        elif problem.code == "office-unknown":
            found.setdefault(("offices", name), (Names.slug(name), name, UNKNOWN, f"CLAIR {name}", UNKNOWN, problem.where))
    return [(table, cells) for (table, _), cells in found.items()]


def _government(name: str, country: str, home: str, where: str) -> tuple[str, ...]:
    """key, name_ja, name_en, kana, romaji, kind, country, prefecture, code5, code6, note_en, note_ja, source."""
    if not name.isascii():
        kind = "municipality" if country not in (home, UNKNOWN) else UNKNOWN
        codes = (UNKNOWN,) * 3 if country == home else ("",) * 3
        kana = (UNKNOWN, UNKNOWN) if country == home else ("", "")
        return (f"{country}-{UNKNOWN}", _ABOVE.sub("", fold(name)), UNKNOWN, *kana, kind, country, *codes, "", "", where)
    form = next((form for form in forms(name) if form.kind), None)
    stem, kind = name.rsplit(" ", 1)[0], form.kind if form else UNKNOWN
    suffix = _SUFFIXES.get(kind, UNKNOWN)
    own = f"{country}-{plain(stem)}-{suffix}" if kind == "prefecture" else f"{country}-{UNKNOWN}-{plain(stem)}-{suffix}"
    above = "" if kind == "prefecture" else UNKNOWN
    return (own, UNKNOWN, name, UNKNOWN, f"{stem}-{suffix}", kind, country, above, UNKNOWN, UNKNOWN, "", "", where)


def _organisation(name: str, known: Rows, where: str) -> tuple[str, ...]:
    """key, class (the one that most have), name_ja, name_en, source."""
    usual = Counter(row["class"] for row in known).most_common(1)
    names = (UNKNOWN, name) if name.isascii() else (name, UNKNOWN)
    return (UNKNOWN, usual[0][0] if usual else UNKNOWN, *names, where)
