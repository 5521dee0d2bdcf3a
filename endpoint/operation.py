"""What who runs the service looks at: is it alive, is it ready, and one line of JSON for each request.

The log has no address, no path, no text of a query and no name of a program: a query is known by a hash, which tells
whether the same one came again, and the route by its name.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from hashlib import sha256

from flask import Flask, Response, g, request

from endpoint.delivery import UNKEPT, elapsed
from endpoint.errors import VisitorError
from endpoint.site import Site

REQUESTS = "jichi.requests"


def register(app: Flask, site: Site) -> None:
    app.add_url_rule("/health", "health", _health)
    app.add_url_rule("/ready", "ready", lambda: _ready(site))
    version = site.release.release.version
    app.after_request(lambda response: _log(response, version))


def note(**facts: object) -> None:
    """Facts of this request for its line in the log."""
    g.facts = {**g.get("facts", {}), **facts}


def fingerprint(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()[:16]


def _health() -> Response:
    """The process answers; nothing else is asked, so that this is true while every evaluator is busy."""
    return _plain({"status": "ok"})


def _ready(site: Site) -> Response:
    """Queries can be answered: a balancer sends visitors only where this is 200."""
    if not site.evaluators.ready:
        raise VisitorError("not-ready")
    return _plain({"status": "ready", "release": site.release.release.version, "replaced": site.evaluators.killed})


def _plain(facts: dict[str, object]) -> Response:
    return Response(json.dumps(facts), content_type="application/json", headers={"Cache-Control": UNKEPT})


def _log(response: Response, version: str) -> Response:
    if logging.getLogger(REQUESTS).isEnabledFor(logging.INFO):
        facts = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": request.method,
            "route": request.endpoint or "-",
            "status": response.status_code,
            "ms": round(elapsed() * 1000, 1),
            "bytes": response.content_length,
            "outcome": "ok",
            **g.get("facts", {}),
            "release": version,
        }
        logging.getLogger(REQUESTS).info(json.dumps(facts))
    return response
