"""Which keys some records name that the registry does not have yet, each with its class and its names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.model import Line, graph_of
from kg.names import Names
from kg.project import Project, read_csv
from kg.queries import text_of
from kg.store import Store, terms


@dataclass(frozen=True)
class Key:
    """A row of `registry.csv`, but for its day."""

    key: str
    class_: str
    ja: str
    en: str


def new_keys(
    project: Project, prefixes: dict[str, str], names: Names,
    named: Iterable[str], earlier: Iterable[Line], graph: Iterable[Line],
) -> list[Key]:  # fmt: skip
    """Of the keys `named` those of the kinds that are registered, but neither in `earlier` nor in the registry.

    Names are those of `graph`, which rules and curation have been applied to, classes those that it has without the rules.
    """
    path = project.mappings / "registry.csv"
    registered = {row["key"] for _, row in read_csv(path, project.place(path), ("key",))}
    kinds = {key.partition("/")[0] for key in registered}
    found = {key for key in named if key.partition("/")[0] in kinds}
    fresh = sorted(found - registered - set(keys(names, earlier)))
    if not fresh:
        return []
    lines = list(graph)
    own = [line for line in lines if graph_of(line) != names.graph("inferred")]
    classes: dict[str, str] = {}
    for row in Store.load(own, prefixes).select(text_of("classes-of-things")):
        classes.setdefault(row["thing"].value, row["class"].value.replace("#", "/").rpartition("/")[2])
    labels: dict[tuple[str, str | None], str] = {}
    for row in Store.load(lines, prefixes).select(text_of("names-of-things")):
        labels.setdefault((row["thing"].value, row["name"].language), row["name"].value)
    iris = {key: names.of_path(f"id/{key}") for key in fresh}
    return [
        Key(key, classes.get(iri, ""), labels.get((iri, "ja"), ""), labels.get((iri, "en"), ""))
        for key, iri in iris.items()
    ]


TABLES = (
    ("local-governments", "lg", "key"), ("countries", "country", "cc"), ("places", "place", "key"),
    ("offices", "office", "key"), ("organisations", "org", "key"),
)  # fmt: skip
"""the tables of things: table, kind of its keys, column"""


def of_tables(lookups: Mapping[str, Iterable[Mapping[str, str]]]) -> Iterable[str]:
    """`kind/key` of every thing that has a row in the lookups."""
    for table, kind, column in TABLES:
        yield from (f"{kind}/{row[column]}" for row in lookups[table])


def keys(names: Names, lines: Iterable[Line]) -> Iterable[str]:
    """`kind/key` of every thing that is named, without fragments: parts of a thing have no row of their own."""
    for line in lines:
        subject, _, value, _ = terms(line)
        for term in (subject, value):
            path = names.path_of(term.value) if term.kind == "iri" else None
            if path and path.startswith("id/") and path.count("/") == 2:
                yield path[3:].partition("#")[0]
