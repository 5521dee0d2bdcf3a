"""The contact block that ends a page: a unit, and telephone, fax and mail behind labels of the profile.

Labels and values stand in one line, in neighbouring cells or under each other; a list of descriptions in HTML gives a
TAB between them, a text page a colon. The block begins at the end mark of the layout and reaches to the footer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from kg.extract.tables import BORDER
from kg.extract.text import TextLine, span
from kg.letters import fold, squeeze
from kg.model import Document, Place, Problem, Record

EXTRACTOR = "contact@1"
TYPE = "contact"
FIELDS = ("telephone", "fax", "email")
_FORMS = {
    "telephone": re.compile(r"[+(]?\d[\d() -]{4,30}\d"), "fax": re.compile(r"[+(]?\d[\d() -]{4,30}\d"),
    "email": re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[A-Za-z]{2,}"),
}  # fmt: skip
_BETWEEN = " :/|、,;"


@dataclass
class _Block:
    """What a block says, by field; `open` is a label that still waits for its value."""

    names: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)
    open: str = ""


class ContactReader:
    """The end mark and the labels of one profile."""

    def __init__(self, layout: Mapping[str, Any]) -> None:
        self.type = TYPE
        self.end = re.compile(layout["end"]["pattern"])
        labels = "|".join(rf"(?P<{name}>{layout['contact'][name]})" for name in FIELDS)
        self.label = re.compile(rf"(?<![^\W\d_])(?:{labels})(?![^\W\d_])\s*[:.]?\s*")

    def begins(self, line: TextLine) -> bool:
        """True for the end mark, alone or with the first words of the block in the next cell or behind a colon."""
        return bool(self.end.fullmatch(_cells(line)[0].strip(" :")) or self.end.fullmatch(line.folded.strip().rstrip(" :")))

    def read(self, document: Document, lines: Sequence[TextLine], problems: list[Problem]) -> list[Record]:
        """The record of a block, from the line of its end mark on; none where it names and numbers nothing.

        A line that is neither a name above the labels nor a value behind one is a problem.
        """
        block, last = _Block(), 0
        for number, line in enumerate(lines):
            cells = _cells(line)[1:] if number == 0 else _cells(line)
            if all([self._take(block, cell) for cell in cells]):
                last = number if number else last
            else:
                problems.append(Problem("line-unread", f"{document.id}:{line.number}", {}, "warning"))
        verbatim = {"names": block.names} if block.names else {}
        verbatim |= {name: values for name, values in block.values.items()}
        if not block.names and not any(block.values.values()):
            return []
        place = Place(span(lines[: last + 1]).lines, span(lines[: last + 1]).chars)
        return [Record(document.id, document.sha256, TYPE, TYPE, EXTRACTOR, place, {}, verbatim, {})]

    def _take(self, block: _Block, cell: str) -> bool:
        """Read one cell; False where something in it is neither a name, a label nor a value."""
        marks = list(self.label.finditer(fold(cell)))
        before = cell[: marks[0].start()] if marks else cell
        if squeeze(before).strip(_BETWEEN) and not self._words(block, squeeze(before).strip(_BETWEEN)):
            return False
        good = True
        for mark, following in zip_longest(marks, marks[1:]):
            name = mark.lastgroup or ""
            block.values.setdefault(name, [])
            block.open = name
            value = squeeze(cell[mark.end() : following.start() if following else len(cell)]).strip(_BETWEEN)
            good = (not value or self._words(block, value)) and good
        return good

    def _words(self, block: _Block, words: str) -> bool:
        """Words behind an open label are its value where they have its form; above all labels they are names."""
        if block.open:
            name, block.open = block.open, ""
            fits = bool(_FORMS[name].fullmatch(fold(words)))
            block.values[name] += [words] if fits else []
            return fits
        if block.values or re.search(r"\d|@|//", fold(words)):
            return False
        block.names.append(words)
        return True


def _cells(line: TextLine) -> list[str]:
    return line.printed.split(BORDER)
