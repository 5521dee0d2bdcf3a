"""An open release: the folder that `kg build` published, read-only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from kg.errors import ReleaseError
from kg.model import Release
from kg.store import Store
from kg.vocabulary import Vocabulary

DATA = "jichi.nq"


@dataclass(frozen=True)
class OpenRelease:
    """A release and the store that its documents and pages are read from.

    The folder is resolved once, so that a new `build/current` does not mix two releases in one answer.
    """

    release: Release
    folder: Path
    store: Store
    files: dict[str, str]
    """what may be downloaded: path within the folder to SHA-256, as `SHA256SUMS` lists it"""

    @classmethod
    def open(cls, folder: Path, vocabulary: Vocabulary) -> OpenRelease:
        """ReleaseError when the folder holds no complete release."""
        if not (folder / DATA).is_file():
            raise ReleaseError("release-missing", str(folder))
        resolved = folder.resolve()
        return cls(
            release=_description(resolved),
            folder=resolved,
            store=Store.load(resolved / DATA, vocabulary.prefixes, vocabulary.base),
            files=_checksums(resolved),
        )

    @property
    def data(self) -> Path:
        return self.folder / DATA




def _description(folder: Path) -> Release:
    try:
        read = json.loads((folder / "release.json").read_text(encoding="utf-8"))
        return Release(version=read["version"], counts=dict(read["counts"]), sha256=read["sha256"], sources=read["sources"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        raise ReleaseError("release-incomplete", str(folder), file="release.json") from None


def _checksums(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ReleaseError("release-incomplete", str(folder), file="SHA256SUMS") from None
    sums: dict[str, str] = {}
    for line in lines:
        digest, _, name = line.partition("  ")
        inside = (folder / name).resolve()
        if len(digest) != 64 or not inside.is_relative_to(folder) or not inside.is_file():
            raise ReleaseError("release-incomplete", str(folder), file=name or "SHA256SUMS")
        sums[name] = digest
    return sums
