"""kg/query_rewriting.py and kg/query_dialect.py: what goes to another engine means what was asked here, or does not go."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import ROOT
from endpoint_support import BASE, fixture_lines, vocabulary
from kg.published import DATA, current
from kg.query_dialect import not_passed_on
from kg.query_rewriting import over_graph, with_prefixes, with_values
from kg.store import Store, Term

ABOUT = {"thing": "id/seminar/2018-london", "index": "graph", "evidence": "id/evidence/000-2018-london", "service": "sparql"}
MERGE = f"{BASE}graph/merge"
THING = f"{BASE}id/lg/jp-asagiri-shi"
QUERIES = [
    "SELECT * { ?s ?p ?o }",
    "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o } HAVING (COUNT(*) > 1) # }",
    "SELECT ?g ?s { GRAPH ?g { ?s a ?c } }",
    "SELECT ?g ?s { ?s a ?c GRAPH$g{ ?s ?p '}' . FILTER(?p != <http://example.org/x>) } }",
    "SELECT DISTINCT ?g { ?s ?p ?o FILTER EXISTS { GRAPH ?g { ?s ?q ?o } } OPTIONAL { GRAPH ?h { ?o ?r ?t } } }",
    "SELECT ?g ?n { { SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g } }",
    f"SELECT ?s ?o {{ GRAPH <{BASE}graph/inferred> {{ ?s ?p ?o }} }} VALUES ?s {{ <{THING}> }}",
    "SELECT ?c { { SELECT DISTINCT ?c { ?s a ?c } } MINUS { ?x a ?c . FILTER(?x = ?c) } } ORDER BY ?c LIMIT 3",
    f"ASK {{ <{THING}> ?p ?o }}",
    "ASK {}",
    "CONSTRUCT { ?s a ?c } WHERE { GRAPH ?g { ?s a ?c } }",
    "CONSTRUCT WHERE { ?s a ?c }",
]


@pytest.fixture(scope="module")
def plain() -> Store:
    return Store.load(fixture_lines(), vocabulary().prefixes, BASE)


@pytest.fixture(scope="module")
def release(built: Path, sources) -> Store:
    return Store.load(current(built) / DATA, sources.vocabulary.prefixes, sources.vocabulary.base)


@pytest.fixture(scope="module")
def apart() -> Store:
    """The same data as an engine without a default graph holds it: the merge is a graph of its own, and others are there."""
    lines = fixture_lines()
    merged = {f"{line[: line.rindex(' <')]} <{MERGE}> ." for line in lines}
    store = Store.load([*lines, *merged, "<a:a> <a:b> <a:c> <http://elsewhere.example/graph> ."], vocabulary().prefixes, BASE)
    # Its default graph answers nothing that is asked of the merge: a triple counts for each graph that holds it.
    store.add(["<a:a> <a:b> <a:d> <http://elsewhere.example/other> ."])
    return store


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_over_a_graph_finds_what_it_finds_in_a_default_graph(text: str, plain: Store, apart: Store) -> None:
    expected, found = plain.run(text), apart.run(over_graph(text, MERGE, f"{BASE}graph/"))
    assert found[0] == expected[0]
    assert answers(found[1]) == answers(expected[1])


def test_without_the_rewriting_the_answers_differ(plain: Store, apart: Store) -> None:
    for text in (QUERIES[0], QUERIES[2], QUERIES[5]):
        assert answers(apart.run(text)[1]) != answers(plain.run(text)[1])


def answers(content: object) -> list[str]:
    return sorted(map(repr, content[1] if isinstance(content, tuple) else content))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted((ROOT / "endpoint" / "queries").glob("*.rq")), ids=lambda p: p.stem)
def test_values_put_into_the_text_are_those_bound_by_the_engine(path: Path, release: Store) -> None:
    text = path.read_text(encoding="utf-8")
    plain, base = release, release.base
    values = {name: Term(f"{base}{about}") for name, about in ABOUT.items() if f"?{name}" in text}
    if path.stem == "code":
        values = {"code": Term("22130", "literal")}
    body = "\n".join(line for line in text.splitlines() if not line.startswith(("#", "PREFIX")))
    if body.startswith("SELECT"):
        # The engine binds only what is projected.
        values = {name: term for name, term in values.items() if f" ?{name} " in body.partition("{")[0]}
    bound = with_values(text, {name: str(term) for name, term in values.items()})
    if "CONSTRUCT" in text:
        assert plain.construct(bound) == plain.construct(text, values)
    elif text.lstrip("# \n").startswith("ASK"):
        assert plain.ask(bound) == plain.ask(text, values)
    else:
        key = lambda row: repr(sorted(row.items()))  # noqa: E731
        assert sorted(plain.select(bound), key=key) == sorted(plain.select(text, values), key=key)


def test_a_value_is_one_term_whatever_it_holds() -> None:
    hostile = Term('x" } INSERT DATA { <a:a> <a:b> "\n\\', "literal", language="ja")
    text = with_values("SELECT ?s ?v WHERE { ?s ?p ?v } ORDER BY ?v", {"v": str(hostile)})
    store = Store.load([f"<a:s> <a:p> {hostile} <a:g> ."])
    assert [row["v"] for row in store.select(text)] == [hostile]
    assert with_values('SELECT ?s { ?s ?p "?v" } # ?v', {"v": "1"}) == 'SELECT ?s { ?s ?p "?v" } # ?v'


def test_declared_prefixes_keep_the_lines() -> None:
    text = with_prefixes("SELECT *\n{ ?s a x:y }", {"x": "http://example.org/"})
    assert text.startswith("PREFIX x: <http://example.org/> SELECT *\n") and text.count("\n") == 1


@pytest.mark.parametrize("text", [
    "SELECT * { ?s <a:list> (1 2) }", "PREFIX x: <x:> SELECT * { ?s x:p/(x:q|x:r) (1 (2 3)) }",
    "PREFIX x: <http://www.w3.org/2001/XMLSchema#> SELECT (x:date(?d) AS ?e) { ?s ?p ?d FILTER x:boolean(?d) }",
    "SELECT * { ?s ?p ?o FILTER(?o IN (<a:b>, <a:c>)) VALUES (?o) { (<a:b>) } }",
    'SELECT * { ?s ?p "<bif:x>(1)" } # <bif:y>(1)', "SELECT * { FILTER(CONTAINS(STR(?x), '\\u65e5')) }",
    "SELECT * { " + "{" * 30 + "}" * 30 + "}",
])  # fmt: skip
def test_what_people_write_is_passed_on(text: str) -> None:
    assert not_passed_on(text, BASE) is None


@pytest.mark.parametrize("text, part", [
    ("SELECT (<bif:f>(1) AS ?x) {}", "<bif:f>"), ("PREFIX x: <sql:> SELECT * { FILTER x:f(1) }", "x:f"),
    ("PREFIX x: <x:> SELECT * { ?s ?p ?o } GROUP BY x:f(?s) x:g(?o)", "x:f"),
    ("PREFIX x: <x:> SELECT * { ?s ?p ?o } HAVING(?o) x:g(?o)", "x:g"),
    ("PREFIX x: <x:> SELECT * { ?s ?p ?o } ORDER BY DESC(?s) x:g (?o)", "x:g"),
    ("PREFIX x: <x:> SELECT * { FILTER(1<x:f(?u)&&?u>2) }", "<x:f(?u)&&?u>"),
    ("PREFIX xsd: <http://www.w3.org/2001/XMLSchema> SELECT (xsd:f(1) AS ?x) {}", "xsd:f"),
    ('SELECT * { FILTER("\\U00000022" = "") }', "\\U00000022"), ("SELECT * { <\\u0062if:x> ?p ?o }", "\\u0062"),
    ("ASK " + "{" * 65 + "}" * 65, "{"), ("ASK { FILTER" + "(" * 70 + "1" + ")" * 70 + "}", "("),
])  # fmt: skip
def test_what_another_engine_may_take_for_more_is_not(text: str, part: str) -> None:
    assert not_passed_on(text, BASE) == part
