"""What the document of a thing holds: the thing and its sub-nodes, what leads to it, its evidence, the names of all.

Values reach a query as terms. Every document is a set of quads; a format of triples leaves the graph names out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.resources import files

from rdflib import DCTERMS

from endpoint.nearest import Nearest
from endpoint.negotiation import Format
from endpoint.release import OpenRelease
from kg.model import Line
from kg.names import Names
from kg.store import Store, Term, parse, serialise, terms
from kg.vocabulary import Vocabulary

_FRAGMENT_DEPTH = 4
_LATELY = 8
"""documents that are remembered"""
_MOST_NAMES = 20_000
"""things whose names are kept in memory"""
INDEXES = {"graph": "graph-index", "vocab": "scheme-index"}
"""documents that list others, by path: the query that makes the list"""
_PATH = re.compile(r"^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$")
"""what may follow the base in an IRI of a document of ours"""


@cache
def query_text(name: str) -> str:
    """A query of the endpoint, by the name of its file in `queries/`."""
    return (files("endpoint") / "queries" / f"{name}.rq").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Document:
    """A document about `iri`; `path` is where it stands below the base (`id/seminar/2018-london`, `vocab/role`)."""

    iri: str
    path: str
    own: tuple[Line, ...]
    """what is said of the thing and its sub-nodes, with the graphs that say it"""
    incoming: tuple[Line, ...] = ()
    incoming_total: int = 0
    context: tuple[Line, ...] = ()
    """evidence, and the names of all that is mentioned"""
    nodes: tuple[str, ...] = ()
    """the thing and its sub-nodes"""

    def lines(self) -> list[Line]:
        return sorted({*self.own, *self.incoming, *self.context})

    def write(self, format: Format, prefixes: dict[str, str]) -> bytes:
        return serialise(self.lines(), format.name, prefixes)


class Documents:
    """Makes documents from one release and the vocabulary."""

    def __init__(self, release: OpenRelease, vocabulary: Vocabulary, names: Names) -> None:
        self._store = release.store
        self._vocabulary = vocabulary
        self._names = names
        self._sources = {name: parse(vocabulary.source(name), "ntriples") for name in
                         ("ontology", "concepts", "shapes", "prefixes", "dataset")}
        self._sources["dataset"] = release.description() or self._sources["dataset"]
        self._told = _by_document(self._sources["dataset"])
        self._parts: dict[str, list[Line]] = {}
        for name in ("concepts", "prefixes", "shapes"):
            self._parts |= _by_document(self._sources[name])
        self._labels = _label_lines(self._sources["ontology"] + self._sources["concepts"])
        # One document is asked for in many forms, one after the other.
        self.find = lru_cache(_LATELY)(self._find)
        self._found: dict[str, list[Line]] = {}
        self._last: tuple[str, Document | None] = ("", None)

    def _find(self, path: str) -> Document | None:
        """The document at a path below the base; None where nothing of that IRI is known.

        The last one is kept: who takes a document often takes its other forms next.
        """
        last = self._last
        if last[0] != path:
            self._last = last = (path, self._made(path))
        return last[1]

    def _made(self, path: str) -> Document | None:
        iri = self._names.of_path(path)
        if not _PATH.match(path):
            return None
        if path in INDEXES:
            return self._index(iri, path)
        if path.startswith("graph/"):
            return self._graph(iri, path)
        lines = [] if path.startswith("id/") else self._published(iri)
        if not lines:
            return self._thing(iri, path)
        used = self._store.construct(query_text("incoming"), {"thing": Term(iri)})
        return Document(iri, path, tuple(lines), tuple(self._store.located(used)), len(used),
                        tuple(self._names_for(lines + used)), (iri,))

    def exists(self, path: str) -> bool:
        """Whether `find` would find something that the data mention; cheaper."""
        iri = self._names.of_path(path)
        return bool(_PATH.match(path)) and (self._is_in_data(iri) or bool(self._described(iri)))

    def is_version(self, path: str) -> bool:
        """Whether a path is the version IRI of something published (`def/0.1.0`), which names it itself."""
        iri, parent = self._names.of_path(path), self._names.of_path(path.rpartition("/")[0])
        return not self._published(iri) and any(line.endswith(f" <{iri}> .") for line in self._published(parent))

    def _is_in_data(self, iri: str) -> bool:
        return self._store.ask(query_text("exists"), {"thing": Term(iri)})

    def _described(self, iri: str) -> list[Line]:
        """What the description of the data set says of a thing, such as its publisher."""
        return self._told.get(iri, [])

    def _published(self, iri: str) -> list[Line]:
        """Lines of the ontology, the shapes, a concept scheme, the prefixes or the description of the data set."""
        if iri == self._vocabulary.dataset:
            described = self._store.construct(query_text("description"), {"thing": Term(iri)})
            return sorted({*self._sources["dataset"], *self._store.located(described)})
        if iri.startswith(f"{self._vocabulary.dataset}/"):
            return self._told.get(iri, [])
        if iri == self._vocabulary.ontology:
            return self._sources["ontology"]
        return self._parts.get(iri, [])

    def _thing(self, iri: str, path: str) -> Document | None:
        described = self._described(iri)
        if not self._is_in_data(iri):
            return Document(iri, path, tuple(described)) if described else None
        nodes = self._nodes(iri)
        own = self._collect("description", nodes)
        incoming = [line for line in self._collect("incoming", nodes) if line not in own]
        evidence = self._evidence(nodes)
        context = self._store.located(evidence)
        context += self._names_for([*own, *incoming, *evidence])
        return Document(
            iri,
            path,
            tuple(self._store.located(own)) or tuple(described),
            tuple(self._store.located(incoming)),
            sum(self._incoming_count(node) for node in nodes),
            tuple(context),
            tuple(nodes),
        )

    def _graph(self, iri: str, path: str) -> Document | None:
        about = self._store.construct(query_text("description"), {"thing": Term(iri)})
        content = self._store.lines(iri)
        if not content and not about:
            return None
        evidence = self._evidence([iri])
        context = self._store.located(evidence) + self._names_for(content + about + evidence)
        return Document(iri, path, (*self._store.located(about), *content), (), 0, tuple(context))

    def _index(self, iri: str, path: str) -> Document:
        store = self._store if path == "graph" else Store.load(self._sources["concepts"], self._store.prefixes)
        lines = store.construct(query_text(INDEXES[path]), {"index": Term(iri)})
        return Document(iri, path, tuple(lines))

    def paths(self) -> list[str]:
        """Where all things, graphs and published documents stand."""
        subjects = {row["thing"].value for row in self._store.select(query_text("subjects"))}
        described = {line[1:line.index(">")] for lines in self._sources.values() for line in lines if line[0] == "<"}
        # The service is described, too; it has an address of its own kind.
        described -= {iri for iri in self._told if not iri.startswith((self._vocabulary.dataset, f"{self._vocabulary.base}id/"))}
        paths = {self._names.path_of(iri) for iri in subjects | described | set(self._store.graphs())}
        return sorted(path for path in {*paths, *INDEXES} if path and "#" not in path and _PATH.match(path))

    @cached_property
    def nearest(self) -> Nearest:
        """For paths that are not known."""
        return Nearest(self.paths())

    def licence(self, document: Document) -> str | None:
        """The licence that a document names for itself, else that of the data set."""
        return _licence_in(document.own, document.iri) or self._licence

    @cached_property
    def _licence(self) -> str | None:
        return _licence_in(self._told[self._vocabulary.dataset], self._vocabulary.dataset)

    def _nodes(self, iri: str) -> list[str]:
        """The thing and its sub-nodes, found by following links between them."""
        found = [iri]
        fresh = [iri]
        for _ in range(_FRAGMENT_DEPTH):
            rows = [row for node in fresh for row in self._store.select(
                query_text("fragments"), {"node": Term(node), "document": Term(iri)})]
            fresh = sorted({row["fragment"].value for row in rows} - set(found))
            found += fresh
        return found

    def _evidence(self, nodes: Sequence[str]) -> list[Line]:
        """The passages that things were taken from, and which of them their graphs were taken from."""
        links = {line: terms(line) for line in self._collect("evidence", nodes)}
        passages = {passage.value for _, _, passage, _ in links.values()}
        of_graphs = {line for line, (subject, *_) in links.items() if subject.value not in nodes}
        return sorted({*of_graphs, *self._collect("passage", sorted(passages))})

    def _collect(self, query: str, nodes: Iterable[str]) -> list[Line]:
        return sorted({line for node in nodes for line in self._store.construct(query_text(query), {"thing": Term(node)})})

    def _incoming_count(self, node: str) -> int:
        rows = self._store.select(query_text("incoming-count"), {"thing": Term(node)})
        return int(rows[0]["number"].value) if rows else 0

    def _names_for(self, lines: Iterable[Line]) -> list[Line]:
        """The names of everything that `lines` mention, from the data or from the vocabularies."""
        mentioned = {term.value for line in lines for term in terms(line) if term is not None and term.kind == "iri"}
        found: list[Line] = []
        for iri in sorted(mentioned):
            found += self._names_of(iri)
        return found

    def _names_of(self, iri: str) -> list[Line]:
        """Kept once found: the same few hundred things are mentioned by almost every document."""
        if iri not in self._found:
            labels = self._store.construct(query_text("labels"), {"thing": Term(iri)})
            names = self._store.located(labels) if labels else self._labels.get(iri, [])
            if len(self._found) >= _MOST_NAMES:
                return names
            self._found[iri] = names
        return self._found[iri]


def _by_document(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines by their subject without its fragment; those about blank nodes are left out."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.startswith("<"):
            found.setdefault(line[1:line.index(">")].partition("#")[0], []).append(line)
    return found


def _licence_in(lines: Iterable[Line], iri: str) -> str | None:
    start = f"<{iri}> <{DCTERMS.license}> "
    return next((terms(line)[2].value for line in lines if line.startswith(start)), None)


def _label_lines(lines: Iterable[Line]) -> dict[str, list[Line]]:
    store = Store.load(list(lines))
    table: dict[str, list[Line]] = {}
    for line in store.construct(query_text("labels")):
        table.setdefault(line[1:line.index(">")], []).append(line)
    return table
