"""The arrays from which `mappings/provenance.rml.ttl` and `mappings/reference.rml.ttl` say where everything is from.

Nothing here is a triple: documents, passages, records, decisions, rules and fiscal years as plain JSON objects.
Dates come from the register and the curation files; nothing reads a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kg.curate import Decision
from kg.derive import Rule
from kg.model import Document, Place, Record
from kg.names import Names

_VERSION_DIGITS = 12
OPTIONAL = {"provenance/document.json": ("url", "titleEn", "titleJa")}
"""fields that no row of an array needs to have"""
Array = list[dict[str, Any]]


def arrays(
    documents: Mapping[str, Document], records: Iterable[Record], decisions: Iterable[Decision], rules: Iterable[Rule]
) -> dict[str, Array]:
    """JSON arrays by the path under which the mappings read them."""
    records = list(records)
    return {
        "provenance/document.json": [_document(document) for document in documents.values()],
        "provenance/record.json": [{"doc": record.document, "key": record.key} for record in records],
        "provenance/evidence.json": [row for record in records for row in _evidence(record)],
        "provenance/curation.json": [_decision(d, _record_of(d, records)) for d in decisions if _record_of(d, records)],
        "provenance/run.json": [{"rule": rule.name, "en": rule.en, "ja": rule.ja} for rule in rules],
    }


def _document(document: Document) -> dict[str, Any]:
    title = f"title{document.language.capitalize()}"
    row = {
        "doc": document.id, "version": document.sha256[:_VERSION_DIGITS], "sha256": document.sha256,
        "language": document.language, "extent": document.extent, title: document.title,
    }
    return {**row, "url": document.url} if document.url else row


def _evidence(record: Record) -> Array:
    places = {record.id: record.place, **{f"{record.id}-{name}": p for name, p in sorted(record.passages.items())}}
    return [_passage(record, name, place) for name, place in places.items()]


def _passage(record: Record, name: str, place: Place) -> dict[str, Any]:
    first, last = place.lines
    return {
        "evidence": name, "doc": record.document, "version": record.version[:_VERSION_DIGITS],
        "firstLine": first, "lastLine": last, "gapBefore": first - 1, "start": place.chars[0], "end": place.chars[1],
    }


def _record_of(decision: Decision, records: Iterable[Record]) -> Record | None:
    return next((record for record in records if record.id == decision.record), None)


def _decision(decision: Decision, record: Record) -> dict[str, Any]:
    return {
        "doc": record.document, "key": record.key, "run": decision.run, "change": f"{decision.act} {decision.field}",
        "agent": Names.slug(decision.by), "by": decision.by, "on": decision.on,
        "reasonEn": decision.reason["en"], "reasonJa": decision.reason["ja"],
    }


def fiscal_years(years: Iterable[int], eras: list[dict[str, str]]) -> Array:
    """Japanese fiscal years as intervals (1 April to 31 March), named by the era of their first day.

    `eras` are rows with `name` and `first`, the year that is counted as 1. FY2019 began as 平成31 and went on as 令和元:
    the later name is the usual one, the earlier the other.
    """
    return [_fiscal_year(year, eras) for year in sorted(set(years))]


def _fiscal_year(year: int, eras: list[dict[str, str]]) -> dict[str, Any]:
    started = sorted((int(era["first"]), era["name"]) for era in eras if int(era["first"]) <= year)
    names = [f"{name}{'元' if year == first else year - first + 1}年度" for first, name in started[-2:]]
    row = {
        "fy": str(year), "next": str(year + 1), "en": f"FY{year}", "ja": names[-1],
        "begin": f"{year}-04-01", "end": f"{year + 1}-03-31",
    }
    in_change = len(names) == 2 and started[-1][0] == year
    return {**row, "alsoJa": names[0]} if in_change else row


def handed_over(records: Iterable[Record]) -> dict[str, Any]:
    """`records/<type>.json`: the `norm` of every record of a type, in the order of documents and keys.

    A nested iterator of RML-Core cannot reach its parent, so `doc` and `key` are repeated in every nested object.
    """
    arrays: dict[str, Any] = {}
    for record in sorted(records, key=lambda r: (r.type, r.document, r.key)):
        keys = {"doc": record.document, "key": record.key}
        nested = {name: _with_keys(value, keys) for name, value in record.norm.items()}
        arrays.setdefault(f"records/{record.type}.json", []).append({**nested, **keys})
    return arrays


def _with_keys(value: Any, keys: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [{**item, **keys} if isinstance(item, dict) else item for item in value]
    return value
