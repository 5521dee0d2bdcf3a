"""Small queries of machines, answered from the event loop: no thread, no application.

What comes out is what the application would have said: the query is worked out by the same `questions.plan`, and the
headers are those of an answer of the application to an earlier query in the same format. Whatever is not plain (a page,
an error, a condition, a query that takes long or gives much, no free evaluator) goes the usual way.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from endpoint import questions
from endpoint.cache import Page
from endpoint.crews import Worker
from endpoint.frames import WorkerLost, frame_of, whole_frame
from endpoint.questions import Plan
from endpoint.workers import Evaluators, header
from kg.errors import KgError

PATH = b"/sparql"
_LONGEST = 4 << 10
"""bytes of an address: scanning a longer query would hold up the loop, and its frame might not be written at once"""
_MUCH = 4 << 20
"""bytes of an answer; a longer one would hold up the loop, and is evaluated again for the usual way"""
_MARGIN = 0.5
"""seconds after its deadline when an evaluator that did not end by itself is given up"""


class Express:
    def __init__(self, plan: Callable[[questions.Asked, str | None], Plan] | None, evaluators: Evaluators) -> None:
        self._plan = plan
        self._evaluators = evaluators
        self._seconds = evaluators.limits.fast_deadline + _MARGIN
        self._patterns: dict[tuple[str, bool], tuple[tuple[str, str], ...]] = {}

    def learn(self, page: Page) -> None:
        """The headers of an answer of the application to a query."""
        kind = next((value for name, value in page.headers if name.lower() == "content-type"), "")
        if page.status == 200 and page.query and not kind.startswith("text/html"):
            self._patterns.setdefault((kind, page.tag is not None), page.headers)

    def planned(self, scope: Mapping[str, Any]) -> Plan | None:
        """What a request asks, if it may go this way."""
        if self._plan is None or scope["raw_path"] != PATH or scope["method"] not in ("GET", "HEAD") or scope["prefix"]:
            return None
        headers = dict(scope["headers"])
        accept = headers.get(b"accept", b"")
        many = len(headers) != len(scope["headers"]) or len(scope["query_string"]) > _LONGEST
        if many or b"html" in accept.lower() or b"if-none-match" in headers:
            return None
        try:
            asked = questions.read(questions.arguments(scope["query_string"]))
            plan = self._plan(asked, accept.decode("latin-1") or None) if asked.query else None
        except KgError:
            # The application says what is wrong with it.
            return None
        return plan if plan is not None and (plan.choice.content_type, plan.tag is not None) in self._patterns else None

    async def answer(self, plan: Plan) -> tuple[Page, float] | None:
        """The answer and the seconds it took; None where it has to go the usual way. WorkerLost: the fast lane gave up."""
        with self._evaluators.lent() as worker:
            if worker is None:
                return None
            begin = time.monotonic()
            reply, body = await self._exchanged(worker, plan)
            seconds = time.monotonic() - begin
        if "error" in reply:
            return None
        pattern = self._patterns[plan.choice.content_type, plan.tag is not None]
        return Page(200, pattern, plan.tag, body, "sparql", questions.fingerprint(plan.request.query)), seconds

    async def _exchanged(self, worker: Worker, plan: Plan) -> tuple[dict[str, Any], bytes]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[dict[str, Any], bytes]] = loop.create_future()
        held = bytearray()
        line = worker.channel.descriptor

        def read() -> None:
            try:
                part = os.read(line, 1 << 18)
            except ConnectionResetError:
                part = b""
            try:
                held.extend(part)
                found = whole_frame(held)
                if not part or (found is None and len(held) > _MUCH):
                    raise WorkerLost(None if not part else "query-cancelled")
            except WorkerLost as lost:
                if not done.done():
                    done.set_exception(lost)
                return
            if found is not None and not done.done():
                done.set_result(found)

        try:
            os.write(line, frame_of(header(plan.request), plan.request.query.encode("utf-8")))
        except (BrokenPipeError, ConnectionResetError):
            raise WorkerLost(None) from None
        loop.add_reader(line, read)
        timer = loop.call_later(self._seconds, _give_up, done)
        try:
            return await done
        finally:
            timer.cancel()
            loop.remove_reader(line)


def _give_up(done: asyncio.Future[tuple[dict[str, Any], bytes]]) -> None:
    if not done.done():
        done.set_exception(WorkerLost("query-timeout"))
