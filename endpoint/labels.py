"""Names and places for people: what a thing is called, how a value reads, where a statement is from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from endpoint.documents import query_text
from endpoint.words import word
from endpoint.written import written
from kg.languages import best, chain, is_kana_reading, is_reading
from kg.names import Names
from kg.store import Store, Term
from kg.vocabulary import Text, Vocabulary

_KEPT = 20_000


@dataclass(frozen=True)
class Source:
    """A passage: the evidence node, the version of the document, its key, first and last line (from 1, inclusive)."""

    evidence: str
    version: str
    document: str
    first: str
    last: str

    def text(self, language: str) -> str:
        key = "line" if self.first == self.last else "lines"
        return word("page", key, language, document=self.document, first=self.first, last=self.last)


class Labels:
    """Looks names up in one release and the vocabulary, and keeps what it has found (bounded)."""

    def __init__(self, store: Store, vocabulary: Vocabulary, names: Names) -> None:
        self._store = store
        self._vocabulary = vocabulary
        self._names = names
        self._names_of = lru_cache(_KEPT)(self._look_up)
        self.sources = lru_cache(_KEPT)(self._sources)

    def name(self, iri: str, language: str) -> str:
        """A name by the chain of `kg.languages`, else the place or the key that the IRI ends in."""
        known = best(self._names_of(iri), language)
        known = known or self._vocabulary.label(iri, language) or self._place(iri, language)
        return known or self._name_of_part(iri, language) or self._key(iri)

    def other_name(self, iri: str, language: str) -> str:
        """The name in the other language of the site, for a second line of a heading; "" where it is the same."""
        shown = self.name(iri, language)
        (other,) = chain(language)[1:]
        known = [label for tag, label in self._names_of(iri) if tag == other]
        text = known[0] if known else self._text(iri).exact(other) or ""
        return "" if text == shown else text

    def readings(self, iri: str) -> tuple[tuple[str, str], ...]:
        """How a name is read, as (tag, text): kana first, then Latin letters."""
        found = {(tag, text) for tag, text in self._names_of(iri) if is_reading(tag)}
        return tuple(sorted(found, key=lambda given: (not is_kana_reading(given[0]), given)))

    def literal(self, term: Term, language: str) -> str:
        """A literal as it is read: dates, lengths of time and numbers are written out, all else stands as it is."""
        return written(term, language)

    def _text(self, iri: str) -> Text:
        return self._vocabulary.text(iri)

    def _look_up(self, iri: str) -> tuple[tuple[str, str], ...]:
        """(tag, text), the best property first."""
        rows = self._store.select(query_text("names"), {"thing": Term(iri)})
        return tuple((row["label"].language or "", row["label"].value) for row in rows)

    def _place(self, iri: str, language: str) -> str | None:
        rows = self._store.select(query_text("place"), {"evidence": Term(iri)})
        return self._source(iri, rows[0]).text(language) if rows else None

    def _name_of_part(self, iri: str, language: str) -> str | None:
        """A sub-node without a name of its own is called by its thing and its fragment."""
        thing, hash_, fragment = iri.partition("#")
        if not hash_ or self._names.path_of(iri) is None:
            return None
        return word("page", "part-of", language, thing=self.name(thing, language), part=fragment)

    def _source(self, evidence: str, row: dict[str, Term]) -> Source:
        version = row["document"].value
        return Source(evidence, version, self._key(version).split("-")[0], row["first"].value, row["last"].value)

    def _key(self, iri: str) -> str:
        """The end of an IRI of ours, a CURIE of another one."""
        path = self._names.path_of(iri)
        if path is None:
            curie = self._vocabulary.curie(iri)
            return curie.strip("<>")
        tail = path.rpartition("/")[2]
        return tail or path

    def _sources(self, thing: str, graph: str) -> tuple[Source, ...]:
        """The passages for what `graph` says of `thing`: those that the thing names itself, else the graph's."""
        rows = self._store.select(query_text("node-source"), {"thing": Term(thing), "graph": Term(graph)})
        if not rows:
            rows = self._store.select(query_text("graph-source"), {"graph": Term(graph)})
        return tuple(self._source(row["evidence"].value, row) for row in rows)
