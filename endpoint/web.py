"""One process that answers over HTTP: an event loop on the shared socket, the application on threads behind it."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from endpoint.cache import Cache
from endpoint.express import Express
from endpoint.front import Front
from endpoint.gate import Gate
from endpoint.journal import Journal, Metrics
from endpoint.protocol import HEAD_SECONDS, Connection
from endpoint.questions import Asked, Plan
from endpoint.shelf import Shelf
from endpoint.workers import Evaluators

_SPARE = 4
"""threads that no query can hold: documents and /health are answered while every evaluator is busy"""
_GRACE = 2.0
"""seconds that running queries have to come to an end after SIGTERM"""
_LAST = 1.0
"""seconds for the last answers to leave"""
_TICK = 0.1
_ARENA_MAX = -8
"""M_ARENA_MAX of mallopt(3)"""
_HURRIED = 2.0
"""seconds that a connection may stay idle while there are too many of them"""
_FILES = 1 << 14
"""descriptors that a process asks for; most are connections"""
_RESERVED = 200
"""descriptors that are no connections"""


@dataclass(frozen=True)
class Opened:
    """One release as it is served: the WSGI application for a set of evaluators, and the name of the release."""

    app: Callable[[Evaluators], Callable]
    plan: Callable[[Asked, str | None], Plan] | None
    """what a query asks of the evaluators; None where the application answers all queries"""
    version: str
    shelf: Path | None
    """where documents made beforehand stand, or will"""


class _Server(uvicorn.Server):
    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        """What SIGTERM means is decided in `_Web`."""
        return contextlib.nullcontext()


def run(
    listener: socket.socket, opened: Opened, evaluators: Evaluators, gate: Gate, metrics: Path | None,
    ready: Callable[[], None],
) -> None:
    """Answer until SIGTERM or SIGUSR1; `ready` is called when connections are taken."""
    _share_memory_among_threads()
    web = _Web(listener, opened, evaluators, gate, metrics)
    with asyncio.Runner(loop_factory=web.config.get_loop_factory()) as runner:
        runner.run(web.serve(ready))


class _Web:
    def __init__(
        self, listener: socket.socket, opened: Opened, evaluators: Evaluators, gate: Gate, metrics: Path | None
    ) -> None:
        self._listener = listener
        self._evaluators = evaluators
        self._cache = Cache(evaluators.limits.cache, shelf=Shelf(opened.shelf) if opened.shelf else None)
        counted = Metrics(metrics, opened.version) if metrics is not None else None
        self._journal = Journal(opened.version, counted, lambda: evaluators.killed,
                                lambda: len(self._server.server_state.connections), lambda: self._cache.size)
        self._express = Express(opened.plan, evaluators, self._cache)
        front = Front(opened.app(evaluators), self._cache, evaluators.limits.places + _SPARE, self._journal, self._express)
        kind = type("ConnectionHere", (Connection,), {
            "cache": self._cache, "journal": self._journal, "gate": gate, "express": self._express,
            "most": _files() - _RESERVED,
        })  # fmt: skip
        self._kind: type[Connection] = kind
        self.config = uvicorn.Config(
            front, http=kind, loop="auto", lifespan="off", ws="none", interface="asgi3", log_config=None,
            access_log=False, server_header=False, proxy_headers=False, backlog=2048,
            timeout_graceful_shutdown=max(1, round(evaluators.limits.deadline + evaluators.limits.patience)),
        )
        self._server = _Server(self.config)

    async def serve(self, ready: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        loop.add_signal_handler(signal.SIGTERM, lambda: loop.create_task(self._drain()))
        if hasattr(signal, "SIGUSR1"):
            loop.add_signal_handler(signal.SIGUSR1, self._retire)
        ticking = loop.create_task(self._tick())
        announcing = loop.create_task(self._announce(ready))
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            ticking.cancel()
            announcing.cancel()
            self._evaluators.close()
            self._journal.write()

    async def _announce(self, ready: Callable[[], None]) -> None:
        while not self._server.started:
            await asyncio.sleep(0.001)
        ready()

    async def _tick(self) -> None:
        looked = time.monotonic()
        while True:
            await asyncio.sleep(_TICK)
            connections = self._server.server_state.connections
            self._journal.write()
            self._express.look()
            now = time.monotonic()
            if now - looked >= 1:
                looked = now
                idle = _HURRIED if len(connections) > self._kind.most // 2 else HEAD_SECONDS
                for connection in list(connections):
                    connection.look(now, idle)  # type: ignore[union-attr]

    async def _drain(self) -> None:
        """SIGTERM: new queries are refused, those that run come to an end or are ended with an answer; then all stops."""
        self._evaluators.draining = True
        await self._until_quiet(_GRACE)
        self._evaluators.close()
        await self._until_quiet(_LAST)
        self.config.timeout_graceful_shutdown = 1
        self._retire()

    def _retire(self) -> None:
        """SIGUSR1: another release has taken over. No new connections; what runs ends as it would."""
        self._kind.ending = True
        self._server.should_exit = True

    async def _until_quiet(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (self._server.server_state.tasks or self._express.is_busy) and time.monotonic() < until:
            await asyncio.sleep(0.02)


def _share_memory_among_threads() -> None:
    """Each thread of glibc keeps freed memory for itself: with many threads, many times the largest answer sent."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(library, "mallopt"):
        library.mallopt(_ARENA_MAX, 2)


def _files() -> int:
    """The descriptors that this process may have, after asking for more."""
    if sys.platform == "win32":
        return 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, min(_FILES, hard) if hard != resource.RLIM_INFINITY else _FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
