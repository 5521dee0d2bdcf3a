"""A registered table (`mappings/reference.toml`) as something that is offered: its rows become items."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kg import tables
from kg.errors import MisuseError
from kg.linking.names import KindWords, Reader
from kg.linking.offered import FAR_APART, Item, Point, TableSource, apart
from kg.model import Problem
from kg.project import Project, read_csv
from kg.tables import Row, Table

KIND_WORDS = "reference/kind-words.csv"
_IDS = {"wikidata": "qid", "geonames": "geonames", "estat": "code5"}
"""the field of a table that holds the id, by authority"""
_NAMES = ("english", "name_ja", "local", "kana", "romaji")


def reader(project: Project) -> Reader:
    """What reads names with the words for kinds of the project."""
    path = project.mappings / KIND_WORDS
    return Reader(KindWords.of(row for _, row in read_csv(path, project.place(path), ("word", "position", "kind"))))


def source(project: Project, file: Path, names: Reader) -> tuple[TableSource | None, list[Problem]]:
    """The items of a file; None with the problems where it is not what the register says."""
    offering = {name: table for name, table in tables.registered(project).items() if table.links}
    table = tables.recognised(file, offering)
    rows, problems = tables.read(file, table)
    if any(problem.severity == "violation" for problem in problems):
        return None, problems
    return of_rows(table, rows, names), problems


def of_rows(table: Table, rows: Iterable[Row], names: Reader) -> TableSource:
    """One item an id and country: what several rows say of it is put together."""
    if table.links not in _IDS:
        raise MisuseError("link-against", table.name, expected=", ".join(_IDS))
    return TableSource(
        table.name, table.links, table.source[0], names, list(items(table, rows, _IDS[table.links])), frozenset(table.complete_for)
    )


def items(table: Table, rows: Iterable[Row], id_field: str) -> Iterator[Item]:
    """An id that rows put into several countries, or far apart, is doubtful but where most of its origins agree."""
    by_id: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if id_field in row:
            by_id[row[id_field]][_country(row, table)].append(row)
    prefectures = {
        row["code5"][:2]: [row[name].casefold() for name in _NAMES if name in row]
        for groups in by_id.values() for group in groups.values() for row in group if row.get("code5", "").endswith("000")
    }  # fmt: skip
    for id_, by_country in by_id.items():
        origins = Counter({country: len({row.get("origin") for row in group}) for country, group in by_country.items()})
        for country, group in by_country.items():
            rival = max((count for other, count in origins.items() if other != country), default=0)
            doubt = "countries" if rival >= origins[country] else ""
            yield _item(table, id_, country, group, doubt, prefectures)


def _country(row: Row, table: Table) -> str:
    """Two letters in lower case; "" for none and for what is no country, as -99 in some tables."""
    letters = row.get("country", table.country).lower()
    return letters if len(letters) == 2 and letters.isalpha() else ""


def _item(table: Table, id_: str, country: str, rows: list[Row], doubt: str, prefectures: Mapping[str, list[str]]) -> Item:
    kinds = frozenset(kind for row in rows for kind in kinds_of(table, row.get("type", "")))
    points = tuple(_points(rows))
    if kinds <= {"place"} and apart(points) > FAR_APART:
        doubt = doubt or "positions"
    names = [row[name] for name in _NAMES for row in rows if name in row]
    names += [name.strip() for row in rows for name in row.get("alternative", "").split(",") if name.strip()]
    return Item(
        id_, tuple(dict.fromkeys(names)), country,
        frozenset(area for row in rows for area in _areas(row, prefectures)), kinds, points,
        frozenset(row[code] for row in rows for code in ("code5", "code6") if code in row), doubt=doubt,
        former=tuple(dict.fromkeys(name for row in rows for name in row.get("former", "").split("|") if name)),
        ended=max((row["ended"] for row in rows if "ended" in row), default=""),
    )  # fmt: skip


def _points(rows: list[Row]) -> Iterator[Point]:
    for row in rows:
        if "lat" in row and "long" in row:
            yield float(row["lat"]), float(row["long"])


def _areas(row: Row, prefectures: Mapping[str, list[str]]) -> Iterator[str]:
    """A municipality of Japan lies in the prefecture of its code; elsewhere the row says where."""
    if row.get("code5", "").endswith("000"):
        return
    if "code5" in row:
        yield f"jp-{row['code5'][:2]}"
        yield from prefectures.get(row["code5"][:2], ())
    if "area_code" in row:
        yield row["area_code"].lower()
    if "area" in row:
        yield row["area"].casefold()


def kinds_of(table: Table, word: str) -> tuple[str, ...]:
    """What a word for a kind means in a table: the entry itself, else the longest one that it begins with."""
    if word in table.kinds:
        return table.kinds[word]
    fitting = [entry for entry in table.kinds if entry.endswith("*") and word.startswith(entry[:-1])]
    return table.kinds[max(fitting, key=len)] if fitting else ()
