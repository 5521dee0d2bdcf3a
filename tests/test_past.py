"""Past releases stay usable: pages, documents and SPARQL below `/release/`, Memento, citations, feeds."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from rdflib import Graph, Literal, URIRef

import publisher
from endpoint import past
from endpoint.editions import Editions, base_of, citation
from endpoint.workers import Limits
from endpoint_support import BASE, Server, fixture_lines, running
from kg import published, release
from kg.names import Names
from test_attacks import descendants
from test_publishing import until

LIMITS = Limits(workers=1, fast_workers=1, processes=1)
DAYS = {"2026.09.0": "2026-09-01", "2026.10.0": "2026-10-01", "2026.11.0": "2026-11-01"}
OLD, MIDDLE, NEW = DAYS
TOWN = f"{BASE}id/lg/jp-asagiri-shi"
LATE = f"<{BASE}id/lg/jp-late-mura> <http://www.w3.org/2004/02/skos/core#prefLabel> \"{{}}\"@{{}} <{BASE}graph/ref/towns> ."


def lines_of(version: str) -> list[str]:
    """The towns of the fixture; each release calls one of them otherwise, and the newest has one more."""
    named = [line.replace('"Asagiri City"', f'"Asagiri {version}"') for line in fixture_lines()]
    return [*named, LATE.format("Late Village", "en"), LATE.format("遅村", "ja")] if version >= NEW else named


def number(out: Path, version: str, day: str) -> None:
    data = "".join(f"{line}\n" for line in sorted(set(lines_of(version)))).encode()
    payload = publisher.files_of(version, 0, day) | {"jichi.nq": data}
    files = {f"data/{name}": content for name, content in {**payload, "SHA256SUMS": publisher.checksums(payload)}.items()}
    release.publish_bag(out, version, {**files, "bagit.txt": b"bag"}, f"jichi-{version}.zip", b"zip")


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("past")
    data = "".join(f"{line}\n" for line in sorted(set(lines_of("0")))).encode()
    release.publish(folder, "00000000000a", publisher.files_of("00000000000a", 0) | {"jichi.nq": data})
    for version, day in DAYS.items():
        number(folder, version, day)
    return folder


@pytest.fixture(scope="module")
def server(out) -> Iterator[Server]:
    with running(out / published.CURRENT, limits=LIMITS) as started:
        yield started


def links(text: str) -> dict[str, dict[str, str]]:
    """Links by relation; what stands beside each (RFC 8288)."""
    found = {}
    for target, rest in re.findall(r"<([^>]*)>((?:\s*;\s*[a-z]+=\"[^\"]*\")+)", text):
        values = dict(re.findall(r'([a-z]+)="([^"]*)"', rest))
        for name in values["rel"].split():
            found.setdefault(name, {"href": target, **values})
    return found


# ---- documents and queries


def test_each_release_says_what_it_said(server):
    for version in DAYS:
        graph = Graph().parse(data=server.get(f"/release/{version}/doc/lg/jp-asagiri-shi.ttl").body, format="turtle")
        names = set(graph.objects(URIRef(TOWN), URIRef("http://www.w3.org/2004/02/skos/core#prefLabel")))
        assert Literal(f"Asagiri {version}", lang="en") in names
        reply = server.get(f"/release/{version}/sparql?" + urlencode({"query": f"SELECT ?n {{ <{TOWN}> ?p ?n FILTER(STRSTARTS(STR(?n), 'Asagiri 20')) }}"}))
        assert set(reply.values("n")) == {f"Asagiri {version}"}
        assert server.get(f"/release/{version}/ready").json()["release"] == version


def test_a_visitor_stays_in_the_release(server):
    redirected = server.get(f"/release/{OLD}/id/lg/jp-asagiri-shi", "text/html")
    assert (redirected.status, redirected.headers["location"]) == (303, f"/release/{OLD}/doc/lg/jp-asagiri-shi")
    page = server.get(redirected.headers["location"], "text/html")
    assert page.status == 200 and f"Asagiri {OLD}" in page.text and page.headers["content-location"].startswith(f"/release/{OLD}/doc/")
    targets = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
    assert len(targets) > 10 and all(target.startswith(f"/release/{OLD}/") for target in targets)
    for target in {html.unescape(target) for target in targets if "/static/" in target or target.endswith("/")}:
        assert server.get(target).status == 200, target
    assert server.get(f"/release/{OLD}").headers["location"] == f"/release/{OLD}/"
    assert server.get(f"/release/{OLD}/", "text/html").status == 200


def test_what_came_later_is_not_found_before(server):
    assert server.get("/doc/lg/jp-late-mura.ttl").status == 200
    assert server.get(f"/release/{NEW}/doc/lg/jp-late-mura.ttl").status == 200
    for path in (f"/release/{OLD}/doc/lg/jp-late-mura.ttl", "/release/2031.01.0/doc/lg/jp-asagiri-shi", "/release/2031.01.0",
                 "/release/../sparql", "/release/current/sparql"):
        reply = server.get(path, "application/json")
        assert (reply.status, reply.type) == (404, "application/problem+json"), path


def test_a_build_is_known_by_its_id(server):
    assert b"Asagiri 0" in server.get("/release/00000000000a/doc/lg/jp-asagiri-shi.nt").body
    assert "memento-datetime" not in server.get("/release/00000000000a/doc/lg/jp-asagiri-shi.nt").headers


def test_the_releases_are_listed_for_people(server):
    for language, word in (("en", "Releases"), ("ja", "リリース一覧")):
        page = server.get(f"/release?lang={language}", "text/html")
        assert word in page.text and re.findall(r"/release/(\d{4}\.\d\d\.\d+)/[\"?]", page.text) == list(DAYS)[::-1]


def test_few_are_open_at_a_time(out):
    with running(out / published.CURRENT, limits=LIMITS) as alone:
        begin = len(descendants(alone.pid))
        most = 0
        for _ in range(2):
            for version in (OLD, MIDDLE, "00000000000a"):
                assert alone.get(f"/release/{version}/doc/lg/jp-asagiri-shi.ttl").status == 200
                most = max(most, len(descendants(alone.pid)) - begin)
        one = 1 + LIMITS.workers + LIMITS.fast_workers
        assert 0 < most <= (past.MOST + 1) * one
        assert until(lambda: len(descendants(alone.pid)) - begin <= past.MOST * one), "those let go have ended"


# ---- citations


QUERIES = {
    "SELECT ?s ?p ?o { ?s ?p ?o }": ("text/csv", "application/sparql-results+json", "text/html"),
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p": ("text/tab-separated-values", "application/sparql-results+xml"),
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }": ("text/turtle", "application/rdf+xml", "application/ld+json"),
    f"DESCRIBE <{TOWN}>": ("application/n-triples", "text/turtle"),
    f"ASK {{ <{TOWN}> ?p ?o }}": ("application/sparql-results+json",),
}


def test_a_cited_result_is_the_same_bytes_after_later_releases(tmp_path):
    number(tmp_path, OLD, DAYS[OLD])
    with running(tmp_path / published.CURRENT, limits=LIMITS) as one:
        cited = {}
        for query in QUERIES:
            page = server_page(one, query)
            cited[query] = html.unescape(re.search(r'<a href="([^"]*)" rel="cite-as">', page)[1])
            assert cited[query] == f"{one.address}/release/{OLD}/sparql?{urlencode({'query': query})}"
        before = {(q, a): one.get(address(cited[q]), a) for q, accepted in QUERIES.items() for a in accepted}
        for version in (MIDDLE, NEW):
            number(tmp_path, version, DAYS[version])
        assert until(lambda: one.get("/ready").json()["release"] == NEW)
        for (query, accept), answer in before.items():
            after = one.get(address(cited[query]), accept)
            assert (answer.status, after.status, after.type) == (200, 200, accept)
            assert after.body == answer.body and after.headers["etag"] == answer.headers["etag"], (query, accept)
        assert one.query(f"DESCRIBE <{TOWN}>", "text/turtle").body != before[f"DESCRIBE <{TOWN}>", "text/turtle"].body


def server_page(one: Server, query: str) -> str:
    return one.query(query, "text/html").text


def address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_a_past_page_cites_itself_once():
    root = "https://example.org/lod/"
    assert base_of(root) == root and base_of(f"{root}release/2026.11.0/") == root
    assert citation(f"{root}release/2026.11.0/", "2026.11.0", "ASK {}") == citation(root, "2026.11.0", "ASK {}")


# ---- Memento


def test_a_document_leads_to_its_gate_and_its_map(server):
    found = links(server.get("/doc/lg/jp-asagiri-shi", "text/turtle").headers["link"])
    assert found["timegate"]["href"] == "/timegate/doc/lg/jp-asagiri-shi"
    assert found["timemap"] == {"href": "/timemap/doc/lg/jp-asagiri-shi", "rel": "timemap", "type": "application/link-format"}


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        (None, NEW), ("Tue, 06 Oct 2026 10:00:00 GMT", MIDDLE), ("Thu, 01 Oct 2026 00:00:00 GMT", MIDDLE),
        ("Wed, 30 Sep 2026 23:59:59 GMT", OLD), ("Sat, 01 Jan 2000 00:00:00 GMT", OLD), ("Fri, 01 Jan 2100 00:00:00 GMT", NEW),
    ],
)
def test_the_gate_leads_to_the_release_of_that_time(server, asked, version):
    reply = server.get("/timegate/doc/lg/jp-asagiri-shi.ttl", **({"Accept_Datetime": asked} if asked else {}))
    assert (reply.status, reply.headers["location"]) == (302, f"/release/{version}/doc/lg/jp-asagiri-shi.ttl")
    assert "accept-datetime" in reply.headers["vary"].lower()
    found = links(reply.headers["link"])
    assert found["original"]["href"] == "/doc/lg/jp-asagiri-shi.ttl" and found["timemap"]["href"].startswith("/timemap/")
    memento = server.get(reply.headers["location"])
    assert parsedate_to_datetime(memento.headers["memento-datetime"]) == datetime.fromisoformat(DAYS[version]).replace(tzinfo=UTC)
    assert (memento.status, memento.type) == (200, "text/turtle")


def test_a_memento_knows_its_neighbours(server):
    found = links(server.get(f"/release/{MIDDLE}/doc/lg/jp-asagiri-shi.ttl").headers["link"])
    place = "doc/lg/jp-asagiri-shi.ttl"
    expected = {"original": f"/{place}", "timegate": f"/timegate/{place}", "first": f"/release/{OLD}/{place}",
                "prev": f"/release/{OLD}/{place}", "next": f"/release/{NEW}/{place}", "last": f"/release/{NEW}/{place}"}
    assert {name: found[name]["href"] for name in expected} == expected
    assert all("datetime" in found[name] for name in ("first", "prev", "next", "last", "memento"))
    assert server.get(found["original"]["href"]).status == 200


def test_the_map_lists_the_releases_that_have_the_document(server):
    for path, versions in (("doc/lg/jp-asagiri-shi", list(DAYS)), ("id/lg/jp-late-mura", [NEW]), ("def", list(DAYS))):
        reply = server.get(f"/timemap/{path}")
        assert (reply.status, reply.type) == (200, "application/link-format")
        mementos = re.findall(r'<([^>]+)>;rel="[a-z ]*memento";datetime="([^"]+)"', reply.text)
        assert [target for target, _ in mementos] == [f"{server.address}/release/{version}/{path}" for version in versions]
        assert [parsedate_to_datetime(day).date().isoformat() for _, day in mementos] == [DAYS[v] for v in versions]
        found = links(reply.text)
        assert found["original"]["href"] == f"{server.address}/{path}" and found["self"]["type"] == "application/link-format"
        assert (found["self"]["from"], found["self"]["until"]) == (mementos[0][1], mementos[-1][1])


def test_what_the_gate_cannot_answer(server):
    for text in ("yesterday", "2026-10-06T10:00:00Z", "Tue, 06 Oct 2026 10:00:00 +0900"):
        reply = server.get("/timegate/doc/lg/jp-asagiri-shi", "application/json", Accept_Datetime=text)
        assert (reply.status, reply.json()["code"]) == (400, "datetime-form")
    for path in ("/timegate/doc/lg/jp-nowhere", "/timemap/doc/lg/jp-nowhere", "/timegate/release/x"):
        assert server.get(path).status == 404


# ---- feeds


ATOM = "{http://www.w3.org/2005/Atom}"


def feed(server: Server, name: str, language: str) -> ET.Element:
    reply = server.get(f"/{name}.atom?lang={language}")
    assert (reply.status, reply.type) == (200, "application/atom+xml")
    root = ET.fromstring(reply.body)  # noqa: S314
    assert root.tag == f"{ATOM}feed" and root.find(f"{ATOM}author/{ATOM}name") is not None
    for node in (root, *root.iter(f"{ATOM}entry")):
        assert all(len(node.findall(f"{ATOM}{child}")) == 1 for child in ("id", "title", "updated"))
        datetime.fromisoformat(node.findtext(f"{ATOM}updated", ""))
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids)) and all(":" in (id_ or "") for id_ in ids)
    assert root.find(f"{ATOM}link[@rel='self']").get("href") == f"{server.address}/{name}.atom"
    return root


def test_the_feed_of_releases(server):
    for language in ("en", "ja"):
        entries = list(feed(server, "feed", language).iter(f"{ATOM}entry"))
        assert [e.findtext(f"{ATOM}updated") for e in entries] == [f"{day}T00:00:00Z" for day in list(DAYS.values())[::-1]]
        for entry in entries:
            assert server.get(urlsplit(entry.find(f"{ATOM}link").get("href")).path, "text/html").status == 200


def test_the_feed_of_changed_things(server):
    root = feed(server, "changes", "en")
    told = {e.find(f"{ATOM}link").get("href"): e.findtext(f"{ATOM}summary") for e in root.iter(f"{ATOM}entry")}
    town = f"{server.address}/release/{MIDDLE}/doc/lg/jp-asagiri-shi"
    assert "English" in told[town] and "changed" in told[town]
    assert f"{server.address}/release/{NEW}/doc/lg/jp-late-mura" in told
    for target in told:
        assert server.get(urlsplit(target).path, "text/turtle").status == 200
    assert "変更" in " ".join(e.findtext(f"{ATOM}summary") for e in feed(server, "changes", "ja").iter(f"{ATOM}entry"))


def test_pages_name_the_feed(server):
    assert '<link rel="alternate" type="application/atom+xml" href="/feed.atom"' in server.get("/", "text/html").text


# ---- the folder


def test_editions_are_looked_at_anew(tmp_path):
    number(tmp_path, OLD, DAYS[OLD])
    editions = Editions((tmp_path / published.CURRENT).resolve(), Names(BASE))
    assert [edition.version for edition in editions.numbered()] == [OLD]
    number(tmp_path, NEW, DAYS[NEW])
    assert [edition.version for edition in editions.numbered()] == [OLD, NEW]
    assert [edition.version for edition in editions.having("doc/lg/jp-late-mura.html")] == [NEW]
    assert editions.named("nothing") is None
    assert json.loads((editions.named(NEW).folder / "release.json").read_text())["issued"] == DAYS[NEW]
