"""Steps 1 and 2 of the pipeline: a document is found in the register, cut into blocks and read by its layout.

What comes out is as printed: a `Record` with `verbatim` and places, an empty key and an empty `norm`. Explaining it
(step 3) is `kg.normalise.explain`; neither package knows the other, the pipeline joins them:

    layout, lookups = load_layout(project, name), load_lookups(project)
    text, flattening = page_text(path.name, path.read_bytes(), id, layout)
    document, changed = identify(load_register(project), path, text.encode())
    found = extract(document, text, layout, lookups)
    records, problems = explain(found.records, layout, lookups)
    all problems: [*changed, *found.problems, *problems]

`Lookups` are plain rows by table name, so both steps read them without sharing code. Raw records carry a passage for
every field and, where a field has several lines, one for each (`counterparts-2`); `explain` keeps the former, and of
the latter those that a statement rests on, under a short name (`members`, `count` ...).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kg.extract import blurbs, html, key_value, table_rows
from kg.extract.lookups import Lookups, load_lookups
from kg.extract.profile import check_layout, load_layout
from kg.register import identify, load_register
from kg.extract.text import decode
from kg.model import Document, Problem, Record

__all__ = [
    "Extraction", "Lookups", "check_layout", "decode", "extract", "identify", "load_layout", "load_lookups",
    "load_register", "page_text",
]  # fmt: skip

_FAMILIES = {"blurbs": blurbs.read, "table_rows": table_rows.read, "key_value": key_value.read}


def page_text(name: str, data: bytes, where: str, layout: dict[str, Any]) -> tuple[str, str | None]:
    """The text of a page, to which all places refer, and the flattening that made it (None for a page that is text)."""
    if html.is_html(name, data):
        return html.flatten(data, where, layout), html.FLATTENING
    return decode(data, where), None


@dataclass(frozen=True)
class Extraction:
    """What a page says, as printed, in page order; and every line of it that no rule reads."""

    records: list[Record]
    problems: list[Problem]


def extract(document: Document, text: str, layout: dict[str, Any], lookups: Lookups) -> Extraction:
    """Read a page: `text` from `decode`, `layout` from `load_layout`. SourceError for a page of another layout."""
    records, problems = _FAMILIES[layout["family"]](document, text, layout, lookups)
    return Extraction(records, sorted(problems, key=lambda problem: int(problem.where.rpartition(":")[2])))
