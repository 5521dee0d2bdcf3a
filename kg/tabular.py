"""One class as a table: a row for each thing, a column for each property (and language), in the order of the shapes.

A name of a column never depends on which things are shown: the columns are those of all things of the class in a
release. They are `iri`, the names in the languages of the data set (`label_ja`, `label_en`), then the properties as the
shapes of the class order them, then every other property by name. `hostedBy` holds values or IRIs, `theme_en` the texts
tagged `en`, `hostedBy_label_ja` the Japanese names of what `hostedBy` leads to. Several values stand in one cell with
the column's separator between them, as CSVW (W3C Recommendation of 2015-12-17) describes it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rdflib import RDF, RDFS, SKOS, XSD

from kg.queries import text_of
from kg.store import Store, Term
from kg.vocabulary import Text, Vocabulary

SEPARATORS = ("|", "¦", "␞")
"""between the values of a cell: the first that no value of the column has"""
LANGUAGES = ("ja", "en")
"""the languages in which everything has a name"""
BYTE_ORDER_MARK = "\ufeff"
"""what spreadsheet programs need at the head of a file to read it as UTF-8"""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LEFT_OUT = frozenset(map(str, (RDF.type, RDFS.label, SKOS.prefLabel)))
"""properties that have columns of their own kind, or none: the class is the table's, `rdfs:label` is a copy"""
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class Column:
    """One column. `predicate` is None for the IRI of the thing itself."""

    name: str
    predicate: str | None = None
    language: str | None = None
    """of the texts, or of the names of what the values lead to"""
    names: bool = False
    """whether it holds the names of the values instead of the values"""
    title: Text = Text()
    """the caption, as the shapes give it"""
    separator: str | None = None
    """None where no thing has more than one value"""
    datatype: str | None = None
    """the one datatype of all its values; None for texts, for IRIs, and where they differ"""
    leads: bool = False
    """whether every value is an IRI"""


@dataclass(frozen=True)
class Table:
    """The things of a class; `rows` by IRI, in their order, a cell for each column."""

    class_: str
    columns: tuple[Column, ...]
    rows: Mapping[str, tuple[str, ...]]

    @cached_property
    def header(self) -> list[str]:
        return [column.name for column in self.columns]

    def of(self, things: Iterable[str]) -> list[tuple[str, ...]]:
        """The rows of some things, in the order given; KeyError for one that is not of the class."""
        return [self.rows[thing] for thing in things]

    def as_csv(self, things: Iterable[str] | None = None, for_spreadsheets: bool = False) -> str:
        """RFC 4180 with a header. `for_spreadsheets`: with a byte order mark, and no cell that would be a formula."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\r\n")
        for row in [tuple(self.header), *(self.rows.values() if things is None else self.of(things))]:
            writer.writerow([harmless(cell) for cell in row] if for_spreadsheets else row)
        return (BYTE_ORDER_MARK if for_spreadsheets else "") + target.getvalue()


def table(store: Store, vocabulary: Vocabulary, class_: str) -> Table:
    """The things of `class_` in a release (those of its subclasses too), sorted by IRI."""
    given = {"class": Term(class_)}
    found: dict[str, dict[str, list[Term]]] = {}
    for row in store.select(text_of("table-values"), given):
        found.setdefault(row["thing"].value, {}).setdefault(row["property"].value, []).append(row["value"])
    names: dict[tuple[str, str], str] = {}
    for row in store.select(text_of("table-labels"), given):
        names.setdefault((row["value"].value, row["name"].language or ""), row["name"].value)
    maker = _Maker(vocabulary, class_, {thing: found[thing] for thing in sorted(found)}, names)
    columns = maker.columns()
    return Table(class_, columns, {thing: maker.row(thing, columns) for thing in maker.things})


def harmless(cell: str) -> str:
    """`cell` so that no spreadsheet program takes it for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def local_name(iri: str) -> str:
    """What follows the namespace: `hostedBy`."""
    return _NO_WORD.sub("_", re.split(r"[/#]", iri)[-1])


def file_names(classes: Sequence[str], vocabulary: Vocabulary) -> dict[str, str]:
    """A short name for each of `classes`: its local name, with the prefix where two terms share it."""
    return _short(classes, vocabulary)


def _short(iris: Sequence[str], vocabulary: Vocabulary) -> dict[str, str]:
    """Names that depend on what the ontology declares, not on what the data use: they stay as data come and go."""
    often = Counter(map(local_name, {*iris, *vocabulary.terms}))
    prefixed = {iri: _NO_WORD.sub("_", vocabulary.curie(iri)).strip("_") for iri in iris}
    return {iri: local_name(iri) if often[local_name(iri)] == 1 else prefixed[iri] for iri in iris}


def csvw(tables: Mapping[str, Table], vocabulary: Vocabulary) -> dict[str, object]:
    """The metadata of CSVW for tables by the name of their file: what each column says of the thing of its row."""
    described = [
        {
            "url": name,
            "rdfs:label": _in_languages(vocabulary.text(table.class_)),
            "dcterms:subject": {"@id": table.class_},
            "tableSchema": {
                "aboutUrl": "{+iri}", "primaryKey": "iri", "columns": [_described(column) for column in table.columns],
            },
        }
        for name, table in tables.items()
    ]  # fmt: skip
    return {"@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}], "tables": described}


def _described(column: Column) -> dict[str, object]:
    found: dict[str, object] = {"name": column.name, "titles": column.name}
    if column.predicate is None:
        return {**found, "datatype": "anyURI", "required": True, "suppressOutput": True}
    found |= {"propertyUrl": column.predicate, "rdfs:label": _in_languages(column.title)}
    if column.separator:
        found["separator"] = column.separator
    if column.language:
        found["lang"] = column.language
    if column.names:
        # Names of what the values lead to: no statements about the thing of the row.
        found["suppressOutput"] = True
    elif column.leads:
        found |= {"datatype": "anyURI"} if column.separator else {"valueUrl": f"{{+{column.name}}}"}
    elif column.datatype and column.datatype.startswith(str(XSD)):
        found["datatype"] = column.datatype.removeprefix(str(XSD))
    return found


def _in_languages(text: Text) -> list[dict[str, str]]:
    return [{"@value": value, "@language": tag} for tag, value in text.by_language if tag]


class _Maker:
    """Columns and cells of one table, from all that is said of its things."""

    def __init__(
        self, vocabulary: Vocabulary, class_: str, things: Mapping[str, Mapping[str, list[Term]]],
        names: Mapping[tuple[str, str], str],
    ) -> None:  # fmt: skip
        self._vocabulary, self._class, self.things, self._names = vocabulary, class_, things, names

    def columns(self) -> tuple[Column, ...]:
        predicates = self._predicates()
        short = _short(predicates, self._vocabulary)
        label = str(SKOS.prefLabel)
        found = [Column("iri")]
        found += [Column(f"label_{tag}", label, tag, title=self._caption(label)) for tag in LANGUAGES]
        for predicate in predicates:
            found += self._of_predicate(predicate, short[predicate])
        return tuple(found)

    def _predicates(self) -> list[str]:
        """Those that things have: first as the shapes order them, then by name. The rank is that of the page."""
        used = {predicate for values in self.things.values() for predicate in values} - _LEFT_OUT

        def rank(predicate: str) -> tuple[float, float, str]:
            field = self._vocabulary.field(predicate, [self._class])
            return (field.group.order if field.group else float("inf"), field.order, local_name(predicate) + predicate)

        return sorted(used, key=rank)

    def _of_predicate(self, predicate: str, name: str) -> list[Column]:
        values = [value for said in self.things.values() for value in said.get(predicate, ())]
        title = self._caption(predicate)
        found = []
        if any(not value.language for value in values):
            plain = [value for value in values if not value.language]
            datatypes = {value.datatype for value in plain}
            found.append(Column(
                name, predicate, None, False, title, self._separator(predicate, None),
                datatypes.pop() if len(datatypes) == 1 else None, all(value.kind == "iri" for value in plain),
            ))  # fmt: skip
        for tag in sorted({value.language for value in values if value.language}):
            written = tag.replace("-", "_")
            found.append(Column(f"{name}_{written}", predicate, tag, False, title, self._separator(predicate, tag)))
        if any(value.kind == "iri" for value in values):
            for tag in LANGUAGES:
                column = Column(f"{name}_label_{tag}", predicate, tag, True, title)
                cells = [self._values(said, column) for said in self.things.values()]
                if any(cells):
                    found.append(Column(column.name, predicate, tag, True, title, _separator(cells)))
        return found

    def _separator(self, predicate: str, language: str | None) -> str | None:
        column = Column("", predicate, language)
        return _separator([self._values(said, column) for said in self.things.values()])

    def row(self, thing: str, columns: Iterable[Column]) -> tuple[str, ...]:
        said = self.things[thing]
        return tuple(
            thing if column.predicate is None else (column.separator or "").join(self._values(said, column)[:_all(column)])
            for column in columns
        )

    def _values(self, said: Mapping[str, list[Term]], column: Column) -> list[str]:
        values = said.get(column.predicate or "", ())
        if column.names:
            # One name for each IRI, so that the cells of both columns run in step; an empty one where there is none.
            found = [self._name(value.value, column.language or "") for value in sorted(values) if value.kind == "iri"]
            return found if any(found) else []
        return [value.value for value in sorted(values) if value.language == column.language]

    def _name(self, iri: str, language: str) -> str:
        return self._names.get((iri, language)) or self._vocabulary.text(iri).exact(language) or ""

    def _caption(self, predicate: str) -> Text:
        return self._vocabulary.field(predicate, [self._class]).name


def _all(column: Column) -> int | None:
    """How many values a cell may hold."""
    return None if column.separator else 1


def _separator(cells: Iterable[list[str]]) -> str | None:
    cells = list(cells)
    if all(len(values) < 2 for values in cells):
        return None
    return next(mark for mark in SEPARATORS if not any(mark in value for values in cells for value in values))
