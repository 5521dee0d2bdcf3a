"""What is known of a thing, each statement with the graph that holds it and the lines that say it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kg.errors import MisuseError
from kg.messages import nearest
from kg.model import Line, graph_of
from kg.names import Names
from kg.queries import text_of
from kg.store import Row, Store, Term, terms

ORIGINS = {
    "rec": "stated", "curation": "curated", "ref": "external", "link": "external",
    "inferred": "inferred", "prov": "provenance", "meta": "description",
}
"""What kind of saying a graph is, by the first word of its path below `graph/` (contract, "Graphs")."""


@dataclass(frozen=True)
class Statement:
    """One triple about the thing, and where it is from."""

    property: str
    value: Term
    origin: str
    """stated, curated, external, inferred, provenance, description or withdrawn"""
    graph: str
    place: str
    """`000:29-30`, or "" for what no document says"""


@dataclass(frozen=True)
class Explanation:
    thing: str
    names: tuple[Term, ...]
    statements: tuple[Statement, ...]
    passages: tuple[str, ...]
    """the thing's own evidence, e.g. `004:82-83`"""
    reasons: tuple[Row, ...]
    """decisions on the curated graphs that speak of it: change, reason, who, day"""


def explain(store: Store, names: Names, asked: str, withdrawn: Iterable[Line]) -> Explanation:
    """Explain an IRI, a CURIE, or a path such as `seminar/2018-london`; MisuseError for a thing nobody speaks of."""
    thing = resolve(store, names, asked)
    rows = store.select(text_of("explain"), {"thing": Term(thing)})
    statements = [_statement(names, row) for row in rows]
    statements += [_withdrawn(names, line) for line in withdrawn if line.startswith(f"<{thing}>")]
    if not statements:
        known = {names.path_of(s.value) or s.value for s in _subjects(store)}
        raise MisuseError("thing-unknown", asked, nearest=nearest((names.path_of(thing) or asked), known))
    graphs = {s.graph for s in statements if s.origin == "curated"}
    return Explanation(
        thing,
        tuple(row["name"] for row in store.select(text_of("name"), {"thing": Term(thing)})),
        tuple(statements),
        tuple(_place(names, row) for row in store.select(text_of("passages"), {"thing": Term(thing)})),
        tuple(r for g in sorted(graphs) for r in store.select(text_of("reasons"), {"graph": Term(g)})),
    )


@dataclass(frozen=True)
class Support:
    """A thing that rests on a passage within a span of lines."""

    place: str
    thing: str
    names: tuple[Term, ...]


SPAN = re.compile(r"^(\d{3}):(\d+)(?:-(\d+))?$")


def supports(store: Store, names: Names, span: str) -> list[Support]:
    """What lines of a document support, e.g. `004:46-61`: every thing with evidence that overlaps them, by line.

    MisuseError where the document is unknown or no evidence touches the lines.
    """
    document, first, last = SPAN.fullmatch(span).groups()  # type: ignore[union-attr]
    rows = [
        row for row in store.select(text_of("supports"))
        if _place(names, row).startswith(f"{document}:")
        and int(row["first"].value) <= int(last or first) and int(row["last"].value) >= int(first)
    ]  # fmt: skip
    if not rows:
        raise MisuseError("span-unknown", span)
    named: dict[str, list[Term]] = {}
    for row in rows:
        named.setdefault(row["thing"].value, []).extend([row["name"]] if "name" in row else [])
    places = {row["thing"].value: _place(names, row) for row in reversed(rows)}
    return [Support(places[thing], thing, tuple(dict.fromkeys(found))) for thing, found in named.items()]


def resolve(store: Store, names: Names, asked: str) -> str:
    """The IRI that `asked` means."""
    if asked.startswith(("http://", "https://")):
        return asked
    prefix, colon, local = asked.partition(":")
    if colon and prefix in store.prefixes:
        return store.prefixes[prefix] + local
    path = asked.strip("/")
    return names.of_path(path if path.startswith(("id/", "graph/", "vocab/", "def")) else f"id/{path}")


def _statement(names: Names, row: Row) -> Statement:
    graph = row["graph"].value
    kind = (names.path_of(graph) or "/").split("/")[1]
    place = _place(names, row) if "source" in row and kind == "rec" else ""
    return Statement(row["property"].value, row["value"], ORIGINS.get(kind, "external"), graph, place)


def _withdrawn(names: Names, line: Line) -> Statement:
    _, predicate, value, _ = terms(line)
    return Statement(predicate.value, value, "withdrawn", graph_of(line), "")


def _place(names: Names, row: Row) -> str:
    document = (names.path_of(row["source"].value) or "").removeprefix("id/document/").rpartition("-")[0]
    first, last = row["first"].value, row["last"].value
    return f"{document}:{first}" if first == last else f"{document}:{first}-{last}"


def _subjects(store: Store) -> list[Term]:
    return [row["thing"] for row in store.select(text_of("things"))]
