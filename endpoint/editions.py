"""The releases that stand beside the one that is served: those with a number, in order, and builds by their id."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from kg import published, tombstones
from kg.names import Names

_ALWAYS = frozenset(("", "dataset", "def", "graph", "shapes", "sparql", "vocab"))
"""paths that every release answers"""


@dataclass(frozen=True)
class Edition:
    """A release by its id; `issued` is the day of a release with a number, None for a build."""

    version: str
    issued: str | None
    folder: Path

    @property
    def at(self) -> datetime:
        """From when it was the current one: the beginning of its day, UTC. Only of a release with a number."""
        return datetime.fromisoformat(f"{self.issued}").replace(tzinfo=UTC)

    @property
    def path(self) -> str:
        """Where it is served, below the root."""
        return f"release/{self.version}"


class Editions:
    """What lies in the folder of releases, looked at when that changes. Thread-safe; nothing is loaded."""

    def __init__(self, data: Path, names: Names) -> None:
        """`data` is the folder of the data of the release that is served."""
        bag = data.parent
        in_bag = data.name == published.PAYLOAD and published.is_number(bag.name)
        self._out = bag.parent if in_bag else bag
        self._names = names
        self._lock = threading.Lock()
        self._seen = -1
        self._all: dict[str, Edition] = {}
        self._paths: dict[Path, frozenset[str]] = {}

    def named(self, version: str) -> Edition | None:
        return self._looked().get(version)

    def numbered(self) -> list[Edition]:
        """The releases with a number, oldest first."""
        found = [edition for edition in self._looked().values() if edition.issued]
        return sorted(found, key=lambda e: (e.issued, [int(part) for part in e.version.split(".")]))

    def having(self, path: str) -> list[Edition]:
        """The releases with a number that answer `path`: a document or a thing, with or without a suffix."""
        folder, slash, last = path.partition("?")[0].rpartition("/")
        stem = f"{folder}{slash}{last.partition('.')[0]}"
        wanted = f"id/{stem[4:]}" if stem.startswith("doc/") else stem
        return [e for e in self.numbered() if wanted in _ALWAYS or wanted in self._present(e.folder)]

    def _looked(self) -> dict[str, Edition]:
        with self._lock:
            changed = self._out.stat().st_mtime_ns
            if changed != self._seen:
                folders = published.releases(self._out)
                self._all = {v: Edition(v, published.facts(f).issued, f) for v, f in folders.items()}
                self._seen = changed
            return self._all

    def _present(self, folder: Path) -> frozenset[str]:
        """The paths that a release describes or mentions, those left out that it says are gone."""
        with self._lock:
            if folder not in self._paths:
                found = tombstones.present(published.lines(folder), self._names)
                self._paths[folder] = frozenset(path.partition("#")[0] for path in found)
            return self._paths[folder]


def citation(root: str, version: str, query: str) -> str:
    """The address that gives this answer for ever; `root` ends in a slash and may be that of a past release."""
    return f"{base_of(root)}release/{version}/sparql?{urlencode({'query': query})}"


def base_of(root: str) -> str:
    """The root of the service for that of a past release (`.../release/2026.11.0/`), or for itself."""
    folders = root.split("/")
    return "/".join([*folders[:-3], ""]) if len(folders) > 3 and folders[-3] == "release" else root
