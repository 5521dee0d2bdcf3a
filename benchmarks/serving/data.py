"""What is served and asked: the real graph or an invented one, twelve kinds of queries, addresses of documents."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.store import terms

_KINDS = ("town", "office", "visit", "network")
_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_DATE = "http://www.w3.org/2001/XMLSchema#date"
_PART = "http://purl.org/dc/terms/isPartOf"
_RELATED = "http://purl.org/dc/terms/relation"
_ISSUED = "http://purl.org/dc/terms/issued"
_PER_THING = 8
PARAMETERS = 40
"""different texts of each kind of query"""


def invented(base: str, number: int, seed: int = 7) -> Iterator[str]:
    """About `number` quads as N-Quads lines: things with two labels, a date, and links that make a few hops."""
    dice = random.Random(seed)
    things = number // _PER_THING
    for n in range(things):
        kind = _KINDS[n % len(_KINDS)]
        thing, graph = f"<{base}id/{kind}/k-{n}>", f"<{base}graph/rec/{n // 50}>"
        other = dice.randrange(things)
        rows = [
            (_TYPE, f"<{base}def#{kind.capitalize()}>"),
            (_LABEL, f'"第{n}の{kind}"@ja'),
            (_LABEL, f'"{kind} number {n} of {dice.randrange(1000)}"@en'),
            (_ISSUED, f'"{2000 + n % 25}-0{1 + n % 9}-1{n % 9}"^^<{_DATE}>'),
            (_PART, f"<{base}id/{_KINDS[(n // 7) % len(_KINDS)]}/k-{n // 7}>"),
            (_RELATED, f"<{base}id/{_KINDS[other % len(_KINDS)]}/k-{other}>"),
            (_RELATED, f"<{base}id/town/k-{4 * (n % 97)}>"),
            (f"{base}def#size", f'"{dice.randrange(10**6)}"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ]
        yield from (f"{thing} <{predicate}> {value} {graph} ." for predicate, value in rows)


@dataclass(frozen=True)
class Shape:
    """What queries can ask of some data: its commonest classes, label property, linking property, and some things."""

    classes: tuple[str, ...]
    label: str
    link: str
    things: tuple[str, ...]


def shape_of(data: Path, base: str) -> Shape:
    classes: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    links: Counter[str] = Counter()
    things: dict[str, None] = {}
    with data.open(encoding="utf-8") as file:
        for line in file:
            subject, predicate, value = line.split(" ", 2)
            iri = subject[1:-1]
            if not iri.startswith(f"{base}id/") or "#" in iri:
                continue
            things[iri] = None
            if predicate == f"<{_TYPE}>":
                classes[value.split(" ")[0][1:-1]] += 1
            elif value.startswith(f"<{base}id/"):
                links[predicate[1:-1]] += 1
            elif '"@ja' in value:
                labels[predicate[1:-1]] += 1
    chosen = sorted(things)
    random.Random(1).shuffle(chosen)
    return Shape(tuple(c for c, _ in classes.most_common(4)), labels.most_common(1)[0][0], links.most_common(1)[0][0],
                 tuple(chosen[:4000]))


def queries(shape: Shape) -> dict[str, list[str]]:
    """Twelve kinds of queries, each with many texts: lookups, joins, counts, sorting, text, graphs."""
    label, link = f"<{shape.label}>", f"<{shape.link}>"
    things = [f"<{iri}>" for iri in shape.things[:PARAMETERS]]
    classes = [f"<{iri}>" for iri in shape.classes]
    by_thing = {
        "describe by hand": "SELECT ?p ?o WHERE { %s ?p ?o }",
        "what leads here": "SELECT ?s ?p WHERE { ?s ?p %s }",
        "label in Japanese": f'SELECT ?l WHERE {{ %s {label} ?l FILTER(LANG(?l) = "ja") }}',
        "is it there": "ASK { %s a ?c }",
        "two hops": f"SELECT ?c ?l WHERE {{ %s {link} ?b . ?b {link} ?c . ?c {label} ?l }} LIMIT 50",
        "graph": "CONSTRUCT WHERE { %s ?p ?o }",
        "path": f"SELECT (COUNT(DISTINCT ?c) AS ?n) WHERE {{ %s {link}/{link}? ?c }}",
        "optional": f"SELECT ?o ?l WHERE {{ %s ?p ?o OPTIONAL {{ ?o {label} ?l }} }}",
    }
    found = {name: [text % thing for thing in things] for name, text in by_thing.items()}
    found["join by class"] = [
        f"SELECT ?s ?o WHERE {{ ?s a {c} ; {link} ?o . ?o a ?d }} LIMIT {20 + n}" for n in range(10) for c in classes]
    found["count by class"] = [
        f"SELECT ?c (COUNT(*) AS ?n) WHERE {{ ?s a ?c }} GROUP BY ?c HAVING (COUNT(*) > {n})" for n in range(PARAMETERS)]
    found["text"] = [
        f'SELECT ?s WHERE {{ ?s a {c} ; {label} ?l FILTER(CONTAINS(STR(?l), "{n}")) }} LIMIT 10' for n in range(10)
        for c in classes]
    found["first by label"] = [
        f"SELECT ?s ?l WHERE {{ ?s a {c} ; {label} ?l }} ORDER BY ?l LIMIT {10 + n}" for n in range(10) for c in classes]
    return found


def triples(lines: Iterable[str]) -> Iterator[str]:
    """The RDF merge of N-Quads: each triple once, without its graph."""
    seen = set()
    for line in lines:
        subject, predicate, value, graph = terms(line) if "\\" in line else _split(line)
        triple = f"{subject} {predicate} {value} ."
        key = hash(triple)
        if key not in seen:
            seen.add(key)
            yield triple


def _split(line: str) -> tuple[str, str, str, str]:
    subject, predicate, rest = line.rstrip("\n").split(" ", 2)
    value, graph, _ = rest.rsplit(" ", 2)
    return subject, predicate, value, graph
