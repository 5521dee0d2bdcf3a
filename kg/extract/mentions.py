"""Names found in texts that are not taken apart: every label that the project knows, longest match first.

The dictionary is all labels (Japanese, English, kana) of the registry and the tables of names. A match within a longer
Latin word is none. Which thing a name means is not decided here: one name may be that of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ahocorasick_rs import AhoCorasick, MatchKind

from kg.project import Project, read_csv

KINDS = ("lg", "country", "place", "office", "org", "network", "programme", "event", "person", "project")
"""kinds of things that a text may mention; records, statements and figures are not among them"""
_TABLES = {
    "local-government-names": ("lg", "key", "name"), "local-governments": ("lg", "key", "kana"),
    "country-names": ("country", "cc", "name"),
}  # fmt: skip


@dataclass(frozen=True)
class Mention:
    """A known name in a text: the code points [start, end)."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Dictionary:
    """Names to look for."""

    names: tuple[str, ...]

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(list(self.names), matchkind=MatchKind.LeftmostLongest)

    def find(self, text: str) -> list[Mention]:
        """The mentions of a text in its order; none overlaps another."""
        if not self.names:
            return []
        found = (Mention(self.names[i], a, b) for i, a, b in self._automaton.find_matches_as_indexes(text))
        return [m for m in found if not (_joined(text, m.start) or _joined(text, m.end))]


def _joined(text: str, at: int) -> bool:
    """Whether the place `at` lies within a Latin word or a number."""
    around = text[max(at - 1, 0) : at + 1]
    return len(around) == 2 and all(c.isascii() and c.isalnum() for c in around)


def labels(project: Project) -> tuple[dict[str, str], ...]:
    """Every name and the key (`lg/jp-tokyo-to`) of a thing that has it, as rows `name`, `key`; sorted, each once."""
    return tuple({"name": name, "key": key} for name, key in sorted(set(_pairs(project))))


def _pairs(project: Project) -> Iterator[tuple[str, str]]:
    path = project.mappings / "registry.csv"
    for _, row in read_csv(path, project.place(path), ("key", "label_ja", "label_en")):
        if row["key"].split("/")[0] in KINDS:
            yield from ((row[column], row["key"]) for column in ("label_ja", "label_en") if row[column])
    for table, (kind, key, name) in _TABLES.items():
        for row in _rows(project, table):
            if row[name]:
                yield row[name], f"{kind}/{row[key]}"
    for row in _rows(project, "organisation-names"):
        yield row["name"], f"{row['kind']}/{row['key']}"


def _rows(project: Project, table: str) -> Iterable[Mapping[str, str]]:
    path = project.lookup(table)
    return (row for _, row in read_csv(path, project.place(path)))
