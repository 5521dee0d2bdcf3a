"""What was published once and is no longer described: 410 with the reason, or 301 to its successor, in every form.

A row of `mappings/tombstones.csv` is data of the release: the answer here is its description.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, Response, render_template, request

from endpoint.documents import Document, query_text
from endpoint.negotiation import DOCUMENTS, HTML, Choice, by_extension, negotiate
from endpoint.operation import note
from endpoint.site import VARY, Site, bare, reader_language
from kg.store import Term


@dataclass(frozen=True)
class Tombstone:
    iri: str
    day: str
    successor: str | None
    """an IRI of ours"""


def register(app: Flask, site: Site) -> None:
    stones = {site.names.path_of(stone.iri): stone for stone in _stones(site)}
    if stones:
        app.before_request(lambda: _answer(site, stones))


def _stones(site: Site) -> list[Tombstone]:
    rows = site.release.store.select(query_text("tombstones"))
    return [
        Tombstone(row["thing"].value, row["day"].value, row["successor"].value if "successor" in row else None)
        for row in rows
    ]


def _answer(site: Site, stones: dict[str | None, Tombstone]) -> Response | None:
    asked = request.path.lstrip("/")
    is_thing = asked.startswith("id/")
    stem, dot, extension = (asked, "", "") if is_thing else asked.partition(".")
    path = f"id/{stem[4:]}" if stem.startswith("doc/") else stem
    stone = stones.get(path)
    format = by_extension(extension, DOCUMENTS) if dot else None
    if stone is None or (dot and format is None) or request.method not in ("GET", "HEAD"):
        return None
    # The reason matters more than its form: who takes none of ours gets the first.
    accepted = negotiate(request.headers.get("Accept"), DOCUMENTS) or Choice(DOCUMENTS[0], DOCUMENTS[0].media_type)
    choice = Choice(format, format.media_type) if format else accepted
    response = _written(site, stone, path, choice)
    response.headers["Vary"] = VARY
    links = [f'<{stone.iri}>; rel="describes"']
    if stone.successor:
        target = site.names.path_of(stone.successor) or ""
        place = target if is_thing or not target.startswith("id/") else f"doc/{target[3:]}"
        response.headers["Location"] = bare(f"{place}.{extension}" if dot and "#" not in place else place)
        links.append(f'<{stone.successor}>; rel="successor-version"')
    response.headers["Link"] = ", ".join(links)
    note(outcome="replaced" if stone.successor else "withdrawn")
    return response


def _written(site: Site, stone: Tombstone, path: str, choice: Choice) -> Response:
    status = 301 if stone.successor else 410
    if choice.format == HTML:
        body: str | bytes = _page(site, stone, status)
    else:
        store = site.release.store
        own = store.located(store.construct(query_text("description"), {"thing": Term(stone.iri)}))
        body = Document(stone.iri, path, tuple(own)).write(choice.format, site.vocabulary.prefixes)
    response = Response(body, status, content_type=choice.content_type)
    if choice.format == HTML:
        response.headers["Content-Language"] = reader_language()
    return response


def _page(site: Site, stone: Tombstone, status: int) -> str:
    rows = site.release.store.select(query_text("tombstone"), {"thing": Term(stone.iri)})
    reasons = {row["reason"].language: row["reason"].value for row in rows}
    successor = site.views().link(stone.successor) if stone.successor else None
    reason = reasons.get(reader_language(), "")
    return render_template("gone.html", stone=stone, status=status, reason=reason, successor=successor)
