"""Visitors' queries, evaluated by another SPARQL server: the interface of `endpoint.workers.Evaluators`.

A query first goes to an evaluator that holds no data: its walls stand around the parser, and what is no query, an
update, or too much for it never reaches the engine. Then the engine is asked, within the time, the bytes and the number
of queries that hold for evaluators too. Its whole answer is kept aside, read by our parser, and written anew: a cut or
partial answer is an error, never a 200. When a visitor hangs up or the time is over, the connection is closed; that
the engine then stops as well is for its own limits (docs/how-to/another-engine.md).
"""

from __future__ import annotations

import os
import threading
import time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from endpoint.frames import Stopped
from endpoint.workers import Answer, Evaluators, QueueFull, Request
from kg.errors import QueryError
from kg.query_dialect import not_passed_on
from kg.remote import Asking, RemoteStore
from kg.store import DataSet, Wanted

NO_DATA = Path(os.devnull)
"""what evaluators load that only check queries"""
_LANE = "engine"
_READ_AT_ONCE = 2
"""answers that are read and written anew at one time; each takes several times its size in memory"""
_IN_MEMORY = 1 << 20
_GLANCE = 0.1
_RESTART = 10
_MORE_IN_JSON = 4
"""an engine's JSON or XML may be this much longer than our answer in the form that the visitor wants"""


class RemoteEvaluators:
    """Evaluators in front of one engine. Thread-safe."""

    repeats_bytes = False
    """without ORDER BY the order is the engine's, which may be another one the next time"""

    def __init__(self, store: RemoteStore, checkers: Evaluators) -> None:
        """`checkers` hold no data; who made them closes them."""
        self.limits = checkers.limits
        self._store = store
        self._checkers = checkers
        self._places = threading.BoundedSemaphore(self.limits.places)
        self._asked = threading.BoundedSemaphore(self.limits.fast_workers or self.limits.workers)
        self._turn = threading.BoundedSemaphore(_READ_AT_ONCE)

    @property
    def killed(self) -> int:
        return self._checkers.killed

    @property
    def draining(self) -> bool:
        return self._checkers.draining

    @property
    def ready(self) -> bool:
        """Whether queries can be checked and the engine answers."""
        if self.draining or not self._checkers.ready:
            return False
        try:
            self._store.under(Asking(seconds=self.limits.deadline)).check()
        except QueryError:
            return False
        return True

    def pids(self) -> list[int]:
        return self._checkers.pids()

    def run(self, request: Request, stopped: Stopped = lambda: False, tried: bool = False) -> Answer:
        """The whole answer, or QueryError or QueueFull as `Evaluators.run` has them; QueryError also with
        `engine-dialect`, `engine-dataset`, `engine-refused`, `engine-failed`, `engine-partial`."""
        if self.draining:
            raise QueueFull(_RESTART)
        if not self._places.acquire(blocking=False):
            raise self._full()
        try:
            if found := not_passed_on(request.query, self._store.base or ""):
                raise QueryError("engine-dialect", found=found)
            with self._checkers.run(request, stopped).file:
                pass
            self._wait_for_the_engine(stopped)
            try:
                return self._answer(request, stopped)
            finally:
                self._asked.release()
        finally:
            self._places.release()

    def _answer(self, request: Request, stopped: Stopped) -> Answer:
        limit = self.limits.answer
        asking = Asking(self.limits.deadline, limit * _MORE_IN_JSON, stopped, self._turn)
        data = None
        if request.default_graphs is not None:
            data = DataSet(request.default_graphs, request.named_graphs)
        wanted = Wanted(request.results, request.rdf, limit, self._store.prefixes)
        begin = time.monotonic()
        form, body = self._store.under(asking).answer(request.query, wanted, data)
        return Answer(form, _kept(body), len(body), time.monotonic() - begin, _LANE)

    def _wait_for_the_engine(self, stopped: Stopped) -> None:
        until = time.monotonic() + self.limits.patience
        while not self._asked.acquire(timeout=_GLANCE):
            if self.draining or stopped():
                raise QueryError("query-cancelled")
            if time.monotonic() > until:
                raise self._full()

    def _full(self) -> QueueFull:
        return QueueFull(max(1, round(self.limits.deadline)))


def _kept(body: bytes) -> BinaryIO:
    if len(body) <= _IN_MEMORY:
        return BytesIO(body)
    file = TemporaryFile()  # noqa: SIM115
    file.write(body)
    file.seek(0)
    return file
