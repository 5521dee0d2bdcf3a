"""Visitors' queries, each in a process that can be killed.

`Evaluators.run(request)` is the whole interface; how the processes come to be is hidden behind it. Here they are
spawned, load the release's N-Quads into memory, take one query at a time over a pipe, and are killed and replaced when
one passes its deadline or ends by itself. A bounded number of queries waits; beyond that a visitor is asked to retry.
"""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.errors import KgError, QueryError, ReleaseError

_LENGTHS = struct.Struct(">II")
_HEADER_LIMIT = 1 << 20
_START_SECONDS = 120.0
_QUIET = {"MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""one arena of memory: more would be address space that no query uses"""
_BY_SIGNAL = {
    signal.SIGALRM: "query-timeout",
    signal.SIGXCPU: "query-timeout",
    signal.SIGKILL: "query-memory",
    signal.SIGABRT: "query-memory",
    signal.SIGSEGV: "query-crash",
    signal.SIGBUS: "query-crash",
}


@dataclass(frozen=True)
class Limits:
    """What one query may use, and how many may wait."""

    workers: int = 2
    queue: int = 16
    """queries that may wait for a free worker; one more is answered `queue-full`"""
    deadline: float = 5.0
    """seconds for one query, from the moment a worker takes it"""
    patience: float = 10.0
    """seconds that a query waits for a worker before it is answered `queue-full`"""
    memory: int = 512 << 20
    """bytes of address space that a query may use, beside the data that its worker holds"""
    answer: int = 64 << 20
    """bytes of an answer"""


@dataclass(frozen=True)
class Request:
    """A query, the formats wanted (keys of `kg.store.RESULT_FORMATS`, `RDF_FORMATS`), and its data set if it has one.

    `default_graphs` None means the data set of the store: the merge of all graphs, and all of them by name.
    """

    query: str
    results: str = "json"
    rdf: str = "turtle"
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A complete answer. `form` is "results" (SELECT, ASK) or "rdf" (CONSTRUCT, DESCRIBE)."""

    form: str
    body: bytes
    seconds: float


class QueueFull(KgError):
    """Too many queries wait; `retry_after` seconds may help."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("queue-full", seconds=retry_after)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Load:
    """What an evaluator loads: an N-Quads file; the base of relative IRIs; prefixes to write graphs with."""

    data: Path
    base: str
    prefixes: Mapping[str, str] = field(default_factory=dict, hash=False)


class Evaluators:
    """A pool of evaluator processes. Thread-safe; close it, or use it as a context manager."""

    def __init__(self, load: Load, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._load = load
        self._places = threading.BoundedSemaphore(self.limits.workers + self.limits.queue)
        self._free = threading.Condition()
        self._idle: deque[_Worker] = deque()
        self._all: set[_Worker] = set()
        self._closed = False
        self.killed = 0
        """evaluators that were replaced since the start"""
        for _ in range(self.limits.workers):
            self._add()
        first = self._take(_START_SECONDS)
        try:
            first.wait_until_ready()
        except ReleaseError:
            self.close()
            raise
        self._give_back(first)

    def run(self, request: Request) -> Answer:
        """The whole answer, or QueryError (`query-syntax`, `query-timeout`, `query-memory`, `query-crash`,
        `answer-too-large`, `service-refused`), or QueueFull."""
        if not self._places.acquire(blocking=False):
            raise QueueFull(max(1, round(self.limits.deadline)))
        try:
            worker = self._take(self.limits.patience)
            try:
                answer = worker.evaluate(request, self.limits.deadline)
            except _WorkerLost as lost:
                self._replace(worker)
                raise QueryError(lost.code, seconds=f"{self.limits.deadline:g}") from None
            except QueryError:
                self._give_back(worker)
                raise
            self._give_back(worker)
            return answer
        finally:
            self._places.release()

    def close(self) -> None:
        with self._free:
            self._closed = True
            workers = list(self._all)
            self._all.clear()
            self._idle.clear()
            self._free.notify_all()
        for worker in workers:
            worker.kill()

    def __enter__(self) -> Evaluators:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add(self) -> None:
        worker = _Worker(self._load, self.limits)
        with self._free:
            if not self._closed:
                self._all.add(worker)
                # One that still loads goes to the far end: those that are ready are taken first.
                self._idle.appendleft(worker)
                self._free.notify()
                return
        worker.kill()

    def _take(self, seconds: float) -> _Worker:
        with self._free:
            self._free.wait_for(lambda: self._idle or self._closed, seconds)
            if not self._idle:
                raise QueueFull(max(1, round(self.limits.deadline)))
            return self._idle.pop()

    def _give_back(self, worker: _Worker) -> None:
        with self._free:
            self._idle.append(worker)
            self._free.notify()

    def _replace(self, worker: _Worker) -> None:
        with self._free:
            self._all.discard(worker)
            self.killed += 1
        worker.kill()
        self._add()


class _WorkerLost(Exception):
    """The process is gone, or has to go; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Worker:
    """One evaluator process and the two ends of its pipes."""

    def __init__(self, load: Load, limits: Limits) -> None:
        self._ready = False
        self._limit = limits.answer
        self._process = subprocess.Popen(
            [sys.executable, "-m", "endpoint.evaluator"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **_QUIET},
        )
        settings = {
            "data": str(load.data),
            "base": load.base,
            "prefixes": dict(load.prefixes),
            "deadline": limits.deadline,
            "memory": limits.memory,
            "limit": limits.answer,
        }
        self._send(settings, b"", time.monotonic() + _START_SECONDS)

    def wait_until_ready(self) -> None:
        """ReleaseError when the process cannot load what it was given."""
        if self._ready:
            return
        try:
            self._receive(time.monotonic() + _START_SECONDS)
        except _WorkerLost:
            raise ReleaseError("evaluator-start") from None
        self._ready = True

    def evaluate(self, request: Request, deadline: float) -> Answer:
        try:
            self.wait_until_ready()
        except ReleaseError:
            raise _WorkerLost("query-crash") from None
        begin = time.monotonic()
        header = {
            "results": request.results,
            "rdf": request.rdf,
            "default": None if request.default_graphs is None else list(request.default_graphs),
            "named": list(request.named_graphs),
        }
        self._send(header, request.query.encode("utf-8"), begin + deadline)
        reply, body = self._receive(begin + deadline)
        if "error" in reply:
            if reply["error"] == "query-memory":
                raise _WorkerLost("query-memory")
            raise QueryError(reply["error"], **reply["values"])
        return Answer(reply["form"], body, time.monotonic() - begin)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _send(self, header: dict[str, Any], body: bytes, until: float) -> None:
        head = json.dumps(header).encode("utf-8")
        frame = memoryview(_LENGTHS.pack(len(head), len(body)) + head + body)
        assert self._process.stdin is not None
        channel = self._process.stdin.fileno()
        os.set_blocking(channel, False)
        while frame:
            _wait_for(channel, select.POLLOUT, until)
            try:
                frame = frame[os.write(channel, frame):]
            except BrokenPipeError:
                raise self._ended() from None

    def _receive(self, until: float) -> tuple[dict[str, Any], bytes]:
        head_size, body_size = _LENGTHS.unpack(self._read(_LENGTHS.size, until))
        if head_size > _HEADER_LIMIT or body_size > self._limit * 4:
            raise _WorkerLost("query-crash")
        head = self._read(head_size, until)
        return json.loads(head), self._read(body_size, until)

    def _read(self, size: int, until: float) -> bytes:
        assert self._process.stdout is not None
        channel = self._process.stdout.fileno()
        parts = []
        while size:
            _wait_for(channel, select.POLLIN, until)
            part = os.read(channel, min(size, 1 << 20))
            if not part:
                raise self._ended()
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _ended(self) -> _WorkerLost:
        """Why the process ended by itself: the kernel's signal tells time, memory and stack apart."""
        try:
            status = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return _WorkerLost("query-crash")
        return _WorkerLost(_BY_SIGNAL.get(-status, "query-crash"))


def _wait_for(channel: int, event: int, until: float) -> None:
    """Wait until a pipe can be read or written, or has been closed; `poll` has no limit on descriptor numbers."""
    poll = select.poll()
    poll.register(channel, event)
    if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
        raise _WorkerLost("query-timeout")
