"""A published release, read: where it is, what it says of itself, whether it is whole. Nothing here writes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from kg.errors import ProjectError, ReleaseError
from kg.model import Line, Release
from kg.store import parse, read_lines

CURRENT = "current"
MANIFEST = "SHA256SUMS"
FACTS = "release.json"
DATA = "jichi.nq"
TERMS = "ontology.ttl"
"""ontology, vocabularies and the description of the data set"""


def current(out: Path) -> Path:
    """The folder of the release that `out/current` leads to, whole; ReleaseError otherwise.

    The link is resolved once, so that a new release does not mix with this one.
    """
    folder = (out / CURRENT).resolve()
    checksums(folder)
    return folder


def checksums(folder: Path) -> dict[str, str]:
    """The files of a release by path, with their SHA-256, each checked; ReleaseError where one differs."""
    if not (folder / MANIFEST).is_file() or not (folder / FACTS).is_file():
        raise ReleaseError("release-missing", str(folder))
    sums: dict[str, str] = {}
    for row in (folder / MANIFEST).read_text(encoding="utf-8").splitlines():
        digest, _, name = row.partition("  ")
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
        if not inside or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ReleaseError("release-damaged", f"{folder.name}/{name}", expected=digest[:12])
        sums[name] = digest
    return sums


def facts(folder: Path) -> Release:
    """What `release.json` says of the release in `folder`."""
    try:
        content = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        return Release(content["version"], dict(content["counts"]), content["sha256"], content["sources"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise ReleaseError("release-damaged", f"{folder.name}/{FACTS}", expected="JSON") from None


def lines(folder: Path) -> list[Line]:
    """What the release in `folder` says, its ontology included; nothing where there is none, or where it is unreadable.

    Its checksums are not looked at: also of a damaged release it is known what was published.
    """
    data, terms = folder / DATA, folder / TERMS
    found = read_lines(data) if data.is_file() else []
    try:
        return found + parse(terms.read_bytes(), "turtle") if terms.is_file() else found
    except ProjectError:
        return found
