"""A class as a table: names of columns from the shapes, nothing lost, nothing that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
import re

import pytest

from kg import tabular
from kg.store import Store
from kg.tabular import Table


@pytest.fixture(scope="module")
def store(graphs, sources) -> Store:
    return Store.load(graphs.lines, sources.vocabulary.prefixes)


def table_of(store: Store, sources, name: str) -> Table:
    return tabular.table(store, sources.vocabulary, f"{sources.vocabulary.base}def#{name}")


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_class_is_a_table_in_the_order_of_its_shape(store, sources):
    found = table_of(store, sources, "Seminar")
    assert len(found.rows) == 48
    shape = ["fiscalYear", "startDate", "endDate", "hostedBy", "invitedBy", "theme_en", "superEvent"]
    assert found.header[:3] == ["iri", "label_ja", "label_en"]
    assert [name for name in found.header if name in shape] == shape
    (row,) = [row for row in read(found.as_csv()) if row["iri"].endswith("/2018-london")]
    assert (row["startDate"], row["endDate"], row["hostedBy_label_ja"]) == ("2019-01-20", "2019-01-26", "宮城県")


def test_every_statement_of_a_class_is_in_its_table(store, sources):
    """Every value of every property but the class itself and the copies of names, as often as SPARQL counts them."""
    for name in ("Seminar", "LocalGovernment", "ReportedActivity", "Affiliation"):
        found = table_of(store, sources, name)
        cells = 0
        for column, values in zip(found.columns, zip(*found.rows.values(), strict=True), strict=True):
            if column.predicate and not column.names:
                cells += sum(len(v.split(column.separator)) if column.separator else 1 for v in values if v)
        counted = store.select(
            f"SELECT (COUNT(*) AS ?n) WHERE {{ ?x a <{found.class_}> ; ?p ?v FILTER(?p NOT IN (rdf:type, rdfs:label)) }}"
        )
        assert cells == int(counted[0]["n"].value) > 0


def test_several_values_and_their_names_run_in_step(store, sources):
    found = table_of(store, sources, "Seminar")
    rows = [row for row in read(found.as_csv()) if "|" in row["hostedBy"]]
    assert rows
    for row in rows:
        assert row["hostedBy"].count("|") == row["hostedBy_label_ja"].count("|") == row["hostedBy_label_en"].count("|")


def test_no_separator_stands_in_a_value(store, sources):
    for class_ in sorted(sources.vocabulary.fields):
        for column in tabular.table(store, sources.vocabulary, class_).columns:
            assert column.separator in (None, *tabular.SEPARATORS)


def test_names_of_columns_do_not_depend_on_the_things_shown(store, sources):
    found = table_of(store, sources, "Seminar")
    last = sorted(found.rows)[-1]
    lines = found.as_csv([last]).splitlines()
    assert lines[0].split(",") == found.header and len(lines) == 2 and lines[1].startswith(last)


def test_two_terms_of_one_name_keep_their_prefix(store, sources):
    """Whether or not a table uses both: `dcterms:title` and `schema:title` are both declared."""
    header = table_of(store, sources, "ExchangeEvent").header
    assert "dcterms_title_ja" in header and "title_ja" not in header


def test_every_column_of_a_table_has_a_name_of_its_own(store, sources):
    for class_ in sorted(sources.vocabulary.fields):
        header = tabular.table(store, sources.vocabulary, class_).header
        assert len(header) == len(set(header)), class_
        # A name of CSVW is a variable of an URI template (RFC 6570, section 2.3).
        assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in header)


@pytest.mark.parametrize("cell", ["=1+1", "+81", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_no_formula_for_a_spreadsheet(cell):
    found = Table("x", (tabular.Column("iri"), tabular.Column("name")), {"a": ("a", cell)})
    text = found.as_csv(for_spreadsheets=True)
    assert text.startswith("\ufeffiri,name")
    assert read(text)[0]["name"] == f"'{cell}"
    assert read(found.as_csv())[0]["name"] == cell
