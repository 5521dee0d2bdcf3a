"""`kg check`: everything that can be wrong in a file of ours, found before the first document is opened.

Reading a file already refuses what is wrong in it alone (syntax, unknown keys, guards that no longer fit). This module
holds the files against each other: records against their schema and the register, mappings against record fields,
ontology and shapes, keys against the registry, ontology and shapes against the hygiene queries, the terms of queries
against the ontology.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kg import citing, curate, describe, examples, ledger, link, minting, pipeline, provenance, reading, reference, tables, tombstones
from kg.errors import ProjectError, QueryError
from kg.extract import load_layout, load_lookups
from kg.extract.records import check as check_schema
from kg.extract.records import read_lines
from kg.messages import nearest
from kg.model import Problem
from kg.project import Project, read_csv, read_text
from kg.query_text import prefixed_names
from kg.rml import MapDescription, Mapping as RmlMapping
from kg.store import Store, parse
from kg.vocabulary import Vocabulary

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[\*\]|\[\?[^\]]*\]")
_HEADER = re.compile(r"^# (en|ja): (.+)$", re.MULTILINE)
Fields = Mapping[str, Any]
"""the fields of an object: name -> the fields of its nested objects, or None for a plain value"""


def check(project: Project) -> list[Problem]:
    """Every problem found, in the order of files. What stops a file from being read at all is raised."""
    sources = pipeline.load(project)
    load_lookups(project)
    for document in sources.documents.values():
        if document.layout:
            load_layout(project, document.layout)
    curated = curate.apply(sources.records, sources.decisions)
    fields = _fields_of_sources(project, sources, curated)
    return [
        *_records(project, sources),
        *(problem for mapping in sources.mappings for problem in _mapping(mapping, fields, sources.vocabulary)),
        *_registry(project, sources),
        *citing.problems(project, sources.documents),
        *link.problems(sources.links, sources.names.base, pipeline.registered(project)),
        *_tables(project),
        *ledger.problems(pipeline.account(sources)),
        *_hygiene(project, sources.vocabulary),
        *_queries(project, sources),
        *_schemas(project, sources.vocabulary),
    ]


def coverage(project: Project, documents: Path | None = None) -> tuple[list[ledger.Account], list[Problem]]:
    """The line ledger of every document, and what is wrong with it; with `documents`, against the texts too."""
    sources = pipeline.load(project)
    accounts = pipeline.account(sources)
    problems = ledger.problems(accounts)
    names = [row[column] for row in sources.lookups["local-governments"] for column in ("name_ja", "name_en")]
    for account in accounts if documents else ():
        text = reading.text_of(project, account.document, documents)
        problems += ledger.check_text(account, text, names)
    return accounts, problems


def _records(project: Project, sources: pipeline.Sources) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path in project.files("mappings/records", "*.jsonl"):
        for number, line in read_lines(path, project.place(path)):
            where = project.place(path, number)
            schema = project.record_schema(line["type"])
            if not schema.is_file():
                yield Problem("record-type", where, {"type": line["type"], "expected": project.place(schema)})
                continue
            yield from check_schema([(where, line)], json.loads(read_text(schema, project.place(schema))))
            if line["id"] in seen:
                yield Problem("record-repeated", where, {"id": line["id"], "first": seen[line["id"]]})
            seen.setdefault(line["id"], where)
            document = sources.documents.get(line["document"])
            if document is None or document.sha256 != line["version"]:
                expected = document.sha256[:12] if document else ", ".join(sources.documents)
                yield Problem("record-version", where, {"id": line["id"], "expected": expected})
            elif not 1 <= line["lines"][0] <= line["lines"][1] <= document.lines:
                yield Problem("record-lines", where, {"id": line["id"], "last": document.lines})


# ---- mappings


def _fields_of_sources(project: Project, sources: pipeline.Sources, curated: list) -> dict[str, Fields]:
    """What each source of the mappings offers: records by their JSON Schema, tables by their header."""
    found: dict[str, Fields] = {}
    for path in project.files("mappings/records", "*.schema.json"):
        type_ = path.name.removesuffix(".schema.json")
        schema = json.loads(read_text(path, project.place(path)))
        found[f"records/{type_}.json"] = {**_of_schema(schema["properties"]["norm"], schema), **_KEYS}
    for path in project.files("mappings/lookups", "*.csv"):
        header = read_text(path, project.place(path)).split("\n", 1)[0].strip().split(",")
        found[f"lookups/{path.stem}.json"] = dict.fromkeys(header)
    years = provenance.fiscal_years([2019], sources.lookups["eras"])
    arrays = provenance.arrays(sources.documents, curated, sources.decisions, sources.rules)
    found.update(reference.fields())
    found[tombstones.SOURCE] = tombstones.FIELDS
    found.update({path: dict.fromkeys(names) for path, names in describe.FIELDS.items()})
    found[examples.ARRAY] = dict.fromkeys(examples.FIELDS)
    linked = link.arrays(sources.links, sources.names.base)
    optional = {**provenance.OPTIONAL, "links/mappings.json": link.OPTIONAL}
    for path, rows in {**arrays, **linked, "lookups/fiscal-years.json": years}.items():
        found[path] = dict.fromkeys([*optional.get(path, ()), *(name for row in rows for name in row)])
    return found


_KEYS = {"doc": None, "key": None}


def _of_schema(part: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    part = _resolved(part, schema)
    fields: dict[str, Any] = {}
    for name, value in part.get("properties", {}).items():
        value = _resolved(value, schema)
        inner = _resolved(value.get("items", value), schema)
        fields[name] = {**_of_schema(inner, schema), **_KEYS} if "properties" in inner else None
    return fields


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """`part`, or what its `$ref` within the same schema leads to."""
    reference = part.get("$ref", "")
    return schema["$defs"][reference.removeprefix("#/$defs/")] if reference else part


def _mapping(mapping: RmlMapping, fields: Mapping[str, Fields], vocabulary: Vocabulary) -> Iterator[Problem]:
    for part in mapping.maps:
        where = f"{mapping.where} <#{part.name.rpartition('#')[2]}>"
        if part.source not in fields:
            yield Problem("mapping-source", where, {"source": part.source, "nearest": nearest(part.source, fields)})
            continue
        if not part.has_graph:
            yield Problem("mapping-graph", where, {})
        for path, _ in part.references:
            yield from _reference(where, part, path, fields[part.source])
        yield from _terms(where, part, mapping, vocabulary)


def _reference(where: str, part: MapDescription, path: str, fields: Fields) -> Iterator[Problem]:
    at: Any = fields
    for step in _STEP.finditer(part.iterator.removeprefix("$[*]") + path.removeprefix("$")):
        name = step[1]
        if name is None:
            continue
        if not isinstance(at, Mapping) or name not in at:
            near = nearest(name, at if isinstance(at, Mapping) else ())
            yield Problem("mapping-field", where, {"path": path, "field": name, "source": part.source, "nearest": near})
            return
        at = at[name]


def _terms(where: str, part: MapDescription, mapping: RmlMapping, vocabulary: Vocabulary) -> Iterator[Problem]:
    known = vocabulary.terms
    for term in (*part.predicates, *part.classes):
        if term not in known:
            near = nearest(vocabulary.curie(term), map(vocabulary.curie, known))
            yield Problem("mapping-term", where, {"term": vocabulary.curie(term), "nearest": near})
    classes = _classes_of(part, mapping)
    shown = {f.predicate for c in classes for up in vocabulary.superclasses(c) for f in vocabulary.fields.get(up, ())}
    if not shown:
        return
    for term in part.predicates:
        if term in known and term not in shown | vocabulary.general_predicates:
            values = {"term": vocabulary.curie(term), "class": ", ".join(map(vocabulary.curie, sorted(classes)))}
            yield Problem("mapping-shape", where, values)


def _classes_of(part: MapDescription, mapping: RmlMapping) -> set[str]:
    """The classes of the subject, also where another triples map of the document with the same subject names them."""
    subject = _subject(part)
    return {c for other in mapping.maps if _subject(other) == subject for c in other.classes}


def _subject(part: MapDescription) -> str:
    return next(use.text for use in part.uses if use.position == "subject")


# ---- registry, hygiene, rules


def _registry(project: Project, sources: pipeline.Sources) -> Iterator[Problem]:
    """Every key of ours that the mapping would mint is registered: keys are born in one place and never die."""
    path = project.mappings / "registry.csv"
    where = project.place(path)
    registered: dict[str, int] = {}
    for line, row in read_csv(path, where, ("key", "class", "minted", "label_ja", "label_en")):
        if row["key"] in registered:
            yield Problem("registry-repeated", f"{where}:{line}", {"key": row["key"]})
        registered[row["key"]] = line
    for key in dict.fromkeys(_minted(sources)):
        if key not in registered:
            yield Problem("registry-missing", where, {"key": key, "nearest": nearest(key, registered)})


def _minted(sources: pipeline.Sources) -> Iterator[str]:
    """The keys of things that tables and records bring into the graph, each as often as they name it."""
    yield from minting.of_tables(sources.lookups)
    about = {r.id: _RECORD_KEYS[r.type] for r in sources.records if r.type in _RECORD_KEYS}
    yield from (about[r.id].format(document=r.document, key=r.key) for r in sources.records if r.id in about)
    for record in curate.apply(sources.records, sources.decisions):
        yield from (f"{thing['kind']}/{thing['slug']}" for thing in record.norm.get("things", []))


_RECORD_KEYS = {"seminar": "seminar/{key}", "activity": "activity/{key}", "news": "article/{document}-{key}", "contact": "contact/{document}"}
"""the thing that a record of a layout is about"""


def _tables(project: Project) -> Iterator[Problem]:
    """A register of tables that cannot be read is an error here already, not at the first import."""
    tables.registered(project)
    yield from ()


def _hygiene(project: Project, vocabulary: Vocabulary) -> Iterator[Problem]:
    parts = ("ontology", "concepts", "shapes")
    store = Store.load([q for part in parts for q in parse(vocabulary.source(part), "ntriples")], vocabulary.prefixes)
    for path in project.files("shapes/hygiene", "*.rq"):
        where = project.place(path)
        text = read_text(path, where)
        words = dict(_HEADER.findall(text))
        if set(words) != {"en", "ja"}:
            raise ProjectError("rule-comment", f"{where}:1")
        try:
            rows = store.select(text)
        except QueryError as error:
            yield Problem(error.code, where, error.values)
            continue
        for row in rows:
            yield Problem("hygiene-row", vocabulary.curie(row["where"].value), {"en": words["en"], "ja": words["ja"]})


def _queries(project: Project, sources: pipeline.Sources) -> Iterator[Problem]:
    """Rules and the queries of shapes can be read, and name only what is declared: a misspelt term finds nothing."""
    vocabulary = sources.vocabulary
    empty = Store.load([], vocabulary.prefixes)
    texts = {f"mappings/rules/{rule.name}.rq": rule.query for rule in sources.rules}
    texts |= {vocabulary.curie(iri): text for iri, text in vocabulary.shape_queries.items()}
    for where, text in texts.items():
        try:
            empty.run(text)
        except QueryError as error:
            yield Problem(error.code, where, error.values)
        for name in unknown_names(text, vocabulary):
            yield Problem("query-term", where, {"term": name, "nearest": nearest(name, _names(vocabulary))})


def unknown_names(text: str, vocabulary: Vocabulary) -> list[str]:
    """Prefixed names of a query that neither ontology nor vocabularies declare, in namespaces that they speak of."""
    known = _names(vocabulary)
    spoken_of = {name.partition(":")[0] for name in known}
    return sorted(name for name in prefixed_names(text) if name not in known and name.partition(":")[0] in spoken_of)


def _names(vocabulary: Vocabulary) -> set[str]:
    concepts = (concept for scheme in vocabulary.schemes.values() for concept in scheme.concepts)
    return {vocabulary.curie(iri) for iri in (*vocabulary.terms, *concepts)}


def _schemas(project: Project, vocabulary: Vocabulary) -> Iterator[Problem]:
    """A class or property that the JSON Schema of a type lets records choose is declared."""
    known = vocabulary.terms
    spaces = {_space(term) for term in known}
    for path in project.files("mappings/records", "*.schema.json"):
        where = project.place(path)
        for text in dict.fromkeys(_texts(json.loads(read_text(path, where)))):
            if _space(text) in spaces and text not in known:
                near = nearest(vocabulary.curie(text), map(vocabulary.curie, known))
                yield Problem("schema-term", where, {"term": vocabulary.curie(text), "nearest": near})


def _space(iri: str) -> str:
    """The namespace of a term: up to the last # or /; "" for a text that is no IRI."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
