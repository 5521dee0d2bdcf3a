"""Where a statement is from: how it came to be, and the lines of the document that say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from endpoint.labels import Labels, Source
from endpoint.words import known, word
from kg.names import Names
from kg.store import Term

_OF_DOCUMENTS = ("rec", "curation")
"""kinds of graphs that are made from passages"""


@dataclass(frozen=True)
class Mark:
    """Where a statement is from: how it came to be (`rec`, `curation` ...), and the place to look it up."""

    kind: str
    word: str
    """stated, curated, inferred, external"""
    text: str
    """the place: document and lines; "" where there is none but a graph"""
    title: str
    href: str


@dataclass(frozen=True)
class Statement:
    subject: Term
    predicate: Term
    object: Term
    graphs: tuple[str, ...]


class Marks:
    """Makes the marks of statements for readers of one language; `href` turns an IRI into a link."""

    def __init__(self, names: Names, labels: Labels, language: str, href: Callable[[str], str | None]) -> None:
        self._names = names
        self._labels = labels
        self._language = language
        self._href = href

    def of(self, statement: Statement) -> tuple[Mark, ...]:
        """One mark for each place: the lines of the document where they are known, else the graph."""
        marks: dict[Mark, None] = {}
        for graph in statement.graphs:
            kind = self.kind_of(graph)
            sources = self._labels.sources(statement.subject.value, graph) if kind in _OF_DOCUMENTS else ()
            for source in sources:
                marks[self._mark(kind, source.text(self._language), self._place(source))] = None
            if not sources:
                marks[self._mark(kind, "", self._href(graph) or "")] = None
        return tuple(marks)

    def kind_of(self, graph: str) -> str:
        """The word after `graph/` says what kind of statements a graph holds."""
        path = self._names.path_of(graph) or ""
        kind = path.split("/")[1] if path.count("/") else ""
        return kind if known("mark", kind) else "other"

    def _mark(self, kind: str, text: str, href: str) -> Mark:
        return Mark(kind, word("mark", kind, self._language), text, word("mark-title", kind, self._language), href)

    def _place(self, source: Source) -> str:
        """The line in the page of the document that the passage begins with."""
        return f"{self._href(source.version) or ''}#L{source.first}"
