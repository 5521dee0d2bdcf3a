"""What went wrong with other publishers, each row a test here: groups A (requests), B (headers), C (load), D (IRIs).

`ROWS` is the table: number, what happened there, the test that holds it off here; `ELSEWHERE` names the files of other tests.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import brotli
import pytest
from client_support import program
from endpoint_support import BASE, Reply, Server, fixture_lines, running, vocabulary, write_release
from rdflib import DCAT, DCTERMS, Dataset, Graph, URIRef

from endpoint import coding
from endpoint.gate import Rate
from endpoint.negotiation import FORMATS
from endpoint.workers import Limits
from kg.store import parse, terms

ROWS = {
    "A1": ("form body decoded twice", "test_a1_a2_a4_the_same_bytes_by_every_method"),
    "A2": ("content type with a charset refused", "test_a1_a2_a4_the_same_bytes_by_every_method"),
    "A3": ("body split at every =", "test_a3_a_body_with_bare_signs"),
    "A4": ("UTF-8 mangled", "test_a1_a2_a4_the_same_bytes_by_every_method"),
    "A5": ("Accept ignored, q ignored, capitals not matched", "test_a5_a6_fourteen_accept_headers"),
    "A6": ("*/* at low q breaks negotiation", "test_a5_a6_fourteen_accept_headers"),
    "A7": ("a graph labelled as results", "test_a7_a_body_is_what_its_label_says"),
    "A8": ("raw XML for a browser", "test_a8_a_browser_sees_a_page_with_files"),
    "A9": ("advertised types refused", "test_a9_what_the_description_names_is_served"),
    "A10": ("a page where a client expected results", "test_a10_no_page_for_a_machine"),
    "A11": ("a syntax error answered 200", "test_a11_a12_a13_a15_refusals"),
    "A12": ("two queries accepted", "test_a11_a12_a13_a15_refusals"),
    "A13": ("wrong content type answered 200", "test_a11_a12_a13_a15_refusals"),
    "A14": ("an unknown default graph ignored", "test_a14_an_unknown_graph_is_empty"),
    "A15": ("bytes that are no UTF-8 give 500", "test_a11_a12_a13_a15_refusals"),
    "A16": ("parameters that clients add", "test_a16_extra_parameters"),
    "A17": ("JSON without head", "test_a17_a18_json_of_the_recommendation_by_default"),
    "A18": ("another default than JSON results", "test_a17_a18_json_of_the_recommendation_by_default"),
    "A19": ("updates allowed, or 500", "test_a19_updates"),
    "B1": ("HEAD refused", "test_b1_b2_b3_b9_head_is_get_without_a_body"),
    "B2": ("HEAD with another type and ETag", "test_b1_b2_b3_b9_head_is_get_without_a_body"),
    "B3": ("HEAD ignores Accept", "test_b1_b2_b3_b9_head_is_get_without_a_body"),
    "B4": ("no Vary", "test_b4_vary"),
    "B5": ("no CORS on errors and preflight", "test_b5_b6_b7_any_origin_may_read_every_answer"),
    "B6": ("credentials allowed for all", "test_b5_b6_b7_any_origin_may_read_every_answer"),
    "B7": ("If-None-Match not allowed", "test_b5_b6_b7_any_origin_may_read_every_answer"),
    "B8": ("a compressed dump under a wrong type", "test_b8_a_packed_dump_is_a_file_of_its_own"),
    "B9": ("type probed with HEAD", "test_b1_b2_b3_b9_head_is_get_without_a_body"),
    "C3": ("cut in the middle of an answer", "test_c2_c3_no_answer_is_cut"),
    "C2": ("200 with an error as its last row", "test_c2_c3_no_answer_is_cut"),
    "C4": ("a silent limit of rows", "test_c4_an_export_is_whole"),
    "C6": ("405 instead of 429 for throttling", "test_c6_who_asks_too_often_is_told_when_to_come_back"),
    "C7": ("LIMIT added to a query", "test_c7_the_query_shown_is_the_query_sent"),
    "D1": ("an IRI with other letters gives 404 by spelling", "test_d1_d2_spellings_of_a_path"),
    "D2": ("%2F and %25 lost", "test_d1_d2_spellings_of_a_path"),
    "D3": ("an IRI mangled on the second click", "test_d3_links_of_pages_lead_on"),
    "D4": ("Location that is not ASCII", "test_d4_a_location_is_ascii"),
    "D5": ("a test client that encodes paths", "test_d5_tests_go_over_a_socket"),
    "D6": ("IRI and address spelled differently", "test_d6_the_iri_asked_for_is_the_subject"),
    "D7": ("characters of the sources that no parser takes", "test_d7_the_dumps_are_parsed_strictly_by_programs_of_others"),
    "D8": ("a path put into SPARQL", "test_d8_a_path_is_never_part_of_a_query"),
    "D9": ("the namespace without its slash", "test_d9_the_namespace_with_and_without_its_end"),
    "D10": ("redirects leave the sub-path", "test_d10_all_links_stay_below_the_prefix"),
    "D11": ("links to Wikidata that do not join", "test_d11_links_to_wikidata_are_those_of_wikidata"),
}
UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": coding.zstd.decompress}
ELSEWHERE = {
    "C1": "test_attacks.py", "C5": "test_attacks.py", "C8": "test_attacks.py", "C9": "test_attacks.py",
    "C10": "test_attacks.py", "D12": "test_tombstones.py",
}  # fmt: skip
"""rows whose test, named by the number, stands in another file"""
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
SELECT = f"SELECT ?s WHERE {{ ?s a <{BASE}def#Town> }} ORDER BY ?s"
CONSTRUCT = f"CONSTRUCT {{ ?s a <{BASE}def#Town> }} WHERE {{ ?s a <{BASE}def#Town> }}"
DESCRIBE = f"DESCRIBE <{BASE}id/lg/jp-asagiri-shi>"
ALL = "CONSTRUCT WHERE { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"), fixture_lines(), vocabulary())


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with running(folder, limits=Limits(deadline=1.0, answer=100_000)) as address:
        yield address


def test_the_table_names_tests_that_exist() -> None:
    numbers = {f"{group}{n}" for group, last in (("A", 19), ("B", 9), ("C", 10), ("D", 12)) for n in range(1, last + 1)}
    assert set(ROWS) | set(ELSEWHERE) == numbers
    assert len(ROWS) + len(ELSEWHERE) == len(numbers) == 50
    others = {name: (Path(__file__).parent / name).read_text(encoding="utf-8") for name in ELSEWHERE.values()}
    assert [row for row, name in ELSEWHERE.items() if f"def test_{row.lower()}_" not in others[name]] == []
    assert [name for _, name in ROWS.values() if not callable(globals().get(name))] == []


# ---- A: requests and Accept

@pytest.mark.parametrize("query", [
    'SELECT ?t WHERE { ?t ?p "朝霧市"@ja FILTER("a%20b%25c+d&e=f;g" != "") }',
    'SELECT ("%E5%8D%83+%2B&=?#" AS ?x) {}',
    "ASK { <http://example.org/%E5%8D%83%E4%BB%A3> ?p ?o }",
    'ASK { FILTER("日本\\u8A9E" = "日本語") }',
])  # fmt: skip
def test_a1_a2_a4_the_same_bytes_by_every_method(server: Server, query: str) -> None:
    form = urlencode({"query": query}).encode()
    direct = query.encode()
    replies = [
        server.query(query),
        server.get(f"/sparql?query={quote(query, safe='')}"),
        *(server.request("POST", "/sparql", {"Content-Type": t}, form) for t in (
            FORM, f"{FORM}; charset=UTF-8", "Application/X-WWW-Form-URLEncoded;charset=utf-8")),
        *(server.request("POST", "/sparql", {"Content-Type": t}, direct) for t in (
            "application/sparql-query", "APPLICATION/SPARQL-QUERY; Charset=\"utf-8\"")),
    ]  # fmt: skip
    assert [r.status for r in replies] == [200] * 7, [r.text for r in replies if r.status != 200]
    assert len({r.body for r in replies}) == 1
    if "朝霧市" in query:
        assert replies[0].values("t") == [f"{BASE}id/lg/jp-asagiri-shi"]
    if "AS ?x" in query:
        assert replies[0].values("x") == ["%E5%8D%83+%2B&=?#"], "decoded once, not twice"
    if "8A9E" in query:
        assert replies[0].json()["boolean"] is True


@pytest.mark.parametrize("body,status", [
    (b"query=ASK{FILTER(1=1)}", 200), (b"query=ASK%7B%7D&a=b=c==", 200), (b"===", 400), (b"=&=&=", 400), (b"query", 400),
    (b"&&query=ASK%7B%7D&&", 200), (b"query=ASK%7B%7D&%zz=%", 200),
])  # fmt: skip
def test_a3_a_body_with_bare_signs(server: Server, body: bytes, status: int) -> None:
    assert server.request("POST", "/sparql", {"Content-Type": FORM}, body).status == status


ACCEPTED = [
    (None, "json", "turtle"), ("*/*", "json", "turtle"), ("", "json", "turtle"),
    ("application/sparql-results+json", "json", 406), ("APPLICATION/SPARQL-RESULTS+XML", "xml", 406),
    ("application/json;q=1, application/xml;q=0.9, */*;q=0.1", "json", "jsonld"),
    ("text/csv;q=0.2, text/tab-separated-values;q=0.8, text/turtle;q=0.5", "tsv", "turtle"),
    ("text/csv;q=0, */*", "json", "turtle"), ("application/sparql-results+json;q=0, text/csv;q=0.1", "csv", 406),
    ("text/*", "csv", "turtle"), ("Text/Turtle; Charset=UTF-8, text/csv; header=present", "csv", "turtle"),
    ("application/rdf+xml, text/n3, text/turtle;q=0.5, application/sparql-results+xml", "xml", "rdfxml"),
    ("image/png, */*;q=0.01", "json", "turtle"), ("text/csv;q=1.0;x=y , nonsense, ;;q=, text/csv", "csv", 406),
]  # fmt: skip


@pytest.mark.parametrize("accept,results,graph", ACCEPTED)
def test_a5_a6_fourteen_accept_headers(server: Server, accept: str | None, results: str, graph: object) -> None:
    for query, expected in ((SELECT, results), ("ASK {}", results), (CONSTRUCT, graph), (DESCRIBE, graph)):
        reply = server.query(query, accept)
        if expected == 406:
            assert (reply.status, reply.type) == (406, "application/problem+json"), query
            assert reply.json()["offered"]
        else:
            kinds = {media for f in FORMATS if f.name == expected for media in (f.media_type, *f.aliases)}
            assert reply.status == 200 and reply.type in kinds, (query, reply.type)


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE, SELECT, "ASK {}"])
def test_a7_a_body_is_what_its_label_says(server: Server, query: str) -> None:
    readers = {"text/turtle": "turtle", "application/n-triples": "nt", "application/rdf+xml": "xml",
               "application/ld+json": "json-ld"}
    for format in FORMATS:
        reply = server.query(query, format.media_type)
        if format.kind == "page" or reply.status == 406:
            continue
        assert reply.status == 200 and reply.type == format.media_type
        if reply.type in readers:
            assert len(Graph().parse(data=reply.text, format=readers[reply.type])) > 0
        elif reply.type.endswith("+xml"):
            assert ElementTree.fromstring(reply.body).tag.endswith("}sparql")
        elif reply.type.endswith("+json"):
            assert "head" in reply.json()


def test_a8_a_browser_sees_a_page_with_files(server: Server) -> None:
    reply = server.query(SELECT, BROWSER)
    assert reply.type == "text/html" and "jp-asagiri-shi" in reply.text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/sparql\?[^"]*format=[^"]*)"', reply.text)]
    assert len(links) >= 4
    assert {server.get(link, BROWSER).type for link in links} == {f.media_type for f in FORMATS if f.kind == "results"}


def test_a9_what_the_description_names_is_served(server: Server) -> None:
    described = server.get("/sparql", "application/n-triples").text
    named = set(re.findall(r"resultFormat> <http://www.w3.org/ns/formats/([^>]+)>", described))
    served = {"SPARQL_Results_JSON": SELECT, "SPARQL_Results_XML": SELECT, "SPARQL_Results_CSV": SELECT,
              "SPARQL_Results_TSV": SELECT, "Turtle": CONSTRUCT, "N-Triples": CONSTRUCT, "JSON-LD": CONSTRUCT,
              "RDF_XML": CONSTRUCT}  # fmt: skip
    types = ["application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values",
             "text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
    assert named == set(served)
    assert [server.query(q, t).type for q, t in zip(served.values(), types, strict=True)] == types


def test_a10_no_page_for_a_machine(server: Server) -> None:
    paths = ["/sparql", "/sparql?query=SELECT", f"/sparql?{urlencode({'query': COUNT})}", "/nothing", "/doc/lg/none",
             "/doc/lg/jp-asagiri-shi", "/graph", "/vocab", "/sparql?query=&query="]
    for path in paths:
        for accept in (None, "*/*", "application/json", "text/turtle, */*;q=0.1", "application/sparql-results+json", "text/html;q=0"):
            reply = server.get(path, accept)
            assert reply.type != "text/html" and b"<html" not in reply.body, (path, accept)
            if reply.status >= 400:
                assert reply.type == "application/problem+json" and reply.json()["status"] == reply.status


@pytest.mark.parametrize("method,path,headers,body,status", [
    ("GET", "/sparql?query=SELECT%20*%20WHERE%20%7B", {}, None, 400),
    ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", {}, None, 400),
    ("POST", "/sparql?query=ASK%7B%7D", {"Content-Type": FORM}, b"query=ASK%7B%7D", 400),
    ("POST", "/sparql", {"Content-Type": "text/plain"}, b"ASK {}", 415),
    ("POST", "/sparql", {"Content-Type": "application/json"}, b'{"query": "ASK {}"}', 415),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, "ASK {?s ?p '朝'}".encode("utf-16"), 400),
    ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, b"ASK { ?s ?p '\xe6\x9c' }", 400),
    ("POST", "/sparql", {"Content-Type": FORM}, b"query=ASK%7B%3Fs%20%3Fp%20'%FF'%7D", 400),
])  # fmt: skip
def test_a11_a12_a13_a15_refusals(
    server: Server, method: str, path: str, headers: dict[str, str], body: bytes | None, status: int
) -> None:
    reply = server.request(method, path, headers, body)
    assert (reply.status, reply.type) == (status, "application/problem+json")
    if reply.json()["code"] == "query-syntax":
        assert reply.json()["line"] == 1 and reply.json()["column"] > 1


def test_a14_an_unknown_graph_is_empty(server: Server) -> None:
    for name in ("default-graph-uri", "named-graph-uri"):
        query = "ASK { ?s ?p ?o }" if name.startswith("default") else "ASK { GRAPH ?g { ?s ?p ?o } }"
        assert server.query(query).json()["boolean"] is True
        assert server.query(query, **{name: "http://example.org/no-such-graph"}).json()["boolean"] is False


def test_a16_extra_parameters(server: Server) -> None:
    """SPARQLWrapper, Virtuoso's form, YASGUI and others send these."""
    reply = server.query("ASK {}", "application/sparql-results+xml,*/*;q=0.5", format="xml", output="xml", results="xml")
    assert (reply.status, reply.type) == (200, "application/sparql-results+xml")
    for extra in ({"format": "nonsense"}, {"timeout": "0", "debug": "on", "run": " Run Query "}, {"infer": "false"},
                  {"": "x"}, {"format": "text/turtle"}, {"output": "json", "callback": "alert(1)"}):
        reply = server.query("ASK {}", None, **extra)
        assert (reply.status, reply.type) == (200, "application/sparql-results+json"), extra
    assert server.query(CONSTRUCT, None, format="json").status == 200


def test_a17_a18_json_of_the_recommendation_by_default(server: Server) -> None:
    for accept in (None, "*/*", "*/*;q=0.1, image/webp"):
        for query in (SELECT, "ASK {}", "SELECT ?s ?o WHERE { ?s <http://example.org/none> ?o }"):
            reply = server.query(query, accept)
            assert reply.headers["content-type"] == "application/sparql-results+json"
            found = reply.json()
            if "ASK" in query:
                assert found == {"head": {}, "boolean": True}
            else:
                assert isinstance(found["head"]["vars"], list) and isinstance(found["results"]["bindings"], list)


@pytest.mark.parametrize("text", [
    "INSERT DATA { <a:a> <a:b> 1 }", "DELETE WHERE { ?s ?p ?o }", "CLEAR ALL", "DROP DEFAULT", "LOAD <http://127.0.0.1:9/>",
    "COPY DEFAULT TO <a:a>", "WITH <a:a> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "ASK {} ; DROP ALL",
])  # fmt: skip
def test_a19_updates(server: Server, text: str) -> None:
    encoded = urlencode({"update": text}).encode()
    replies = [
        server.query(text), server.post_direct(text), server.get(f"/sparql?{encoded.decode()}"),
        server.request("POST", "/sparql", {"Content-Type": FORM}, encoded),
        server.request("POST", "/sparql", {"Content-Type": "application/sparql-update"}, text.encode()),
        server.request("PUT", "/sparql?default", {"Content-Type": "text/turtle"}, b"<a:a> <a:b> 1 ."),
        server.request("DELETE", "/sparql?default", {}),
    ]  # fmt: skip
    assert all(400 <= r.status < 500 for r in replies), [r.status for r in replies]
    assert server.query(COUNT).values("n") == ["115"]


# ---- B: HEAD, CORS, caching, compression

ROUTES = ["/", "/id/lg/jp-asagiri-shi", "/doc/lg/jp-asagiri-shi", "/doc/lg/jp-asagiri-shi.ttl", "/graph", "/vocab", "/vocab/role",
          "/def", "/dataset", "/sparql", f"/sparql?{urlencode({'query': SELECT})}", "/dump/", "/dump/jichi.nq",
          "/static/jichi.css", "/errors", "/nothing", "/sparql?query=SELECT", "/DEF/"]


@pytest.mark.parametrize("accept", [None, BROWSER, "application/rdf+xml, application/sparql-results+xml"])
def test_b1_b2_b3_b9_head_is_get_without_a_body(server: Server, accept: str | None) -> None:
    asked = {"Accept-Encoding": "gzip", **({"Accept": accept} if accept else {})}
    for path in ROUTES:
        got, head = server.request("GET", path, asked), server.request("HEAD", path, asked)
        kept = {k: v for k, v in got.headers.items() if k not in ("date", "server-timing")}
        assert head.status == got.status and head.body == b"", path
        assert {k: v for k, v in head.headers.items() if k not in ("date", "server-timing")} == kept, path
        assert int(got.headers["content-length"]) == len(got.body), path


def test_b8_a_packed_dump_is_a_file_of_its_own(released: Path) -> None:
    """It is neither unpacked on the way by who takes gzip, nor packed once more for him."""
    with running(released / "out" / "current", released) as server:
        plain = server.get("/dump/jichi.nq").body
        for coding_taken in ("gzip, br, zstd", "identity"):
            reply = server.request("GET", "/dump/jichi.nq.gz", {"Accept-Encoding": coding_taken})
            assert (reply.status, reply.type) == (200, "application/gzip") and "content-encoding" not in reply.headers
            assert gzip.decompress(reply.body) == plain
            head = server.request("HEAD", "/dump/jichi.nq.gz", {"Accept-Encoding": coding_taken})
            assert (head.type, int(head.headers["content-length"])) == ("application/gzip", len(reply.body))
        told = Graph().parse(data=server.get("/dataset", "text/turtle").body, format="turtle")
    found = next(node for node in told.subjects(DCTERMS.title, None) if str(told.value(node, DCTERMS.title)) == "jichi.nq.gz")
    types = "https://www.iana.org/assignments/media-types/application"
    assert told.value(found, DCAT.mediaType) == URIRef(f"{types}/n-quads")
    assert told.value(found, DCAT.compressFormat) == URIRef(f"{types}/gzip")


def vary(reply: Reply) -> set[str]:
    return {name.strip() for name in reply.headers.get("vary", "").split(",")}


def test_b4_vary(server: Server) -> None:
    wanted = {"Accept", "Accept-Language"}
    for path in ("/", "/id/lg/jp-asagiri-shi", "/doc/lg/jp-asagiri-shi", "/def", "/graph", "/nothing", "/doc/lg/none", "/sparql",
                 f"/sparql?{urlencode({'query': SELECT})}", "/sparql?query=SELECT"):
        reply = server.get(path, "text/turtle, application/json;q=0.9")
        assert wanted <= vary(reply), (path, reply.status)
        if "etag" in reply.headers:
            again = server.get(path, "text/turtle, application/json;q=0.9", If_None_Match=reply.headers["etag"])
            assert again.status == 304 and again.body == b"" and wanted <= vary(again), path
            assert again.headers["etag"] == reply.headers["etag"] and again.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("code", coding.CODINGS)
def test_b4_every_coding_is_a_representation_of_its_own(server: Server, code: str) -> None:
    others = ", ".join(f"{other};q=0.8" for other in coding.CODINGS if other != code)
    for path in ("/doc/lg/jp-asagiri-shi.ttl", "/dump/jichi.nq", "/static/jichi.css", f"/sparql?{urlencode({'query': ALL})}"):
        plain = server.get(path)
        packed = server.get(path, Accept_Encoding=f"{others}, {code}")
        assert packed.headers["content-encoding"] == code and "content-encoding" not in plain.headers, path
        assert UNPACK[code](packed.body) == plain.body and len(packed.body) < len(plain.body)
        assert packed.headers["etag"] != plain.headers["etag"] and not packed.headers["etag"].startswith("W/")
        assert "Accept-Encoding" in vary(plain) & vary(packed)
        again = server.get(path, Accept_Encoding=code, If_None_Match=packed.headers["etag"])
        assert again.status == 304 and again.headers["etag"] == packed.headers["etag"]
        refused = ", ".join(f"{name};q=0" for name in coding.CODINGS)
        assert "content-encoding" not in server.get(path, Accept_Encoding=f"{refused}, *").headers
        assert server.get(path, Accept_Encoding="*;q=0.5").headers["content-encoding"] == coding.CODINGS[0]


def test_b4_the_tag_of_an_answer_names_release_query_and_format(server: Server) -> None:
    tags = [server.query(q, a).headers["etag"] for q in (SELECT, COUNT) for a in ("text/csv", "application/json")]
    assert len(set(tags)) == 4
    assert server.query(SELECT, "text/csv").headers["etag"] == tags[0]
    graphs = server.query(SELECT, "text/csv", **{"default-graph-uri": f"{BASE}graph/inferred"})
    assert graphs.headers["etag"] not in tags
    for volatile in ("SELECT (rand() AS ?x) {}", "SELECT (NOW () AS ?x) {}", "CONSTRUCT { [] a <a:b> } WHERE {}"):
        reply = server.query(volatile)
        assert "etag" not in reply.headers and reply.headers["cache-control"] == "no-store", volatile


def test_b5_b6_b7_any_origin_may_read_every_answer(server: Server) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    replies = [server.request("GET", path, origin) for path in ROUTES]
    replies += [
        server.query("ASK {}", "image/png"), server.request("PUT", "/sparql", origin, b""),
        server.request("POST", "/sparql", {"Content-Type": "text/plain", **origin}, b"x"),
        server.request("POST", "/sparql", {"Content-Type": FORM, **origin}, b"query=" + b"x" * 300_000),
        server.query(ENDLESS), raw(server, b"GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n"),
        raw(server, b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n"),
        raw(server, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 300_000 + b"\r\n\r\n"),
    ]  # fmt: skip
    assert {r.status for r in replies} >= {200, 303, 308, 400, 404, 405, 406, 413, 415, 431, 503}
    for reply in replies:
        assert reply.headers["access-control-allow-origin"] == "*", reply.status
        exposed = reply.headers["access-control-expose-headers"]
        assert all(name in exposed for name in ("ETag", "Link", "Retry-After", "Location"))
        if reply.status >= 400:
            assert reply.type == "application/problem+json" and reply.json()["status"] == reply.status
    preflight = {**origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "if-none-match,accept"}
    for path in ROUTES:
        reply = server.request("OPTIONS", path, preflight)
        assert reply.status in (200, 204, 308), path
        replies.append(reply)
        if reply.status != 308:
            allowed = reply.headers["access-control-allow-headers"].lower()
            assert "if-none-match" in allowed and "content-type" in allowed and "accept" in allowed
            assert {"GET", "HEAD", "OPTIONS"} <= {m.strip() for m in reply.headers["access-control-allow-methods"].split(",")}
    assert not any("access-control-allow-credentials" in reply.headers or "set-cookie" in reply.headers for reply in replies)


# ---- C: time, size, load (the rest stands in test_attacks.py)

@pytest.mark.parametrize("accept", ["application/sparql-results+json", "application/sparql-results+xml", "text/csv",
                                    "text/tab-separated-values"])
def test_c2_c3_no_answer_is_cut(server: Server, accept: str) -> None:
    for query, status in ((ENDLESS, 503), ("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }", 400)):
        reply = server.query(query, accept)
        assert (reply.status, reply.type) == (status, "application/problem+json")
        assert json.loads(reply.body)["code"] in ("query-timeout", "query-memory", "answer-too-large")


@pytest.mark.parametrize("accept", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"])
def test_c2_c3_no_graph_is_cut(server: Server, accept: str) -> None:
    reply = server.query("CONSTRUCT { ?a ?b ?o } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }", accept)
    assert (reply.status, reply.type) == (503, "application/problem+json")


def test_c4_an_export_is_whole(server: Server) -> None:
    rows = server.query("SELECT * WHERE { ?s ?p ?o }", "text/csv").text.strip().splitlines()
    graph = parse(server.query("CONSTRUCT WHERE { ?s ?p ?o }", "application/n-triples").body, "ntriples")
    assert len(rows) - 1 == len(graph) == int(server.query(COUNT).values("n")[0])
    refused = server.query("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }")
    assert refused.json()["code"] == "answer-too-large" and str(100_000) in refused.json()["detail"]


def test_c7_the_query_shown_is_the_query_sent(server: Server) -> None:
    query = "SELECT ?s\n  WHERE { ?s ?p ?o } # all of them"
    page = server.query(query, BROWSER).text
    assert re.search(r"<textarea[^>]*>\s*SELECT \?s\n  WHERE \{ \?s \?p \?o \} # all of them</textarea>", page)


def test_c6_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    """One client, whatever it asks, by GET and by POST; another one is not held up by it."""
    link = write_release(tmp_path, fixture_lines(), vocabulary())
    with running(link, limits=Limits(workers=1, fast_workers=2), rate=vars(Rate(0.5, 4)), trusted=["127.0.0.0/8"]) as server:
        client = {"X-Forwarded-For": "198.51.100.7, 203.0.113.1"}
        statuses = [server.request("GET", f"/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20{n}%20%7D", client).status for n in range(8)]
        assert statuses[:4] == [200] * 4 and statuses[5:] == [429] * 3
        body = urlencode({"query": "ASK {}"}).encode()
        refused = server.request("POST", "/sparql", {**client, "Content-Type": "application/x-www-form-urlencoded"}, body)
        assert (refused.status, refused.type, refused.json()["code"]) == (429, "application/problem+json", "too-many-requests")
        assert int(refused.headers["retry-after"]) >= 1 and refused.headers["access-control-allow-origin"] == "*"
        again = server.request("GET", "/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%200%20%7D", client)
        assert again.status == 200 or again.status == 429, "what one web process keeps costs nothing there"
        other = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}
        assert server.request("GET", "/health", other).status == 200, "the client is who connected to the first trusted proxy"


# ---- D: IRIs

def raw(server: Server, request: bytes) -> Reply:
    """A request as these very bytes: no library spells the path anew."""
    host, _, port = server.address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass
        data = b""
        while part := connection.recv(65536):
            data += part
            head, found, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            if found and length and len(body) >= int(length[1]):
                break
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Reply(int(lines[0].split()[1]), headers, body)


def asked(server: Server, path: bytes) -> Reply:
    return raw(server, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nConnection: close\r\n\r\n")


def test_d1_d2_spellings_of_a_path(server: Server) -> None:
    spellings = ["/id/lg/朝霧".encode(), b"/id/lg/%E6%9C%9D%E9%9C%A7", b"/id/lg/%e6%9c%9d%e9%9c%a7"]
    replies = [asked(server, path) for path in spellings]
    assert len({(r.status, r.body) for r in replies}) == 1 and replies[0].status == 404
    assert "朝霧" in replies[0].json()["detail"]
    same = asked(server, b"/id/lg/jp%2Dasagiri%2dshi")
    assert (same.status, same.headers["location"]) == (303, "/doc/lg/jp-asagiri-shi")
    for other in (b"/id%2Flg/jp-asagiri-shi", b"/id/lg%2fjp-asagiri-shi", b"/doc/lg/jp-asagiri-shi%23x", b"/doc/lg/jp-asagiri-shi%3Fx",
                  b"/doc/lg/jp-asagiri-shi%20", b"/doc/lg/jp%252Dasagiri-shi", b"/doc/lg/%FF%FE", b"/doc/lg/jp-asagiri-shi%00"):
        reply = asked(server, other)
        assert reply.status == 404 and reply.json()["code"] == "not-found", other


def test_d3_links_of_pages_lead_on(server: Server) -> None:
    """Every link of the pages of a few things, and every link on the pages these lead to."""
    seen: set[str] = set()
    fresh = {"/", "/graph", "/vocab", "/doc/seminar/2021-lisbon"}
    for _ in range(2):
        found: set[str] = set()
        for path in sorted(fresh):
            reply = server.get(path, BROWSER)
            assert reply.status in (200, 303), path
            found |= {link.partition("#")[0].replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', reply.text)}
        seen |= fresh
        fresh = {link for link in found - seen if not link.startswith(("/dump/", "/static/")) and "lang=" not in link}
    assert len(seen) > 25


def test_d4_a_location_is_ascii(server: Server) -> None:
    for path in (b"/id/lg/jp-asagiri-shi?lang=ja", "/DEF/?q=朝".encode(), b"/ID/LG/JP-ASAGIRI-SHI/?x=%E6%9C%9D"):
        reply = asked(server, path)
        assert reply.status in (303, 308) and reply.headers["location"].isascii(), path
    assert asked(server, "/朝/".encode()).status == 404


def test_d5_tests_go_over_a_socket(server: Server) -> None:
    assert socket.create_connection(tuple(server.address.removeprefix("http://").split(":")), 5).close() is None


def test_d6_the_iri_asked_for_is_the_subject(server: Server) -> None:
    iris = {t.value for line in fixture_lines() for t in terms(line)[:1] if t.value.startswith(f"{BASE}id/") and "#" not in t.value}
    assert len(iris) > 10
    for iri in sorted(iris):
        path = "/" + iri.removeprefix(BASE)
        moved = server.get(path, "text/turtle")
        assert moved.status == 303
        graph = Graph().parse(data=server.get(moved.headers["location"], "text/turtle").text, format="turtle")
        assert (URIRef(iri), None, None) in graph, iri


@pytest.mark.parametrize("path", [
    "/id/lg/x%3E%7D%20UNION%20%7B%3Fs%20%3Fp%20%3Fo%7D%23", "/doc/lg/x%22%7D%3BDROP%20ALL", "/graph/x%3E%7B%7D", "/vocab/%7B%7Burl_for%7D%7D",
    "/id/lg/%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/dump/..%5c..%5cpyproject.toml",
])  # fmt: skip
def test_d8_a_path_is_never_part_of_a_query(server: Server, path: str) -> None:
    assert server.get(path, "application/json").status == 404
    page = server.get(path, BROWSER)
    assert page.status == 404 and "<script>" not in page.text and "alert(1)</" not in page.text, "ours are files"


def test_d9_the_namespace_with_and_without_its_end(server: Server) -> None:
    assert (URIRef(f"{BASE}def#Town"), None, None) in Graph().parse(data=server.get("/def", "text/turtle").text, format="turtle")
    for path in ("/def/", "/vocab/", "/graph/", "/vocab/role/"):
        reply = server.get(path, "text/turtle")
        assert reply.status == 308 and server.get(reply.headers["location"], "text/turtle").status == 200, path


def test_a_mistyped_key_is_answered_with_the_nearest(server: Server) -> None:
    reply = server.get("/id/lg/jp-asagiri-chi")
    assert reply.status == 404 and reply.json()["near"][0] == "/doc/lg/jp-asagiri-shi"
    assert 'href="/doc/lg/jp-asagiri-shi"' in server.get("/doc/lg/jp-asagiri", BROWSER).text
    assert server.get("/vocab/rolle").json()["near"][0] == "/vocab/role"
    assert server.get("/dump/jichi.nt").json()["near"]
    assert server.get("/id/lg/zzzzzzzz").json()["near"] == []


def test_signposts(server: Server) -> None:
    links = server.get("/doc/lg/jp-asagiri-shi", BROWSER).headers["link"]
    for wanted in (f'<{BASE}id/lg/jp-asagiri-shi>; rel="cite-as"', f'<{BASE}dataset>; rel="collection"',
                   '</doc/lg/jp-asagiri-shi.ttl>; rel="alternate describedby"; type="text/turtle"'):
        assert wanted in links
    assert "describedby" in server.get("/id/lg/jp-asagiri-shi").headers["link"]
    assert "total;dur=" in server.get("/").headers["server-timing"]
    assert "query;dur=" in server.query(f"{SELECT} # asked here only").headers["server-timing"]


@pytest.mark.parametrize("how", ["prefix", "forwarded", "not believed"])
def test_d10_all_links_stay_below_the_prefix(folder: Path, how: str) -> None:
    settings = {"prefix": {"prefix": "/lod/"}, "forwarded": {"behind_proxy": True}, "not believed": {}}[how]
    headers = {} if how == "prefix" else {"X-Forwarded-Prefix": "/lod", "X-Forwarded-Host": "data.example", "X-Forwarded-Proto": "https"}
    mount = "" if how == "not believed" else "/lod"
    with running(folder, limits=Limits(), **settings) as server:
        inside = mount if how == "prefix" else ""
        for path in ("/", "/doc/lg/jp-asagiri-shi", "/graph", "/sparql", "/dump/", "/nothing"):
            page = server.request("GET", inside + path, {"Accept": BROWSER, **headers})
            links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
            assert links and all(link.startswith(f"{mount}/") for link in links), path
            for target in re.findall(r"<(/[^>]*)>;", page.headers.get("link", "")):
                assert target.startswith(f"{mount}/")
            assert ("data.example" in page.text) == (how == "forwarded" and path == "/")
        for path, target in (("/id/lg/jp-asagiri-shi", "/doc/lg/jp-asagiri-shi"), ("/def/", "/def"), ("/dump", "/dump/")):
            moved = server.request("GET", inside + path, headers)
            location = re.sub(r"^https?://[^/]*", "", moved.headers["location"])
            assert moved.status in (303, 308) and location == mount + target
        assert server.request("GET", f"{inside}/sparql?query=ASK%7B%7D", headers).json()["boolean"] is True


RAPPER = {"jichi.nq": "nquads", "jichi.ttl": "turtle"}


@pytest.mark.parametrize("name", ["jichi.nq", "jichi.ttl", "jichi.trig", "jichi.jsonld"])
def test_d7_the_dumps_are_parsed_strictly_by_programs_of_others(site: Server, name: str, tmp_path: Path) -> None:
    """raptor without a warning, and rdflib, both with the same number of triples as the engine has."""
    dump = tmp_path / name
    dump.write_bytes(site.get(f"/dump/{name}").body)
    held = int(site.query(COUNT, "application/sparql-results+json").values("n")[0])
    assert held > 10_000
    if name in RAPPER:
        command = [program("rapper", "raptor2-utils"), "-i", RAPPER[name], "-o", "ntriples", str(dump), BASE]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        said = [line for line in done.stderr.decode().splitlines() if "rror" in line or "arning" in line]
        assert (done.returncode, said) == (0, [])
        assert len(set(done.stdout.splitlines())) == held
    else:
        data = Dataset(default_union=True).parse(dump, format="trig" if name.endswith("trig") else "json-ld")
        assert len({(s, p, o) for s, p, o, _ in data.quads()}) == held


def test_d11_links_to_wikidata_are_those_of_wikidata(site: Server) -> None:
    """Over the whole release; that the shapes refuse any other form, tests/mutations.toml holds."""
    named = set(re.findall(r"<(https?://[^>]*wikidata[^>]*/Q[^>]*)>", site.get("/dump/jichi.nq").text))
    assert len(named) > 50
    assert [iri for iri in sorted(named) if not re.fullmatch(r"http://www\.wikidata\.org/entity/Q[1-9]\d*", iri)] == []
    france = "SELECT ?s WHERE { ?s <http://www.w3.org/2004/02/skos/core#exactMatch> <http://www.wikidata.org/entity/Q142> }"
    assert site.query(france, "application/sparql-results+json").values("s") == ["https://w3id.org/jichi/id/country/fr"]
