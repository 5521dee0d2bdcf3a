"""Whatever is sent, the answer is one of ours: no 500, a problem where it is an error, the headers that all answers have.

Bounded by numbers of examples. hypothesis makes texts, headers and paths; requests that keep to what the server says of
itself, and those that do not, are schemathesis's (`test_openapi.py`).
"""

from __future__ import annotations

import http.client
import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoint_support import Reply, Server

FEW = settings(max_examples=12, deadline=None, database=None, derandomize=True,
               suppress_health_check=list(HealthCheck))  # fmt: skip
MORE = settings(FEW, max_examples=60)


def is_ours(status: int, headers: dict[str, str], body: bytes) -> None:
    assert status < 500 or status == 503, (status, body[:300])
    assert headers.get("access-control-allow-origin") == "*", (status, headers)
    assert headers.get("x-content-type-options") == "nosniff"
    if status >= 400 and body:
        kind = headers.get("content-type", "").partition(";")[0]
        assert kind in ("application/problem+json", "text/html"), (status, kind)
        assert b"Traceback" not in body


# ---- texts of queries

PIECES = st.sampled_from([
    "SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "WHERE", "FROM", "NAMED", "GRAPH", "SERVICE", "OPTIONAL", "UNION", "MINUS",
    "FILTER", "BIND", "VALUES", "EXISTS", "NOT", "IN", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET", "DISTINCT",
    "COUNT", "AS", "PREFIX", "BASE", "{", "}", "(", ")", "[", "]", ".", ";", ",", "*", "+", "?", "/", "|", "^", "!", "=",
    "<", ">", "&&", "||", "-", "?s", "?p", "?o", "$g", "<http://example.org/>", "<>", "ex:a", "_:b", "a", "1", "1.5e9",
    '"x"', "'''", '"""', "\\", "\\u0022", "#", "@ja", "^^", "UNDEF", "浜松市", "\u202e", "\x00", "\ud7ff", "INSERT DATA",
    "DROP ALL", "LOAD", "NOW()", "REGEX(?o, '(a+)+$')", "SELECT * { ?s ?p ?o }", "GRAPH ?g { ?s ?p ?o }",
])  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=12).map("".join), st.text(max_size=80))


@MORE
@given(text=TEXTS, accept=st.sampled_from([None, "text/html", "text/csv", "text/turtle", "image/png"]))
def test_a_text_that_is_no_query_or_is_one(site: Server, text: str, accept: str | None) -> None:
    limited = text.encode("utf-8", "surrogatepass")
    replies = [
        site.request("POST", "/sparql", with_accept({"Content-Type": "application/sparql-query"}, accept), limited),
        site.get(f"/sparql?query={quote(limited, safe='')}", accept),
    ]  # fmt: skip
    for reply in replies:
        is_ours(reply.status, dict(reply.headers), reply.body)
    assert replies[0].status == replies[1].status or not text.strip()


def with_accept(headers: dict[str, str], accept: str | None) -> dict[str, str]:
    return headers if accept is None else {**headers, "Accept": accept}


@MORE
@given(pairs=st.lists(st.tuples(st.text(max_size=12), st.text(max_size=30)), max_size=6), raw=st.binary(max_size=60))
def test_parameters_and_bodies(site: Server, pairs: list[tuple[str, str]], raw: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    encoded = urlencode([("query", "ASK {}"), *pairs], errors="surrogatepass")
    for reply in (
        site.get(f"/sparql?{encoded}"), site.request("POST", "/sparql", form, encoded.encode()),
        site.request("POST", "/sparql", form, raw), site.request("POST", "/sparql", form, b"query=" + raw),
    ):  # fmt: skip
        is_ours(reply.status, dict(reply.headers), reply.body)


# ---- headers and paths

PARTS = st.sampled_from([
    "text/turtle", "text/html", "*/*", "application/ld+json", "text/*", "/", ";", ",", "q=0", "q=1", "q=nan", "q=-1", "q=1e309",
    "q=٣", "=", '"', "gzip", "br", "zstd", "identity", "*", "W/", '"x"', "ja", "en-GB", "a" * 300, " ", "\t", "é", "\x7f",
    "bytes=0-", "Sun, 06 Nov 1994 08:49:37 GMT", "99999999999999999999", "charset=utf-16", "100-continue", "-1",
])  # fmt: skip
NAMES = st.sampled_from([
    "Accept", "Accept-Language", "Accept-Encoding", "Accept-Charset", "If-None-Match", "If-Modified-Since", "If-Match", "Range",
    "If-Range", "Origin", "Access-Control-Request-Headers", "X-Forwarded-Prefix", "X-Forwarded-Host", "X-Forwarded-Proto",
    "Forwarded", "Content-Type", "Cookie", "Authorization", "User-Agent", "Cache-Control", "Referer",
])  # fmt: skip
PATHS = st.sampled_from([
    "/", "/sparql", "/sparql?query=ASK%7B%7D", "/doc/seminar/2018-london", "/id/seminar/2018-london", "/dump/jichi.nq", "/vocab",
    "/nothing", "/static/jichi.css", "/graph", "/health",
])  # fmt: skip


@MORE
@given(
    path=PATHS, method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT", "TRACE", "PATCH"]),
    headers=st.lists(st.tuples(NAMES, st.lists(PARTS, min_size=1, max_size=6).map("".join)), max_size=5),
)  # fmt: skip
def test_headers(site: Server, path: str, method: str, headers: list[tuple[str, str]]) -> None:
    sent = {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in headers}
    reply = site.request(method, path, sent)
    is_ours(reply.status, dict(reply.headers), reply.body)
    assert "access-control-allow-credentials" not in reply.headers


@MORE
@given(path=st.one_of(st.text(max_size=40), st.lists(st.sampled_from([
    "id", "doc", "seminar", "2018-london", "..", ".", "%2e%2e", "%2F", "%00", "%", "%zz", "//", "graph", "vocab", ".ttl", "dump", "?",
    "#", "static", ";", "é", "浜", "\\", "~", "lg-code", "22130"]), max_size=8).map("/".join)))  # fmt: skip
def test_paths(site: Server, path: str) -> None:
    spelled = re.sub(r"[\x00-\x20\x7f]", "", path).encode("utf-8", "surrogatepass").decode("latin-1")
    try:
        reply = asked_raw(site, f"/{spelled}")
    except http.client.InvalidURL:
        return
    is_ours(reply.status, dict(reply.headers), reply.body)
    assert reply.headers.get("location", "").isascii()


def asked_raw(site: Server, path: str) -> Reply:
    try:
        return site.get(path)
    except UnicodeEncodeError:
        return site.get(quote(path.encode("latin-1", "replace"), safe="/%?#"))


def test_the_check_sees_what_is_not_ours() -> None:
    fine = {"access-control-allow-origin": "*", "x-content-type-options": "nosniff", "content-type": "application/problem+json"}
    is_ours(404, fine, b"{}")
    for status, headers, body in ((500, fine, b""), (200, {}, b""), (404, {**fine, "content-type": "text/plain"}, b"x")):
        with pytest.raises(AssertionError):
            is_ours(status, headers, body)
