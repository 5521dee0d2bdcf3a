"""The page of the ontology, `/def`: every term with its words, its shape, its number in the release and where it is mapped from.

Everything is computed: words and axioms from `ontology/`, fields from `shapes/`, numbers and examples from the release,
sources from `mappings/`. The RDF of the ontology, by negotiation at the same address, is as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import render_template
from rdflib import OWL, RDFS, SH, SKOS, Literal, URIRef

from endpoint import drawing, mapped
from endpoint.documents import Document, query_text
from endpoint.mapped import Source
from endpoint.site import Site, reader_language
from endpoint.views import Link, Views
from endpoint.words import LANGUAGES, word
from kg.store import Term
from kg.vocabulary import Field, TermOfOntology, Text

_SECTIONS = (("classes", OWL.Class), ("object-properties", OWL.ObjectProperty), ("datatype-properties", OWL.DatatypeProperty))
_ALIGNED = (RDFS.subClassOf, RDFS.subPropertyOf, OWL.equivalentClass, OWL.equivalentProperty, SKOS.closeMatch, SKOS.exactMatch)
_AXIOMS = (RDFS.domain, RDFS.range, OWL.inverseOf)


@dataclass(frozen=True)
class Constraint:
    """A field of a class in words: how often, of what kind, and what is said where it is not so."""

    caption: str
    link: Link
    often: str
    kinds: tuple[Link, ...]
    message: str


@dataclass(frozen=True)
class Example:
    thing: Link
    value: Link | None
    """a literal has no address"""


@dataclass(frozen=True)
class Shown:
    anchor: str
    curie: str
    words: tuple[tuple[str, str, str, str], ...]
    """(language, label, definition, note), for every language of the site"""
    axioms: tuple[tuple[str, tuple[Link, ...]], ...]
    constraints: tuple[Constraint, ...]
    used_by: tuple[Link, ...]
    number: int
    list: str
    """address of the list of its things, "" where there is none"""
    example: Example | None
    sources: tuple[Source, ...]


def is_shown(site: Site, document: Document) -> bool:
    return document.iri == site.vocabulary.ontology


def page(site: Site, document: Document, alternates: tuple[Link, ...]) -> str:
    vocabulary, language = site.vocabulary, reader_language()
    own = [term for term in vocabulary.terms.values() if _local(document, term.iri)]
    maker = _Maker(site, document)
    sections = [(name, tuple(maker.shown(term) for term in own if str(kind) in term.kinds)) for name, kind in _SECTIONS]
    title = vocabulary.text(document.iri)
    return render_template(
        "definitions.html",
        title=title.get(language), subtitle=title.get("ja" if language == "en" else "en"),
        description=vocabulary.definition(document.iri).get(language), iri=document.iri,
        version=vocabulary.version("ontology"), sections=sections, reused=maker.reused(own), alternates=alternates,
        drawing=maker.drawn(own),
    )  # fmt: skip


def _local(document: Document, iri: str) -> str:
    """The anchor of a term of this ontology, "" for one of another."""
    return iri.removeprefix(f"{document.iri}#") if iri.startswith(f"{document.iri}#") else ""


class _Maker:
    """What the terms of one page have in common."""

    def __init__(self, site: Site, document: Document) -> None:
        self._site, self._document, self._vocabulary = site, document, site.vocabulary
        self._views: Views = site.views()
        self._language = reader_language()
        self._terms, self._shapes = self._vocabulary.graph("ontology"), self._vocabulary.graph("shapes")
        store = site.release.store
        rows = [(row["class"], row) for row in store.select(query_text("class-examples"))]
        rows += [(row["property"], row) for row in store.select(query_text("property-sizes"))]
        self._used = {term.value: (int(row["number"].value), row["example"].value) for term, row in rows}
        self._sources = mapped.sources(self._vocabulary.project, site.release.folder)
        self._fields = {
            class_: [f for f in fields if f.shape] for class_, fields in self._vocabulary.fields.items()
        }

    def shown(self, term: TermOfOntology) -> Shown:
        number, example = self._used.get(term.iri, (0, ""))
        name = self._site.lists.name_of(term.iri)
        is_property = str(OWL.Class) not in term.kinds
        return Shown(
            anchor=_local(self._document, term.iri), curie=self._vocabulary.curie(term.iri), words=self._words(term),
            axioms=tuple(self._axioms(term.iri)), constraints=tuple(map(self._constraint, self._fields.get(term.iri, ()))),
            used_by=tuple(self._users(term.iri)) if is_property else (), number=number,
            list=self._views.local(f"list/{name}") if name else "",
            example=self._example(example, term.iri if is_property else "") if example else None,
            sources=self._sources.get(term.iri, ()) + self._rules(term.iri),
        )  # fmt: skip

    def _words(self, term: TermOfOntology) -> tuple[tuple[str, str, str, str], ...]:
        notes = Text(tuple(sorted((v.language or "", str(v)) for v in self._terms.objects(URIRef(term.iri), SKOS.scopeNote))))
        return tuple(
            (code, term.label.exact(code) or "", term.definition.exact(code) or "", notes.exact(code) or "")
            for code in sorted(LANGUAGES, key=lambda code: code != self._language)
        )

    def _axioms(self, iri: str) -> Iterable[tuple[str, tuple[Link, ...]]]:
        """What the ontology says of a term, by property: where it stands, and its counterparts elsewhere."""
        for predicate in (*_ALIGNED, *_AXIOMS):
            values = sorted(str(v) for v in self._terms.objects(URIRef(iri), predicate) if isinstance(v, URIRef))
            if values:
                yield word("definition", predicate.split("#")[-1], self._language), tuple(map(self._link, values))

    def _link(self, iri: str) -> Link:
        """A term by its short name: to its place on this page, or to where it is defined."""
        anchor = _local(self._document, iri)
        return Link(self._vocabulary.curie(iri), f"#{anchor}" if anchor else iri)

    def _constraint(self, field: Field) -> Constraint:
        node = URIRef(field.shape)
        least, most = (self._shapes.value(node, p) for p in (SH.minCount, SH.maxCount))
        messages = Text(tuple(sorted((m.language or "", str(m)) for m in self._shapes.objects(node, SH.message) if isinstance(m, Literal))))
        kinds = [str(v) for p in (SH["class"], SH.datatype, SH.nodeKind) for v in self._shapes.objects(node, p)]
        return Constraint(
            self._views.caption(field), self._link(field.predicate), self._often(least, most),
            tuple(map(self._link, sorted(kinds))), messages.get(self._language) or "",
        )  # fmt: skip

    def _often(self, least: Literal | None, most: Literal | None) -> str:
        if most is not None and int(most) == 0:
            return word("definition", "never", self._language)
        if least is not None and int(least) > 0:
            return word("definition", "exactly-one" if most is not None and int(most) == 1 else "required", self._language)
        return word("definition", "at-most-one" if most is not None and int(most) == 1 else "optional", self._language)

    def _users(self, predicate: str) -> Iterable[Link]:
        """The classes whose shapes have a property."""
        for class_, fields in sorted(self._fields.items()):
            if any(field.predicate == predicate for field in fields):
                yield self._link(class_)

    def _example(self, thing: str, predicate: str) -> Example:
        value = None
        if predicate:
            about = {"thing": Term(thing), "property": Term(predicate)}
            found: Term = self._site.release.store.select(query_text("first-value"), about)[0]["value"]
            is_iri = found.kind == "iri"
            value = self._views.link(found.value) if is_iri else Link(self._views.literal(found), "")
        return Example(self._views.link(thing), value)

    def _rules(self, iri: str) -> tuple[Source, ...]:
        curie = re.compile(rf"(?<![\w:]){re.escape(self._vocabulary.curie(iri))}(?![\w-])")
        return tuple(Source(name, ()) for name, made in mapped.rules(self._vocabulary.project) if curie.search(made))

    def reused(self, own: Sequence[TermOfOntology]) -> tuple[tuple[str, str, str, int], ...]:
        """Terms of others that the release uses: (short name, address, label, number)."""
        known = {term.iri for term in own}
        return tuple(
            (self._vocabulary.curie(iri), iri, term.label.get(self._language) or "", self._used[iri][0])
            for iri, term in self._vocabulary.terms.items() if iri not in known and iri in self._used
        )  # fmt: skip

    def drawn(self, own: Sequence[TermOfOntology]) -> drawing.Drawing | None:
        """Our classes by what leads from one to another: a property by its domain and range, by a shape, or a class above."""
        classes = {term.iri for term in own if str(OWL.Class) in term.kinds}
        found = {
            drawing.Arrow(str(a), str(b), term.iri) for term in own
            for a in self._terms.objects(URIRef(term.iri), RDFS.domain) for b in self._terms.objects(URIRef(term.iri), RDFS.range)
        }  # fmt: skip
        found |= {
            drawing.Arrow(class_, str(b), field.predicate) for class_ in classes for field in self._telling(class_, classes)
            for b in self._shapes.objects(URIRef(field.shape), SH["class"])
        }  # fmt: skip
        found |= {drawing.Arrow(str(a), str(b), "") for a, b in self._terms.subject_objects(RDFS.subClassOf)}
        kept = [arrow for arrow in found if {arrow.start, arrow.end} <= classes and arrow.start != arrow.end]
        return drawing.drawn(sorted(kept, key=lambda arrow: arrow.property), self._views.name, classes)

    def _telling(self, class_: str, classes: set[str]) -> list[Field]:
        """The fields of a class without those that most classes have, such as the evidence: they tell none apart."""
        common = Counter(predicate for each in classes for predicate in {f.predicate for f in self._fields.get(each, ())})
        return [field for field in self._fields.get(class_, ()) if common[field.predicate] <= len(classes) / 4]
