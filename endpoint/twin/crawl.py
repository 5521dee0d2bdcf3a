"""Every answer of the server that needs no query, found by following its own links and its data within one process."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from flask import Flask
from werkzeug.test import Client, TestResponse

from endpoint.negotiation import DOCUMENTS, FORMATS, HTML, JSON, Format
from endpoint.words import LANGUAGES

_START = ("/", "/errors", "/robots.txt", "/sitemap.xml", "/openapi.json", "/.well-known/void", "/overview", "/list",
          "/feed.atom", "/changes.atom")
"""where a crawler begins, in each release; the rest follows from links"""
_LEFT_OUT = ("sparql", "search", "suggest", "health", "ready", "metrics", "timegate")
"""what needs a program to answer, by the beginning of its path"""
_RELEASE = re.compile(r"^/release/[^/]+(?=/)")
"""where the root of a past release ends in a path"""
SUFFIX = re.compile(r"\.[A-Za-z][^./]*$")
"""what tells the form: it begins with a letter, 2026.11.0 has none"""
_HARMLESS = {"lang", "v"}
"""arguments that a plain file may ignore: the language, and the version of a script or style"""
_LINK = re.compile(r'<([^>]*)>\s*;\s*rel="([^"]*)"')
_TARGET = re.compile(r'\b(?:href|src)="([^"#][^"]*)')
"""templates quote with these only"""
_LISTED = re.compile(rb"<loc>([^<]*)</loc>")
_FOLLOWED = {"alternate", "describedby", "alternate describedby", "linkset", "item", "service-desc", "timemap"}
_REDIRECTS = (302, 303, 307, 308)
_GONE = (301, 410)
"""what has a body that says why"""
_UNWANTED = "image/png"
"""a type that no address of ours is to be had in"""
_CSV = next(f for f in FORMATS if f.extension == "csv")
_TRIPLES = next(f for f in DOCUMENTS if f.name == "ntriples")
NO, AWAY = "no", "away"
"""in `Place.table`: 406, and a redirect to `Place.location`"""
OTHERS, ANY = "others", "any"
"""in `Place.table`: types that are not in it, and `*/*` or nothing"""


@dataclass(frozen=True)
class Answer:
    """What one address gives for one way of asking: `body`, or `location` (below the root) of a redirect."""

    status: int
    content_type: str
    body: bytes
    location: str = ""
    varies: bool = False
    """by the language of the reader"""

    @property
    def media_type(self) -> str:
        return self.content_type.partition(";")[0]


@dataclass
class Place:
    """One path, and its answers."""

    path: str
    status: int = 200
    """200; 301 and 410 with bodies that say why; or a redirect for every way of asking"""
    location: str = ""
    """where a redirect leads, below the root"""
    forms: dict[str, dict[str, Answer]] = field(default_factory=dict)
    """the bodies by extension of the format (`""`: the only one there is), then by language (`LANGUAGES[0]`: for all others)"""
    table: dict[str, str] = field(default_factory=dict)
    """what a media type gets: an extension, NO or AWAY. Empty where all get the same"""


class Crawl:
    """Walks an application as a visitor at `root` (`https://example.org/lod`) sees it; `base` begins the IRIs of its data."""

    def __init__(self, app: Flask, root: str, base: str) -> None:
        self._client = Client(app, TestResponse)
        parts = urlsplit(root)
        self._base = f"{parts.scheme}://{parts.netloc}"
        self._prefix = parts.path.rstrip("/")
        self._named = re.compile(rf"<{re.escape(base)}([^>#]*)[#>]".encode())
        self._seen: set[str] = set()
        self._open: dict[str, deque[str]] = {}

    def places(self, *more: str) -> Iterator[Place]:
        """Every path that can be reached, each once. One release after the other: few are open at a time."""
        self._begin("")
        for path in more:
            self._see(path)
        while any(self._open.values()):
            release = next(name for name, paths in self._open.items() if paths)
            path = self._open[release].popleft()
            place = None if self._is_form(path) else self._visit(release, path)
            if place is not None:
                yield place

    def _begin(self, release: str) -> None:
        self._open[release] = deque()
        for path in _START:
            self._see(f"{release}{path}")

    def _is_form(self, path: str) -> bool:
        """Whether this is one form of a path that is visited for all of them."""
        stem, _, extension = path.rpartition(".")
        return stem in self._seen and any(extension == format.extension for format in FORMATS)

    def _visit(self, release: str, path: str) -> Place | None:
        for here, there in (("id", "doc"), ("doc", "id")):
            if path.startswith(f"{release}/{here}/") and not SUFFIX.search(path):
                self._see(f"{release}/{there}/{path.removeprefix(f'{release}/{here}/')}")
        first = self._ask(path, HTML.media_type)
        if first.status in _REDIRECTS:
            return Place(path, first.status, first.location)
        if first.status not in (200, *_GONE):
            return None
        place = Place(path, first.status, first.location)
        if SUFFIX.search(path) or first.media_type != HTML.media_type:
            place.forms[""] = self._in_languages(path, first, HTML.media_type)
        else:
            self._add_forms(place, first, release)
        for answer in place.forms.get("", {}).values():
            for target in _LISTED.findall(answer.body) if path.endswith(".xml") else ():
                self._see_url(path, target.decode())
        return place

    def _add_forms(self, place: Place, first: Answer, release: str) -> None:
        """Ask in every way, and keep which media type gets what."""
        self._add_form(place, HTML, first)
        refused = self._ask(place.path, _UNWANTED)
        if refused.media_type == HTML.media_type and refused.status == first.status:
            place.table.clear()
            return
        for format in DOCUMENTS:
            if format != HTML:
                self._add_form(place, format, self._ask(place.path, format.media_type))
        if place.table[_TRIPLES.extension] == NO:
            for format in (_CSV, JSON):
                self._add_form(place, format, self._ask(place.path, format.media_type))
        any_ = self._ask(place.path, "*/*")
        place.table[ANY] = self._kind(any_, place)
        place.table[OTHERS] = self._kind(refused, place)
        for answer in place.forms.get(_TRIPLES.extension, {}).values():
            for named in self._named.findall(answer.body):
                self._see(f"{release}/{unquote(named.decode())}")

    def _add_form(self, place: Place, format: Format, answer: Answer) -> None:
        if answer.status == place.status and answer.media_type == format.media_type:
            place.forms[format.extension] = self._in_languages(place.path, answer, format.media_type)
            place.table[format.extension] = format.extension
        else:
            place.table[format.extension] = self._kind(answer, place)

    def _kind(self, answer: Answer, place: Place) -> str:
        if answer.status == place.status:
            return next(name for name, forms in place.forms.items() if answer.media_type == forms[LANGUAGES[0]].media_type)
        if answer.status in _REDIRECTS:
            place.location = answer.location
            return AWAY
        return NO

    def _in_languages(self, path: str, first: Answer, accept: str) -> dict[str, Answer]:
        """An answer and, where it differs, what readers of other languages get."""
        found = {LANGUAGES[0]: first}
        if first.varies:
            others = {language: self._ask(path, accept, language) for language in LANGUAGES[1:]}
            found |= {language: answer for language, answer in others.items() if answer.body != first.body}
        if first.media_type == HTML.media_type:
            for answer in found.values():
                self._follow(answer)
        return found

    def _ask(self, path: str, accept: str, language: str | None = None) -> Answer:
        # The pages of the first language are for those who name none; the others keep their language in their links.
        query = {"lang": language} if language else None
        reply = self._client.get(path, base_url=f"{self._base}{self._prefix}/", headers={"Accept": accept},
                                 query_string=query, buffered=True)
        location = ""
        if "Location" in reply.headers:
            location = self._below(urljoin(f"{self._base}{self._prefix}{path}", reply.headers["Location"])) or ""
            self._see(location)
        for target, rel in _LINK.findall(reply.headers.get("Link", "")):
            if rel in _FOLLOWED:
                self._see_url(path, target)
        content_type = reply.headers.get("Content-Type", "")
        # A graph names everything in all languages, whatever the address varies by.
        is_graph = any(content_type == f.content_type() for f in DOCUMENTS if f != HTML)
        varies = "accept-language" in reply.headers.get("Vary", "").lower() and not is_graph
        return Answer(reply.status_code, content_type, reply.get_data(), location, varies)

    def _follow(self, page: Answer) -> None:
        for target in dict.fromkeys(_TARGET.findall(page.body.decode("utf-8"))):
            self._see_url("/", unescape(target))

    def _see_url(self, page: str, target: str) -> None:
        below = self._below(urljoin(f"{self._base}{self._prefix}{page}", target))
        if below is not None:
            self._see(below)

    def _see(self, path: str) -> None:
        release = release_of(path)
        if not path or path in self._seen or path[len(release) + 1 :].startswith(_LEFT_OUT):
            return
        self._seen.add(path)
        if release not in self._open:
            self._begin(release)
        self._open[release].append(path)

    def _below(self, url: str) -> str | None:
        """The path below the root of an address of ours that needs no query; None for any other."""
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self._base or not parts.path.startswith(f"{self._prefix}/"):
            return None
        if any(name not in _HARMLESS for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
            return None
        return unquote(parts.path[len(self._prefix):])


def release_of(path: str) -> str:
    """The root of the past release that a path is in, "" for the current one."""
    match = _RELEASE.match(path)
    return match[0] if match else ""
