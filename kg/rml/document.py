"""A mapping document as values: what the Turtle says, checked for shape, before anything is compiled."""

from __future__ import annotations

from dataclasses import dataclass, field

UNNAMED = "[]"
"""the name of a triples map that is a blank node"""


@dataclass(frozen=True)
class Constant:
    """An IRI or a literal of the mapping document."""

    value: str
    is_iri: bool
    language: str | None = None
    datatype: str | None = None


@dataclass(frozen=True)
class TermMap:
    """One expression map: `kind` is constant, reference, template or none (a blank node without an expression)."""

    position: str
    """the property of RML that it stands at, in its long form: `subjectMap`, `objectMap`, `childMap` ..."""
    kind: str
    text: str
    """the JSONPath, the template, or the value of the constant"""
    term_type: str
    """IRI, URI, UnsafeIRI, UnsafeURI, BlankNode or Literal"""
    constant: Constant | None = None
    language: TermMap | None = None
    datatype: TermMap | None = None


@dataclass(frozen=True)
class Join:
    child: TermMap
    parent: TermMap


@dataclass(frozen=True)
class ReferencingMap:
    """Objects that are the subjects of another triples map (`parent`: its key)."""

    parent: str
    joins: tuple[Join, ...]


@dataclass(frozen=True)
class Rule:
    """A predicate-object map."""

    predicates: tuple[TermMap, ...]
    objects: tuple[TermMap | ReferencingMap, ...]
    graphs: tuple[TermMap, ...]


@dataclass(frozen=True)
class TriplesMap:
    key: str
    """the node in the document: an IRI, or a label that holds within this reading alone"""
    name: str
    """its IRI, or UNNAMED"""
    source: str
    iterator: str
    subject: TermMap
    classes: tuple[Constant, ...]
    graphs: tuple[TermMap, ...]
    rules: tuple[Rule, ...] = field(default=())
    base: str | None = None

    @property
    def shown(self) -> str:
        return shown_name(self.name)


def shown_name(name: str) -> str:
    """The name of a triples map as a message gives it: `<#Seminar>` for an IRI with a fragment."""
    if name == UNNAMED:
        return name
    before, hash_, fragment = name.rpartition("#")
    return f"<#{fragment}>" if hash_ and fragment else f"<{name}>"
