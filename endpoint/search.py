"""`/search`: things by name, reading, code or item, by class; the same as JSON, and suggestions while somebody types."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, Response, render_template, request

from endpoint import arguments
from endpoint.answers import named, page
from endpoint.errors import VisitorError
from endpoint.finding import LONGEST, Hit
from endpoint.negotiation import HTML, JSON, negotiate
from endpoint.site import VARY, Site, bare, reader_language
from endpoint.views import Link, Views

_OFFERED = (JSON, HTML)
_OPENSEARCH = "application/opensearchdescription+xml"
_OF_ONE_CLASS = 8
"""things of a class on the page of all classes"""
_SUGGESTED = 8


@dataclass(frozen=True)
class Found:
    """A thing that was found, as a page shows it: `why` is the text that led to it, where that is not its name."""

    link: Link
    other: str
    why: str


@dataclass(frozen=True)
class Kind:
    name: str
    """of the class, in addresses; "" for terms of the ontology and the vocabularies"""
    title: str
    number: int
    found: tuple[Found, ...]


def register(app: Flask, site: Site) -> None:
    app.add_url_rule("/search", "search", lambda: _search(site))
    app.add_url_rule("/search.json", "search-json", lambda: _search(site, as_json=True))
    app.add_url_rule("/opensearch", "opensearch", _description)
    app.add_url_rule("/suggest", "suggest", lambda: _suggest(site))


def _search(site: Site, as_json: bool = False) -> Response:
    asked = request.args.get("q", "").strip()
    if len(asked) > LONGEST:
        raise VisitorError("argument-bad", name="q", found=f"{asked[:20]}…", expected=f"≤ {LONGEST}", nearest="-")
    choice = None if as_json else negotiate(request.headers.get("Accept"), _OFFERED)
    if not as_json and choice is None:
        raise VisitorError("not-acceptable", offered=", ".join(f.media_type for f in _OFFERED))
    only = arguments.one_of("class", sorted(site.lists.classes), "")
    hits = [hit for hit in site.index.find(asked) if not only or only in _classes(site, hit.thing)] if asked else []
    if as_json or (choice and choice.format == JSON):
        response = named(_json(site, asked, hits), JSON.content_type())
    else:
        kinds = _kinds(site, hits, only)
        mended = bool(hits) and hits[0].how == 3
        data = bare("search.json") + f"?{urlencode([('q', asked), *([('class', only)] if only else [])])}"
        response = page(render_template("search.html", searched=asked, kinds=kinds, total=len(hits), only=only, mended=mended, data=data))
    response.headers["Vary"] = "Accept-Language" if as_json else VARY
    return response


def _classes(site: Site, thing: str) -> tuple[str, ...]:
    """The names of the most specific classes of a thing that have a list."""
    return tuple(name for name in map(site.lists.name_of, site.classes.get(thing, ())) if name)


def _kinds(site: Site, hits: list[Hit], only: str) -> list[Kind]:
    """The hits by class; the class of the best hit comes first."""
    views = site.views()
    by_class: dict[str, list[Hit]] = {}
    for hit in hits:
        for name in _classes(site, hit.thing)[:1] or ("",):
            by_class.setdefault(name, []).append(hit)
    most = len(hits) if only else _OF_ONE_CLASS
    return [
        Kind(name, views.name(site.lists.classes[name][0]) if name else "", len(found),
             tuple(_found(site, views, hit) for hit in found[:most]))
        for name, found in by_class.items()
    ]  # fmt: skip


def _found(site: Site, views: Views, hit: Hit) -> Found:
    language = reader_language()
    link = views.link(hit.thing)
    other = site.labels.other_name(hit.thing, language)
    return Found(link, other, "" if hit.text in (link.text, other) or hit.how == 3 else hit.text)


def _json(site: Site, asked: str, hits: list[Hit]) -> bytes:
    language = reader_language()
    content = {
        "release": site.release.release.version,
        "asked": asked,
        "number": len(hits),
        "results": [
            {
                "iri": hit.thing, "name": site.labels.name(hit.thing, language),
                "label_ja": site.labels.name(hit.thing, "ja"), "label_en": site.labels.name(hit.thing, "en"),
                "class": list(_classes(site, hit.thing)), "text": hit.text, "match": ("whole", "beginning", "part", "mended")[hit.how],
            }
            for hit in hits
        ],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def _description() -> Response:
    """By which a browser adds the search to its own (OpenSearch 1.1, Draft 6)."""
    response = named(render_template("opensearch.xml", host=request.host_url.rstrip("/")).encode("utf-8"), _OPENSEARCH)
    response.headers["Vary"] = "Accept-Language, Host"
    response.headers["Content-Language"] = reader_language()
    return response


def _suggest(site: Site) -> Response:
    """A few things for what was typed so far."""
    asked = request.args.get("q", "").strip()
    if len(asked) > LONGEST:
        raise VisitorError("argument-bad", name="q", found=f"{asked[:20]}…", expected=f"≤ {LONGEST}", nearest="-")
    views = site.views()
    suggestions = []
    hits = site.index.find(asked) if asked else []
    begun = [hit for hit in hits if hit.how < 2] or hits
    for hit in begun[:_SUGGESTED]:
        names = [views.name(site.lists.classes[name][0]) for name in _classes(site, hit.thing)[:1]]
        suggestions.append({"iri": hit.thing, "name": views.name(hit.thing), "class": names[0] if names else "", "href": views.href(hit.thing)})
    response = named(json.dumps({"asked": asked, "suggestions": suggestions}, ensure_ascii=False).encode("utf-8"), JSON.content_type())
    response.headers["Vary"] = "Accept-Language"
    return response
