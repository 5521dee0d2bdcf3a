"""What can be searched for in one release: its things, and the terms and concepts that describe them."""

from __future__ import annotations

from collections.abc import Iterator

from endpoint.documents import query_text
from endpoint.finding import Entry, Index
from kg.store import Store
from kg.vocabulary import Vocabulary

_KEY, _TERM = 5, 6
"""ranks of the key of a thing and of the words of a term, after those that the query gives"""


def index(store: Store, vocabulary: Vocabulary) -> Index:
    return Index(entries(store, vocabulary))


def entries(store: Store, vocabulary: Vocabulary) -> list[Entry]:
    return [*_of_things(store), *_of_terms(vocabulary)]


def _of_things(store: Store) -> Iterator[Entry]:
    for row in store.select(query_text("searchable")):
        thing, text = row["thing"].value, row["text"]
        yield Entry(thing, int(row["rank"].value), text.value.rpartition("/")[2] if text.kind == "iri" else text.value)
        yield Entry(thing, _KEY, thing.rpartition("/")[2].replace("-", " "))


def _of_terms(vocabulary: Vocabulary) -> Iterator[Entry]:
    own = [iri for iri in vocabulary.terms if iri.startswith(vocabulary.base)]
    concepts = [iri for scheme in vocabulary.schemes.values() for iri in scheme.concepts]
    for iri in [*own, *vocabulary.schemes, *concepts]:
        for _, text in vocabulary.text(iri).by_language:
            yield Entry(iri, _TERM, text)
