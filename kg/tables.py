"""Reference tables: what `mappings/reference.toml` registers, and files held against it cell by cell.

A file is refused whole: a table with a wrong row is not half true. Each problem names file, row, column and reason;
rows are counted as a spreadsheet does, the header being row 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import combinations
from pathlib import Path
from typing import Any

from kg.codes import check_digit, is_code5, is_code6
from kg.errors import MisuseError, ProjectError
from kg.messages import nearest
from kg.model import Problem
from kg.project import Project, read_toml
from kg.romaji import is_kana

REGISTER = "reference.toml"
_BOM = b"\xef\xbb\xbf"
LINE = "line"
"""the field that holds the number of the row in its file"""
_LATITUDES, _LONGITUDES = (20, 46), (122, 154)
"""of Japan: a latitude read as a longitude is noticed"""


@dataclass(frozen=True)
class Column:
    column: str
    field: str
    holds: str
    en: str
    ja: str
    required: bool = True
    unique: bool = False


@dataclass(frozen=True)
class Table:
    """One registered table."""

    name: str
    shape: str
    title_en: str
    title_ja: str
    source: tuple[str, ...]
    link_source: tuple[str, ...]
    licence: str
    obtained_en: str
    obtained_ja: str
    encoding: str
    columns: tuple[Column, ...]
    query: str | None = None
    cited: tuple[str, ...] = ()
    """tokens of lookups/sources.csv that a row taken over into the lookups cites; none where no row may be"""
    delimiter: str = ","
    header: tuple[str, ...] = ()
    """names of all columns of a file that has no header of its own"""
    links: str | None = None
    """the authority whose things its rows are, for `kg link`"""
    country: str = ""
    """the only country that it is about"""
    complete_for: tuple[str, ...] = ()
    """countries of which it has every local government"""
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """what its words for kinds mean; a word that ends in * stands for all that begin so"""


Row = dict[str, str]


def registered(project: Project) -> dict[str, Table]:
    """The tables of the register by name; ProjectError for an unknown key, kind of cell or a missing query file."""
    path = project.mappings / REGISTER
    where = project.place(path)
    tables: dict[str, Table] = {}
    for name, entry in read_toml(path, where).get("table", {}).items():
        try:
            columns = tuple(Column(**column) for column in entry.pop("columns"))
            lists = {key: tuple(entry.pop(key, ())) for key in ("source", "link_source", "header", "complete_for", "cited")}
            kinds = {word: tuple(kinds) for word, kinds in entry.pop("kinds", {}).items()}
            table = Table(name=name, columns=columns, kinds=kinds, **lists, **entry)
        except (KeyError, TypeError) as error:
            raise ProjectError("reference-register", where, name=name, detail=error) from None
        for column in columns:
            if column.holds not in _HOLDS:
                raise ProjectError("reference-kind", where, name=column.holds, nearest=nearest(column.holds, _HOLDS))
        if table.query and not (project.mappings / table.query).is_file():
            raise ProjectError("file-missing", f"mappings/{table.query}", expected=table.query)
        tables[name] = table
    return tables


def find(project: Project, name: str) -> Table:
    tables = registered(project)
    if name not in tables:
        raise MisuseError("reference-unknown", name=name, nearest=nearest(name, tables))
    return tables[name]


def read(path: Path, table: Table) -> tuple[list[Row], list[Problem]]:
    """The rows of a file by field, empty cells left out, and every problem; a violation means that nothing is imported."""
    if not path.is_file():
        raise MisuseError("file-missing", path.name, expected=table.title_en)
    text, problems = _decoded(path.read_bytes(), path.name)
    if text is None:
        return [], problems
    lines = rows_of(text, table)
    header = list(table.header) or next(lines, [])
    first = 1 if table.header else 2
    missing = [c.column for c in table.columns if c.column not in header]
    for name in missing:
        problems.append(Problem("reference-column-missing", f"{path.name}:1", {"column": name, "nearest": nearest(name, header)}))
    if missing:
        return [], problems
    rows: list[tuple[int, dict[str, str]]] = []
    for number, cells in enumerate(lines, first):
        if len(cells) != len(header):
            values = {"found": len(cells), "expected": len(header)}
            problems.append(Problem("reference-width", f"{path.name}:{number}", values))
        elif any(cells):
            rows.append((number, dict(zip(header, cells, strict=True))))
    problems += [problem for number, row in rows for problem in _row(path.name, number, row, table)]
    problems += _repeated(path.name, rows, table)
    fields = [
        {LINE: str(number), **{c.field: row[c.column].strip() for c in table.columns if row[c.column].strip()}}
        for number, row in rows
    ]  # fmt: skip
    return fields, problems


def rows_of(text: str, table: Table) -> Iterator[list[str]]:
    """The cells of each row. A file of tabs knows no quotation marks: a name may begin with one."""
    quoting = csv.QUOTE_NONE if table.delimiter == "\t" else csv.QUOTE_MINIMAL
    return csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter, quoting=quoting)


def recognised(path: Path, tables: Mapping[str, Table]) -> Table:
    """The registered table whose columns a file has; MisuseError that names the nearest where none fits or several do."""
    text, _ = _decoded(path.read_bytes(), path.name)
    missing: dict[str, list[str]] = {}
    for name, table in tables.items():
        first = next(rows_of(text or "", table), [])
        if table.header:
            lacking = [] if len(first) == len(table.header) else [f"{len(table.header)} x {table.delimiter!r}"]
        else:
            lacking = [c.column for c in table.columns if c.column not in first]
        missing[name] = lacking
    fitting = [name for name, lacking in missing.items() if not lacking]
    if len(fitting) != 1:
        near = min(missing, key=lambda name: (len(missing[name]), name))
        values = {"names": ", ".join(fitting) or ", ".join(tables), "nearest": near, "missing": ", ".join(missing[near]) or "-"}
        raise MisuseError("reference-unrecognised", path.name, **values)
    return tables[fitting[0]]


def _decoded(content: bytes, where: str) -> tuple[str | None, list[Problem]]:
    problems = []
    if content.startswith(_BOM):
        problems.append(Problem("reference-bom", f"{where}:1", {}, "warning"))
        content = content[len(_BOM) :]
    try:
        return content.decode("utf-8"), problems
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        before = content[content.rfind(b"\n", 0, error.start) + 1 : error.start]
        values = {"column": before.count(b",") + 1, "encoding": _other_encoding(content)}
        return None, [*problems, Problem("reference-encoding", f"{where}:{row}", values)]


def _other_encoding(content: bytes) -> str:
    for name in ("shift_jis", "euc_jp", "utf-16"):
        try:
            content.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "?"


# ---- cells


def _number_between(first: int, last: int) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            return first <= Decimal(text) <= last
        except InvalidOperation:
            return False

    return holds


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_HOLDS: dict[str, Callable[[str], bool]] = {
    "code5": is_code5,
    "code6": is_code6,
    "japanese": lambda text: bool(re.search(r"[぀-ヿ㐀-鿿々]", text)),
    "kana": is_kana,
    "latin": lambda text: bool(re.match(r"[A-Za-zÀ-ſ' ().,-]+$", text)),
    "qid": lambda text: bool(re.match(r"Q[1-9][0-9]*$", text)),
    "property": lambda text: bool(re.match(r"P[1-9][0-9]*$", text)),
    "integer": lambda text: bool(re.match(r"[0-9]+$", text)),
    "latitude": _number_between(*_LATITUDES),
    "longitude": _number_between(*_LONGITUDES),
    "date": _is_date,
    "degrees-north": _number_between(-90, 90),
    "degrees-east": _number_between(-180, 180),
    "address": lambda text: bool(re.match(r"https?://[^\s<>\"{}|\\^`]+$", text)),
    "text": bool,
}
"""what a cell may hold, by the word of the register"""


def _row(where: str, number: int, row: Row, table: Table) -> Iterator[Problem]:
    wrong = [c for c in table.columns if not _fits(c, row[c.column])]
    pairs = [(a, b) for a, b in combinations(table.columns, 2) if (a in wrong or b in wrong) and row[a.column] and row[b.column]]
    swapped = [(a, b) for a, b in pairs if _fits(a, row[b.column]) and _fits(b, row[a.column])]
    for a, b in swapped:
        yield Problem("reference-swapped", f"{where}:{number}", {"column": a.column, "other": b.column, "found": row[a.column]})
    explained = {c.column for pair in swapped for c in pair}
    for column in wrong:
        if column.column not in explained:
            yield _problem(where, number, column, row[column.column])
    if {"code5", "code6"} <= {c.field for c in table.columns}:
        by_field = {c.field: row[c.column] for c in table.columns}
        if not wrong and by_field["code6"][:5] != by_field["code5"]:
            values = {"column": "code6", "found": by_field["code6"], "expected": by_field["code5"]}
            yield Problem("reference-codes-disagree", f"{where}:{number}", values)


def _fits(column: Column, text: str) -> bool:
    return _HOLDS[column.holds](text.strip()) if text.strip() else not column.required


def _problem(where: str, number: int, column: Column, text: str) -> Problem:
    values: dict[str, Any] = {"column": column.column, "found": text or "-", "expected": column.holds}
    code = "reference-cell" if text.strip() else "reference-empty"
    padded = f"0{text.strip()}"
    if column.holds in ("code5", "code6"):
        digits = 5 if column.holds == "code5" else 6
        if re.match(r"[0-9]+$", text) and len(text) == digits - 1 and _HOLDS[column.holds](padded):
            code, values["expected"] = "reference-lost-zero", padded
        elif digits == 6 and len(text) == 6 and is_code5(text[:5]):
            code, values["expected"] = "reference-check-digit", check_digit(text[:5])
    return Problem(code, f"{where}:{number}", values)


def _repeated(where: str, rows: list[tuple[int, Row]], table: Table) -> Iterator[Problem]:
    for column in table.columns:
        first: dict[str, int] = {}
        for number, row in rows if column.unique else ():
            text = row[column.column].strip()
            if text and first.setdefault(text, number) != number:
                values = {"column": column.column, "found": text, "first": first[text]}
                yield Problem("reference-repeated", f"{where}:{number}", values)
