"""Triples maps compiled once, then run over the records of their sources; lines come out as they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import Any

from kg.errors import MappingError
from kg.model import Line, iri, nquad
from kg.rml.document import Constant, ReferencingMap, Rule, TermMap, TriplesMap
from kg.rml.faults import DataFault
from kg.rml.paths import Path
from kg.rml.terms import Scope, Term, Texts, compile_reference, compile_term, compile_texts, constant_term
from kg.rml.vocabulary import DEFAULT_GRAPH, RDF_TYPE

Read = Callable[[str], object]
Key = tuple[str, ...]
Graphs = Callable[[Any, int], Sequence[str | None]]
"""graph terms of a record; None is the default graph"""
_DEFAULT = f"<{DEFAULT_GRAPH}>"
_TYPE = iri(RDF_TYPE)


@dataclass(frozen=True)
class CompiledParent:
    """A referencing object map. Without keys parent and child are the same record."""

    parent: str
    """key of the parent's `TriplesMap`"""
    child_keys: tuple[Texts, ...]
    parent_keys: tuple[Texts, ...]


@dataclass(frozen=True)
class CompiledRule:
    predicates: Term
    objects: Term
    """of the object maps that read the record itself"""
    parents: tuple[CompiledParent, ...]
    graphs: Graphs | None
    """None: the rule has no graph map of its own"""
    at: str
    """for messages"""


@dataclass(frozen=True)
class CompiledMap:
    document: TriplesMap
    scope: Scope
    iterator: Path
    subject: Term
    classes: tuple[str, ...]
    graphs: Graphs | None
    rules: tuple[CompiledRule, ...]


def compile_maps(maps: Sequence[TriplesMap], where: str, base: str | None) -> tuple[CompiledMap, ...]:
    """MappingError for a path, template, IRI, tag or datatype that cannot be right."""
    fresh = count()
    if base is not None:
        constant_term(Constant(base, True), Scope(where, "-", base, fresh), "base")
    return tuple(_compile_map(m, Scope(where, m.shown, m.base or base, fresh)) for m in maps)


def _compile_map(m: TriplesMap, scope: Scope) -> CompiledMap:
    if m.base is not None:
        constant_term(Constant(m.base, True), scope, "rml:baseIRI")
    return CompiledMap(
        document=m,
        scope=scope,
        iterator=compile_reference(m.iterator, scope, "rml:iterator"),
        subject=compile_term(m.subject, scope, "rml:subjectMap"),
        classes=tuple(constant_term(class_, scope, "rml:class") for class_ in m.classes),
        graphs=_compile_graphs(m.graphs, scope, "rml:subjectMap"),
        rules=tuple(_compile_rule(rule, scope) for rule in m.rules),
    )


def _compile_rule(rule: Rule, scope: Scope) -> CompiledRule:
    shown = " ".join(sorted(f"<{p.text}>" if p.kind == "constant" else p.text for p in rule.predicates))
    at = f"rml:objectMap {shown}"
    terms = [o for o in rule.objects if isinstance(o, TermMap)]
    return CompiledRule(
        predicates=_union([compile_term(predicate, scope, "rml:predicateMap") for predicate in rule.predicates]),
        objects=_union([compile_term(term, scope, at) for term in terms]),
        parents=tuple(_compile_parent(o, scope, at) for o in rule.objects if isinstance(o, ReferencingMap)),
        graphs=_compile_graphs(rule.graphs, scope, at),
        at=at,
    )


def _compile_parent(object_: ReferencingMap, scope: Scope, at: str) -> CompiledParent:
    return CompiledParent(
        object_.parent,
        tuple(compile_texts(join.child, scope, f"{at} rml:childMap") for join in object_.joins),
        tuple(compile_texts(join.parent, scope, f"{at} rml:parentMap") for join in object_.joins),
    )


def _union(terms: Sequence[Term]) -> Term:
    if len(terms) == 1:
        return terms[0]
    return lambda record, number: [found for term in terms for found in term(record, number)]


def _compile_graphs(graphs: Sequence[TermMap], scope: Scope, at: str) -> Graphs | None:
    if not graphs:
        return None
    union = _union([compile_term(graph, scope, f"{at} rml:graphMap") for graph in graphs])

    def found(record: Any, number: int) -> Sequence[str | None]:
        names = union(record, number)
        return [None if name == _DEFAULT else name for name in names] if _DEFAULT in names else names

    return found


def run_maps(maps: Sequence[CompiledMap], read: Read) -> Iterator[Line]:
    """Lines in the order of the maps and the records; a line that two records make comes twice."""
    run = _Run(maps, read)
    for compiled in maps:
        yield from run.lines(compiled)


class _Run:
    """One run: every source is read once, every iterator evaluated once, every join indexed once."""

    def __init__(self, maps: Sequence[CompiledMap], read: Read) -> None:
        self._read = read
        self._maps = {compiled.document.key: compiled for compiled in maps}
        self._documents: dict[str, object] = {}
        self._records: dict[tuple[str, str], Sequence[Any]] = {}
        self._indexes: dict[CompiledParent, dict[Key, list[str]]] = {}

    def lines(self, compiled: CompiledMap) -> Iterator[Line]:
        for number, record in enumerate(self._records_of(compiled)):
            try:
                found = self._record_lines(compiled, record, number)
            except DataFault as fault:
                raise self._located(compiled, number, fault) from None
            yield from found

    def _record_lines(self, compiled: CompiledMap, record: Any, number: int) -> list[Line]:
        """RML-Core 12.1."""
        at = "rml:subjectMap"
        lines: list[Line] = []
        try:
            subjects = compiled.subject(record, number)
            if not subjects:
                return lines
            own = compiled.graphs(record, number) if compiled.graphs else ()
            unless_own = own if compiled.graphs else (None,)
            for class_ in compiled.classes:
                lines += [nquad(subject, _TYPE, class_, graph) for subject in subjects for graph in unless_own]
            for rule in compiled.rules:
                at = rule.at
                objects = rule.objects(record, number)
                for parent in rule.parents:
                    objects = [*objects, *self._joined(parent, record, number)]
                if not objects:
                    continue
                graphs = unless_own
                if rule.graphs is not None:
                    graphs = tuple(dict.fromkeys([*own, *rule.graphs(record, number)]))
                for predicate in rule.predicates(record, number):
                    for subject in subjects:
                        lines += [nquad(subject, predicate, object_, g) for object_ in objects for g in graphs]
        except DataFault as fault:
            fault.values.setdefault("node", at)
            raise
        return lines

    def _joined(self, parent: CompiledParent, record: Any, number: int) -> Sequence[str]:
        """The subjects of the parents of a record; a record with several values for a key has the parents of each."""
        if not parent.child_keys:
            return self._maps[parent.parent].subject(record, number)
        if parent not in self._indexes:
            self._indexes[parent] = self._index(parent)
        index = self._indexes[parent]
        keys = product(*(texts(record) for texts in parent.child_keys))
        return list(dict.fromkeys(subject for key in keys for subject in index.get(key, ())))

    def _index(self, parent: CompiledParent) -> dict[Key, list[str]]:
        compiled = self._maps[parent.parent]
        index: dict[Key, list[str]] = {}
        for number, record in enumerate(self._records_of(compiled)):
            try:
                keys = set(product(*(texts(record) for texts in parent.parent_keys)))
                subjects = compiled.subject(record, number) if keys else ()
            except DataFault as fault:
                raise self._located(compiled, number, fault) from None
            for key in keys:
                index.setdefault(key, []).extend(subjects)
        return index

    def _records_of(self, compiled: CompiledMap) -> Sequence[Any]:
        m = compiled.document
        if (m.source, m.iterator) not in self._records:
            document = self._document(compiled)
            try:
                self._records[m.source, m.iterator] = compiled.iterator.find(document)
            except DataFault as fault:
                compiled.scope.fail(fault.code, node="rml:iterator", **fault.values)
        return self._records[m.source, m.iterator]

    def _document(self, compiled: CompiledMap) -> object:
        path = compiled.document.source
        if path not in self._documents:
            try:
                self._documents[path] = self._read(path)
            except FileNotFoundError:
                compiled.scope.fail("rml.source", path=path)
            except KeyError as error:
                if error.args != (path,):  # a table of sources without this one, and no fault inside the reader
                    raise
                compiled.scope.fail("rml.source", path=path)
        return self._documents[path]

    def _located(self, compiled: CompiledMap, number: int, fault: DataFault) -> MappingError:
        """The fault with its record as a JSONPath into the source."""
        m = compiled.document
        place = compiled.iterator.locations(self._documents[m.source])[number]
        values = {"node": "rml:joinCondition", **fault.values}
        return MappingError(
            fault.code, f"{m.source} {place}", map=f"{compiled.scope.where} {compiled.scope.map}", **values
        )
