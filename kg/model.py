"""The types that the steps hand to each other. Quads travel as canonical N-Quads lines (`Line`), sets of them as sets.

A canonical N-Quads line ends in " ." and has no line break: two sources that say the same thing in the same graph
give the same string, a difference between two graphs is a difference of sets, and sorted lines are the release.
Canonical form: RDF 1.1 N-Quads section 4 ("Canonical form"), as pyoxigraph 0.5 writes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from kg.messages import render

Line = str

_ILLEGAL_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_ABSOLUTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_LANGUAGE = re.compile(r"^[a-z]{1,8}(-[a-z0-9]{1,8})*$")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
_TO_ESCAPE = re.compile(r'[\\"\x00-\x1f\x7f]')
XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


def iri(value: str) -> str:
    """`<value>` for an absolute IRI; ValueError for anything that would break out of the brackets."""
    if not _ABSOLUTE.match(value) or _ILLEGAL_IN_IRI.search(value):
        raise ValueError(value)
    return f"<{value}>"


def literal(text: str, language: str | None = None, datatype: str | None = None) -> str:
    """A canonical literal; the language tag comes out in lower case, xsd:string is not written."""
    quoted = '"' + _TO_ESCAPE.sub(lambda m: _ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04X}", text) + '"'
    if language is not None:
        tag = language.lower()
        if not _LANGUAGE.match(tag):
            raise ValueError(language)
        return f"{quoted}@{tag}"
    if datatype is not None and datatype != XSD_STRING:
        return f"{quoted}^^{iri(datatype)}"
    return quoted


def nquad(subject: str, predicate: str, object_: str, graph: str | None = None) -> Line:
    """One line from terms that `iri` and `literal` made; without `graph` a triple of the default graph."""
    return f"{subject} {predicate} {object_} {graph} ." if graph else f"{subject} {predicate} {object_} ."


def triple(line: Line) -> Line:
    """The triple of a quad line, without its graph (the last term: an IRI, in which no blank can stand)."""
    return line[: line.rindex(" <")] + " ."


def graph_of(line: Line) -> str:
    """The graph IRI of a quad line, without brackets."""
    return line[line.rindex(" <") + 2 : -3]


@dataclass(frozen=True)
class Place:
    """A passage of a document: lines from 1, inclusive; code points from 0, end exclusive."""

    lines: tuple[int, int]
    chars: tuple[int, int]
    sha256: str | None = None
    """of the passage's text, for prose that is not stored (a curation guard checks it)"""


@dataclass(frozen=True)
class Issue:
    """Something wrong, missing or in need of inference in a source: a closed code of the scheme `vocab/issue`."""

    code: str
    field: str
    """the field of the record it is about, e.g. `norm.start`"""


@dataclass(frozen=True)
class Record:
    """One thing said by a document. `verbatim` is as printed; every value of `norm` is explained by it and a rule."""

    document: str
    version: str
    """SHA-256 of the document, 64 hex digits"""
    key: str
    """made from content, never from a line number; `[a-z0-9-]+`"""
    type: str
    extractor: str
    place: Place
    passages: dict[str, Place]
    """fields with lines of their own, by name; each is citable as evidence `{document}-{key}-{name}`"""
    verbatim: dict[str, Any]
    norm: dict[str, Any]
    issues: tuple[Issue, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.document}-{self.key}"


@dataclass(frozen=True)
class Document:
    """One registered version of one source document (a table of `mappings/documents.toml`)."""

    id: str
    title: str
    url: str | None
    language: str
    sha256: str
    layout: str | None
    lines: int
    as_of: str | None = None
    file: str | None = None
    extent: int = 0
    """bytes"""
    blank: frozenset[int] = frozenset()
    """lines on which nothing is printed"""
    prose: str | None = None
    """`mentions` where prose is not taken apart by a person but searched for known names"""


@dataclass(frozen=True)
class Problem:
    """A fault in data, with its place; rendered by `kg.messages` in the reader's language."""

    code: str
    where: str
    """`000:54`, `mappings/lookups/offices.csv:3`, or an IRI"""
    values: dict[str, Any] = field(default_factory=dict, hash=False)
    severity: str = "violation"
    """violation, warning or info"""

    def text(self, language: str = "en") -> str:
        return f"{self.where}: {self.code}: {render(self.code, self.values, language)}"


@dataclass(frozen=True)
class Release:
    """What `build` and `release` publish."""

    version: str
    """its number (`2026.11.0`); of a build, the first 12 hex digits of the SHA-256 of its N-Quads without graph/meta"""
    counts: dict[str, int]
    sha256: str
    """of its canonical N-Quads"""
    sources: str
    """SHA-256 of the project's files that it was built from"""
    issued: str | None = None
    """the day of a release with a number"""
