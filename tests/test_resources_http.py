"""Things, documents, vocabularies, graphs and downloads over a real socket."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_support import printed, program
from endpoint_support import BASE, Reply, Server, fixture_lines, running, vocabulary, write_release
from rdflib import RDFS, SKOS, Dataset, Graph, Literal, URIRef

from endpoint import create_app
from endpoint.errors import STATUS
from endpoint.release import OpenRelease
from endpoint.words import known
from endpoint.workers import Evaluators, Limits, Load
from kg.errors import ReleaseError
from kg.store import parse, terms

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SEMINAR = f"{BASE}id/seminar/2021-lisbon"
FORMS = {"ttl": ("text/turtle", "turtle"), "nt": ("application/n-triples", "nt"), "rdf": ("application/rdf+xml", "xml"),
         "jsonld": ("application/ld+json", "json-ld"), "trig": ("application/trig", "trig")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"), fixture_lines(), vocabulary())


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with running(folder, limits=Limits(workers=1, deadline=2.0)) as address:
        yield address


def graph_of(server: Server, path: str) -> Graph:
    reply = server.get(path, "text/turtle")
    assert reply.status == 200, reply.text
    return Graph().parse(data=reply.text, format="turtle")


def vary(reply: Reply) -> set[str]:
    return {name.strip() for name in reply.headers.get("vary", "").split(",")}


# ---- from a thing to its document

def test_a_thing_leads_to_its_document(server: Server) -> None:
    reply = server.get("/id/seminar/2021-lisbon", "text/turtle")
    assert (reply.status, reply.headers["location"]) == (303, "/doc/seminar/2021-lisbon")
    assert "Accept" in reply.headers["vary"]


@pytest.mark.parametrize("extension", FORMS)
def test_a_document_in_every_format_by_header_and_by_suffix(server: Server, extension: str) -> None:
    media_type, form = FORMS[extension]
    negotiated = server.get("/doc/seminar/2021-lisbon", media_type)
    direct = server.get(f"/doc/seminar/2021-lisbon.{extension}", "image/png")
    assert (negotiated.status, negotiated.type) == (direct.status, direct.type) == (200, media_type)
    assert negotiated.body == direct.body
    assert negotiated.headers["content-location"] == f"/doc/seminar/2021-lisbon.{extension}"
    assert {"Accept", "Accept-Language"} <= vary(negotiated) and not {"Accept", "Accept-Language"} & vary(direct)
    assert direct.headers["etag"] == negotiated.headers["etag"] and not direct.headers["etag"].startswith("W/")
    data = Dataset().parse(data=direct.text, format=form) if form in ("trig", "json-ld") else Graph().parse(
        data=direct.text, format=form)
    quads = data.quads() if isinstance(data, Dataset) else data
    assert any(q[0] == URIRef(SEMINAR) and q[1] == URIRef(f"{BASE}def#hostedBy") for q in quads)


def test_pages_for_browsers_data_for_the_rest(server: Server) -> None:
    assert server.get("/doc/seminar/2021-lisbon", BROWSER).type == "text/html"
    assert server.get("/doc/seminar/2021-lisbon.html", "text/turtle").type == "text/html"
    for accept in (None, "*/*", "image/png, */*;q=0.1"):
        assert server.get("/doc/seminar/2021-lisbon", accept).type == "text/turtle"
    reply = server.get("/doc/seminar/2021-lisbon", "image/png")
    assert (reply.status, reply.type) == (406, "application/problem+json")
    assert "application/trig" in reply.json()["offered"] and 'rel="alternate"' in reply.headers["link"]


def test_a_document_says_what_the_contract_promises(server: Server) -> None:
    """The thing, its sub-nodes, what leads to it, its evidence with lines, the names of all that is mentioned."""
    graph = graph_of(server, "/doc/seminar/2021-lisbon")
    evidence = URIRef(f"{BASE}id/evidence/900-2021-lisbon")
    assert (evidence, URIRef(f"{BASE}def#firstLine"), Literal(11)) in graph
    assert (evidence, URIRef(f"{BASE}def#lastLine"), Literal(12)) in graph
    assert (URIRef(f"{evidence}#lines"), None, Literal("line=10,12")) in graph
    assert (URIRef(f"{BASE}id/lg/jp-yunagi-cho"), SKOS.prefLabel, Literal("Yunagi Town", lang="en")) in graph
    assert (URIRef(f"{BASE}def#hostedBy"), RDFS.label, Literal("受入", lang="ja")) in graph
    town = graph_of(server, "/doc/lg/jp-asagiri-shi")
    assert (URIRef(SEMINAR), URIRef(f"{BASE}def#hostedBy"), URIRef(f"{BASE}id/lg/jp-asagiri-shi")) in town
    membership = graph_of(server, "/doc/membership/harbour-league--jp-yunagi-cho")
    interval = URIRef(f"{BASE}id/membership/harbour-league--jp-yunagi-cho#interval")
    assert (interval, URIRef(f"{BASE}def#year"), URIRef(f"{BASE}id/fy/2021")) in membership
    assert (URIRef(f"{BASE}vocab/role#chair"), SKOS.prefLabel, Literal("会長", lang="ja")) in membership
    count = graph_of(server, "/doc/count/harbour-league-901")
    assert (URIRef(f"{BASE}id/count/harbour-league-901#jp"), URIRef(f"{BASE}def#members"), Literal(5)) in count


def test_trig_keeps_the_graphs(server: Server) -> None:
    lines = parse(server.get("/doc/seminar/2021-lisbon.trig").body, "trig")
    host = [line for line in lines if f"<{SEMINAR}> <{BASE}def#hostedBy> <{BASE}id/lg/jp-asagiri-shi>" in line]
    assert {line.split()[3] for line in host} == {f"<{BASE}graph/inferred>", f"<{BASE}graph/rec/900-2021-lisbon>"}


def iris_of_ours() -> list[str]:
    """Every address that an IRI in the data, the ontology or the shapes leads to."""
    words = vocabulary()
    lines = fixture_lines() + [line for n in ("ontology", "concepts", "shapes", "dataset", "prefixes") for line in
                               parse(words.source(n), "ntriples")]
    ours = {t.value.partition("#")[0] for line in lines for t in terms(line) if t and t.kind == "iri" and t.value.startswith(BASE)}
    assert len(ours) > 30
    return sorted(ours - {BASE})


@pytest.mark.parametrize(("format", "media_type", "of_rdflib", "of_rapper"), [
    ("turtle", "text/turtle", "turtle", "turtle"), ("ntriples", "application/n-triples", "nt", "ntriples"),
    ("trig", "application/trig", "trig", "trig"), ("rdfxml", "application/rdf+xml", "xml", "rdfxml"),
    ("jsonld", "application/ld+json", "json-ld", None),
])  # fmt: skip
def test_every_iri_is_dereferenced_by_four_clients(
    server: Server, tmp_path: Path, format: str, media_type: str, of_rdflib: str, of_rapper: str | None
) -> None:
    """Python's http.client with pyoxigraph, rdflib, curl, and rapper, which reads no JSON-LD: the same triples to each."""
    addresses = [f"{server.address}/{iri.removeprefix(BASE)}" for iri in iris_of_ours()]
    files = [part for n, address in enumerate(addresses) for part in ("-o", str(tmp_path / str(n)), address)]
    printed(program("curl", "curl"), "-sSLf", "-H", f"Accept: {media_type}", *files)
    for number, address in enumerate(addresses):
        path = address.removeprefix(server.address)
        first = server.get(path, media_type)
        reply = server.get(first.headers["location"], media_type) if first.status == 303 else first
        assert (reply.status, reply.type) == (200, media_type), path
        assert (tmp_path / str(number)).read_bytes() == reply.body, path
        expected = {terms(line)[:3] for line in parse(reply.body, format)}
        found = Dataset(default_union=True).parse(address, format=of_rdflib)
        assert len({(s, p, o) for s, p, o, _ in found.quads()}) == len(expected), path
        if of_rapper:
            read = parse(printed(program("rapper", "raptor2-utils"), "-q", "-i", of_rapper, "-o", "ntriples", address), "ntriples")
            assert {terms(line)[:3] for line in read} == expected, path


def test_every_iri_of_ours_answers(server: Server) -> None:
    """As a page and as Turtle that speaks of it."""
    for iri in iris_of_ours():
        path = "/" + iri.removeprefix(BASE)
        if path.startswith("/id/"):
            assert server.get(path, BROWSER).status == 303, iri
            path = path.replace("/id/", "/doc/", 1)
        reply = server.get(path, "application/trig" if path.startswith("/graph/") else "application/n-triples")
        assert reply.status == 200, iri
        lines = parse(reply.body, "trig")
        assert any(re.search(rf"<{re.escape(iri)}[#>/]", line) for line in lines), iri
        page = server.get(path, BROWSER)
        assert page.status == 200 and page.type == "text/html", iri


@pytest.mark.parametrize("path", [
    "/id/seminar/2099-nowhere", "/doc/seminar/2099-nowhere", "/doc/seminar/2021-lisbon.exe", "/id/seminar", "/id/", "/doc",
    "/vocab/none", "/graph/none", "/graph/rec/none", "/nothing", "/def.exe", "/doc/seminar/2021-lisbon.ttl.ttl",
    "/id/seminar/2021-lisbon.ttl", "/doc/seminar/%22%3E", "/doc/seminar/%E6%9C%9D", "/id/a/%0d%0aSet-Cookie:x=1", "/doc/x/%2e%2e",
])  # fmt: skip
def test_the_unknown_is_404(server: Server, path: str) -> None:
    reply = server.get(path, "application/json")
    assert reply.status in (404, 308), path
    if reply.status == 308:
        reply = server.get(reply.headers["location"], "application/json")
    assert (reply.status, reply.type, reply.json()["code"]) == (404, "application/problem+json", "not-found")
    assert "set-cookie" not in reply.headers
    page = server.get(path, BROWSER)
    assert page.status == 308 or page.type == "text/html"


@pytest.mark.parametrize("path,target", [
    ("/id/seminar/2021-lisbon/", "/id/seminar/2021-lisbon"), ("/DOC/Seminar/2021-Lisbon", "/doc/seminar/2021-lisbon"),
    ("/sparql/", "/sparql"), ("/dump", "/dump/"), ("//evil.example/", "/evil.example"),
])  # fmt: skip
def test_one_spelling(server: Server, path: str, target: str) -> None:
    reply = server.get(path)
    location = reply.headers["location"].removeprefix(server.address)
    assert (reply.status, location) == (308, target)


def test_a_known_version_is_not_sent_again(server: Server) -> None:
    first = server.get("/doc/seminar/2021-lisbon.ttl")
    again = server.get("/doc/seminar/2021-lisbon.ttl", If_None_Match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert server.get("/doc/seminar/2021-lisbon.ttl", If_None_Match='"other"').status == 200


# ---- what is published beside things

def test_ontology_vocabularies_shapes_and_the_data_set(server: Server) -> None:
    assert (URIRef(f"{BASE}def#Town"), RDFS.label, Literal("町", lang="ja")) in graph_of(server, "/def")
    role = graph_of(server, "/vocab/role")
    assert (URIRef(f"{BASE}vocab/role#member"), SKOS.prefLabel, Literal("会員", lang="ja")) in role
    assert (URIRef(f"{BASE}shapes#SeminarShape"), None, None) in graph_of(server, "/shapes")
    assert (URIRef(f"{BASE}dataset"), None, Literal(BASE)) in graph_of(server, "/dataset")
    assert len(graph_of(server, "/prefixes")) > 60
    for path in ("/def", "/vocab/role", "/shapes", "/dataset", "/prefixes"):
        assert server.get(path, BROWSER).type == "text/html"
        assert server.get(f"{path}.nt").type == "application/n-triples"
    assert 'id="Town"' in server.get("/def", BROWSER).text


def test_a_graph_holds_its_statements_and_where_they_are_from(server: Server) -> None:
    lines = parse(server.get("/graph/rec/900-2021-lisbon.trig").body, "trig")
    name = f"<{BASE}graph/rec/900-2021-lisbon>"
    inside = sorted(line for line in fixture_lines() if line.endswith(f" {name} ."))
    assert set(inside) <= set(lines)
    assert any(line.startswith(f"{name} ") for line in lines)
    assert server.get("/graph/inferred", BROWSER).status == 200


# ---- pages

def test_order_and_groups_come_from_the_shapes(server: Server) -> None:
    page = server.get("/doc/seminar/2021-lisbon.html?lang=ja").text
    groups = re.findall(r"<h2>(.*?)</h2>", page)
    assert groups[:3] == ["名称", "時期", "関係者"]
    captions = re.findall(r'<dt><a [^>]*>(.*?)</a></dt>', page)
    assert captions[:5] == ["名", "初日", "最終日", "受入自治体", "招待した事務所"]


def marks_of(page: str, said: str) -> list[tuple[str, str, str]]:
    """The marks beside a value: (kind, address, words)."""
    (cell,) = re.findall(rf'<div class="value">(?:(?!</div>).)*?{said}</(?:span|a)>.*?</div>', page, re.DOTALL)[:1]
    found = re.findall(r'<a class="mark (\w+)" href="([^"]*)"[^>]*>(.*?)</a>', cell)
    return [(kind, address, re.sub("<.*?>", "", words)) for kind, address, words in found]


def test_every_statement_says_where_it_is_from(server: Server) -> None:
    """How it came to be, and a link to the line of the document."""
    page = server.get("/doc/seminar/2021-lisbon.html?lang=en").text
    address = "/doc/document/900-0123456789ab?lang=en#L11"
    assert marks_of(page, "3 February 2022") == [("rec", address, "stated 900, lines 11–12")]
    curated = server.get("/doc/seminar/2022-lisbon.html").text
    address = "/doc/document/900-0123456789ab#L14"
    assert marks_of(curated, "editor supplied") == [("curation", address, "curated 900, line 14")]
    town = server.get("/doc/lg/jp-asagiri-shi.html").text
    assert 'class="mark ref" href="/graph/ref/towns"' in town and 'class="mark link"' in town
    assert 'class="mark inferred"' in page
    narrow = server.get("/doc/membership/harbour-league--jp-yunagi-cho.html").text
    assert "901, lines 5–6" in narrow, "the narrowest evidence, not that of the whole record"


def test_a_page_has_incoming_links_and_parts_with_anchors(server: Server) -> None:
    page = server.get("/doc/lg/jp-yunagi-cho.html").text
    assert "/doc/membership/harbour-league--jp-yunagi-cho" in page and "/doc/seminar/2021-lisbon" in page
    assert ">harbour-league-901 · jp</h3>" in re.sub(r" <span.*?</span>", "", server.get(
        "/doc/count/harbour-league-901.html").text)
    assert 'id="interval"' in server.get("/doc/membership/harbour-league--jp-yunagi-cho.html").text


def test_text_of_the_data_is_escaped(server: Server) -> None:
    page = server.get("/doc/seminar/2021-lisbon.html").text
    assert "Lanterns &amp; &lt;harbours&gt;" in page and "<harbours>" not in page


def test_the_reader_chooses_the_language(server: Server) -> None:
    japanese = server.get("/doc/lg/jp-asagiri-shi", BROWSER, Accept_Language="ja,en;q=0.5")
    english = server.get("/doc/lg/jp-asagiri-shi", BROWSER, Accept_Language="en")
    chosen = server.get("/doc/lg/jp-asagiri-shi?lang=ja", BROWSER, Accept_Language="en")
    assert "<h1>朝霧市</h1>" in japanese.text and "<h1>Asagiri City</h1>" in english.text
    assert "<h1>朝霧市</h1>" in chosen.text and "?lang=ja" in chosen.text and "あさぎりし</h1>" not in chosen.text
    assert japanese.headers["content-language"] == "ja" and '<html lang="ja">' in japanese.text
    assert "Accept-Language" in japanese.headers["vary"]
    assert '<html lang="ja">' in server.get("/nothing", BROWSER, Accept_Language="ja").text


def test_every_link_of_every_kind_of_page_leads_somewhere(server: Server) -> None:
    pages = ["/", "/graph", "/vocab", "/sparql", "/dump/", "/errors", "/def", "/vocab/role", "/dataset", "/graph/inferred",
             "/doc/seminar/2021-lisbon", "/doc/lg/jp-asagiri-shi", "/doc/count/harbour-league-901", "/nothing"]
    seen: set[str] = set()
    for path in pages:
        text = server.get(path, BROWSER).text
        assert not re.search(r"""<script(?![^>]* src="/)(?![^>]* type="application/)|\son\w+=|style=|src="http|href="//""", text), path
        links = re.findall(r'(?:href|src|action)="([^"]*)"', text)
        assert links
        seen |= {link.partition("#")[0].replace("&amp;", "&") for link in links if link.startswith("/")
                 and not link.startswith("/nothing")}
        outside = [link for link in links if not link.startswith(("/", "#"))]
        assert all(link.startswith(("http://", "https://")) for link in outside), path
        stylesheets = re.findall(r'<link rel="stylesheet" href="([^"]*)"', text)
        assert stylesheets and all(link.startswith("/static/") for link in stylesheets)
    assert len(seen) > 40
    for link in sorted(seen):
        status = server.get(link, BROWSER).status
        assert status in (200, 303), (link, status)


def test_headers_on_every_answer(server: Server) -> None:
    for path in ("/", "/id/lg/jp-asagiri-shi", "/doc/lg/jp-asagiri-shi.ttl", "/nothing", "/dump/jichi.nq", "/sparql",
                 "/static/jichi.css", "/id/lg/jp-asagiri-shi/"):
        headers = server.get(path).headers
        assert headers["access-control-allow-origin"] == "*", path
        assert headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert "set-cookie" not in headers


def test_the_home_page(server: Server) -> None:
    page = server.get("/", BROWSER).text
    assert "Towns of nowhere" in page and "/doc/seminar/2021-lisbon" in page and f"{server.address}/" in page
    japanese = server.get("/?lang=ja", BROWSER).text
    assert "どこにもない町" in japanese
    assert server.get("/").type == "text/html"
    machine = server.get("/", "text/turtle")
    assert (machine.status, machine.headers["location"]) == (303, "/dataset")


def test_head_has_the_headers_of_get(server: Server) -> None:
    for path in ("/", "/doc/lg/jp-asagiri-shi.ttl", "/dump/jichi.ttl", "/def", "/graph", "/vocab", "/errors", "/nothing"):
        got, head = server.get(path), server.request("HEAD", path)
        assert head.body == b"" and head.status == got.status
        varying = {"date", "server-timing"}
        assert {k: v for k, v in head.headers.items() if k not in varying} == {
            k: v for k, v in got.headers.items() if k not in varying}


# ---- downloads

def test_downloads_are_the_files_of_the_release(server: Server, folder: Path) -> None:
    sums = server.get("/dump/SHA256SUMS").text
    listed = dict(reversed(line.split("  ")) for line in sums.splitlines())
    assert {"jichi.nq", "jichi.ttl", "jichi.trig", "jichi.jsonld", "records/seminar.json", "release.json"} == set(listed)
    for name, digest in listed.items():
        reply = server.get(f"/dump/{name}")
        assert (reply.status, hashlib.sha256(reply.body).hexdigest()) == (200, digest)
    assert server.get("/dump/jichi.ttl").type == "text/turtle"
    assert server.get("/dump/jichi.jsonld").type == "application/ld+json"
    assert server.get("/dump/records/seminar.json").type == "application/json"
    again = server.get("/dump/jichi.nq", If_None_Match=server.get("/dump/jichi.nq").headers["etag"])
    assert again.status == 304


@pytest.mark.parametrize("name", [
    "secret.txt", "../current/jichi.nq", "..%2f..%2fsecret.txt", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "records",
    "records/", "jichi.nq%00", "./jichi.nq", "records/../jichi.nq", "JICHI.NQ",
])  # fmt: skip
def test_nothing_else_is_downloaded(server: Server, name: str) -> None:
    reply = server.get(f"/dump/{name}")
    if reply.status == 308:
        reply = server.get(reply.headers["location"].removeprefix(server.address))
    assert reply.status == 404, (name, reply.status)


# ---- the application in another place, and without a release

def test_links_below_a_prefix(folder: Path) -> None:
    words = vocabulary()
    release = OpenRelease.open(folder, words)
    with Evaluators(Load(release.data, words.base, words.prefixes), Limits(workers=1)) as evaluators:
        client = create_app(release, words, evaluators).test_client()
        below = {"SCRIPT_NAME": "/towns"}
        page = client.get("/doc/seminar/2021-lisbon.html", environ_overrides=below).get_data(as_text=True)
        links = re.findall(r'(?:href|action)="(/[^"]*)"', page)
        assert links and all(link.startswith("/towns/") for link in links)
        moved = client.get("/id/seminar/2021-lisbon", environ_overrides=below)
        assert moved.headers["Location"] == "/towns/doc/seminar/2021-lisbon"
        document = client.get("/doc/seminar/2021-lisbon", environ_overrides=below)
        assert document.headers["Content-Location"] == "/towns/doc/seminar/2021-lisbon.ttl"
        assert BASE.encode() in document.data and b"/towns/doc" not in document.data


@pytest.mark.parametrize("missing", ["jichi.nq", "release.json", "SHA256SUMS", "records/seminar.json"])
def test_an_incomplete_release_is_refused(tmp_path: Path, missing: str) -> None:
    folder = write_release(tmp_path, fixture_lines(), vocabulary())
    (folder.resolve() / missing).unlink()
    with pytest.raises(ReleaseError) as raised:
        OpenRelease.open(folder, vocabulary())
    assert raised.value.text("ja")


def test_a_new_release_does_not_change_an_open_one(tmp_path: Path) -> None:
    first = write_release(tmp_path, fixture_lines(), vocabulary())
    release = OpenRelease.open(first, vocabulary())
    first.unlink()
    write_release(tmp_path, fixture_lines()[:50], vocabulary())
    assert release.data.read_text().count("\n") == len(fixture_lines())
    assert len(release.store.lines()) == len(fixture_lines())


def test_every_error_has_words_and_a_status() -> None:
    from kg.messages import catalogue

    for code, status in STATUS.items():
        assert known("status", str(status)), status
        assert known("error", code) or code in catalogue(), code
