"""What a release says of itself: VoID counts, the chain of versions, what it was built from, its files.

Nothing here is a triple: arrays for `mappings/description.rml.ttl` (in the data, `graph/meta`) and for
`mappings/distributions.rml.ttl` (beside the data, since a file cannot hold its own checksum). The counts are those of
the default graph, so each triple counts once, and the triples of the description are among them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from rdflib import RDF

from kg import published
from kg.errors import ReleaseError
from kg.model import Line, graph_of, triple
from kg.texts import media_of

Array = list[dict[str, Any]]
_TYPE = f"<{RDF.type}>"
_NAMESPACE = re.compile(r"^(.*[/#])[^/#]*$")
_NOT_IN_A_KEY = re.compile(r"[^A-Za-z0-9]+")
_ROUNDS = 5
"""of counting a description that counts itself: its numbers do not change how many triples it has, so two do"""


@dataclass(frozen=True)
class Edition:
    """Which release it is, and from what it was made."""

    version: str
    """`2026.11.0`, or the hash of a build"""
    issued: str | None
    """the day, only of a release with a number"""
    ontology: str
    shapes: str
    software: str
    """versions of the ontology, of the shapes and of the program"""
    documents: tuple[tuple[str, str], ...]
    """source documents: id, first digits of the SHA-256 of the version that was read"""
    past: tuple[tuple[str, str], ...] = ()
    """number and day of the releases before it, oldest first"""


@dataclass(frozen=True)
class Words:
    """What the vocabularies know."""

    entities: str
    """the pattern of the IRIs of things"""
    curie: Callable[[str], str]
    shown: frozenset[str]
    """the classes that have a shape: for these the properties are counted class by class"""


@dataclass
class Counts:
    """What VoID counts, of a set of triples."""

    triples: int = 0
    subjects: set[str] = field(default_factory=set)
    properties: Counter[str] = field(default_factory=Counter)
    subjects_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """by property"""
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """by class"""
    triples_of: Counter[str] = field(default_factory=Counter)
    """by class: the triples whose subject is of it"""
    properties_of: Counter[tuple[str, str]] = field(default_factory=Counter)
    """by class and property"""


def count(triples: Iterable[Line]) -> Counts:
    """Counts of distinct N-Triples lines; terms keep their brackets."""
    found = Counts()
    said: list[tuple[str, str]] = []
    classes: dict[str, list[str]] = defaultdict(list)
    for line in triples:
        subject, predicate, rest = line.split(" ", 2)
        said.append((subject, predicate))
        found.properties[predicate] += 1
        found.subjects_of[predicate].add(subject)
        if predicate == _TYPE:
            found.members[rest[:-2]].add(subject)
            classes[subject].append(rest[:-2])
    for subject, predicate in said:
        for class_ in classes.get(subject, ()):
            found.triples_of[class_] += 1
            found.properties_of[class_, predicate] += 1
    found.triples = len(said)
    found.subjects = {subject for subject, _ in said}
    return found


def description(
    lines: Iterable[Line], edition: Edition, static: Iterable[Line], words: Words,
    mapped: Callable[[Mapping[str, Array]], Iterable[Line]],
) -> set[Line]:  # fmt: skip
    """The quads of `graph/meta` for a release of `lines`.

    `static`: what is always said of the data set (quads); `mapped` makes quads of arrays.
    """
    lines = set(lines)
    triples = {triple(line) for line in lines}
    found = set(static)
    for _ in range(_ROUNDS):
        counts = count(triples | {triple(line) for line in found})
        fresh = {*static, *mapped(arrays(counts, linksets(lines), edition, words))}
        if fresh == found:
            return found
        found = fresh
    raise ReleaseError("release-uncounted")


def arrays(counts: Counts, links: Array, edition: Edition, words: Words) -> dict[str, Array]:
    """The arrays of `mappings/description.rml.ttl` by the path under which it reads them."""
    def key(term: str) -> str:
        name = words.curie(term[1:-1])
        return sha256(term.encode()).hexdigest()[:12] if name.startswith("<") else _NOT_IN_A_KEY.sub("-", name)

    is_entity = re.compile(words.entities).match
    terms = {*counts.properties, *counts.members}
    spaces = {match[1] for term in terms if (match := _NAMESPACE.match(term[1:-1]))}
    return {
        "release/counts.json": [{
            "triples": counts.triples, "subjects": len(counts.subjects), "properties": len(counts.properties),
            "classes": len(counts.members), "entities": sum(bool(is_entity(s[1:-1])) for s in counts.subjects),
        }],
        "release/vocabularies.json": [{"namespace": space} for space in sorted(spaces)],
        "release/classes.json": [
            {"key": key(c), "class": c[1:-1], "entities": len(members), "triples": counts.triples_of[c],
             "example": min(members)[1:-1]}
            for c, members in sorted(counts.members.items())
        ],
        "release/properties.json": [
            {"key": key(p), "property": p[1:-1], "triples": number, "subjects": len(counts.subjects_of[p])}
            for p, number in sorted(counts.properties.items())
        ],
        "release/properties-of-classes.json": [
            {"of": key(c), "key": key(p), "property": p[1:-1], "triples": number}
            for (c, p), number in sorted(counts.properties_of.items()) if c[1:-1] in words.shown
        ],
        "release/linksets.json": links,
        **_versions(edition),
    }  # fmt: skip


def _versions(edition: Edition) -> dict[str, Array]:
    chain = [version for version, _ in edition.past] + [edition.version]
    release: dict[str, Any] = {
        "version": edition.version, "first": chain[0], "ontology": edition.ontology, "shapes": edition.shapes,
        "software": edition.software, **({"issued": edition.issued} if edition.issued else {}),
    }  # fmt: skip
    if edition.past:
        release["previous"] = chain[-2]
    past = [
        {"version": version, "issued": issued, "next": chain[place + 1],
         **({"previous": chain[place - 1]} if place else {})}
        for place, (version, issued) in enumerate(edition.past)
    ]  # fmt: skip
    documents = [{"release": edition.version, "doc": doc, "version": version} for doc, version in edition.documents]
    return {"release/release.json": [release], "release/past.json": past, "release/documents.json": documents}


def linksets(lines: Iterable[Line]) -> Array:
    """The links by graph and predicate (VoID: a linkset has one): how many, and what the linked IRIs begin with."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        _, mark, name = graph_of(line).partition("/graph/link/")
        if mark:
            found[name].append(triple(line))
    rows: Array = []
    for graph, links in sorted(found.items()):
        predicates = sorted({link.split(" ", 2)[1] for link in links})
        for number, predicate in enumerate(predicates, 1):
            objects = [link.split(" ", 2)[2][1:-3] for link in links if link.split(" ", 2)[1] == predicate]
            name = graph if len(predicates) == 1 else f"{graph}-{number}"
            rows.append({
                "name": name, "graph": graph, "predicate": predicate[1:-1], "triples": len(objects),
                "space": _common_space(objects),
            })  # fmt: skip
    return rows


def _common_space(iris: Sequence[str]) -> str:
    """What all of `iris` begin with, up to the last / or #."""
    low, high = min(iris), max(iris)
    same = next((place for place, pair in enumerate(zip(low, high, strict=False)) if pair[0] != pair[1]), len(low))
    match = _NAMESPACE.match(low[:same])
    return match[1] if match else low[:same]


_GZIP = "application/gzip"
_BY = "licenses/by/4.0/"
_ZERO = "publicdomain/zero/1.0/"
_DEDICATED = ("ontology", "shapes")
"""files that are in the public domain, unlike the data"""


def files(edition: Edition, contents: Mapping[str, bytes]) -> Array:
    """The files that are offered one by one, as `mappings/distributions.rml.ttl` describes them."""
    rows = [_file(edition.version, name, contents[name]) for name in sorted(contents) if _is_offered(name)]
    return [*rows, _archive(edition.version)] if edition.issued else rows


def _is_offered(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return (not folder and file.startswith(("jichi.", "ontology.", "shapes."))) or folder in ("tables", "linksets")


def _file(version: str, name: str, content: bytes) -> dict[str, Any]:
    packed = name.endswith(".gz")
    plain = name.removesuffix(".gz")
    key = _NOT_IN_A_KEY.sub("-", name)
    row = {
        "version": version, "key": key, "name": name, "bytes": len(content), "checksum": key,
        "media": media_of(plain), "sha256": sha256(content).hexdigest(),
        "url": f"release/{version}/dump/{name}",
        "licence": _ZERO if plain.partition(".")[0] in _DEDICATED else _BY,
    }  # fmt: skip
    if plain.startswith("jichi."):
        row["whole"] = row["url"]
    return {**row, "packed": _GZIP} if packed else row


def _archive(version: str) -> dict[str, Any]:
    """All of it as one file. It holds this description, so its size and checksum cannot be told here."""
    name = published.archive_name(version)
    return {
        "version": version, "key": _NOT_IN_A_KEY.sub("-", name), "name": name, "media": media_of(name),
        "url": f"release/{name}", "licence": _BY,
    }  # fmt: skip


FIELDS = {
    "release/counts.json": ("triples", "subjects", "properties", "classes", "entities"),
    "release/vocabularies.json": ("namespace",),
    "release/classes.json": ("key", "class", "entities", "triples", "example"),
    "release/properties.json": ("key", "property", "triples", "subjects"),
    "release/properties-of-classes.json": ("of", "key", "property", "triples"),
    "release/linksets.json": ("name", "graph", "predicate", "triples", "space"),
    "release/release.json": ("version", "first", "previous", "issued", "ontology", "shapes", "software"),
    "release/past.json": ("version", "issued", "previous", "next"),
    "release/documents.json": ("release", "doc", "version"),
    "release/files.json": ("version", "key", "name", "media", "packed", "bytes", "checksum", "sha256", "url", "whole",
                           "licence"),
}  # fmt: skip
"""the arrays and their fields, for `kg check`"""
