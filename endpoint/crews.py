"""How evaluators come to be, seen from the web process: forked by a zygote, or spawned one by one without fork.

A crew announces each evaluator that is ready (`joined`) and each idle one that died (`left`). `replace` ends one; its
successor is announced like any other.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from endpoint.frames import Channel, WorkerLost, head_of

START_SECONDS = 120.0
_QUIET = {"MALLOC_ARENA_MAX": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""one arena of memory: more would be address space that no query uses"""
_REPORT_SECONDS = 5.0
_MESSAGE = 1 << 18
_BY_SIGNAL = {
    signal.SIGALRM: "query-timeout",
    signal.SIGXCPU: "query-timeout",
    signal.SIGKILL: "query-memory",
    signal.SIGABRT: "query-memory",
    signal.SIGSEGV: "query-crash",
    signal.SIGBUS: "query-crash",
}


@dataclass(frozen=True)
class Load:
    """What an evaluator loads: an N-Quads file; the base of relative IRIs; prefixes to write graphs with."""

    data: Path
    base: str
    prefixes: Mapping[str, str] = field(default_factory=dict, hash=False)

    def settings(self) -> dict[str, Any]:
        return {"data": str(self.data), "base": self.base, "prefixes": dict(self.prefixes)}


@dataclass(frozen=True)
class LaneSettings:
    """Evaluators of one kind: how many, seconds and bytes of memory for one query, and how far they stand back."""

    workers: int
    deadline: float
    memory: int
    nice: int


@dataclass(eq=False)
class Worker:
    """One evaluator that is ready."""

    pid: int
    lane: str
    channel: Channel
    process: subprocess.Popen[bytes] | None = None


class Crew(Protocol):
    def reason(self, worker: Worker) -> str:
        """Why an evaluator ended by itself: the kernel's signal tells time, memory and stack apart."""

    def replace(self, worker: Worker, alive: bool) -> None:
        """Let another one take its place; end it first where it is still `alive`."""

    def close(self) -> None: ...


Announce = Callable[[Worker], None]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **_QUIET}


def can_fork() -> bool:
    """Linux: the walls of a forked evaluator are those of its kernel."""
    return sys.platform == "linux"


class Spawned:
    """Processes that each load the release for themselves."""

    def __init__(
        self, load: Load, lanes: Mapping[str, LaneSettings], limit: int, joined: Announce, failed: Callable[[], None]
    ) -> None:
        self._load, self._lanes, self._limit = load, lanes, limit
        self._joined, self._failed = joined, failed
        self._all: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._closed = False
        for lane, settings in lanes.items():
            for _ in range(settings.workers):
                self._begin(lane)

    def reason(self, worker: Worker) -> str:
        assert worker.process is not None
        try:
            return _BY_SIGNAL.get(-worker.process.wait(_REPORT_SECONDS), "query-crash")
        except subprocess.TimeoutExpired:
            return "query-crash"

    def replace(self, worker: Worker, alive: bool) -> None:
        assert worker.process is not None
        self._end(worker.process)
        self._begin(worker.lane)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            processes = list(self._all)
        for process in processes:
            self._end(process)

    def _begin(self, lane: str) -> None:
        threading.Thread(target=self._start, args=(lane,), daemon=True).start()

    def _start(self, lane: str) -> None:
        settings = self._lanes[lane]
        with self._lock:
            if self._closed:
                return
            process = subprocess.Popen(
                [sys.executable, "-m", "endpoint.evaluator"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, bufsize=0, env=environment(),
            )
            self._all.add(process)
        assert process.stdin is not None and process.stdout is not None
        channel = Channel(process.stdout.fileno(), process.stdin.fileno(), self._limit)
        sent = {**self._load.settings(), "deadline": settings.deadline, "memory": settings.memory, "limit": self._limit}
        until = time.monotonic() + START_SECONDS
        try:
            channel.send(head_of(sent), b"", until, _never)
            channel.receive(until, _never)
        except (WorkerLost, OSError, ValueError):
            self._failed()
            return
        self._joined(Worker(process.pid, lane, channel, process))

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._all.discard(process)
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


class Forked:
    """Processes forked from one that has loaded the release; it replaces those that die by itself.

    That one is started here, and started anew if somebody kills it. Or it is there already and holds the other end of
    `control`: then this process is itself a child of it, and would not outlive it.
    """

    def __init__(
        self, load: Load | socket.socket, lanes: Mapping[str, LaneSettings], limit: int, joined: Announce,
        left: Callable[[int], None], failed: Callable[[], None],
    ) -> None:
        self._limit = limit
        self._joined, self._left, self._failed = joined, left, failed
        self._ends: dict[int, int] = {}
        self._born: set[int] = set()
        self._reported = threading.Condition()
        self._closed = False
        self._process: subprocess.Popen[bytes] | None = None
        if isinstance(load, socket.socket):
            self._control = load
        else:
            self._settings = settings_of(load, lanes, limit)
            self._begin()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def reason(self, worker: Worker) -> str:
        with self._reported:
            self._reported.wait_for(lambda: worker.pid in self._ends, _REPORT_SECONDS)
            return _BY_SIGNAL.get(self._ends.pop(worker.pid, 0), "query-crash")

    def replace(self, worker: Worker, alive: bool) -> None:
        """Ending it is enough: the zygote forks the next."""
        worker.channel.close()
        if not alive:
            return
        try:
            self._control.send(json.dumps({"kill": worker.pid}).encode())
        except OSError:
            # The zygote has gone, and its children with it.
            return

    def close(self) -> None:
        """End the evaluators, with the process that forks them where that one was started here."""
        self._closed = True
        if self._process is None:
            with suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)
            return
        self._process.kill()
        self._process.wait()

    def _begin(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "endpoint.zygote", str(theirs.fileno())], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(),
            )
        self._control.send(json.dumps(self._settings).encode())

    def _listen(self) -> None:
        while True:
            try:
                message, numbers, _, _ = socket.recv_fds(self._control, _MESSAGE, 1)
            except OSError:
                message, numbers = b"", []
            if message:
                self._heard(json.loads(message), numbers)
                continue
            self._control.close()
            if self._closed:
                return
            if not self._born or self._process is None:
                self._failed()
                return
            # It never ends by itself; if somebody killed it, its evaluators died with it, and all starts anew.
            for pid in self._born:
                self._left(pid)
            self._born.clear()
            self._process.wait()
            self._begin()

    def _heard(self, message: dict[str, Any], numbers: list[int]) -> None:
        if "born" in message:
            self._born.add(message["born"])
            channel = Channel(numbers[0], numbers[0], self._limit)
            self._joined(Worker(message["born"], message["lane"], channel))
            return
        self._born.discard(message["dead"])
        with self._reported:
            self._ends[message["dead"]] = message["signal"]
            while len(self._ends) > 1000:
                # Nobody asked why these ended.
                self._ends.pop(next(iter(self._ends)))
            self._reported.notify_all()
        self._left(message["dead"])


def settings_of(load: Load, lanes: Mapping[str, LaneSettings], limit: int) -> dict[str, Any]:
    """What a zygote is told: the data, the lanes, the bytes of an answer."""
    return {**load.settings(), "limit": limit, "lanes": {name: vars(lane) for name, lane in lanes.items()}}


def _never() -> bool:
    return False
