"""The last step of every answer: the headers that all have, 304 for what the client holds, compression, the time taken.

Views say what varies and set the ETag of the plain bytes; nothing else of HTTP is their business.
"""

from __future__ import annotations

import gzip
import time

from flask import Flask, Response, g, request

CODING = "gzip"
"""the one content coding: in the standard library, and every client that asks for any asks for it too"""
_LEAST = 1000
"""bytes below which compression gains nothing"""
LARGE = 8 << 20
"""bytes above which an answer goes as it is: compressing it would hold a thread and its memory for long"""
_LEVEL = 5
_PACKED = ("application/gzip", "image/png", "image/jpeg", "font/")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FRAMED_POLICY = _POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")
"""for what other pages may show in a frame: it takes nothing from a visitor"""
CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Allow, Content-Encoding, Content-Language, Content-Location, ETag, Link, Location, Retry-After, "
        "Server-Timing, Vary"
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
_KEPT = "public, max-age=300"
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
    return f"{tag}-{CODING}" if _takes_coding() else tag


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
    if response.status_code == 200 and request.method in ("GET", "HEAD", "POST"):
        _encode(response)
    timings = [*g.get("timings", []), f"total;dur={elapsed() * 1000:.1f}"]
    response.headers["Server-Timing"] = ", ".join(timings)
    return response


def _encode(response: Response) -> None:
    """Name the bytes, leave them out where the client has them, compress them where it can read that."""
    size = response.content_length
    may_pack = size is not None and _LEAST <= size <= LARGE and not response.mimetype.startswith(_PACKED)
    if may_pack:
        response.vary.add("Accept-Encoding")
    packs = may_pack and _takes_coding()
    tag, _ = response.get_etag()
    if packs and tag:
        response.set_etag(f"{tag}-{CODING}")
    response.make_conditional(request)
    response.headers.pop("Accept-Ranges", None)
    if packs and response.status_code == 200:
        response.direct_passthrough = False
        # No time in the head of the coding: the same bytes for the same answer.
        response.set_data(gzip.compress(response.get_data(), _LEVEL, mtime=0))
        response.headers["Content-Encoding"] = CODING


def _takes_coding() -> bool:
    """RFC 9110, section 12.5.3: the coding by its name, else by `*`; a quality of nought refuses it."""
    found: dict[str, float] = {}
    for part in request.headers.get("Accept-Encoding", "").lower().split(",")[:20]:
        name, _, parameter = part.strip().partition(";")
        _, _, text = parameter.strip().partition("=")
        found[name.strip()] = float(text) if text.replace(".", "", 1).isdigit() and text.isascii() else 1.0
    return found.get(CODING, found.get("x-gzip", found.get("*", 0.0))) > 0
