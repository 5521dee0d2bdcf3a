"""Step 6: the triples that rules derive (`mappings/rules/*.rq`), into `graph/inferred`.

A rule is one CONSTRUCT query whose first comment lines say in English (`# en:`) and Japanese (`# ja:`) what it does.
Rules run until none adds a triple, so their order does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kg.errors import ProjectError
from kg.model import Line, triple
from kg.project import Project, read_text

_ROUNDS = 8


class Constructs(Protocol):
    """What a rule runs on: holds the quads so far, and answers a CONSTRUCT query with triples as lines."""

    def construct(self, query: str) -> Iterable[Line]: ...

    def add(self, lines: Iterable[Line]) -> None: ...


@dataclass(frozen=True)
class Rule:
    name: str
    query: str
    en: str
    ja: str


def load(project: Project) -> list[Rule]:
    return [_rule(project, path) for path in project.files("mappings/rules", "*.rq")]


def _rule(project: Project, path: Path) -> Rule:
    where = project.place(path)
    query = read_text(path, where)
    comments = dict(re.findall(r"^# (en|ja): (.+)$", query, re.MULTILINE))
    if set(comments) != {"en", "ja"}:
        raise ProjectError("rule-comment", f"{where}:1")
    return Rule(path.stem, query, comments["en"], comments["ja"])


def derive(store: Constructs, rules: list[Rule], known: set[Line], graph: str) -> set[Line]:
    """Quads of `graph` (in brackets) that the rules add to the triples of `known`; what is stated is not derived."""
    triples = {triple(line) for line in known}
    derived: set[Line] = set()
    for _ in range(_ROUNDS):
        fresh = {t for rule in rules for t in store.construct(rule.query)} - triples
        if not fresh:
            return derived
        triples |= fresh
        added = {f"{t[:-2]} {graph} ." for t in fresh}
        store.add(added)
        derived |= added
    raise ProjectError("rule-endless", "mappings/rules", rounds=_ROUNDS)
