"""Pages as text: decoding with clear refusals, and lines that know where they stand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from kg.errors import SourceError
from kg.letters import fold
from kg.model import Place

LIMIT = 8 * 1024 * 1024
"""bytes; the largest page of the register has some 19,000"""


@dataclass(frozen=True)
class TextLine:
    """One line: its number from 1, its code points [start, end) without the line break, as printed and folded."""

    number: int
    start: int
    end: int
    printed: str
    folded: str

    @property
    def blank(self) -> bool:
        return not self.folded.strip()


def decode(data: bytes, where: str) -> str:
    """The text of a page. SourceError: empty, too large, not text, not UTF-8 (with the first wrong byte, from 1)."""
    if len(data) > LIMIT:
        raise SourceError("source-too-large", where, bytes=len(data), limit=LIMIT)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError("source-encoding", where, byte=error.start + 1) from None
    wrong = next((i for i, c in enumerate(text) if c < " " and c not in "\n\r\t\x0b\x0c"), None)
    if wrong is not None:
        raise SourceError("source-binary", where, character=wrong + 1)
    if not fold(text).strip():
        raise SourceError("source-empty", where)
    return text


class Page:
    """A text cut into lines; only a line feed ends one, so that numbers agree with editors and RFC 5147."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded = fold(text)
        self.lines: list[TextLine] = []
        start = 0
        for number, printed in enumerate(text.split("\n"), start=1):
            end = start + len(printed)
            self.lines.append(TextLine(number, start, end, printed, self.folded[start:end]))
            start = end + 1
        self._starts = [line.start for line in self.lines]

    def place(self, start: int, end: int) -> Place:
        """The place of the code points [start, end)."""
        return Place((bisect_right(self._starts, start), bisect_right(self._starts, max(start, end - 1))), (start, end))

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) without the blanks at both ends."""
        part = self.text[start:end]
        return start + len(part) - len(part.lstrip()), start + len(part.rstrip())


def span(some: Sequence[TextLine], sha256: str | None = None) -> Place:
    """From the first to the last of some lines, the last line break not included."""
    return Place((some[0].number, some[-1].number), (some[0].start, some[-1].end), sha256)
