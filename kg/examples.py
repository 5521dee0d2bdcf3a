"""Example queries: `endpoint/examples/*.rq`, each with its question in English and Japanese, as rows for the mappings.

The first comment lines are `# en:`, `# ja:` and `# about:` (words separated by commas, of which chart, map and timeline
name the picture that fits the answer). `# needs:` names the service of others that a query asks too: it is run by the
reader's own client, since ours calls no other server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kg.errors import ProjectError
from kg.project import Project, read_text
from kg.query_text import completed

FOLDER = "endpoint/examples"
ARRAY = "examples/example.json"
"""the path under which the mapping reads the examples"""
FIELDS = ("name", "en", "ja", "about", "query", "target", "needs")
_COMMENT = re.compile(r"^# (en|ja|about|needs): (.+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    name: str
    en: str
    ja: str
    about: tuple[str, ...]
    query: str
    """without the comments that are told here, and without PREFIX lines"""
    needs: str = ""
    """address of the service of others that it asks too"""


def load(project: Project) -> list[Example]:
    """The examples of a project in the order of their names; none where it has no folder of them."""
    return [_example(path.stem, read_text(path, project.place(path)), project.place(path))
            for path in project.files(FOLDER, "**/*.rq")]


def _example(name: str, text: str, where: str) -> Example:
    told = dict(_COMMENT.findall(text))
    if not {"en", "ja", "about"} <= told.keys():
        raise ProjectError("example-comment", f"{where}:1")
    about = tuple(word.strip() for word in told["about"].split(","))
    return Example(name, told["en"], told["ja"], about, _COMMENT.sub("", text).strip() + "\n", told.get("needs", ""))


def arrays(examples: Iterable[Example], base: str, prefixes: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The examples as the mapping reads them; the queries with their PREFIX lines."""
    return {ARRAY: [_row(example, base, prefixes) for example in examples]}


def _row(example: Example, base: str, prefixes: Mapping[str, str]) -> dict[str, Any]:
    query = completed(example.query, base, prefixes)
    row = {"name": example.name, "en": example.en, "ja": example.ja, "about": list(example.about), "query": query}
    return {**row, "needs": example.needs} if example.needs else {**row, "target": f"{base}sparql"}
