"""Which keys some records name that the registry does not have yet, each with its class and its names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kg.model import Line
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
    stated: Iterable[Line], earlier: Iterable[Line], graph: Iterable[Line],
) -> list[Key]:  # fmt: skip
    """Keys of the kinds that are registered, in `stated` but neither in `earlier` nor in the registry.

    Classes are those that `stated` gives, names those of `graph`, which rules and curation have been applied to.
    """
    path = project.mappings / "registry.csv"
    registered = {row["key"] for _, row in read_csv(path, project.place(path), ("key",))}
    kinds = {key.partition("/")[0] for key in registered}
    stated = list(stated)
    found = {key for key in _keys(names, stated) if key.partition("/")[0] in kinds}
    fresh = sorted(found - registered - set(_keys(names, earlier)))
    if not fresh:
        return []
    classes: dict[str, str] = {}
    for row in Store.load(stated, prefixes).select(text_of("classes-of-things")):
        classes.setdefault(row["thing"].value, row["class"].value.replace("#", "/").rpartition("/")[2])
    labels: dict[tuple[str, str | None], str] = {}
    for row in Store.load(graph, prefixes).select(text_of("names-of-things")):
        labels.setdefault((row["thing"].value, row["name"].language), row["name"].value)
    iris = {key: names.of_path(f"id/{key}") for key in fresh}
    return [
        Key(key, classes.get(iri, ""), labels.get((iri, "ja"), ""), labels.get((iri, "en"), ""))
        for key, iri in iris.items()
    ]


def _keys(names: Names, lines: Iterable[Line]) -> Iterable[str]:
    """`kind/key` of every thing that is named, without fragments: parts of a thing have no row of their own."""
    for line in lines:
        subject, _, value, _ = terms(line)
        for term in (subject, value):
            path = names.path_of(term.value) if term.kind == "iri" else None
            if path and path.startswith("id/") and path.count("/") == 2:
                yield path[3:].partition("#")[0]
