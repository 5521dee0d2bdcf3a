"""The only door to the engine (pyoxigraph): parsing, writing, canonical form, and a store that answers queries.

Everything that goes in or comes out is text: quads are canonical N-Quads lines, terms are `Term`s.

The store holds the named graphs and, as its default graph, one copy of their RDF merge with each triple once. The
engine's own union (`use_default_graph_as_union`, several `FROM`) counts a triple once for each graph that holds it
(oxigraph#1919), so it is not used: a data set of several graphs is answered over a merge made for that query.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pyoxigraph as px

from kg.errors import ProjectError, QueryError
from kg.faults import detail, place, stretched
from kg.model import Line, iri, literal

RDF_FORMATS = {
    "turtle": px.RdfFormat.TURTLE,
    "trig": px.RdfFormat.TRIG,
    "jsonld": px.RdfFormat.JSON_LD,
    "rdfxml": px.RdfFormat.RDF_XML,
    "ntriples": px.RdfFormat.N_TRIPLES,
    "nquads": px.RdfFormat.N_QUADS,
}
RESULT_FORMATS = {
    "json": px.QueryResultsFormat.JSON,
    "xml": px.QueryResultsFormat.XML,
    "csv": px.QueryResultsFormat.CSV,
    "tsv": px.QueryResultsFormat.TSV,
}
_BOOLEAN = "http://www.w3.org/2001/XMLSchema#boolean"


@dataclass(frozen=True, order=True)
class Term:
    """An RDF term. `kind` is "iri", "literal" or "blank"; `value` is the IRI, the lexical form or the label."""

    value: str
    kind: str = "iri"
    language: str | None = None
    datatype: str | None = None

    def __str__(self) -> str:
        """The canonical N-Quads form."""
        if self.kind == "iri":
            return iri(self.value)
        return f"_:{self.value}" if self.kind == "blank" else literal(self.value, self.language, self.datatype)


Row = dict[str, Term]
"""One solution; a variable that is not bound has no key."""


@dataclass(frozen=True)
class DataSet:
    """The graphs that a query sees: those merged as its default graph, and those that `GRAPH` reaches."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """How an answer is to be written: a key of `RESULT_FORMATS`, one of `RDF_FORMATS`, and the most bytes allowed."""

    results: str = "json"
    rdf: str = "turtle"
    limit: int = 64 << 20
    prefixes: Mapping[str, str] = field(default_factory=dict, hash=False)


class Store:
    """An in-memory store of one release."""

    def __init__(self, engine: px.Store, prefixes: Mapping[str, str] | None = None, base: str | None = None) -> None:
        self._engine = engine
        self.prefixes = dict(prefixes or {})
        self.base = base

    @classmethod
    def load(
        cls,
        source: Iterable[Line] | Path,
        prefixes: Mapping[str, str] | None = None,
        base: str | None = None,
    ) -> Store:
        """A store of N-Quads, from lines or from a file; ProjectError where they are not N-Quads.

        `prefixes` may be used in queries without being declared; `base` resolves relative IRIs of queries.
        """
        engine = px.Store()
        try:
            if isinstance(source, Path):
                engine.bulk_load(path=str(source), format=px.RdfFormat.N_QUADS)
            else:
                engine.bulk_load(_document(source), px.RdfFormat.N_QUADS)
        except SyntaxError as error:
            where = source.name if isinstance(source, Path) else "N-Quads"
            raise ProjectError("rdf-syntax", f"{where}:{error.lineno or 1}", detail=error.msg) from None
        engine.update(_merge_rule())
        return cls(engine, prefixes, base)

    def select(self, text: str, values: Mapping[str, Term] | None = None, data: DataSet | None = None) -> list[Row]:
        """The solutions of a SELECT. A variable that `values` binds must be in the projection (engine's condition)."""
        answer = self._run(text, values, data)
        if not isinstance(answer, px.QuerySolutions):
            raise QueryError("query-form", expected="select")
        names = [variable.value for variable in answer.variables]
        return [{n: _term(t) for n, t in zip(names, row, strict=True) if t is not None} for row in answer]

    def ask(self, text: str, values: Mapping[str, Term] | None = None, data: DataSet | None = None) -> bool:
        answer = self._run(text, values, data)
        if not isinstance(answer, px.QueryBoolean):
            raise QueryError("query-form", expected="ask")
        return bool(answer)

    def construct(
        self, text: str, values: Mapping[str, Term] | None = None, data: DataSet | None = None
    ) -> list[Line]:
        """The triples of a CONSTRUCT or DESCRIBE as sorted canonical lines, each once."""
        answer = self._run(text, values, data)
        if not isinstance(answer, px.QueryTriples):
            raise QueryError("query-form", expected="construct, describe")
        return sorted({f"{triple} ." for triple in answer})

    def answer(self, text: str, wanted: Wanted, data: DataSet | None = None) -> tuple[str, bytes]:
        """Any query, written as `wanted`: the form ("results" or "rdf") and the bytes.

        QueryError `answer-too-large` when the bytes pass the limit. Prefixes must be declared in the query.
        """
        return written(self._run(text, None, data, prefixes={}), wanted)

    def run(self, text: str) -> tuple[str, object]:
        """Any query of a trusted user: ("solutions", (names, rows)) or ("triples", lines); ASK gives one row."""
        answer = self._run(text, None, None)
        if isinstance(answer, px.QueryTriples):
            return "triples", sorted({f"{triple} ." for triple in answer})
        if isinstance(answer, px.QueryBoolean):
            truth = Term(str(bool(answer)).lower(), "literal", datatype=_BOOLEAN)
            return "solutions", (["answer"], [{"answer": truth}])
        names = [variable.value for variable in answer.variables]
        rows = [{n: _term(t) for n, t in zip(names, row, strict=True) if t is not None} for row in answer]
        return "solutions", (names, rows)

    def add(self, lines: Iterable[Line]) -> None:
        """Add quads, and their triples to the merge."""
        quads = list(px.parse(_document(lines), px.RdfFormat.N_QUADS))
        self._engine.extend(quads)
        self._engine.extend(px.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)

    def lines(self, graph: str | None = None) -> list[Line]:
        """The quads of the named graphs (of one of them) as sorted canonical lines; the default copy is left out."""
        name = px.NamedNode(graph) if graph else None
        quads = self._engine.quads_for_pattern(None, None, None, name)
        return sorted(_line(quad) for quad in quads if _is_named(quad))

    def located(self, triples: Iterable[Line]) -> list[Line]:
        """The quads of the named graphs that hold these triples, as sorted canonical lines."""
        found: set[Line] = set()
        for triple in px.parse(_document(triples), px.RdfFormat.N_TRIPLES):
            pattern = (triple.subject, triple.predicate, triple.object)
            found.update(_line(quad) for quad in self._engine.quads_for_pattern(*pattern) if _is_named(quad))
        return sorted(found)

    def graphs(self) -> list[str]:
        return sorted(name.value for name in self._engine.named_graphs())

    def _run(
        self,
        text: str,
        values: Mapping[str, Term] | None,
        data: DataSet | None,
        prefixes: Mapping[str, str] | None = None,
    ) -> px.QuerySolutions | px.QueryBoolean | px.QueryTriples:
        options: dict[str, object] = {"prefixes": dict(self.prefixes if prefixes is None else prefixes)}
        if self.base:
            options["base_iri"] = self.base
        if values:
            options["substitutions"] = {px.Variable(name): _engine_term(term) for name, term in values.items()}
        engine = self._engine
        if data is not None:
            engine = self._merged(data)
            # Given here, these win over FROM and FROM NAMED of the text: SPARQL 1.1 Protocol, section 2.1.4.
            options["default_graph"] = px.DefaultGraph()
            options["named_graphs"] = [px.NamedNode(name) for name in data.named]
        try:
            return engine.query(text, **options)
        except SyntaxError as error:
            raise _syntax_error(error, text, options) from None
        except RuntimeError as error:
            # What the grammar allows and this engine lacks, such as a function of somebody else's.
            raise QueryError("query-unsupported", detail=str(error)) from None

    def _merged(self, data: DataSet) -> px.Store:
        """A store of its own for one query, with the merge of some graphs as its default graph.

        Not by `bulk_extend`: that takes 200 MB before it starts.
        """
        engine = px.Store()
        for name in data.default:
            quads = self._engine.quads_for_pattern(None, None, None, px.NamedNode(name))
            engine.extend(px.Quad(q.subject, q.predicate, q.object) for q in quads)
        for name in data.named:
            engine.extend(self._engine.quads_for_pattern(None, None, None, px.NamedNode(name)))
        return engine


def written(result: px.QuerySolutions | px.QueryBoolean | px.QueryTriples, wanted: Wanted) -> tuple[str, bytes]:
    """A result of the engine as `Store.answer` gives it."""
    if isinstance(result, px.QueryTriples):
        found, target = _bounded(result, wanted.limit), RDF_FORMATS[wanted.rdf]
        lines = sorted(found)
        if target in (px.RdfFormat.N_TRIPLES, px.RdfFormat.N_QUADS):
            return "rdf", _document(lines)
        return "rdf", _abbreviated((found[line] for line in lines), target, wanted.prefixes, lines)
    target = _Bounded(wanted.limit)
    try:
        result.serialize(target, RESULT_FORMATS[wanted.results])
    except OSError:
        if target.overflowed:
            raise QueryError("answer-too-large", limit=wanted.limit) from None
        raise
    return "results", target.getvalue()


def parse(text: str | bytes, format: str, base: str | None = None, where: str = "RDF") -> list[Line]:
    """Sorted canonical lines of RDF text in one of `RDF_FORMATS`; ProjectError with the line for a syntax error."""
    try:
        return sorted({_line(quad) for quad in px.parse(text, RDF_FORMATS[format], base_iri=base)})
    except SyntaxError as error:
        raise ProjectError("rdf-syntax", f"{where}:{error.lineno or 1}", detail=error.msg) from None


def serialise(lines: Iterable[Line], format: str, prefixes: Mapping[str, str] | None = None) -> bytes:
    """Lines in one of `RDF_FORMATS`, the same bytes for the same set of lines and prefixes.

    A format of triples leaves the graph names out and writes a triple of two graphs once. Of `prefixes` only those
    whose namespaces occur are declared.
    """
    target = RDF_FORMATS[format]
    unique = sorted(set(lines))
    quads = px.parse(_document(unique), px.RdfFormat.N_QUADS)
    if target == px.RdfFormat.N_QUADS:
        return _document(sorted({_line(quad) for quad in quads}))
    if target.supports_datasets:
        # Graph by graph, or each graph would be opened again for every subject.
        ordered = sorted(quads, key=lambda quad: (str(quad.graph_name), str(quad)))
        return _abbreviated(ordered, target, prefixes, unique)
    triples = _document(sorted({f"{quad.triple} ." for quad in quads}))
    if target == px.RdfFormat.N_TRIPLES:
        return triples
    statements = (quad.triple for quad in px.parse(triples, px.RdfFormat.N_TRIPLES))
    return _abbreviated(statements, target, prefixes, unique)


def canonical_hash(lines: Iterable[Line]) -> str:
    """SHA-256 (hex) of the RDFC-1.0 canonical N-Quads of `lines` (W3C Recommendation of 2024-05-21).

    Without blank nodes this is the SHA-256 of the sorted lines. Many blank nodes that look alike may take for ever:
    only for data of ours.
    """
    data = px.Dataset(px.parse(_document(lines), px.RdfFormat.N_QUADS))
    data.canonicalize(px.CanonicalizationAlgorithm.RDFC_1_0)
    return sha256(_document(sorted(_line(quad) for quad in data))).hexdigest()


def read_lines(path: Path) -> list[Line]:
    """The lines of an N-Quads file as they stand; nothing is parsed. Only a line feed ends a line."""
    return [line for line in path.read_bytes().decode("utf-8").split("\n") if line]


def terms(line: Line) -> tuple[Term, Term, Term, Term | None]:
    """Subject, predicate, object and graph of one line; the graph of a triple is None."""
    quad = next(iter(px.parse(line, px.RdfFormat.N_QUADS)))
    graph = None if isinstance(quad.graph_name, px.DefaultGraph) else _term(quad.graph_name)
    return _term(quad.subject), _term(quad.predicate), _term(quad.object), graph


def _bounded(triples: Iterable[px.Triple], limit: int) -> dict[Line, px.Triple]:
    found: dict[Line, px.Triple] = {}
    size = 0
    for triple in triples:
        line = f"{triple} ."
        if line not in found:
            found[line] = triple
            size += len(line)
            if size > limit:
                raise QueryError("answer-too-large", limit=limit)
    return found


class _Bounded(io.RawIOBase):
    """A buffer that refuses to grow past its limit: the engine stops evaluating when a write fails."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._parts: list[bytes] = []
        self.overflowed = False

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._size += len(data)
        if self._size > self._limit:
            self.overflowed = True
            raise OSError(self._limit)
        self._parts.append(bytes(data))
        return len(data)

    def getvalue(self) -> bytes:
        return b"".join(self._parts)


@cache
def _merge_rule() -> str:
    return (files("kg") / "queries" / "merge.ru").read_text(encoding="utf-8")


def _document(lines: Iterable[Line]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _is_named(quad: px.Quad) -> bool:
    return not isinstance(quad.graph_name, px.DefaultGraph)


def _line(quad: px.Quad) -> Line:
    return f"{quad} ." if _is_named(quad) else f"{quad.triple} ."


def _abbreviated(
    statements: Iterable[px.Quad] | Iterable[px.Triple],
    target: px.RdfFormat,
    prefixes: Mapping[str, str] | None,
    lines: Sequence[Line],
) -> bytes:
    """The text with the prefixes it uses, sorted: the engine writes all it is given, in an order of its own.

    RDF/XML and JSON-LD name their prefixes inside, in an order that changes from run to run: they go without.
    """
    if target not in (px.RdfFormat.TURTLE, px.RdfFormat.TRIG):
        return px.serialize(statements, format=target)
    text = "\n".join(lines)
    used = {name: space for name, space in (prefixes or {}).items() if f"<{space}" in text}
    written = px.serialize(statements, format=target, prefixes=used).decode()
    head = [f"@prefix {name}: <{space}> ." for name, space in sorted(used.items())]
    body = written.split("\n", len(head))[len(head)]
    return ("\n".join([*head, "", body]) if head else body).encode()


def _term(term: px.NamedNode | px.Literal | px.BlankNode) -> Term:
    if isinstance(term, px.NamedNode):
        return Term(term.value)
    if isinstance(term, px.BlankNode):
        return Term(term.value, "blank")
    if term.language:
        return Term(term.value, "literal", language=term.language)
    return Term(term.value, "literal", datatype=term.datatype.value)


def _engine_term(term: Term) -> px.NamedNode | px.Literal:
    if term.kind == "iri":
        return px.NamedNode(term.value)
    if term.language:
        return px.Literal(term.value, language=term.language)
    return px.Literal(term.value, datatype=px.NamedNode(term.datatype)) if term.datatype else px.Literal(term.value)


def _syntax_error(error: SyntaxError, text: str, options: Mapping[str, object]) -> QueryError:
    message = ""
    try:
        px.Store().query(stretched(text), **{k: v for k, v in options.items() if k in ("prefixes", "base_iri")})
    except SyntaxError as again:
        message = again.msg
    line, column = place(message, text)
    found = _short(text.split("\n")[line - 1], 80)
    return QueryError("query-syntax", line=line, column=column, found=found, detail=_expected(detail(error.msg)))


def _expected(detail: str) -> str:
    """What the engine expected, without its classes of characters, which say little to a person."""
    words = [word for word in detail.split(", ") if "[" not in word and "\\u" not in word]
    return _short(", ".join(words).removeprefix("expected ").removeprefix("one of ") or "-")


def _short(text: str, width: int = 120) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[:width] + " …"
