"""Scripts, style and icons: addresses that change with the content, so that browsers may keep them for ever.

`endpoint/static/bundle` is made at packaging from `endpoint/frontend` and may be missing: `script` is then None, and a
page does without.
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request, url_for

STATIC = Path(__file__).resolve().parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"
_DIGITS = 12


def register(app: Flask) -> None:
    app.after_request(_keep)
    app.context_processor(lambda: {"asset": asset, "script": script})


def asset(name: str) -> str:
    """The address of a file below `static/`, with the beginning of its SHA-256."""
    return url_for("static", filename=name, v=_digest(name))


def script(entry: str) -> str | None:
    """The address of the bundled entry (`workbench.js`); None where it was not bundled."""
    name = _bundled().get(entry)
    return url_for("static", filename=f"bundle/{name}") if name else None


@cache
def _bundled() -> dict[str, str]:
    """Entry to file name, as `endpoint/frontend/build.mjs` wrote it."""
    try:
        return json.loads((STATIC / "bundle" / "manifest.json").read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError):
        return {}


@cache
def _digest(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:_DIGITS]


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in (200, 304):
        name = (request.view_args or {})["filename"]
        named_by_content = name.startswith("bundle/") and name.endswith(".js")
        if named_by_content or request.args.get("v") == _digest(name):
            response.headers["Cache-Control"] = _FOR_EVER
    return response
