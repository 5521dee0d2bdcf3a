"""What a query names that is not there: prefixes without a declaration, and terms that occur nowhere in the data.

Such a query is answered, with nothing; so whoever wrote it wants to be told, and to be given the nearest spelling.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.messages import render
from kg.queries import text_of
from kg.query_text import declared_prefixes, inspect, used_names
from kg.store import Store
from kg.vocabulary import Vocabulary

_MOST = 3
_CLOSE = 0.6
_REMARKS = 20
"""remarks on one query; whoever needs more has another kind of trouble"""
_PLAIN = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Hint:
    """One remark. `code` is prefix-missing, prefix-unknown or term-unknown; `start` and `end` count characters from 0."""

    code: str
    name: str
    start: int
    end: int
    nearest: tuple[str, ...]
    """what may have been meant, best first"""

    def text(self, language: str) -> str:
        """The remark in words."""
        if self.code == "term-unknown":
            return render("hint-near" if self.nearest else "hint-none", {"name": self.name, "nearest": ", ".join(self.nearest)}, language)
        if self.code == "prefix-missing":
            return render("hint-prefix", {"name": self.name}, language)
        return render(self.code, {"prefix": self.name, "nearest": ", ".join(self.nearest) or "-"}, language)


class Terms:
    """The names that occur in the data and its vocabularies, by the namespaces of `prefixes`."""

    def __init__(self, iris: Iterable[str], prefixes: Mapping[str, str]) -> None:
        self.prefixes = dict(prefixes)
        self._names: dict[str, dict[str, str]] = {}
        """namespace -> name in lower case -> name"""
        spaces = sorted(prefixes.values(), key=len, reverse=True)
        for iri in iris:
            space = next((space for space in spaces if iri.startswith(space)), None)
            if space and _PLAIN.fullmatch(iri[len(space):]):
                self._names.setdefault(space, {})[iri[len(space):].lower()] = iri[len(space):]

    def speaks_of(self, space: str) -> bool:
        """Whether anything of a namespace occurs: of others, nothing can be said."""
        return space in self._names

    def has(self, space: str, name: str) -> bool:
        return self._names.get(space, {}).get(name.lower()) == name

    def nearest(self, space: str, name: str) -> tuple[str, ...]:
        """Names of the same namespace, whatever their capitals."""
        words, asked = self._names.get(space, {}), name.lower()
        close = difflib.get_close_matches(asked, words, _MOST, _CLOSE)
        begun = sorted(word for word in words if word.startswith(asked))[:_MOST] if len(asked) > 2 else []
        return tuple(words[word] for word in dict.fromkeys([*close, *begun]))[:_MOST]


def terms_of(store: Store, vocabulary: Vocabulary) -> Terms:
    """All that occurs: subjects, classes and properties of the data, terms and concepts of the vocabularies."""
    iris = {row["name"].value for row in store.select(text_of("names-in-use"))} | vocabulary.terms.keys()
    iris |= {concept for scheme in vocabulary.schemes.values() for concept in scheme.concepts}
    return Terms(iris, vocabulary.prefixes)


def hints(text: str, base: str, terms: Terms) -> list[Hint]:
    """The remarks on a query, in its order, one for each name."""
    declared = declared_prefixes(text, base)
    undeclared = set(inspect(text, base).undeclared)
    found: dict[str, Hint] = {}
    for name, start in used_names(text):
        prefix, _, written = name.partition(":")
        if len(found) == _REMARKS:
            break
        if prefix in undeclared:
            found.setdefault(f"{prefix}:", _of_prefix(prefix, start, terms))
        local = re.sub(r"\\(.)", r"\1", written)
        space = declared.get(prefix) or terms.prefixes.get(prefix, "")
        if name not in found and _PLAIN.fullmatch(local) and terms.speaks_of(space) and not terms.has(space, local):
            near = tuple(f"{prefix}:{word}" for word in terms.nearest(space, local))
            found[name] = Hint("term-unknown", name, start, start + len(name), near)
    return sorted(found.values(), key=lambda hint: (hint.start, hint.code))


def _of_prefix(prefix: str, start: int, terms: Terms) -> Hint:
    if prefix in terms.prefixes:
        return Hint("prefix-missing", prefix, start, start + len(prefix) + 1, (prefix,))
    near = difflib.get_close_matches(prefix, terms.prefixes, _MOST, _CLOSE)
    return Hint("prefix-unknown", prefix, start, start + len(prefix) + 1, tuple(near))
