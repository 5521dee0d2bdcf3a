"""Steps 1 to 3 joined: documents in, record files out (`kg extract`). A maintainer runs it when a page has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import MisuseError
from kg.extract import decode, extract, identify, load_layout, load_lookups, load_register
from kg.extract.records import Change, changes, dump, read
from kg.messages import nearest
from kg.model import Document, Problem, Record
from kg.normalise import explain
from kg.project import Project


@dataclass(frozen=True)
class Reading:
    """One document read: its records, what changed against the record file, and what no rule could read."""

    document: Document
    records: list[Record]
    changes: list[Change]
    problems: list[Problem]
    text: str
    """the record file as it would be written"""

    @property
    def writable(self) -> bool:
        """Whether nothing is lost or unexplained: the page is the registered version, and all of it could be read."""
        return all(p.severity != "violation" and p.code != "document-changed" for p in self.problems)


def read_documents(project: Project, ids: Sequence[str], folder: Path) -> list[Reading]:
    """Read the documents `ids` (all that have a layout, where none is named) from `folder`; nothing is written."""
    register = load_register(project)
    for id_ in ids:
        if id_ not in register:
            raise MisuseError("document-id", id_, nearest=nearest(id_, register))
        if not register[id_].layout:
            raise MisuseError("document-layout", id_)
    wanted = ids or [id_ for id_, document in register.items() if document.layout]
    return [_read(project, register[id_], folder) for id_ in wanted]


def _read(project: Project, registered: Document, folder: Path) -> Reading:
    data = file_of(registered, folder).read_bytes()
    document, changed = identify(load_register(project), file_of(registered, folder), data)
    layout, lookups = load_layout(project, document.layout or ""), load_lookups(project)
    found = extract(document, decode(data, document.id), layout, lookups)
    records, problems = explain(found.records, layout, lookups)
    path = project.records(document.id)
    before = read(path, project.place(path)) if path.exists() else []
    return Reading(
        document, records, changes(before, records), [*changed, *found.problems, *problems], dump(records)
    )


def write(project: Project, readings: Iterable[Reading]) -> None:
    """Write the record files of the readings that are writable."""
    for reading in readings:
        if not reading.writable:
            continue
        project.records(reading.document.id).write_text(reading.text, encoding="utf-8", newline="\n")


def file_of(document: Document, folder: Path) -> Path:
    """Where a registered document lies in `folder`; MisuseError where it does not."""
    path = folder / (document.file or "")
    if not path.is_file():
        raise MisuseError("document-file", document.id, expected=document.file, folder=folder)
    return path


def text_of(document: Document, folder: Path) -> str:
    """The text of a registered document at hand; MisuseError where the file is another version."""
    path = file_of(document, folder)
    data = path.read_bytes()
    found, _ = identify({document.id: document}, path, data)
    if found.sha256 != document.sha256:
        raise MisuseError("document-version", document.id, expected=document.sha256[:12], found=found.sha256[:12])
    return decode(data, document.id)


def passage(document: Document, folder: Path, first: int, last: int) -> list[str]:
    """Lines `first` to `last` of a registered document at hand."""
    return text_of(document, folder).split("\n")[first - 1 : last]
