"""Every answer of the server that needs no query, found by following its own links within one process."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from flask import Flask
from werkzeug.test import Client, TestResponse

from endpoint.negotiation import DOCUMENTS, HTML, Format
from endpoint.words import LANGUAGES

_LEFT_OUT = ("sparql", "search", "suggest", "health", "ready", "metrics", "release", "timegate", "timemap", "feed.atom",
             "changes.atom")
"""what needs a program to answer, by the beginning of its path"""
_HARMLESS = {"lang", "v"}
"""arguments that a plain file may ignore: the language, and the version of a script or style"""
_LINK = re.compile(r'<([^>]*)>\s*;\s*rel="([^"]*)"')
_FOLLOWED = {"alternate", "describedby", "alternate describedby", "linkset", "item", "service-desc"}
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Answer:
    """What one address gives for one way of asking: `body` of a 200, or `location` (below the root) of a redirect."""

    status: int
    content_type: str
    body: bytes
    location: str = ""


@dataclass
class Place:
    """One path, and its answers. `forms` by extension of the format; `pages` by language."""

    path: str
    forms: dict[str, Answer] = field(default_factory=dict)
    pages: dict[str, Answer] = field(default_factory=dict)
    leads: str = ""
    """where a page sends who asks for a graph"""
    is_strict: bool = False
    """whether a page is refused (406) to who asks for a graph"""
    moved: Answer | None = None
    """the redirect or the 410 that every way of asking gives"""

    @property
    def negotiated(self) -> bool:
        return bool(self.forms)


class Crawl:
    """Walks an application as a visitor at `root` (`https://example.org/lod`) sees it."""

    def __init__(self, app: Flask, root: str) -> None:
        self._client = Client(app, TestResponse)
        parts = urlsplit(root)
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        self._seen: set[str] = set()
        self._open: deque[str] = deque()

    def places(self, start: tuple[str, ...]) -> Iterator[Place]:
        """Every path that can be reached from `start`, each once."""
        for path in start:
            self._see(path)
        while self._open:
            path = self._open.popleft()
            place = None if self._is_form(path) else self._visit(path)
            if place is not None:
                yield place

    def _is_form(self, path: str) -> bool:
        """Whether this is one form of a path that is visited for all of them."""
        stem, _, extension = path.rpartition(".")
        return stem in self._seen and any(extension == format.extension for format in DOCUMENTS)

    def _visit(self, path: str) -> Place | None:
        place = Place(path)
        if path.startswith("/doc/") and "." not in path:
            # Pages lead to documents; the names of the things in the data are the others.
            self._see(f"/id/{path[5:]}")
        first = self._ask(path, HTML.media_type)
        if first.status in _REDIRECTS or first.status == 410:
            place.moved = first
            return place
        if first.status != 200:
            return None
        # A path with a suffix has one form; only a page differs by language.
        if not first.content_type.startswith(HTML.media_type):
            place.forms[""] = first
            return place
        for language in LANGUAGES:
            answer = self._ask(path, HTML.media_type, language)
            place.pages[language] = answer
            self._follow(answer)
        if "." not in path.rpartition("/")[2]:
            for format in DOCUMENTS:
                self._add_form(place, format)
        return place

    def _add_form(self, place: Place, format: Format) -> None:
        if format == HTML:
            return
        answer = self._ask(place.path, format.media_type)
        if answer.status == 200 and answer.content_type.startswith(format.media_type):
            place.forms[format.extension] = answer
        elif answer.status in _REDIRECTS:
            place.leads = answer.location
        elif answer.status == 406:
            place.is_strict = True

    def _ask(self, path: str, accept: str, language: str | None = None) -> Answer:
        # The pages of the first language are for those who name none; the others keep their language in their links.
        query = {"lang": language} if language not in (None, LANGUAGES[0]) else None
        reply = self._client.get(path, base_url=f"{self._base}{self._prefix}/", headers={"Accept": accept},
                                 query_string=query, buffered=True)
        location = ""
        if "Location" in reply.headers:
            location = self._below(urljoin(f"{self._base}{self._prefix}{path}", reply.headers["Location"])) or ""
            self._see(location)
        for target, rel in _LINK.findall(reply.headers.get("Link", "")):
            if rel in _FOLLOWED:
                self._see_url(path, target)
        return Answer(reply.status_code, reply.headers.get("Content-Type", ""), reply.get_data(), location)

    def _follow(self, page: Answer) -> None:
        links = _Links()
        links.feed(page.body.decode("utf-8"))
        for target in links.found:
            self._see_url("/", target)

    def _see_url(self, page: str, target: str) -> None:
        below = self._below(urljoin(f"{self._base}{self._prefix}{page}", target))
        if below is not None:
            self._see(below)

    def _see(self, path: str) -> None:
        if path and path not in self._seen and not path[1:].startswith(_LEFT_OUT):
            self._seen.add(path)
            self._open.append(path)

    def _below(self, url: str) -> str | None:
        """The path below the root of an address of ours that needs no query; None for any other."""
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self._base or not parts.path.startswith(f"{self._prefix}/"):
            return None
        if any(name not in _HARMLESS for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
            return None
        return unquote(parts.path[len(self._prefix):])


class _Links(HTMLParser):
    """The addresses that a page leads to or needs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]
