"""One line of JSON in the log and one count in the metrics for each request, written in batches.

Lines are gathered and written ten times a second: at tens of thousands of answers a second from the byte cache, a
write for each would cost more than the answer. Metrics are those of prometheus-client in its form for several
processes: each keeps its numbers in a file of a folder that all share, and any of them can add them up.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections import Counter as Tally
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from endpoint.cache import Wire

REQUESTS = "jichi.requests"
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""how prometheus-client is told where the processes share their numbers; set here, not by the user"""


class Metrics:
    """The numbers of this process, in a folder that all web processes share."""

    def __init__(self, folder: Path, version: str) -> None:
        os.environ[_FOLDER] = str(folder)
        # Imported only now: it looks once, when it is imported, whether there are several processes.
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        own = CollectorRegistry()
        self._folder = folder
        self.requests = Counter(
            "jichi_requests", "Requests by route, status and outcome", ["route", "status", "outcome"], registry=own)
        self.hits = Counter("jichi_cache_hits", "Answers from the byte cache", registry=own)
        self.sent = Counter("jichi_sent_bytes", "Bytes of bodies", registry=own)
        self.seconds = Histogram(
            "jichi_request_seconds", "Time of requests that reached the application", ["route"], buckets=_BUCKETS,
            registry=own)
        self.queries = Counter("jichi_queries", "Queries by lane and outcome", ["lane", "outcome"], registry=own)
        self.replaced = Counter("jichi_evaluators_replaced", "Evaluators that were ended or died", registry=own)
        self.connections = Gauge("jichi_connections", "Open connections", registry=own, multiprocess_mode="livesum")
        self.held = Gauge("jichi_cache_bytes", "Bytes in the byte caches", registry=own, multiprocess_mode="livesum")
        release = Gauge("jichi_release", "1 for a release that is served", ["version"], registry=own,
                        multiprocess_mode="livemax")
        release.labels(version).set(1)

    def exposition(self) -> bytes:
        """The numbers of all processes together, in the text format of Prometheus."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        together = CollectorRegistry()
        MultiProcessCollector(together, path=str(self._folder))
        return generate_latest(together)


def forget(folder: Path, pid: int) -> None:
    """A web process has ended: what it was holding counts no more; what it has done still does."""
    os.environ[_FOLDER] = str(folder)
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, path=str(folder))


class Journal:
    """`replaced`, `connections` and `held` are asked when the numbers are written."""

    def __init__(
        self, version: str, metrics: Metrics | None, replaced: Callable[[], int], connections: Callable[[], int],
        held: Callable[[], int],
    ) -> None:  # fmt: skip
        self._version = version
        self._metrics = metrics
        self._replaced, self._connections, self._held = replaced, connections, held
        self._told = 0
        self._lines: list[str] = []
        self._begin()
        self._logs = logging.getLogger(REQUESTS).isEnabledFor(logging.INFO)

    def _begin(self) -> None:
        self._requests: Tally[tuple[str, int, str]] = Tally()
        self._queries: Tally[tuple[str, str]] = Tally()
        self._seconds: list[tuple[str, float]] = []
        self._hits = self._sent = 0

    def answered(self, method: str, status: int, size: int, seconds: float, facts: Mapping[str, object]) -> None:
        """A request that was not answered from the cache."""
        route, outcome = str(facts.get("route", "-")), str(facts.get("outcome", "ok"))
        if self._logs:
            self._lines.append(json.dumps({
                "time": _now(), "method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1),
                "bytes": size, "outcome": outcome, **facts, "release": self._version,
            }))  # fmt: skip
        if self._metrics is None:
            return
        self._requests[route, status, outcome] += 1
        self._seconds.append((route, seconds))
        self._sent += size
        if "query" in facts:
            self._queries[str(facts.get("lane", "-")), outcome] += 1

    def hit(self, method: str, status: int, size: int, wire: Wire) -> None:
        """A request that was answered from the cache."""
        outcome = "not-modified" if status == 304 else "ok"
        self._requests[wire.route, status, outcome] += 1
        self._hits += 1
        self._sent += size
        if self._logs:
            self._line(method, status, 0.0, size, outcome, wire, '"cache": "hit"')

    def evaluated(self, method: str, size: int, seconds: float, wire: Wire) -> None:
        """A query that went past the application, to the fast lane."""
        self._requests[wire.route, wire.status, "ok"] += 1
        self._queries["fast", "ok"] += 1
        self._seconds.append((wire.route, seconds))
        self._sent += size
        if self._logs:
            self._line(method, wire.status, seconds, size, "ok", wire, '"lane": "fast"')

    def _line(
        self, method: str, status: int, seconds: float, size: int, outcome: str, wire: Wire, more: str
    ) -> None:
        # Words of ours and numbers only: nothing here needs to be escaped.
        self._lines.append(
            f'{{"time": "{_now()}", "method": "{method}", "route": "{wire.route}", "status": {status}, '
            f'"ms": {seconds * 1000:.1f}, "bytes": {size}, "outcome": "{outcome}", "query": "{wire.query}", {more}, '
            f'"release": "{self._version}"}}')

    def write(self) -> None:
        """Write what was gathered."""
        if self._lines:
            lines, self._lines = self._lines, []
            logging.getLogger(REQUESTS).info("\n".join(lines))
        if self._metrics is None:
            return
        for (route, status, outcome), number in self._requests.items():
            self._metrics.requests.labels(route, status, outcome).inc(number)
        for (lane, outcome), number in self._queries.items():
            self._metrics.queries.labels(lane, outcome).inc(number)
        for route, seconds in self._seconds:
            self._metrics.seconds.labels(route).observe(seconds)
        self._metrics.hits.inc(self._hits)
        self._metrics.sent.inc(self._sent)
        self._begin()
        self._metrics.connections.set(self._connections())
        self._metrics.held.set(self._held())
        replaced = self._replaced()
        self._metrics.replaced.inc(replaced - self._told)
        self._told = replaced

    def exposition(self) -> bytes:
        """What has been written so far; the event loop writes, so that nothing is counted by two threads."""
        return b"" if self._metrics is None else self._metrics.exposition()


def _now() -> str:
    second, part = divmod(time.time_ns() // 1_000_000, 1000)
    return f"{_second(second)}.{part:03d}+00:00"


@lru_cache(2)
def _second(number: int) -> str:
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%S")
