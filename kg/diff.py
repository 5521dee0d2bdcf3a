"""Two releases compared: as quads, and in words by thing. Nothing is written, and the releases are not changed.

A statement that only moved from one graph to another is no difference in words. What the graphs of provenance and
description say (documents, passages, counts) is counted as quads and not told: it moves with every line of a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kg import published
from kg.languages import chain
from kg.model import Line, graph_of, triple
from kg.names import Names
from kg.queries import text_of
from kg.store import Store, Term, read_lines, terms
from kg.vocabulary import Vocabulary

_SILENT = ("prov", "meta")
"""graphs below `graph/` that are counted, not told"""
_TOMBSTONES = "ref/tombstones"
"""the graph that says what became of things that are gone: it describes none"""
_KINDS = ("added", "removed", "changed")


@dataclass(frozen=True)
class Changed:
    """One property of a thing: the values that went and the values that came, as a reader sees them."""

    property: str
    label: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    languages: tuple[str, ...] = ()
    """the language tags of these values, each once"""


@dataclass(frozen=True)
class Thing:
    """One thing that was added, removed or changed."""

    kind: str
    iri: str
    name: str
    classes: tuple[str, ...]
    properties: tuple[Changed, ...]
    successor: str | None = None
    """what took the place of a thing that is gone, by name"""


@dataclass(frozen=True)
class Difference:
    things: tuple[Thing, ...]
    counts: Mapping[str, Mapping[str, int]]
    """by class, as a reader sees it: how many things were added, removed, changed"""
    added: tuple[Line, ...]
    removed: tuple[Line, ...]

    @property
    def same(self) -> bool:
        return not self.added and not self.removed


def compare(old: Path, new: Path, vocabulary: Vocabulary, language: str) -> Difference:
    """The difference between two release folders, each checked first; words in `language`."""
    before, after = _quads(old), _quads(new)
    added, removed = sorted(after - before), sorted(before - after)
    words = _Words(before, after, vocabulary, language)
    things = tuple(words.things(added, removed)) if added or removed else ()
    counts: dict[str, dict[str, int]] = {}
    for thing in things:
        for class_ in thing.classes or ("-",):
            counts.setdefault(class_, dict.fromkeys(_KINDS, 0))[thing.kind] += 1
    return Difference(things, dict(sorted(counts.items())), tuple(added), tuple(removed))


def _quads(folder: Path) -> set[Line]:
    published.checksums(folder)
    return set(read_lines(folder / published.DATA))


class _Words:
    """What things are called in either release; the newer one first."""

    def __init__(self, before: set[Line], after: set[Line], vocabulary: Vocabulary, language: str) -> None:
        self._vocabulary, self._language = vocabulary, language
        self._names = Names(vocabulary.base)
        self._stores = [Store.load(lines, vocabulary.prefixes) for lines in (after, before)]
        self._before, self._after = before, after
        self._silent = tuple(f"{self._names.base}graph/{name}" for name in _SILENT)
        self._tombstones = f"{self._names.base}graph/{_TOMBSTONES}"
        self._successors = {
            row["old"].value: row["new"].value for row in self._stores[0].select(text_of("successors"))
        }
        silent = (line for line in before | after if graph_of(line).startswith(self._silent))
        self._machinery = {line.split(" ", 1)[0] for line in silent}
        self._called: dict[tuple[str, str | None], str] = {}
        self._classes: dict[str, list[str]] = {}
        self._classes_before: dict[str, list[str]] = {}
        for store, own in zip(self._stores, ({}, self._classes_before), strict=True):
            for row in store.select(text_of("names-of-things")):
                self._called.setdefault((row["thing"].value, row["name"].language), row["name"].value)
            for row in store.select(text_of("classes-of-things")):
                known = self._classes.setdefault(row["thing"].value, [])
                known += [row["class"].value] if row["class"].value not in known else []
                own.setdefault(row["thing"].value, []).append(row["class"].value)

    def things(self, added: Iterable[Line], removed: Iterable[Line]) -> Iterable[Thing]:
        """By thing, in the order of their IRIs."""
        found: dict[str, dict[str, tuple[set[Term], set[Term]]]] = {}
        before, after = self._told(self._before), self._told(self._after)
        for side, lines in ((1, self._told(added) - before), (0, self._told(removed) - after)):
            for subject, predicate, value, _ in map(terms, lines):
                pair = found.setdefault(subject.value, {}).setdefault(predicate.value, (set(), set()))
                pair[side].add(value)
        old, new = ({line.split(" ", 1)[0][1:-1] for line in told} for told in (before, after))
        for iri, properties in sorted(found.items()):
            kind = "added" if iri not in old else "removed" if iri not in new else "changed"
            changed = tuple(self._changed(iri, name, *pair) for name, pair in sorted(properties.items()))
            # What is gone may be described as withdrawn by now: what it was is told.
            types = (self._classes_before if kind == "removed" else self._classes).get(iri, [])
            classes = tuple(map(self._label, self._vocabulary.most_specific(types)[:1]))
            successor = self._successors.get(iri)
            yield Thing(kind, iri, self._name(iri), classes, changed, self._name(successor) if successor else None)

    def _told(self, lines: Iterable[Line]) -> set[Line]:
        """The triples that are told: none of the silent graphs, nor of what those describe (passages, documents)."""
        return {
            triple(line) for line in lines
            if not graph_of(line).startswith((*self._silent, self._tombstones))
            and line.split(" ", 1)[0] not in self._machinery
        }  # fmt: skip

    def _changed(self, iri: str, predicate: str, removed: set[Term], added: set[Term]) -> Changed:
        field = self._vocabulary.field(predicate, self._classes.get(iri, ()))
        label = field.name.get(self._language) or self._vocabulary.curie(predicate)
        values = (tuple(sorted(map(self._value, side))) for side in (removed, added))
        languages = tuple(sorted({term.language or "" for term in removed | added} - {""}))
        return Changed(predicate, label, *values, languages)

    def _value(self, term: Term) -> str:
        if term.kind != "iri":
            return f"{term.value} ({term.language})" if term.language else term.value
        return self._name(term.value)

    def _name(self, iri: str) -> str:
        """What a thing is called, in the reader's language where it has a name in it, else its CURIE."""
        tags = (*chain(self._language), None)
        name = next((self._called[iri, tag] for tag in tags if (iri, tag) in self._called), None)
        return name or self._vocabulary.label(iri, self._language) or self._vocabulary.curie(iri)

    def _label(self, iri: str) -> str:
        return self._vocabulary.label(iri, self._language) or self._vocabulary.curie(iri)
