"""Short ways to write a mapping and to run it, for the tests of `kg.rml`. The governments and seminars are invented."""

from __future__ import annotations

from typing import Any

from kg.rml import Mapping, compile_mapping

PREFIXES = """@prefix rml: <http://w3id.org/rml/> . @prefix ex: <https://example.org/def#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@base <https://example.org/mappings/test> .
"""
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
XSD = "http://www.w3.org/2001/XMLSchema#"


def source(path: str = "seminars.json", iterator: str = "$[*]") -> str:
    file = f'[ a rml:RelativePathSource ; rml:path "{path}" ; rml:root rml:MappingDirectory ]'
    return (
        f"rml:logicalSource [ rml:source {file} ; "
        f'rml:referenceFormulation rml:JSONPath ; rml:iterator "{iterator}" ]'
    )


def triples_map(
    rules: str, subject: str = 'rml:template "https://example.org/id/seminar/{$.key}"', name: str = "Seminar",
    logical_source: str | None = None,
) -> str:  # fmt: skip
    """A triples map with one subject map and the given predicate-object maps or other properties."""
    where = logical_source or source()
    return f"<#{name}> a rml:TriplesMap ; {where} ; rml:subjectMap [ {subject} ] ; {rules} .\n"


def object_map(inner: str, more: str = "") -> str:
    """A rule for ex:p."""
    return f"rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap [ {inner} ] {more} ]"


def compiled(body: str, base: str | None = None) -> Mapping:
    return compile_mapping(PREFIXES + body, "test.rml.ttl", base)


def run(body: str, records: Any, base: str | None = None, **others: Any) -> list[str]:
    """The lines, each once, sorted; `others` are further sources by the stem of their name."""
    sources = {"seminars.json": records, **{f"{stem}.json": data for stem, data in others.items()}}
    return sorted(set(compiled(body, base).run(sources.__getitem__)))


def objects(inner: str, record: dict[str, Any], base: str | None = None) -> list[str]:
    """The objects of ex:p that an object map gives for one record."""
    lines = run(triples_map(object_map(inner)), [{"key": "k", **record}], base)
    start = "<https://example.org/id/seminar/k> <https://example.org/def#p> "
    assert all(line.startswith(start) and line.endswith(" .") for line in lines)
    return [line[len(start) : -2] for line in lines]
