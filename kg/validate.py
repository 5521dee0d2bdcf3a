"""Step 7: SHACL. pyshacl is the judge; this module hands it the data and turns its report into ours.

The data graph is the merge of all named graphs; the subclass axioms reach pyshacl through `ont_graph`, without which
a shape on a superclass is skipped in silence. Results are sorted and named by their content: no blank node, no clock.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from rdflib import Graph, Literal
from rdflib.namespace import RDF, SH, XSD
from rdflib.term import Node

from kg.model import Line, iri, literal, nquad

if TYPE_CHECKING:
    from rdflib.plugins.sparql.sparql import Query

_SEVERITIES = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}


@dataclass(frozen=True, order=True)
class Result:
    """One validation result (SHACL section 3.6.2)."""

    severity: str
    focus: str
    path: str
    """IRI of the property, "" where the constraint is not on a property"""
    value: str
    """the offending value as a term of N-Triples, "" where there is none"""
    shape: str
    constraint: str
    """IRI of the `sh:SPARQLConstraint` that found it, "" where the shape itself did"""
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


@cache
def _read(text: str) -> Query:
    """A query parsed once: pyshacl asks the same text for every focus node of a SPARQL constraint, in every validation."""
    from rdflib.plugins.sparql import prepareQuery

    return prepareQuery(text)


class _ReadOnce(Graph):
    """A graph that parses no query twice."""

    def query(self, query_object: str | Query, *args: Any, **options: Any) -> Any:
        read = _read(query_object) if isinstance(query_object, str) else query_object
        return super().query(read, *args, **options)


def validate(triples: Iterable[Line], shapes: Graph, ontology: Graph) -> Validation:
    """Judge `triples` (N-Triples lines) by `shapes`."""
    # Imported only here, as the parser of queries is: they take longer than all else that a command such as `kg serve` loads.
    import pyshacl

    data = _ReadOnce()
    data.parse(data="\n".join(sorted(triples)), format="nt")
    _, report, _ = pyshacl.validate(
        data, shacl_graph=shapes, ont_graph=ontology, inference="none", inplace=True, allow_warnings=True
    )
    results = tuple(sorted({_result(report, node, shapes) for node in report.objects(None, SH.result)}))
    met = Counter(str(kind) for kind in data.objects(None, RDF.type))
    targets = {str(target) for target in shapes.objects(None, SH.targetClass)}
    return Validation(
        all(r.severity != "violation" for r in results), results, {target: met[target] for target in sorted(targets)}
    )


def _result(report: Graph, node: Node, shapes: Graph) -> Result:
    shape, constraint = report.value(node, SH.sourceShape), report.value(node, SH.sourceConstraint)
    messages = _messages(report, node, list(shapes.objects(constraint or shape, SH.message)))
    default = messages.get("en") or messages.get(None, "")
    return Result(
        severity=_SEVERITIES[report.value(node, SH.resultSeverity)],
        focus=str(report.value(node, SH.focusNode)),
        path=str(report.value(node, SH.resultPath) or ""),
        value=_term(report.value(node, SH.value)),
        shape=str(shape or ""),
        constraint=str(constraint or ""),
        component=str(report.value(node, SH.sourceConstraintComponent) or ""),
        message_en=default,
        message_ja=messages.get("ja", default),
    )


def _messages(report: Graph, node: Node, templates: list[Node]) -> dict[str | None, str]:
    """The messages of a result by language. pyshacl drops the language tag of a message that it fills variables into:
    the template that the text was made from tells it."""
    found: dict[str | None, str] = {}
    for text in report.objects(node, SH.resultMessage):
        made_from = (t for t in templates if re.fullmatch(_filled(str(t)), str(text), re.DOTALL))
        found[text.language or next((t.language for t in made_from), None)] = str(text)
    return found


def _filled(template: str) -> str:
    """A pattern of the texts that a message template with `{?variable}` or `{$variable}` can become."""
    return ".*".join(re.escape(part) for part in re.split(r"\{[?$]\w+\}", template))


def _term(node: Node | None) -> str:
    if isinstance(node, Literal):
        return literal(str(node), node.language, str(node.datatype) if node.datatype else None)
    return "" if node is None else iri(str(node))


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
            (SH.resultPath, result.path), (SH.sourceShape, result.shape), (SH.sourceConstraint, result.constraint),
            (SH.sourceConstraintComponent, result.component),
        ):
            if value:
                lines.append(nquad(node, iri(str(predicate)), iri(value)))
        if result.value:
            lines.append(nquad(node, iri(str(SH.value)), result.value))
    return sorted(lines)
