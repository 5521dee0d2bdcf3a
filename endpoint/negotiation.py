"""Which form an answer takes: the one table of formats, and RFC 9110 content negotiation over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, eq=False)
class Format:
    """One way to write an answer, a row of `FORMATS`: no two are equal. `name` is the serialiser: a key of the tables of `kg.store`, or "html"."""

    name: str
    kind: str
    """"page", "rdf" (a graph or data set), "results" (SELECT and ASK) or "table" (a list)"""
    media_type: str
    extension: str
    title: str
    aliases: tuple[str, ...] = ()
    """other media types that ask for the same; the answer then carries the name that was asked for"""
    charset: bool = False

    def content_type(self, asked: str | None = None) -> str:
        """The value of Content-Type, under the name that the client used."""
        media_type = asked or self.media_type
        return f"{media_type}; charset=utf-8" if self.charset else media_type


FORMATS: tuple[Format, ...] = (
    Format("turtle", "rdf", "text/turtle", "ttl", "Turtle", ("application/x-turtle",), charset=True),
    Format("jsonld", "rdf", "application/ld+json", "jsonld", "JSON-LD", ("application/json",)),
    Format("ntriples", "rdf", "application/n-triples", "nt", "N-Triples", ("text/plain",)),
    Format("rdfxml", "rdf", "application/rdf+xml", "rdf", "RDF/XML", ("application/xml", "text/xml")),
    Format("trig", "rdf", "application/trig", "trig", "TriG"),
    Format("nquads", "rdf", "application/n-quads", "nq", "N-Quads"),
    Format("json", "results", "application/sparql-results+json", "srj", "JSON", ("application/json",)),
    Format("xml", "results", "application/sparql-results+xml", "srx", "XML", ("application/xml", "text/xml")),
    Format("csv", "results", "text/csv", "csv", "CSV", charset=True),
    Format("tsv", "results", "text/tab-separated-values", "tsv", "TSV", charset=True),
    Format("table", "table", "application/json", "json", "JSON"),
    Format("html", "page", "text/html", "html", "HTML", charset=True),
)

HTML = next(f for f in FORMATS if f.name == "html")
JSON = next(f for f in FORMATS if f.name == "table")
"""of lists and search"""
DOCUMENTS = tuple(f for f in FORMATS if f.kind == "rdf" and f.name != "nquads") + (HTML,)
"""what a document is offered in; the first is for those who say nothing"""
GRAPHS = tuple(f for f in FORMATS if f.name in ("turtle", "ntriples", "jsonld", "rdfxml"))
RESULTS = tuple(f for f in FORMATS if f.kind == "results")


@dataclass(frozen=True)
class Choice:
    """A format, and the media type to name it by."""

    format: Format
    media_type: str

    @property
    def content_type(self) -> str:
        return self.format.content_type(self.media_type)


@dataclass(frozen=True)
class Offer:
    """What one address is to be had in. It decides from the Accept header alone, so that a cache can ask it too."""

    formats: tuple[Format, ...]
    page: bool = False
    """also as a page, but only for who names text/html: a machine that takes anything gets data"""

    def choose(self, accept: str | None) -> Choice | None:
        """The best of what is offered (None: 406), remembered, since few headers come again and again."""
        return _chosen(self, accept)

    def __str__(self) -> str:
        return " ".join([*(f.name for f in self.formats), *(["+page"] if self.page else [])])

    @classmethod
    def of(cls, text: str) -> Offer:
        """The offer that `str` wrote."""
        names = text.split()
        return cls(tuple(f for name in names for f in FORMATS if f.name == name), "+page" in names)


ALIKE = Offer(())
"""of an address that answers all alike, whatever they accept"""


@lru_cache(4096)
def _chosen(offer: Offer, accept: str | None) -> Choice | None:
    formats = (*offer.formats, HTML) if offer.page and names(accept, HTML.media_type) else offer.formats
    return negotiate(accept, formats) if formats else None


@dataclass(frozen=True)
class _Range:
    type: str
    quality: float

    def specificity(self, media_type: str) -> int:
        """3 for the type itself, 2 for `text/*`, 1 for `*/*`, 0 for no match."""
        if self.type == media_type:
            return 3
        if self.type == "*/*":
            return 1
        main = self.type.partition("/")[0]
        return 2 if self.type.endswith("/*") and media_type.startswith(f"{main}/") else 0


def negotiate(accept: str | None, offered: Sequence[Format]) -> Choice | None:
    """The best of `offered` for an Accept header (RFC 9110, section 12.5.1), or None: 406.

    The most specific range decides the quality of a type. Among equals what was named outright wins over what a
    wildcard allows, then what is offered first. No header, or an empty one, takes the first that is offered.
    """
    ranges = _ranges(accept or "")
    if not ranges:
        return Choice(offered[0], offered[0].media_type) if not (accept or "").strip() else None
    best: tuple[float, int, int] | None = None
    chosen: Choice | None = None
    for place, format in enumerate(offered):
        for media_type in (format.media_type, *format.aliases):
            quality, specificity = _weight(ranges, media_type)
            if specificity < 3 and media_type != format.media_type:
                continue
            rank = (quality, 1 if specificity == 3 else 0, -place)
            if quality > 0 and (best is None or rank > best):
                best, chosen = rank, Choice(format, media_type)
    return chosen


def names(accept: str | None, media_type: str) -> bool:
    """Whether the header names this very type with a quality above nought: how a browser is told from a machine."""
    return any(r.type == media_type and r.quality > 0 for r in _ranges(accept or ""))


def by_extension(extension: str, offered: Sequence[Format]) -> Format | None:
    return next((f for f in offered if f.extension == extension), None)


def by_word(word: str, offered: Sequence[Format]) -> Choice | None:
    """The format that a person names in a URL: by extension, name or media type."""
    asked = word.strip().lower()
    for format in offered:
        if asked in (format.extension, format.name, format.media_type):
            return Choice(format, format.media_type)
    return None


def _weight(ranges: Sequence[_Range], media_type: str) -> tuple[float, int]:
    found = [(r.specificity(media_type), r.quality) for r in ranges]
    specificity = max(s for s, _ in found)
    if specificity == 0:
        return 0.0, 0
    return max(q for s, q in found if s == specificity), specificity


def _ranges(accept: str) -> list[_Range]:
    """The ranges of a header. One that cannot be read is left out; parameters other than q do not restrict."""
    found = []
    for part in accept.lower().split(",")[:100]:
        media_type, *parameters = [piece.strip() for piece in part.split(";")]
        main, slash, sub = media_type.partition("/")
        if not slash or not main or not sub or (main == "*" and sub != "*"):
            continue
        quality = _quality(parameters)
        if quality is not None:
            found.append(_Range(media_type, quality))
    return found


def _quality(parameters: Sequence[str]) -> float | None:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            text = value.strip()
            if not text.replace(".", "", 1).isdigit() or not text.isascii():
                return None
            return min(float(text), 1.0)
    return 1.0
