"""Turtle -> `kg.rml.document`. Every node is checked against the terms that may stand on it; nothing is skipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from rdflib import BNode, Graph, Literal, URIRef
from rdflib.term import Node

from kg.errors import MappingError
from kg.messages import nearest
from kg.rml import vocabulary as voc
from kg.rml.document import UNNAMED, Constant, Join, ReferencingMap, Rule, TermMap, TriplesMap, shown_name

RELATIVE = "x-relative:/"
"""What relative IRIs are resolved against when the caller states no base; a constant that holds it is refused"""

_LONG_FORMS = {"subject": "subjectMap", "predicate": "predicateMap", "object": "objectMap", "graph": "graphMap",
               "language": "languageMap", "datatype": "datatypeMap"}  # fmt: skip


def read_mapping(turtle: str, where: str, base: str | None) -> tuple[TriplesMap, ...]:
    """The triples maps of a document in an order that does not depend on the reading; MappingError for any fault."""
    return _Reader(_parse(turtle, where, base), where).triples_maps()


def _parse(turtle: str, where: str, base: str | None) -> Graph:
    graph = Graph()
    try:
        graph.parse(data=turtle, format="turtle", publicID=base or RELATIVE)
    except SyntaxError as error:
        line = getattr(error, "lines", None)
        reason = getattr(error, "_why", None) or error.msg
        raise MappingError("rml.turtle", where if line is None else f"{where}:{line + 1}", detail=reason) from None
    except (ValueError, AssertionError, IndexError) as error:
        # rdflib's Turtle parser lets these out for text that ends too soon, bad language tags and bad bases
        raise MappingError("rml.turtle", where, detail=" ".join(str(error).split())) from None
    return graph


class _Reader:
    """One pass over one mapping graph. `_map` is the triples map being read, `_seen` the nodes that were used."""

    def __init__(self, graph: Graph, where: str) -> None:
        self._graph = graph
        self._where = where
        self._map = "-"
        self._seen: set[Node] = set()

    def triples_maps(self) -> tuple[TriplesMap, ...]:
        self._check_vocabulary()
        nodes = set(self._graph.subjects(_rml("predicateObjectMap")))
        for name in ("logicalSource", "subjectMap", "subject"):
            nodes.update(self._graph.subjects(_rml(name)))
        nodes.update(self._graph.subjects(URIRef(voc.RDF_TYPE), _rml("TriplesMap")))
        if not nodes:
            self._fail("rml.empty", expected=voc.listed(frozenset({"logicalSource", "subjectMap"})))
        maps = [self._triples_map(node) for node in sorted(nodes, key=str)]
        self._check_reached()
        self._check_parents(maps)
        return tuple(sorted(maps, key=lambda m: (m.name, m.source, m.iterator, repr(m.subject), repr(m.rules))))

    # -- checks over the whole graph

    def _check_vocabulary(self) -> None:
        for subject, predicate, object_ in sorted(self._graph):
            term = str(predicate)
            if term.startswith(voc.RML) and term[len(voc.RML) :] not in voc.PROPERTIES:
                self._unsupported(term, _show(subject), voc.PROPERTIES)
            if term.startswith(voc.OTHER_LANGUAGES):
                self._unsupported(term, _show(subject), voc.PROPERTIES)
            if term == voc.RDF_TYPE and isinstance(object_, URIRef):
                class_ = str(object_)
                foreign = class_.startswith(voc.OTHER_LANGUAGES)
                if foreign or (class_.startswith(voc.RML) and class_[len(voc.RML) :] not in voc.CLASSES):
                    self._unsupported(class_, _show(subject), voc.CLASSES)

    def _check_reached(self) -> None:
        """A node of RML that nothing refers to would be lost: mostly a name spelt in two ways."""
        for subject, predicate, object_ in sorted(self._graph):
            typed = str(predicate) == voc.RDF_TYPE and str(object_).startswith(voc.RML)
            if (typed or str(predicate).startswith(voc.RML)) and subject not in self._seen:
                self._map = "-"
                self._fail("rml.unreached", node=_show(subject), term=voc.short(str(predicate)))

    def _check_parents(self, maps: list[TriplesMap]) -> None:
        by_key = {m.key: m for m in maps}
        for child in maps:
            self._map = child.shown
            for object_ in (o for rule in child.rules for o in rule.objects if isinstance(o, ReferencingMap)):
                parent = by_key.get(object_.parent)
                if parent is None:
                    known = [m.name for m in maps]
                    self._fail("rml.parent", found=object_.parent, nearest=nearest(object_.parent, known))
                if not object_.joins and (parent.source, parent.iterator) != (child.source, child.iterator):
                    self._fail("rml.join", parent=parent.shown, found=f"{parent.source} {parent.iterator}",
                               expected=f"{child.source} {child.iterator}")  # fmt: skip

    # -- nodes

    def _triples_map(self, node: Node) -> TriplesMap:
        name = UNNAMED if isinstance(node, BNode) else str(node).removeprefix(RELATIVE)
        self._map = shown_name(name)
        self._enter(node, "triplesMap")
        source, iterator = self._logical_source(self._one(node, "logicalSource", "triplesMap"))
        base = self._one_or_none(node, "baseIRI", "triplesMap")
        if base is not None and not isinstance(base, URIRef):
            self._fail("rml.value", node="rml:baseIRI", found=_show(base), expected="<http...>")
        subject_node, subject = self._short_or_long(node, "subject", "triplesMap")
        classes, graphs = self._subject_extras(subject_node)
        rules = [self._rule(n) for n in self._graph.objects(node, _rml("predicateObjectMap"))]
        if not rules and not classes:
            self._fail("rml.missing", node="rml:TriplesMap", expected="rml:predicateObjectMap, rml:class")
        return TriplesMap(
            key=str(node), name=name, source=source, iterator=iterator, subject=subject, classes=classes,
            graphs=graphs, rules=tuple(sorted(rules, key=repr)), base=None if base is None else str(base),
        )  # fmt: skip

    def _logical_source(self, node: Node) -> tuple[str, str]:
        self._enter(node, "logicalSource")
        formulation = self._one(node, "referenceFormulation", "logicalSource")
        if formulation != _rml("JSONPath"):
            self._unsupported(str(formulation), "rml:referenceFormulation", frozenset({"JSONPath"}))
        iterator = self._one_or_none(node, "iterator", "logicalSource")
        source = self._one(node, "source", "logicalSource")
        self._enter(source, "source")
        if (source, URIRef(voc.RDF_TYPE), _rml("RelativePathSource")) not in self._graph:
            kinds = [str(kind) for kind in self._graph.objects(source, URIRef(voc.RDF_TYPE))]
            self._unsupported(kinds[0] if kinds else "-", "rml:source", frozenset({"RelativePathSource"}))
        root = self._one(source, "root", "source")
        if root != _rml("MappingDirectory"):
            self._unsupported(str(root), "rml:root", frozenset({"MappingDirectory"}))
        path = self._text(self._one(source, "path", "source"), "rml:path")
        return path, "$" if iterator is None else self._text(iterator, "rml:iterator")

    def _subject_extras(self, node: Node | None) -> tuple[tuple[Constant, ...], tuple[TermMap, ...]]:
        if node is None:
            return (), ()
        classes = [self._constant(value, "rml:class") for value in self._graph.objects(node, _rml("class"))]
        for class_ in classes:
            if not class_.is_iri:
                self._fail("rml.value", node="rml:class", found=class_.value, expected="<http...>")
        return tuple(sorted(classes, key=repr)), self._all(node, "graph")

    def _rule(self, node: Node) -> Rule:
        self._enter(node, "predicateObjectMap")
        predicates = self._all(node, "predicate")
        objects: list[TermMap | ReferencingMap] = [
            self._shortcut(value, "object") for value in self._graph.objects(node, _rml("object"))
        ]
        for value in self._graph.objects(node, _rml("objectMap")):
            if (value, _rml("parentTriplesMap"), None) in self._graph:
                objects.append(self._referencing_map(value))
            else:
                objects.append(self._term_map(value, "objectMap"))
        for found, expected in ((predicates, "predicate"), (objects, "object")):
            if not found:
                names = f"rml:{expected}, rml:{expected}Map"
                self._fail("rml.missing", node="rml:predicateObjectMap", expected=names)
        return Rule(predicates, tuple(sorted(objects, key=repr)), self._all(node, "graph"))

    def _referencing_map(self, node: Node) -> ReferencingMap:
        self._enter(node, "refObjectMap")
        parent = self._one(node, "parentTriplesMap", "refObjectMap")
        joins = [self._join(value) for value in self._graph.objects(node, _rml("joinCondition"))]
        return ReferencingMap(str(parent), tuple(sorted(joins, key=repr)))

    def _join(self, node: Node) -> Join:
        self._enter(node, "joinCondition")
        return Join(self._join_side(node, "child"), self._join_side(node, "parent"))

    def _join_side(self, node: Node, side: str) -> TermMap:
        short = list(self._graph.objects(node, _rml(side)))
        long = list(self._graph.objects(node, _rml(f"{side}Map")))
        self._count(short + long, f"rml:{side}, rml:{side}Map", "rml:joinCondition")
        if short:
            return TermMap(f"{side}Map", "reference", self._text(short[0], f"rml:{side}"), "Literal")
        return self._term_map(long[0], f"{side}Map")

    def _all(self, node: Node, short: str) -> tuple[TermMap, ...]:
        """The term maps of a node under a property and its shortcut, in a fixed order."""
        found = [self._shortcut(value, short) for value in self._graph.objects(node, _rml(short))]
        long = _LONG_FORMS[short]
        found += [self._term_map(value, long) for value in self._graph.objects(node, _rml(long))]
        return tuple(sorted(found, key=repr))

    def _short_or_long(self, node: Node, short: str, at: str) -> tuple[Node | None, TermMap]:
        """The one term map under a property or its shortcut, with its node."""
        long = _LONG_FORMS[short]
        shortcuts = list(self._graph.objects(node, _rml(short)))
        nodes = list(self._graph.objects(node, _rml(long)))
        self._count(shortcuts + nodes, f"rml:{long}, rml:{short}", _label(at))
        if shortcuts:
            return None, self._shortcut(shortcuts[0], short)
        return nodes[0], self._term_map(nodes[0], long)

    def _optional(self, node: Node, short: str, at: str) -> TermMap | None:
        long = _LONG_FORMS[short]
        if (node, _rml(short), None) in self._graph or (node, _rml(long), None) in self._graph:
            return self._short_or_long(node, short, at)[1]
        return None

    def _shortcut(self, value: Node, short: str) -> TermMap:
        return self._with_constant(_LONG_FORMS[short], value, f"rml:{short}", None)

    def _term_map(self, node: Node, position: str) -> TermMap:
        self._enter(node, position)
        language = datatype = None
        if "languageMap" in voc.NODES[position]:
            language = self._optional(node, "language", position)
            datatype = self._optional(node, "datatype", position)
        stated = self._term_type(node, position)
        found = {name: self._one_or_none(node, name, position) for name in ("constant", "reference", "template")}
        given = [(kind, value) for kind, value in found.items() if value is not None]
        at = _label(position)
        if not given and stated == "BlankNode":
            return TermMap(position, "none", "", "BlankNode")
        self._count(given, "rml:constant, rml:reference, rml:template", at)
        kind, value = given[0]
        if language and datatype:
            self._fail("rml.cardinality", node=at, found=2, term="rml:language, rml:datatype", expected=1)
        if kind == "constant":
            if language or datatype:
                self._fail("rml.cardinality", node=at, found=2, term="rml:constant, rml:language, rml:datatype",
                           expected=1)  # fmt: skip
            return self._with_constant(position, value, at, stated)
        term_type = stated or self._default_type(position, kind, bool(language or datatype))
        if (language or datatype) and term_type != "Literal":
            self._fail("rml.term-type", node=at, found=f"rml:{term_type}", expected="rml:Literal")
        return TermMap(position, kind, self._text(value, f"rml:{kind}"), term_type, None, language, datatype)

    def _with_constant(self, position: str, value: Node, at: str, stated: str | None) -> TermMap:
        constant = self._constant(value, at)
        kind = "IRI" if constant.is_iri else "Literal"
        allowed = voc.TERM_TYPES[position]
        joins = position in {"childMap", "parentMap"}  # compared as text: an IRI is as good as a literal
        if kind not in allowed and not joins:
            self._fail("rml.term-type", node=at, found=_show(value), expected=voc.listed(allowed))
        if stated is not None and (stated == "Literal") == constant.is_iri or stated == "BlankNode":
            # RML-Core 8.4 gives a type on a constant no effect; one that contradicts it is a mistake
            self._fail("rml.term-type", node=at, found=_show(value), expected=f"rml:{stated}")
        return TermMap(position, "constant", constant.value, kind, constant)

    def _term_type(self, node: Node, position: str) -> str | None:
        stated = self._one_or_none(node, "termType", position)
        if stated is None:
            return None
        name = str(stated).removeprefix(voc.RML)
        if not isinstance(stated, URIRef) or name not in voc.TERM_TYPES[position] or name == str(stated):
            allowed = voc.listed(voc.TERM_TYPES[position])
            self._fail("rml.term-type", node=_label(position), found=_show(stated), expected=allowed)
        return name

    @staticmethod
    def _default_type(position: str, kind: str, typed: bool) -> str:
        """RML-Core 8.4.1."""
        if position in {"languageMap", "childMap", "parentMap"}:
            return "Literal"
        return "Literal" if position == "objectMap" and (kind == "reference" or typed) else "IRI"

    def _constant(self, value: Node, at: str) -> Constant:
        if isinstance(value, Literal):
            datatype = None if value.datatype is None else str(value.datatype)
            return Constant(str(value), False, value.language, datatype)
        if isinstance(value, URIRef):
            if value.startswith(RELATIVE):
                self._fail("rml.relative", node=at, found=f"<{value.removeprefix(RELATIVE)}>")
            return Constant(str(value), True)
        self._fail("rml.value", node=at, found="[]", expected='<http...>, "..."')

    # -- properties of a node

    def _enter(self, node: Node, role: str) -> None:
        """Mark a node as used in `role` and refuse what may not stand on it."""
        if isinstance(node, Literal):
            self._fail("rml.value", node=_label(role), found=_show(node), expected="[ ... ]")
        self._seen.add(node)
        for term in sorted(str(p) for p in self._graph.predicates(node)):
            if term.startswith(voc.RML) and term[len(voc.RML) :] not in voc.NODES[role]:
                self._unsupported(term, _label(role), voc.NODES[role])

    def _one(self, node: Node, name: str, role: str) -> Node:
        values = list(self._graph.objects(node, _rml(name)))
        self._count(values, f"rml:{name}", _label(role))
        return values[0]

    def _one_or_none(self, node: Node, name: str, role: str) -> Node | None:
        values = list(self._graph.objects(node, _rml(name)))
        if values:
            self._count(values, f"rml:{name}", _label(role))
        return values[0] if values else None

    def _count(self, values: list, term: str, at: str) -> None:
        if not values:
            self._fail("rml.missing", node=at, expected=term)
        if len(values) > 1:
            self._fail("rml.cardinality", node=at, found=len(values), term=term, expected=1)

    def _text(self, value: Node, at: str) -> str:
        if not isinstance(value, Literal) or value.language is not None:
            self._fail("rml.value", node=at, found=_show(value), expected='"..."')
        return str(value)

    # -- faults

    def _unsupported(self, term: str, at: str, known: Iterable[str]) -> NoReturn:
        names = frozenset(known)
        close = nearest(voc.short(term), [f"rml:{name}" for name in names])
        self._fail("rml.unsupported", term=voc.short(term), node=at, expected=voc.listed(names), nearest=close)

    def _fail(self, code: str, **values: object) -> NoReturn:
        raise MappingError(code, self._where, map=self._map, **values)


def _rml(name: str) -> URIRef:
    return URIRef(voc.RML + name)


def _label(role: str) -> str:
    return {"triplesMap": "rml:TriplesMap", "refObjectMap": "rml:RefObjectMap"}.get(role, f"rml:{role}")


def _show(node: Node) -> str:
    if isinstance(node, BNode):
        return "[]"
    return voc.short(str(node).removeprefix(RELATIVE)) if isinstance(node, URIRef) else f'"{node}"'
