"""Past releases under `/release/VERSION/`: the whole application again, for another release.

One is opened when somebody asks, and a bounded number stays open. Its queries run in evaluators of its own, fewer than
those of the current release. Opening is one at a time, with few who wait: the rest are asked to come back.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from flask import Flask, Response, redirect, render_template, request
from werkzeug.wsgi import ClosingIterator

from endpoint.answers import named
from endpoint.editions import Edition, Editions
from endpoint.errors import VisitorError
from endpoint.negotiation import HTML
from endpoint.release import OpenRelease
from endpoint.site import Site, bare, reader_language
from endpoint.workers import Evaluators, Limits, Load, QueueFull
from kg.errors import KgError
from kg.project import Project
from kg.vocabulary import Vocabulary

MOST = 2
"""past releases that are open at a time, in each process that answers"""
_WAITING = 4
"""requests that may wait for one to be opened"""
_PATIENCE = 10.0
_PLACE = re.compile(r"^/release/([A-Za-z0-9.]+)(/.*)$")
_TROUBLE = "jichi.past"
"""where environ holds why a past release cannot be opened"""
_SOURCES = "sources"
"""the folder of a release with the ontology, shapes and mappings that it was made from"""


@dataclass(eq=False)
class Opened:
    """One past release: its application, its evaluators (None where they are another's), the answers under way."""

    app: Callable
    evaluators: AbstractContextManager | None = None
    users: int = 0
    retired: bool = False


class Past:
    """A WSGI application before another one; `open_` opens an edition or raises a KgError."""

    def __init__(self, app: Callable, editions: Editions, open_: Callable[[Edition], Opened]) -> None:
        self._app, self._editions, self._open = app, editions, open_
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._waiting = threading.BoundedSemaphore(_WAITING)
        self._opened: OrderedDict[str, Opened] = OrderedDict()

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        asked = _PLACE.match(environ.get("PATH_INFO", ""))
        edition = self._editions.named(asked[1]) if asked else None
        if asked is None or edition is None:
            return self._app(environ, start_response)
        try:
            opened = self._taken(edition)
        except KgError as error:
            # Said by the current application, which knows how.
            environ[_TROUBLE] = error
            return self._app(environ, start_response)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{edition.path}"
        environ["PATH_INFO"] = asked[2]
        answered = False
        try:
            body = opened.app(environ, start_response)
            answered = True
        finally:
            if not answered:
                self._leave(opened)
        return ClosingIterator(body, lambda: self._leave(opened))

    def close(self) -> None:
        with self._lock:
            for opened in self._opened.values():
                _close(opened)
            self._opened.clear()

    def _taken(self, edition: Edition) -> Opened:
        found = self._found(edition)
        if found is not None:
            return found
        if not self._waiting.acquire(blocking=False):
            raise QueueFull(round(_PATIENCE))
        try:
            if not self._opening.acquire(timeout=_PATIENCE):
                raise QueueFull(round(_PATIENCE))
            try:
                return self._found(edition) or self._kept(edition, self._open(edition))
            finally:
                self._opening.release()
        finally:
            self._waiting.release()

    def _found(self, edition: Edition) -> Opened | None:
        with self._lock:
            opened = self._opened.get(edition.version)
            if opened is not None:
                self._opened.move_to_end(edition.version)
                opened.users += 1
            return opened

    def _kept(self, edition: Edition, opened: Opened) -> Opened:
        """Keep it, and let go of the one that was not asked for the longest time."""
        with self._lock:
            opened.users += 1
            self._opened[edition.version] = opened
            while len(self._opened) > MOST:
                _, oldest = self._opened.popitem(last=False)
                oldest.retired = True
                if oldest.users == 0:
                    _close(oldest)
        return opened

    def _leave(self, opened: Opened) -> None:
        with self._lock:
            opened.users -= 1
            if opened.retired and opened.users == 0:
                _close(opened)


def _close(opened: Opened) -> None:
    if opened.evaluators is not None:
        opened.evaluators.__exit__(None, None, None)


def register(app: Flask, site: Site, editions: Editions, build: Callable[..., Flask]) -> None:
    """`/release`, and the applications below it; `build` makes the application of a release."""
    app.add_url_rule("/release", "releases", lambda: _list(editions))
    app.add_url_rule("/release/<version>", "past", lambda version: _lead(editions, version))
    app.add_url_rule("/release/<version>/<path:path>", "past-path", lambda version, path: _refuse())
    app.wsgi_app = Past(app.wsgi_app, editions, lambda edition: _opened(site, edition, build))  # type: ignore[method-assign]


def _opened(site: Site, edition: Edition, build: Callable[..., Flask]) -> Opened:
    if edition.folder.resolve() == site.release.folder:
        return Opened(build(site.release, site.vocabulary, site.evaluators, edition))
    sources = edition.folder / _SOURCES
    # Its own words and prefixes, so that its answers are the same bytes after any change of ours.
    vocabulary = Vocabulary(Project(sources)) if (sources / "ontology").is_dir() else site.vocabulary
    release = OpenRelease.open(edition.folder, vocabulary)
    load = Load(release.data, vocabulary.base, vocabulary.prefixes)
    evaluators = Evaluators(load, _few(site.evaluators.limits))
    return Opened(build(release, vocabulary, evaluators, edition), evaluators)


def _few(limits: Limits) -> Limits:
    return replace(limits, workers=1, queue=4, fast_workers=min(1, limits.fast_workers), fast_queue=8, processes=1)


def _refuse() -> Response:
    raise request.environ.get(_TROUBLE) or VisitorError("not-found", path=request.path, nearest=bare("release"))


def _lead(editions: Editions, version: str) -> Response:
    if editions.named(version) is None:
        _refuse()
    return redirect(bare(f"release/{version}/"), 308)  # type: ignore[return-value]


def _list(editions: Editions) -> Response:
    """The releases with a number, the newest first."""
    body = render_template("releases.html", editions=editions.numbered()[::-1]).encode("utf-8")
    response = named(body, HTML.content_type())
    response.headers["Content-Language"] = reader_language()
    response.headers["Vary"] = "Accept-Language"
    return response
