"""Small queries of machines, answered from the event loop: no thread, no task, no application.

What comes out is what the application would have said: the query is worked out by the same `questions.plan`, and the
headers are those of an answer of the application to an earlier query in the same format. Whatever is not plain (a page,
an error, a condition, a query that takes long or gives much, no free evaluator) goes the usual way.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from endpoint import coding, questions
from endpoint.cache import Asked, Cache, Page, Wire, address_of, wired
from endpoint.crews import Worker
from endpoint.frames import WorkerLost, frame_of, whole_frame
from endpoint.questions import Plan
from endpoint.workers import Evaluators
from kg.errors import KgError

PATH = b"/sparql"
_LONGEST = 4 << 10
"""bytes of an address: scanning a longer query would hold up the loop, and its frame might not be written at once"""
_MUCH = 4 << 20
"""bytes of an answer; a longer one would hold up the loop, and is evaluated again for the usual way"""
_QUICK = 16 << 10
"""bytes that are compressed in the loop"""
_MARGIN = 0.5
"""seconds after its deadline when an evaluator that did not end by itself is given up"""
_UNPLAIN = (b"if-none-match", b"content-length", b"transfer-encoding")
"""headers of a request with a condition or a body"""


@dataclass(frozen=True)
class Delivered:
    """An answer as it goes out, its content type's other forms left behind; `seconds` is what evaluating it took."""

    wire: Wire
    seconds: float


Done = Callable[[Delivered | None, bool], None]
"""told the answer; or None, and whether the fast lane gave the query up (then only the slow lane may do it)"""


@dataclass(eq=False)
class _Turn:
    """A query that is with an evaluator."""

    asked: Asked
    plan: Plan
    worker: Worker
    done: Done
    begin: float = field(default_factory=time.monotonic)
    held: bytearray = field(default_factory=bytearray)


class Express:
    """Belongs to the event loop; only `learn` is called from threads."""

    def __init__(
        self, plan: Callable[[questions.Asked, str | None], Plan] | None, evaluators: Evaluators, cache: Cache
    ) -> None:
        self._plan = plan
        self._evaluators = evaluators
        self._cache = cache
        self._seconds = evaluators.limits.fast_deadline + _MARGIN
        self._patterns: dict[tuple[str, bool], tuple[tuple[str, str], ...]] = {}
        self._turns: set[_Turn] = set()
        # One for all: a large buffer for each read would be fetched from the system and given back each time.
        self._buffer = memoryview(bytearray(1 << 16))

    @property
    def is_busy(self) -> bool:
        return bool(self._turns)

    def learn(self, page: Page) -> None:
        """The headers of an answer of the application to a query."""
        kind = page.header("content-type")
        if page.status == 200 and page.query and not kind.startswith("text/html"):
            self._patterns.setdefault((kind, page.tag is not None), page.headers)

    def take(self, asked: Asked, scope: Mapping[str, Any], done: Done) -> bool:
        """Whether the request goes this way; then `done` is called later, from the loop."""
        plan = self._planned(asked, scope)
        worker = None if plan is None else self._evaluators.borrow()
        if plan is None or worker is None:
            return False
        try:
            os.write(worker.channel.descriptor, frame_of(plan.request.head, plan.request.query.encode("utf-8")))
        except (BrokenPipeError, ConnectionResetError):
            self._evaluators.lose(worker, alive=False)
            return False
        turn = _Turn(asked, plan, worker, done)
        self._turns.add(turn)
        asyncio.get_running_loop().add_reader(worker.channel.descriptor, self._read, turn)
        return True

    def look(self) -> None:
        """Give up evaluators that outlived the timer which should have ended them."""
        until = time.monotonic() - self._seconds
        for turn in [turn for turn in self._turns if turn.begin < until]:
            self._lost(turn, alive=True, tried=True)

    def _planned(self, asked: Asked, scope: Mapping[str, Any]) -> Plan | None:
        """What a request asks, if it may go this way."""
        if self._plan is None or scope["raw_path"] != PATH or scope["method"] not in ("GET", "HEAD") or asked.prefix:
            return None
        headers = dict(scope["headers"])
        many = len(headers) != len(scope["headers"]) or len(asked.target) > _LONGEST
        address = None if many or any(name in headers for name in _UNPLAIN) else address_of(asked)
        accept = asked.accept or b""
        if address is None or b"html" in accept.lower():
            return None
        try:
            question = questions.read(list(address.query))
            plan = self._plan(question, accept.decode("latin-1") or None) if question.query else None
        except KgError:
            # The application says what is wrong with it.
            return None
        return plan if plan is not None and (plan.choice.content_type, plan.tag is not None) in self._patterns else None

    def _read(self, turn: _Turn) -> None:
        try:
            size = os.readv(turn.worker.channel.descriptor, (self._buffer,))
        except ConnectionResetError:
            size = 0
        turn.held += self._buffer[:size]
        try:
            found = whole_frame(turn.held)
        except WorkerLost:
            self._lost(turn, alive=True, tried=True)
            return
        if found is not None:
            self._answered(turn, *found)
        elif not size:
            self._lost(turn, alive=False, tried=True)
        elif len(turn.held) > _MUCH:
            self._lost(turn, alive=True, tried=False)

    def _answered(self, turn: _Turn, reply: Mapping[str, Any], body: bytes) -> None:
        seconds = time.monotonic() - turn.begin
        self._leave(turn)
        self._evaluators.give_back(turn.worker)
        if "error" in reply:
            turn.done(None, False)
            return
        plan = turn.plan
        pattern = self._patterns[plan.choice.content_type, plan.tag is not None]
        page = Page(200, pattern, plan.tag, body, "sparql", questions.fingerprint(plan.request.query))
        accepted = turn.asked.encoding
        code = coding.choose(accepted.decode("latin-1")) if accepted and page.packs else ""
        if not code or len(body) <= _QUICK:
            turn.done(Delivered(self._wire(turn, page, code), seconds), False)
            return
        packing = asyncio.get_running_loop().run_in_executor(None, self._wire, turn, page, code)
        packing.add_done_callback(lambda wire: turn.done(Delivered(wire.result(), seconds), False))

    def _wire(self, turn: _Turn, page: Page, code: str) -> Wire:
        kept = self._cache.keep(turn.asked, page, turn.plan.offer)
        return wired(page, code, coding.encode(page.body, code)) if kept is None else kept

    def _lost(self, turn: _Turn, alive: bool, tried: bool) -> None:
        self._leave(turn)
        self._evaluators.lose(turn.worker, alive)
        turn.done(None, tried)

    def _leave(self, turn: _Turn) -> None:
        self._turns.discard(turn)
        asyncio.get_running_loop().remove_reader(turn.worker.channel.descriptor)
