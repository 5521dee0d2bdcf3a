"""Steps 1 to 3 joined: documents in, record files out (`kg extract`). A maintainer runs it when a page has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kg.errors import MisuseError
from kg.extract import Lookups, decode, extract, identify, load_layout, load_lookups, load_register, page_text
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
    path = file_of(registered, folder)
    layout = load_layout(project, registered.layout or "")
    text, _ = page_text(path.name, path.read_bytes(), registered.id, layout)
    document, changed = identify(load_register(project), path, text.encode("utf-8"))
    return read_text(project, document, text, changed)


def read_text(
    project: Project, document: Document, text: str, problems: Sequence[Problem] = (), lookups: Lookups | None = None
) -> Reading:
    """Read the text of a document by its layout, and hold it against the record file that there is.

    `lookups`: where names are looked up; the tables of the project where nothing else is given.
    """
    layout = load_layout(project, document.layout or "")
    lookups = load_lookups(project) if lookups is None else lookups
    found = extract(document, text, layout, lookups)
    records, unexplained = explain(found.records, layout, lookups)
    path = project.records(document.id)
    before = read(path, project.place(path)) if path.exists() else []
    by_hand = {record.id for record in recorded_by_hand(project, document)}
    records = [record for record in records if record.id not in by_hand]
    return Reading(
        document, records, changes(before, records), [*problems, *found.problems, *unexplained], dump(records)
    )


def accepted(project: Project, found: Reading) -> tuple[Reading, frozenset[int]]:
    """The reading without the records that a violation is about, and the lines that are left out so: theirs and those
    of all that no rule reads, where what would be recorded is not whole."""
    id_ = found.document.id
    refused: set[int] = set()
    for problem in found.problems:
        document, _, line = problem.where.partition(":")
        if problem.severity == "violation" and document == id_ and line.isdigit():
            refused |= set(range(int(line), int(problem.values.get("last", line)) + 1))
    kept = [r for r in found.records if refused.isdisjoint(range(r.place.lines[0], r.place.lines[1] + 1))]
    dropped = [record for record in found.records if record not in kept]
    lines = refused.union(*(range(r.place.lines[0], r.place.lines[1] + 1) for r in dropped))
    path = project.records(id_)
    before = read(path, project.place(path)) if path.exists() else []
    return replace(found, records=kept, changes=changes(before, kept), text=dump(kept)), frozenset(lines)


def recorded_by_hand(project: Project, document: Document) -> list[Record]:
    """What a person recorded of a document, in files of their own; it is not read by the layout once more."""
    paths = project.files("mappings/records", f"{document.id}-*.jsonl")
    return [record for path in paths for record in read(path, project.place(path))]


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


def text_of(project: Project, document: Document, folder: Path) -> str:
    """The text of a registered document at hand; MisuseError where the file is another version.

    Without a layout there is no flattening, and a page has to be text.
    """
    path = file_of(document, folder)
    layout = load_layout(project, document.layout) if document.layout else None
    data = path.read_bytes()
    text = page_text(path.name, data, document.id, layout)[0] if layout else decode(data, document.id)
    found, _ = identify({document.id: document}, path, text.encode("utf-8"))
    if found.sha256 != document.sha256:
        raise MisuseError("document-version", document.id, expected=document.sha256[:12], found=found.sha256[:12])
    return text


def passage(project: Project, document: Document, folder: Path, first: int, last: int) -> list[str]:
    """Lines `first` to `last` of a registered document at hand."""
    return text_of(project, document, folder).split("\n")[first - 1 : last]
