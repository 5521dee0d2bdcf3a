"""By what a list can be narrowed: each `facets/*.rq` gives things and their values; a new facet needs no Python.

The first two lines of a query are its caption, `# en: ` and `# ja: `. `?order`, where a query gives one, orders the
values; else their names do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kg.store import Store
from kg.vocabulary import Text


@dataclass(frozen=True)
class Facet:
    """`values` has the values of each thing, as the words that stand for them in an address."""

    name: str
    caption: Text
    values: Mapping[str, frozenset[str]]
    iris: Mapping[str, str]
    """the IRI of each value, by its word"""
    order: Mapping[str, str]

    def counts(self, things: Iterable[str]) -> Counter[str]:
        """How many of the things have each value."""
        return Counter(value for thing in things for value in self.values.get(thing, ()))

    def keeps(self, thing: str, chosen: frozenset[str]) -> bool:
        """Whether a thing has one of the chosen values; with none chosen every thing is kept."""
        return not chosen or bool(self.values.get(thing, frozenset()) & chosen)


@cache
def queries() -> dict[str, str]:
    """The text of each facet's query by its name."""
    found = (files("endpoint") / "facets").iterdir()
    return {p.name.removesuffix(".rq"): p.read_text(encoding="utf-8") for p in sorted(found, key=lambda p: p.name) if p.name.endswith(".rq")}


def facets(store: Store) -> dict[str, Facet]:
    """Every facet of a release, by name."""
    return {name: _facet(store, name, text) for name, text in queries().items()}


def _facet(store: Store, name: str, text: str) -> Facet:
    rows = store.select(text)
    words = _words({row["value"].value for row in rows})
    values: dict[str, set[str]] = {}
    order = {}
    for row in rows:
        word = words[row["value"].value]
        values.setdefault(row["thing"].value, set()).add(word)
        if "order" in row:
            order[word] = row["order"].value
    found = {thing: frozenset(given) for thing, given in values.items()}
    return Facet(name, caption(text), found, {word: iri for iri, word in words.items()}, order)


def caption(text: str) -> Text:
    english, japanese = text.split("\n")[:2]
    return Text((("en", english.removeprefix("# en: ")), ("ja", japanese.removeprefix("# ja: "))))


def _words(iris: set[str]) -> dict[str, str]:
    """The last part of each IRI; where two share it, the part before it too."""
    parts = {iri: iri.replace("#", "/").split("/") for iri in iris}
    often = Counter(found[-1] for found in parts.values())
    return {iri: found[-1] if often[found[-1]] == 1 else "-".join(found[-2:]) for iri, found in parts.items()}
