"""Visitors' queries, each in a process that can be killed.

`Evaluators.run(request)` is the whole interface; how the processes come to be is hidden in `endpoint.crews`. A query
first runs in the fast lane: many evaluators with little time. What they cannot finish runs again in the slow lane: few
evaluators with much time, which stand back for everything else. So a flood of heavy queries holds up heavy queries.
A bounded number waits in each lane; beyond that a visitor is asked to retry.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import BinaryIO

from endpoint.crews import START_SECONDS, Crew, Forked, LaneSettings, Load, Spawned, Worker, can_fork
from endpoint.frames import Stopped, WorkerLost, head_of
from kg.errors import KgError, QueryError, ReleaseError

__all__ = ["Answer", "Evaluators", "Limits", "Load", "QueueFull", "Request"]
_FAST, _SLOW = "fast", "slow"
_MARGIN = 0.5
"""seconds after which the web process ends an evaluator that its own timer should have ended"""
_GLANCE = 0.2
_RESTART = 10
"""seconds until a service that ends may be back"""


@dataclass(frozen=True)
class Limits:
    """What one query may use, and how many may wait. Without fork there is the slow lane only."""

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
    fast_workers: int = 16
    fast_queue: int = 32
    fast_deadline: float = 0.25
    fast_memory: int = 256 << 20
    fork: bool = can_fork()
    processes: int = 2
    """that answer over HTTP; each has its part of the evaluators, all of which share one copy of the data"""
    cache: int = 16 << 20
    """bytes of answers that each of them keeps"""

    def part(self) -> Limits:
        """What one of the processes has; of everything at least one."""
        if not self.fork:
            return replace(self, processes=1)
        return replace(
            self, processes=1, workers=self._share(self.workers), queue=self._share(self.queue),
            fast_workers=self._share(self.fast_workers), fast_queue=self._share(self.fast_queue),
        )

    def _share(self, number: int) -> int:
        return -(-number // self.processes)

    def lanes(self) -> dict[str, LaneSettings]:
        slow = LaneSettings(self.workers, self.deadline, self.memory, 15)
        if not self.fork or not self.fast_workers:
            return {_SLOW: slow}
        return {_FAST: LaneSettings(self.fast_workers, self.fast_deadline, self.fast_memory, 5), _SLOW: slow}

    @property
    def places(self) -> int:
        """The most requests that are with evaluators or wait for one."""
        return self.workers + self.queue + (self.fast_workers + self.fast_queue if self.fork else 0)


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

    @property
    def head(self) -> bytes:
        """What an evaluator is told beside the query."""
        return _head(self.results, self.rdf, self.default_graphs, self.named_graphs)


@lru_cache(256)
def _head(results: str, rdf: str, default: tuple[str, ...] | None, named: tuple[str, ...]) -> bytes:
    return head_of({"results": results, "rdf": rdf, "default": default, "named": named})


@dataclass(frozen=True)
class Answer:
    """A complete answer. `form` is "results" (SELECT, ASK) or "rdf" (CONSTRUCT, DESCRIBE)."""

    form: str
    file: BinaryIO
    """the bytes, from the beginning; in memory, or on disk where there are many"""
    size: int
    seconds: float
    lane: str

    @cached_property
    def body(self) -> bytes:
        """All of it, in memory."""
        with self.file:
            return self.file.read()


class QueueFull(KgError):
    """Too many queries wait; `retry_after` seconds may help."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("queue-full", seconds=retry_after)
        self.retry_after = retry_after


class Evaluators:
    """A pool of evaluator processes. Thread-safe; close it, or use it as a context manager."""

    repeats_bytes = True
    """the same query of the same release always gives the same bytes"""

    def __init__(self, load: Load | socket.socket, limits: Limits | None = None) -> None:
        """`load` may be a line to a process that has loaded it already (`endpoint.zygote`) and forks for us."""
        self.limits = limits or Limits()
        settings = self.limits.lanes()
        self.draining = False
        """new queries are refused, since the service is about to end"""
        self._broken = threading.Event()
        self.killed = 0
        """evaluators that were replaced since the start"""
        self._count = threading.Lock()
        queues = {_FAST: self.limits.fast_queue, _SLOW: self.limits.queue}
        self._lanes = {name: _Lane(lane, queues[name], self.limits.patience) for name, lane in settings.items()}
        if self.limits.fork or isinstance(load, socket.socket):
            self._crew: Crew = Forked(load, settings, self.limits.answer, self._joined, self._left, self._failed)
        else:
            self._crew = Spawned(load, settings, self.limits.answer, self._joined, self._failed)
        try:
            # All lanes, so that who asks right after a switch is told that queries can be answered.
            for lane in self._lanes.values():
                lane.wait_for_one(self._broken)
        except ReleaseError:
            self.close()
            raise

    def run(self, request: Request, stopped: Stopped = lambda: False, tried: bool = False) -> Answer:
        """The whole answer; the fast lane is passed by if it has been `tried`. Else QueryError (`query-syntax`, `query-timeout`, `query-memory`, `query-crash`,
        `query-cancelled`, `answer-too-large`, `service-refused`), or QueueFull."""
        if self.draining:
            raise QueueFull(_RESTART)
        *quick, last = self._lanes
        for name in () if tried else quick:
            try:
                return self._run_in(name, request, stopped)
            except QueryError as error:
                if error.code not in ("query-timeout", "query-memory"):
                    raise
        return self._run_in(last, request, stopped)

    def borrow(self) -> Worker | None:
        """An evaluator of the fast lane for one query, if one is free at once; nobody waits here.

        To be given back, or lost.
        """
        lane = self._lanes.get(_FAST)
        return lane.take_free() if lane is not None and not self.draining else None

    def give_back(self, worker: Worker) -> None:
        lane = self._lanes[worker.lane]
        lane.give_back(worker)
        lane.depart()

    def lose(self, worker: Worker, alive: bool) -> None:
        """A borrowed evaluator is gone, or has to go where it is still `alive`; another takes its place."""
        lane = self._lanes[worker.lane]
        self._lose(lane, worker, alive)
        lane.depart()

    @property
    def ready(self) -> bool:
        """Whether every lane has an evaluator, busy or free."""
        return not self.draining and all(lane.alive and not lane.closed for lane in self._lanes.values())

    def pids(self) -> list[int]:
        """The evaluators there are."""
        return sorted(pid for lane in self._lanes.values() for pid in lane.alive)

    def close(self) -> None:
        """End every evaluator; queries that run end with `query-cancelled`."""
        for lane in self._lanes.values():
            lane.close()
        self._crew.close()

    def __enter__(self) -> Evaluators:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run_in(self, name: str, request: Request, stopped: Stopped) -> Answer:
        lane = self._lanes[name]
        with lane:
            worker, until = self._sent(lane, request, stopped)
            try:
                answer = _received(worker, until, stopped)
            except WorkerLost as lost:
                # Once the pool is closed nobody reports how evaluators ended: it was we who ended them.
                code = "query-cancelled" if lane.closed else lost.code or self._crew.reason(worker)
                self._lose(lane, worker, alive=lost.code is not None)
                code = "query-cancelled" if lane.closed else code
                raise QueryError(code, seconds=f"{lane.settings.deadline:g}") from None
            except QueryError:
                lane.give_back(worker)
                raise
            lane.give_back(worker)
            return answer

    def _sent(self, lane: _Lane, request: Request, stopped: Stopped) -> tuple[Worker, float]:
        """An evaluator that has the request, and the time until which it may take. One that died while idle is left."""
        while True:
            worker = lane.take(stopped)
            # A spawned one is ended from here at its deadline; the timer of a forked one is exact, this is the margin.
            until = time.monotonic() + lane.settings.deadline + (_MARGIN if worker.process is None else 0)
            try:
                worker.channel.send(request.head, request.query.encode("utf-8"), until, stopped)
            except WorkerLost as lost:
                self._lose(lane, worker, alive=lost.code is not None)
                if lost.code is not None:
                    raise QueryError(lost.code, seconds=f"{lane.settings.deadline:g}") from None
                continue
            return worker, until

    def _lose(self, lane: _Lane, worker: Worker, alive: bool) -> None:
        lane.forget(worker.pid)
        with self._count:
            self.killed += 1
        if lane.closed:
            _let_go(worker)
        else:
            self._crew.replace(worker, alive)

    def _joined(self, worker: Worker) -> None:
        self._lanes[worker.lane].join(worker)

    def _left(self, pid: int) -> None:
        for lane in self._lanes.values():
            lane.leave(pid)

    def _failed(self) -> None:
        self._broken.set()


class _Lane:
    """Evaluators of one kind: those that are free, and how many may wait for one. A context is one place."""

    def __init__(self, settings: LaneSettings, queue: int, patience: float) -> None:
        self.settings = settings
        self.alive: set[int] = set()
        self.closed = False
        self._patience = patience
        self._places = settings.workers + queue
        self._changed = threading.Condition()
        self._idle: deque[Worker] = deque()

    def __enter__(self) -> None:
        with self._changed:
            if not self._places:
                raise self._full()
            self._places -= 1

    def __exit__(self, *_: object) -> None:
        self.depart()

    def depart(self) -> None:
        """A place is free again."""
        with self._changed:
            self._places += 1

    def take(self, stopped: Stopped) -> Worker:
        until = time.monotonic() + self._patience
        with self._changed:
            while self.closed or not self._idle:
                left = until - time.monotonic()
                if self.closed or left <= 0:
                    raise self._full()
                if stopped():
                    raise QueryError("query-cancelled")
                self._changed.wait(min(left, _GLANCE))
            return self._idle.pop()

    def take_free(self) -> Worker | None:
        """One that is free now, and with it a place; None where there is none, or others wait already."""
        with self._changed:
            if self.closed or not self._idle or not self._places:
                return None
            self._places -= 1
            return self._idle.pop()

    def give_back(self, worker: Worker) -> None:
        with self._changed:
            if self.closed:
                _let_go(worker)
                return
            self._idle.append(worker)
            self._changed.notify()

    def join(self, worker: Worker) -> None:
        with self._changed:
            if self.closed:
                # It was on its way when the pool was closed, which ends it.
                _let_go(worker)
                return
            self.alive.add(worker.pid)
            self._idle.append(worker)
            self._changed.notify()

    def leave(self, pid: int) -> None:
        """An evaluator that died: if it was idle, nobody shall take it."""
        with self._changed:
            for worker in [worker for worker in self._idle if worker.pid == pid]:
                self._idle.remove(worker)
                worker.channel.close()
                self.alive.discard(pid)

    def forget(self, pid: int) -> None:
        with self._changed:
            self.alive.discard(pid)

    def wait_for_one(self, broken: threading.Event) -> None:
        """ReleaseError when no evaluator can load what it was given."""
        until = time.monotonic() + START_SECONDS
        with self._changed:
            while not self._idle:
                if broken.is_set() or time.monotonic() > until:
                    raise ReleaseError("evaluator-start")
                self._changed.wait(0.05)

    def close(self) -> None:
        with self._changed:
            self.closed = True
            for worker in self._idle:
                _let_go(worker)
            self._idle.clear()
            self.alive.clear()
            self._changed.notify_all()

    def _full(self) -> QueueFull:
        return QueueFull(max(1, round(self.settings.deadline)))


def _let_go(worker: Worker) -> None:
    """Close the line to an evaluator; the pipes of a spawned one are closed with its process."""
    if worker.process is None:
        worker.channel.close()


def _received(worker: Worker, until: float, stopped: Stopped) -> Answer:
    begin = time.monotonic()
    reply, body, size = worker.channel.receive(until, stopped)
    if "error" in reply:
        if reply["error"] == "query-memory":
            raise WorkerLost("query-memory")
        raise QueryError(reply["error"], **reply["values"])
    return Answer(reply["form"], body, size, time.monotonic() - begin, worker.lane)
