"""Where a term comes from: the mappings that make it, the fields of the records that they read, and the rules.

A mapping names a term itself, or takes it from a field of its records (`account.rml.ttl`: the class of a thing); then the
records that the release publishes say which terms it makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rdflib import RDF, Graph, URIRef
from rdflib.term import Node

from kg.project import Project, read_text

_RML = {
    name: URIRef(f"http://w3id.org/rml/{name}")
    for name in ("class", "predicate", "predicateMap", "objectMap", "template", "reference")
}
_FIELD = re.compile(r"\{(?:\$\.)?([^}]*)\}")


@dataclass(frozen=True)
class Source:
    """A mapping or a rule that makes a term, and the fields of the records that it reads."""

    file: str
    fields: tuple[str, ...]


@cache
def sources(project: Project, release: Path) -> dict[str, tuple[Source, ...]]:
    """By term, in the order of the files; `release` is the folder of a release. A project without mappings has none."""
    found: dict[str, dict[str, set[str]]] = {}
    for path in project.files("mappings", "*.rml.ttl"):
        graph = Graph(bind_namespaces="none")
        graph.parse(data=read_text(path, project.place(path)), format="turtle")
        made = [*_named(graph), *_taken(graph, release / "records" / f"{path.name.partition('.')[0]}.json")]
        for term, fields in made:
            found.setdefault(term, {}).setdefault(path.name, set()).update(fields)
    return {
        term: tuple(Source(file, tuple(sorted(fields))) for file, fields in sorted(files.items()))
        for term, files in found.items()
    }


def _named(graph: Graph) -> Iterator[tuple[str, set[str]]]:
    """Terms that a mapping names, with the fields that fill in their things or values."""
    for node, term in graph.subject_objects(_RML["class"]):
        yield str(term), _fields(graph, node)
    for node, term in graph.subject_objects(_RML["predicate"]):
        for made in graph.objects(node, _RML["objectMap"]):
            yield str(term), _fields(graph, made)


def _fields(graph: Graph, node: Node) -> set[str]:
    """Fields of records that a term map reads, without the `$.` of JSONPath."""
    return {field for form in _forms(graph, node) for field in _FIELD.findall(form)}


def _forms(graph: Graph, node: Node) -> list[str]:
    """What a term map fills in: templates, and references as templates of one field."""
    references = [f"{{{value}}}" for value in graph.objects(node, _RML["reference"])]
    return [*map(str, graph.objects(node, _RML["template"])), *references]


def _taken(graph: Graph, records: Path) -> Iterator[tuple[str, set[str]]]:
    """Terms that a mapping takes from a field of its records: of those that the release publishes."""
    nodes = set(graph.objects(None, _RML["predicateMap"]))
    for statement in graph.subjects(_RML["predicate"], RDF.type):
        nodes.update(graph.objects(statement, _RML["objectMap"]))
    forms = [(form, _FIELD.findall(form)) for node in nodes for form in _forms(graph, node)]
    if not forms or not records.is_file():
        return
    for key, value in set(_strings(json.loads(records.read_text(encoding="utf-8")))):
        for form, fields in forms:
            if fields == [key]:
                yield _FIELD.sub(lambda _: value, form), {key}


def _strings(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """All strings of a JSON value, each with the name of its field."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    elif isinstance(value, str):
        yield key, value


@cache
def rules(project: Project) -> tuple[tuple[str, str], ...]:
    """The rules by their file, each with what it makes: what stands before its WHERE."""
    paths = project.files("mappings/rules", "*.rq")
    return tuple((path.name, read_text(path, project.place(path)).partition("WHERE")[0]) for path in paths)
