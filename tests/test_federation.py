"""The queries that join ours with Wikidata: run by a client of the reader, over the dump of a running server of ours and a
running SPARQL server that holds a slice shaped as Wikidata is, of our own making.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pyoxigraph
import pytest
from rdflib import Graph

from conftest import ROOT
from endpoint_support import Server, running
from kg import examples, published, release
from kg.store import Store

QUERIES = sorted((ROOT / "endpoint" / "examples" / "federated").glob("*.rq"))
WIKIDATA = "https://query.wikidata.org/sparql"
WDT, ITEM = "http://www.wikidata.org/prop/direct/", "http://www.wikidata.org/entity/"
DECIMAL, WKT = "http://www.w3.org/2001/XMLSchema#decimal", "http://www.opengis.net/ont/geosparql#wktLiteral"


def slice_of_wikidata(items: list[str]) -> list[str]:
    """Population and position of each item, and one tie that is there: Nagasaki and Saint Paul."""
    lines = []
    for number, item in enumerate(items, 1):
        lines.append(f'<{ITEM}{item}> <{WDT}P1082> "{number * 1000}"^^<{DECIMAL}> <{ITEM}graph> .')
        lines.append(f'<{ITEM}{item}> <{WDT}P625> "Point({number} 35)"^^<{WKT}> <{ITEM}graph> .')
    return sorted([*lines, f"<{ITEM}Q38234> <{WDT}P190> <{ITEM}Q28848> <{ITEM}graph> ."])


@pytest.fixture(scope="module")
def store(built, sources) -> Store:
    return Store.load(published.current(built) / published.DATA, sources.vocabulary.prefixes, sources.vocabulary.base)


@pytest.fixture(scope="module")
def items(store) -> list[str]:
    rows = store.select("SELECT DISTINCT ?item { ?thing a jichi:LocalGovernment ; skos:exactMatch ?item }")
    return sorted(row["item"].value.removeprefix(ITEM) for row in rows)


@pytest.fixture(scope="module")
def servers(built, items, tmp_path_factory) -> Iterator[tuple[Server, Server]]:
    data = "".join(f"{line}\n" for line in slice_of_wikidata(items)).encode()
    facts = {"version": "slice", "counts": {}, "sha256": "", "sources": ""}
    out = tmp_path_factory.mktemp("wikidata")
    release.publish(out, "slice", {published.DATA: data, published.FACTS: json.dumps(facts).encode()})
    with running(built / "current", project=ROOT) as ours, running(out / "current", project=ROOT) as theirs:
        yield ours, theirs


@pytest.fixture(scope="module")
def told(project) -> dict[str, examples.Example]:
    return {example.name: example for example in examples.load(project)}


@pytest.fixture(scope="module")
def ask(servers, sources, told):
    """A query as a reader copies it, asked by a client that has loaded our dump; only the address of the other is that here."""
    dump = servers[0].get("/dump/jichi.ttl").body
    graph, store = Graph().parse(data=dump, format="turtle"), pyoxigraph.Store()
    store.bulk_load(dump, pyoxigraph.RdfFormat.TURTLE)

    def run(name: str, client: str) -> list[dict[str, str]]:
        text = examples.completed(told[name].query, sources.vocabulary.base, sources.vocabulary.prefixes)
        assert text.count(f"<{WIKIDATA}>") == 1
        text = text.replace(f"<{WIKIDATA}>", f"<{servers[1].address}/sparql>")
        if client == "rdflib":
            return [{str(name): str(value) for name, value in row.items()} for row in graph.query(text).bindings]
        result = store.query(text)
        names = [variable.value for variable in result.variables]
        return [{n: term.value for n, term in zip(names, row, strict=True) if term is not None} for row in result]

    return run


CLIENTS = pytest.mark.parametrize("client", ["rdflib", "pyoxigraph"])


def test_there_are_three_and_each_says_what_it_needs(told):
    assert len(QUERIES) == 3
    for path in QUERIES:
        assert told[path.stem].needs == WIKIDATA and "federated" in told[path.stem].about


@CLIENTS
def test_the_population_of_each_host(ask, store, items, client):
    rows = ask("population-of-hosts", client)
    hosts = store.select("SELECT DISTINCT ?host ?item { ?s a jichi:Seminar ; jichi:hostedBy ?host . ?host jichi:inPrefecture ?p ; skos:exactMatch ?item }")
    people = {row["item"].value: (items.index(row["item"].value.removeprefix(ITEM)) + 1) * 1000 for row in hosts}
    assert {row["item"]: int(float(row["population"])) for row in rows} == people and len(rows) > 20
    assert [float(row["population"]) for row in rows] == sorted((float(row["population"]) for row in rows), reverse=True)


@CLIENTS
def test_the_position_of_each_member(ask, store, client):
    rows = ask("network-members-on-a-map", client)
    members = store.select("SELECT DISTINCT ?member ?net { ?m a org:Membership ; org:member ?member ; org:organization ?net ."
                           " ?net a jichi:Network . ?member skos:exactMatch ?item }")
    assert {row["member"] for row in rows} == {row["member"].value for row in members}
    assert all(re.fullmatch(r"Point\(\d+ 35\)", row["position"]) for row in rows)


@CLIENTS
def test_the_ties_that_are_there_and_those_that_are_not(ask, client):
    rows = ask("ties-that-wikidata-lacks", client)
    known = {row["tie"].rpartition("/")[2]: row["known"] for row in rows}
    assert known.pop("jp-nagasaki-nagasaki-shi--us-mn-saint-paul") == "true"
    assert known and set(known.values()) == {"false"}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_the_page_shows_the_query_and_what_it_needs_and_the_server_asks_nobody(path, servers, told):
    ours = servers[0]
    for language, question in (("en", told[path.stem].en), ("ja", told[path.stem].ja)):
        page = ours.get(f"/sparql?example={path.stem}&lang={language}", accept="text/html").text
        assert question in page and WIKIDATA in page
    reply = ours.post_form(told[path.stem].query, accept="application/sparql-results+json")
    assert reply.status == 400 and "service" in reply.text.lower()
