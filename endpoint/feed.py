"""Atom (RFC 4287): the releases with a number, and what changed from each to the next, one entry a thing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise

from flask import Flask, Response, render_template, request

from endpoint.answers import named
from endpoint.editions import Edition, Editions
from endpoint.site import Site, reader_language
from endpoint.words import word
from kg.diff import Difference, Thing, compare
from kg.prose import sentences

TYPE = "application/atom+xml"
_RELEASES = 3
"""newest releases of which the changed things are told"""
_ENTRIES = 300
_KEPT = 8
"""differences that are kept: they never change"""


@dataclass(frozen=True)
class Entry:
    """An entry of a feed; `path` leads to it below the root."""

    id: str
    title: str
    updated: str
    """a day"""
    path: str
    text: str


class _Differences:
    """Differences between releases by their ids and the language. Thread-safe; one is made at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[str, str, str], Difference] = OrderedDict()

    def of(self, old: Edition, new: Edition, language: str) -> Difference:
        key = (old.version, new.version, language)
        with self._lock:
            if key not in self._made:
                self._made[key] = compare(old.folder, new.folder, self._site.vocabulary, language)
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
            return self._made[key]


def register(app: Flask, site: Site, editions: Editions) -> None:
    differences = _Differences(site)
    app.add_url_rule("/feed.atom", "feed", lambda: _written("feed", _releases(site, editions)))
    app.add_url_rule("/changes.atom", "changes", lambda: _written("changes", _changes(site, editions, differences)))


def _releases(site: Site, editions: Editions) -> list[Entry]:
    language = reader_language()
    return [
        Entry(
            f"{site.vocabulary.dataset}/{edition.version}", word("page", "release", language, version=edition.version),
            edition.issued or "", f"{edition.path}/", word("page", "feed-release", language, version=edition.version),
        )
        for edition in reversed(editions.numbered())
    ]  # fmt: skip


def _changes(site: Site, editions: Editions, differences: _Differences) -> list[Entry]:
    """The things that the newest releases changed; a document that is gone is shown as it was before."""
    language = reader_language()
    found: list[Entry] = []
    for old, new in list(pairwise(editions.numbered()))[:-_RELEASES - 1:-1]:
        for thing in differences.of(old, new, language).things:
            path = site.names.path_of(thing.iri) or ""
            if path.startswith("id/") and "#" not in path:
                found.append(_of_thing(site, thing, path, old if thing.kind == "removed" else new, new, language))
    return found[:_ENTRIES]


def _of_thing(site: Site, thing: Thing, path: str, shown: Edition, new: Edition, language: str) -> Entry:
    said = " ".join(sentences(Difference((thing,), {}, (), ()), language))
    return Entry(f"{site.vocabulary.dataset}/{new.version}#{path}", thing.name, new.issued or "",
                 f"{shown.path}/doc/{path[3:]}", said)


def _written(name: str, entries: list[Entry]) -> Response:
    newest = max((entry.updated for entry in entries), default="1970-01-01")
    text = render_template("feed.xml", name=name, entries=entries, updated=newest, root=request.url_root)
    response = named(text.encode("utf-8"), TYPE)
    response.headers["Content-Language"] = reader_language()
    response.headers["Vary"] = "Accept-Language, Host"
    return response
