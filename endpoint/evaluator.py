"""The process that evaluates visitors' queries: `python -m endpoint.evaluator`, started and killed by `workers`.

It talks over its standard input and output in frames: two big-endian 32-bit lengths, a JSON header, a body. The first
frame says what to load and the limits; every further one is a query. Each is answered by one frame. The kernel ends
the process when a query passes a limit: a timer and processor time at their default disposition (a Python handler
would wait for the engine to return), address space by failing allocation.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import struct
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from kg.errors import QueryError
from kg.store import DataSet, Store, Wanted

_LENGTHS = struct.Struct(">II")
_STACK = 512 << 20
"""bytes of address space for the parser's recursion; a query of 64 KiB of nested braces fits"""


def write_frame(stream: BinaryIO, header: dict[str, Any], body: bytes = b"") -> None:
    head = json.dumps(header).encode("utf-8")
    stream.write(_LENGTHS.pack(len(head), len(body)) + head + body)
    stream.flush()


def read_frame(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame; None at the end of the stream, also where it ends within a frame."""
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head_size, body_size = _LENGTHS.unpack(lengths)
    head, body = stream.read(head_size), stream.read(body_size)
    if len(head) < head_size or len(body) < body_size:
        return None
    return json.loads(head), body


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
    _close_the_doors(settings["memory"], answers.fileno())
    write_frame(answers, {"ready": True})
    threading.stack_size(_STACK)
    loop = threading.Thread(target=_serve, args=(store, settings, requests, answers))
    loop.start()
    loop.join()
    return 0


def _close_the_doors(memory: int, highest: int) -> None:
    """No more than `memory` bytes beside what is loaded, no core file, and no further file or socket.

    A SERVICE that got past the scan of the text finds no descriptor left to connect with.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    space = _address_space() + memory + _STACK
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, highest + 1))
    for number in range(3, highest):
        # Every hole below is filled, so that none is free for a socket.
        if not _is_open(number):
            os.dup2(2, number)


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
    seconds = settings["deadline"]
    while (frame := read_frame(requests)) is not None:
        header, body = frame
        # A margin, since the parent kills at the deadline: this ends the process of a parent that has died.
        signal.setitimer(signal.ITIMER_REAL, seconds + 1)
        spent = resource.getrusage(resource.RUSAGE_SELF)
        allowed = int(spent.ru_utime + spent.ru_stime + seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
        reply, written = _answer(store, header, body.decode("utf-8"), settings)
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_frame(answers, reply, written)


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
