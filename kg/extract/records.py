"""Record files: one JSON object a line, keys sorted, in the order of the page; the same records give the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from kg.errors import ProjectError
from kg.model import Issue, Place, Problem, Record
from kg.project import read_text


_PAIR = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
_PLACE = {"type": "object", "required": ["chars", "lines"], "properties": {"chars": _PAIR, "lines": _PAIR}}
_ISSUE = {"type": "object", "required": ["code", "field"]}
_SKELETON = {
    "type": "object",
    "required": ["chars", "document", "extractor", "id", "issues", "key", "lines", "norm", "passages", "type",
                 "verbatim", "version"],
    "properties": {
        **dict.fromkeys(("document", "extractor", "id", "key", "type", "version"), {"type": "string"}),
        "chars": _PAIR, "lines": _PAIR, "norm": {"type": "object"}, "verbatim": {"type": "object"},
        "issues": {"type": "array", "items": _ISSUE},
        "passages": {"type": "object", "additionalProperties": _PLACE},
    },
}  # fmt: skip
"""what a line must have to be a record at all; the JSON Schema of its type says the rest"""


def to_json(record: Record) -> dict[str, Any]:
    """The object that stands in a record file."""
    passage = {"sha256": record.place.sha256} if record.place.sha256 else {}
    return passage | {
        "chars": list(record.place.chars),
        "document": record.document,
        "extractor": record.extractor,
        "id": record.id,
        "issues": [{"code": issue.code, "field": issue.field} for issue in record.issues],
        "key": record.key,
        "lines": list(record.place.lines),
        "norm": record.norm,
        "passages": {name: _place_to_json(place) for name, place in record.passages.items()},
        "type": record.type,
        "verbatim": record.verbatim,
        "version": record.version,
    }


def _place_to_json(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {"chars": list(place.chars), "lines": list(place.lines)}
    return found | ({"sha256": place.sha256} if place.sha256 else {})


def from_json(line: Mapping[str, Any]) -> Record:
    """The record of one object of a record file that its schema accepts."""
    return Record(
        document=line["document"], version=line["version"], key=line["key"], type=line["type"],
        extractor=line["extractor"], place=_place(line), verbatim=line["verbatim"], norm=line["norm"],
        passages={name: _place(place) for name, place in line["passages"].items()},
        issues=tuple(Issue(issue["code"], issue["field"]) for issue in line["issues"]),
    )  # fmt: skip


def _place(value: Mapping[str, Any]) -> Place:
    return Place(tuple(value["lines"]), tuple(value["chars"]), value.get("sha256"))


def dump(records: Iterable[Record]) -> str:
    """The text of a record file."""
    ordered = sorted(records, key=lambda record: (record.place.chars, record.id))
    lines = (json.dumps(to_json(record), ensure_ascii=False, sort_keys=True) for record in ordered)
    return "".join(f"{line}\n" for line in lines)


def write(path: Path, records: Iterable[Record]) -> None:
    """Write a record file: UTF-8, line feeds, on every platform the same bytes."""
    path.write_bytes(dump(records).encode("utf-8"))


def read(path: Path, where: str) -> list[Record]:
    """The records of a file. ProjectError with the line where one is not JSON or not a record at all."""
    return [from_json(value) for _, value in read_lines(path, where)]


def read_lines(path: Path, where: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a record file with their line numbers; ProjectError where a line is no record."""
    skeleton = Draft202012Validator(_SKELETON)
    for number, line in enumerate(read_text(path, where).split("\n"), start=1):
        if not line:
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            raise ProjectError("record-syntax", f"{where}:{number}", detail=error.msg) from None
        if wrong := next(skeleton.iter_errors(value), None):
            raise ProjectError("record-parts", f"{where}:{number}", path=wrong.json_path, detail=wrong.message)
        yield number, value


def check(lines: Iterable[tuple[str, Mapping[str, Any]]], schema: Mapping[str, Any]) -> list[Problem]:
    """What the JSON Schema of a type refuses in some records, each given with its place (`path:line` or `000:24`)."""
    validator = Draft202012Validator(schema)
    return [
        Problem("record-schema", where, {"path": error.json_path, "detail": error.message})
        for where, value in lines
        for error in sorted(validator.iter_errors(value), key=lambda e: (e.json_path, e.message))
    ]


@dataclass(frozen=True)
class Change:
    """One difference between two versions of a record file: `added`, `removed`, or `changed` with the paths."""

    kind: str
    id: str
    fields: tuple[str, ...] = ()


_MOVES = re.compile(r"(?:chars|lines|passages|version)\b")


def changes(old: Sequence[Record], new: Sequence[Record]) -> list[Change]:
    """What changed, by record id: added and changed in the order of `new`, then removed in the order of `old`.

    `version` and the places move with every edit of a page; they are shown only where nothing else changed.
    """
    before = {record.id: to_json(record) for record in old}
    after = {record.id: to_json(record) for record in new}
    found = []
    for key, value in after.items():
        if key not in before:
            found.append(Change("added", key))
        elif paths := tuple(_paths(before[key], value)):
            said = tuple(path for path in paths if not _MOVES.match(path))
            found.append(Change("changed", key, said or paths))
    return found + [Change("removed", key) for key in before if key not in after]


def _paths(old: Any, new: Any, above: str = "") -> Iterator[str]:
    """The paths at which two JSON values differ: `norm.hosts[1].lg`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            path = f"{above}.{name}" if above else name
            if name in old and name in new:
                yield from _paths(old[name], new[name], path)
            else:
                yield path
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _paths(one, other, f"{above}[{index}]")
    elif old != new:
        yield above
