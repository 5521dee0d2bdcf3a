"""Answers that have a name: a strong ETag, made of the bytes, which are the same for a release, an address and a language."""

from __future__ import annotations

from hashlib import sha256

from flask import Response

from endpoint.negotiation import HTML
from endpoint.site import reader_language


def named(body: bytes, content_type: str) -> Response:
    response = Response(body, content_type=content_type)
    response.set_etag(sha256(body).hexdigest()[:32])
    return response


def page(text: str) -> Response:
    response = named(text.encode("utf-8"), HTML.content_type())
    response.headers["Content-Language"] = reader_language()
    return response
