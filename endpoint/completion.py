"""What the query editor completes and remarks on: the terms in use with their labels, and hints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

from endpoint.documents import query_text
from endpoint.site import Site
from endpoint.words import LANGUAGES
from kg.hints import Hint, Terms, hints, terms_of
from kg.query_text import completed

@dataclass(frozen=True)
class Remark:
    """A hint in words; `inserts` are what may stand in its place, "" for one that `fixed` holds the whole query of."""

    code: str
    start: int
    end: int
    text: str
    inserts: tuple[str, ...]


class Completion:
    """Of one release; everything is looked up once, when first asked for."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._vocabulary = site.vocabulary

    @cached_property
    def vocabulary(self) -> dict[str, object]:
        """Prefixes, classes and properties in use: CURIE, number of uses, labels; for a class its properties."""
        rows = self._site.release.store.select(query_text("terms-used"))
        sizes = self._site.release.store.select(query_text("class-sizes"))
        things = {row["class"].value: int(row["number"].value) for row in sizes}
        properties: dict[str, dict[str, int]] = {}
        total: dict[str, int] = {}
        for row in rows:
            name, times = row["property"].value, int(row["times"].value)
            properties.setdefault(row["class"].value, {})[name] = times
            total[name] = max(total.get(name, 0), times)
        return {
            "prefixes": self._vocabulary.prefixes,
            "classes": [{**self._term(name, number), "properties": sorted(map(self._vocabulary.curie, properties[name]))}
                        for name, number in sorted(things.items())],
            "properties": [self._term(name, number) for name, number in sorted(total.items())],
        }

    def _term(self, iri: str, number: int) -> dict[str, object]:
        label, definition = self._vocabulary.text(iri), self._vocabulary.definition(iri)
        return {
            "name": self._vocabulary.curie(iri), "number": number,
            **{code: label.get(code) or "" for code in LANGUAGES},
            "definition": {code: definition.get(code) or "" for code in LANGUAGES},
        }

    @cached_property
    def _terms(self) -> Terms:
        return terms_of(self._site.release.store, self._vocabulary)

    def remarks(self, text: str, language: str) -> list[Remark]:
        found = hints(text, self._vocabulary.base, self._terms)
        return [_remark(hint, language) for hint in found]

    def completed(self, text: str) -> str:
        """The query with PREFIX lines for what it uses and we know."""
        return completed(text, self._vocabulary.base, self._vocabulary.prefixes)


def _remark(hint: Hint, language: str) -> Remark:
    inserts = () if hint.code == "prefix-missing" else hint.nearest if hint.code == "term-unknown" else tuple(f"{near}:" for near in hint.nearest)
    return Remark(hint.code, hint.start, hint.end, hint.text(language), inserts)


def plain(remark: Remark) -> dict[str, object]:
    return asdict(remark)
