"""Names found in texts that are not taken apart: every label that the project knows, longest match first.

The dictionary is all labels (Japanese, English, kana) of the registry and the tables of names; a Japanese local government
also goes by its English name without the word for its kind, or with that word before it. A match within a longer Latin
word is none. Which thing a name means is not decided here: one name may be that of several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from kg.extract.text import Page, TextLine
from kg.model import Place
from kg.project import Project, read_csv

KINDS = ("lg", "country", "place", "office", "org", "network", "programme", "event", "person", "project")
"""kinds of things that a text may mention; records, statements and figures are not among them"""
_BODIES = ("org", "network", "programme", "event")
"""kinds whose aliases hold in any text: UCLG"""
_DERIVED = ("語", "人", "海")
"""after a name these make another word of it: 日本語, 日本海"""
LONGER = "(?:文化都市|大使館|総領事館|共同体)"
"""a pattern for what ends a name that begins with another"""
_GOES_ON = re.compile(rf"[一-鿿々ァ-ヴー]{{0,4}}{LONGER}")
_GOES_BEFORE = re.compile(r"\b(?:Embassy|Consulate(?:[ -]General)?|High Commission|University|Bank) of (?:the )?$")
"""what makes a name a part of a longer one that no table has: 東アジア文化都市, Embassy of Japan"""
_KIND_LAST = re.compile(r"(?P<stem>[A-Z][\w' -]+) (?P<kind>City|Town|Village|Ward|Prefecture)")
_TABLES = {
    "local-government-names": ("lg", "key", ("name",)), "local-governments": ("lg", "key", ("name_ja", "name_en", "kana")),
    "country-names": ("country", "cc", ("name",)), "countries": ("country", "cc", ("name_ja", "name_en")),
    "places": ("place", "key", ("name_ja", "name_en")), "offices": ("office", "key", ("name_ja", "name_en")),
    "organisations": ("org", "key", ("name_ja", "name_en")),
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
        return [m for m in found if not (_joined(text, m.start) or _joined(text, m.end) or _is_part(text, m.start, m.end))]


def dictionary(lookups: Mapping[str, Iterable[Mapping[str, str]]]) -> Dictionary:
    """Every name that the lookups have."""
    return Dictionary(tuple(sorted({row["name"] for row in lookups["labels"]})))


def mentioned(
    page: Page, names: Dictionary, start: int, end: int, verbatim: dict[str, Any], but: Sequence[TextLine] = ()
) -> dict[str, Place]:
    """The places of the names found in the code points [start, end), as `mention-1` ...; the names go to `verbatim`.

    `but`: lines in between that are no part of the text, such as who posted it.
    """
    outside = [(line.start - start, line.end - start) for line in but]
    found = [m for m in names.find(page.text[start:end]) if not any(first <= m.start < last for first, last in outside)]
    if found:
        verbatim["mentions"] = [mention.name for mention in found]
    return {f"mention-{n}": page.place(start + m.start, start + m.end) for n, m in enumerate(found, start=1)}


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether the name [start, end) is a part of another word or of a longer name."""
    return text[end : end + 1] in _DERIVED or bool(_GOES_ON.match(text, end) or _GOES_BEFORE.search(text, max(start - 40, 0), start))


def _joined(text: str, at: int) -> bool:
    """Whether the place `at` lies within a Latin word, a number or a word in katakana."""
    around = text[max(at - 1, 0) : at + 1]
    if len(around) < 2:
        return False
    return all(c.isascii() and c.isalnum() for c in around) or all("ァ" <= c <= "ー" and c != "・" for c in around)


def labels(project: Project) -> tuple[dict[str, str], ...]:
    """Every name and the key (`lg/jp-tokyo-to`) of a thing that has it, as rows `name`, `key`; sorted, each once."""
    return with_other_forms(_pairs(project))


def with_other_forms(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], ...]:
    """Rows `name`, `key` of pairs of a name and a key, sorted, each once; a Japanese government with its other forms."""
    found = set(pairs)
    found |= {(form, key) for name, key in found if key.startswith("lg/jp-") for form in other_forms(name)}
    return tuple({"name": name, "key": key} for name, key in sorted(found))


def other_forms(name: str) -> tuple[str, ...]:
    """`Kobe City` as people write it: Kobe, City of Kobe, city of Kobe."""
    found = _KIND_LAST.fullmatch(name)
    if not found:
        return ()
    return found["stem"], *(f"{kind} of {found['stem']}" for kind in (found["kind"], found["kind"].lower()))


def _pairs(project: Project) -> Iterator[tuple[str, str]]:
    path = project.mappings / "registry.csv"
    for _, row in read_csv(path, project.place(path), ("key", "label_ja", "label_en")):
        if row["key"].split("/")[0] in KINDS:
            yield from ((row[column], row["key"]) for column in ("label_ja", "label_en") if row[column])
    for table, (kind, key, columns) in _TABLES.items():
        for row in _rows(project, table):
            yield from ((row[name], f"{kind}/{row[key]}") for name in columns if row[name])
    for row in _rows(project, "aliases"):
        if row["kind"] in _BODIES and not row["country"]:
            yield row["surface"], f"{row['kind']}/{row['key']}"
    for row in _rows(project, "organisation-names"):
        yield row["name"], f"{row['kind']}/{row['key']}"


def _rows(project: Project, table: str) -> Iterable[Mapping[str, str]]:
    path = project.lookup(table)
    return (row for _, row in read_csv(path, project.place(path)))
