"""Search in the browser: an index of all names as one file, and the pages that stand in for what needs a program."""

from __future__ import annotations

import json

from flask import Flask, render_template

from endpoint.negotiation import HTML
from endpoint.searchable import entries
from endpoint.site import Site
from endpoint.twin.crawl import Answer, Place
from endpoint.twin.files import FIRST, Files
from endpoint.words import LANGUAGES

_INDEX = "/search-index.json"
_PAGES = ("search", "sparql")


def add_search(files: Files, app: Flask, site: Site, root: str) -> None:
    """Write the index, the page that asks it, and the page that says what cannot be asked here."""
    body = json.dumps(_rows(site), ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    files.add(Place(_INDEX, forms={"": {FIRST: Answer(200, "application/json", body)}}))
    for name in _PAGES:
        pages = {language: _page(app, name, language, root) for language in LANGUAGES}
        files.add(Place(f"/{name}", forms={HTML.extension: pages}))


def _rows(site: Site) -> list[list]:
    """For each thing: the path of its document, its name in each language, and whatever else it is found by."""
    texts: dict[str, list[str]] = {}
    for entry in entries(site.release.store, site.vocabulary):
        texts.setdefault(entry.thing, []).append(entry.text)
    rows = []
    for iri, found in sorted(texts.items()):
        path = site.names.path_of(iri)
        if path:
            names = [site.labels.name(iri, language) for language in LANGUAGES]
            place = f"/doc/{path[3:]}" if path.startswith("id/") else f"/{path}"
            rows.append([place, names, sorted(set(found) - set(names))])
    return rows


def _page(app: Flask, name: str, language: str, root: str) -> Answer:
    asked = None if language == FIRST else {"lang": language}
    with app.test_request_context(f"/{name}", base_url=f"{root}/", query_string=asked, headers={"Accept-Language": language}):
        text = render_template(f"twin/{name}.html")
    return Answer(200, HTML.content_type(), text.encode("utf-8"))
