"""Family `blurbs`: a list of items, each a beginning of prose that ends in a mark such as `[…]`, with or without title.

A title is the line before a blurb; two blurbs in a row mean that the second has none. Titles and blurbs are told by
their ends and lengths, never by counting lines. The prose itself is not kept: its passage has the SHA-256 of its text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.errors import SourceError
from kg.extract.lookups import Lookups
from kg.extract.mentions import Dictionary, dictionary, mentioned
from kg.extract.text import Page, TextLine, span
from kg.letters import fold
from kg.model import Document, Place, Problem, Record

EXTRACTOR = "blurbs@1"


@dataclass
class _Item:
    """The lines of one item: its title, where it has one, and its blurb."""

    title: TextLine | None
    blurb: list[TextLine] = field(default_factory=list)
    bylines: list[TextLine] = field(default_factory=list)
    """lines between that say who posted it, and when"""


class _Reader:
    """The patterns of one profile."""

    def __init__(self, layout: Mapping[str, Any]) -> None:
        self.layout = layout
        self.end = re.compile(layout["blurb"]["end"])
        self.mark = re.compile(r"[\]］]")
        self.no_title = re.compile(layout["title"]["no-end"])
        self.ignore = [re.compile(entry["pattern"]) for entry in layout["ignore"]]
        self.bylines = [re.compile(entry["pattern"]) for entry in layout["ignore"] if entry["reason"] == "introduction"]

    def ends(self, line: TextLine) -> bool:
        """True for the last line of a blurb."""
        return bool(self.end.search(line.folded.strip()))

    def cut(self, text: str) -> str:
        """A blurb without the words of a link to the rest of it: what identifies an item that has no title."""
        found = self.end.search(fold(text))
        mark = self.mark.search(text, found.start()) if found else None
        return text[: mark.end()] if mark else text

    def ignored(self, line: TextLine) -> bool:
        """True for a line of the layout; one that ends as a blurb does is a blurb that begins as who posted it would."""
        return any(pattern.fullmatch(line.folded.strip()) for pattern in self.ignore) and not (self.is_byline(line) and self.ends(line))

    def is_byline(self, line: TextLine) -> bool:
        return any(pattern.fullmatch(line.folded.strip()) for pattern in self.bylines)

    def may_be_title(self, line: TextLine, following: TextLine) -> bool:
        """True for a line that is no sentence and no start of one that `following` goes on with."""
        text = line.folded.strip()
        goes_on = following.folded.strip()[:1].islower()
        return len(text) <= self.layout["title"]["longest"] and not self.no_title.search(text) and not goes_on


def read(
    document: Document, text: str, layout: Mapping[str, Any], lookups: Lookups
) -> tuple[list[Record], list[Problem]]:
    """The items of a page in its order, and what no rule reads. SourceError where no line ends as a blurb does."""
    reader = _Reader(layout)
    page = Page(text)
    if not any(reader.ends(line) for line in page.lines):
        raise SourceError("layout-mismatch", document.id, layout=document.layout, expected=layout["blurb"]["end"])
    items, problems = _items(document, [line for line in page.lines if not line.blank], reader)
    names = dictionary(lookups)
    return [_record(document, page, item, n, reader, names) for n, item in enumerate(items, start=1)], problems


def _items(document: Document, printed: Sequence[TextLine], reader: _Reader) -> tuple[list[_Item], list[Problem]]:
    items: list[_Item] = []
    problems: list[Problem] = []
    pending: list[TextLine] = []
    bylines: list[TextLine] = []
    for line in printed:
        if reader.ignored(line):
            bylines += [line] if reader.is_byline(line) else []
            continue
        pending.append(line)
        if reader.ends(line):
            items.append(_item(pending, reader))
            items[-1].bylines = [byline for byline in bylines if pending[0].start < byline.start]
            problems += [Problem("byline-left", f"{document.id}:{byline.number}", {}, "info") for byline in items[-1].bylines]
            bylines = []
            if len(items[-1].blurb) > 1:
                problems.append(Problem("blurb-wrapped", f"{document.id}:{pending[0].number}", {"last": line.number}, "info"))
            pending = []
    problems += [Problem("line-unread", f"{document.id}:{line.number}", {}, "warning") for line in pending]
    if pending:
        problems.append(Problem("page-cut", f"{document.id}:{pending[-1].number}", {}, "warning"))
    return items, problems


def _item(lines: Sequence[TextLine], reader: _Reader) -> _Item:
    """The lines up to the end of a blurb: the first is a title where the next does not go on with it."""
    if len(lines) > 1 and reader.may_be_title(lines[0], lines[1]):
        return _Item(lines[0], list(lines[1:]))
    return _Item(None, list(lines))


def _record(
    document: Document, page: Page, item: _Item, number: int, reader: _Reader, names: Dictionary
) -> Record:
    """One item as a raw record; `n` counts the items of the page from 1."""
    text = reader.cut(page.text[item.blurb[0].start : item.blurb[-1].end].strip())
    lines = [item.title, *item.blurb] if item.title else item.blurb
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
    passages: dict[str, Place] = {"item": span(lines), "blurb": span(item.blurb, digest)}
    verbatim: dict[str, Any] = {}
    if item.title:
        passages["title"] = span([item.title])
        verbatim["title"] = item.title.printed.strip()
    passages |= mentioned(page, names, lines[0].start, lines[-1].end, verbatim, item.bylines)
    norm = {"n": number}
    type_ = reader.layout["type"]
    return Record(document.id, document.sha256, "", type_, EXTRACTOR, span(lines), passages, verbatim, norm)
