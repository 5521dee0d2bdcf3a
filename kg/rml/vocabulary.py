"""The terms that the interpreter knows, by the node they stand on: RML-Core and one kind of source of RML-IO.

A term that is not listed for a node is refused there (`rml.unsupported`): a mapping that another engine would read in
another way must never lose triples here without a word.
"""

from __future__ import annotations

RML = "http://w3id.org/rml/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
DEFAULT_GRAPH = RML + "defaultGraph"

OTHER_LANGUAGES = (
    "http://www.w3.org/ns/r2rml#",
    "http://semweb.mmlab.be/ns/",
    "http://w3id.org/fno",
    "https://w3id.org/function/",
)
"""Mapping vocabularies of others: their properties would change the output, so they are not annotations."""

_EXPRESSION = frozenset({"constant", "reference", "template"})
_TERM = _EXPRESSION | {"termType"}

NODES: dict[str, frozenset[str]] = {
    "triplesMap": frozenset({"logicalSource", "subjectMap", "subject", "predicateObjectMap", "baseIRI"}),
    "logicalSource": frozenset({"source", "iterator", "referenceFormulation"}),
    "source": frozenset({"root", "path"}),
    "subjectMap": _TERM | {"class", "graph", "graphMap"},
    "predicateObjectMap": frozenset({"predicate", "predicateMap", "object", "objectMap", "graph", "graphMap"}),
    "predicateMap": _TERM,
    "objectMap": _TERM | {"language", "languageMap", "datatype", "datatypeMap"},
    "graphMap": _TERM,
    "languageMap": _TERM,
    "datatypeMap": _TERM,
    "refObjectMap": frozenset({"parentTriplesMap", "joinCondition"}),
    "joinCondition": frozenset({"child", "childMap", "parent", "parentMap"}),
    "childMap": _EXPRESSION,
    "parentMap": _EXPRESSION,
}
PROPERTIES = frozenset().union(*NODES.values())

CLASSES = frozenset({
    "TriplesMap", "LogicalSource", "Source", "RelativePathSource", "ExpressionMap", "TermMap", "SubjectMap",
    "PredicateMap", "ObjectMap", "GraphMap", "LanguageMap", "DatatypeMap", "PredicateObjectMap", "RefObjectMap",
    "ReferencingObjectMap", "Join", "ChildMap", "ParentMap",
})  # fmt: skip

IRI_TYPES = frozenset({"IRI", "URI", "UnsafeIRI", "UnsafeURI"})
TERM_TYPES: dict[str, frozenset[str]] = {
    "subjectMap": IRI_TYPES | {"BlankNode"},
    "predicateMap": IRI_TYPES,
    "objectMap": IRI_TYPES | {"BlankNode", "Literal"},
    "graphMap": IRI_TYPES | {"BlankNode"},
    "languageMap": frozenset({"Literal"}),
    "datatypeMap": IRI_TYPES,
    "childMap": frozenset({"Literal"}),
    "parentMap": frozenset({"Literal"}),
}


def short(term: str) -> str:
    """`rml:x` for a term of RML, `<...>` for any other IRI."""
    return f"rml:{term[len(RML):]}" if term.startswith(RML) else f"<{term}>"


def listed(names: frozenset[str]) -> str:
    """Names of RML as a message shows them."""
    return ", ".join(f"rml:{name}" for name in sorted(names))
