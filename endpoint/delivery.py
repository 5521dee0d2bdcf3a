"""The headers that all answers of the application have, and the time it took.

Views say what varies and set the ETag of the plain bytes. What the client holds already (304) and content codings are
the business of `endpoint.front`, through which every answer passes.
"""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from endpoint import coding

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAMED_POLICY = _POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""for what other pages may show in a frame: it takes nothing from a visitor"""
RELEASE = "Dataset-Release"
"""the header that names the release that an answer is from"""
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Allow, Content-Encoding, Content-Language, Content-Location, Dataset-Release, ETag, Link, Location, "
        "Memento-Datetime, Retry-After, Server-Timing, Vary"
    ),
    "X-Content-Type-Options": "nosniff",
}
"""on every answer, also on those that the server gives before the application is asked; never with credentials"""
_ON_ALL = {
    **CROSS_ORIGIN,
    "Timing-Allow-Origin": "*",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": _POLICY,
}
_ON_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Cache-Control, Content-Type, If-Modified-Since, If-None-Match, Pragma, "
        "X-Requested-With"
    ),
    "Access-Control-Max-Age": "86400",
}
KEPT_SECONDS = 300
_KEPT = f"public, max-age={KEPT_SECONDS}"
"""an IRI means the same as long as its release stands; a cache learns of a new release within five minutes"""
_CACHE = {200: _KEPT, 301: _KEPT, 303: _KEPT, 304: _KEPT, 308: "public, max-age=86400", 404: "public, max-age=60",
          410: _KEPT}
UNKEPT = "no-store"


def register(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_deliver)


def clock(name: str, seconds: float, description: str = "") -> None:
    """Have the time of one part of the work told in Server-Timing."""
    shown = f';desc="{description}"' if description else ""
    g.timings = [*g.get("timings", []), f"{name};dur={seconds * 1000:.1f}{shown}"]


def sent_as(tag: str) -> str:
    """The ETag of the bytes that this client would be sent: each coding is a representation of its own."""
    return coding.tagged(tag, coding.choose(request.headers.get("Accept-Encoding")))


def elapsed() -> float:
    """Seconds since the request came in."""
    return time.monotonic() - g.get("begin", time.monotonic())


def _begin() -> None:
    g.begin = time.monotonic()


def _deliver(response: Response) -> Response:
    for name, value in _ON_ALL.items():
        response.headers.setdefault(name, value)
    if request.method == "OPTIONS":
        for name, value in _ON_PREFLIGHT.items():
            response.headers[name] = value
    response.headers.setdefault("Cache-Control", _CACHE.get(response.status_code, UNKEPT))
    response.headers.pop("Accept-Ranges", None)
    # Cache-Control says it; a moment in time would be wrong in what a cache holds.
    response.headers.pop("Expires", None)
    timings = [*g.get("timings", []), f"total;dur={elapsed() * 1000:.1f}"]
    response.headers["Server-Timing"] = ", ".join(timings)
    return response
