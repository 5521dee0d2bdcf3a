"""What is given back: only what records state, in the syntax of the other side, and the same bytes every time."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from rdflib import Graph

from conftest import ROOT
from kg import exports, link, published
from kg.cli import commands, main
from kg.errors import KgError
from kg.store import Store
from kg.vocabulary import Vocabulary

ITEM, PROPERTY = r"Q[1-9][0-9]*", r"P[1-9][0-9]*"
TIME = r"\+[0-9]{4}-(?:00-00T00:00:00Z/9|(?:0[1-9]|1[0-2])-00T00:00:00Z/10|(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T00:00:00Z/11)"
TEXT = r'"[^"\t]+"'
COMMAND = re.compile(rf"{ITEM}\t{PROPERTY}\t{ITEM}(?:\t{PROPERTY}\t{TIME})*(?:\tS[1-9][0-9]*\t{TEXT})+")
"""one command of QuickStatements, version 1: statement, qualifiers with a time, sources with a text"""


@pytest.fixture(scope="module")
def vocabulary(project):
    return Vocabulary(project)


@pytest.fixture(scope="module")
def store(built, vocabulary):
    return exports.opened(published.current(built), vocabulary.prefixes, vocabulary.base)


def test_every_command_has_the_syntax_of_quickstatements(store):
    lines = exports.quickstatements(store).splitlines()
    assert lines and lines == sorted(lines)
    assert [line for line in lines if not COMMAND.fullmatch(line)] == []


def test_a_tie_is_given_at_both_ends_with_its_year_and_source(store):
    lines = exports.quickstatements(store).splitlines()
    year = 'P580\t+1955-00-00T00:00:00Z/9\tS854\t"https://w3id.org/jichi/id/evidence/002-nagasaki-st-paul"'
    assert {f"Q38234\tP190\tQ28848\t{year}", f"Q28848\tP190\tQ38234\t{year}"} <= set(lines)


def test_what_a_document_only_implies_is_not_given(store):
    """Ichikawa's ties are inferred from what its programme is called (issue `tie-implied`)."""
    ties = store.select("SELECT ?item { ?tie a jichi:Affiliation ; jichi:issue ?issue ; jichi:party/skos:exactMatch ?item }")
    items = {row["item"].value.rpartition("/")[2] for row in ties}
    assert items and not any(item in line.split("\t")[:3] for line in exports.quickstatements(store).splitlines() for item in items)


QUADS = """
<https://w3id.org/jichi/id/membership/a--b> <{rdf}type> <{org}Membership> <{rec}> .
<https://w3id.org/jichi/id/membership/a--b> <{org}member> <https://w3id.org/jichi/id/lg/b> <{rec}> .
<https://w3id.org/jichi/id/membership/a--b> <{org}organization> <https://w3id.org/jichi/id/network/a> <{rec}> .
<https://w3id.org/jichi/id/membership/a--b> <{org}role> <https://w3id.org/jichi/vocab/role#member> <{rec}> .
<https://w3id.org/jichi/id/membership/a--b> <https://w3id.org/jichi/def#asOf> "2019-03-31"^^<http://www.w3.org/2001/XMLSchema#date> <{rec}> .
<https://w3id.org/jichi/id/membership/a--b> <{prov}wasDerivedFrom> <https://w3id.org/jichi/id/evidence/9-a> <{rec}> .
<https://w3id.org/jichi/id/evidence/9-a> <http://www.w3.org/ns/oa#hasSource> <https://w3id.org/jichi/id/document/9-1> <{meta}> .
<https://w3id.org/jichi/id/document/9-1> <{prov}specializationOf> <https://w3id.org/jichi/id/document/9> <{meta}> .
<https://w3id.org/jichi/id/document/9> <http://xmlns.com/foaf/0.1/page> <https://example.org/page> <{meta}> .
<https://w3id.org/jichi/id/lg/b> <http://www.w3.org/2004/02/skos/core#exactMatch> <http://www.wikidata.org/entity/Q2> <{links}> .
<https://w3id.org/jichi/id/network/a> <http://www.w3.org/2004/02/skos/core#exactMatch> <http://www.wikidata.org/entity/Q1> <{links}> .
"""


def made(vocabulary, graph: str = "rec/9-a", more: str = "") -> Store:
    names = {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "org": "http://www.w3.org/ns/org#", "prov": "http://www.w3.org/ns/prov#",
        "rec": f"https://w3id.org/jichi/graph/{graph}", "meta": "https://w3id.org/jichi/graph/prov", "links": "https://w3id.org/jichi/graph/link/wikidata",
    }  # fmt: skip
    lines = (QUADS + more).format(**names).strip().split("\n")
    return Store.load(lines, vocabulary.prefixes, vocabulary.base)


def test_a_membership_is_given_with_the_day_it_held_and_the_address_of_its_document(vocabulary):
    line = 'Q2\tP463\tQ1\tP585\t+2019-03-31T00:00:00Z/11\tS854\t"https://example.org/page"\n'
    assert exports.quickstatements(made(vocabulary)) == line
    assert exports.quickstatements(made(vocabulary), [("Q2", "P463", "Q1")]) == ""


@pytest.mark.parametrize("graph", ["inferred", "curation/9-a", "ref/x"])
def test_what_no_record_states_is_not_given(vocabulary, graph):
    assert exports.quickstatements(made(vocabulary, graph)) == ""


def test_what_is_planned_is_not_given(vocabulary):
    more = "<https://w3id.org/jichi/id/membership/a--b> <https://w3id.org/jichi/def#status> <https://w3id.org/jichi/vocab/status#planned> <{rec}> .\n"
    assert exports.quickstatements(made(vocabulary, more=more)) == ""


@pytest.mark.parametrize(
    ("text", "time"),
    [("1955", "+1955-00-00T00:00:00Z/9"), ("2019-03", "+2019-03-00T00:00:00Z/10"), ("2019-03-31", "+2019-03-31T00:00:00Z/11"), ("about 1955", "")],
)
def test_a_time_says_how_exact_it_is(text, time):
    assert exports.when(text) == time


def test_the_linkset_is_sssom_that_can_be_read_and_identity_stands_only_there(built, store, vocabulary):
    files = exports.linkset(store, vocabulary.base, vocabulary.prefixes)
    rows = link.read(files["linkset.sssom.tsv"].decode(), "linkset.sssom.tsv", "all")
    graph = Graph().parse(data=files["linkset.nt"], format="nt")
    same = {(str(s), str(o)) for s, p, o in graph if str(p).endswith("#sameAs")}
    accepted = {(row.subject, row.object) for row in rows if row.accepted}
    assert {(str(s), str(o)) for s, _, o in graph} == accepted
    assert same == {pair for pair in accepted if "wikidata.org/entity/Q" in pair[1]} and len(same) >= 170
    assert any(row.negative for row in rows) and any(row.empty for row in rows)
    assert all(row.cells["mapping_justification"].startswith("https://w3id.org/semapv/vocab/") for row in rows)
    assert b"sameAs" not in (published.current(built) / published.DATA).read_bytes()


def test_the_same_release_gives_the_same_bytes(built, store, vocabulary):
    again = exports.opened(published.current(built), vocabulary.prefixes, vocabulary.base)
    assert exports.quickstatements(again) == exports.quickstatements(store)
    assert exports.linkset(again, vocabulary.base, vocabulary.prefixes) == exports.linkset(store, vocabulary.base, vocabulary.prefixes)


def invoke(*words: str) -> str:
    done = CliRunner().invoke(commands("ja"), ["export", *words], standalone_mode=False)
    assert done.exception is None, done.output
    return done.output


def test_the_commands(built, store, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert invoke("quickstatements", "--out", str(built)) == exports.quickstatements(store)
    present = tmp_path / "ties.csv"
    present.write_text("subject,property,object\nQ38234,P190,Q28848\n")
    lines = invoke("quickstatements", "--out", str(built), "--present", str(present)).splitlines()
    assert len(lines) == len(exports.quickstatements(store).splitlines()) - 1
    invoke("linkset", "--out", str(built), "--to", str(tmp_path / "set"))
    assert sorted(p.name for p in (tmp_path / "set").iterdir()) == ["linkset.nt", "linkset.sssom.tsv"]


def test_a_wrong_table_of_what_is_there_stops(built, tmp_path, capsys):
    present = tmp_path / "ties.csv"
    present.write_text("subject,property,object\nQ38234,190,Q28848\n")
    with pytest.raises(SystemExit) as left:
        main(["export", "quickstatements", "--out", str(built), "--present", str(present)])
    assert left.value.code == 1
    assert "ties.csv:2" in (said := capsys.readouterr()).err and not said.out


def test_no_release_is_named(tmp_path, vocabulary):
    with pytest.raises(KgError):
        exports.opened(tmp_path, vocabulary.prefixes, vocabulary.base)
