"""Names to keys: which government, country, network, programme or organisation a printed name is.

A name is resolved in its context: the country and the first-level unit printed before it, else the prefectures of the
record's reporters. An alias with a country holds only in that country, so a name that several governments bear
(東海市, ニューキャッスル市) is never decided by the one that a table happens to have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.letters import fold
from kg.messages import nearest
from kg.model import Problem

Rows = Sequence[Mapping[str, str]]
FIRST_LEVEL = ("prefecture", "first-level")


@dataclass(frozen=True)
class Unresolved:
    """A name without a key: either nothing bears it, or several do (or one does, but only within its country)."""

    name: str
    candidates: tuple[str, ...]
    ambiguous: bool

    def problem(self, where: str) -> Problem:
        values = {"name": self.name, "candidates": ", ".join(self.candidates) or "-"}
        return Problem("name-ambiguous" if self.ambiguous else "name-unresolved", where, values, "warning")


class Names:
    """An index over the lookups. Names are compared in the form of `spelling`."""

    def __init__(self, lookups: Mapping[str, Rows]) -> None:
        governments = lookups["local-governments"]
        self._rows = {row["key"]: row for row in governments}
        self._plain: dict[str, set[str]] = {}
        for row in governments:
            for name in {row["name_ja"], row["name_en"]} - {""}:
                self._plain.setdefault(spelling(name), set()).add(row["key"])
        self._aliases: dict[str, list[Mapping[str, str]]] = {}
        self._countries = {spelling(row["name_ja"]): row["cc"] for row in lookups["countries"]}
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
        self._repeated = {spelling(row["name"]) for row in lookups["repeated-names"]}
        self._classes = {row["key"]: row["class"] for row in lookups["organisations"]}

    def class_of(self, organisation: str) -> str:
        """The IRI of the class of an organisation."""
        return self._classes[organisation]

    def body(self, name: str) -> tuple[str, str] | None:
        """Kind and slug of the network, programme, event or organisation called `name`."""
        return self._bodies.get(spelling(name))

    def bodies(self) -> list[str]:
        """The known names of such bodies, longest first, as `spelling` has them."""
        return sorted(self._bodies, key=lambda name: (-len(name), name))

    def country(self, name: str) -> str | None:
        return self._countries.get(spelling(name))

    def country_before(self, text: str) -> tuple[str, int] | None:
        """The country whose name `text` begins with, and the length of the name; more must follow."""
        for length in range(len(text) - 1, 1, -1):
            if cc := self.country(text[:length]):
                return cc, length
        return None

    def containers_before(self, text: str, country: str | None) -> list[tuple[str, int]]:
        """The first-level units whose name `text` begins with, longest first; more must follow."""
        found = []
        for length in range(len(text) - 1, 1, -1):
            key = self.government(text[:length], country)
            if isinstance(key, str) and self._rows[key]["kind"] in FIRST_LEVEL:
                found.append((key, length))
        return found

    def country_of(self, key: str) -> str:
        return self._rows[key]["country"]

    def prefecture_of(self, key: str) -> str | None:
        return self._rows[key].get("prefecture") or None

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

    def government(
        self, name: str, country: str | None = None, container: str | None = None, home: frozenset[str] = frozenset()
    ) -> str | Unresolved:
        """The key of the local government called `name`, within `country` and `container` where they are printed.

        Without either, a government of a prefecture of `home` comes first; a name that is repeated in Japan, that an
        alias binds to a country, or that several governments bear is ambiguous.
        """
        word = spelling(name)
        aliases = self._aliases.get(word, [])
        keys = {key for key in self._plain.get(word, ()) if self._fits(key, country, container)}
        keys |= {row["key"] for row in aliases if self._alias_fits(row, country, container)}
        near_home = {key for key in keys if self.prefecture_of(key) in home}
        alone = country is None and container is None
        if alone and len(near_home) == 1:
            return near_home.pop()
        bound = alone and (word in self._repeated or any(row["country"] for row in aliases))
        if len(keys) == 1 and not bound:
            return keys.pop()
        candidates = {row["key"] for row in aliases} | self._plain.get(word, set())
        if candidates and (bound or keys or country is None or any(row["country"] == country for row in aliases)):
            return Unresolved(name, tuple(sorted(candidates)), ambiguous=True)
        close = nearest(word, [*self._plain, *self._aliases])
        return Unresolved(name, () if close == "-" else tuple(close.split(", ")), ambiguous=False)

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


def spelling(name: str) -> str:
    """The form that names are compared in: one width, no blanks, case folded."""
    return "".join(fold(name).split()).casefold()
