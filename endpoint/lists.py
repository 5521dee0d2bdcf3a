"""`/list` and `/list/{class}`: what there is, as a page, and exactly that as CSV, JSON and Turtle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlencode

from flask import Flask, Response, render_template, request

from endpoint import arguments
from endpoint.answers import named, page
from endpoint.errors import VisitorError
from endpoint.facets import queries
from endpoint.listing import PER_PAGE, SORTS, Asked, Lists
from endpoint.negotiation import FORMATS, HTML, JSON, Format, by_extension, negotiate
from endpoint.site import VARY, Site, bare, reader_language
from endpoint.things import Made, declared, pages, shown
from endpoint.views import Link, Value, Views
from endpoint.words import word
from kg.languages import chain
from kg.store import Term, serialise
from kg.tabular import Column, Table

FILES = (*(f for f in FORMATS if f.name in ("csv", "turtle")), JSON)
_LAST_YEAR = 9999
_LONG, _SHORT = 40, 18
"""characters of a text"""
OFFERED = (*FILES, HTML)
"""the first is for those who say nothing"""


@dataclass(frozen=True)
class Choice:
    """A value of a facet: how many things it would leave, and this list with it chosen or given up."""

    word: str
    name: str
    number: int
    chosen: bool
    href: str


@dataclass(frozen=True)
class Shelf:
    """A facet as a page shows it."""

    name: str
    caption: str
    choices: tuple[Choice, ...]


def register(app: Flask, site: Site) -> None:
    app.add_url_rule("/list", "lists", lambda: _index(site))
    app.add_url_rule("/list/<name>", "list", lambda name: _list(site, name))


def _index(site: Site) -> Response:
    views, lists = site.views(), site.lists
    choice = negotiate(request.headers.get("Accept"), (HTML, JSON))
    if choice is None:
        raise VisitorError("not-acceptable", offered=", ".join((HTML.media_type, JSON.media_type)))
    if choice.format == JSON:
        found = [{"name": name, "class": class_, "label": dict(site.vocabulary.text(class_).by_language), "number": number}
                 for name, (class_, number) in lists.classes.items()]
        content = {"release": site.release.release.version, "lists": found}
        response = named(json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8") + b"\n", JSON.content_type())
    else:
        entries = [(Link(views.name(class_), list_address(name)), number, name in lists.named)
                   for name, (class_, number) in sorted(lists.classes.items(), key=lambda item: -item[1][1])]
        response = page(render_template("lists.html", entries=entries))
    response.headers["Vary"] = VARY
    return response


def list_address(name: str, **given: str) -> str:
    """A list on this server; it keeps a chosen language."""
    chosen = {"lang": request.args["lang"]} if request.args.get("lang") in ("en", "ja") else {}
    kept = {**given, **chosen}
    return bare(f"list/{name}") + (f"?{urlencode(kept)}" if kept else "")


def _list(site: Site, name: str) -> Response:
    stem, dot, extension = name.partition(".")
    if stem not in site.lists.classes:
        near = get_close_matches(stem[:60], site.lists.classes)
        places = [bare(f"list/{found}") for found in near]
        raise VisitorError("not-found", path=request.path, nearest=", ".join(places) or "-", near=places)
    format = _format(extension, bool(dot))
    class_, _ = site.lists.classes[stem]
    asked = _asked(site.lists, class_)
    response = _answer(site, stem, class_, asked, format)
    response.headers["Vary"] = "Accept-Language" if dot else VARY
    if not dot:
        response.headers["Content-Location"] = bare(f"list/{stem}.{format.extension}")
    return response


def _format(extension: str, has_suffix: bool) -> Format:
    if has_suffix:
        format = by_extension(extension, OFFERED)
        if format is None:
            offered = ", ".join(f".{f.extension}" for f in OFFERED)
            raise VisitorError("not-found", path=request.path, nearest=offered)
        return format
    choice = negotiate(request.headers.get("Accept"), OFFERED)
    if choice is None:
        raise VisitorError("not-acceptable", offered=", ".join(f.media_type for f in OFFERED))
    return choice.format


def _asked(lists: Lists, class_: str) -> Asked:
    """The arguments of the address; a value that the facet does not have is refused."""
    language = reader_language()
    chosen = {}
    for facet in lists.all_facets.values():
        words = [text for text in request.args.getlist(facet.name) if text]
        for text in words:
            if text not in facet.iris:
                raise arguments.refused(facet.name, text, sorted(facet.iris))
        if words:
            chosen[facet.name] = frozenset(words)
    years = [arguments.number(name, 0, _LAST_YEAR) if request.args.get(name) else None for name in ("from", "to")]
    default = "reading" if language == "ja" else "name"
    return Asked(arguments.one_of("sort", SORTS, default), language, chosen, *years)


def _answer(site: Site, name: str, class_: str, asked: Asked, format: Format) -> Response:
    lists = site.lists
    things = lists.things(class_, asked)
    number, last = arguments.number("page"), max(1, -(-len(things) // PER_PAGE))
    for_spreadsheets = arguments.one_of("spreadsheet", ("0", "1"), "0") == "1"
    if format == HTML:
        number = min(number, last)
        return page(_written(site, name, class_, asked, things, number))
    if request.args.get("page"):
        things = things[(number - 1) * PER_PAGE : number * PER_PAGE]
    if format == JSON:
        return named(_json(site, name, class_, asked, lists.of(class_, things)), format.content_type())
    if format.name == "csv":
        response = named(lists.of(class_, things).as_csv(None, for_spreadsheets).encode("utf-8"), format.content_type())
        suffix = "-spreadsheet" if for_spreadsheets else ""
        response.headers["Content-Disposition"] = f'attachment; filename="{name}{suffix}.csv"'
        return response
    return named(serialise(lists.lines(class_, things), format.name, site.vocabulary.prefixes), format.content_type())


def _json(site: Site, name: str, class_: str, asked: Asked, found: Table) -> bytes:
    columns = [
        {"name": c.name, "property": c.predicate, "language": c.language, "title": dict(c.title.by_language)} for c in found.columns
    ]
    content = {
        "release": site.release.release.version,
        "list": name,
        "class": class_,
        "label": dict(site.vocabulary.text(class_).by_language),
        "asked": {
            "sort": asked.sort, "from": asked.first, "to": asked.last,
            **{facet: sorted(words) for facet, words in asked.chosen.items()},
        },
        "number": len(found.rows),
        "columns": columns,
        "rows": [{c.name: _cell(c, text) for c, text in zip(found.columns, row, strict=True)} for row in found.rows.values()],
    }  # fmt: skip
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def _cell(column: Column, text: str) -> str | list[str] | None:
    """A list for a column that may hold several values, else the value or null."""
    if column.separator:
        return text.split(column.separator) if text else []
    return text or None


# ---- the page


def _written(site: Site, name: str, class_: str, asked: Asked, things: list[str], number: int) -> str:
    lists, views = site.lists, site.views()
    last = max(1, -(-len(things) // PER_PAGE))
    on_page = things[(number - 1) * PER_PAGE : number * PER_PAGE]
    properties = lists.properties(class_)
    table = lists.of(class_, on_page)
    at = {column.name: place for place, column in enumerate(table.columns)}
    rows = [
        (_name(site, views, thing), [_values(views, [(c, row[at[c.name]]) for c in p.columns], asked.language) for p in properties])
        for thing, row in table.rows.items()
    ]
    captions = [(views.caption(site.vocabulary.field(p.predicate, [class_])), _look([(name[0], cells[n]) for name, cells in rows]))
                for n, p in enumerate(properties)]
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in ("page", "spreadsheet", "sort") and value]
    kept.append(("sort", asked.sort))
    return render_template(
        "list.html",
        name=name, title=views.name(class_), class_link=views.link(class_), definition=site.vocabulary.definition(class_).get(asked.language),
        captions=captions, rows=rows, total=len(things), whole=len(lists.table(class_).rows), asked=asked, number=number, last=last,
        first_row=(number - 1) * PER_PAGE + 1, last_row=(number - 1) * PER_PAGE + len(on_page),
        shelves=[_shelf(lists, views, class_, asked, facet.name) for facet in lists.facets_of(class_)],
        sorts=SORTS if lists.has_dates(class_) else SORTS[:2], dated=lists.has_dates(class_), pages=pages(number, last),
        files=[(f.title, bare(f"list/{name}.{f.extension}") + f"?{urlencode(kept)}") for f in FILES],
        spreadsheet=bare(f"list/{name}.csv") + f"?{urlencode([*kept, ('spreadsheet', '1')])}",
        plain=list_address(name), made=_made(site, class_, asked), map=site.atlas.of(on_page, views.name),
    )  # fmt: skip


def _look(column: list[tuple[Link, list[Value]]]) -> str:
    """How a column is set: short values on one line, long texts in a column of their width.

    "empty", so left out, where nothing is in it but parts of the thing itself: its own page has those.
    """
    found = [value for thing, values in column for value in values if not (value.href or "").startswith(f"{thing.href}#")]
    longest = max((len(value.text) for value in found), default=0)
    if not longest:
        return "empty"
    return "long" if longest > _LONG and not any(value.href for value in found) else "short" if longest <= _SHORT else ""


def _name(site: Site, views: Views, thing: str) -> tuple[Link, str, str]:
    """The link with the name, the name in the other language, and the reading in kana."""
    language = reader_language()
    readings = [text for tag, text in site.labels.readings(thing) if "latn" not in tag]
    return views.link(thing), site.labels.other_name(thing, language), readings[0] if readings else ""


def _values(views: Views, cells: list[tuple[Column, str]], language: str) -> list[Value]:
    """The values of one property: things by name, texts in the reader's language where there are any."""
    found = []
    texts: dict[str, list[str]] = {}
    for column, text in cells:
        if not text or column.names:
            continue
        parts = text.split(column.separator) if column.separator else [text]
        if column.language:
            texts[column.language] = parts
        elif column.leads:
            found += [Value(views.name(iri), views.href(iri), None, False, iri) for iri in parts]
        else:
            found += [Value(views.literal(Term(p, "literal", datatype=column.datatype)), None, None, False, "") for p in parts]
    for tag in [*chain(language), *sorted(texts)]:
        if tag in texts:
            found += [Value(part, None, tag, False, "") for part in texts[tag]]
            break
    return found


def _shelf(lists: Lists, views: Views, class_: str, asked: Asked, name: str) -> Shelf:
    """A facet with the number of things that each value leaves, what else is chosen being so."""
    facet = next(f for f in lists.facets_of(class_) if f.name == name)
    chosen = asked.chosen.get(name, frozenset())
    counts = facet.counts(lists.things(class_, asked, but=name))
    words = sorted(
        {*counts, *chosen}, key=lambda w: (facet.order.get(w, ""), views.sort_key(facet.iris[w]))
    )
    choices = [
        Choice(w, views.name(facet.iris[w]), counts[w], w in chosen, _without(name, w)) for w in words
    ]
    return Shelf(name, facet.caption.get(asked.language) or name, tuple(choices))


def _without(name: str, value: str) -> str:
    """This list without one choice."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if (k, v) != (name, value) and k != "page" and v]
    return f"{request.script_root}{request.path}" + (f"?{urlencode(kept)}" if kept else "")


def _made(site: Site, class_: str, asked: Asked) -> list[Made]:
    made = [Made(word("made", "listed", asked.language), shown(site, "listed", class_, "class"))]
    for facet in site.lists.facets_of(class_):
        made.append(Made(facet.caption.get(asked.language) or facet.name, declared(site, queries()[facet.name])))
    return made
