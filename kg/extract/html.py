"""HTML pages as the text lines that the layouts read: one deterministic flattening, named `html@2`.

What a browser would set as a line is a line: block elements and line breaks end one, runs of white space are one blank,
a no-break space stays. A row of a table is one line with a TAB at each border of cells, a term of a description list
stands with its description; in a cell, an item of a list has its number or bullet, as a browser sets it. Scripts, forms and readings (ruby) are no text. Places of records count in these lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from kg.errors import SourceError
from kg.extract.tables import Cell, in_one_line, rows_as_lines
from kg.extract.text import LIMIT
from kg.letters import fold, squeeze

FLATTENING = "html@2"
"""named in the register: a change of the lines that a page gives is another version of this"""

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre search section summary "
    "table tbody tfoot thead tr ul".split()
)
_ALONE = frozenset("h1 h2 h3 h4 h5 h6 table".split())
"""what makes a cell a part of the page's arrangement and not of a row of data"""
_SILENT = frozenset(
    "head script style template noscript select textarea button svg math iframe object video audio canvas rt rp".split()
)
_WHITE = re.compile(r"[ \t\n\r\f]+")
_BREAKS = re.compile(r"\r\n|[\n\r\f]")
_MARKED = re.compile(r"[•・･*-]|\(?\d{1,3}[.)]|[①-⑳]")
_MARK = re.compile(rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|table|div|dl|h[1-6]|main|article)\b", re.S | re.I)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]{2,40})", re.I)
_CODECS = {
    "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "utf-8-sig", "shift_jis": "cp932", "shift-jis": "cp932",
    "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp",
    "iso-8859-1": "cp1252", "windows-1252": "cp1252",
}  # fmt: skip
"""by the names of the Encoding Standard; a page in any other is refused, not guessed"""


def is_html(name: str, data: bytes) -> bool:
    """True for a file that is HTML by the ending of its name or by how it begins."""
    return name.casefold().endswith((".html", ".htm", ".xhtml")) or bool(_MARK.match(data[:2048].lstrip(b"\xef\xbb\xbf")))


def flatten(data: bytes, where: str, layout: Mapping[str, Any]) -> str:
    """The lines of a page, as `layout` wants them: `html.key` and the labels of fields decide how cells are joined.

    SourceError: too large, not text, in an encoding that is neither UTF-8 nor declared, without any text.
    """
    if len(data) > LIMIT:
        raise SourceError("source-too-large", where, bytes=len(data), limit=LIMIT)
    labels = frozenset(squeeze(fold(entry["label"])) for entry in layout.get("field", ()))
    page = _Page(layout["html"]["key"], labels)
    for kind, value in _events(LexborHTMLParser(_decode(data, where))):
        page.take(kind, value)
    text = "".join(f"{line}\n" for line in page.lines())
    if not fold(text).strip():
        raise SourceError("source-empty", where)
    return text


def _decode(data: bytes, where: str) -> str:
    declared = _CHARSET.search(data[:2048])
    name = declared[1].decode("ascii").casefold() if declared else "utf-8"
    codec = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else _CODECS.get(name)
    if codec is None:
        raise SourceError("html-charset", where, found=name, expected=", ".join(_CODECS))
    try:
        text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else codec)
    except UnicodeDecodeError as error:
        raise SourceError("source-encoding", where, byte=error.start + 1) from None
    wrong = next((i for i, c in enumerate(text) if c < " " and c not in "\n\r\t\x0b\x0c"), None)
    if wrong is not None:
        raise SourceError("source-binary", where, character=wrong + 1)
    return text


def _events(parser: LexborHTMLParser) -> Iterator[tuple[str, Any]]:
    """`text`, `start` and `end` in the order of the page; without recursion, since markup may be nested without end."""
    node = parser.root
    depth = 0
    while node is not None:
        silent = node.is_comment_node or node.tag in _SILENT or (node.is_element_node and "hidden" in node.attributes)
        if node.is_text_node:
            yield "text", node.text_content or ""
        elif node.is_element_node and not silent:
            yield "start", node
            if node.first_child is not None:
                node, depth = node.first_child, depth + 1
                continue
            yield "end", node
        while node is not None and node.next is None and depth:
            node, depth = node.parent, depth - 1
            yield "end", node
        node = node.next if node is not None and depth else None


@dataclass
class _Lines:
    """Text that grows into lines."""

    done: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    alone: bool = False
    mark: str = ""
    """number or bullet of an item that has printed nothing yet"""

    def end_line(self) -> None:
        line = _WHITE.sub(" ", "".join(self.open)).strip(" ")
        self.open.clear()
        if line:
            # A number or bullet that the page prints itself is not set twice.
            self.done.append(line if _MARKED.match(line) else self.mark + line)
            self.mark = ""

    def closed(self) -> list[str]:
        self.end_line()
        return self.done


class _Page:
    """Events in, lines out. Cells and descriptions have lines of their own until their table or list ends."""

    def __init__(self, key: int, labels: frozenset[str]) -> None:
        self._key, self._labels = key, labels
        self._stack = [_Lines()]
        self._tables: list[list[list[Cell]]] = []
        self._lists: list[list[tuple[str, list[str]]]] = []
        self._counts: list[int | None] = []
        """of the lists that are open: the number of the next item, None for bullets"""
        self._preformatted = 0

    def lines(self) -> list[str]:
        return self._stack[0].closed()

    def take(self, kind: str, value: Any) -> None:
        if kind == "text":
            self._text(value)
        elif kind == "start":
            self._start(value.tag, value)
        else:
            self._end(value.tag, value)

    def _text(self, text: str) -> None:
        pieces = _BREAKS.split(text) if self._preformatted else [text]
        for number, piece in enumerate(pieces):
            if number:
                self._stack[-1].end_line()
            self._stack[-1].open.append(piece)

    def _start(self, tag: str, node: LexborNode) -> None:
        if tag in _BLOCKS or tag == "br":
            self._stack[-1].end_line()
        if tag in _ALONE:
            self._stack[-1].alone = True
        if tag == "pre":
            self._preformatted += 1
        elif tag == "table":
            self._tables.append([])
        elif tag == "tr" and self._tables:
            self._tables[-1].append([])
        elif tag == "dl":
            self._lists.append([])
        elif tag in ("ol", "ul"):
            self._counts.append(_first(node) if tag == "ol" else None)
        elif tag == "li" and len(self._stack) > 1 and _has_siblings(node):
            self._mark()
        if self._opens_lines(tag):
            self._stack.append(_Lines())

    def _mark(self) -> None:
        """The number or bullet of an item in a cell: there it is all that tells items from lines that wrap."""
        count = self._counts[-1] if self._counts else None
        self._stack[-1].mark = "• " if count is None else f"{count}. "
        if count is not None:
            self._counts[-1] = count + 1

    def _opens_lines(self, tag: str) -> bool:
        in_row = bool(self._tables and self._tables[-1])
        return tag in ("td", "th") and in_row or tag in ("dt", "dd") and bool(self._lists)

    def _end(self, tag: str, node: LexborNode) -> None:
        if self._opens_lines(tag):
            closed = self._stack.pop()
            if tag in ("dt", "dd"):
                self._lists[-1].append((tag, closed.closed()))
            else:
                spans = _span(node, "rowspan", 65534), min(_span(node, "colspan", 1), 100)
                self._tables[-1][-1].append(Cell(closed.closed(), tag == "th", *spans, closed.alone))
        elif tag == "pre":
            self._preformatted -= 1
            self._stack[-1].end_line()
        elif tag == "table":
            self._stack[-1].done += rows_as_lines(self._tables.pop(), self._key, self._labels)
        elif tag in ("ol", "ul"):
            self._stack[-1].end_line()
            self._counts.pop()
        elif tag == "dl":
            self._stack[-1].done += _described(self._lists.pop())
        elif tag in _BLOCKS:
            self._stack[-1].end_line()


def _described(entries: list[tuple[str, list[str]]]) -> list[str]:
    """A description list: the first line of a description stands in the line of its term."""
    lines: list[str] = []
    after_term = False
    for tag, printed in entries:
        if tag == "dt":
            lines += filter(None, [in_one_line(printed)])
        elif after_term and printed and lines:
            lines[-1] += f"\t{printed[0]}"
            lines += printed[1:]
        else:
            lines += printed
        after_term = tag == "dt"
    return lines


def _first(node: LexborNode) -> int:
    """The number of the first item of a list."""
    found = re.fullmatch(r"\s*(\d{1,6})\s*", node.attributes.get("start") or "")
    return int(found[1]) if found else 1


def _has_siblings(node: LexborNode) -> bool:
    """Whether a list has more than one item: a bullet before the only one tells nothing."""
    parent = node.parent
    return parent is not None and sum(child.tag == "li" for child in parent.iter()) > 1


def _span(node: LexborNode, name: str, whole: int) -> int:
    """A span of rows or columns; `whole` for 0, which means the rest. The bounds of the standard keep a table small."""
    found = re.match(r"\s*(\d{1,6})", node.attributes.get(name) or "1")
    return min(int(found[1]), 1000) or whole if found else 1
