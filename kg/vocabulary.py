"""What the ontology, the vocabularies and the shapes say, read once: words for people, order on pages, prefixes.

rdflib reads the Turtle files of a project; nothing here knows a term of the domain, only those of RDFS, OWL, SKOS,
SHACL and VoID.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from rdflib import DCAT, RDF, RDFS, SH, SKOS, VOID, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, OWL
from rdflib.plugins.parsers.notation3 import BadSyntax

from kg.errors import ProjectError
from kg.languages import best
from kg.project import Project, read_text

GRAPHS = ("ontology", "concepts", "shapes", "prefixes", "dataset")
"""the graphs of the files, by name"""
_SOURCES = {
    "prefixes": "prefixes.ttl",
    "dataset": "dataset.ttl",
}
_LABELS = (SKOS.prefLabel, RDFS.label, SH.name, DCTERMS.title)
_LAST = 10_000
"""order of what has no `sh:order`: after everything that has one"""


@dataclass(frozen=True)
class Text:
    """One text in the languages that it is given in, by language tag."""

    by_language: tuple[tuple[str, str], ...] = ()

    def get(self, language: str) -> str | None:
        """In `language`, else by the chain of `kg.languages`; None for no text at all."""
        return best(self.by_language, language)

    def exact(self, language: str) -> str | None:
        return dict(self.by_language).get(language)


@dataclass(frozen=True)
class Group:
    """A `sh:PropertyGroup`: a heading under which a page shows fields."""

    iri: str
    label: Text
    order: float


@dataclass(frozen=True)
class Field:
    """A property as the shapes of one class show it: caption, group, order."""

    predicate: str
    name: Text
    group: Group | None
    order: float
    shape: str
    qualified: bool = False


@dataclass(frozen=True)
class Scheme:
    """A SKOS concept scheme and its concepts, in the order of their IRIs."""

    iri: str
    label: Text
    concepts: tuple[str, ...]


@dataclass(frozen=True)
class TermOfOntology:
    """A class or property that the ontology declares."""

    iri: str
    kinds: tuple[str, ...]
    label: Text
    definition: Text


class Vocabulary:
    """The words and the order of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._written: dict[str, str] = {}
        self._prefix_graph = _graph(project, [project.ontology / _SOURCES["prefixes"]])
        self._dataset_graph = _graph(project, [project.ontology / _SOURCES["dataset"]])
        own = {project.ontology / name for name in _SOURCES.values()}
        terms = [path for path in project.files("ontology", "*.ttl") if path not in own]
        schemes = project.files("ontology/vocab", "*.ttl")
        self._ontology = _graph(project, terms)
        self._concepts = _graph(project, schemes)
        self._shapes = _graph(project, project.files("shapes", "*.ttl"))
        self._all = self._ontology + self._concepts + self._dataset_graph

    # ---- prefixes and base

    @cached_property
    def prefixes(self) -> dict[str, str]:
        """Prefix to namespace, as `ontology/prefixes.ttl` declares them; a repeated prefix is a ProjectError."""
        table: dict[str, str] = {}
        where = self.project.place(self.project.ontology / _SOURCES["prefixes"])
        for node in sorted(self._prefix_graph.objects(None, SH.declare)):
            names = list(self._prefix_graph.objects(node, SH.prefix))
            spaces = list(self._prefix_graph.objects(node, SH.namespace))
            if len(names) != 1 or len(spaces) != 1:
                raise ProjectError("prefix-incomplete", where, node=node)
            if str(names[0]) in table:
                raise ProjectError("prefix-repeated", where, prefix=names[0])
            table[str(names[0])] = str(spaces[0])
        return dict(sorted(table.items()))

    @cached_property
    def base(self) -> str:
        """The base of all IRIs of ours: the `void:uriSpace` of `ontology/dataset.ttl`."""
        found = [str(value) for value in self._dataset_graph.objects(None, VOID.uriSpace)]
        if len(found) != 1 or not found[0].endswith("/"):
            raise ProjectError("dataset-base", self.project.place(self.project.ontology / _SOURCES["dataset"]))
        return found[0]

    @cached_property
    def dataset(self) -> str:
        """The IRI of the data set that `ontology/dataset.ttl` describes."""
        return str(next(self._dataset_graph.subjects(VOID.uriSpace, None)))

    @cached_property
    def publisher(self) -> str:
        """The IRI of who publishes the data set; that of the data set itself where `ontology/dataset.ttl` names nobody."""
        return str(self._dataset_graph.value(URIRef(self.dataset), DCTERMS.publisher) or self.dataset)

    @cached_property
    def keywords(self) -> tuple[str, ...]:
        """Of the data set, in the order of their languages."""
        found = self._dataset_graph.objects(URIRef(self.dataset), DCAT.keyword)
        return tuple(str(word) for word in sorted(found, key=lambda word: (word.language or "", str(word))))

    @cached_property
    def entities(self) -> str:
        """The pattern of the IRIs of things (`void:uriRegexPattern`)."""
        return str(self._dataset_graph.value(URIRef(self.dataset), VOID.uriRegexPattern))

    def version(self, name: str) -> str:
        """The version of the "ontology" or the "shapes", as their files say it (`owl:versionInfo`)."""
        graph = self.graph(name)
        return str(min(graph.objects(min(graph.subjects(RDF.type, OWL.Ontology)), OWL.versionInfo)))

    def curie(self, iri: str) -> str:
        """`prefix:name` by the longest namespace that fits and leaves a plain name; else the IRI in brackets."""
        for space, prefix in self._namespaces:
            if iri.startswith(space) and iri[len(space):].replace("-", "").replace("_", "").isalnum():
                return f"{prefix}:{iri[len(space):]}"
        return f"<{iri}>"

    @cached_property
    def _namespaces(self) -> list[tuple[str, str]]:
        return sorted(((space, prefix) for prefix, space in self.prefixes.items()), key=lambda p: (-len(p[0]), p[1]))

    # ---- words

    def label(self, iri: str, language: str) -> str | None:
        """The name of a term, concept, shape or group for a reader of `language`; None where nothing names it."""
        return self.text(iri).get(language)

    def text(self, iri: str) -> Text:
        node = URIRef(iri)
        for graph in (self._all, self._shapes):
            for predicate in _LABELS:
                found = _text(graph.objects(node, predicate))
                if found.by_language:
                    return found
        return Text()

    def definition(self, iri: str) -> Text:
        node = URIRef(iri)
        for predicate in (SKOS.definition, RDFS.comment, DCTERMS.description):
            found = _text(self._all.objects(node, predicate))
            if found.by_language:
                return found
        return Text()

    # ---- terms and schemes

    @cached_property
    def ontology(self) -> str:
        """The IRI of the `owl:Ontology` of the terms."""
        return str(min(self._ontology.subjects(RDF.type, OWL.Ontology)))

    @cached_property
    def terms(self) -> dict[str, TermOfOntology]:
        """Every class and property that the ontology declares, by IRI."""
        table: dict[str, TermOfOntology] = {}
        wanted = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty, RDFS.Class, RDF.Property)
        for kind in wanted:
            for node in self._ontology.subjects(RDF.type, kind):
                kinds = tuple(sorted(str(k) for k in self._ontology.objects(node, RDF.type)))
                table[str(node)] = TermOfOntology(str(node), kinds, self.text(str(node)), self.definition(str(node)))
        return dict(sorted(table.items()))

    def superclasses(self, iri: str) -> frozenset[str]:
        """The class itself and everything above it."""
        return frozenset(str(n) for n in self._ontology.transitive_objects(URIRef(iri), RDFS.subClassOf))

    def most_specific(self, classes: Iterable[str]) -> list[str]:
        """`classes` without those that stand above another of them, sorted."""
        given = set(classes)
        return sorted(given - {above for c in given for above in self.superclasses(c) if above != c})

    def subclasses(self, iri: str) -> frozenset[str]:
        """The class itself and everything below it."""
        return frozenset(str(n) for n in self._ontology.transitive_subjects(RDFS.subClassOf, URIRef(iri)))

    @cached_property
    def schemes(self) -> dict[str, Scheme]:
        """Every concept scheme, by IRI."""
        table = {}
        for node in sorted(self._concepts.subjects(RDF.type, SKOS.ConceptScheme)):
            members = tuple(sorted(str(c) for c in self._concepts.subjects(SKOS.inScheme, node)))
            table[str(node)] = Scheme(str(node), self.text(str(node)), members)
        return table

    # ---- shapes

    @cached_property
    def fields(self) -> dict[str, tuple[Field, ...]]:
        """By class: the property shapes that target it directly, in page order."""
        table: dict[str, list[Field]] = {}
        for shape, target in sorted(self._shapes.subject_objects(SH.targetClass)):
            table.setdefault(str(target), []).extend(self._fields_of(shape))
        return {target: tuple(sorted(found, key=_page_order)) for target, found in table.items()}

    @cached_property
    def _fields_of_any(self) -> tuple[Field, ...]:
        """The fields of shapes that target whatever has a property, in page order."""
        shapes = sorted(set(self._shapes.subjects(SH.targetSubjectsOf)))
        return tuple(sorted((f for shape in shapes for f in self._fields_of(shape)), key=_page_order))

    def _fields_of(self, shape: URIRef) -> Iterable[Field]:
        for node in sorted(self._shapes.objects(shape, SH.property)):
            path = self._shapes.value(node, SH.path)
            if isinstance(path, URIRef):
                name = _text(self._shapes.objects(node, SH.name))
                qualified = (node, SH.qualifiedValueShape, None) in self._shapes
                yield Field(str(path), name, self._group_of(node), self._order_of(node), str(node), qualified)

    @cached_property
    def shape_queries(self) -> dict[str, str]:
        """The SELECT queries of the shapes (`sh:select`) by the IRI of their constraint."""
        return {str(node): str(text) for node, text in sorted(self._shapes.subject_objects(SH.select))}

    @cached_property
    def general_predicates(self) -> frozenset[str]:
        """Properties whose shape targets whatever has them (`sh:targetSubjectsOf`): any class may have them."""
        return frozenset(str(p) for p in self._shapes.objects(None, SH.targetSubjectsOf)) | {str(RDF.type)}

    def field(self, predicate: str, classes: Iterable[str]) -> Field:
        """How a page shows `predicate` of a thing of `classes`: by their shapes (superclasses too), else by a shape
        of whatever has it, else by its label.

        Where several property shapes speak of one predicate, the first in page order gives the caption. Those that
        speak of some values only (`sh:qualifiedValueShape`: the Japanese name) give it where there is no other than one.
        """
        above = sorted({c for given in classes for c in self.superclasses(given)})
        candidates = [f for c in above for f in self.fields.get(c, ()) if f.predicate == predicate]
        candidates = candidates or [f for f in self._fields_of_any if f.predicate == predicate]
        general = [f for f in candidates if not f.qualified]
        if general or len(candidates) == 1:
            return min(general or candidates, key=_page_order)
        if candidates:
            return replace(min(candidates, key=_page_order), name=self.text(predicate))
        return Field(predicate, self.text(predicate), None, _LAST, "")

    def _group_of(self, node: URIRef) -> Group | None:
        group = self._shapes.value(node, SH.group)
        if group is None:
            return None
        return Group(str(group), _text(self._shapes.objects(group, RDFS.label)), self._order_of(group))

    def _order_of(self, node: URIRef) -> float:
        order = self._shapes.value(node, SH.order)
        return float(order) if isinstance(order, Literal) else float(_LAST)

    # ---- the files as RDF

    def graph(self, name: str) -> Graph:
        """One of the files' graphs, a name of `GRAPHS`."""
        graphs = (self._ontology, self._concepts, self._shapes, self._prefix_graph, self._dataset_graph)
        return dict(zip(GRAPHS, graphs, strict=True))[name]

    def source(self, name: str) -> str:
        """N-Triples of `graph(name)`, for publication; written once."""
        if name not in self._written:
            self._written[name] = self.graph(name).serialize(format="nt11")
        return self._written[name]


def _page_order(field: Field) -> tuple[float, float, str]:
    return (field.group.order if field.group else _LAST, field.order, field.shape)


def _text(values: Iterable[object]) -> Text:
    found: dict[str, str] = {}
    for value in sorted(v for v in values if isinstance(v, Literal)):
        found.setdefault((value.language or "").lower(), str(value))
    return Text(tuple(sorted(found.items())))


def _graph(project: Project, paths: Iterable[Path]) -> Graph:
    graph = Graph(bind_namespaces="none")
    for path in paths:
        where = project.place(path)
        try:
            graph.parse(data=read_text(path, where), format="turtle")
        except BadSyntax as error:
            raise ProjectError("rdf-syntax", f"{where}:{error.lines + 1}", detail=error.message) from None
    return graph
