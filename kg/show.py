"""How answers look on a terminal and in files: tables that are straight with Japanese in them, CSV, JSON."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Sequence

from kg.messages import render
from kg.model import Problem
from kg.store import Row, Term


def width(text: str) -> int:
    """Columns that a terminal uses for `text` (UAX #11: wide and full-width characters take two)."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def plain(text: str) -> str:
    """`text` without the control characters that could drive a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of text in columns; cells are made printable."""
    cells = [[plain(cell) for cell in row] for row in [header, *rows]]
    widths = [max(width(row[i]) for row in cells) for i in range(len(header))]
    lines = ["  ".join(_pad(cell, w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]]) + "\n"


def _pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """RFC 4180 with a header."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
    return target.getvalue()


def as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def term(value: Term, curie) -> str:
    """A term for people: a CURIE, or the text with its language."""
    if value.kind == "iri":
        return curie(value.value)
    return f"{value.value}@{value.language}" if value.language else value.value


def cells(rows: list[Row], names: Sequence[str], curie) -> list[list[str]]:
    return [[term(row[name], curie) if name in row else "" for name in names] for row in rows]


def problem(found: Problem, language: str) -> dict[str, str]:
    """A problem for machines, with its words."""
    message = render(found.code, found.values, language)
    return {"code": found.code, "where": found.where, "severity": found.severity, "message": message}
