"""The processes of one release: one that loads it, and forked from it those that answer and those that evaluate.

All share one copy of the data and of the program. A process that dies is replaced. SIGTERM is passed on and means to
end with answers given; SIGUSR1 means that another release has taken over. Linux only, like `endpoint.zygote`.
"""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from endpoint import web
from endpoint.crews import Load, settings_of
from endpoint.gate import Gate
from endpoint.journal import forget
from endpoint.workers import Evaluators, Limits
from endpoint.zygote import Zygote, die_with, settle
from kg.errors import KgError, ReleaseError
from kg.store import Store

_TOO_SOON = 1.0
"""seconds: a web process that lived shorter is replaced only after as long"""
_IDLE = 19
_log = logging.getLogger("jichi.service")


class Loaded(NamedTuple):
    """What is loaded before anything is forked; `targets` are the documents that can be made beforehand."""

    opened: web.Opened
    load: Load
    store: Store
    fill: Callable[[], int] | None


class House(Zygote):
    def __init__(self, loaded: Loaded, listener: socket.socket, limits: Limits, gate: Gate, metrics: Path,
                 master: socket.socket) -> None:
        part = limits.part()
        super().__init__(settings_of(loaded.load, part.lanes(), part.answer), loaded.store)
        self._loaded, self._listener, self._limits = loaded, listener, limits
        self._gate, self._metrics, self._master = gate, metrics, master
        self._webs: dict[int, float] = {}
        self._press = 0
        self._leaving = False

    def live(self) -> None:
        self.watch_children()
        signal.signal(signal.SIGTERM, self._pass_on)
        signal.signal(signal.SIGUSR1, self._pass_on)
        for _ in range(self._limits.processes):
            self._fork_web()
        if self._loaded.fill is not None:
            self._fork_press(self._loaded.fill)
        while self._webs:
            self.turn()
        self.end()
        if self._press:
            os.kill(self._press, signal.SIGKILL)

    def ended(self, pid: int, status: int) -> None:
        if pid == self._press:
            self._press = 0
        if pid not in self._webs:
            return
        born = self._webs.pop(pid)
        forget(self._metrics, pid)
        if not self._leaving:
            _log.error("a web process ended with %d and is replaced", status)
            if time.monotonic() - born < _TOO_SOON:
                time.sleep(_TOO_SOON)
            self._fork_web()

    def _pass_on(self, number: int, _: object) -> None:
        self._leaving = True
        for pid in self._webs:
            os.kill(pid, number)

    def _fork_web(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            os._exit(self._become_web(ours, theirs, parent))
        theirs.close()
        self._webs[pid] = time.monotonic()
        self.serve(ours)

    def _become_web(self, ours: socket.socket, theirs: socket.socket, parent: int) -> int:
        if not self._leave_family(parent, "jichi-web"):
            return 1
        for line in (ours, *self._askers.values()):
            line.close()
        part = self._limits.part()
        try:
            evaluators = Evaluators(theirs, part)
            web.run(self._listener, self._loaded.opened, evaluators, self._gate, self._metrics, self._announce)
        except ReleaseError as error:
            _log.error("%s", error.code)
            return 1
        return 0

    def _fork_press(self, fill: Callable[[], int]) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            self._press = pid
            return
        if self._leave_family(parent, "jichi-pages"):
            self._listener.close()
            os.nice(_IDLE)
            begin = time.monotonic()
            try:
                number = fill()
                _log.info("%d answers made beforehand in %.0f s", number, time.monotonic() - begin)
            except OSError as error:
                _log.warning("no answers are made beforehand: %s", error.strerror)
        os._exit(0)

    def _leave_family(self, parent: int, name: str) -> bool:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        return die_with(parent, name)

    def _announce(self) -> None:
        self._master.send(json.dumps({"ready": os.getpid()}).encode())


def begin(
    load: Callable[[], Loaded], listener: socket.socket, limits: Limits, gate: Gate, metrics: Path
) -> Tenant:
    """Fork the process of one release; it loads what `load` gives."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    parent = os.getpid()
    pid = os.fork()
    if pid:
        theirs.close()
        return Tenant(pid, ours)
    ours.close()
    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        # Ctrl-C in a terminal reaches every process of the group; the one that the user started decides.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if die_with(parent, "jichi-release"):
            loaded = load()
            settle()
            House(loaded, listener, limits, gate, metrics, theirs).live()
            code = 0
    except KgError as error:
        theirs.send(json.dumps({"error": error.code}).encode())
    finally:
        logging.shutdown()
        sys.stderr.flush()
        os._exit(code)


class Tenant:
    """The process of one release, seen from the one that started it."""

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self._line = line

    def wait_until_ready(self, seconds: float) -> str | None:
        """None when it answers; the code of an error when it cannot."""
        poll = select.poll()
        poll.register(self._line.fileno(), select.POLLIN)
        if not poll.poll(seconds * 1000):
            return "evaluator-start"
        message = self._line.recv(1 << 16)
        return json.loads(message).get("error") if message else "evaluator-start"

    def signal(self, number: int) -> None:
        if not self.has_ended():
            os.kill(self.pid, number)

    def has_ended(self) -> bool:
        if self.pid and os.waitpid(self.pid, os.WNOHANG) != (0, 0):
            self.pid = 0
            self._line.close()
        return self.pid == 0

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within that time."""
        until = time.monotonic() + seconds
        while not self.has_ended() and time.monotonic() < until:
            time.sleep(0.02)
        return self.has_ended()
