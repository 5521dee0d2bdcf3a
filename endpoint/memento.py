"""Memento (RFC 7089): what a document said at a time. The mementos of a document are those of the numbered releases.

A document is its own original resource; `/timegate/...` negotiates in time, `/timemap/...` lists. Below
`/release/VERSION/` every answer is a memento.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Flask, Response, redirect, request
from werkzeug.http import http_date, parse_date

from endpoint.editions import Edition, Editions, base_of
from endpoint.errors import VisitorError
from endpoint.site import bare

LINK_FORMAT = "application/link-format"
_DOCUMENTS = ("thing", "document", "published")
"""routes that answer for an IRI of ours"""


def register(app: Flask, editions: Editions, pinned: Edition | None) -> None:
    """`pinned` is the release of an application below `/release/`; None for the current one."""
    if pinned is not None:
        app.after_request(lambda response: _as_memento(response, editions, pinned))
        return
    app.add_url_rule("/timegate/<path:path>", "timegate", lambda path: _gate(editions, path))
    app.add_url_rule("/timemap/<path:path>", "timemap", lambda path: _map(editions, path))
    app.after_request(lambda response: _as_original(response, editions))


def _gate(editions: Editions, path: str) -> Response:
    """302 to the memento of the time in Accept-Datetime, without one to the newest (RFC 7089, section 4.1.1)."""
    known = _known(editions, path)
    chosen = _at(known, _time_asked())
    response = redirect(bare(f"{chosen.path}/{_with_query(path)}"), 302)
    response.headers["Vary"] = "Accept-Datetime"
    root = bare("")
    response.headers["Link"] = ", ".join([*_of_original(root, path), *_mementos(root, path, known, chosen)])
    return response  # type: ignore[return-value]


def _map(editions: Editions, path: str) -> Response:
    """All mementos of a document in link-format (RFC 7089, section 5; RFC 6690)."""
    known = _known(editions, path)
    root, shown = request.url_root, _with_query(path)
    span = f'from="{http_date(known[0].at)}";until="{http_date(known[-1].at)}"'
    links = [
        f'<{root}{shown}>;rel="original"', f'<{root}timegate/{shown}>;rel="timegate"',
        f'<{root}timemap/{shown}>;rel="self";type="{LINK_FORMAT}";{span}',
        *(link.replace("; ", ";") for link in _mementos(root, path, known, None)),
    ]  # fmt: skip
    response = Response(",\n".join(links) + "\n", content_type=LINK_FORMAT)
    response.headers["Vary"] = "Host"
    return response


def _known(editions: Editions, path: str) -> list[Edition]:
    known = editions.having(path)
    if not known:
        raise VisitorError("not-found", path=request.path, nearest=bare("release"))
    return known


def _time_asked() -> datetime | None:
    text = request.headers.get("Accept-Datetime")
    if not text:
        return None
    found = parse_date(text)
    if found is None or not text.strip().endswith("GMT"):
        raise VisitorError("datetime-form", found=text[:60])
    return found


def _at(known: Sequence[Edition], time: datetime | None) -> Edition:
    """The release that was current then: the last one that had been issued; before all of them the first."""
    if time is None:
        return known[-1]
    return next((edition for edition in reversed(known) if edition.at <= time), known[0])


def _as_original(response: Response, editions: Editions) -> Response:
    if request.endpoint in _DOCUMENTS and response.status_code in (200, 303) and editions.numbered():
        path = request.path.lstrip("/")
        _add(response, [link for link in _of_original(bare(""), path) if 'rel="original"' not in link])
    return response


def _as_memento(response: Response, editions: Editions, pinned: Edition) -> Response:
    if response.status_code >= 400 or not pinned.issued or request.endpoint == "static":
        return response
    response.headers["Memento-Datetime"] = http_date(pinned.at)
    if request.endpoint in _DOCUMENTS:
        path, root = request.path.lstrip("/"), base_of(bare(""))
        _add(response, [*_of_original(root, path), *_mementos(root, path, editions.having(path), pinned)])
    return response


def _of_original(root: str, path: str) -> list[str]:
    shown = _with_query(path)
    return [
        f'<{root}{shown}>; rel="original"', f'<{root}timegate/{shown}>; rel="timegate"',
        f'<{root}timemap/{shown}>; rel="timemap"; type="{LINK_FORMAT}"',
    ]  # fmt: skip


def _mementos(root: str, path: str, known: Sequence[Edition], chosen: Edition | None) -> list[str]:
    """Links to the first and the last memento, to `chosen` and its neighbours; to all of them where none is chosen."""
    place = known.index(chosen) if chosen in known else None  # type: ignore[arg-type]
    found = []
    for number, edition in enumerate(known):
        near = {} if place is None else {place - 1: "prev", place + 1: "next"}
        words = [("first", number == 0), ("last", number == len(known) - 1), (near.get(number, ""), number in near)]
        relations = [word for word, holds in words if holds]
        if relations or place in (None, number):
            names = " ".join([*relations, "memento"])
            target = f"{root}{edition.path}/{_with_query(path)}"
            found.append(f'<{target}>; rel="{names}"; datetime="{http_date(edition.at)}"')
    return found


def _with_query(path: str) -> str:
    query = request.query_string.decode("latin-1")
    return f"{path}?{query}" if query else path


def _add(response: Response, links: Sequence[str]) -> None:
    response.headers["Link"] = ", ".join(filter(None, [response.headers.get("Link"), *links]))
