"""The command `kg` as a user meets it: words, exit codes, one line for a mistake, both languages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT
from kg.cli import commands, language_of

VERBS = ("extract", "check", "build", "serve", "query", "explain")


def kg(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg", *arguments], cwd=cwd, capture_output=True, text=True, timeout=900,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "LC_ALL": "", **environment}, check=False,
    )  # fmt: skip


def mistake(done: subprocess.CompletedProcess[str], code: int = 2) -> str:
    """The one line that a mistake is answered with."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("kg: "), done.stderr
    return lines[0]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_verb_has_help_with_an_example_in_both_languages(language):
    group = commands(language)
    assert set(group.commands) >= set(VERBS)
    for verb in group.commands:
        shown = kg(verb, "--help", "--lang", language).stdout
        assert ("Example: kg " if language == "en" else "例: kg ") in shown
        assert bool(re.search("[ぁ-ん]", shown)) == (language == "ja")


def test_the_language_comes_from_the_option_or_the_locale():
    assert language_of(["--lang", "ja"], {}) == "ja"
    assert language_of(["build", "--lang=en"], {"LANG": "ja_JP.UTF-8"}) == "en"
    assert language_of([], {"LANG": "ja_JP.UTF-8"}) == "ja"
    assert language_of([], {"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}) == "en"
    assert language_of([], {}) == "en"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["qurey"], "query"),
        (["build", "--uot", "x"], "--out"),
        (["explain"], "THING is missing"),
        (["query"], "either a query or -f FILE"),
        (["query", "ASK {}", "-f", "pyproject.toml"], "either a query or -f FILE"),
        (["serve", "--port", "99999"], "port"),
        (["extract", "0000", "--documents", "tests"], "nearest: 000"),
        (["extract", "001", "--documents", "tests"], "no layout"),
        (["extract", "000", "--documents", "tests"], "000_e951cac3e16bc270.txt"),
    ],
)
def test_a_wrong_call_is_answered_in_one_line(arguments, said):
    assert said in mistake(kg(*arguments))


def test_a_wrong_call_is_answered_in_japanese():
    assert "コマンド" in mistake(kg("qurey", "--lang", "ja"))
    assert "コマンド" in mistake(kg("qurey", LANG="ja_JP.UTF-8"))


def test_outside_any_project_the_copy_at_hand_is_used(tmp_path):
    assert kg("check", cwd=tmp_path).returncode == 0


def test_query_in_every_format(built):
    out = str(built)
    text = "SELECT ?s ?name { ?s a jichi:Network ; skos:prefLabel ?name FILTER(LANG(?name) = 'ja') } ORDER BY ?s LIMIT 2"
    table = kg("query", text, "--out", out).stdout
    assert "network:" in table and "@ja" in table and len(table.splitlines()) == 4
    rows = json.loads(kg("query", text, "--out", out, "--format", "json").stdout)
    assert len(rows) == 2 and set(rows[0]) == {"s", "name"}
    assert kg("query", text, "--out", out, "--format", "csv").stdout.splitlines()[0] == "s,name"
    turtle = kg("query", "DESCRIBE seminar:2018-london", "--out", out).stdout
    assert "2019-01-20" in turtle and "@prefix seminar:" in turtle
    assert kg("query", "ASK { ?s a jichi:Nothing }", "--out", out).stdout.split() == ["answer", "------", "false"]


def test_a_name_that_occurs_nowhere_is_told_beside_the_answer(built, tmp_path):
    """With the words of the workbench, on the other stream: what is piped on stays an answer."""
    asked = tmp_path / "asked.rq"
    asked.write_text("# why\nSELECT (COUNT(*) AS ?n) { ?s jichi:hostedby ?o }", encoding="utf-8")
    result = kg("query", "-f", str(asked), "--out", str(built), "--format", "csv")
    assert (result.returncode, result.stdout) == (0, "n\n0\n")
    place, _, said = result.stderr.strip().partition(": ")
    assert place == f"{asked}:2:30" and said.startswith("jichi:hostedby occurs nowhere in the data. Did you mean jichi:hostedBy")
    assert kg("query", "ASK { ?s jichi:hostedBy ?o }", "--out", str(built)).stderr == ""


def test_columns_stay_straight_with_japanese(built):
    text = "SELECT ?ja ?key { VALUES (?ja ?key) { ('東海市' 'a') ('x' 'b') } }"
    lines = kg("query", text, "--out", str(built)).stdout.splitlines()
    assert lines == ["ja      key", "------  ---", "東海市  a", "x       b"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT * {", "line 1"),
        ("SELECT ?s { ?s a nope:Thing }", "nope"),
        ("DELETE WHERE { ?s ?p ?o }", "query-syntax"),
    ],
)
def test_a_wrong_query_is_answered_in_one_line(built, query, said):
    assert said in mistake(kg("query", query, "--out", str(built)))


def test_a_service_is_not_asked(built):
    line = mistake(kg("query", "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "--out", str(built)))
    assert "SERVICE" in line


def test_explain_says_where_each_statement_is_from(built):
    shown = kg("explain", "seminar/2018-london", "--out", str(built)).stdout
    assert re.search(r"stated +schema:startDate +2019-01-20 +000:29-30", shown)
    assert re.search(r"inferred +jichi:latest +2019-01-26 +graph:inferred", shown)
    curated = kg("explain", "seminar:2016-new-york", "--out", str(built)).stdout
    assert re.search(r"curated +jichi:edtf +2016-11-27/2016-12-07\?", curated)
    assert "the page lost the month of the last day" in curated and "2026-11-21" in curated
    found = json.loads(kg("explain", "https://w3id.org/jichi/id/count/near-004", "--out", str(built), "--json").stdout)
    assert found["passages"] == ["004:82-83"]


def test_explain_shows_the_passage_where_the_document_is_at_hand(built, documents):
    shown = kg("explain", "seminar/2018-london", "--out", str(built), "--documents", str(documents)).stdout
    assert "000:29-30" in shown and "  | London 20-26 January Miyagi Prefecture" in shown


def test_explain_of_something_unknown_names_the_nearest(built):
    assert "seminar/2018-london" in mistake(kg("explain", "seminar/2018-lodnon", "--out", str(built)))


def test_no_release_is_said(tmp_path):
    assert "kg build" in mistake(kg("query", "ASK {}", "--out", str(tmp_path)), 1)


def test_check_and_build_answer_machines(tmp_path):
    assert json.loads(kg("check", "--json").stdout) == []
    facts = json.loads(kg("build", "--json", "--out", str(tmp_path)).stdout)
    assert facts["published"] and facts["counts"]["seminar"] == 48
    assert [(p["where"], p["severity"]) for p in facts["problems"]] == [("000:54", "warning")]


def test_extract_repeats_the_records(documents):
    done = kg("extract", "--check", "--documents", str(documents))
    assert done.returncode == 0, done.stdout
    assert "000: 48 records, 0 changed" in done.stdout and "004: 17 records, 0 changed" in done.stdout


def test_extract_shows_what_changed(documents, copy_of_project, tmp_path):
    folder = tmp_path / "pages"
    shutil.copytree(documents, folder)
    page = folder / "000_e951cac3e16bc270.txt"
    page.write_text(page.read_text().replace("Seoul 23-30 May", "Seoul 24-30 May"))
    done = kg("extract", "000", "--check", "--documents", str(folder), cwd=copy_of_project.root)
    assert done.returncode == 1
    assert "changed 000-2018-seoul norm.start norm.verbatim verbatim.dates" in done.stdout
    assert "document-changed" in done.stdout


HOSTILE = {
    "empty": (b"", "source-empty"),
    "blank": (b"\n \n\t\n", "source-empty"),
    "binary": (bytes(range(256)), "source-"),
    "latin": ("Séminaire\n".encode("latin-1"), "source-encoding"),
    "utf16": ("London 20-26 January".encode("utf-16"), "source-"),
    "prose": (b"A page about gardens.\nNothing else.\n", "layout-mismatch"),
    "large": (b"London 20-26 January Miyagi Prefecture x\n" * 1_250_000, "source-too-large"),
    "cut": ("Outline of the 2018 Seminar Series\nLondon 20-26 Jan".encode(), "row-unread"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("document", ["000", "004"])
def test_a_hostile_page_is_refused_or_reported(name, document, tmp_path, copy_of_project):
    content, code = HOSTILE[name]
    (tmp_path / "pages").mkdir()
    file = {"000": "000_e951cac3e16bc270.txt", "004": "004_b23810dca8baeb24.txt"}[document]
    (tmp_path / "pages" / file).write_bytes(content)
    before = copy_of_project.records(document).read_bytes()
    done = kg("extract", document, "--check", "--documents", str(tmp_path / "pages"), cwd=copy_of_project.root)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    said = done.stderr + done.stdout
    assert code in said or "layout-mismatch" in said
    assert copy_of_project.records(document).read_bytes() == before
