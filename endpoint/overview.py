"""`/overview`: what the release holds, in pictures; each also as a table and as a file of its own (SVG)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, Response, render_template, request

from endpoint import pictures
from endpoint.answers import named, page
from endpoint.documents import query_text
from endpoint.errors import VisitorError
from endpoint.outlines import Point
from endpoint.site import Site, local, reader_language
from endpoint.tiles import Tiles, tiles
from endpoint.views import Link, Views
from endpoint.words import LANGUAGES, word
from kg.query_text import completed
from kg.store import Term

_SVG = "image/svg+xml; charset=utf-8"
NAMES = ("seminars", "hosts", "countries", "ties")
"""of the pictures, in the order of the page"""
KINDS = ("affiliation", "activity", "office", "network")
"""of ties, as `overview-ties.rq` calls them"""

Row = tuple[Link | str, ...]


@dataclass(frozen=True)
class Picture:
    """A drawing, what it shows in words, and the same as a table; `drawing` None where there is nothing to draw."""

    name: str
    form: str
    """heat, bars, tiles or world: how the template draws it"""
    drawing: pictures.Heat | pictures.Bars | pictures.World | Tiles | None
    note: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    query: str


@dataclass(frozen=True)
class Tie:
    kind: str
    own: str
    other: str
    country: str | None
    places: tuple[Point, Point] | None


def register(app: Flask, site: Site) -> None:
    made = lru_cache(len(LANGUAGES))(lambda language: _pictures(site, site.views()))
    app.add_url_rule("/overview", "overview", lambda: _page(made(reader_language())))
    app.add_url_rule("/overview/<name>.svg", "overview-picture", lambda name: _file(made(reader_language()), name))


def _page(found: dict[str, Picture]) -> Response:
    response = page(render_template("overview.html", pictures=tuple(found.values()), tie_kinds=KINDS))
    response.headers["Vary"] = "Accept-Language"
    return response


def _file(found: dict[str, Picture], name: str) -> Response:
    if name not in found:
        raise VisitorError("not-found", path=request.path, nearest=local(f"overview/{NAMES[0]}.svg"))
    body = render_template("overview.svg", picture=found[name])
    response = named(body.encode("utf-8"), _SVG)
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Language"] = reader_language()
    return response


def _pictures(site: Site, views: Views) -> dict[str, Picture]:
    ties = _ties(site)
    found = (_seminars(site, views), _hosts(site, views), _countries(site, views, ties), _map(site, views, ties))
    return {picture.name: picture for picture in found}


def _rows(site: Site, name: str) -> list[dict[str, Term]]:
    return site.release.store.select(query_text(name))


def _asked(site: Site, name: str) -> str:
    """A query as a visitor may send it, its prefixes declared."""
    return completed(query_text(name), site.vocabulary.base, site.vocabulary.prefixes)


def _text(key: str, **values: object) -> str:
    return word("page", key, reader_language(), **values)


def _seminars(site: Site, views: Views) -> Picture:
    rows = _rows(site, "overview-seminars")
    seminars = {(row["seminar"].value, row["office"].value, int(row["year"].value)) for row in rows}
    town = {row["office"].value: row["place"].value for row in rows if "place" in row}
    numbers: dict[str, Counter[int]] = {}
    for _, office, year in seminars:
        numbers.setdefault(office, Counter())[year] += 1
    offices = sorted(numbers, key=lambda office: (-numbers[office].total(), views.sort_key(office)))
    years = {year for _, _, year in seminars}
    columns = range(min(years), max(years) + 1) if years else range(0)
    drawn = pictures.heat([(views.name(town.get(office, office)), numbers[office]) for office in offices], columns)
    return Picture(
        "seminars", "heat", drawn if offices else None,
        _text("overview-seminars-note", number=len({seminar for seminar, _, _ in seminars}), offices=len(offices)),
        (_text("overview-office"), *map(str, columns), _text("overview-sum")),
        tuple(
            (views.link(office), *(str(numbers[office][year]) for year in columns), str(numbers[office].total()))
            for office in offices
        ),
        _asked(site, "overview-seminars"),
    )  # fmt: skip


def _hosts(site: Site, views: Views) -> Picture:
    rows = _rows(site, "overview-hosts")
    code = {row["prefecture"].value: row["code"].value if "code" in row else "" for row in rows}
    hosted = Counter(prefecture for _, prefecture in {(row["seminar"].value, row["prefecture"].value) for row in rows})
    hosts: dict[str, set[str]] = {}
    for row in rows:
        hosts.setdefault(row["prefecture"].value, set()).add(row["host"].value)
    order = sorted(hosted, key=lambda prefecture: (-hosted[prefecture], code[prefecture], prefecture))
    return Picture(
        "hosts", "tiles", tiles({code[p]: hosted[p] for p in order}, reader_language()),
        _text("overview-hosts-note", number=len(order)),
        (_text("overview-prefecture"), _text("overview-hosts-column"), _text("overview-seminars-column")),
        tuple((views.link(p), str(len(hosts[p])), str(hosted[p])) for p in order),
        _asked(site, "overview-hosts"),
    )  # fmt: skip


def _ties(site: Site) -> tuple[Tie, ...]:
    """The ties, each once; both places only where the release has coordinates for both."""
    points = site.atlas.points
    found: dict[tuple[str, str, str], Tie] = {}
    for row in _rows(site, "overview-ties"):
        kind, own, other = (row[name].value for name in ("kind", "own", "other"))
        end = points.get(other) or (points.get(row["place"].value) if "place" in row else None)
        places = (points[own], end) if own in points and end else None
        before = found.get((kind, own, other))
        if before is None or before.places is None:
            found[kind, own, other] = Tie(kind, own, other, row["country"].value if "country" in row else None, places)
    return tuple(found[key] for key in sorted(found, key=lambda key: (KINDS.index(key[0]), *key[1:])))


def _countries(site: Site, views: Views, ties: tuple[Tie, ...]) -> Picture:
    numbers = {kind: Counter(tie.country for tie in ties if tie.kind == kind and tie.country) for kind in KINDS}
    total = Counter(tie.country for tie in ties if tie.country)
    order = sorted(total, key=lambda country: (-total[country], views.sort_key(country)))
    shown = [kind for kind in KINDS if numbers[kind]]
    without = sum(tie.country is None for tie in ties)
    return Picture(
        "countries", "bars", pictures.bars([(views.name(country), total[country]) for country in order]) if order else None,
        _text("overview-countries-note", number=total.total(), countries=len(order), without=without),
        (_text("overview-country"), *(_text(f"tie-{kind}") for kind in shown), _text("overview-sum")),
        tuple((views.link(c), *(str(numbers[kind][c]) for kind in shown), str(total[c])) for c in order),
        _asked(site, "overview-ties"),
    )  # fmt: skip


def _map(site: Site, views: Views, ties: tuple[Tie, ...]) -> Picture:
    drawn = [
        pictures.Line(tie.kind, *tie.places, _text("overview-tie", own=views.name(tie.own), other=views.name(tie.other)))
        for tie in ties if tie.places
    ]  # fmt: skip
    key = "overview-ties-none" if not drawn else "overview-ties-some" if len(drawn) < len(ties) else "overview-ties-all"
    return Picture(
        "ties", "world", pictures.world(drawn),
        _text(key, number=len(ties), shown=len(drawn), missing=len(ties) - len(drawn)),
        (_text("overview-kind"), _text("overview-own"), _text("overview-other"), _text("overview-country"), _text("overview-on-map")),
        tuple(
            (_text(f"tie-{tie.kind}"), views.link(tie.own), views.link(tie.other),
             views.link(tie.country) if tie.country else "", _text("overview-yes" if tie.places else "overview-no"))
            for tie in ties
        ),
        _asked(site, "overview-ties"),
    )  # fmt: skip
