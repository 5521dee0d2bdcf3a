"""What who runs the service looks at: is it alive, is it ready, and its metrics.

What the log and the metrics say of a request (`note`) has no address, no path, no text of a query and no name of a
program: a query is known by a hash, which tells whether the same one came again, and the route by its name.
"""

from __future__ import annotations

import json

from flask import Flask, Response, request

from endpoint.delivery import UNKEPT
from endpoint.errors import VisitorError
from endpoint.site import FACTS, METRICS, Site

_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


def register(app: Flask, site: Site) -> None:
    app.add_url_rule("/health", "health", _health)
    app.add_url_rule("/ready", "ready", lambda: _ready(site))
    app.add_url_rule("/metrics", "metrics", _metrics)
    app.after_request(_name_route)


def note(**facts: object) -> None:
    """Facts of this request for its line in the log."""
    request.environ.setdefault(FACTS, {}).update(facts)


def _health() -> Response:
    """The process answers; nothing else is asked, so that this is true while every evaluator is busy."""
    return _plain({"status": "ok"})


def _ready(site: Site) -> Response:
    """Queries can be answered: a balancer sends visitors only where this is 200."""
    if not site.evaluators.ready:
        raise VisitorError("not-ready")
    return _plain({"status": "ready", "release": site.release.release.version, "replaced": site.evaluators.killed})


def _metrics() -> Response:
    """Prometheus text format; only where the server that counts is there."""
    exposition = request.environ.get(METRICS)
    if exposition is None:
        raise VisitorError("not-found", path=request.path, nearest="-")
    return Response(exposition(), content_type=_EXPOSITION, headers={"Cache-Control": UNKEPT})


def _plain(facts: dict[str, object]) -> Response:
    return Response(json.dumps(facts), content_type="application/json", headers={"Cache-Control": UNKEPT})


def _name_route(response: Response) -> Response:
    note(route=request.endpoint or "-")
    return response
