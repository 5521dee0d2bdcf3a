"""Links to other data sets: SSSOM tables (`mappings/links/<authority>.sssom.tsv`), read and checked row by row.

A row says that a thing of ours is (or, with the modifier `Not`, is not) what another data set describes, who says so,
from which source and how surely; an object `sssom:NoTermFound` says that no item was found, and why. Only the first
kind becomes a triple of `graph/link/<authority>`; all three are published as evidence. SSSOM 1.0: a header of comment
lines in YAML with the `curie_map`, then a table separated by tabs.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kg.errors import ProjectError
from kg.messages import nearest
from kg.model import Problem
from kg.project import Project, read_csv, read_text, read_toml

FOLDER = "mappings/links"
COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label", "object_category",
    "mapping_justification", "author_id", "author_label", "mapping_date", "mapping_source", "confidence", "comment",
)  # fmt: skip
CURIES = ("subject_id", "predicate_id", "object_id", "mapping_justification", "author_id", "mapping_source")
_REQUIRED = ("subject_id", "predicate_id", "object_id", "mapping_justification", "author_id", "mapping_date", "confidence")
_NOT = "Not"
NOTHING = "NoTermFound"
"""local name of the SSSOM term that stands for "there is no such item" """
_SUFFIX = ".sssom.tsv"
_META = re.compile(r'^#(?P<indent> *)(?P<key>[\w-]+):(?: "?(?P<value>[^"]*)"?)?$')
_SUBJECT = re.compile(r"id/(?P<kind>[a-z]+)/(?P<key>[a-z0-9-]+)$")
_AGENT = re.compile(r"id/agent/[a-z0-9-]+$")


@dataclass(frozen=True)
class Authority:
    """A data set that we link to (a table of `authorities.toml`)."""

    name: str
    predicate: str
    template: str
    object: str
    comment_en: str
    comment_ja: str


@dataclass(frozen=True)
class Link:
    """One row, its CURIEs written out. `where` is the place of the file, `line` that of the row."""

    authority: str
    where: str
    line: int
    cells: Mapping[str, str]

    @property
    def subject(self) -> str:
        return self.cells["subject_id"]

    @property
    def object(self) -> str:
        return self.cells["object_id"]

    @property
    def negative(self) -> bool:
        return self.cells["predicate_modifier"] == _NOT

    @property
    def empty(self) -> bool:
        """No item was found: the row is the reason why the thing is not linked."""
        return self.object.endswith(f"/{NOTHING}")

    @property
    def accepted(self) -> bool:
        return not self.negative and not self.empty

    def place(self, column: str) -> str:
        """`file:line:column`, the column counted from 1."""
        return f"{self.where}:{self.line}:{COLUMNS.index(column) + 1}"


@dataclass(frozen=True)
class Links:
    """All tables of a project."""

    authorities: Mapping[str, Authority]
    rows: tuple[Link, ...]
    redirects: Mapping[str, str]
    """identifiers that only lead to another one, by what they lead to"""


def load(project: Project) -> Links:
    """Every table. ProjectError where one cannot be read as SSSOM; what its rows say is judged by `problems`."""
    path = project.root / FOLDER / "authorities.toml"
    if not path.is_file():
        return Links({}, (), {})
    tables = read_toml(path, project.place(path))["authority"]
    authorities = {name: Authority(name, **table) for name, table in tables.items()}
    rows: list[Link] = []
    for file in project.files(FOLDER, f"*{_SUFFIX}"):
        where, name = project.place(file), file.name.removesuffix(_SUFFIX)
        if name not in authorities:
            raise ProjectError("link-authority", where, name=name, expected=", ".join(authorities))
        rows += read(read_text(file, where), where, name)
    moved = project.root / FOLDER / "redirects.csv"
    pairs = read_csv(moved, project.place(moved), ("object", "leads_to", "source"))
    return Links(authorities, tuple(rows), {row["object"]: row["leads_to"] for _, row in pairs})


def read(text: str, where: str, authority: str) -> list[Link]:
    """The rows of one SSSOM table; ProjectError with the place of what is no SSSOM, an unknown column or CURIE."""
    lines = text.split("\n")
    top = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    prefixes = curie_map(lines[:top], where)
    header = lines[top].split("\t") if top < len(lines) else []
    for column, name in enumerate(header, 1):
        if name not in COLUMNS:
            place = f"{where}:{top + 1}:{column}"
            raise ProjectError("link-column", place, name=name or "-", nearest=nearest(name, COLUMNS))
    if tuple(header) != COLUMNS:
        raise ProjectError("csv-header", f"{where}:{top + 1}", expected=", ".join(COLUMNS), found=", ".join(header) or "-")
    rows = csv.reader(lines[top + 1 :], delimiter="\t", strict=True)
    return [_link(row, f"{where}", top + 1 + rows.line_num, authority, prefixes) for row in rows if row]


def curie_map(lines: list[str], where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    inside = False
    for number, line in enumerate(lines, 1):
        match = _META.match(line)
        if not match:
            raise ProjectError("link-header", f"{where}:{number}", found=line)
        if not match["indent"]:
            inside = match["key"] == "curie_map"
        elif inside:
            found[match["key"]] = match["value"] or ""
    if not found:
        raise ProjectError("link-header", f"{where}:1", found="-")
    return found


def _link(row: list[str], where: str, line: int, authority: str, prefixes: Mapping[str, str]) -> Link:
    if len(row) != len(COLUMNS):
        raise ProjectError("csv-width", f"{where}:{line}", expected=len(COLUMNS), found=len(row))
    cells = dict(zip(COLUMNS, row, strict=True))
    for column in CURIES:
        prefix, colon, rest = cells[column].partition(":")
        if cells[column] and (not colon or prefix not in prefixes):
            place = f"{where}:{line}:{COLUMNS.index(column) + 1}"
            raise ProjectError("link-curie", place, found=cells[column], nearest=nearest(prefix, prefixes))
        cells[column] = f"{prefixes[prefix]}{rest}" if colon else ""
    return Link(authority, where, line, cells)


# ---- what the rows say


def problems(links: Links, base: str, keys: Iterable[str]) -> Iterator[Problem]:
    """Everything wrong in the rows: `base` is that of our IRIs, `keys` are the registered ones (`lg/jp-tokyo-to`)."""
    known = set(keys)
    for link in links.rows:
        yield from _cells(link, links, base)
        yield from _subject(link, base, known)
    for name in links.authorities:
        yield from _once([link for link in links.rows if link.authority == name])


def _cells(link: Link, links: Links, base: str) -> Iterator[Problem]:
    authority = links.authorities[link.authority]
    for column in _REQUIRED:
        if not link.cells[column]:
            yield Problem("link-missing", link.place(column), {"column": column})
    if link.cells["predicate_id"] != authority.predicate:
        yield Problem("link-predicate", link.place("predicate_id"), {"expected": authority.predicate})
    if link.cells["predicate_modifier"] not in ("", _NOT):
        yield Problem("link-modifier", link.place("predicate_modifier"), {"expected": _NOT})
    if not link.empty and not re.match(authority.object, link.object):
        values = {"found": link.object, "expected": authority.object}
        yield Problem("link-object", link.place("object_id"), values)
    if link.object in links.redirects:
        values = {"found": link.object, "target": links.redirects[link.object]}
        yield Problem("link-redirect", link.place("object_id"), values)
    if not _between_0_and_1(link.cells["confidence"]):
        yield Problem("link-confidence", link.place("confidence"), {"found": link.cells["confidence"]})
    if not _is_date(link.cells["mapping_date"]):
        yield Problem("link-date", link.place("mapping_date"), {"found": link.cells["mapping_date"]})
    if not link.cells["author_id"].startswith(base) or not _AGENT.match(link.cells["author_id"][len(base) :]):
        yield Problem("link-author", link.place("author_id"), {"expected": f"{base}id/agent/..."})
    if not link.cells["mapping_source"] and not link.cells["comment"]:
        yield Problem("link-evidence", link.place("mapping_source"), {})


def _subject(link: Link, base: str, known: set[str]) -> Iterator[Problem]:
    match = _SUBJECT.match(link.subject.removeprefix(base))
    key = f"{match['kind']}/{match['key']}" if match else link.subject
    if key not in known:
        yield Problem("link-subject", link.place("subject_id"), {"found": key, "nearest": nearest(key, known)})


def _once(links: list[Link]) -> Iterator[Problem]:
    """One object for a thing, one thing for an object, and nothing that the table itself denies."""
    by_subject: dict[str, Link] = {}
    by_object: dict[str, Link] = {}
    denied = {(link.subject, link.object) for link in links if link.negative}
    for link in links:
        if link.negative:
            continue
        first = by_subject.setdefault(link.subject, link)
        if first is not link:
            values = {"subject": link.subject, "first": first.place("object_id")}
            yield Problem("link-two-objects", link.place("object_id"), values)
        if link.empty:
            continue
        first = by_object.setdefault(link.object, link)
        if first is not link:
            values = {"object": link.object, "first": first.place("subject_id")}
            yield Problem("link-two-subjects", link.place("object_id"), values)
        if (link.subject, link.object) in denied:
            yield Problem("link-denied", link.place("object_id"), {"object": link.object})


def _between_0_and_1(text: str) -> bool:
    try:
        return 0 <= Decimal(text) <= 1
    except InvalidOperation:
        return False


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# ---- for the mappings

OPTIONAL = ("modifier", "source", "comment", "category")
"""fields that a row of `links/mappings.json` may lack"""


def arrays(links: Links, base: str) -> dict[str, list[dict[str, Any]]]:
    """What `mappings/links.rml.ttl` reads: accepted rows by authority, all rows as evidence, sources of each graph."""
    rows = [(link, _row(link, base)) for link in links.rows]
    sources = {(link.authority, link.cells["mapping_source"]) for link in links.rows if link.accepted}
    return {
        **{
            f"links/{name}.json": [
                {"kind": row["kind"], "key": row["key"], "object": link.object}
                for link, row in rows if link.authority == name and link.accepted
            ]
            for name in links.authorities
        },
        "links/mappings.json": [row for _, row in rows],
        "links/graphs.json": [
            {"authority": a.name, "comment_en": a.comment_en, "comment_ja": a.comment_ja} for a in links.authorities.values()
        ],
        "links/sources.json": [{"authority": name, "source": source} for name, source in sorted(sources) if source],
    }  # fmt: skip


def _row(link: Link, base: str) -> dict[str, Any]:
    cells = link.cells
    _, kind, key = link.subject.removeprefix(base).split("/")
    end = "-none" if link.empty else f"-not-{link.object.rstrip('/').rpartition('/')[2].lower()}" if link.negative else ""
    row = {
        "id": f"{link.authority}-{kind}-{key}{end}", "authority": link.authority, "kind": kind, "key": key,
        "predicate": cells["predicate_id"], "object": link.object, "modifier": cells["predicate_modifier"],
        "justification": cells["mapping_justification"], "confidence": _decimal(cells["confidence"]),
        "agent": cells["author_id"].rpartition("/")[2], "author": cells["author_label"], "on": cells["mapping_date"],
        "source": cells["mapping_source"], "comment": cells["comment"], "category": cells["object_category"],
    }  # fmt: skip
    return {name: value for name, value in row.items() if value or name not in OPTIONAL}


def _decimal(text: str) -> str:
    """The canonical form of xsd:decimal that every tool gives back: no zeros at the end."""
    return text.rstrip("0").rstrip(".") if "." in text else text
