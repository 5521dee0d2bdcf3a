"""`kg coverage` and `kg explain LINES`: every line of every document is accounted for, and says what it supports."""

from __future__ import annotations

import pytest

from kg import pipeline
from kg.check import check, coverage
from kg.errors import ProjectError


def ledger_of(project, document: str, text: str) -> list[tuple[str, str]]:
    (project.mappings / "ledger" / f"{document}.csv").write_text(f"line,reason,repeats\n{text}", encoding="utf-8")
    _, problems = coverage(project)
    return [(p.code, p.where) for p in problems if p.where.startswith((f"{document}:", f"mappings/ledger/{document}"))]


def test_every_line_is_accounted_for(project):
    accounts, problems = coverage(project)
    assert problems == []
    assert [a.document.id for a in accounts] == ["000", "001", "002", "003", "004"]
    for account in accounts:
        assert sum(account.shares().values()) == account.document.lines
        assert account.shares()["cited"] > account.shares()["navigation"] and account.shares()["unread"] == 0


def test_the_ledger_agrees_with_the_texts(project, documents):
    _, problems = coverage(project, documents)
    assert problems == []


def test_a_line_that_nobody_accounts_for_stops_check_and_build(copy_of_project, tmp_path):
    path = copy_of_project.mappings / "ledger" / "001.csv"
    path.write_text(path.read_text().replace("3,navigation,\n", ""))
    assert [(p.code, p.where) for p in check(copy_of_project)] == [("ledger-unaccounted", "001:3")]
    folder, problems, _ = pipeline.build(copy_of_project, tmp_path / "out")
    assert folder is None and ("ledger-unaccounted", "001:3") in [(p.code, p.where) for p in problems]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("1,navigation,\n3,navigation,\n5,navigation,\n8,navigation,\n38,navigation,\n", []),
        (
            "1,navigation,\n3,navigation,\n5,navigation,\n8,navigation,\n38,navigation,\n4,navigation,\n",
            [("ledger-no-line", "mappings/ledger/001.csv:7")],
        ),
        (
            "1,navigation,\n3,navigation,\n5,navigation,\n8,navigation,\n38,navigation,\n30,opinion-not-modelled,\n",
            [("ledger-cited", "mappings/ledger/001.csv:7")],
        ),
        (
            "1,navigation,\n3,navigation,\n5,navigation,\n8,repeated-heading,3\n38,navigation,\n",
            [("ledger-repeats", "mappings/ledger/001.csv:5")],
        ),
    ],
)
def test_what_boilerplate_may_be(copy_of_project, rows, expected):
    assert ledger_of(copy_of_project, "001", rows) == expected


def test_an_unknown_reason_is_refused(copy_of_project):
    with pytest.raises(ProjectError) as error:
        ledger_of(copy_of_project, "001", "1,navigaton,\n")
    assert "navigation" in str(error.value) and error.value.where == "mappings/ledger/001.csv:2"


def test_a_line_that_names_something_is_no_boilerplate(copy_of_project, documents):
    """A host, a number or an address hidden as navigation is found with the text at hand."""
    records = copy_of_project.records("000")
    kept = [line for line in records.read_text().splitlines(keepends=True) if '"000-2018-paris"' not in line]
    records.write_text("".join(kept))
    path = copy_of_project.mappings / "ledger" / "000.csv"
    path.write_text(path.read_text() + "25,navigation,\n")
    _, problems = coverage(copy_of_project, documents)
    assert ("ledger-says-something", "000:25") in [(p.code, p.values.get("line")) for p in problems]
