"""The tables that join printed names to keys, read once for all steps that need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kg.project import Project, read_csv

Rows = Sequence[Mapping[str, str]]
Lookups = Mapping[str, Rows]

COLUMNS: dict[str, tuple[str, ...]] = {
    "eras": ("key", "name", "letter", "first", "last"),
    "offices": ("key", "printed"),
    "countries": ("cc", "name_ja", "name_en"),
    "local-governments": ("key", "name_ja", "name_en", "kind", "country"),
    "organisations": ("key", "class", "name_ja", "name_en"),
    "aliases": ("surface", "language", "country", "container", "kind", "key"),
    "repeated-names": ("name",),
    "activities": ("name", "reporter", "key", "kind", "slug", "class", "thing", "convenes", "members", "interval"),
}
"""the tables that reading a document needs, each with the columns that it needs"""


def load_lookups(project: Project) -> Lookups:
    """All tables of `COLUMNS`, by name. ProjectError with file and line where one is missing or misshapen."""
    return {name: _rows(project, name, columns) for name, columns in COLUMNS.items()}


def _rows(project: Project, name: str, columns: tuple[str, ...]) -> Rows:
    path = project.lookup(name)
    return tuple(row for _, row in read_csv(path, project.place(path), columns))
