"""The two files in which documents and keys are written down, as text: tables appended, nothing else touched.

Both are kept by people too, with comments: so a new table or row is put at the end, and the facts of a new version
replace the lines that state them. What comes out is read again before it is written, and all files change or none.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kg.errors import ProjectError
from kg.model import Document
from kg.project import csv_row

VERSIONED = ("sha256", "file", "extent", "lines", "blank", "flattening", "original", "prose", "as_of")
"""the names of a table that say which version of a page was read"""
_ORDER = ("title", "url", "language", "layout", "as_of", *VERSIONED[:-1])
_WIDTH = 110


def blank_lines(text: str) -> list[int | str]:
    """The lines of a text on which nothing is printed, runs as `"6-7"`."""
    found: list[list[int]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            continue
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [first if first == last else f"{first}-{last}" for first, last in found]


def lines_of(blank: Sequence[int | str]) -> frozenset[int]:
    """The numbers that `blank_lines` wrote."""
    spans = [str(entry).split("-") for entry in blank]
    return frozenset(n for span in spans for n in range(int(span[0]), int(span[-1]) + 1))


def facts(document: Document, text: str, flattening: str | None, original: str | None) -> dict[str, Any]:
    """The table of a document: what `documents.toml` states of it."""
    table: dict[str, Any] = {
        "title": document.title, "url": document.url, "language": document.language, "layout": document.layout,
        "as_of": document.as_of, "sha256": document.sha256, "file": document.file, "extent": document.extent,
        "lines": document.lines, "blank": blank_lines(text), "prose": document.prose, "flattening": flattening, "original": original,
    }  # fmt: skip
    return {name: value for name, value in table.items() if value is not None}


def with_table(register: str, id_: str, table: Mapping[str, Any]) -> str:
    """The text of the register with one more table at its end."""
    lines = [f"[document.{id_}]", *(_assignment(name, table[name]) for name in _ORDER if name in table)]
    text = register.rstrip("\n") + "\n\n" + "\n".join(lines) + "\n"
    return _verified(register, text, id_, table)


def with_version(register: str, id_: str, table: Mapping[str, Any]) -> str:
    """The text of the register with the facts of a new version in the table of a document, and nothing else changed."""
    start = re.search(rf"^\[document\.(?:{re.escape(id_)}|\"{re.escape(id_)}\")\][^\n]*\n", register, re.MULTILINE)
    if start is None:
        raise ProjectError("register-table", f"mappings/documents.toml [document.{id_}]", id=id_)
    end = re.compile(r"^\[", re.MULTILINE).search(register, start.end())
    stop = end.start() if end else len(register)
    # Comments above the next table belong to that table.
    body = register[start.end() : stop]
    kept = body.rstrip("\n") + "\n"
    read = tomllib.loads(register)["document"].get(id_, {})
    stated = [name for name in VERSIONED if name in read and read[name] != table.get(name)]
    unstated = [_assignment(name, table[name]) + "\n" for name in VERSIONED if name in table and name not in read]
    for name in stated:
        new = _assignment(name, table[name]) + "\n" if name in table else ""
        line = re.compile(rf"^{name} *= *(?:\[[^\]]*\]|[^\n]*)\n", re.MULTILINE)
        kept = line.sub(lambda _, new=new: new, kept, count=1)
    kept = re.sub(r"^sha256 *=[^\n]*\n", lambda line: line[0] + "".join(unstated), kept, count=1, flags=re.MULTILINE)
    kept = kept.rstrip("\n")
    text = register[: start.end()] + kept + body[len(body.rstrip("\n")) :] + register[stop:]
    return _verified(register, text, id_, {name: table[name] for name in VERSIONED if name in table})


def _verified(before: str, after: str, id_: str, table: Mapping[str, Any]) -> str:
    """`after`, once it reads as what `before` says and the new facts; so an odd hand-written form is never spoilt."""
    where = f"mappings/documents.toml [document.{id_}]"
    try:
        old, new = tomllib.loads(before)["document"], tomllib.loads(after)["document"]
    except (tomllib.TOMLDecodeError, KeyError):
        raise ProjectError("register-table", where, id=id_) from None
    others = {key: value for key, value in new.items() if key != id_}
    if others != {key: value for key, value in old.items() if key != id_} or any(
        new[id_].get(name) != value for name, value in table.items()
    ):
        raise ProjectError("register-table", where, id=id_)
    return after


def _assignment(name: str, value: Any) -> str:
    """`name = value` as TOML; JSON's strings, whole numbers and lists of them are TOML's too."""
    plain = f"{name} = {json.dumps(value, ensure_ascii=False)}"
    if not isinstance(value, list) or len(plain) <= _WIDTH:
        return plain
    lines = [""]
    for item in value:
        piece = f"{json.dumps(item)}, "
        if len(lines[-1]) + len(piece) > _WIDTH:
            lines.append("")
        lines[-1] += piece
    return f"{name} = [\n" + "".join(f"  {line.rstrip()}\n" for line in lines) + "]"


def with_rows(table: str, rows: Sequence[Sequence[str]]) -> str:
    """The text of a CSV file with rows added at its end."""
    return table + ("" if table.endswith("\n") or not table else "\n") + "".join(f"{csv_row(row)}\n" for row in rows)


def with_sorted_rows(table: str, rows: Sequence[Sequence[str]]) -> str:
    """The text of a CSV file, sorted by its first column, with rows added where they belong; no cell has a line break."""
    header, *lines = table.splitlines(keepends=True)
    for line in with_rows("", rows).splitlines(keepends=True):
        key = line.split(",", 1)[0]
        at = next((n for n, old in enumerate(lines) if old.split(",", 1)[0] > key), len(lines))
        lines.insert(at, line)
    return header + "".join(lines)


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files so that all change or none: new ones beside the old, then one rename each, undone where one fails."""
    before: dict[Path, bytes | None] = {}
    fresh = {path: path.with_name(f".{path.name}.new") for path in files}
    done: list[Path] = []
    try:
        for path, content in files.items():
            before[path] = path.read_bytes() if path.exists() else None
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh[path].write_bytes(content)
        for path in files:
            os.replace(fresh[path], path)
            done.append(path)
    except OSError as error:
        for path in done:
            _restore(path, before[path])
        raise ProjectError("file-unwritable", error.filename or str(next(iter(files))), detail=error.strerror) from None
    finally:
        for path in fresh.values():
            path.unlink(missing_ok=True)


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)
