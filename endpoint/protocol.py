"""HTTP/1.1 on a connection: that of uvicorn (httptools), with answers from the byte cache before anything else runs.

A GET whose answer is kept is written from the parser's callback: no task, no thread, no application. The rest goes
uvicorn's way to `endpoint.front`. Added are the limits of a server that stands in public: how large a head may be, how
long it may take to arrive, how long a client may take to read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from endpoint.cache import Cache, Wire, asked, holds
from endpoint.express import Delivered, Express
from endpoint.front import refusal, target_of
from endpoint.gate import Gate
from endpoint.journal import Journal

_log = logging.getLogger("jichi.service")
TARGET = 256 << 10
"""bytes of an address: a query of 64 KiB with a percent sign for every byte fits"""
HEAD = 32 << 10
"""bytes of the headers of a request"""
HEAD_SECONDS = 15.0
"""for a head to arrive whole, counted from the connection or the answer before it: also the time to stay idle"""
BODY_SECONDS = 30.0
"""for a body to arrive, and for a client to take in what is written"""
_PIPELINED = 32
"""requests that may wait on a connection for the answer to the one before"""
_BAD = (("HTTP/1.1 400 Bad Request", "request-bad"), ("HTTP/1.1 431 Request Header Fields Too Large", "request-header-too-large"))
_PREFIX = b"x-forwarded-prefix"
_HIT = b"cache;desc=hit"


class Connection(HttpToolsProtocol):
    """A subclass is made for each web process, with its cache, journal and gate."""

    cache: Cache
    journal: Journal
    gate: Gate
    express: Express
    most = 1000
    """connections of this process; one more is closed at once"""
    ending = False
    """this process retires: every answer is the last one on its connection"""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.since = time.monotonic()
        """since when the client has to do something"""
        self.in_head = True
        self._size = self._fed = 0
        self._too_large = self._from_cache = self._answered = False
        if len(self.connections) > self.most:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.in_head and not self._fed and not data.isascii():
            data = _encoded(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # No other protocol is spoken here: the request stands as it is (RFC 9110, section 7.8).
            return
        except httptools.HttpParserError as error:
            if isinstance(error, httptools.HttpParserCallbackError) and not self._too_large:
                _log.warning("a request was not understood: %s", type(error.__context__).__name__)
            self._refuse(431 if self._too_large else 400)
            return
        if self.in_head:
            self._fed += len(data)
            if self._fed > TARGET + 2 * HEAD:
                self._refuse(431)

    def on_message_begin(self) -> None:
        """What uvicorn makes for each request is made when it is known that the cache has no answer."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self.in_head = True
        self._size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._size += len(name) + len(value)
        if self._size > HEAD:
            self._too_large = True
            raise ValueError(HEAD)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > TARGET:
            self._too_large = True
            raise ValueError(TARGET)

    def on_headers_complete(self) -> None:
        self.in_head = False
        self._size = self._fed = 0
        if len(self.pipeline) > _PIPELINED:
            raise ValueError(_PIPELINED)
        self._from_cache = self._answer_from_cache()
        if self._from_cache:
            return
        self.since = time.monotonic()
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.headers += headers
        self.expect_100_continue = expects
        # The parser of addresses takes 64 KiB; what follows the question mark needs no parsing here.
        self.url, _, arguments = url.partition(b"#")[0].partition(b"?")
        self.scope |= {"arguments": arguments, "prefix": self._prefix()}  # type: ignore[typeddict-unknown-key]
        if not self._is_believed():
            self.headers[:] = [pair for pair in self.headers if not pair[0].startswith(b"x-forwarded-")]
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """It is the turn of a request: a small query goes to an evaluator from here, everything else uvicorn's way."""
        cycle.keep_alive = cycle.keep_alive and not self.ending
        wait = self.gate.wait(cycle.scope)
        cycle.scope |= {"wait": wait, "tried": False, "gone": lambda: cycle.disconnected}  # type: ignore[typeddict-unknown-key]
        usual = partial(super()._start_asgi_task, cycle, app)
        key = asked(target_of(cycle.scope), cycle.scope["headers"], cycle.scope["prefix"])  # type: ignore[typeddict-item]
        if wait or not self.express.take(key, cycle.scope, partial(self._delivered, cycle, usual)):
            usual()

    def _delivered(
        self, cycle: RequestResponseCycle, usual: Callable[[], None], found: Delivered | None, tried: bool
    ) -> None:
        """An evaluator has answered, or it may not be its business."""
        if found is None:
            cycle.scope["tried"] = tried  # type: ignore[typeddict-unknown-key]
            usual()
            return
        method, wire, seconds = cycle.scope["method"], found.wire, found.seconds
        cycle.response_started = cycle.response_complete = True
        if not cycle.disconnected:
            self._write(wire, b'query;dur=%.1f;desc="fast"' % (seconds * 1000), method == "HEAD", False, cycle.keep_alive)
        self.journal.evaluated(method, len(wire.body), seconds, wire)
        cycle.on_response()

    def on_body(self, body: bytes) -> None:
        if not self._from_cache:
            self.since = time.monotonic() if len(body) > 1024 else self.since
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._from_cache:
            super().on_message_complete()

    def shutdown(self) -> None:
        """This process retires. A client that has only just come is answered, once: it could not know."""
        is_fresh = self.cycle is None and not self._answered
        if not is_fresh:
            super().shutdown()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._unset_keepalive_if_required()
        self.since = time.monotonic()
        self.in_head = True

    def send_400_response(self, msg: str) -> None:
        self._refuse(400)

    def look(self, now: float, idle: float = HEAD_SECONDS) -> None:
        """End the connection of a client that is too slow: one timer for all of them costs less than one for each."""
        waited = now - self.since
        is_idle = self.cycle is None or self.cycle.response_complete
        is_slow = is_idle and waited > idle
        is_slow |= not is_idle and self.cycle.more_body and waited > BODY_SECONDS
        if self.flow.write_paused:
            is_slow |= waited > BODY_SECONDS and self._unmoved()
        if is_slow and not self.transport.is_closing():
            self.transport.abort() if self.flow.write_paused else self.transport.close()

    def _unmoved(self) -> bool:
        """Whether the client has taken in nothing since the last look."""
        left = self.transport.get_write_buffer_size()
        unmoved = left >= getattr(self, "_left", left + 1)
        self._left = left
        return unmoved

    def _answer_from_cache(self) -> bool:
        """Write the answer, if it is kept and it is this request's turn."""
        method = self.parser.get_method()
        is_turn = self.cycle is None or self.cycle.response_complete
        if method not in (b"GET", b"HEAD") or not is_turn or self.pipeline or self.flow.write_paused:
            return False
        if self.parser.get_http_version() != "1.1":
            return False
        wire = self.cache.find(asked(self.url, self.headers, self._prefix()))
        if wire is None:
            return False
        condition = next((value for name, value in self.headers if name == b"if-none-match"), None)
        is_held = condition is not None and holds(wire.tags, condition)
        keeps = self.parser.should_keep_alive() and not self.ending
        sent = self._write(wire, _HIT, method == b"HEAD", is_held, keeps)
        self._answered = True
        self.since = time.monotonic()
        self.in_head = True
        self.journal.hit(method.decode(), 304 if is_held else wire.status, sent, wire)
        return True

    def _write(self, wire: Wire, timing: bytes, is_head: bool, is_held: bool, keeps: bool) -> int:
        """An answer in one piece; the bytes of its body."""
        head, body = (wire.unchanged, b"") if is_held else (wire.head, b"" if is_head else wire.body)
        end = b"\r\n\r\n" if keeps else b"\r\nConnection: close\r\n\r\n"
        date = _lines(tuple(self.server_state.default_headers))
        self.transport.write(b"".join((head, date, b"Server-Timing: ", timing, end, body)))
        if not keeps:
            self.transport.close()
        return len(body)

    def _prefix(self) -> bytes:
        if not self.gate.trusted or not self._is_believed():
            return b""
        return next((value for name, value in self.headers if name == _PREFIX), b"")

    def _is_believed(self) -> bool:
        return bool(self.gate.trusted) and self.client is not None and self.gate.believes(self.client[0])

    def _refuse(self, status: int) -> None:
        """What is no request, or too large a one, is answered like other errors, and the connection ends."""
        if self.transport.is_closing():
            return
        first, code = _BAD[status == 431]
        reply = refusal(code, {"Connection": "close"})
        headers = [*reply.headers, ("Content-Length", str(len(reply.body)))]
        lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
        self.transport.write("\r\n".join(lines).encode("latin-1") + reply.body)
        self.transport.close()
        self.journal.answered("-", status, len(reply.body), 0.0, reply.facts)


def _encoded(data: bytes) -> bytes:
    """Takes an address whose letters were not encoded: clients send them, and others serve them."""
    line, end, rest = data.partition(b"\r\n")
    return b"".join(bytes([byte]) if byte < 0x80 else b"%%%02X" % byte for byte in line) + end + rest


@lru_cache(2)
def _lines(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Those that uvicorn gives every answer: they change once a second."""
    return b"".join(b"%s: %s\r\n" % pair for pair in headers)
