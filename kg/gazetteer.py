"""Names that the tables of the project lack and a reference knows: what `kg add` takes over into the lookups.

Two references are at hand: the names of all countries (`mappings/reference/countries.csv`), and the local governments of
imported tables (`kg reference import`). A row is taken over only where a page names it, with the source of its table; so
the lookups hold what is needed, and a build needs no reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kg import pipeline, tables
from kg.extract.mentions import other_forms, with_other_forms
from kg.project import Project, read_text
from kg.queries import text_of
from kg.registering import with_rows
from kg.store import Store

Rows = Sequence[Mapping[str, str]]
GOVERNMENTS, COUNTRIES = "local-governments", "countries"
_KINDS = {GOVERNMENTS: ("lg", "key"), COUNTRIES: ("country", "cc")}


def _pairs(rows: Mapping[str, Rows], more: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each name of some rows with the key of the thing; `more`: columns of names beside the preferred ones."""
    for table, (kind, column) in _KINDS.items():
        for row in rows.get(table, ()):
            names = [row.get(name, "") for name in ("name_ja", "name_en", *more)]
            yield from ((name, f"{kind}/{row[column]}") for name in names if name)


@dataclass(frozen=True)
class Gazetteer:
    """Rows by table of the lookups, in the columns of that table; none that the table has already."""

    rows: Mapping[str, Rows]

    def extended(self, lookups: Mapping[str, Rows], taken: Mapping[str, Rows]) -> dict[str, Rows]:
        """The lookups with the rows of the gazetteer, for reading a page; `taken`: those that will be rows of the lookups.

        What is only offered is known by its full names, City of Kobe among them; by a part of a name a thing is known that the lookups have.
        """
        offered = [(name, key) for name, key in _pairs(self.rows, ())]
        offered += [(form, key) for name, key in offered if key.startswith("lg/jp-") for form in other_forms(name)[1:]]
        labels = [*lookups["labels"], *({"name": n, "key": k} for n, k in offered), *with_other_forms(_pairs(taken, ("kana",)))]
        unique = {(row["name"], row["key"]): row for row in labels}
        return {**lookups, GOVERNMENTS: (*lookups[GOVERNMENTS], *self.rows[GOVERNMENTS]), "labels": tuple(unique.values())}

    def only(self, lookups: Mapping[str, Rows], taken: Mapping[str, Rows]) -> dict[str, Rows]:
        """The lookups as they will be: with the rows taken over, without what is only offered."""
        unique = {(row["name"], row["key"]): row for row in (*lookups["labels"], *with_other_forms(_pairs(taken, ("kana",))))}
        rows = {table: (*lookups[table], *taken.get(table, ())) for table in _KINDS}
        return {**lookups, **rows, "labels": tuple(unique.values())}

    def offered(self) -> dict[str, list[str]]:
        """Every name of the gazetteer, parts of names too, with the keys of what bears it."""
        found: dict[str, list[str]] = {}
        for row in with_other_forms(_pairs(self.rows, ())):
            found.setdefault(row["name"], []).append(row["key"])
        return found

    def named(self, keys: Iterable[str]) -> dict[str, list[Mapping[str, str]]]:
        """The rows that `keys` (`lg/jp-tokyo-to`) name, with the prefectures that those lie in."""
        wanted = set(keys)
        taken: dict[str, list[Mapping[str, str]]] = {table: [] for table in _KINDS}
        by_key = {row["key"]: row for row in self.rows[GOVERNMENTS]}
        above = {f"lg/{by_key[key[3:]]['prefecture']}" for key in wanted if key[3:] in by_key}
        for table, (kind, column) in _KINDS.items():
            taken[table] = [row for row in self.rows[table] if f"{kind}/{row[column]}" in wanted | above]
        return {table: rows for table, rows in taken.items() if rows}


def load(project: Project, lookups: Mapping[str, Rows], folder: Path | None) -> Gazetteer:
    """All that the references know and the lookups lack; without `folder` the countries alone."""
    known = {row["cc"] for row in lookups[COUNTRIES]}
    countries = [
        {"cc": row["cc"], "iso": row["cc"].upper(), "name_ja": row["name_ja"], "name_en": row["name_en"],
         "note_en": "", "note_ja": "", "source": row["source"]}
        for row in lookups["known-countries"] if row["cc"] not in known
    ]  # fmt: skip
    return Gazetteer({COUNTRIES: countries, GOVERNMENTS: _governments(project, lookups, folder) if folder else ()})


def _governments(project: Project, lookups: Mapping[str, Rows], folder: Path) -> list[Mapping[str, str]]:
    vocabulary = pipeline.Vocabulary(project)
    names = pipeline.Names(vocabulary.base)
    cited = {names.graph("ref", name): " ".join(table.cited) for name, table in tables.registered(project).items()}
    known = {row["key"] for row in lookups[GOVERNMENTS]}
    found: dict[str, dict[str, str]] = {}
    rows = Store.load(pipeline.imported(names, folder), vocabulary.prefixes).select(text_of("reference-governments"))
    for row in rows:
        key, source = _last(row["government"].value), cited.get(row["table"].value, "")
        if source and key not in known:
            cells = {name: row[name].value if row.get(name) else "" for name in ("name_ja", "name_en", "kana", "romaji", "code5", "code6")}
            places = {name: _last(row[name].value) if row.get(name) else "" for name in ("kind", "country", "prefecture")}
            found.setdefault(key, {"key": key, **cells, **places, "note_en": "", "note_ja": "", "source": source})
    return list(found.values())


def _last(iri: str) -> str:
    return iri.replace("#", "/").rpartition("/")[2]


def files(project: Project, taken: Mapping[str, Rows]) -> dict[Path, bytes]:
    """The tables with the rows taken over at their end."""
    written = {}
    for table, rows in taken.items():
        path = project.lookup(table)
        text = read_text(path, project.place(path))
        header = text.split("\n", 1)[0].strip().split(",")
        written[path] = with_rows(text, [[row[name] for name in header] for row in rows]).encode("utf-8")
    return written
