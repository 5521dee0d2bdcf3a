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
COLUMNS = ("key", "name_ja", "name_en", "kana", "romaji", "kind", "country", "prefecture", "code5", "code6", "note_en", "note_ja", "source")
"""of the table of local governments"""
_WARD = "special-ward"
_SUFFIXES = {"city": "shi", "town": "cho", "village": "mura", "ward": "ku", "prefecture": "ken"}
_ENDINGS = {
    "市": ("city", "shi"), "区": ("special-ward", "ku"), "町": ("town", UNKNOWN), "村": ("village", UNKNOWN),
    "県": ("prefecture", "ken"), "府": ("prefecture", "fu"), "都": ("prefecture", "to"),
}  # fmt: skip
"""kind and last part of the key of a Japanese government; of a town and a village the reading decides the latter"""
FIRST_LEVEL = ("first-level",)
_ABOVE = re.compile(r"^.+?(?:州|省|道|県|自治区)(?=.{2,}$)")


def lines(
    problems: Iterable[Problem], lookups: Mapping[str, Rows], home: str, offered: Rows = ()
) -> list[tuple[str, tuple[str, ...]]]:
    """Table and cells for each name that the problems of a page say is unknown, each name once; `home`: its country.

    `offered`: local governments that a reference has and the lookups lack.
    """
    found: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
    for problem in problems:
        for table, cells in _of(problem, lookups, home, offered):
            found.setdefault((table, *cells[:3]), (table, cells))
    return list(found.values())


def _of(problem: Problem, lookups: Mapping[str, Rows], home: str, offered: Rows) -> list[tuple[str, tuple[str, ...]]]:
    name = problem.values.get("name") or problem.values.get("found") or ""
    if problem.code == "name-unresolved" and problem.values["table"] == "organisations":
        return [("organisations", _organisation(name, lookups["organisations"], problem.where))]
    if problem.code == "name-unresolved":
        country = problem.values.get("country") or (home if name.isascii() else UNKNOWN)
        above = problem.values.get("container", "")
        return _governments(name, country, home, above, {**lookups, "offered": offered}, problem.where)
    if problem.code == "name-ambiguous":
        return [row for key in problem.values["candidates"].split(", ") for row in _from_reference(key, offered)]
    if problem.code == "name-unknown":
        # A part of a name is no more than a hint: the row is offered for a person to put there.
        keys = problem.values["candidates"].split(", ")
        return _from_reference(keys[0].removeprefix("lg/"), offered) if len(keys) == 1 else []
    if problem.code == "office-unknown":
        return [("offices", (Names.slug(name), name, UNKNOWN, f"CLAIR {name}", UNKNOWN, problem.where))]
    return []


def _from_reference(key: str, offered: Rows) -> list[tuple[str, tuple[str, ...]]]:
    """The row of a government as a reference has it, and that of its prefecture where the lookups lack it too."""
    own = next((row for row in offered if row["key"] == key), None)
    above = next((row for row in offered if own and row["key"] == own["prefecture"]), None)
    return [("local-governments", tuple(row[column] for column in COLUMNS)) for row in (above, own) if row]


def _governments(
    name: str, country: str, home: str, above: str, lookups: Mapping[str, Rows], where: str
) -> list[tuple[str, tuple[str, ...]]]:
    """The rows that a name lacks: of the unit printed before it, where no row has that; of itself; or of another spelling."""
    if name.isascii():
        ward = _ward(name, country, [*lookups["local-governments"], *lookups["offered"]])
        if ward:
            return [*_from_reference(ward, lookups["offered"]), ("aliases", (name, "en", country, "", "lg", ward, where))]
        return [("local-governments", _government(name, country, home, above, lookups, where))]
    known = {(row["country"], row["name_ja"]) for row in lookups["local-governments"]}
    unit = _ABOVE.match(fold(name)) if country not in (home, UNKNOWN) else None
    rows = []
    if unit and (country, unit[0]) not in known:
        rows.append(("local-governments", _in_japanese(unit[0], country, home, "", lookups, where)))
    if not unit or (country, fold(name)[unit.end() :]) not in known:
        rows.append(("local-governments", _in_japanese(name, country, home, above, lookups, where)))
    return rows


def _ward(name: str, country: str, rows: Rows) -> str:
    """The key of the one special ward that a name of a city may mean: such wards call themselves cities in English."""
    stem, _, kind = name.rpartition(" ")
    found = [row["key"] for row in rows if row["country"] == country and row["kind"] == _WARD and _stem(row["name_en"]) == plain(stem)]
    return found[0] if kind == "City" and len(found) == 1 else ""


def _stem(name: str) -> str:
    """The English name of a Japanese government without the word for its kind, as in keys."""
    return plain(re.split(r"[ -](?=[A-Za-z]+$)", name)[0])


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
