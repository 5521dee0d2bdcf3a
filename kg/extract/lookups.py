"""The tables that join printed names to keys: read once for all steps, and checked against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kg.errors import ProjectError
from kg.extract.mentions import labels
from kg.messages import nearest
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
    "country-letters": ("letter", "cc"),
    "local-government-names": ("key", "name", "language"),
    "repeated-names": ("name", "bearers"),
    "news-items": ("mark", "key"),
    "activities": ("name", "reporter", "key", "kind", "slug", "class", "thing", "convenes", "members", "interval"),
}
"""the tables that reading a document needs, each with the columns that it needs"""
_KEYS = {"local-governments": "key", "countries": "cc", "organisations": "key"}
MEMBERS = ("organisers", "counterparts", "listed", "reporter")
"""where the members of the network that an activity concerns are named: closed"""
_THING = re.compile(r"[a-z]+:[a-z0-9-]+:.+")


def load_lookups(project: Project) -> Lookups:
    """All tables of `COLUMNS`, by name, and those of `mappings/reference` that reading needs.

    `labels` are the names of all things (`kg.extract.mentions`). ProjectError with file and line for a table that is
    missing, misshapen, or names something that another table does not have.
    """
    numbered = {name: _rows(project, name, columns) for name, columns in COLUMNS.items()}
    lookups = {name: tuple(row for _, row in rows) for name, rows in numbered.items()}
    known_countries = _known_countries(project)
    known_keys = {name: {row[column] for row in lookups[name]} for name, column in _KEYS.items()}
    # `kg add` takes over the row of a country that a row of another table names; `kg check` says where it is missing.
    known_keys["countries"] |= {row["cc"] for row in known_countries}
    for name, rows in numbered.items():
        where = project.place(project.lookup(name))
        for line, row in rows:
            for column, value, known in _references(name, row, known_keys):
                if value and value not in known:
                    found = {"column": column, "value": value, "nearest": nearest(value, known)}
                    raise ProjectError("lookup-value-unknown", f"{where}:{line}", **found)
            if wrong := _wrong(name, row):
                raise ProjectError("lookup-value", f"{where}:{line}", column=wrong, value=row[wrong])
    return {**lookups, "labels": labels(project), "known-countries": known_countries, "kinds-abroad": _kinds_abroad(project)}


def _known_countries(project: Project) -> Rows:
    """The names of all countries, also of those that no document names yet: `other_ja` has further names between bars."""
    path = project.mappings / "reference" / "countries.csv"
    return [row for _, row in read_csv(path, project.place(path), ("cc", "name_ja", "name_en", "other_ja", "source"))]


def _kinds_abroad(project: Project) -> Rows:
    """What kind of government a Japanese word for one stands for abroad, in a country where a row names one."""
    path = project.mappings / "reference" / "kinds-abroad.csv"
    return [row for _, row in read_csv(path, project.place(path), ("ending", "country", "kind", "source"))]


def _rows(project: Project, name: str, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    path = project.lookup(name)
    return list(read_csv(path, project.place(path), columns))


def _references(name: str, row: Mapping[str, str], keys: Mapping[str, set[str]]) -> Iterator[tuple[str, str, set[str]]]:
    """The cells of a row that name a row of a table: column, value, the values that there are."""
    governments, countries = keys["local-governments"], keys["countries"]
    if name == "aliases":
        yield "country", row["country"], countries
        yield "container", row["container"], governments
        known = {"lg": governments, "country": countries, "org": keys["organisations"]}.get(row["kind"])
        if known is not None:
            yield "key", row["key"], known
    elif name == "country-letters":
        yield "cc", row["cc"], countries
    elif name == "local-government-names":
        yield "key", row["key"], governments
    elif name == "local-governments":
        yield "country", row["country"], countries
        yield "prefecture", row.get("prefecture", ""), governments
    elif name == "activities":
        yield "reporter", row["reporter"], governments
        for source in row["members"].split():
            yield "members", source, set(MEMBERS)


def _wrong(name: str, row: Mapping[str, str]) -> str | None:
    """The column of a cell that has no meaning, if any."""
    if name == "eras":
        patterns = {"first": r"\d{4}", "last": r"(\d{4})?"}
        return next((column for column, form in patterns.items() if not re.fullmatch(form, row[column])), None)
    if name == "activities":
        things = [thing for thing in row["thing"].split("|") if thing]
        if any(not _THING.fullmatch(thing) or thing.split(":", 2)[2] not in row["name"] for thing in things):
            return "thing"
        if bool(row["kind"]) != bool(row["slug"]) or bool(row["slug"]) != bool(row["class"]):
            return "slug"
    return None
