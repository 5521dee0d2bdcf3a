"""What the tests of extraction share: the project, the documents beside it, and a page read from end to end."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from kg.extract import extract, load_layout, load_lookups, load_register, page_text
from kg.extract.records import check, to_json
from kg.model import Document, Problem, Record
from kg.normalise import explain
from kg.project import Project
from kg.reading import recorded_by_hand

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases"
DOCUMENTS = ROOT.parent / "shared" / "documents"
PROJECT = Project(ROOT)

needs_documents = pytest.mark.skipif(not DOCUMENTS.is_dir(), reason="the source documents are not beside the project")


@cache
def lookups():
    return load_lookups(PROJECT)


@cache
def layout(name: str):
    return load_layout(PROJECT, name)


@cache
def schema(type_: str):
    return json.loads(PROJECT.record_schema(type_).read_text(encoding="utf-8"))


def misfits(records: list[Record]) -> list[Problem]:
    """What the JSON Schema of its type refuses in each record."""
    return [problem for record in records for problem in check([(record.id, to_json(record))], schema(record.type))]


@dataclass(frozen=True)
class Reading:
    text: str
    records: list[Record]
    problems: list[Problem]

    def __getitem__(self, key: str) -> Record:
        return next(record for record in self.records if record.key == key)

    def lines(self, first: int, last: int) -> str:
        return "\n".join(self.text.split("\n")[first - 1 : last])

    def codes(self) -> list[str]:
        return [f"{problem.where.split(':')[1]} {problem.code} {problem.severity}" for problem in self.problems]


def read_page(data: bytes | str, layout_name: str, document: Document | None = None, name: str = "page.txt") -> Reading:
    """Steps 1 to 3 as the pipeline runs them; a page of ours is document 900."""
    data = data.encode("utf-8") if isinstance(data, str) else data
    text, _ = page_text(name, data, document.id if document else "900", layout(layout_name))
    sha256 = hashlib.sha256(text.encode("utf-8")).hexdigest()
    document = document or Document("900", "Case", None, layout(layout_name)["language"], sha256, layout_name, 0)
    found = extract(document, text, layout(layout_name), lookups())
    records, problems = explain(found.records, layout(layout_name), lookups())
    return Reading(text, records, [*found.problems, *problems])


@cache
def read_document(id_: str) -> Reading:
    document = load_register(PROJECT)[id_]
    reading = read_page((DOCUMENTS / document.file).read_bytes(), document.layout, document)
    by_hand = {record.id for record in recorded_by_hand(PROJECT, document)}
    return Reading(reading.text, [record for record in reading.records if record.id not in by_hand], reading.problems)
