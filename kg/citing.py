"""What the rows of the lookups cite: lines of registered documents (`004:103`), and sources from outside.

A source from outside is a token of `sources.csv`, with the graph whose data it is a source of. A document needs no row
there: the register has it, and which graph it is a source of follows from the table that cites it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kg.messages import nearest
from kg.model import Document, Problem
from kg.names import Names
from kg.project import Project, csv_row, read_csv

GRAPHS = {
    "local-governments": "local-governments", "changes": "local-governments", "former-codes": "local-governments",
    "local-government-names": "local-governments", "countries": "places", "country-names": "places", "places": "places",
    "offices": "organisations", "organisations": "organisations", "organisation-names": "organisations",
}  # fmt: skip
"""the reference graph that each table is mapped to"""
OPEN = "?"
"""stands in a proposed row where a person has to look something up"""
_PASSAGE = re.compile(r"(?P<document>\d{3}):(?P<first>\d+)(?:-(?P<last>\d+))?")


def documents(
    lookups: Mapping[str, Sequence[Mapping[str, str]]], registered: Mapping[str, Document], names: Names
) -> list[dict[str, str]]:
    """A row in the columns of `sources.csv` for each document and graph that it is a source of."""
    cited = {
        (passage["document"], graph)
        for table, graph in GRAPHS.items() for row in lookups.get(table, ()) for token in row.get("source", "").split()
        if (passage := _PASSAGE.fullmatch(token)) and (table != "organisations" or row.get("name_ja"))
    }  # fmt: skip
    return [
        {"token": id_, "title": registered[id_].title, "url": names.of_path(f"id/document/{id_}"), "graph": graph}
        for id_, graph in sorted(cited) if id_ in registered
    ]  # fmt: skip


def problems(project: Project, registered: Mapping[str, Document]) -> Iterator[Problem]:
    """Cells that a proposal left open, sources that nothing describes, countries that no row of their table names."""
    known: dict[str, set[str]] = {}
    for _, row in _rows(project, "sources"):
        known.setdefault(row["token"], set()).add(row["graph"])
    for path in project.files("mappings/lookups", "*.csv"):
        for line, row in _rows(project, path.stem):
            where = project.place(path, line)
            opened = [column for column, cell in row.items() if cell == OPEN or column == "key" and OPEN in cell]
            if opened:
                yield Problem("lookup-cell-open", where, {"columns": ", ".join(opened)})
            if "source" in row and not row["source"].split():
                yield Problem("lookup-source-missing", where, {})
            for token in row.get("source", "").split():
                yield from _source(token, path.stem, where, registered, known)
    yield from _countries(project)


def _source(
    token: str, table: str, where: str, registered: Mapping[str, Document], known: Mapping[str, set[str]]
) -> Iterator[Problem]:
    passage, graph = _PASSAGE.fullmatch(token), GRAPHS.get(table)
    if passage:
        document = registered.get(passage["document"])
        if document is None or int(passage["last"] or passage["first"]) > document.lines:
            last = document.lines if document else 0
            code = "lookup-source-line" if document else "lookup-source-document"
            yield Problem(code, where, {"token": token, "document": passage["document"], "last": last})
    elif token not in known:
        yield Problem("lookup-source-unknown", where, {"token": token, "nearest": nearest(token, known)})
    elif graph and graph not in known[token]:
        yield Problem("lookup-source-graph", where, {"token": token, "graph": graph})


def _countries(project: Project) -> Iterator[Problem]:
    """The row that the table of countries lacks, ready to be put there."""
    there = {row["cc"] for _, row in _rows(project, "countries")}
    path = project.mappings / "reference" / "countries.csv"
    offered = {row["cc"]: row for _, row in read_csv(path, project.place(path))}
    for table in ("local-governments", "places"):
        for line, row in _rows(project, table):
            if row["country"] not in there and row["country"] in offered:
                ready = offered[row["country"]]
                cells = (ready["cc"], ready["cc"].upper(), ready["name_ja"], ready["name_en"], "", "", ready["source"])
                values = {"country": row["country"], "row": csv_row(cells)}
                yield Problem("lookup-country-missing", project.place(project.lookup(table), line), values)


def _rows(project: Project, table: str) -> Iterator[tuple[int, dict[str, str]]]:
    path = project.lookup(table)
    return read_csv(path, project.place(path))
