"""The application of the current release, exchanged while it runs.

`build/current` is a link. When it leads to another release, that one is opened beside the old, takes all new requests,
and the old one is closed when its last answer has gone out. A release that cannot be opened changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wsgi import ClosingIterator

from endpoint.workers import Evaluators
from kg.errors import KgError

_LOOK_SECONDS = 1.0
_SETTLE = 0.1
"""seconds for the last bytes of an answer to leave"""
_log = logging.getLogger("jichi.service")


@dataclass(eq=False)
class Opened:
    """One release that is served: its application, its evaluators, its folder, and the answers under way."""

    app: Callable
    evaluators: Evaluators
    folder: Path
    users: int = 0
    retired: bool = False


class Switch:
    """A WSGI application; `open_release` opens what a folder holds, or raises a KgError."""

    def __init__(self, link: Path, open_release: Callable[[Path], Opened]) -> None:
        self._link = link
        self._open = open_release
        self._lock = threading.Lock()
        self._refused: Path | None = None
        self._ended = threading.Event()
        self._current = open_release(link.resolve())

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        with self._lock:
            opened = self._current
            opened.users += 1
        answered = False
        try:
            body = opened.app(environ, start_response)
            answered = True
        finally:
            if not answered:
                self._leave(opened)
        return ClosingIterator(body, lambda: self._leave(opened))

    def watch(self) -> None:
        """Follow the link from a thread of its own, until `close`."""
        threading.Thread(target=self._watch, daemon=True).start()

    def look(self) -> bool:
        """Take up the release that the link leads to now; True when it is another one than before."""
        folder = self._link.resolve()
        if folder in (self._current.folder, self._refused):
            return False
        try:
            fresh = self._open(folder)
        except KgError as error:
            self._refused = folder
            _log.error("release %s not taken up: %s", folder.name, error.code)
            return False
        with self._lock:
            old, self._current = self._current, fresh
            old.retired = True
            unused = old.users == 0
        if unused:
            old.evaluators.close()
        _log.info("release %s taken up after %s", folder.name, old.folder.name)
        return True

    def drain(self, seconds: float) -> None:
        """Refuse new queries, let those that run come to an end for some seconds, then end them with an answer."""
        opened = self._current
        opened.evaluators.draining = True
        self._wait_until_unused(opened, seconds)
        opened.evaluators.close()
        self._wait_until_unused(opened, 1.0)
        time.sleep(_SETTLE)

    def close(self) -> None:
        self._ended.set()
        self._current.evaluators.close()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self.look()

    def _wait_until_unused(self, opened: Opened, seconds: float) -> None:
        until = time.monotonic() + seconds
        while opened.users and time.monotonic() < until:
            time.sleep(0.02)

    def _leave(self, opened: Opened) -> None:
        with self._lock:
            opened.users -= 1
            unused = opened.retired and opened.users == 0
        if unused:
            opened.evaluators.close()
