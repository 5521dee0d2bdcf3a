"""Names to keys: which government, country, network, programme or organisation a printed name is.

A name is resolved in its context: the country and the first-level unit printed before it, else the prefectures of the
record's reporters. An alias with a country holds only in that country, and a name that is repeated in Japan needs its
prefecture: so a name that several governments bear (東海市, ニューキャッスル市, 川崎町) is never decided by the one
that a table happens to have.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg.forms import forms
from kg.letters import fold
from kg.model import Problem
from kg.project import csv_row
from kg.romaji import plain

Rows = Sequence[Mapping[str, str]]
FIRST_LEVEL = ("prefecture", "first-level")


@dataclass(frozen=True)
class Unresolved:
    """A name without a key: either nothing bears it, or several do (or one does, but only within its country)."""

    name: str
    candidates: tuple[str, ...]
    ambiguous: bool
    table: str = "local-governments"
    """the table in which it would stand"""
    country: str | None = None
    container: str | None = None
    """the first-level unit printed before it"""

    def problem(self, where: str) -> Problem:
        values = {"name": self.name, "candidates": ", ".join(self.candidates) or "-", "table": self.table}
        known = {"country": self.country, "container": self.container}
        values |= {name: key for name, key in known.items() if key}
        if self.ambiguous:
            language = "en" if self.name.isascii() else "ja"
            values["row"] = csv_row((self.name, language, self.country or "", "", "lg", "KEY", "SOURCE"))
        return Problem("name-ambiguous" if self.ambiguous else "name-unresolved", where, values, "warning")


class Names:
    """An index over the lookups. Names are compared in the form of `spelling`.

    `document`: the one that is read. An alias of a name that several governments bear decides only in the documents that it cites.
    """

    def __init__(self, lookups: Mapping[str, Rows], document: str = "") -> None:
        self._document = document
        self._rows = {row["key"]: row for row in lookups["local-governments"]}
        self._plain: dict[str, set[str]] = {}
        for key, row in self._rows.items():
            for name in {row["name_ja"], row["name_en"]} - {""}:
                self._plain.setdefault(spelling(name), set()).add(key)
        for row in lookups["local-government-names"]:
            self._plain.setdefault(spelling(row["name"]), set()).add(row["key"])
        self._aliases: dict[str, list[Mapping[str, str]]] = {}
        self._countries = {
            spelling(name): row["cc"] for row in lookups["known-countries"] for name in (row["name_ja"], *row["other_ja"].split("|"))
        }  # fmt: skip
        self._countries.pop("", None)
        self._countries |= {spelling(row["name_ja"]): row["cc"] for row in lookups["countries"]}
        self._bodies: dict[str, tuple[str, str]] = {}
        for row in lookups["organisations"]:
            self._bodies |= {spelling(row["name_ja"]): ("org", row["key"])} if row["name_ja"] else {}
        for row in lookups["aliases"]:
            if row["kind"] == "lg":
                self._aliases.setdefault(spelling(row["surface"]), []).append(row)
            elif row["kind"] == "country":
                self._countries[spelling(row["surface"])] = row["key"]
            elif row["kind"] in ("network", "programme", "event", "org"):
                self._bodies[spelling(row["surface"])] = (row["kind"], row["key"])
        for row in lookups["activities"]:
            for kind, slug, words in (thing.split(":", 2) for thing in row["thing"].split("|") if thing):
                self._bodies.setdefault(spelling(words), (kind, slug))
        self.letters = {row["letter"]: row["cc"] for row in lookups["country-letters"]}
        """Countries by the one character that stands for each in a compound (日仏)."""
        self._repeated = {spelling(row["name"]): row["bearers"].split() for row in lookups["repeated-names"]}
        self._classes = {row["key"]: row["class"] for row in lookups["organisations"]}
        self._longest = max(map(len, (*self._plain, *self._aliases, *self._countries, *self._bodies)), default=0)

    def class_of(self, organisation: str) -> str:
        """The IRI of the class of an organisation."""
        return self._classes[organisation]

    def country_of(self, government: str) -> str:
        return self._rows[government]["country"]

    def prefecture_of(self, government: str) -> str | None:
        """The prefecture of a Japanese municipality; a prefecture is its own."""
        row = self._rows[government]
        return row.get("prefecture") or (government if row["kind"] == "prefecture" else None)

    def country(self, name: str) -> str | None:
        return self._countries.get(spelling(name))

    def body(self, name: str) -> tuple[str, str] | None:
        """Kind and slug of the network, programme, event or organisation called `name`."""
        return self._bodies.get(spelling(name))

    def body_before(self, text: str) -> tuple[str, str, int] | None:
        """The body whose name `text` begins with, the longest such name, and its length."""
        for length in self._lengths(text, whole=True):
            if found := self.body(text[:length]):
                return *found, length
        return None

    def country_before(self, text: str) -> tuple[str, int] | None:
        """The country whose name `text` begins with, and the length of the name; more must follow."""
        for length in self._lengths(text):
            if cc := self.country(text[:length]):
                return cc, length
        return None

    def containers_before(self, text: str, country: str | None) -> list[tuple[str, int]]:
        """The first-level units whose names `text` begins with, longest first; more must follow."""
        found = []
        for length in self._lengths(text):
            keys = self._keys(text[:length], country, None)
            found += [(key, length) for key in sorted(keys) if self._rows[key]["kind"] in FIRST_LEVEL]
        return found

    def _lengths(self, text: str, whole: bool = False) -> range:
        """Lengths of names that `text` may begin with, longest first; blanks inside a name may lengthen it."""
        return range(min(len(text) if whole else len(text) - 1, 2 * self._longest), 1, -1)

    def mentions(self, text: str) -> bool:
        """True where a known name of a government, country or body stands anywhere in `text`."""
        word = spelling(text)
        known = (self._plain, self._countries, self._bodies)
        slices = (word[i : i + length] for i in range(len(word)) for length in range(2, self._longest + 1))
        return any(piece in table for piece in slices for table in known)

    def first_level(self, name: str, country: str) -> str | None:
        """The first-level unit of `country` called `name`, or called so but for its last character (青森 for 青森県)."""
        word = spelling(name)
        found = {
            key
            for key, row in self._rows.items()
            if row["country"] == country and row["kind"] in FIRST_LEVEL and row["name_ja"]
            and word in (spelling(row["name_ja"]), spelling(row["name_ja"])[:-1])
        }  # fmt: skip
        return found.pop() if len(found) == 1 else None

    def bearers(self, name: str) -> set[str]:
        """The keys of all governments with a row that are called `name`, wherever they are."""
        return set(self._plain.get(spelling(name), ()))

    def lies_in(self, key: str, prefecture: str) -> bool:
        """Whether a Japanese municipality with a row lies in the prefecture called so in Latin letters, without its kind."""
        row = self._rows.get(key, {})
        above = (row.get("prefecture") or "").split("-")
        return len(above) > 1 and above[1] == plain(prefecture)

    def first_level_called(self, name: str, country: str) -> str | None:
        """The first-level unit of `country` whose whole name in Latin letters is `name`."""
        found = [k for k in self.bearers(name) if self._rows[k]["country"] == country and self._rows[k]["kind"] in FIRST_LEVEL]
        return found[0] if len(found) == 1 else None

    def called(self, name: str) -> str | None:
        """The one government that alone is called `name` in all tables, in whatever country."""
        word = spelling(name)
        found = self.bearers(name) | {row["key"] for row in self._aliases.get(word, ()) if not row["container"]}
        return found.pop() if len(found) == 1 and word not in self._repeated else None

    def government(
        self, name: str, country: str | None = None, container: str | None = None, home: Iterable[str] = ()
    ) -> str | Unresolved:
        """The key of the local government called `name`, within `country` and `container` where they are printed.

        Without a container, a government of a prefecture of `home` comes first. Otherwise a name is ambiguous that
        several governments bear, that is repeated in Japan, or that an alias binds to a country which is not given.
        """
        word = spelling(name)
        aliases = self._aliases.get(word, [])
        keys = self._keys(name, country, container)
        near_home = {key for key in keys if self.prefecture_of(key) in set(home)} if container is None else set()
        if len(near_home) == 1:
            return near_home.pop()
        decided = {row["key"] for row in aliases if self._is_cited(row) and self._alias_fits(row, country, container)}
        if len(decided) == 1 and container is None:
            return decided.pop()
        if len(keys) == 1 and (container is not None or not self._needs_context(word, country)):
            return keys.pop()
        if not keys and (alike := self._alike(name, country)):
            return alike
        candidates = {row["key"] for row in aliases} | self._plain.get(word, set())
        if country is not None:
            candidates = {key for key in candidates if self.country_of(key) == country}
        if candidates:
            others = self._repeated.get(word, ()) if container is None else ()
            return Unresolved(name, tuple(sorted({*candidates, *others})), container is None, country=country)
        printed = {}
        for row in self._rows.values():
            if country in (None, row["country"]):
                printed |= {spelling(form): form for form in (row["name_ja"], row["name_en"]) if form}
        close = difflib.get_close_matches(word, printed, n=3, cutoff=0.5)
        return Unresolved(name, tuple(printed[form] for form in close), False, country=country, container=container)

    def _alike(self, name: str, country: str | None) -> str | None:
        """The one government whose name is `name` but for macrons, hyphens and the word for its kind: Ōtsu-shi for Otsu City.

        Other ways to write Japanese in Latin letters do not count: Komatu may as well be a slip.
        """
        asked = _stem(name)
        found = {key for key, row in self._rows.items() if asked and row["country"] == country and _stem(row["name_en"]) == asked}
        return found.pop() if len(found) == 1 else None

    def no_body(self, name: str) -> Unresolved:
        """What is said of an organisation that no table has."""
        close = difflib.get_close_matches(spelling(name), self._bodies, n=3, cutoff=0.6)
        return Unresolved(name, tuple(close), ambiguous=False, table="organisations")

    def _needs_context(self, word: str, country: str | None) -> bool:
        """True for a name that is not enough alone: bound to a country that is not given, or repeated in Japan."""
        aliases = [row for row in self._aliases.get(word, ()) if row["country"]]
        here = {row["country"] for row in aliases if self._is_cited(row) or not self._document}
        return bool(aliases) and country is None or word in self._repeated and country not in here

    def _is_cited(self, row: Mapping[str, str]) -> bool:
        """Whether a row cites a line of the document that is read."""
        return bool(self._document) and any(token.partition(":")[0] == self._document for token in row.get("source", "").split())

    def _keys(self, name: str, country: str | None, container: str | None) -> set[str]:
        word = spelling(name)
        keys = {key for key in self._plain.get(word, ()) if self._fits(key, country, container)}
        return keys | {row["key"] for row in self._aliases.get(word, ()) if self._alias_fits(row, country, container)}

    def _fits(self, key: str, country: str | None, container: str | None) -> bool:
        row = self._rows[key]
        if country and row["country"] != country:
            return False
        if container is None:
            return True
        # The tables give the container of Japanese municipalities only; elsewhere the country has to do.
        inside = row.get("prefecture") or (container if row["kind"] not in FIRST_LEVEL else None)
        return inside == container and row["country"] == self.country_of(container)

    def _alias_fits(self, row: Mapping[str, str], country: str | None, container: str | None) -> bool:
        if row["country"] and row["country"] != (country or (container and self.country_of(container))):
            return False
        return not row["container"] or row["container"] == container


def _stem(name: str) -> tuple[str, str] | None:
    """A name in Latin letters without macrons and hyphens, and its kind; None where no word says the kind."""
    kind = next((form.kind for form in forms(name) if form.writing == "latin" and form.kind), "") if name else ""
    words = re.split(r"[\s-]+", name)
    return (plain("".join(words[:-1])), kind) if kind and len(words) > 1 else None


def spelling(name: str) -> str:
    """The form that names are compared in: one width, no blanks, case folded."""
    return "".join(fold(name).split()).casefold()
