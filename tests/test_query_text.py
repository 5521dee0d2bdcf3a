"""kg/query_text.py: what a scan of a query finds; SERVICE in disguise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.query_text import declared_prefixes, inspect

BASE = "https://example.org/towns/"
ELSEWHERE = "<http://127.0.0.1:9/>"

CALLS = [
    f"ASK {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"ASK {{ service silent {ELSEWHERE} {{ ?s ?p ?o }} }}",
    f"ASK{{SERVICE{ELSEWHERE}{{?s ?p ?o}}}}",
    f"ASK {{ SERVICE # <a> {{\n {ELSEWHERE} {{ ?s ?p ?o }} }}",
    "ASK { ?e a ?t SERVICE ?e { ?s ?p ?o } }",
    "PREFIX x: <http://127.0.0.1:9/> ASK { SERVICE x:y { ?s ?p ?o } }",
    "PREFIX x: <http://127.0.0.1:9/> ASK { SERVICEx:y { ?s ?p ?o } }",
    "PREFIX x: <http://127.0.0.1:9/> ASK { SeRvIcEsIlEnTx:y{ ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:9/> ASK { SERVICE:y { ?s ?p ?o } }",
    f"ASK {{ ?s ?p trueSERVICE{ELSEWHERE}{{ ?s ?p ?o }} }}",
    f"ASK {{ ?s ?p 1SERVICE{ELSEWHERE}{{ ?s ?p ?o }} }}",
    f"ASK {{ ?s ?p 'it''s'SERVICE{ELSEWHERE}{{ ?s ?p ?o }} }}",
    f"ASK {{ ?s ?p \"\"\"a\"b\"\"\"SERVICE{ELSEWHERE}{{ ?s ?p ?o }} }}",
    f"ASK {{ FILTER(1<'x>y')SERVICE{ELSEWHERE}{{?s ?p ?o}}#'\n}}",
    "ASK { FILTER(1<2)SERVICE#c>\n?s{?s ?p ?o}}",
    f"ASK {{ FILTER(1<x:a#c>'''\n)SERVICE{ELSEWHERE}{{?s ?p ?o}}#'''\n}}",
    f"ASK {{ <x:'> <p> 1 . FILTER(1<'x>y') SERVICE {ELSEWHERE} {{?s ?p ?o}} #'\n}}",
    f"SELECT * {{ {{ SELECT * {{ OPTIONAL {{ SERVICE {ELSEWHERE} {{ ?s ?p ?o }} }} }} }} }}",
]
INNOCENT = [
    'ASK { ?s ?p "SERVICE <http://x> { }" }',
    "ASK { ?s ?p 'service' , '''SERVICE\n<x> {''' , \"a \\\" SERVICE <x> {\" }",
    "ASK { ?s ?p ?o } # SERVICE <x> { ?s ?p ?o }",
    "# SERVICE <x> {\nASK { ?s ?p ?o }",
    "ASK { ?service <http://x.example/SERVICE#service> $SERVICE }",
    "PREFIX service: <http://x.example/> ASK { service:SERVICE service:x service: }",
    "PREFIX service: <http://x.example/> ASK { GRAPH service:x { ?s ?p ?o } }",
    "PREFIX service: <http://x.example/> SELECT * FROM service:x { ?s ?p ?o }",
    "PREFIX x: <http://x.example/> ASK { x:a.service x:SERVICE 'x'@service }",
    "ASK { _:service ?p ?o FILTER(?o < 3 && ?o > 1) }",
    "SELECT * { VALUES (?a ?b) { (<http://x.example/a> <http://x.example/b>) } ?s <http://x.example/service> ?o }",
]


@pytest.mark.parametrize("query", CALLS)
def test_a_call_of_another_server_is_seen(query: str) -> None:
    assert inspect(query, BASE).calls_service


@pytest.mark.parametrize("query", INNOCENT)
def test_the_word_alone_is_no_call(query: str) -> None:
    assert not inspect(query, BASE).calls_service


@pytest.mark.parametrize("query,form", [
    ("SELECT * {}", "SELECT"), ("select*{}", "SELECT"), ("SELECTDISTINCT ?x {}", "SELECT"), ("ask{}", "ASK"),
    ("PREFIX select: <x:y> ASK {}", "ASK"), ("BASE <x:select> DESCRIBE <ask>", "DESCRIBE"),
    ("# SELECT\nCONSTRUCT WHERE { ?s ?p ?o }", "CONSTRUCT"), ("INSERT DATA { <a:b> <a:c> 'SELECT' }", "update"),
    ("PREFIX x: <x:y> delete where { ?s ?p ?o }", "update"), ("CLEAR ALL", "update"), ("", None), ("nonsense", None),
])  # fmt: skip
def test_form(query: str, form: str | None) -> None:
    assert inspect(query, BASE).form == form


def test_graphs_of_from() -> None:
    query = """BASE <https://example.org/b/> PREFIX g: <https://example.org/g/>
    SELECT * FROM <one> FROM g:two FROM NAMED <https://example.org/three> FROM <one>
    WHERE { ?from <FROM> ?x . { SELECT * WHERE { ?s ?p ?o } } }"""
    found = inspect(query, BASE)
    assert found.default_graphs == ("https://example.org/b/one", "https://example.org/g/two")
    assert found.named_graphs == ("https://example.org/three",)


def test_prefixes_used_and_not_declared() -> None:
    query = "PREFIX a: <x:a#> SELECT * { ?s a:b c:d , 'e:f' , <g:h> ; : ?o . _:b ?p 'x'^^xsd:date # i:j\n}"
    assert inspect(query, BASE).undeclared == ("", "c", "xsd")


@given(st.text(max_size=300))
def test_no_text_breaks_the_scan(text: str) -> None:
    assert inspect(text, BASE) == inspect(text, BASE)


@pytest.mark.parametrize("piece", ["'", "<a", "a.a.", "{", "'''a", "a:", "1.1.", "(1<'a>", "service#", "?a <#> (", "\\", "_:a"])
def test_the_scan_is_linear(piece: str) -> None:
    """Eight times the text: a scan that looks back would take 64 times as long."""
    assert _cost(piece * (65536 // len(piece))) < 24 * _cost(piece * (8192 // len(piece)))


def _cost(text: str) -> float:
    """Seconds of processor time, the least of five."""
    taken = []
    for _ in range(5):
        begin = time.process_time()
        inspect(text, BASE)
        taken.append(time.process_time() - begin)
    return min(taken)


def test_a_namespace_keeps_its_number_sign():
    assert declared_prefixes("PREFIX a: <https://example.org/a#> PREFIX b: <b#> ASK {}", BASE) == {
        "a": "https://example.org/a#", "b": f"{BASE}b#",
    }  # fmt: skip
