"""The byte cache and the documents made beforehand, on the real server: the same answers, from another place."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import brotli
import pytest
from endpoint_support import BASE, Reply, Server, fixture_lines, running, vocabulary, write_release

from endpoint.cache import Cache, Page, asked
from endpoint.negotiation import ALIKE, DOCUMENTS, RESULTS, Offer
from endpoint.workers import Limits

LIMITS = Limits(workers=1, fast_workers=2, processes=1, cache=400_000)
PATH = "/doc/lg/jp-asagiri-shi"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CHANGING = ("date", "server-timing")


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"), fixture_lines(), vocabulary())


@pytest.fixture(scope="module")
def server(link: Path) -> Iterator[Server]:
    with running(link, limits=LIMITS) as address:
        yield address


def is_hit(reply: Reply) -> bool:
    return reply.headers["server-timing"] == "cache;desc=hit"


def lasting(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    return reply.status, {name: value for name, value in reply.headers.items() if name not in CHANGING}, reply.body


def test_a_kept_answer_is_the_answer_of_the_application(server: Server) -> None:
    query = urlencode({"query": f"SELECT ?s WHERE {{ ?s a <{BASE}def#Town> }}"})
    for path in (PATH, f"{PATH}.ttl", "/id/lg/jp-asagiri-shi", f"/sparql?{query}", "/static/jichi.css", "/DOC/lg/JP-ASAGIRI-SHI"):
        for headers in ({}, {"Accept": BROWSER}, {"Accept-Encoding": "gzip"}, {"Accept-Language": "ja", "Accept": "text/html"}):
            first = server.request("GET", path, headers)
            second = server.request("GET", path, headers)
            assert is_hit(second) and lasting(first) == lasting(second), (path, headers)
            head = server.request("HEAD", path, headers)
            assert is_hit(head) and lasting(head) == (*lasting(first)[:2], b"")
            if "etag" in first.headers:
                again = server.request("GET", path, {**headers, "If-None-Match": first.headers["etag"]})
                assert again.status == 304 and again.body == b"" and again.headers["etag"] == first.headers["etag"]


def test_odd_headers_find_the_few_answers_there_are(server: Server) -> None:
    server.get(PATH, "text/turtle")
    server.get(PATH, "text/html", Accept_Language="ja")
    for number in range(40):
        assert is_hit(server.get(PATH, f"x/{number}, text/turtle;q=0.{number + 10}, application/ld+json;q=0.01"))
        assert is_hit(server.get(PATH, f"text/html, x/{number};q=0.3", Accept_Language=f"x{number}, ja;q=0.5"))
        assert server.get(PATH, f"x/y{number}").status == 406


def test_one_query_in_other_spellings_is_one_query(server: Server) -> None:
    text = f"ASK {{ ?s a <{BASE}def#Town> }}"
    first = server.get(f"/sparql?{urlencode({'query': text, 'format': 'json'})}")
    spelled = "".join(f"%{byte:02x}" for byte in text.encode())
    assert is_hit(server.get(f"/sparql?format=json&query={spelled}"))
    assert server.get(f"/sparql?format=json&query={spelled}").body == first.body


def test_small_queries_need_no_application_and_say_the_same(server: Server) -> None:
    """The first of a format goes through the application; a later one is answered from the event loop."""
    for form, query in (("json", "SELECT ?s WHERE { ?s ?p 1 }"), ("csv", "SELECT * WHERE { ?s ?p ?o } LIMIT 300"),
                        ("ttl", "CONSTRUCT { <a> <b> 1 } WHERE {}"), ("json", "SELECT (RAND() * 0 AS ?x) WHERE {}")):
        replies = []
        for number in range(4):
            path = f"/sparql?{urlencode({'query': f'{query} # {form} {number}', 'format': form})}"
            replies.append(server.request("GET", path, {"Accept-Encoding": "br"}))
        first, *others = replies
        told = [reply.headers["server-timing"] for reply in others]
        assert all(timing.startswith("query;dur=") for timing in told) and not any("total" in timing for timing in told)
        for reply in others:
            same, other = lasting(first), lasting(reply)
            assert same[0] == other[0] == 200 and same[2] == other[2]
            assert {k: v for k, v in same[1].items() if k != "etag"} == {k: v for k, v in other[1].items() if k != "etag"}
            assert ("etag" in reply.headers) == ("RAND" not in query) == (reply.headers["cache-control"] != "no-store")


def test_what_may_not_be_kept_is_not_kept(server: Server) -> None:
    for path in ("/ready", "/health", "/metrics", "/", "/sparql", "/nothing", "/doc/lg/none", "/doc/lg%2fjp-asagiri-shi",
                 f"/sparql?{urlencode({'query': 'SELECT (RAND() AS ?x) {}'})}", "/sparql?query=SELECT"):
        for _ in range(3):
            assert not is_hit(server.get(path, "text/html")), path
    body = urlencode({"query": "ASK {}"}).encode()
    for _ in range(2):
        posted = server.request("POST", "/sparql", {"Content-Type": "application/x-www-form-urlencoded"}, body)
        assert not is_hit(posted)


def test_headers_that_come_twice_poison_nothing(server: Server) -> None:
    """What the cache reads and what the application reads is the same."""
    import http.client

    host, port = server.address.removeprefix("http://").split(":")
    path = "/doc/lg/jp-yunagi-cho"
    for first, second in (("text/html", "text/turtle"), ("application/n-triples;q=0.1", "application/ld+json")):
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.putrequest("GET", path)
        connection.putheader("Accept", first)
        connection.putheader("Accept", second)
        connection.endheaders()
        connection.getresponse().read()
        connection.close()
    for media_type in ("text/html", "text/turtle", "application/ld+json", "application/n-triples"):
        assert server.get(path, media_type).type == media_type


def test_a_flood_of_queries_is_bounded_in_bytes(server: Server) -> None:
    for number in range(300):
        text = f"SELECT * WHERE {{ ?s ?p ?o }} LIMIT 30 # {number}"
        server.get(f"/sparql?{urlencode({'query': text})}")
    held = next(line for line in server.get("/metrics").text.splitlines() if line.startswith("jichi_cache_bytes "))
    assert 200_000 < float(held.split()[1]) <= LIMITS.cache


def page(vary: str, body: bytes = b"x", kind: str = "text/turtle; charset=utf-8", **headers: str) -> Page:
    given = {"Content-Type": kind, "Cache-Control": "public, max-age=1", "Vary": vary}
    return Page(200, tuple({**given, **headers}.items()), "t", body)


def test_only_what_the_headers_allow_is_kept() -> None:
    cache = Cache(100_000)
    key = asked(b"/doc/a", [(b"accept", b"text/turtle")])
    offer = Offer(DOCUMENTS)
    for wrong in (page("Accept, Cookie"), page("*"), page("Host"), page("Accept", **{"Cache-Control": "no-store"}),
                  page("Accept", **{"Set-Cookie": "a=b"}), page("Accept", b"x" * 200_000),
                  page("Accept", kind="text/html; charset=utf-8")):
        assert cache.keep(key, wrong, offer) is None and len(cache) == 0
    assert cache.keep(key, page("Accept"), None) is None, "it varies by Accept, and nobody says how"
    assert cache.keep(key, page("Accept"), offer) is not None and cache.find(key) is not None
    assert cache.find(asked(b"/doc/a", [(b"accept", b"text/html")])) is None
    assert cache.find(asked(b"/doc/a", [(b"accept", b"text/turtle")], prefix=b"/other")) is None


def test_an_offer_is_told_by_its_text() -> None:
    for offer in (Offer(DOCUMENTS), Offer(RESULTS, page=True), ALIKE):
        assert Offer.of(str(offer)) == offer


def test_documents_are_made_beforehand(link: Path) -> None:
    """All of them, in every form and coding; the first request finds them."""
    with running(link, limits=LIMITS, pages=True) as server:
        until = time.monotonic() + 60
        while not list((link.parent / ".pages").glob("*.sqlite")) and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1.1)
        plain = server.get("/doc/lg/jp-yunagi-cho", "application/ld+json")
        assert is_hit(plain) and json.loads(plain.body)
        packed = server.get("/doc/lg/jp-yunagi-cho", "application/ld+json", Accept_Encoding="br")
        assert is_hit(packed) and brotli.decompress(packed.body) == plain.body
        for path in ("/doc/lg/jp-asagiri-shi.html", "/def", "/graph", "/id/lg/jp-asagiri-shi", "/doc/lg/jp-asagiri-shi.nt"):
            assert is_hit(server.get(path, "text/html")), path
        made = {path: lasting(server.get(path, "text/html", Accept_Language="ja")) for path in (PATH, "/def", "/id/lg/jp-asagiri-shi")}
    with running(link, limits=LIMITS) as server:
        for path, found in made.items():
            reply = server.get(path, "text/html", Accept_Language="ja")
            assert not is_hit(reply) and lasting(reply) == found, "and are what the application answers"
