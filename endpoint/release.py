"""An open release: the folder that `kg build` published, read-only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg.engine import Engine
from kg.model import Line, Release
from kg.published import DATA, DESCRIPTION, SCHEMA_ORG, checksums, facts
from kg.remote import RemoteStore, Size
from kg.store import Store, parse
from kg.vocabulary import Vocabulary


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
    def open(cls, folder: Path, vocabulary: Vocabulary, engine: Engine | None = None) -> OpenRelease:
        """ReleaseError when the folder holds no complete release, or `engine` does not hold that release."""
        resolved = folder.resolve()
        files = checksums(resolved)
        data = resolved / DATA
        if engine is None:
            store = Store.load(data, vocabulary.prefixes, vocabulary.base)
        else:
            store = RemoteStore.open(engine, vocabulary.base, vocabulary.prefixes, Size.of(data))
        return cls(release=facts(resolved), folder=resolved, store=store, files=files)

    def description(self) -> list[Line]:
        """What the release says of itself and of its files, as triples; nothing where it does not."""
        if DESCRIPTION not in self.files:
            return []
        return parse((self.folder / DESCRIPTION).read_bytes(), "turtle", where=DESCRIPTION)

    def schema_org(self) -> str:
        """The same for search engines: a JSON-LD text, "" where there is none."""
        if SCHEMA_ORG not in self.files:
            return ""
        # Within a page: no text of it may end the element that it stands in.
        return (self.folder / SCHEMA_ORG).read_text(encoding="utf-8").replace("<", "\\u003c")

    @property
    def data(self) -> Path:
        return self.folder / DATA
