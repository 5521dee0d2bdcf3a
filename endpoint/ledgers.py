"""The page of a source document: what became of each of its lines, and the facts that were taken from it.

What a line is cited for is read from the release; why a line says nothing (blank, boilerplate) from the register and
the ledger of the project, where they are about the same version. The text is shown only from a copy at hand whose
SHA-256 is the registered one (`kg serve --documents`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from rdflib import PROV, RDF

from endpoint import things
from endpoint.documents import Document, query_text
from endpoint.site import Site, reader_language
from endpoint.views import Link, Statement, Views, statements
from endpoint.words import word
from kg import ledger, model, register
from kg.project import Project
from kg.store import Term

CITED, BLANK, UNACCOUNTED = "cited", "blank", "unaccounted"
STATES = (CITED, *ledger.REASONS, BLANK, UNACCOUNTED)
_HEADING = {str(RDF.type), str(PROV.wasDerivedFrom)}
"""said by the heading of a thing and by the place where it stands"""


@dataclass(frozen=True)
class Fact:
    """A property of a thing with its values; `href` None for a literal."""

    caption: str
    values: tuple[tuple[str, str | None, str | None], ...]
    """(text, address, language)"""


@dataclass(frozen=True)
class About:
    """What lines `first` to `last` say of one thing."""

    thing: Link
    kind: str
    first: int
    last: int
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Line:
    number: int
    state: str
    word: str
    passages: tuple[Link, ...]
    about: tuple[About, ...]
    repeats: int | None
    text: str | None


@dataclass(frozen=True)
class Run:
    """Lines of one state, one after the other, as a stretch of the strip."""

    first: int
    length: int
    state: str


@dataclass(frozen=True)
class Ledger:
    """The lines of one version."""

    version: Link
    sha256: str
    lines: tuple[Line, ...]
    runs: tuple[Run, ...]
    shares: tuple[tuple[str, str, int], ...]
    """(state, its word, how many lines)"""
    facts: int
    has_text: bool
    language: str


def is_shown(site: Site, document: Document) -> bool:
    """Whether a document is about a source document, or a version of one, that passages were taken from."""
    return bool(_versions(site, document))


def written(site: Site, document: Document, alternates: Sequence[Link]) -> str:
    versions = _versions(site, document)
    # Anchors of lines are those of one version: the newest is the last of the register's.
    return things.written(site, document, alternates, "document.html", ledger=_ledger(site, *versions[-1]), states=STATES)


def _versions(site: Site, document: Document) -> list[tuple[str, str]]:
    """(IRI, SHA-256) of the versions that a document is about."""
    if not document.path.startswith("id/"):
        return []
    rows = site.release.store.select(query_text("versions"), {"document": Term(document.iri)})
    known = {row["version"].value: row["checksum"].value for row in rows}
    return sorted(known.items(), key=lambda version: _registered(site.vocabulary.project, version[1]) is not None)


@cache
def _register(project: Project) -> tuple[dict[str, model.Document], dict[str, list[ledger.Entry]]]:
    """Nothing where there is no register: a release keeps its words, not all that it was made from."""
    if not project.register.is_file():
        return {}, {}
    return register.load_register(project), ledger.load(project)


def _registered(project: Project, checksum: str) -> model.Document | None:
    return next((found for found in _register(project)[0].values() if found.sha256 == checksum.lower()), None)


def _ledger(site: Site, version: str, checksum: str) -> Ledger:
    language, views, project = reader_language(), site.views(), site.vocabulary.project
    entry = _registered(project, checksum)
    rows = site.release.store.select(query_text("passages"), {"document": Term(version)})
    passages: dict[int, dict[str, Link]] = {}
    for row in rows:
        iri = row["evidence"].value
        for line in range(int(row["first"].value), int(row["last"].value) + 1):
            passages.setdefault(line, {})[iri] = Link(iri.rpartition("/")[2], views.href(iri) or iri)
    about: dict[int, list[About]] = {}
    graphs = sorted({row["graph"].value for row in rows if "graph" in row})
    for found in (said for graph in graphs for said in _about(site, views, graph, version)):
        about.setdefault(found.first, []).append(found)
    why = {e.line: e for e in _register(project)[1].get(entry.id, [])} if entry else {}
    blank = entry.blank if entry else frozenset()
    text = text_of(site.copies, entry) if entry else None
    lines = []
    for number in range(1, (entry.lines if entry else max(passages, default=0)) + 1):
        state = _state(number, passages, why, blank)
        lines.append(Line(
            number, state, word("line", state, language), tuple(passages.get(number, {}).values()),
            tuple(about.get(number, ())), why[number].repeats if state in ledger.REASONS else None,
            text[number - 1] if text and number <= len(text) else None,
        ))  # fmt: skip
    counts = Counter(line.state for line in lines)
    facts = sum(len(fact.values) for line in lines for said in line.about for fact in said.facts)
    return Ledger(
        views.link(version), checksum.lower(), tuple(lines), tuple(_runs(lines)),
        tuple((state, word("line", state, language), counts[state]) for state in STATES if counts[state]),
        facts, text is not None, entry.language if entry else "",
    )  # fmt: skip


def _state(
    number: int, passages: dict[int, dict[str, Link]], why: dict[int, ledger.Entry], blank: frozenset[int]
) -> str:
    """As `kg coverage` counts them: boilerplate and blank lines may stand within a longer passage."""
    if number in blank:
        return BLANK
    if number in why:
        return why[number].reason
    return CITED if number in passages else UNACCOUNTED


def _runs(lines: Iterable[Line]) -> Iterable[Run]:
    for state, same in groupby(lines, key=lambda line: line.state):
        numbers = [line.number for line in same]
        yield Run(numbers[0], len(numbers), state)


def _about(site: Site, views: Views, graph: str, version: str) -> Iterable[About]:
    """The things that a graph speaks of, each at the lines that it names itself, else at those of the graph."""
    by_thing: dict[str, list[Statement]] = {}
    for statement in statements(site.release.store.lines(graph)):
        by_thing.setdefault(statement.subject.value, []).append(statement)
    for thing, said in sorted(by_thing.items()):
        places = [source for source in site.labels.sources(thing, graph) if source.version == version]
        kinds = site.vocabulary.most_specific(s.object.value for s in said if s.predicate.value == str(RDF.type))
        facts = tuple(_facts(site, views, said, kinds))
        if places and (facts or kinds):
            kind = views.name(kinds[0]) if kinds else ""
            yield About(views.link(thing), kind, int(places[0].first), int(places[0].last), facts)


def _facts(site: Site, views: Views, said: list[Statement], kinds: list[str]) -> Iterable[Fact]:
    by_predicate: dict[str, list[Term]] = {}
    for statement in said:
        if statement.predicate.value not in _HEADING:
            by_predicate.setdefault(statement.predicate.value, []).append(statement.object)
    fields = [site.vocabulary.field(predicate, kinds) for predicate in by_predicate]
    for field in sorted(fields, key=lambda f: (f.group.order if f.group else float("inf"), f.order, f.predicate)):
        yield Fact(views.caption(field), tuple(_value(views, term) for term in by_predicate[field.predicate]))


def _value(views: Views, term: Term) -> tuple[str, str | None, str | None]:
    if term.kind == "iri":
        return views.name(term.value), views.href(term.value), None
    return views.literal(term), None, term.language


def text_of(folder: Path | None, entry: model.Document) -> list[str] | None:
    """The lines of the copy at hand; None where there is none, or where it is not, byte for byte, the registered one."""
    if folder is None or not entry.file or Path(entry.file).name != entry.file:
        return None
    try:
        data = (folder / entry.file).read_bytes()
    except OSError:
        return None
    if sha256(data).hexdigest() != entry.sha256:
        return None
    return data.decode("utf-8", "replace").replace("\r", "").split("\n")
