"""The process that loads a release once and forks evaluators from it: `python -m endpoint.zygote FD`, Linux only.

FD is a socket that keeps messages apart (SOCK_SEQPACKET). The first message in says what to load and which lanes to
fill. Out goes one message for each evaluator born, with a socket to talk to it, and one for each that died, with the
signal that ended it; a dead one is replaced at once. `{"kill": pid}` ends one. When the web process is gone, the
socket closes and everything here ends. This process never has a second thread: only so is it safe to fork.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from endpoint.evaluator import answer_queries, close_the_doors
from kg.store import Store

MESSAGE = 1 << 18
"""bytes of the longest message"""
_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)"""
_LINE = 3
"""the descriptor that an evaluator talks over; all above is closed"""
_SOON = 0.02
"""seconds: an evaluator that died younger than this never took a query, and its successor waits a little"""


class Zygote:
    def __init__(self, control: socket.socket, settings: dict[str, Any], store: Store) -> None:
        self._control = control
        self._settings = settings
        self._store = store
        self._library = ctypes.CDLL(None)
        self._children: dict[int, tuple[str, float]] = {}

    def run(self) -> None:
        """Fork and replace evaluators until the web process is gone."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for lane, settings in self._settings["lanes"].items():
            for _ in range(settings["workers"]):
                self._fork(lane)
        poll = select.poll()
        poll.register(reading, select.POLLIN)
        poll.register(self._control.fileno(), select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if reading in ready:
                os.read(reading, 4096)
                self._reap()
            if self._control.fileno() in ready and not self._obey():
                break
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def _obey(self) -> bool:
        message = self._control.recv(MESSAGE)
        if not message:
            return False
        pid = json.loads(message)["kill"]
        # Not yet waited for, so the number is still its own.
        if pid in self._children:
            os.kill(pid, signal.SIGKILL)
        return True

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            lane, born = self._children.pop(pid)
            ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            self._control.send(json.dumps({"dead": pid, "signal": ended}).encode())
            if time.monotonic() - born < _SOON:
                time.sleep(_SOON)
            self._fork(lane)

    def _fork(self, lane: str) -> None:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._become_evaluator(lane, theirs, parent)
            os._exit(0)
        theirs.close()
        self._children[pid] = (lane, time.monotonic())
        with ours:
            socket.send_fds(self._control, [json.dumps({"born": pid, "lane": lane}).encode()], [ours.fileno()])

    def _become_evaluator(self, lane: str, line: socket.socket, parent: int) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        self._library.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            return
        settings = self._settings["lanes"][lane]
        os.nice(settings["nice"])
        os.dup2(line.detach(), _LINE)
        os.closerange(_LINE + 1, os.sysconf("SC_OPEN_MAX"))
        close_the_doors(settings["memory"], _LINE)
        requests = os.fdopen(_LINE, "rb", closefd=False)
        answers = os.fdopen(_LINE, "wb", closefd=False)
        answer_queries(self._store, {**self._settings, **settings}, requests, answers)


def main(number: int) -> int:
    # Ctrl-C in a terminal reaches every process of the group; the web process decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=number)
    settings = json.loads(control.recv(MESSAGE))
    store = Store.load(Path(settings["data"]), base=settings["base"])
    # What is loaded stays where it is: a collector that visits it would copy its pages in every evaluator.
    gc.collect()
    gc.freeze()
    Zygote(control, settings, store).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1])))
