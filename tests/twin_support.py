"""A visitor of a server and of its copy: which addresses links and data lead to, and where the two answer differently.

`python tests/twin_support.py SERVER COPY BASE` compares all of them for a real release; the tests do it for an invented one.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import unquote, urljoin, urlsplit

from endpoint_support import Reply, Server
from kg.store import parse

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
ASKED = [BROWSER, "text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml",
         "application/trig", "text/csv", "*/*", None, "image/png"]
_GRAPHS = {"text/turtle": "turtle", "application/ld+json": "jsonld", "application/n-triples": "ntriples",
           "application/rdf+xml": "rdfxml", "application/trig": "trig"}
_PROGRAMS = ("sparql", "search", "suggest", "timegate", "health", "ready", "metrics")
"""what needs a program"""
_LINK = re.compile(r'(?:href|src)="([^"#]*)')
_LISTED = re.compile(r"<loc>([^<]*)</loc>")
_HEADER = re.compile(r"<([^>]*)>;\s*rel=")
_MORE = ("/robots.txt", "/sitemap.xml", "/openapi.json", "/.well-known/void", "/feed.atom", "/changes.atom", "/errors", "/release")


class Remembered(Server):
    """A server that is asked once in each way, though several copies are compared with it."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.address)
        self._replies: dict[object, Reply] = {}

    def request(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Reply:
        key = (method, path, tuple(sorted((headers or {}).items())), body)
        if key not in self._replies:
            self._replies[key] = super().request(method, path, headers, body)
        return self._replies[key]


def addresses(server: Server, prefix: str, base: str) -> list[str]:
    """Every path below `prefix` that pages, headers, sitemaps and the IRIs of the data (below `base`) lead to, and that answers."""
    found, fresh = {"/"}, ["/", *_MORE]
    named = re.compile(rf"<{re.escape(base)}([^>#]*)[#>]")
    with ThreadPoolExecutor(2) as pool:
        while fresh:
            seen: set[str] = set()
            for path, reply in zip(fresh, pool.map(lambda p: server.get(f"{prefix}{p}", BROWSER), fresh), strict=True):
                if reply.status == 404:
                    continue
                found.add(path)
                text = reply.body.decode("utf-8", "replace")
                targets = _LINK.findall(text) if reply.type == "text/html" else _LISTED.findall(text)
                targets += [*_HEADER.findall(reply.headers.get("link", "")), reply.headers.get("location", "")]
                targets += [f"{prefix}/{name}" for name in named.findall(text)] if path == "/dump/jichi.nq" else []
                seen |= {below for target in targets if (below := _below(server, prefix, path, unescape(target)))}
            fresh = sorted(seen - found)
            found |= seen
    return sorted(found)


def _below(server: Server, prefix: str, path: str, target: str) -> str:
    url = urlsplit(urljoin(f"{server.address}{prefix}{path}", target))
    arguments = {part.partition("=")[0] for part in url.query.split("&") if part}
    below = unquote(url.path.removeprefix(prefix))
    root = re.match(r"(/release/[^/]+)?/", below)
    if f"{url.scheme}://{url.netloc}" != server.address or not url.path.startswith(f"{prefix}/") or arguments - {"lang", "v"}:
        return ""
    return "" if root is None or below[root.end():].startswith(_PROGRAMS) or "/timemap/" in below and _is_form(below) else below


def _is_form(path: str) -> bool:
    return bool(re.search(r"\.(html|ttl|jsonld|nt|rdf|trig)$", path))


def content(reply: Reply) -> object:
    """What must be equal: the heading of a page (its links say what language they ask for), a graph, else the bytes."""
    if reply.type == "text/html":
        return re.findall(rb"<h1[^>]*>.*?</h1>", reply.body, re.S)
    return reply.body


def alike(mine: Reply, theirs: Reply) -> bool:
    """The same page, bytes or graph."""
    if content(mine) == content(theirs):
        return True
    name = _GRAPHS.get(mine.type)
    return bool(name) and mine.type == theirs.type and sorted(parse(mine.body, name)) == sorted(parse(theirs.body, name))


def differences(server: Server, copy: Server, path: str, accept: str | None, language: str, prefix: str = "") -> list[str]:
    """Where two servers answer differently, in words."""
    said = {"Accept-Language": language, **({"Accept": accept} if accept else {})}
    mine, theirs = (one.request("GET", f"{prefix}{path}", said) for one in (server, copy))
    has_body = mine.status in (200, 410) or (mine.status == 301 and mine.headers.get("vary"))
    found = [f"{name}: {one} and {other}" for name, one, other, counts in (
        ("status", mine.status, theirs.status, True),
        ("type", mine.headers.get("content-type"), theirs.headers.get("content-type"), has_body or mine.status >= 400),
        ("location", urlsplit(mine.headers.get("location", "")).path, urlsplit(theirs.headers.get("location", "")).path, True),
    ) if counts and one != other]  # fmt: skip
    if has_body and mine.status == theirs.status and not alike(mine, theirs):
        found.append("body")
    return [f"{path} {accept} {language}: {difference}" for difference in found]


def ways(path: str) -> list[tuple[str | None, str]]:
    """The ways to ask for an address: one with a suffix, or of links only, has one form."""
    last = path.rpartition("/")[2]
    is_one = re.search(r"\.[A-Za-z]", last) or re.match(r"(/release/[^/]+)?/(linkset|timemap|static|dump)/", path)
    # The rules for past releases are the same as for the current one.
    asked = [BROWSER] if is_one else [BROWSER, "text/turtle", "image/png"] if path.startswith("/release/") else ASKED
    return [(accept, language) for accept in asked for language in (("en", "ja") if accept == BROWSER else ("en",))]


def compare(server: Server, copy: Server, paths: list[str], prefix: str = "") -> tuple[int, list[str]]:
    """How many requests were made, and all differences."""
    asked = [(path, *way) for path in paths for way in ways(path)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda way: differences(server, copy, *way, prefix), asked))
    return len(asked), [difference for differences_ in found for difference in differences_]


if __name__ == "__main__":
    ours, theirs = Server(sys.argv[1]), Server(sys.argv[2])
    all_paths = addresses(ours, "", sys.argv[3])
    all_paths += [f"{p}.{end}" for p in all_paths if re.match(r"(/release/[^/]+)?/(doc|def|vocab|graph|dataset|shapes)", p)
                  and not re.search(r"\.[A-Za-z]", p) for end in ("ttl", "jsonld", "nt", "rdf", "trig", "html")]
    all_paths = sorted(set(all_paths))
    number, wrong = compare(ours, theirs, all_paths)
    print(f"{len(all_paths)} addresses, {number} requests to each, {len(wrong)} differences")
    print("\n".join(wrong[:200]))
    print(Counter(re.sub(r"/[^/ ]*(?= )", "/...", line, count=1) for line in wrong).most_common(40))
