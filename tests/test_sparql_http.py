"""The SPARQL endpoint over a real socket."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from endpoint_support import BASE, Server, fixture_lines, running, vocabulary, write_release
from rdflib import Dataset, Graph, URIRef

from endpoint.workers import Limits
from kg.store import parse

TOWNS = f"SELECT ?town WHERE {{ ?town a <{BASE}def#Town> }} ORDER BY ?town"
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
GRAPH = f"CONSTRUCT {{ ?s a ?c }} WHERE {{ ?s a ?c . FILTER(?c = <{BASE}def#Town>) }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
JAPANESE = 'SELECT ?town WHERE { ?town ?p "朝霧市"@ja FILTER("100% + 1&2=3" != "") }'
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LIMITS = Limits(workers=2, queue=2, deadline=1.5, patience=3.0, answer=200_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = write_release(tmp_path_factory.mktemp("release"), fixture_lines(), vocabulary())
    with running(folder, limits=LIMITS) as address:
        yield address


# ---- forms of a request, forms of an answer

@pytest.mark.parametrize("query", [TOWNS, COUNT, GRAPH, JAPANESE, "ASK {}", f"DESCRIBE <{BASE}id/lg/jp-asagiri-shi>"])
def test_get_form_and_direct_answer_the_same_bytes(server: Server, query: str) -> None:
    replies = [server.query(query), server.post_form(query), server.post_direct(query)]
    assert {r.status for r in replies} == {200}
    assert len({(r.body, r.headers["content-type"]) for r in replies}) == 1
    assert server.request("HEAD", f"/sparql?{urlencode({'query': query})}").headers["content-length"] == str(
        len(replies[0].body))


def test_json_by_default(server: Server) -> None:
    for accept in (None, "*/*", "application/*"):
        reply = server.query(TOWNS, accept)
        assert reply.type == "application/sparql-results+json"
        assert reply.values("town") == [f"{BASE}id/lg/jp-asagiri-shi", f"{BASE}id/lg/jp-yunagi-cho"]
        assert "accept" in reply.headers["vary"].lower()


def test_results_as_xml_csv_and_tsv(server: Server) -> None:
    xml = server.query(TOWNS, "application/sparql-results+xml")
    found = ElementTree.fromstring(xml.body).iter("{http://www.w3.org/2005/sparql-results#}uri")
    assert [uri.text for uri in found] == [f"{BASE}id/lg/jp-asagiri-shi", f"{BASE}id/lg/jp-yunagi-cho"]
    table = server.query('SELECT ("a,\\"b\\"\\n朝" AS ?x) {}', "text/csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(table.text, newline=""))) == [["x"], ['a,"b"\n朝']]
    assert server.query(TOWNS, "text/tab-separated-values").text.split("\n")[1] == f"<{BASE}id/lg/jp-asagiri-shi>"


@pytest.mark.parametrize("accept,form", [
    ("text/turtle", "turtle"), ("application/n-triples", "nt"), ("application/ld+json", "json-ld"),
    ("application/rdf+xml", "xml"), ("*/*", "turtle"),
])  # fmt: skip
def test_graphs_in_four_formats(server: Server, accept: str, form: str) -> None:
    reply = server.query(GRAPH, accept)
    assert reply.type == ("text/turtle" if accept == "*/*" else accept)
    graph = Graph().parse(data=reply.text, format=form)
    assert set(graph.subjects()) == {URIRef(f"{BASE}id/lg/{key}") for key in ("jp-asagiri-shi", "jp-yunagi-cho")}


def test_ask(server: Server) -> None:
    assert server.query("ASK {}").json() == {"head": {}, "boolean": True}
    assert server.query("ASK { <a:b> ?p ?o }").json()["boolean"] is False
    assert "<boolean>true</boolean>" in server.query("ASK {}", "application/xml").text


def test_an_unknown_type_is_406_with_the_alternatives(server: Server) -> None:
    for query, expected in ((TOWNS, "application/sparql-results+json"), (GRAPH, "text/turtle")):
        reply = server.query(query, "image/png")
        assert (reply.status, reply.type) == (406, "application/problem+json")
        assert expected in reply.json()["offered"]
    assert server.query(TOWNS, "text/turtle").status == 406


def test_extra_arguments_of_real_clients_do_no_harm(server: Server) -> None:
    reply = server.query(COUNT, "application/sparql-results+json", timeout="30000", debug="on", output="json",
                         results="json", format="strange", signal_void="on")
    assert reply.values("n") == ["115"]
    assert server.query(COUNT, "text/html", format="csv").type == "text/csv"
    assert server.query(COUNT, None, format="application/sparql-results+xml").type == "application/sparql-results+xml"


def test_content_types_with_parameters_and_capitals(server: Server) -> None:
    for value in ("application/sparql-query; charset=UTF-8", "Application/SPARQL-Query;charset=utf-8"):
        assert server.request("POST", "/sparql", {"Content-Type": value}, b"ASK {}").status == 200
    body = urlencode({"query": "ASK {}"}).encode()
    value = "application/x-www-form-urlencoded; charset=UTF-8"
    assert server.request("POST", "/sparql", {"Content-Type": value}, body).status == 200


# ---- the data set

def test_the_default_graph_counts_a_triple_once(server: Server) -> None:
    assert server.query(COUNT).values("n") == ["115"]
    assert server.query("SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }").values("n") == ["118"]
    other = Dataset(default_union=True)
    other.parse(data="\n".join(fixture_lines()), format="nquads")
    path = f"SELECT (COUNT(*) AS ?n) WHERE {{ ?s <{BASE}def#hostedBy>/<https://schema.org/name> ?name }}"
    assert server.query(path).values("n") == ["2"] == [str(next(iter(other.query(path)))[0])]


@pytest.mark.parametrize("how", ["protocol", "from"])
def test_several_graphs_are_merged_without_duplicates(server: Server, how: str) -> None:
    graphs = [f"{BASE}graph/{name}" for name in ("inferred", "rec/900-2021-lisbon", "rec/900-2022-lisbon")]
    pattern = "{ ?town <https://schema.org/name> ?name }"
    if how == "from":
        reply = server.query(f"SELECT ?town {' '.join(f'FROM <{g}>' for g in graphs)} WHERE {pattern}")
    else:
        chosen = "&".join(f"default-graph-uri={quote(g, safe='')}" for g in graphs)
        reply = server.get(f"/sparql?{urlencode({'query': f'SELECT ?town WHERE {pattern}'})}&{chosen}")
    assert reply.values("town") == [f"{BASE}id/lg/jp-asagiri-shi"]


def test_named_graphs(server: Server) -> None:
    graphs = f"named-graph-uri={quote(f'{BASE}graph/inferred', safe='')}"
    every = urlencode({"query": "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"})
    assert server.get(f"/sparql?{every}&{graphs}").values("g") == [f"{BASE}graph/inferred"]
    assert server.get(f"/sparql?{urlencode({'query': COUNT})}&{graphs}").values("n") == ["0"]
    text = f"PREFIX graph: <{BASE}graph/> SELECT DISTINCT ?g FROM NAMED graph:prov WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    assert server.query(text).values("g") == [f"{BASE}graph/prov"]


def test_the_protocol_wins_over_from(server: Server) -> None:
    text = f"SELECT (COUNT(*) AS ?n) FROM <{BASE}graph/prov> WHERE {{ ?s <https://schema.org/name> ?o }}"
    assert server.query(text).values("n") == ["0"]
    assert server.query(text, **{"default-graph-uri": f"{BASE}graph/inferred"}).values("n") == ["1"]
    graph = quote(f"{BASE}graph/inferred", safe="")
    assert server.post_form(text, path=f"/sparql?default-graph-uri={graph}").values("n") == ["1"]
    assert server.post_direct(text, path=f"/sparql?default-graph-uri={graph}").values("n") == ["1"]


@pytest.mark.parametrize("graph", ["relative", "http://a b", "http://a><b", ""])
def test_a_graph_that_is_no_iri(server: Server, graph: str) -> None:
    assert problem(server.query(COUNT, **{"default-graph-uri": graph}), 400) == "graph-iri"


# ---- refusals

def problem(reply: object, status: int) -> str:
    """The code of an error, after a look at the parts that every error has."""
    assert reply.status == status, reply.text
    assert reply.type == "application/problem+json"
    found = reply.json()
    assert found["status"] == status and found["title"] and found["detail"]
    assert found["type"].endswith(f"/errors#{found['code']}")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["x-content-type-options"] == "nosniff"
    return found["code"]


def test_a_function_of_somebody_else_is_refused(server: Server) -> None:
    reply = server.query("SELECT (<https://example.org/no-such-function>(1) AS ?x) {}")
    assert reply.status == 400 and reply.json()["code"] == "query-unsupported"
    assert "no-such-function" in reply.json()["detail"]


def test_a_syntax_error_has_a_position(server: Server) -> None:
    reply = server.query("SELECT * WHERE {\n  ?s ?p }")
    assert problem(reply, 400) == "query-syntax"
    assert (reply.json()["line"], reply.json()["column"]) == (2, 9), "the brace"


def test_an_undeclared_prefix_shows_the_missing_line(server: Server) -> None:
    reply = server.query("SELECT ?s WHERE { ?s a jichi:Town ; skos:prefLabel ?o }")
    assert problem(reply, 400) == "prefix-missing"
    lines = reply.json()["lines"]
    assert lines == f"PREFIX jichi: <{BASE}def#>\nPREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
    assert len(server.query(f"{lines}\nSELECT ?s WHERE {{ ?s a jichi:Town ; skos:prefLabel ?o }}").values("s")) == 4
    unknown = server.query("SELECT ?s WHERE { ?s jici:hostedBy ?o }")
    assert problem(unknown, 400) == "prefix-unknown"
    assert "jichi" in unknown.json()["nearest"]


@pytest.mark.parametrize("text", ["INSERT DATA { <a:a> <a:b> 1 }", "CLEAR ALL", "PREFIX x: <x:y> DROP GRAPH <a:a>"])
def test_updates_are_refused(server: Server, text: str) -> None:
    assert problem(server.query(text), 400) == "update-refused"
    assert problem(server.post_direct(text), 400) == "update-refused"
    assert problem(server.get(f"/sparql?{urlencode({'update': text})}"), 400) == "update-refused"
    typed = server.request("POST", "/sparql", {"Content-Type": "application/sparql-update"}, text.encode())
    assert problem(typed, 400) == "update-refused"
    form = server.request("POST", "/sparql", {"Content-Type": "application/x-www-form-urlencoded"},
                          urlencode({"update": text}).encode())
    assert problem(form, 400) == "update-refused"
    assert server.query(COUNT).values("n") == ["115"]


def test_service_is_refused(server: Server) -> None:
    for text in ("ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "ASK{SERVICE SILENT<http://127.0.0.1:9/>{}}"):
        assert problem(server.query(text), 400) == "service-refused"
    assert server.query('ASK { FILTER("SERVICE <x> {" != "") } # SERVICE <x> {').json()["boolean"] is True


@pytest.mark.parametrize("path,status,code", [
    ("/sparql?query=", 400, "query-empty"),
    ("/sparql?query=ASK%20%7B%7D&query=ASK%20%7B%7D", 400, "query-repeated"),
    ("/sparql?query=%FF%FE", 400, "query-encoding"),
    (f"/sparql?query={quote('ASK {} #' + 'x' * 66000)}", 413, "query-too-long"),
])  # fmt: skip
def test_requests_that_cannot_be(server: Server, path: str, status: int, code: str) -> None:
    assert problem(server.get(path), status) == code


@pytest.mark.parametrize("headers,body,status,code", [
    ({"Content-Type": "text/plain"}, b"ASK {}", 415, "media-type-unsupported"),
    ({}, b"ASK {}", 415, "media-type-unsupported"),
    ({"Content-Type": "application/sparql-query; charset=UTF-16"}, "ASK {}".encode("utf-16"), 400, "query-encoding"),
    ({"Content-Type": "application/sparql-query"}, b"ASK { ?s ?p '\xff' }", 400, "query-encoding"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, b"query=%E6%9C", 400, "query-encoding"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, b"other=1", 400, "query-missing"),
    ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=1&" * 3000, 400, "request-bad"),
    ({"Content-Type": "application/sparql-query"}, b"#" * 300_000, 413, "body-too-large"),
    ({"Content-Type": "application/sparql-query"}, b"ASK {}#" + b"x" * 70_000, 413, "query-too-long"),
])  # fmt: skip
def test_posts_that_cannot_be(server: Server, headers: dict[str, str], body: bytes, status: int, code: str) -> None:
    assert problem(server.request("POST", "/sparql", headers, body), status) == code


def test_other_methods(server: Server) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        reply = server.request(method, "/sparql?query=ASK%20%7B%7D", {}, b"")
        assert problem(reply, 405) == "method-not-allowed"
        assert "GET" in reply.headers["allow"]


def test_a_preflight(server: Server) -> None:
    reply = server.request("OPTIONS", "/sparql", {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
    assert reply.status in (200, 204)
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert "content-type" in reply.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in reply.headers


# ---- limits

def test_a_runaway_query_is_stopped_and_others_are_answered(server: Server) -> None:
    found: list[tuple[int, str]] = []

    def attack() -> None:
        reply = server.query(ENDLESS)
        found.append((reply.status, reply.json()["code"]))
        assert int(reply.headers["retry-after"]) > 0

    attacker = threading.Thread(target=attack)
    attacker.start()
    time.sleep(0.3)
    assert server.query(COUNT).values("n") == ["115"]
    assert attacker.is_alive(), "it did not wait for the other"
    attacker.join()
    assert found == [(503, "query-timeout")]
    assert server.query(COUNT).values("n") == ["115"]


def test_a_flood_is_answered_with_503_and_retry_after(server: Server) -> None:
    codes: list[tuple[int, str, bool]] = []

    def attack() -> None:
        reply = server.query(ENDLESS)
        codes.append((reply.status, reply.json()["code"], "retry-after" in reply.headers))

    attackers = [threading.Thread(target=attack) for _ in range(7)]
    for attacker in attackers:
        attacker.start()
    for attacker in attackers:
        attacker.join()
    assert {(status, retry) for status, _, retry in codes} == {(503, True)}
    assert {code for _, code, _ in codes} == {"queue-full", "query-timeout"}
    assert server.query(COUNT).values("n") == ["115"]


def test_hostile_queries(server: Server) -> None:
    for text in ("ASK " + "{" * 20000 + "}" * 20000, "ASK { FILTER(" + "(" * 30000 + "1" + ")" * 30000 + ") }"):
        assert server.query(text).status in (200, 400, 413, 503)
        assert server.post_direct(text).status in (200, 400, 503)
    assert problem(server.query("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }"), 400) == "answer-too-large"
    assert server.query(COUNT).values("n") == ["115"]


# ---- without a query

def test_a_service_description_for_machines(server: Server) -> None:
    for accept in (None, "*/*", "text/turtle", "application/rdf+xml", "application/ld+json"):
        reply = server.get("/sparql", accept)
        lines = parse(reply.body, {"application/rdf+xml": "rdfxml", "application/ld+json": "jsonld"}.get(
            reply.type, "turtle"))
        sd = "http://www.w3.org/ns/sparql-service-description#"
        assert f"<{server.address}/sparql> <{sd}endpoint> <{server.address}/sparql> ." in lines
        assert not any("BasicFederatedQuery" in line or line.startswith("_:") for line in lines)
        named = [line for line in lines if f"<{sd}name>" in line]
        assert len(named) == 8
        assert any('"115"' in line for line in lines)


def test_a_form_for_people(server: Server) -> None:
    reply = server.get("/sparql", BROWSER)
    assert (reply.type, reply.status) == ("text/html", 200)
    assert "<textarea" in reply.text
    shown = server.query(TOWNS, BROWSER)
    assert shown.type == "text/html" and 'href="/doc/lg/jp-asagiri-shi"' in shown.text
    assert "Lanterns &amp; &lt;harbours&gt;" in server.query(
        f"SELECT ?t WHERE {{ ?s <{BASE}def#theme> ?t }}", BROWSER).text
    assert "text/turtle" not in server.query(GRAPH, BROWSER).type
    wrong = server.query("SELECT", BROWSER)
    assert (wrong.status, wrong.type) == (400, "text/html")
    assert 'role="alert"' in wrong.text and ">SELECT</textarea>" in wrong.text, "the form again, with the query"


def test_never_a_page_for_a_machine(server: Server) -> None:
    for accept in (None, "*/*", "application/json, */*;q=0.5", "text/csv, */*"):
        assert server.query(COUNT, accept).type != "text/html"
        assert server.query("nonsense", accept).type == "application/problem+json"
