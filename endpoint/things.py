"""The page of one thing: its statements with their sources, what leads to it, where, when, how to cite, how it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import render_template, request

from endpoint import arguments
from endpoint.documents import Document, query_text
from endpoint.site import Site, reader_language
from endpoint.uses import uses
from endpoint.views import Link
from endpoint.words import word
from kg import query_text as queries
from kg.model import iri
from kg.store import serialise

@dataclass(frozen=True)
class Made:
    """A query that a page was made with, ready to be asked again."""

    title: str
    query: str


def written(
    site: Site, document: Document, alternates: Sequence[Link], template: str = "resource.html", **more: object
) -> str:
    """`template` may add to the generic page what only `more` can say."""
    language, views = reader_language(), site.views()
    asked = arguments.number("page")
    found = uses(site.release.store, document.nodes, site.names.base, asked)
    page = views.page(document, found)
    timeline = site.calendar.around(document.iri, views.name, views.href)
    made = _queries(document, timeline is not None)
    return render_template(
        template,
        **more,
        page=page,
        alternates=alternates,
        timeline=timeline,
        map=site.atlas.around(document.iri, views.name),
        pages=pages(found.page, found.pages, "used"),
        citation=_citation(site, page.title, document.iri, language),
        made=[Made(word("made", name, language), shown(site, name, document.iri)) for name in made],
        data=_data(document),
    )


def _queries(document: Document, is_dated: bool) -> list[str]:
    """Vocabularies and shapes are read from their files, all else from the data."""
    of_data = ["description"] if document.path.startswith("id/") else []
    return [*of_data, "uses", *(["neighbours"] if is_dated else [])]


def shown(site: Site, name: str, value: str, variable: str = "thing") -> str:
    """A query of ours as a visitor may send it: prefixes declared, the value that it is asked for at its end."""
    return declared(site, query_text(name), variable, iri(value))


def declared(site: Site, text: str, variable: str = "", value: str = "") -> str:
    used = sorted(set(queries.inspect(text, site.names.base).undeclared))
    prefixes = [(prefix, site.vocabulary.prefixes[prefix]) for prefix in used]
    return render_template("shown.rq", prefixes=prefixes, query=text, variable=variable, value=value)


def pages(page: int, last: int, anchor: str = "") -> list[tuple[str, str]]:
    """Links to the page before and the page after: (`before` or `after`, address)."""
    kept = {key: value for key, value in request.args.items() if key != "page"}
    found = []
    for name, number, exists in (("before", page - 1, page > 1), ("after", page + 1, page < last)):
        if exists:
            found.append((name, address({**kept, "page": str(number)}) + (f"#{anchor}" if anchor else "")))
    return found


def address(arguments_: dict[str, str]) -> str:
    """This page with other arguments."""
    return f"{request.script_root}{request.path}?{urlencode(arguments_)}"


def _citation(site: Site, title: str, thing: str, language: str) -> str:
    publisher = site.labels.name(site.vocabulary.publisher, language)
    dataset = site.vocabulary.text(site.vocabulary.dataset).get(language)
    version = site.release.release.version
    return word("page", "citation", language, publisher=publisher, title=title, dataset=dataset, version=version, iri=thing)


def _data(document: Document) -> str:
    """What is said of the thing itself, as JSON-LD that may stand in a page: `<` is escaped, as JSON allows."""
    own = [line for line in document.own if line.startswith(f"<{document.iri}> ")]
    triples = serialise(own, "ntriples").decode("utf-8").split("\n")
    return serialise(filter(None, triples), "jsonld").decode("utf-8").replace("<", "\\u003c")
