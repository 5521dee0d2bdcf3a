"""Things, documents, vocabularies, graphs and dumps: everything that a GET of an IRI of ours leads to."""

from __future__ import annotations

import re
from difflib import get_close_matches

from flask import Flask, Response, redirect, render_template, request, send_from_directory
from rdflib import DCTERMS, VOID

from endpoint import arguments, dataset, definitions, ledgers, things
from endpoint.answers import named, page
from endpoint.documents import Document, INDEXES, query_text
from endpoint.errors import STATUS, VisitorError
from endpoint.lists import list_address
from endpoint.negotiation import ALIKE, DOCUMENTS, HTML, Choice, Format, Offer, by_extension
from endpoint.signposts import place, signposts
from endpoint.site import VARY, Site, bare, chosen, local, reader_language
from endpoint.views import Link
from endpoint.words import word
from kg.store import terms
from kg.texts import media_of

_EXAMPLES = 3
_CARDS = 12
"""lists on the home page; the rest is behind a link"""
_SUFFIX = re.compile(r"(.*?)(?:(\.)([A-Za-z].*))?", re.DOTALL)
_DOCUMENT = Offer(DOCUMENTS)
_FRONT = Offer((HTML, *(f for f in DOCUMENTS if f != HTML)))


def register(app: Flask, site: Site) -> None:
    """The routes. `endpoint` names are fixed words, so that a test can hold that every route has a test."""
    add = app.add_url_rule
    add("/", "home", lambda: _home(site))
    add("/id/<kind>/<key>", "thing", lambda kind, key: _see_document(site, kind, key))
    add("/doc/<kind>/<key>", "document", lambda kind, key: _document(site, f"id/{kind}", key))
    # The ontology, schemes, shapes, graphs, the data set, and whatever else of ours the data mention.
    add("/<path:path>", "published", lambda path: _published(site, path))
    add("/dump/", "dumps", lambda: _dumps(site))
    add("/dump/<path:name>", "dump", lambda name: _dump(site, name))
    add("/errors", "errors", _errors)


def _see_document(site: Site, kind: str, key: str) -> Response:
    """303: a thing is not a document (httpRange-14). An unknown key is 404 here already."""
    if not site.documents.exists(f"id/{kind}/{key}"):
        raise _unknown(site, f"id/{kind}/{key}")
    chosen(ALIKE)
    response = redirect(local(f"doc/{kind}/{key}"), 303)
    response.headers["Link"] = f'<{bare(f"doc/{kind}/{key}")}>; rel="describedby"'
    response.headers["Vary"] = VARY
    return response  # type: ignore[return-value]


def _unknown(site: Site, path: str) -> VisitorError:
    """404 with the addresses of ours that look most like the one asked for."""
    near = [bare(f"doc/{found[3:]}" if found.startswith("id/") else found) for found in site.documents.nearest.of(path)]
    return VisitorError("not-found", path=request.path, nearest=", ".join(near) or "-", near=near)


def _published(site: Site, path: str) -> Response:
    if path.startswith(("id/", "doc/")):
        raise _unknown(site, path)
    if site.documents.is_version(path):
        return redirect(local(path.rpartition("/")[0]), 303)  # type: ignore[return-value]
    folder, _, key = path.rpartition("/")
    return _document(site, folder, key)


def _document(site: Site, folder: str, key: str) -> Response:
    """A document, in the form of its suffix or else of the Accept header."""
    arguments.number("page")
    # A suffix has letters only at its beginning: 2026.11.0 has none.
    stem, dot, extension = _SUFFIX.fullmatch(key).group(1, 2, 3)  # type: ignore[union-attr]
    path = f"{folder}/{stem}" if folder else stem
    document = site.documents.find(path)
    if document is None:
        raise _unknown(site, path)
    choice = _choice(site, extension, bool(dot), document)
    response = _written(site, document, choice)
    if not dot:
        response.headers["Vary"] = VARY
        response.headers["Content-Location"] = bare(f"{place(document)}.{choice.format.extension}")
    elif choice.format == HTML:
        response.headers["Vary"] = "Accept-Language"
    return response


def _choice(site: Site, extension: str, has_suffix: bool, document: Document) -> Choice:
    if has_suffix:
        format = by_extension(extension, DOCUMENTS)
        if format is None:
            raise _unknown(site, document.path)
        return Choice(format, format.media_type)
    choice = chosen(_DOCUMENT)
    if choice is None:
        raise VisitorError(
            "not-acceptable",
            {"Link": ", ".join(_alternate_header(document, f) for f in DOCUMENTS)},
            offered=", ".join(f.media_type for f in DOCUMENTS),
        )
    return choice


def _written(site: Site, document: Document, choice: Choice) -> Response:
    if choice.format != HTML:
        response = named(document.write(choice.format, site.vocabulary.prefixes), choice.content_type)
    elif document.path in INDEXES:
        response = page(_index(site, document))
    elif dataset.is_shown(site, document):
        response = page(dataset.page(site, document, _alternates(document)))
    elif definitions.is_shown(site, document):
        response = page(definitions.page(site, document, _alternates(document)))
    elif ledgers.is_shown(site, document):
        response = page(ledgers.written(site, document, _alternates(document)))
    else:
        response = page(things.written(site, document, _alternates(document)))
    response.headers["Link"] = ", ".join(link.header() for link in signposts(site, document, choice.format))
    return response


def _alternates(document: Document) -> tuple[Link, ...]:
    return tuple(Link(f.title, local(f"{place(document)}.{f.extension}")) for f in DOCUMENTS if f != HTML)


def _index(site: Site, document: Document) -> str:
    """The page of a list: its entries by name, with the number of their triples where the list counts them."""
    counts: dict[str, int] = {}
    entries = []
    for subject, predicate, value, _ in map(terms, document.own):
        if predicate.value == str(VOID.triples):
            counts[subject.value] = int(value.value)
        if predicate.value == str(DCTERMS.hasPart):
            entries.append(value.value)
    views, start = site.views(), f"{document.iri}/"
    language = reader_language()
    # A graph has no name but its place; a scheme is called by its label.
    links = [(Link(iri.removeprefix(start), views.href(iri) or iri) if counts else views.link(iri), iri)
             for iri in entries]
    return render_template(
        "index.html",
        title=word("page", f"index-{document.path}", language),
        note=word("page", f"index-{document.path}-note", language),
        entries=[(link, counts.get(iri, 0)) for link, iri in sorted(links, key=lambda pair: pair[0].text)],
        counted=bool(counts),
        alternates=_alternates(document),
    )


def _alternate_header(document: Document, format: Format) -> str:
    return f'<{bare(place(document))}.{format.extension}>; rel="alternate"; type="{format.media_type}"'


def _home(site: Site) -> Response:
    """The home page for people; who asks for RDF only is led to the description of the data set."""
    choice = chosen(_FRONT)
    if choice is None:
        raise VisitorError("not-acceptable", offered=", ".join(f.media_type for f in _FRONT.formats))
    if choice.format != HTML:
        response = redirect(local("dataset"), 303)
        response.headers["Vary"] = VARY
        return response  # type: ignore[return-value]
    kinds = _kinds(site)
    response = page(render_template(
        "home.html",
        kinds=kinds,
        dataset=site.vocabulary.text(site.vocabulary.dataset),
        schemes=[site.views().link(iri) for iri in site.vocabulary.schemes],
        sample=kinds[0][2][0].href if kinds and kinds[0][2] else local("dataset"),
        root=f"{request.scheme}://{request.host}",
    ))
    response.headers["Vary"] = f"{VARY}, Host"
    response.headers["Link"] = f'<{bare("dataset")}>; rel="describedby", <{bare("sparql")}>; rel="service"'
    return response


def _kinds(site: Site) -> list[tuple[Link, int, list[Link]]]:
    """The largest lists of named things with their number and a few examples: what most leads to."""
    views, lists = site.views(), site.lists
    mentions = {row["thing"].value: int(row["number"].value) for row in site.release.store.select(query_text("mentions"))}
    kinds = [
        (Link(views.name(class_), list_address(name)), number,
         sorted(site.kinds.get(class_, ()), key=lambda thing: (-mentions.get(thing, 0), thing))[:_EXAMPLES])
        for name, (class_, number) in lists.classes.items() if name in lists.named
    ]  # fmt: skip
    return [(link, number, [views.link(thing) for thing in things])
            for link, number, things in sorted(kinds, key=lambda kind: -kind[1]) if things][:_CARDS]


def _dumps(site: Site) -> Response:
    files = [(name, (site.release.folder / name).stat().st_size, digest) for name, digest in
             sorted(site.release.files.items())]
    response = page(render_template("dumps.html", files=files))
    response.headers["Vary"] = "Accept-Language"
    return response


def _dump(site: Site, name: str) -> Response:
    """A file of the release: only what SHA256SUMS lists, and that list itself."""
    if name not in site.release.files and name != "SHA256SUMS":
        near = [f"dump/{found}" for found in get_close_matches(name[:100], site.release.files)]
        raise VisitorError("not-found", path=request.path, nearest=", ".join(near) or "-", near=[bare(n) for n in near])
    media_type = media_of(name)
    response = send_from_directory(site.release.folder, name, mimetype=media_type, etag=False, conditional=False)
    response.headers["Content-Type"] = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    if name in site.release.files:
        response.set_etag(site.release.files[name][:32])
    return response


def _errors() -> Response:
    """What the `type` of a problem leads to: every code in words."""
    response = page(render_template("errors.html", codes=sorted(STATUS.items())))
    response.headers["Vary"] = "Accept-Language"
    return response
