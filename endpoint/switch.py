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

from endpoint.following import LOOK_SECONDS, Target
from endpoint.workers import Evaluators
from kg.errors import KgError

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
        self._refused: Target | None = None
        self._ended = threading.Event()
        self._target = Target.of(link)
        self._current = open_release(self._target.folder)

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
        target = Target.of(self._link)
        if target in (self._target, self._refused):
            return False
        folder = target.folder
        try:
            fresh = self._open(folder)
        except (KgError, OSError, ValueError) as error:
            # Not whole, or taken away while it was read: the link says more at the next look.
            self._refused = target
            _log.error("release %s not taken up: %s", folder.name, getattr(error, "code", type(error).__name__))
            return False
        with self._lock:
            old, self._current, self._target = self._current, fresh, target
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
        while not self._ended.wait(LOOK_SECONDS):
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
