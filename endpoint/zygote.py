"""The process that loads a release once and forks evaluators from it: `python -m endpoint.zygote FD`, Linux only.

FD is a socket that keeps messages apart (SOCK_SEQPACKET). The first message in says what to load and which lanes to
fill. Out goes one message for each evaluator born, with a socket to talk to it, and one for each that died, with the
signal that ended it; a dead one is replaced at once. `{"kill": pid}` ends one. When who asked is gone, the socket
closes and its evaluators end. This process never has a second thread: only so is it safe to fork.
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
_SET_NAME = 15
"""PR_SET_NAME of prctl(2)"""
_LINE = 3
"""the descriptor that an evaluator talks over; all above is closed"""
_SOON = 0.02
"""seconds: an evaluator that died younger than this never took a query, and its successor waits a little"""


class Zygote:
    """Forks evaluators over one store, for as many who ask as there are sockets."""

    def __init__(self, settings: dict[str, Any], store: Store) -> None:
        self._settings = settings
        self._store = store
        self._children: dict[int, tuple[str, float, socket.socket]] = {}
        self._reading, self._writing = os.pipe()
        self._poll = select.poll()
        self._askers: dict[int, socket.socket] = {}

    def watch_children(self) -> None:
        """Have this process woken when one of its children ends."""
        os.set_blocking(self._writing, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        self._poll.register(self._reading, select.POLLIN)

    def serve(self, asker: socket.socket) -> None:
        """Fork the evaluators of every lane for one who asks; they end when the socket closes."""
        self._askers[asker.fileno()] = asker
        self._poll.register(asker.fileno(), select.POLLIN)
        for lane, settings in self._settings["lanes"].items():
            for _ in range(settings["workers"]):
                self._fork(lane, asker)

    def run(self) -> None:
        """Fork and replace until nobody asks any more."""
        while self._askers:
            self.turn()
        self.end()

    def turn(self) -> None:
        """Wait for something to happen, and see to it."""
        for number, _ in self._poll.poll():
            if number == self._reading:
                os.read(self._reading, 4096)
                self._reap()
            elif number in self._askers:
                self._obey(self._askers[number])

    def end(self) -> None:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)

    def ended(self, pid: int, status: int) -> None:
        """A child that is no evaluator has ended."""

    def _obey(self, asker: socket.socket) -> None:
        try:
            message = asker.recv(MESSAGE)
        except ConnectionResetError:
            message = b""
        if not message:
            self._dismiss(asker)
            return
        pid = json.loads(message)["kill"]
        # Not yet waited for, so the number is still its own.
        if pid in self._children and self._children[pid][2] is asker:
            os.kill(pid, signal.SIGKILL)

    def _dismiss(self, asker: socket.socket) -> None:
        self._poll.unregister(asker.fileno())
        del self._askers[asker.fileno()]
        for pid, (_, _, owner) in self._children.items():
            if owner is asker:
                os.kill(pid, signal.SIGKILL)
        asker.close()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid not in self._children:
                self.ended(pid, status)
                continue
            lane, born, asker = self._children.pop(pid)
            if asker.fileno() < 0:
                continue
            ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            if not _told(asker, {"dead": pid, "signal": ended}):
                continue
            if time.monotonic() - born < _SOON:
                time.sleep(_SOON)
            self._fork(lane, asker)

    def _fork(self, lane: str, asker: socket.socket) -> None:
        ours, theirs = socket.socketpair()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            ours.close()
            self._become_evaluator(lane, theirs, parent)
            os._exit(0)
        theirs.close()
        self._children[pid] = (lane, time.monotonic(), asker)
        with ours:
            _told(asker, {"born": pid, "lane": lane}, ours.fileno())

    def _become_evaluator(self, lane: str, line: socket.socket, parent: int) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGALRM, signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        if not die_with(parent, f"jichi-{lane}"):
            return
        settings = self._settings["lanes"][lane]
        os.nice(settings["nice"])
        os.dup2(line.detach(), _LINE)
        os.closerange(_LINE + 1, os.sysconf("SC_OPEN_MAX"))
        close_the_doors(settings["memory"], _LINE)
        requests = os.fdopen(_LINE, "rb", closefd=False)
        answers = os.fdopen(_LINE, "wb", closefd=False)
        answer_queries(self._store, {**self._settings, **settings}, requests, answers)


def die_with(parent: int, name: str) -> bool:
    """Have the kernel end this process with its parent; False where that has gone already. `name` is for ps(1)."""
    library = ctypes.CDLL(None)
    library.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    library.prctl(_SET_NAME, name.encode())
    return os.getppid() == parent


def settle() -> None:
    """What is loaded stays where it is: a collector that visits it would copy its pages in every child."""
    gc.collect()
    gc.freeze()


def _told(asker: socket.socket, message: dict[str, Any], number: int | None = None) -> bool:
    """Whether the message could be sent: not to one who has gone."""
    text = json.dumps(message).encode()
    try:
        if number is None:
            asker.send(text)
        else:
            socket.send_fds(asker, [text], [number])
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def main(number: int) -> int:
    # Ctrl-C in a terminal reaches every process of the group; the web process decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=number)
    settings = json.loads(control.recv(MESSAGE))
    store = Store.load(Path(settings["data"]), base=settings["base"])
    settle()
    zygote = Zygote(settings, store)
    zygote.watch_children()
    zygote.serve(control)
    zygote.run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1])))
