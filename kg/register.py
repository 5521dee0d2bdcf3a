"""The register of source documents, and the way from a file to its entry. The web side reads it, too: it writes nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from kg.errors import MisuseError, ProjectError
from kg.messages import nearest
from kg.model import Document, Problem
from kg.project import Project, read_toml

_REQUIRED = {"title": str, "language": str, "sha256": str, "file": str, "extent": int, "lines": int, "blank": list}
_OPTIONAL = {"url": str, "layout": str, "as_of": str, "flattening": str, "original": str, "prose": str}
MENTIONS = "mentions"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def load_register(project: Project) -> dict[str, Document]:
    """Every registered document by its id. ProjectError for an unknown, missing or misshapen entry."""
    where = project.place(project.register)
    tables = read_toml(project.register, where)
    for name in tables:
        if name != "document":
            raise ProjectError("register-key", where, found=name, nearest=nearest(name, ["document"]))
    return {key: _document(key, table, f"{where} [document.{key}]") for key, table in tables["document"].items()}


def _document(key: str, table: Mapping[str, Any], where: str) -> Document:
    known = _REQUIRED | _OPTIONAL
    for name, value in table.items():
        if name not in known:
            raise ProjectError("register-key", where, found=name, nearest=nearest(name, known))
        if not isinstance(value, known[name]):
            raise ProjectError("layout-value", where, name=name, expected=known[name].__name__, found=repr(value))
    missing = [name for name in _REQUIRED if name not in table]
    if missing:
        raise ProjectError("layout-key-missing", where, missing=", ".join(missing))
    if table.get("prose", MENTIONS) != MENTIONS:
        raise ProjectError("layout-value", where, name="prose", expected=MENTIONS, found=repr(table["prose"]))
    if not _SHA256.fullmatch(table["sha256"]):
        raise ProjectError("layout-value", where, name="sha256", expected="64 hex digits", found=table["sha256"])
    return Document(
        id=key, title=table["title"], url=table.get("url"), language=table["language"], sha256=table["sha256"],
        layout=table.get("layout"), lines=table["lines"], as_of=table.get("as_of"), file=table["file"],
        extent=table["extent"], blank=_lines(table["blank"], where), prose=table.get("prose"),
    )  # fmt: skip


def _lines(spans: list[int | str], where: str) -> frozenset[int]:
    """Line numbers from numbers and spans: `[2, "6-7"]` is 2, 6, 7."""
    found: set[int] = set()
    for span in spans:
        first, _, last = str(span).partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise ProjectError("layout-value", where, name="blank", expected='2 or "6-7"', found=repr(span))
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def identify(register: Mapping[str, Document], path: PurePath, data: bytes) -> tuple[Document, list[Problem]]:
    """The document that a file is, by its SHA-256, else by its name.

    A file known by its name alone is a new version: the document comes back with the size and the hash of the file,
    with the Problem `document-changed`. MisuseError for a file that the register does not know at all.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    for document in register.values():
        if document.sha256 == sha256:
            return document, []
    for document in register.values():
        if document.file == path.name:
            values = {"registered": document.sha256[:12], "found": sha256[:12]}
            changed = replace(document, sha256=sha256, extent=len(data), lines=data.count(b"\n") + 1)
            return changed, [Problem("document-changed", document.id, values, "warning")]
    known = [document.file or document.id for document in register.values()]
    raise MisuseError("document-unknown", path.name, sha256=sha256[:12], nearest=nearest(path.name, known))
