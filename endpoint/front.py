"""The way of a request that the byte cache could not answer: an ASGI application around the Flask one.

The body is read (bounded), the application runs on a thread, and its answer is finished here: kept where it may be,
left out where the client has it (304), put into the coding that the client likes best. Every request gives one line
in the log and one count in the metrics. HEAD is GET without the body, also for its length.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from endpoint import coding
from endpoint.cache import Asked, Cache, Page, asked, finished, holds
from endpoint.delivery import CROSS_ORIGIN, UNKEPT
from endpoint.errors import VisitorError, trouble
from endpoint.express import Express
from endpoint.negotiation import Offer
from endpoint.site import FACTS, GONE, METRICS, OFFERED, TRIED

MAX_BODY = 1 << 20
"""bytes of a body; the SPARQL route refuses well before"""
_WAITING = 256
"""requests that may wait for a thread"""
_HELD = 1 << 20
"""bytes of an answer that is finished in memory; a longer one is sent as it comes, if it was not in memory before"""
_SINGLE = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_DROPPED = {"content-length", "etag", "server-timing", "date", "connection", "transfer-encoding"}

Scope = Mapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class Witness(Protocol):
    """Who is told of every request that was answered."""

    def answered(self, method: str, status: int, size: int, seconds: float, facts: Mapping[str, object]) -> None: ...

    def exposition(self) -> bytes:
        """The metrics of all web processes."""


@dataclass
class Reply:
    """An answer that is ready to be sent: `body` in memory, or `rest` to be read while it is sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    rest: Iterable[bytes] | None = None
    size: int | None = None
    facts: dict[str, object] = field(default_factory=dict)


class Front:
    def __init__(
        self, app: Callable, cache: Cache, threads: int, witness: Witness, express: Express
    ) -> None:
        self._app = app
        self._express = express
        self._cache = cache
        self._witness = witness
        self._threads = ThreadPoolExecutor(threads, "request")
        self._most = threads + _WAITING
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begin = time.monotonic()
        reply = await self._reply(scope, receive)
        await _send(scope, reply, send)
        size = len(reply.body) if reply.size is None else reply.size
        self._witness.answered(scope["method"], reply.status, size, time.monotonic() - begin, reply.facts)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        if scope["wait"]:
            return refusal("too-many-requests", {"Retry-After": str(max(1, round(scope["wait"] + 0.5)))})
        if self._busy >= self._most:
            return refusal("queue-full", {}, seconds=1)
        body = await _body(scope, receive)
        if body is None:
            return refusal("body-too-large", {"Connection": "close"}, limit=MAX_BODY)
        key = asked(target_of(scope), scope["headers"], scope["prefix"])
        environ = {**environ_of(scope, body), METRICS: self._witness.exposition, TRIED: scope["tried"]}
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self.answer, environ, key)
        finally:
            self._busy -= 1

    def _finished(
        self, page: Page, key: Asked, offer: Offer | None, code: str, timing: str, facts: dict[str, object]
    ) -> Reply:
        """An answer in a coding, kept where it may be."""
        wire = self._cache.keep(key, page, offer)
        sent = wire.body if wire is not None else coding.encode(page.body, code)
        return Reply(page.status, [*finished(page, code).headers, ("Server-Timing", timing)], sent, facts=facts)

    def answer(self, environ: dict[str, Any], key: Asked) -> Reply:
        """The answer of the application, finished. `environ` is that of a WSGI request (PEP 3333)."""
        status, headers, parts = _run(self._app, environ)
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), None)
        if length is not None and length > _HELD and not isinstance(parts, list) and not _fits(headers, length):
            return Reply(status, headers, rest=parts, size=length, facts=environ[FACTS])
        page = _page(status, headers, _joined(parts), environ)
        timing = next((value for name, value in headers if name.lower() == "server-timing"), "")
        offer = environ.get(OFFERED)
        if page.route == "sparql" and environ["REQUEST_METHOD"] == "GET":
            self._express.learn(page)
        code = coding.choose(environ.get("HTTP_ACCEPT_ENCODING")) if page.packs else ""
        found = finished(page, code)
        facts = environ[FACTS]
        if status in (200, 304) and holds(found.tags, environ.get("HTTP_IF_NONE_MATCH", "").encode("latin-1")):
            facts["outcome"] = "not-modified"
            return Reply(304, [*found.unchanged, ("Server-Timing", timing)], facts=facts)
        if environ["REQUEST_METHOD"] == "GET":
            return self._finished(page, key, offer, code, timing, facts)
        return Reply(status, [*found.headers, ("Server-Timing", timing)], coding.encode(page.body, code), facts=facts)


def page_of(app: Callable, key: Asked, headers: list[tuple[bytes, bytes]]) -> tuple[Page, Offer | None]:
    """The answer of the application to a GET as it stands, and the offer that it was chosen from."""
    path, _, query = key.target.partition(b"?")
    environ = environ_of({
        "method": "GET", "raw_path": path, "arguments": query, "http_version": "1.1", "scheme": "http",
        "headers": headers, "gone": lambda: False,
    }, b"")  # fmt: skip
    status, given, parts = _run(app, environ)
    return _page(status, given, _joined(parts), environ), environ.get(OFFERED)


def _run(app: Callable, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], Iterable[bytes]]:
    said: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _: object = None) -> Callable[[bytes], None]:
        said[:] = [int(status.split(" ", 1)[0]), headers]
        return lambda data: None

    parts = app(environ, start)
    return said[0], said[1], parts


def _page(status: int, headers: list[tuple[str, str]], body: bytes, environ: dict[str, Any]) -> Page:
    tag = next((value.strip('"') for name, value in headers if name.lower() == "etag"), None)
    kept = tuple((name, value) for name, value in headers if name.lower() not in _DROPPED)
    facts = environ[FACTS]
    return Page(status, kept, tag, body, str(facts.get("route", "-")), str(facts.get("query", "")))


def _joined(parts: Iterable[bytes]) -> bytes:
    try:
        return b"".join(parts)
    finally:
        _close(parts)


def refusal(code: str, headers: dict[str, str], **values: object) -> Reply:
    """What is refused before the application is asked, as a problem (RFC 9457)."""
    found = trouble(VisitorError(code, headers, **values), "en")
    given = {"Content-Type": "application/problem+json", "Cache-Control": UNKEPT, **CROSS_ORIGIN, **found.headers}
    return Reply(found.status, list(given.items()), found.problem_json("/errors"), facts={"outcome": code})


def target_of(scope: Scope) -> bytes:
    """Path and query as the client sent them."""
    query = scope["arguments"]
    return scope["raw_path"] + b"?" + query if query else scope["raw_path"]


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """A WSGI environment (PEP 3333). The application is asked for what HEAD would have the headers of."""
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET" if scope["method"] == "HEAD" else scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["arguments"].decode("latin-1"),
        "REQUEST_URI": target_of(scope).decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        GONE: scope["gone"],
        FACTS: {},
    }
    for name, value in scope["headers"]:
        key = _SINGLE.get(name) or f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ and name not in _SINGLE else text
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body; None where it is longer than any that is taken."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > MAX_BODY:
            return None
    parts, size = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _fits(headers: list[tuple[str, str]], length: int) -> bool:
    """Whether a long answer gains by compression: it is then finished in memory."""
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    return coding.packable(kind, length)


async def _send(scope: Scope, reply: Reply, send: Send) -> None:
    is_head = scope["method"] == "HEAD"
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers
               if name.lower() != "content-length"]
    length = len(reply.body) if reply.rest is None else reply.size
    if length is not None and reply.status not in (204, 304):
        headers.append((b"Content-Length", str(length).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.rest is None or is_head:
        _close(reply.rest)
        await send({"type": "http.response.body", "body": b"" if is_head else reply.body})
        return
    try:
        for part in reply.rest:
            await send({"type": "http.response.body", "body": part, "more_body": True})
    finally:
        _close(reply.rest)
    await send({"type": "http.response.body", "body": b""})


def _close(rest: Iterable[bytes] | None) -> None:
    close = getattr(rest, "close", None)
    if close is not None:
        close()
