"""Family `key_value`: records of labelled fields. One label opens a record, the profile's, or the first of the page where
that stands as often; what has no label continues the open field.

The labels are the profile's, tried longest first. A label stands at the start of a line, before a blank, a colon or
the end of the line; a field is as long as the page runs until the next label, heading or end mark, blank lines or not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.errors import SourceError
from kg.extract.contact import ContactReader
from kg.extract.lookups import Lookups
from kg.extract.mentions import Dictionary, dictionary, mentioned
from kg.register import MENTIONS
from kg.extract.text import Page, TextLine, span
from kg.model import Document, Place, Problem, Record

EXTRACTOR = "key_value@1"


@dataclass
class _Field:
    """The lines of one field; `value` has those that print something beside the label, as printed."""

    lines: list[TextLine] = field(default_factory=list)
    value: list[tuple[TextLine, str]] = field(default_factory=list)


@dataclass
class _Block:
    """One record: its heading, all its lines that print something, its fields by name."""

    heading: TextLine | None
    lines: list[TextLine] = field(default_factory=list)
    fields: dict[str, _Field] = field(default_factory=dict)
    open: str = ""

    def start(self, name: str, line: TextLine, value: str) -> None:
        self.open = name
        self.fields.setdefault(name, _Field()).lines.append(line)
        self.lines.append(line)
        if value:
            self.fields[name].value.append((line, value))

    def go_on(self, line: TextLine) -> None:
        self.lines.append(line)
        self.fields[self.open].lines.append(line)
        self.fields[self.open].value.append((line, line.printed.strip()))


class _Reader:
    """The patterns of one profile."""

    def __init__(self, layout: Mapping[str, Any]) -> None:
        self.layout = layout
        self.start = layout["record"]["start"]
        self.names = {entry["label"]: entry["name"] for entry in layout["field"]}
        self.prose = {entry["name"] for entry in layout["field"] if entry.get("prose")}
        labels = "|".join(sorted(map(re.escape, self.names), key=len, reverse=True))
        self.label = re.compile(rf"\s*(?P<label>{labels})(?:\s*:\s*|\s+|$)")
        self.headings = [re.compile(entry["pattern"]) for entry in layout["heading"]]
        self.like_heading = re.compile(layout["record"]["heading"])
        self.contact = ContactReader(layout)
        self.ignore = [re.compile(entry["pattern"]) for entry in layout["ignore"]]

    def field(self, line: TextLine) -> tuple[str, str] | None:
        """The name of the field that a line opens, with the value printed beside the label."""
        found = self.label.match(line.folded)
        return (self.names[found["label"]], line.printed[found.end() :].strip()) if found else None

    def ignored(self, line: TextLine) -> bool:
        return any(pattern.fullmatch(line.folded.strip()) for pattern in self.ignore)

    def opens_record(self, line: TextLine | None) -> bool:
        found = self.field(line) if line else None
        return bool(found and found[0] == self.start)

    def begin_with(self, lines: Sequence[TextLine]) -> None:
        """Let the first label of a page open its records, where each record has it: fields may stand in another order."""
        labels = [found[0] for line in lines if (found := self.field(line))]
        if self.start in labels and labels.count(labels[0]) == labels.count(self.start):
            self.start = labels[0]

    def heading(self, line: TextLine, following: TextLine | None) -> bool | None:
        """True for a heading, False for one that the profile does not know, None for any other line.

        A value may look like a heading, so a heading has a record, another heading or nothing after it.
        """
        if following and not self.opens_record(following) and not self._matches_heading(following):
            return None
        if self._matches_heading(line):
            return True
        return False if self.like_heading.fullmatch(line.folded.strip()) else None

    def _matches_heading(self, line: TextLine) -> bool:
        return any(pattern.fullmatch(line.folded.strip()) for pattern in self.headings)


def read(
    document: Document, text: str, layout: Mapping[str, Any], lookups: Lookups
) -> tuple[list[Record], list[Problem]]:
    """The records of a page as printed, and what no rule reads. SourceError where the page opens no record at all."""
    reader = _Reader(layout)
    page = Page(text)
    if not any(reader.opens_record(line) for line in page.lines):
        expected = next(label for label, name in reader.names.items() if name == reader.start)
        raise SourceError("layout-mismatch", document.id, layout=document.layout, expected=expected)
    reader.begin_with(page.lines)
    problems: list[Problem] = []
    blocks, contact = _blocks(document, [line for line in page.lines if not line.blank], reader, problems)
    names = dictionary(lookups) if document.prose == MENTIONS else None
    records = [_record(document, page, block, reader, problems, names) for block in blocks]
    return [*records, *reader.contact.read(document, contact, problems)], problems


def _blocks(
    document: Document, printed: Sequence[TextLine], reader: _Reader, problems: list[Problem]
) -> tuple[list[_Block], list[TextLine]]:
    """The records of a page and its contact block; the problems of lines of neither are added to `problems`."""
    blocks: list[_Block] = []
    contact: list[TextLine] = []
    heading, block, ending = None, None, False
    for index, line in enumerate(printed):
        where = f"{document.id}:{line.number}"
        label = reader.field(line)
        if reader.opens_record(line):
            block, ending = _Block(heading), False
            blocks.append(block)
            block.start(label[0], line, label[1])
        elif (known := reader.heading(line, printed[index + 1] if index + 1 < len(printed) else None)) is not None:
            heading, block = line if known else None, None
            problems += [] if known else [Problem("heading-unknown", where, {}, "warning")]
        elif reader.contact.begins(line) or ending and not reader.ignored(line):
            block, ending = None, True
            contact.append(line)
        elif block and label:
            if label[0] in block.fields:
                problems.append(Problem("label-repeated", where, {"label": label[0]}, "warning"))
            block.start(label[0], line, label[1])
        elif block:
            block.go_on(line)
        elif reader.ignored(line):
            ending = False
        else:
            problems.append(Problem("line-unread", where, {}, "warning"))
    if not contact:
        problems.append(Problem("page-cut", f"{document.id}:{printed[-1].number}", {}, "warning"))
    return blocks, contact


def _record(
    document: Document, page: Page, block: _Block, reader: _Reader, problems: list[Problem], names: Dictionary | None
) -> Record:
    """One block as a raw record. Prose is not kept: its passage has the SHA-256 of its lines as UTF-8 instead.

    With `names`, prose is searched for them; the whole of it is then a passage of its own, as a text not taken apart.
    """
    where = f"{document.id}:{block.lines[0].number}"
    for label, name in reader.names.items():
        if name not in block.fields:
            problems.append(Problem("label-missing", where, {"label": label}, "warning"))
    verbatim: dict[str, Any] = {"heading": block.heading.printed.strip()} if block.heading else {}
    passages: dict[str, Place] = {"heading": span([block.heading])} if block.heading else {}
    for name, found in block.fields.items():
        if found.value:
            passages[name] = _passage(page, found.lines, prose=name in reader.prose)
        if name in reader.prose:
            if names and found.value:
                passages["prose"] = span(found.lines)
                passages |= mentioned(page, names, found.lines[0].start, found.lines[-1].end, verbatim)
            continue
        verbatim[name] = [value for _, value in found.value]
        if len(found.value) > 1:
            passages |= {f"{name}-{n}": span([line]) for n, (line, _) in enumerate(found.value, start=1)}
    type_ = reader.layout["type"]
    return Record(document.id, document.sha256, "", type_, EXTRACTOR, span(block.lines), passages, verbatim, {})


def _passage(page: Page, some: Sequence[TextLine], prose: bool) -> Place:
    """The lines of a field; for prose with the SHA-256 of the text from the first to the last of them."""
    if not prose:
        return span(some)
    text = page.text[some[0].start : some[-1].end]
    return span(some, hashlib.sha256(text.encode("utf-8")).hexdigest())
