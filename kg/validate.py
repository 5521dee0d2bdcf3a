"""Step 7: SHACL. pyshacl is the judge; this module hands it the data and turns its report into ours.

The data graph is the merge of all named graphs; the subclass axioms reach pyshacl through `ont_graph`, without which
a shape on a superclass is skipped in silence. Results are sorted and named by their content: no blank node, no clock.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyshacl
from rdflib import Graph, Literal
from rdflib.namespace import RDF, SH, XSD
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.term import Node

from kg.model import Line, iri, literal, nquad

_SEVERITIES = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}


@dataclass(frozen=True, order=True)
class Result:
    """One validation result (SHACL section 3.6.2)."""

    severity: str
    focus: str
    path: str
    """IRI of the property, "" where the constraint is not on a property"""
    value: str
    shape: str
    component: str
    message_en: str
    message_ja: str

    def message(self, language: str) -> str:
        return self.message_ja if language == "ja" else self.message_en


@dataclass(frozen=True)
class Validation:
    conforms: bool
    """no violation; warnings and remarks do not count"""
    results: tuple[Result, ...]
    focus_nodes: dict[str, int]
    """how many nodes each target class of a shape met; zero means that the shape checked nothing"""

    def count(self, severity: str) -> int:
        return sum(result.severity == severity for result in self.results)


class _ReadOnce(Graph):
    """A graph that parses each query once: pyshacl asks the same text for every focus node of a SPARQL constraint."""

    def __init__(self) -> None:
        super().__init__()
        self._prepared: dict[str, Query] = {}

    def query(self, query_object: str | Query, *args: Any, **options: Any) -> Any:
        if isinstance(query_object, str):
            if query_object not in self._prepared:
                self._prepared[query_object] = prepareQuery(query_object)
            query_object = self._prepared[query_object]
        return super().query(query_object, *args, **options)


def validate(triples: Iterable[Line], shapes: Graph, ontology: Graph) -> Validation:
    """Judge `triples` (N-Triples lines) by `shapes`."""
    data = _ReadOnce()
    data.parse(data="\n".join(sorted(triples)), format="nt")
    _, report, _ = pyshacl.validate(
        data, shacl_graph=shapes, ont_graph=ontology, inference="none", inplace=True, allow_warnings=True
    )
    results = tuple(sorted(_result(report, node) for node in report.subjects(RDF.type, SH.ValidationResult)))
    met = Counter(str(kind) for kind in data.objects(None, RDF.type))
    targets = {str(target) for target in shapes.objects(None, SH.targetClass)}
    return Validation(
        all(r.severity != "violation" for r in results), results, {target: met[target] for target in sorted(targets)}
    )


def _result(report: Graph, node: Node) -> Result:
    messages = {m.language: str(m) for m in report.objects(node, SH.resultMessage) if isinstance(m, Literal)}
    default = messages.get("en") or messages.get(None, "")
    shape = report.value(node, SH.sourceConstraint) or report.value(node, SH.sourceShape)
    return Result(
        severity=_SEVERITIES[report.value(node, SH.resultSeverity)],
        focus=str(report.value(node, SH.focusNode)),
        path=str(report.value(node, SH.resultPath) or ""),
        value=_term(report.value(node, SH.value)),
        shape=str(shape or ""),
        component=str(report.value(node, SH.sourceConstraintComponent) or ""),
        message_en=default,
        message_ja=messages.get("ja", default),
    )


def _term(node: Node | None) -> str:
    return "" if node is None else node.n3() if isinstance(node, Literal) else str(node)


def report_lines(validation: Validation, report: str) -> list[Line]:
    """The report as triples: a `sh:ValidationReport` named `report`, its results named `report#` + a hash."""
    subject = iri(report)
    boolean = str(XSD.boolean)
    lines = [
        nquad(subject, iri(str(RDF.type)), iri(str(SH.ValidationReport))),
        nquad(subject, iri(str(SH.conforms)), literal("true" if validation.conforms else "false", datatype=boolean)),
    ]
    severities = {name: term for term, name in _SEVERITIES.items()}
    for result in validation.results:
        name = hashlib.sha256(repr(result).encode()).hexdigest()[:12]
        node = iri(f"{report}#{name}")
        lines.append(nquad(subject, iri(str(SH.result)), node))
        lines.append(nquad(node, iri(str(RDF.type)), iri(str(SH.ValidationResult))))
        lines.append(nquad(node, iri(str(SH.focusNode)), iri(result.focus)))
        lines.append(nquad(node, iri(str(SH.resultSeverity)), iri(str(severities[result.severity]))))
        lines.append(nquad(node, iri(str(SH.resultMessage)), literal(result.message_en, "en")))
        lines.append(nquad(node, iri(str(SH.resultMessage)), literal(result.message_ja, "ja")))
        for predicate, value in (
            (SH.resultPath, result.path), (SH.sourceShape, result.shape),
            (SH.sourceConstraintComponent, result.component),
        ):
            if value:
                lines.append(nquad(node, iri(str(predicate)), iri(value)))
    return sorted(lines)
