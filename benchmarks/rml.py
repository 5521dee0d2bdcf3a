"""How fast the RML interpreter is: python -m benchmarks.rml [records]

The mapping has the shape of our own: an IRI template for every subject and graph, nested objects that repeat their
keys, literals with language and datatype, and lists. Prints seconds and triples per second, best of three runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from kg.rml import Mapping, compile_mapping

RECORDS = 20_000
MAPPING = """
@base <https://example.org/mappings/bench> .
@prefix rml: <http://w3id.org/rml/> . @prefix ex: <https://example.org/def#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#Visit> a rml:TriplesMap ;
  rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "visits.json" ; rml:root rml:MappingDirectory ] ;
                      rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*]" ] ;
  rml:subjectMap [ rml:template "https://example.org/id/visit/{$.key}" ; rml:class ex:Visit ;
                   rml:graphMap [ rml:template "https://example.org/graph/rec/{$.doc}-{$.key}" ] ] ;
  rml:predicateObjectMap
    [ rml:predicate ex:year ; rml:objectMap [ rml:template "https://example.org/id/fy/{$.year}" ] ] ,
    [ rml:predicate ex:start ; rml:objectMap [ rml:reference "$.start" ; rml:datatype xsd:date ] ] ,
    [ rml:predicate ex:end ; rml:objectMap [ rml:reference "$.end" ; rml:datatype xsd:date ] ] ,
    [ rml:predicate ex:people ; rml:objectMap [ rml:reference "$.people" ] ] ,
    [ rml:predicate ex:title ; rml:objectMap [ rml:reference "$.title" ; rml:language "ja" ] ] ,
    [ rml:predicate ex:topic ; rml:objectMap [ rml:reference "$.topics[*]" ; rml:language "en" ] ] ,
    [ rml:predicate ex:page ; rml:objectMap [ rml:reference "$.page" ; rml:termType rml:IRI ] ] ,
    [ rml:predicate ex:host ; rml:objectMap [ rml:template "https://example.org/id/lg/{$.hosts[*].lg}" ] ] ,
    [ rml:predicate ex:evidence ;
      rml:objectMap [ rml:template "https://example.org/id/evidence/{$.doc}-{$.key}" ] ] .
<#Host> a rml:TriplesMap ;
  rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "visits.json" ; rml:root rml:MappingDirectory ] ;
                      rml:referenceFormulation rml:JSONPath ; rml:iterator "$[*].hosts[*]" ] ;
  rml:subjectMap [ rml:template "https://example.org/id/lg/{$.lg}" ;
                   rml:graphMap [ rml:template "https://example.org/graph/rec/{$.doc}-{$.key}" ] ] ;
  rml:predicateObjectMap
    [ rml:predicate ex:name ; rml:objectMap [ rml:reference "$.name" ; rml:language "ja" ] ] ,
    [ rml:predicate ex:town ; rml:objectMap [ rml:template "{$.name} ({$.lg})" ; rml:termType rml:Literal ] ] .
"""


def records(count: int) -> list[dict[str, object]]:
    """Invented visits; 15 triples each."""
    return [dict(_record(i)) for i in range(count)]


def _record(i: int) -> Iterator[tuple[str, object]]:
    key = f"visit-{i}"
    yield from {"doc": "900", "key": key, "year": str(2000 + i % 20), "people": i % 40}.items()
    yield from {"start": f"2019-{i % 12 + 1:02}-{i % 28 + 1:02}", "end": f"2020-{i % 12 + 1:02}-01"}.items()
    yield from {"title": f"交流訪問 第{i}回", "topics": ["water", f"roads {i}"]}.items()
    yield "page", f"https://example.org/pages/{i}.html"
    towns = [(i + n) % 1700 for n in range(1 + i % 2)]
    yield "hosts", [{"doc": "900", "key": key, "lg": f"jp-town-{town}", "name": f"第{town}町"} for town in towns]


def best_of(mapping: Mapping, data: object, runs: int = 3) -> tuple[float, int]:
    """(seconds of the best run, lines)."""
    best, lines = float("inf"), 0
    for _ in range(runs):
        start = time.perf_counter()
        lines = sum(1 for _ in mapping.run(lambda path: data))
        best = min(best, time.perf_counter() - start)
    return best, lines


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    start = time.perf_counter()
    mapping = compile_mapping(MAPPING, "bench.rml.ttl")
    compiled = time.perf_counter() - start
    seconds, lines = best_of(mapping, records(count))
    rate = f"{lines / seconds:,.0f} triples/s"
    print(f"compile {compiled:.3f} s; {count} records, {lines} triples in {seconds:.2f} s: {rate}")


if __name__ == "__main__":
    main()
