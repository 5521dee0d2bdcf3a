"""What the views of one application share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import Request as HttpRequest
from flask import g, request

from endpoint.documents import Documents, query_text
from endpoint.finding import Index
from endpoint.labels import Labels
from endpoint.negotiation import HTML, Choice, Offer, names
from endpoint.listing import Lists
from endpoint.maps import Atlas
from endpoint.release import OpenRelease
from endpoint.searchable import index
from endpoint.timeline import Calendar
from endpoint.words import LANGUAGES, choose_language
from endpoint.views import Views
from endpoint.workers import Evaluators
from kg.names import Names
from kg.vocabulary import Vocabulary


VARY = "Accept, Accept-Language"
"""what the answers at one address differ by; the coding is added where one is applied"""


@dataclass(frozen=True)
class Site:
    release: OpenRelease
    vocabulary: Vocabulary
    evaluators: Evaluators
    names: Names
    documents: Documents
    labels: Labels
    calendar: Calendar
    atlas: Atlas
    lists: Lists
    copies: Path | None
    """a folder with copies of the source documents, where there is one"""

    @classmethod
    def of(
        cls, release: OpenRelease, vocabulary: Vocabulary, evaluators: Evaluators, copies: Path | None = None
    ) -> Site:
        places = Names(vocabulary.base)
        labels = Labels(release.store, vocabulary, places)
        documents = Documents(release, vocabulary, places)
        calendar, atlas = Calendar(release.store), Atlas(release.store)
        lists = Lists(release.store, vocabulary, labels, calendar)
        return cls(release, vocabulary, evaluators, places, documents, labels, calendar, atlas, lists, copies)

    @cached_property
    def kinds(self) -> dict[str, list[str]]:
        """The named things of the release by their most specific class, each in the order of the IRIs."""
        classes: dict[str, set[str]] = {}
        for row in self.release.store.select(query_text("kinds")):
            classes.setdefault(row["thing"].value, set()).add(row["class"].value)
        found: dict[str, list[str]] = {}
        for thing, types in sorted(classes.items()):
            for class_ in self.vocabulary.most_specific(types):
                found.setdefault(class_, []).append(thing)
        return found

    @cached_property
    def classes(self) -> dict[str, list[str]]:
        """The most specific classes of each named thing."""
        found: dict[str, list[str]] = {}
        for class_, things in self.kinds.items():
            for thing in things:
                found.setdefault(thing, []).append(class_)
        return found

    @cached_property
    def index(self) -> Index:
        """Made when somebody first searches."""
        return index(self.release.store, self.vocabulary)

    def views(self) -> Views:
        return Views(self.vocabulary, self.names, self.labels, reader_language(), local, self.lists.name_of)


GONE = "jichi.gone"
"""where environ holds a function that tells whether the visitor has hung up"""
FACTS = "jichi.facts"
"""where environ holds what the log and the metrics say of the request"""
METRICS = "jichi.metrics"
"""where environ holds a function that gives the metrics of all web processes as text"""
TRIED = "jichi.tried"
"""where environ says that the fast lane has given this query up already"""
OFFERED = "jichi.offered"
"""where a request's environ holds the `Offer` that its answer was chosen from"""


def chosen(offer: Offer, choice: Choice | None = None) -> Choice | None:
    """What the visitor is given of `offer`, unless that is settled. The byte cache learns of the offer by this.

    An answer that varies by Accept and did not come by here is not kept by it.
    """
    request.environ[OFFERED] = offer
    return choice or offer.choose(request.headers.get("Accept"))


def reader_language() -> str:
    """The language of this answer; kept on `g` for error pages."""
    if "language" not in g:
        g.language = choose_language(request.args.get("lang"), request.headers.get("Accept-Language"))
    return g.language


def local(path: str) -> str:
    """A link to a path of this server, below the prefix that a proxy may have given it; it keeps a chosen language."""
    target, hash_, fragment = path.partition("#")
    chosen = request.args.get("lang")
    query = f"?lang={chosen}" if chosen in LANGUAGES else ""
    return f"{request.script_root}/{target}{query}{hash_}{fragment}"


def bare(path: str) -> str:
    """The same without the language: for headers, which are ASCII and the same for all readers."""
    return f"{request.script_root}/{path}"


def wants_page(asked: HttpRequest) -> bool:
    """Whether a person asks: only who names text/html is shown pages of the error kind."""
    return names(asked.headers.get("Accept"), HTML.media_type)
