"""The store of a release that another SPARQL server holds: the interface of `kg.store.Store`, asked over HTTP.

Answers are read by the same parsers as everything else, so what is no answer is refused, and written anew: a client
sees the same forms whichever engine evaluates.

An engine keeps the merge of the named graphs as its default graph. Where it has none (Virtuoso), the merge is a graph
of its own, and a query that names no data set is asked of that graph (`kg.query_rewriting.over_graph`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from io import UnsupportedOperation
from pathlib import Path

import pyoxigraph as px

from kg.engine import Answered, Engine, Stopped
from kg.errors import QueryError, ReleaseError
from kg.model import Line
from kg.names import Names
from kg.query_rewriting import asks_of_graphs, fragment, over_graph, rows, with_prefixes, with_values
from kg.query_text import QueryText, inspect
from kg.store import DataSet, Store, Term, Wanted, terms, written

MERGE = "merge"
"""the key of the graph that holds the merge where the engine has no default graph"""
_RESULTS = {
    "application/sparql-results+json": px.QueryResultsFormat.JSON,
    "application/sparql-results+xml": px.QueryResultsFormat.XML,
}
_GRAPHS = {"application/n-triples": px.RdfFormat.N_TRIPLES, "text/turtle": px.RdfFormat.TURTLE}
_ACCEPT = {False: "application/sparql-results+json, application/sparql-results+xml;q=0.5",
           True: "application/n-triples, text/turtle;q=0.5"}
_ASKED = {True: b'{"head":{},"boolean":true}', False: b'{"head":{},"boolean":false}'}
_ROWS_AT_ONCE = 50
_DEFAULT, _NAMED = "default-graph-uri", "named-graph-uri"


@dataclass(frozen=True)
class Asking:
    """How one query is put to the engine: seconds and bytes that it may take, and whether anybody still waits."""

    seconds: float = 30.0
    limit: int = 1 << 30
    stopped: Stopped = lambda: False
    turn: AbstractContextManager[object] = field(default_factory=nullcontext)
    """held while an answer is read and written, which takes several times its size in memory"""


class RemoteStore(Store):
    """A release in another server. `merge` names the graph that stands for the default graph, None where it has one."""

    def __init__(
        self, engine: Engine, base: str, prefixes: Mapping[str, str] | None = None, merge: str | None = None,
        asking: Asking | None = None,
    ) -> None:
        super().__init__(px.Store(), prefixes, base)
        self._remote = engine
        self._merge = merge
        self._space = f"{base}graph/"
        self._asking = asking or Asking()

    @classmethod
    def open(cls, engine: Engine, base: str, prefixes: Mapping[str, str], size: Size) -> RemoteStore:
        """The store, once the engine has been seen to hold a release of this size; ReleaseError `engine-differs`."""
        found: list[str] = []
        for merge in (None, Names(base).graph(MERGE)):
            store = cls(engine, base, prefixes, merge)
            held = store.size()
            # Connections that were open when a process forks would be used by both.
            engine.close()
            if held == size:
                return store
            found.append(f"{held.triples}/{held.quads}")
        raise ReleaseError("engine-differs", engine.url, expected=f"{size.triples}/{size.quads}", found=", ".join(found))

    def under(self, asking: Asking) -> RemoteStore:
        """The same store with other limits."""
        return RemoteStore(self._remote, self.base or "", self.prefixes, self._merge, asking)

    @property
    def keeps_merge_apart(self) -> bool:
        """Whether the merge is a graph of its own."""
        return self._merge is not None

    def add(self, lines: Iterable[Line]) -> None:
        """Refused: what a remote store holds is a whole release, and `kg load` alone puts it there."""
        raise UnsupportedOperation("a remote store is written by kg load only")

    def lines(self, graph: str | None = None) -> list[Line]:
        found: list[Line] = []
        for name in [graph] if graph else self.graphs():
            triples = self.construct(_query("triples-of-graph"), {"graph": Term(name)})
            found += [f"{triple[:-2]} {Term(name)} ." for triple in triples]
        return sorted(found)

    def located(self, triples: Iterable[Line]) -> list[Line]:
        wanted = {tuple(str(term) for term in terms(triple)[:3]) for triple in triples}
        # Asked by subject and predicate, for Virtuoso 7 does not match a literal with a language in VALUES.
        pairs = sorted({triple[:2] for triple in wanted})
        found: set[Line] = set()
        for at in range(0, len(pairs), _ROWS_AT_ONCE):
            text = fragment("located", rows=rows(pairs[at:at + _ROWS_AT_ONCE]))
            quads = (tuple(str(row[name]) for name in "spog") for row in self.select(text))
            found.update(f"{' '.join(quad)} ." for quad in quads if quad[:3] in wanted)
        return sorted(found)

    def graphs(self) -> list[str]:
        return sorted(row["g"].value for row in self.select(_query("graphs")))

    def size(self) -> Size:
        """What the engine counts; ReleaseError `engine-silent` where it does not answer."""
        try:
            return Size(self._number("merge-count"), self._number("named-count"))
        except QueryError as error:
            raise ReleaseError("engine-silent", self._remote.url, detail=error.code) from None

    def check(self) -> None:
        """QueryError where the engine does not answer."""
        self.ask(_query("anything"))

    def _number(self, query: str) -> int:
        return int(self.select(_query(query))[0]["number"].value)

    def answer(self, text: str, wanted: Wanted, data: DataSet | None = None) -> tuple[str, bytes]:
        found, answered = self._asked(text, None, data, {})
        with self._asking.turn:
            return written(_read(found, answered), wanted)

    def _run(
        self, text: str, values: Mapping[str, Term] | None, data: DataSet | None,
        prefixes: Mapping[str, str] | None = None,
    ) -> px.QuerySolutions | px.QueryBoolean | px.QueryTriples:
        return _read(*self._asked(text, values, data, self.prefixes if prefixes is None else prefixes))

    def _asked(
        self, text: str, values: Mapping[str, Term] | None, data: DataSet | None, prefixes: Mapping[str, str]
    ) -> tuple[QueryText, Answered]:
        found = inspect(text, self.base or "")
        text = with_prefixes(text, {name: prefixes[name] for name in found.undeclared if name in prefixes})
        if values:
            text = with_values(text, {name: str(term) for name, term in values.items()})
        text, parameters = self._over(text, found, data)
        asking = self._asking
        accept = _ACCEPT[found.gives_graph]
        return found, self._remote.query(text, accept, parameters, asking.seconds, asking.limit, asking.stopped)

    def _over(self, text: str, found: QueryText, data: DataSet | None) -> tuple[str, list[tuple[str, str]]]:
        """The text to send and the parameters that name its data set."""
        if data is None and not found.has_dataset:
            return self._over_all(text, found)
        own = DataSet(found.default_graphs, found.named_graphs)
        parameters: list[tuple[str, str]] = []
        if data is not None and data != own:
            if found.has_dataset:
                # Engines differ in what they do when text and parameters both name a data set.
                raise QueryError("engine-dataset")
            parameters = [*((_DEFAULT, name) for name in data.default), *((_NAMED, name) for name in data.named)]
        seen = data or own
        # Of several graphs an engine counts a triple once for each (oxigraph#1919, virtuoso-opensource#1406).
        several = len(seen.default) > 1
        # Without a named graph GRAPH finds nothing; Virtuoso then looks into all.
        open_ended = self.keeps_merge_apart and not seen.named and asks_of_graphs(text)
        if several or open_ended:
            raise QueryError("engine-dataset")
        return text, parameters

    def _over_all(self, text: str, found: QueryText) -> tuple[str, list[tuple[str, str]]]:
        if self._merge is None:
            return text, []
        if found.form == "DESCRIBE":
            if asks_of_graphs(text):
                raise QueryError("engine-dataset")
            return text, [(_DEFAULT, self._merge)]
        return over_graph(text, self._merge, self._space), []


@dataclass(frozen=True)
class Size:
    """How much a release holds: triples of the merge, quads of the named graphs."""

    triples: int
    quads: int

    @classmethod
    def of(cls, data: Path) -> Size:
        """Of a canonical N-Quads file. Its lines are sorted, so the quads of one triple follow each other."""
        triples = quads = 0
        before = ""
        with data.open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                triple = line[: line.rindex(" <")]
                triples += triple != before
                quads += 1
                before = triple
        return cls(triples, quads)


@cache
def _query(name: str) -> str:
    return (files("kg") / "queries" / f"{name}.rq").read_text(encoding="utf-8")


def _read(found: QueryText, answered: Answered) -> px.QuerySolutions | px.QueryBoolean | px.QueryTriples:
    """What an engine answered, as a result; QueryError `engine-partial` where it is no complete one."""
    with answered.body:
        body = answered.body.read()
    try:
        if found.gives_graph:
            return _graph(body, _GRAPHS[answered.kind])
        return _results(body, _RESULTS[answered.kind], found.form == "ASK")
    except (SyntaxError, ValueError, KeyError):
        raise QueryError("engine-partial") from None


def _results(body: bytes, format: px.QueryResultsFormat, asked: bool) -> px.QuerySolutions | px.QueryBoolean:
    result = px.parse_query_results(body, format)
    if isinstance(result, px.QueryBoolean):
        if not asked:
            raise ValueError(format)
        return result
    # Parsed to its end here, since a cut one is found only there.
    for _ in result:
        pass
    if asked:
        return px.parse_query_results(_ASKED[_holds_a_row(body, format)], px.QueryResultsFormat.JSON)
    return px.parse_query_results(body, format)


def _holds_a_row(body: bytes, format: px.QueryResultsFormat) -> bool:
    """Virtuoso 7 answers ASK by solutions: one for true, none for false."""
    return next(iter(px.parse_query_results(body, format)), None) is not None


def _graph(body: bytes, format: px.RdfFormat) -> px.QueryTriples:
    """The triples, through a store of their own: each once, and their literals as the embedded store writes them."""
    held = px.Store()
    held.load(body, format)
    found = held.query(_query("all-triples"))
    assert isinstance(found, px.QueryTriples)
    return found
