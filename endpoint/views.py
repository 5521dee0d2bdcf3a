"""What templates see: frozen values made from a document. Order, groups and captions come from the shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rdflib import RDF

from endpoint.documents import Document
from endpoint.labels import Labels, Source
from endpoint.words import known, word
from kg.names import Names
from kg.store import Term, terms
from kg.vocabulary import Field, Vocabulary

_TYPE = str(RDF.type)
_MANY = 12
_MOST_PARTS = 150
"""sub-nodes shown on one page; the RDF holds them all"""


@dataclass(frozen=True)
class Link:
    text: str
    href: str


@dataclass(frozen=True)
class Mark:
    """Where a statement is from: how it came to be (`stated`, `curated` ...), and the place to look it up."""

    kind: str
    text: str
    title: str
    href: str


@dataclass(frozen=True)
class Value:
    text: str
    href: str | None
    language: str | None
    external: bool
    hint: str
    """the IRI or datatype, for a tooltip"""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Row:
    caption: str
    href: str
    hint: str
    values: tuple[Value, ...]

    @property
    def many(self) -> bool:
        """Whether the values are set in columns."""
        return len(self.values) > _MANY


@dataclass(frozen=True)
class Group:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Part:
    """A sub-node of the page's thing, with the anchor that its IRI has."""

    anchor: str
    title: str
    kinds: tuple[Link, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Page:
    iri: str
    title: str
    subtitle: str
    kinds: tuple[Link, ...]
    groups: tuple[Group, ...]
    parts: tuple[Part, ...]
    parts_left_out: int
    incoming: tuple[Group, ...]
    incoming_left_out: int
    alternates: tuple[Link, ...]


@dataclass(frozen=True)
class _Statement:
    subject: Term
    predicate: Term
    object: Term
    graphs: tuple[str, ...]


class Views:
    """Makes pages for readers of one language; `local` turns a path below the base into a link of this server."""

    def __init__(
        self, vocabulary: Vocabulary, names: Names, labels: Labels, language: str, local: Callable[[str], str]
    ) -> None:
        self._vocabulary = vocabulary
        self._names = names
        self._labels = labels
        self._language = language
        self._local = local

    def page(self, document: Document, alternates: tuple[Link, ...]) -> Page:
        statements = _statements(document.own)
        by_subject: dict[str, list[_Statement]] = {}
        for statement in statements:
            by_subject.setdefault(statement.subject.value, []).append(statement)
        main = by_subject.pop(document.iri, [])
        kinds = self._kinds(main)
        parts = sorted(by_subject.items(), key=lambda item: (not item[0].startswith(f"{document.iri}#"), item[0]))
        return Page(
            iri=document.iri,
            title=self._labels.name(document.iri, self._language),
            subtitle=self._labels.other_name(document.iri, self._language),
            kinds=self._kind_links(kinds),
            groups=self._groups(main, kinds),
            parts=tuple(self._part(iri, found, document.iri) for iri, found in parts[:_MOST_PARTS]),
            parts_left_out=max(0, len(parts) - _MOST_PARTS),
            incoming=self._incoming(document, kinds),
            incoming_left_out=max(0, document.incoming_total - len(_statements(document.incoming))),
            alternates=alternates,
        )

    def link(self, iri: str) -> Link:
        return Link(self._labels.name(iri, self._language), self.href(iri) or iri)

    def href(self, iri: str) -> str | None:
        """Where a link to `iri` leads: to this server for IRIs of ours, else to the IRI if it is one of the web."""
        path = self._names.path_of(iri)
        if path is not None:
            return self._local(f"doc/{path[3:]}" if path.startswith("id/") else path)
        return iri if iri.startswith(("http://", "https://")) else None

    def _part(self, iri: str, statements: list[_Statement], document: str) -> Part:
        kinds = self._kinds(statements)
        anchor = iri.removeprefix(f"{document}#") if iri.startswith(f"{document}#") else ""
        return Part(anchor, self._labels.name(iri, self._language), self._kind_links(kinds),
                    self._groups(statements, kinds))

    def _kinds(self, statements: Iterable[_Statement]) -> list[str]:
        """The most specific classes of a thing: those above another of its classes are left out."""
        return self._vocabulary.most_specific(s.object.value for s in statements if s.predicate.value == _TYPE)

    def _kind_links(self, kinds: Iterable[str]) -> tuple[Link, ...]:
        return tuple(self.link(kind) for kind in kinds)

    def _groups(self, statements: list[_Statement], kinds: list[str]) -> tuple[Group, ...]:
        return self._grouped(statements, lambda p: self._vocabulary.field(p, kinds), self._object_value)

    def _incoming(self, document: Document, kinds: list[str]) -> tuple[Group, ...]:
        rows = []
        by_predicate: dict[str, list[_Statement]] = {}
        for statement in _statements(document.incoming):
            by_predicate.setdefault(statement.predicate.value, []).append(statement)
        for predicate, found in sorted(by_predicate.items()):
            values = sorted((self._subject_value(s) for s in found), key=lambda v: v.text)
            rows.append(self._row(self._vocabulary.field(predicate, ()), values))
        title = word("page", "incoming", self._language)
        return (Group(title, tuple(rows)),) if rows else ()

    def _grouped(
        self,
        statements: Iterable[_Statement],
        field_of: Callable[[str], Field],
        value_of: Callable[[_Statement], Value],
    ) -> tuple[Group, ...]:
        by_predicate: dict[str, list[_Statement]] = {}
        for statement in statements:
            by_predicate.setdefault(statement.predicate.value, []).append(statement)
        groups: dict[tuple[float, str], list[tuple[tuple[float, str], Row]]] = {}
        for predicate, found in by_predicate.items():
            field = field_of(predicate)
            if field.group is None:
                key = (float("inf"), "")
            else:
                key = (field.group.order, field.group.label.get(self._language) or field.group.iri)
            values = sorted((value_of(s) for s in found), key=self._value_order)
            groups.setdefault(key, []).append(((field.order, predicate), self._row(field, values)))
        rest = word("page", "other-statements" if len(groups) > 1 else "statements", self._language)
        return tuple(
            Group(title or rest, tuple(row for _, row in sorted(rows, key=lambda ranked: ranked[0])))
            for (_, title), rows in sorted(groups.items())
        )

    def _row(self, field: Field, values: Iterable[Value]) -> Row:
        predicate = field.predicate
        curie = self._vocabulary.curie(predicate)
        caption = field.name.get(self._language)
        if caption is None:
            is_common = known("term", curie)
            caption = word("term", curie, self._language) if is_common else self._labels.name(predicate, self._language)
        return Row(caption, self.href(predicate) or predicate, curie, tuple(values))

    def _value_order(self, value: Value) -> tuple[bool, str, str]:
        """The reader's language first."""
        return (value.language is not None and value.language != self._language, value.language or "", value.text)

    def _object_value(self, statement: _Statement) -> Value:
        marks = self._marks(statement)
        term = statement.object
        if term.kind == "iri":
            return self._iri_value(term.value, marks)
        datatype = self._vocabulary.curie(term.datatype) if term.datatype and not term.language else ""
        return Value(self._labels.literal(term, self._language), None, term.language, False, datatype, marks)

    def _subject_value(self, statement: _Statement) -> Value:
        return self._iri_value(statement.subject.value, self._marks(statement))

    def _iri_value(self, iri: str, marks: tuple[Mark, ...]) -> Value:
        external = self._names.path_of(iri) is None
        text = self._labels.name(iri, self._language)
        return Value(text, self.href(iri), None, external, iri, marks)

    def _marks(self, statement: _Statement) -> tuple[Mark, ...]:
        """One mark for each place: a record's lines where they are known, else the graph."""
        marks: dict[Mark, None] = {}
        for graph in statement.graphs:
            kind = self._kind_of_graph(graph)
            sources = self._labels.sources(statement.subject.value, graph) if kind in ("rec", "curation") else ()
            for source in sources:
                marks[self._source_mark(kind, source)] = None
            if not sources:
                title = word("mark-title", kind, self._language)
                marks[Mark(kind, word("mark", kind, self._language), title, self.href(graph) or "")] = None
        return tuple(marks)

    def _source_mark(self, kind: str, source: Source) -> Mark:
        title = word("mark-title", kind, self._language)
        return Mark(kind, source.text(self._language), title, self.href(source.evidence) or "")

    def _kind_of_graph(self, graph: str) -> str:
        """The word after `graph/` says what kind of statements a graph holds."""
        path = self._names.path_of(graph) or ""
        kind = path.split("/")[1] if path.count("/") else ""
        return kind if kind in ("rec", "curation", "inferred", "ref", "link", "prov", "meta") else "other"


def _statements(lines: Iterable[str]) -> list[_Statement]:
    """Quads by triple: one statement for each triple, with all the graphs that hold it."""
    found: dict[tuple[Term, Term, Term], list[str]] = {}
    for line in lines:
        subject, predicate, object_, graph = terms(line)
        graphs = found.setdefault((subject, predicate, object_), [])
        if graph is not None:
            graphs.append(graph.value)
    return [_Statement(s, p, o, tuple(graphs)) for (s, p, o), graphs in found.items()]
