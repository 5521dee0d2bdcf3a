"""What passes between the web process and an evaluator: frames of two big-endian 32-bit lengths, a JSON header, a body.

The evaluator reads and writes plain streams. The web process never waits on one without an end: a deadline, or a
visitor who has gone. An answer is spooled, in memory and past a size on disk, so that it is whole before it is sent.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from collections.abc import Callable
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any, BinaryIO

_LENGTHS = struct.Struct(">II")
_HEADER_LIMIT = 1 << 20
_IN_MEMORY = 1 << 20
"""bytes of an answer that are kept in memory"""
_GLANCE = 0.1
"""seconds between two looks at whether the visitor is still there"""

Stopped = Callable[[], bool]
"""whether nobody waits for the answer any more"""


class WorkerLost(Exception):
    """An evaluator is gone, or has to go. `code` says why; None means that it went by itself and its end tells."""

    def __init__(self, code: str | None) -> None:
        super().__init__(code)
        self.code = code


def head_of(header: dict[str, Any]) -> bytes:
    return json.dumps(header).encode("utf-8")


def frame_of(head: bytes, body: bytes = b"") -> bytes:
    """`head` as `head_of` gives it."""
    return _LENGTHS.pack(len(head), len(body)) + head + body


def whole_frame(data: bytes | bytearray) -> tuple[dict[str, Any], bytes] | None:
    """The frame that `data` is; None as long as it is not whole."""
    if len(data) < _LENGTHS.size:
        return None
    head_size, body_size = _LENGTHS.unpack_from(data)
    start = _LENGTHS.size + head_size
    if head_size > _HEADER_LIMIT:
        raise WorkerLost("query-crash")
    return (json.loads(data[_LENGTHS.size:start]), bytes(data[start:])) if len(data) >= start + body_size else None


def write_frame(stream: BinaryIO, header: dict[str, Any], body: bytes = b"") -> None:
    stream.write(frame_of(head_of(header), body))
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


class Channel:
    """The web process's end of the line to one evaluator: two descriptors, which may be one."""

    def __init__(self, reading: int, writing: int, limit: int) -> None:
        self._reading = reading
        self._writing = writing
        self._limit = limit
        os.set_blocking(writing, False)
        os.set_blocking(reading, False)

    def send(self, head: bytes, body: bytes, until: float, stopped: Stopped) -> None:
        """`until` is a time of `time.monotonic`; WorkerLost when it has passed or the other end is closed.

        `head` is that of the frame.
        """
        frame = memoryview(frame_of(head, body))
        while frame:
            _wait(self._writing, select.POLLOUT, until, stopped)
            try:
                frame = frame[os.write(self._writing, frame):]
            except (BrokenPipeError, ConnectionResetError):
                raise WorkerLost(None) from None

    def receive(self, until: float, stopped: Stopped) -> tuple[dict[str, Any], BinaryIO, int]:
        """The header, the body from its beginning, and its size."""
        head_size, body_size = _LENGTHS.unpack(self._bytes(_LENGTHS.size, until, stopped))
        # The evaluator holds its answers to the limit; another length is noise from a damaged process.
        if head_size > _HEADER_LIMIT or body_size > self._limit * 4:
            raise WorkerLost("query-crash")
        head = json.loads(self._bytes(head_size, until, stopped))
        body: BinaryIO = BytesIO() if body_size <= _IN_MEMORY else TemporaryFile()  # type: ignore[assignment]
        try:
            self._read(body_size, body, until, stopped)
        except WorkerLost:
            body.close()
            raise
        body.seek(0)
        return head, body, body_size

    @property
    def descriptor(self) -> int:
        """Of a line that is read and written in one place: that of a forked evaluator."""
        return self._reading

    def close(self) -> None:
        for number in {self._reading, self._writing}:
            os.close(number)

    def _bytes(self, size: int, until: float, stopped: Stopped) -> bytes:
        found = BytesIO()
        self._read(size, found, until, stopped)
        return found.getvalue()

    def _read(self, size: int, target: BinaryIO, until: float, stopped: Stopped) -> None:
        while size:
            _wait(self._reading, select.POLLIN, until, stopped)
            try:
                part = os.read(self._reading, min(size, 1 << 18))
            except ConnectionResetError:
                part = b""
            if not part:
                raise WorkerLost(None)
            target.write(part)
            size -= len(part)


def _wait(number: int, event: int, until: float, stopped: Stopped) -> None:
    """Wait until a descriptor can be read or written, or has been closed; `poll` has no limit on their numbers."""
    poll = select.poll()
    poll.register(number, event)
    while True:
        left = until - time.monotonic()
        if poll.poll(max(0.0, min(left, _GLANCE)) * 1000):
            return
        if left <= 0:
            raise WorkerLost("query-timeout")
        if stopped():
            raise WorkerLost("query-cancelled")
