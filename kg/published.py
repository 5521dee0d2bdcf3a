"""A published release, read: where it is, what it says of itself, whether it is whole. Nothing here writes.

A build stands in `out/<id>`, a release with a number in `out/<number>/data` (the payload of a bag). "The folder of a
release" is here always the one with its data.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from kg.errors import MisuseError, ProjectError, ReleaseError
from kg.messages import nearest
from kg.model import Line, Release
from kg.store import parse, read_lines

CURRENT = "current"
MANIFEST = "SHA256SUMS"
FACTS = "release.json"
DATA = "jichi.nq"
TERMS = "ontology.ttl"
"""ontology, vocabularies and the description of the data set"""
DESCRIPTION = "dataset.ttl"
SCHEMA_ORG = "schema-org.json"
HISTORY = ".published"
PAYLOAD = "data"
"""the folder within a bag (RFC 8493, section 2.1.2)"""
_BAG = "bagit.txt"
_NUMBER = re.compile(r"^20[0-9]{2}\.(0[1-9]|1[0-2])\.(0|[1-9][0-9]{0,3})\Z")


def current(out: Path) -> Path:
    """The folder of the release that `out/current` leads to, whole; ReleaseError otherwise.

    The link is resolved once, so that a new release does not mix with this one.
    """
    folder = (out / CURRENT).resolve()
    checksums(folder)
    return folder


def releases(out: Path) -> dict[str, Path]:
    """The folders of all releases below `out` by their id, in the order of the ids; what `kg build` left is among them.

    Only those that say what they are: whether each is whole is for `checksums`.
    """
    found: dict[str, Path] = {}
    for path in [*out.glob(f"[!.]*/{FACTS}"), *out.glob(f"[!.]*/{PAYLOAD}/{FACTS}")]:
        if path.parent.name != CURRENT and path.parent.parent.name != CURRENT:
            found[facts(path.parent).version] = path.parent
    return dict(sorted(found.items()))


def home(folder: Path) -> Path:
    """Where the releases lie that the release in `folder` is one of: nothing of ours is written into a bag."""
    return folder.parent.parent if folder.name == PAYLOAD and (folder.parent / _BAG).is_file() else folder.parent


def archive_of(folder: Path) -> Path | None:
    """The zip of the release in `folder`, where it has a number and the zip stands beside its bag."""
    file = home(folder) / archive_name(facts(folder).version)
    return file if file.is_file() else None


def archive_name(version: str) -> str:
    return f"jichi-{version}.zip"


@dataclass(frozen=True)
class Publication:
    """One time that `current` was moved: a line of `.published`. Paths are within the folder of the releases."""

    name: str
    previous: str | None
    by_hand: bool
    """somebody chose this release: it stays until the next build"""


def history(out: Path) -> list[Publication]:
    """The lines of `.published`, oldest first, those left out that were cut."""
    path = out / HISTORY
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(Publication(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def previous(out: Path, name: str | None) -> str | None:
    """What was published before `name` was; None where nothing was."""
    return next((row.previous for row in reversed(history(out)) if row.name == name), None)


def is_chosen(out: Path) -> bool:
    """Whether the release that `current` leads to was chosen by hand, and not by a build."""
    here = os.readlink(out / CURRENT).rstrip("/") if (out / CURRENT).is_symlink() else None
    return next((row.by_hand for row in reversed(history(out)) if row.name == here), False)


def release_at(named: str, out: Path) -> Path:
    """The folder of a release that is named by its path, or by its id (or the beginning of it) below `out`."""
    places = (Path(named), out / named)
    for folder in (*places, *(place / PAYLOAD for place in places)):
        if (folder / FACTS).is_file():
            return folder.resolve()
    versions = releases(out)
    begun = [version for version in versions if len(named) >= 4 and version.startswith(named)]
    if len(begun) != 1:
        raise MisuseError("release-unknown", named, nearest=nearest(named, versions), known=", ".join(versions) or "-")
    return versions[begun[0]]


def is_number(version: str) -> bool:
    """Whether an id is the number of a release (`2026.11.0`), not the hash of a build."""
    return bool(_NUMBER.match(version))


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
        return Release(
            content["version"], dict(content["counts"]), content["sha256"], content["sources"], content.get("issued")
        )
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
