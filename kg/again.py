"""Pages that were searched for names before: what they mention depends on what has a name, not on the order of adding.

When names are new, the registered pages that are searched for names are read again, as far as their files lie beside the
page that is added or in the folder of documents; of the others it is said that they may mention what is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kg import preview, reading
from kg.errors import MisuseError
from kg.extract import Lookups
from kg.extract.records import read
from kg.model import Document, Problem
from kg.project import Project
from kg.register import MENTIONS


@dataclass
class Again:
    """Record files that change, with the facts that do, and the pages that are not at hand."""

    files: dict[Path, bytes] = field(default_factory=dict)
    facts: list[preview.Fact] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_again(
    project: Project, documents: Mapping[str, Document], but: str, folders: Sequence[Path], lookups: Lookups, new_names: bool
) -> Again:
    """Every page searched for names, but for the one that is being added, read with `lookups`."""
    found = Again()
    for document in documents.values():
        if document.id == but or document.prose != MENTIONS or not document.layout:
            continue
        text = _text(project, document, folders)
        if text is None:
            found.problems += [Problem("mentions-elsewhere", document.id, {"id": document.id}, "info")] if new_names else []
            continue
        again = reading.read_text(project, document, text, lookups=lookups)
        path = project.records(document.id)
        before = read(path, project.place(path)) if path.exists() else []
        facts = list(preview.facts(again.changes, before, again.records))
        if facts:
            found.facts += facts
            found.files[path] = again.text.encode("utf-8")
    return found


def _text(project: Project, document: Document, folders: Sequence[Path]) -> str | None:
    """The text of a page whose file lies in one of `folders`, in the version that is registered."""
    for folder in folders:
        try:
            return reading.text_of(project, document, folder)
        except MisuseError:
            continue
    return None
