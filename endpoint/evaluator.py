"""The loop of a process that evaluates visitors' queries, and the walls around it.

A process comes to be in one of two ways: forked from `endpoint.zygote`, which shares the loaded release, or, where
there is no fork, started as `python -m endpoint.evaluator`, which loads it for itself. Each query is a frame, each
answer is one. The kernel ends the process when a query passes a limit: a timer at its default disposition (a Python
handler would wait for the engine to return), address space by failing allocation, a stack that the parser outgrows.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from endpoint.frames import read_frame, write_frame
from kg.errors import QueryError
from kg.store import DataSet, Store, Wanted

STACK = 512 << 20
"""bytes of address space for the parser's recursion; a query of 64 KiB of nested braces fits"""


def main() -> int:
    # Standard output carries frames: whatever else would print goes to standard error.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    first = read_frame(requests)
    if first is None:
        return 0
    settings = first[0]
    store = Store.load(Path(settings["data"]), base=settings["base"])
    close_the_doors(settings["memory"], answers.fileno())
    write_frame(answers, {"ready": True})
    # A margin, since the parent kills at the deadline: this ends the process of a parent that has died.
    answer_queries(store, {**settings, "deadline": settings["deadline"] + 1}, requests, answers)
    return 0


def close_the_doors(memory: int, highest: int) -> None:
    """No more than `memory` bytes beside what is loaded, no core file, and no further file or socket.

    A SERVICE that got past the scan of the text finds no descriptor left to connect with.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    space = _address_space() + memory + STACK
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, highest + 1))
    for number in range(3, highest):
        # Every hole below is filled, so that none is free for a socket.
        if not _is_open(number):
            os.dup2(2, number)


def answer_queries(store: Store, settings: dict[str, Any], requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the stream of requests ends, on a thread whose stack holds the recursion of the parser."""
    threading.stack_size(STACK)
    loop = threading.Thread(target=_serve, args=(store, settings, requests, answers))
    loop.start()
    loop.join()


def _address_space() -> int:
    """Bytes of address space in use; a guess where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except FileNotFoundError:
        return 1 << 30
    return pages * resource.getpagesize()


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _serve(store: Store, settings: dict[str, Any], requests: BinaryIO, answers: BinaryIO) -> None:
    while (frame := read_frame(requests)) is not None:
        header, body = frame
        signal.setitimer(signal.ITIMER_REAL, settings["deadline"])
        reply, written = _answer(store, header, body.decode("utf-8"), settings)
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            write_frame(answers, reply, written)
        except BrokenPipeError:
            return


def _answer(store: Store, header: dict[str, Any], text: str, settings: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    data = None
    if header["default"] is not None:
        data = DataSet(tuple(header["default"]), tuple(header["named"]))
    wanted = Wanted(header["results"], header["rdf"], settings["limit"], settings["prefixes"])
    try:
        form, body = store.answer(text, wanted, data)
    except QueryError as error:
        return {"error": error.code, "values": error.values}, b""
    except MemoryError:
        return {"error": "query-memory", "values": {}}, b""
    except OSError:
        # The engine tried to leave the process: a SERVICE that the scan did not see.
        return {"error": "service-refused", "values": {}}, b""
    return {"form": form}, body


if __name__ == "__main__":
    raise SystemExit(main())
