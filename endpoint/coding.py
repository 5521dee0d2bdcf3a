"""Content codings: which one a visitor is sent, and the bytes in it.

Each coding is a representation of its own: its ETag is that of the plain bytes with the name of the coding.
"""

from __future__ import annotations

import gzip
import sys
from functools import lru_cache

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CODINGS = ("br", "zstd", "gzip")
"""offered, the smallest first: it wins among those that a client likes equally"""
LEAST = 1000
"""bytes below which compression gains nothing"""
LARGE = 8 << 20
"""bytes above which an answer goes as it is: compressing it would hold a thread and its memory for long"""
_PACKED = ("application/gzip", "application/zip", "image/png", "image/jpeg", "font/")
_BROTLI = {False: 4, True: 6}
_ZSTD = {False: 3, True: 9}
_GZIP = {False: 5, True: 7}


def packable(content_type: str, size: int) -> bool:
    """Whether an answer gains by compression."""
    return LEAST <= size <= LARGE and not content_type.startswith(_PACKED)


@lru_cache(1024)
def choose(accept_encoding: str | None) -> str:
    """The coding for an Accept-Encoding header; "" for none (RFC 9110, section 12.5.3).

    A coding is weighed by its name, else by `*`; a quality of nought refuses it.
    """
    found: dict[str, float] = {}
    for part in (accept_encoding or "").lower().split(",")[:20]:
        name, _, parameter = part.strip().partition(";")
        _, _, text = parameter.strip().partition("=")
        found[name.strip()] = float(text) if text.replace(".", "", 1).isdigit() and text.isascii() else 1.0
    if "x-gzip" in found:
        found.setdefault("gzip", found["x-gzip"])
    best = max(CODINGS, key=lambda name: found.get(name, found.get("*", 0.0)))
    return best if found.get(best, found.get("*", 0.0)) > 0 else ""


def encode(body: bytes, coding: str, thorough: bool = False) -> bytes:
    """The same bytes for the same body. `thorough` takes longer: for what is sent many times."""
    if coding == "br":
        return brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI[thorough])
    if coding == "zstd":
        return zstd.compress(body, level=_ZSTD[thorough])
    # No time in the head of the coding: the same bytes for the same answer.
    return gzip.compress(body, _GZIP[thorough], mtime=0) if coding == "gzip" else body


def decode(body: bytes, coding: str) -> bytes:
    """What `encode` was given; only for zstd, which is by far the fastest to undo."""
    return zstd.decompress(body) if coding == "zstd" else body


def tagged(tag: str, coding: str) -> str:
    """The opaque tag of the bytes in a coding, from that of the plain bytes."""
    return f"{tag}-{coding}" if coding else tag
