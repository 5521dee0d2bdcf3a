"""What a mapping reads and says, without running it: for `kg check`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.rml.document import ReferencingMap, TermMap, TriplesMap
from kg.rml.templates import Slot, parse_template


@dataclass(frozen=True)
class TermUse:
    """One expression of a triples map, as written."""

    position: str
    """subject, predicate, object, graph, language, datatype, child (of a join), parent (of a join that another map
    states on this one), or join (the object is the subject of `text`, the name of a triples map)"""
    kind: str
    """constant, reference, template, none or join"""
    text: str
    """the IRI or text of a constant, the JSONPath, the template, or the name of the parent triples map"""
    references: tuple[str, ...]
    """the JSONPaths in it, unescaped"""
    predicates: tuple[str, ...]
    """the constant predicates of its rule; () for the subject and its graphs"""
    term_type: str
    """IRI, URI, UnsafeIRI, UnsafeURI, BlankNode, Literal; "" for a join"""
    datatype: str | None = None
    """the constant datatype of a literal"""
    language: str | None = None
    """the constant language of a literal, in lower case"""


@dataclass(frozen=True)
class MapDescription:
    name: str
    """IRI of the triples map; `[]` if it has none"""
    source: str
    iterator: str
    uses: tuple[TermUse, ...]
    classes: tuple[str, ...]
    """IRIs of rml:class"""

    @property
    def references(self) -> tuple[tuple[str, str], ...]:
        """(JSONPath, position) of everything that is read from a record of this map, each pair once."""
        return tuple(dict.fromkeys((path, use.position) for use in self.uses for path in use.references))

    @property
    def predicates(self) -> tuple[str, ...]:
        """IRIs of the constant predicates, each once, sorted."""
        return tuple(sorted({use.text for use in self.uses if (use.position, use.kind) == ("predicate", "constant")}))

    @property
    def has_graph(self) -> bool:
        """Whether the subject map names a graph: then no triple of the map falls into the default graph unasked."""
        return any(use.position == "graph" and not use.predicates for use in self.uses)


def describe_maps(maps: tuple[TriplesMap, ...]) -> tuple[MapDescription, ...]:
    """Descriptions in the order of the maps, of documents that compile."""
    names = {m.key: m.name for m in maps}
    read_by_others: dict[str, list[TermUse]] = {m.key: [] for m in maps}
    for m in maps:
        for rule in m.rules:
            for object_ in (o for o in rule.objects if isinstance(o, ReferencingMap)):
                read_by_others[object_.parent] += [_use("parent", join.parent) for join in object_.joins]
    return tuple(
        MapDescription(
            name=m.name,
            source=m.source,
            iterator=m.iterator,
            uses=(*_uses(m, names), *read_by_others[m.key]),
            classes=tuple(class_.value for class_ in m.classes),
        )
        for m in maps
    )


def _uses(m: TriplesMap, names: dict[str, str]) -> Iterator[TermUse]:
    yield _use("subject", m.subject)
    yield from (_use("graph", graph) for graph in m.graphs)
    for rule in m.rules:
        constants = tuple(sorted(p.text for p in rule.predicates if p.kind == "constant"))
        yield from (_use("predicate", predicate, constants) for predicate in rule.predicates)
        for object_ in rule.objects:
            if isinstance(object_, ReferencingMap):
                yield TermUse("join", "join", names[object_.parent], (), constants, "")
                yield from (_use("child", join.child, constants) for join in object_.joins)
                continue
            yield _use("object", object_, constants)
            if object_.language is not None:
                yield _use("language", object_.language, constants)
            if object_.datatype is not None:
                yield _use("datatype", object_.datatype, constants)
        yield from (_use("graph", graph, constants) for graph in rule.graphs)


def _use(position: str, term: TermMap, predicates: tuple[str, ...] = ()) -> TermUse:
    language, datatype = _constant(term.language), _constant(term.datatype)
    if term.constant is not None:
        language, datatype = term.constant.language, term.constant.datatype
    return TermUse(position, term.kind, term.text, _references(term), predicates, term.term_type, datatype,
                   None if language is None else language.lower())  # fmt: skip


def _constant(term: TermMap | None) -> str | None:
    return term.text if term is not None and term.kind == "constant" else None


def _references(term: TermMap) -> tuple[str, ...]:
    if term.kind == "reference":
        return (term.text,)
    if term.kind == "template":
        return tuple(dict.fromkeys(part.path for part in parse_template(term.text) if isinstance(part, Slot)))
    return ()
