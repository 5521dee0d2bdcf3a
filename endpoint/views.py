"""What templates see: frozen values made from a document. Order, groups and captions come from the shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from rdflib import RDF, RDFS, SKOS

from endpoint.documents import Document
from endpoint.labels import Labels
from endpoint.marks import Mark, Marks, Statement
from endpoint.uses import Uses
from endpoint.words import known, word
from kg.collation import by_letters, by_reading
from kg.languages import is_kana_reading, is_reading
from kg.names import Names
from kg.store import Term, terms
from kg.vocabulary import Field, Vocabulary

_TYPE, _LABEL, _NAME = str(RDF.type), str(RDFS.label), str(SKOS.prefLabel)
_MANY = 12
_MOST_PARTS = 150
"""sub-nodes shown on one page; the RDF holds them all"""


@dataclass(frozen=True)
class Link:
    text: str
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
    number: int = 0
    """of all values, where only some are shown"""

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
    readings: tuple[tuple[str, str], ...]
    """(tag, text): kana, then Latin letters"""
    kinds: tuple[Link, ...]
    groups: tuple[Group, ...]
    parts: tuple[Part, ...]
    parts_left_out: int
    used: tuple[Row, ...]
    """what leads here, on this page of it, by property"""
    uses: Uses
    elsewhere: tuple[Link, ...]
    """the same thing with other authorities"""


class Views:
    """Makes pages for readers of one language; `local` turns a path below the base into a link of this server."""

    def __init__(
        self, vocabulary: Vocabulary, names: Names, labels: Labels, language: str, local: Callable[[str], str],
        list_of: Callable[[str], str | None] = lambda class_: None,
    ) -> None:
        self._vocabulary = vocabulary
        self._names = names
        self._labels = labels
        self._language = language
        self.local = local
        self._list_of = list_of
        self._marks = Marks(names, labels, language, self.href)

    def page(self, document: Document, uses: Uses) -> Page:
        by_subject: dict[str, list[Statement]] = {}
        for statement in statements(document.own):
            by_subject.setdefault(statement.subject.value, []).append(statement)
        main = by_subject.pop(document.iri, [])
        kinds = self._kinds(main)
        parts = sorted(by_subject.items(), key=lambda item: (not item[0].startswith(f"{document.iri}#"), item[0]))
        return Page(
            iri=document.iri,
            title=self.name(document.iri),
            subtitle=self._labels.other_name(document.iri, self._language),
            readings=self._labels.readings(document.iri),
            kinds=tuple(self._kind(kind) for kind in kinds),
            groups=self._groups(main, kinds),
            parts=tuple(self._part(iri, found, document.iri) for iri, found in parts[:_MOST_PARTS]),
            parts_left_out=max(0, len(parts) - _MOST_PARTS),
            used=self._used(uses),
            uses=uses,
            elsewhere=self._elsewhere(main),
        )

    def name(self, iri: str) -> str:
        return self._labels.name(iri, self._language)

    def _kind(self, class_: str) -> Link:
        """A class by the list of its things; by its term where it has no list."""
        name = self._list_of(class_)
        return Link(self.name(class_), self.local(f"list/{name}")) if name else self.link(class_)

    def sort_key(self, iri: str) -> tuple[str, str]:
        """The place of a name among others: by reading for readers of Japanese, else by letters."""
        if self._language != "ja":
            return by_letters(self.name(iri))
        kana = [text for tag, text in self._labels.readings(iri) if is_kana_reading(tag)]
        return by_reading(kana[0] if kana else self.name(iri))

    def link(self, iri: str) -> Link:
        return Link(self.name(iri), self.href(iri) or iri)

    def href(self, iri: str) -> str | None:
        """Where a link to `iri` leads: to this server for IRIs of ours, else to the IRI if it is one of the web."""
        path = self._names.path_of(iri)
        if path is not None:
            return self.local(f"doc/{path[3:]}" if path.startswith("id/") else path)
        return iri if iri.startswith(("http://", "https://")) else None

    def _part(self, iri: str, found: list[Statement], document: str) -> Part:
        kinds = self._kinds(found)
        anchor = iri.removeprefix(f"{document}#") if iri.startswith(f"{document}#") else ""
        return Part(anchor, self.name(iri), tuple(self._kind(kind) for kind in kinds), self._groups(found, kinds))

    def _kinds(self, found: Iterable[Statement]) -> list[str]:
        """The most specific classes of a thing: those above another of its classes are left out."""
        return self._vocabulary.most_specific(s.object.value for s in found if s.predicate.value == _TYPE)

    def _used(self, uses: Uses) -> tuple[Row, ...]:
        by_predicate: dict[str, list[Value]] = {}
        for statement in statements(uses.lines):
            value = self._iri_value(statement.subject.value, self._marks.of(statement))
            by_predicate.setdefault(statement.predicate.value, []).append(value)
        rows = []
        for predicate, number in uses.counts:
            if predicate in by_predicate:
                values = sorted(by_predicate[predicate], key=lambda value: value.text)
                row = self._row(self._vocabulary.field(predicate, ()), values, number)
                rows.append(replace(row, caption=word("page", "as-value", self._language, caption=row.caption)))
        return tuple(rows)

    def _elsewhere(self, main: list[Statement]) -> tuple[Link, ...]:
        """The links of the graphs `link/...`, each under the name of its authority."""
        found = {}
        for statement in main:
            for graph in statement.graphs:
                if self._marks.kind_of(graph) == "link" and statement.object.kind == "iri":
                    authority = graph.rpartition("/")[2]
                    name = word("authority", authority, self._language) if known("authority", authority) else authority
                    found[statement.object.value] = Link(name, statement.object.value)
        return tuple(sorted(found.values(), key=lambda link: (link.text, link.href)))

    def _groups(self, found: list[Statement], kinds: list[str]) -> tuple[Group, ...]:
        """Statements by property and group. Copies of names and classes above others are left to the RDF."""
        copied = {_LABEL} if any(statement.predicate.value == _NAME for statement in found) else set()
        by_predicate: dict[str, list[Statement]] = {}
        for statement in found:
            is_class_above = statement.predicate.value == _TYPE and statement.object.value not in kinds
            if statement.predicate.value not in copied and not is_class_above:
                by_predicate.setdefault(statement.predicate.value, []).append(statement)
        groups: dict[tuple[float, str], list[tuple[tuple[float, str], Row]]] = {}
        for predicate, said in by_predicate.items():
            field = self._vocabulary.field(predicate, kinds)
            key = (field.group.order, field.group.label.get(self._language) or field.group.iri) if field.group else (float("inf"), "")
            values = sorted((self._object_value(statement) for statement in said), key=self._value_order)
            groups.setdefault(key, []).append(((field.order, predicate), self._row(field, values)))
        rest = word("page", "other-statements" if len(groups) > 1 else "statements", self._language)
        return tuple(
            Group(title or rest, tuple(row for _, row in sorted(rows, key=lambda ranked: ranked[0])))
            for (_, title), rows in sorted(groups.items())
        )

    def _row(self, field: Field, values: Iterable[Value], number: int = 0) -> Row:
        caption = self.caption(field)
        return Row(caption, self.href(field.predicate) or field.predicate, self._vocabulary.curie(field.predicate), tuple(values), number)

    def caption(self, field: Field) -> str:
        """What a property is called: by the shape, else by the words for common terms, else by its own label."""
        curie = self._vocabulary.curie(field.predicate)
        common = word("term", curie, self._language) if known("term", curie) else None
        return field.name.get(self._language) or common or self.name(field.predicate)

    def _value_order(self, value: Value) -> tuple[bool, bool, str, str]:
        """The reader's language first, readings last."""
        other = value.language is not None and value.language != self._language
        return (is_reading(value.language), other, value.language or "", value.text)

    def _object_value(self, statement: Statement) -> Value:
        marks = self._marks.of(statement)
        term = statement.object
        if term.kind == "iri":
            return self._iri_value(term.value, marks)
        return Value(self.literal(term), None, term.language, False, self._datatype(term), marks)

    def literal(self, term: Term) -> str:
        return self._labels.literal(term, self._language)

    def _datatype(self, term: Term) -> str:
        return self._vocabulary.curie(term.datatype) if term.datatype and not term.language else ""

    def _iri_value(self, iri: str, marks: tuple[Mark, ...]) -> Value:
        return Value(self.name(iri), self.href(iri), None, self._names.path_of(iri) is None, iri, marks)


def statements(lines: Iterable[str]) -> list[Statement]:
    """Quads by triple: one statement for each triple, with all the graphs that hold it."""
    found: dict[tuple[Term, Term, Term], list[str]] = {}
    for line in lines:
        subject, predicate, object_, graph = terms(line)
        graphs = found.setdefault((subject, predicate, object_), [])
        if graph is not None:
            graphs.append(graph.value)
    return [Statement(s, p, o, tuple(graphs)) for (s, p, o), graphs in found.items()]
