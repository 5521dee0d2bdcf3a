"""Names to keys: which government, country, network, programme or organisation a printed name is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.letters import fold
from kg.messages import nearest
from kg.model import Problem

Rows = Sequence[Mapping[str, str]]


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
    """An index over the lookups: names in Japanese and English to keys, by country and container."""

    def __init__(self, lookups: Mapping[str, Rows]) -> None:
        self._country = {row["key"]: row["country"] for row in lookups["local-governments"]}
        self._plain: dict[str, list[str]] = {}
        for row in lookups["local-governments"]:
            for name in {row["name_ja"], row["name_en"]} - {""}:
                self._plain.setdefault(spelling(name), []).append(row["key"])
        self._within: dict[str, list[Mapping[str, str]]] = {}
        for row in lookups["aliases"]:
            if row["kind"] == "lg":
                self._within.setdefault(spelling(row["surface"]), []).append(row)

    def government(self, name: str, country: str | None) -> str | Unresolved:
        """The key of the local government called `name` in `country`."""
        word = spelling(name)
        keys = [key for key in self._plain.get(word, []) if self._country[key] == country]
        keys += [row["key"] for row in self._within.get(word, []) if row["country"] == country]
        if len(set(keys)) == 1:
            return keys[0]
        if keys:
            return Unresolved(name, tuple(sorted(set(keys))), ambiguous=True)
        close = nearest(word, [*self._plain, *self._within])
        return Unresolved(name, () if close == "-" else tuple(close.split(", ")), ambiguous=False)


def spelling(name: str) -> str:
    """The form that names are compared in: one width, no blanks, case folded."""
    return "".join(fold(name).split()).casefold()
