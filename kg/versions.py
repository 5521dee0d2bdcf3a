"""What a further version of a page leaves for a person to look at, and which registered page a page may be a version of.

Nothing is chosen here: a page that says mostly what a registered one says is told to be that one's new version, and the
maintainer says `--replaces` or `--id`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kg.letters import fold
from kg.minting import Key
from kg.model import Document, Problem, Record
from kg.preview import marks
from kg.project import Project, read_csv

_NAMED_BY_CURATION = ("network", "programme", "event", "project")
_SHOWN = 8
"""rows that are named"""


def of_another(
    document: Document, found: Sequence[Record], records: Iterable[Record], registered: Mapping[str, Document]
) -> list[Problem]:
    """A violation where most records of a registered page of the same layout stand in this one, in whatever form it came."""
    new = {mark for record in found for mark in marks(record)}
    by_document: dict[str, list[bool]] = {}
    types = {record.type for record in found}
    for record in records:
        own = list(marks(record))
        if own and record.type in types and registered[record.document].layout == document.layout:
            by_document.setdefault(record.document, []).append(any(mark in new for mark in own))
    likely = [(sum(said), len(said), id_) for id_, said in by_document.items() if sum(said) > 1 and sum(said) * 2 > len(said)]
    if not likely:
        return []
    same, all_, id_ = max(likely)
    values = {"same": same, "all": all_, "id": id_, "title": registered[id_].title, "new": document.id}
    return [Problem("version-suspected", document.id, values)]


def kept(project: Project, document: Document, text: str, by_hand: Sequence[Record]) -> list[Problem]:
    """What cites lines of the version before: records by hand, with the lines where their words stand now, and rows of the lookups."""
    found = [Problem("record-by-hand", record.id, {"lines": _span(record.place.lines), "now": _now(record, text)}, "warning") for record in by_hand]
    rows = [
        project.place(path, line)
        for path in project.files("mappings/lookups", "*.csv") for line, row in read_csv(path, project.place(path))
        if any(token.startswith(f"{document.id}:") for token in row.get("source", "").split())
    ]  # fmt: skip
    shown = ", ".join(place.rpartition("/")[2] for place in rows[:_SHOWN]) + (" ..." if len(rows) > _SHOWN else "")
    return found + ([Problem("rows-of-version", document.id, {"number": len(rows), "rows": shown}, "info")] if rows else [])


def unnamed(document: Document, keys: Iterable[Key], records: Sequence[Record]) -> list[Problem]:
    """New things of kinds that have no table, without a name in one language: told with the place where it is written."""
    problems = []
    for key in keys:
        kind, _, slug = key.key.partition("/")
        lacking = [tag for tag, name in (("ja", key.ja), ("en", key.en)) if not name]
        if kind in _NAMED_BY_CURATION and lacking:
            record = next((r.id for r in records if slug in _words(r.norm)), document.id)
            row = f'{{ kind = "{kind}", slug = "{slug}", ja = "{key.ja or "?"}", en = "{key.en or "?"}" }}'
            values = {"key": key.key, "languages": ", ".join(lacking), "id": document.id, "record": record, "row": row}
            problems.append(Problem("thing-unnamed", document.id, values, "warning"))
    return problems


def _now(record: Record, text: str) -> str:
    """The lines from the first to the last that print words of a record, where each of them stands on one line alone."""
    lines = [" ".join(fold(line).split()) for line in text.split("\n")]
    at = []
    for words in _words(record.verbatim):
        found = [number for number, line in enumerate(lines, start=1) if " ".join(fold(words).split()) in line]
        at += found if len(found) == 1 else []
    return _span((min(at), max(at))) if at else "?"


def _words(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _words(item)


def _span(lines: tuple[int, int]) -> str:
    return "-".join(map(str, dict.fromkeys(lines)))
