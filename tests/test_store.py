"""kg/store.py, kg/names.py, kg/vocabulary.py: literals, the default graph, canonical form, IRIs, prefixes."""

from __future__ import annotations

import hashlib
import random
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest
from endpoint_support import BASE, FIXTURE, ROOT, fixture_lines, vocabulary
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Dataset, Literal
from rdflib.compare import isomorphic
from rdflib.graph import Graph

from kg.errors import ProjectError, QueryError
from kg.names import Names
from kg.project import Project
from kg.store import DataSet, Store, Term, Wanted, canonical_hash, parse, read_lines, serialise, terms
from kg.vocabulary import Vocabulary

XSD = "http://www.w3.org/2001/XMLSchema#"
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"


def number(store: Store, query: str, data: DataSet | None = None) -> int:
    return int(store.select(query, data=data)[0]["n"].value)


# ---- the literal table of domain-model section 4.4

REWRITTEN = [
    # written, what the store gives back, what rdflib gives back
    (f'"6"^^<{XSD}nonNegativeInteger>', f'"6"^^<{XSD}integer>', f'"6"^^<{XSD}nonNegativeInteger>'),
    (f'"6"^^<{XSD}positiveInteger>', f'"6"^^<{XSD}integer>', f'"6"^^<{XSD}positiveInteger>'),
    (f'"007"^^<{XSD}integer>', f'"7"^^<{XSD}integer>', f'"7"^^<{XSD}integer>'),
    (f'"+7"^^<{XSD}integer>', f'"7"^^<{XSD}integer>', f'"7"^^<{XSD}integer>'),
    (f'"1.0"^^<{XSD}decimal>', f'"1"^^<{XSD}decimal>', f'"1.0"^^<{XSD}decimal>'),
    (f'"1.50"^^<{XSD}decimal>', f'"1.5"^^<{XSD}decimal>', f'"1.50"^^<{XSD}decimal>'),
    (f'"1.0E1"^^<{XSD}double>', f'"10"^^<{XSD}double>', f'"10.0"^^<{XSD}double>'),
    (f'"P24M"^^<{XSD}duration>', f'"P2Y"^^<{XSD}duration>', f'"P2Y"^^<{XSD}duration>'),
]
KEPT = [
    f'"6"^^<{XSD}integer>',
    f'"-12"^^<{XSD}integer>',
    f'"1.5"^^<{XSD}decimal>',
    f'"2019-01-20"^^<{XSD}date>',
    f'"2010-10"^^<{XSD}gYearMonth>',
    f'"1988"^^<{XSD}gYear>',
    f'"2026-11-20T09:30:00+09:00"^^<{XSD}dateTime>',
    f'"P1Y"^^<{XSD}duration>',
    f'"0a1f"^^<{XSD}hexBinary>',
    f'"true"^^<{XSD}boolean>',
    '"007"',
    '"\\u0001 tab\\t line\\n quote\\" back\\\\"',
    '"よみ"@ja-hrkt',
    '"Hamamatsu-shi"@ja-latn',
]


def in_store(literal: str) -> str:
    store = Store.load([f"<https://example.org/s> <https://example.org/p> {literal} <https://example.org/g> ."])
    return str(terms(store.lines()[0])[2])


def in_rdflib(literal: str) -> str:
    graph = Graph().parse(data=f"<https://example.org/s> <https://example.org/p> {literal} .", format="nt")
    found = next(iter(graph.objects()))
    assert isinstance(found, Literal)
    if found.language:
        return str(Term(str(found), "literal", language=found.language))
    return str(Term(str(found), "literal", datatype=str(found.datatype) if found.datatype else None))


@pytest.mark.parametrize("written,store,rdflib", REWRITTEN)
def test_literals_that_the_engines_rewrite(written: str, store: str, rdflib: str) -> None:
    """These are why the data keep to the forms of the next test; should an engine change, this says so."""
    assert in_store(written) == store
    assert in_rdflib(written) == rdflib


@pytest.mark.parametrize("literal", KEPT)
def test_literals_of_the_data_survive_both_engines(literal: str) -> None:
    assert in_store(literal) == literal
    assert in_rdflib(literal) == literal


def test_language_tags_are_lowered_when_they_are_read() -> None:
    line = parse('<https://example.org/s> <https://example.org/p> "よみ"@ja-Hrkt .', "ntriples")[0]
    assert line.endswith('"よみ"@ja-hrkt .')


def test_the_store_gives_back_the_lines_it_was_given() -> None:
    lines = fixture_lines()
    assert Store.load(lines).lines() == sorted(lines)


# ---- the default graph

TWICE = [
    "<https://example.org/a> <https://example.org/to> <https://example.org/b> <https://example.org/g1> .",
    "<https://example.org/a> <https://example.org/to> <https://example.org/b> <https://example.org/g2> .",
    "<https://example.org/b> <https://example.org/to> <https://example.org/c> <https://example.org/g1> .",
    "<https://example.org/b> <https://example.org/to> <https://example.org/c> <https://example.org/g2> .",
]
STEPS = (
    "SELECT (COUNT(*) AS ?n) WHERE { <https://example.org/a> <https://example.org/to>/<https://example.org/to> ?c }"
)
GRAPHS = ("https://example.org/g1", "https://example.org/g2")


@pytest.mark.parametrize("query,expected", [(COUNT, 2), (STEPS, 1)])
def test_a_triple_of_two_graphs_counts_once(query: str, expected: int) -> None:
    store = Store.load(TWICE)
    assert number(store, query) == expected
    assert number(store, query, DataSet(GRAPHS)) == expected
    assert number(store, query, DataSet(GRAPHS[:1])) == expected
    other = Dataset(default_union=True)
    other.parse(data="\n".join(TWICE), format="nquads")
    assert int(next(iter(other.query(query)))[0]) == expected


def test_the_copy_is_in_no_dump_and_in_no_graph_pattern() -> None:
    store = Store.load(TWICE)
    assert store.lines() == sorted(TWICE)
    assert number(store, "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }") == 4


def test_a_data_set_wins_over_from() -> None:
    store = Store.load(TWICE)
    query = "SELECT (COUNT(*) AS ?n) FROM <https://example.org/none> WHERE { ?s ?p ?o }"
    assert number(store, query) == 0
    assert number(store, query, DataSet(GRAPHS)) == 2
    assert number(store, "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }", DataSet((), GRAPHS[:1])) == 2
    assert number(store, COUNT, DataSet((), GRAPHS)) == 0


# ---- queries

def test_values_are_terms_and_never_text() -> None:
    hostile = Term('x" } INSERT DATA { <a:a> <a:b> "', "literal")
    store = Store.load(['<https://example.org/s> <https://example.org/p> "x" <https://example.org/g> .'])
    assert store.select("SELECT ?s ?v WHERE { ?s ?p ?v }", {"v": hostile}) == []
    assert len(store.select("SELECT ?s ?v WHERE { ?s ?p ?v }", {"v": Term("x", "literal")})) == 1


def test_prefixes_are_added_and_an_unbound_variable_is_no_key() -> None:
    words = vocabulary()
    store = Store.load(fixture_lines(), words.prefixes, words.base)
    rows = store.select("SELECT ?town ?other WHERE { ?town a jichi:Town OPTIONAL { ?town jichi:none ?other } }")
    assert [sorted(row) for row in rows] == [["town"], ["town"]]


def test_a_syntax_error_names_its_place() -> None:
    with pytest.raises(QueryError) as raised:
        Store.load([]).select("SELECT * WHERE {\n  ?s ?p }")
    assert raised.value.code == "query-syntax"
    assert (raised.value.values["line"], raised.value.values["column"]) == (2, 9)
    assert raised.value.values["found"] == "?s ?p }"
    assert "2" in raised.value.text("ja")


@pytest.mark.parametrize("method,query", [("select", "ASK {}"), ("ask", COUNT), ("construct", "ASK {}")])
def test_a_query_of_another_form_is_refused(method: str, query: str) -> None:
    with pytest.raises(QueryError, match="query-form"):
        getattr(Store.load([]), method)(query)


@pytest.mark.parametrize("query", ["SELECT * { ?s ?p ?o }", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"])
def test_an_answer_is_bounded(query: str) -> None:
    store = Store.load(fixture_lines())
    assert len(store.answer(query, Wanted())[1]) > 2000
    with pytest.raises(QueryError, match="answer-too-large"):
        store.answer(query, Wanted(limit=2000))


def test_what_is_no_rdf_is_refused_with_its_line(tmp_path: Path) -> None:
    good = "<https://example.org/s> <https://example.org/p> <https://example.org/o> ."
    with pytest.raises(ProjectError) as raised:
        parse(f"{good}\n{good}\n<broken", "ntriples", where="x.nt")
    assert raised.value.where == "x.nt:3"
    file = tmp_path / "cut.nq"
    file.write_text(f"{good}\n<https://example.org/s> <https://exam")
    with pytest.raises(ProjectError, match="cut.nq"):
        Store.load(file)


# ---- writing

FORMATS = {"turtle": "turtle", "ntriples": "nt", "rdfxml": "xml", "jsonld": "json-ld", "trig": "trig", "nquads": "nquads"}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_reads_back_the_same_in_both_engines(name: str) -> None:
    lines = fixture_lines()
    written = serialise(lines, name, vocabulary().prefixes)
    holds_graphs = name in ("trig", "nquads", "jsonld")
    expected = lines if holds_graphs else sorted({f"{' '.join(str(t) for t in terms(line)[:3])} ." for line in lines})
    assert parse(written, name) == expected
    if holds_graphs:
        read = Dataset().parse(data=written, format=FORMATS[name])
        assert len({quad for quad in read.quads() if quad[3]}) == len(expected)
    else:
        graph = Graph().parse(data=written, format=FORMATS[name])
        assert isomorphic(graph, Graph().parse(data="\n".join(expected), format="nt"))


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_bytes_whatever_the_order(name: str) -> None:
    lines = fixture_lines()
    shuffled = random.Random(7).sample(lines, len(lines))
    assert serialise(shuffled + lines, name, vocabulary().prefixes) == serialise(lines, name, vocabulary().prefixes)


def test_the_same_bytes_in_another_process() -> None:
    code = (
        "import hashlib, endpoint_support as e; from kg.store import serialise; "
        "print([hashlib.sha256(serialise(e.fixture_lines(), f, e.vocabulary().prefixes)).hexdigest() "
        "for f in ('turtle', 'trig', 'jsonld', 'rdfxml')])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT / "tests",
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1


def test_without_blank_nodes_the_canonical_form_is_the_sorted_lines(tmp_path: Path) -> None:
    lines = fixture_lines()
    text = "".join(f"{line}\n" for line in sorted(lines))
    assert canonical_hash(lines) == hashlib.sha256(text.encode()).hexdigest()
    file = tmp_path / "x.nq"
    file.write_text(text)
    assert read_lines(file) == sorted(lines)


def test_blank_nodes_are_canonical_whatever_their_names() -> None:
    one = ["_:a <https://example.org/p> _:b .", '_:b <https://example.org/p> "x" .']
    two = ["_:z <https://example.org/p> _:y .", '_:y <https://example.org/p> "x" .']
    assert canonical_hash(one) == canonical_hash(two) != canonical_hash(one[:1])


# ---- IRIs

@given(st.text(max_size=40))
def test_a_slug_is_a_key_or_an_error(text: str) -> None:
    try:
        slug = Names.slug(text)
    except ValueError:
        assert not any(c in string.ascii_letters + string.digits for c in text)
        return
    assert Names(BASE).thing("lg", slug) == f"{BASE}id/lg/{slug}"
    assert Names.slug(slug) == slug


@pytest.mark.parametrize("text,slug", [
    ("Newcastle upon Tyne", "newcastle-upon-tyne"), ("Neuchâtel", "neuchatel"), ("Ōsaka", "osaka"),
    ("  St. Paul ", "st-paul"), ("ＮＥＡＲ", "near"),
])  # fmt: skip
def test_slugs(text: str, slug: str) -> None:
    assert Names.slug(text) == slug


@given(st.text(alphabet=string.printable, max_size=20))
def test_no_text_breaks_out_of_an_iri(key: str) -> None:
    try:
        made = Names(BASE).thing("lg", key)
    except ValueError:
        return
    assert made == f"{BASE}id/lg/{key}"
    assert set(key) <= set(string.ascii_lowercase + string.digits + "-")


def test_names_there_and_back() -> None:
    names = Names(BASE)
    assert names.graph("rec", "900-2021-lisbon") == f"{BASE}graph/rec/900-2021-lisbon"
    assert names.path_of(f"{BASE}id/lg/x#a") == "id/lg/x#a"
    assert names.path_of(BASE) is None
    assert names.path_of("https://example.com/towns/id/lg/x") is None
    assert names.of_path("id/lg/x") == f"{BASE}id/lg/x"
    with pytest.raises(ValueError):
        Names("https://example.org/no-slash")
    with pytest.raises(ValueError):
        names.graph()


# ---- the vocabulary

def test_words_groups_and_order() -> None:
    words = vocabulary()
    seminar = f"{BASE}def#Seminar"
    assert (words.label(seminar, "ja"), words.label(seminar, "en")) == ("セミナー", "seminar")
    assert words.label(f"{BASE}def#unknown", "ja") is None
    assert words.superclasses(seminar) >= {f"{BASE}def#Meeting", "https://schema.org/Event"}
    assert words.subclasses(f"{BASE}def#Meeting") == {f"{BASE}def#Meeting", seminar}
    first = words.field("https://schema.org/startDate", [seminar])
    host = words.field(f"{BASE}def#hostedBy", [seminar])
    assert (first.name.get("ja"), first.group and first.group.label.get("en"), first.order) == ("初日", "Time", 1)
    assert host.group is not None and first.group is not None and first.group.order < host.group.order
    name = words.field("http://www.w3.org/2004/02/skos/core#prefLabel", [seminar])
    assert name.name.get("en") == "name", "a shape of some values only does not give the caption"
    other = words.field(f"{BASE}def#theme", [seminar])
    assert (other.group, other.name.get("ja")) == (None, "題")


def test_curies_take_the_longest_namespace_and_only_plain_names() -> None:
    words = vocabulary()
    assert words.curie(f"{BASE}graph/rec/900-2021-lisbon") == "rec:900-2021-lisbon"
    assert words.curie(f"{BASE}id/fy/2021#begin") == f"<{BASE}id/fy/2021#begin>"
    assert words.curie("https://nowhere.example/x") == "<https://nowhere.example/x>"


def test_schemes_terms_and_sources() -> None:
    words = vocabulary()
    assert list(words.schemes) == [f"{BASE}vocab/role"]
    assert words.schemes[f"{BASE}vocab/role"].concepts == (f"{BASE}vocab/role#chair", f"{BASE}vocab/role#member")
    assert words.terms[f"{BASE}def#Town"].definition.get("ja") == "町長のいる所。"
    assert (words.base, words.dataset, words.ontology) == (BASE, f"{BASE}dataset", f"{BASE}def")
    for name in ("ontology", "concepts", "shapes", "prefixes", "dataset"):
        assert parse(words.source(name), "ntriples"), name


@pytest.mark.parametrize("addition,code", [
    ("<#d> sh:prefix 'jichi' ; sh:namespace 'https://elsewhere.example/' .", "prefix-repeated"),
    ("<#d> sh:prefix 'other' .", "prefix-incomplete"),
    ("<#d> sh:prefix", "rdf-syntax"),
])  # fmt: skip
def test_a_wrong_prefix_table_is_refused(tmp_path: Path, addition: str, code: str) -> None:
    shutil.copytree(FIXTURE / "project", tmp_path / "project")
    table = tmp_path / "project" / "ontology" / "prefixes.ttl"
    table.write_text(f"{table.read_text()}\n@base <{BASE}prefixes> .\n<> sh:declare <#d> .\n{addition}\n")
    with pytest.raises(ProjectError) as raised:
        Vocabulary(Project(tmp_path / "project")).prefixes  # noqa: B018
    assert raised.value.code == code
    assert (raised.value.where or "").startswith("ontology/prefixes.ttl")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?s\nWHERE { ?s ?p ?o ^) }", "SELECT ?s\nWHERE { ?s a ?t ^,, ?u }\n", "^SELEC ?s\nWHERE { ?s a ?t }",
        "SELECT ?s WHERE {\n ?s a ?t . ^FILTR(?t) }", "SELECT ?s\nWHERE { ?s a ?t . FILTER(?t = ^}",
        "SELECT ?s WHERE { ?s a ?t^", "SELECT ^WHERE { ?s a ?t }", "SELECT ?s { ?s a ?t } ORDER ^?s",
        "SELECT ?s WHERE {\n ?s a ^) ?t }\nLIMIT 3", "SELECT ?s {\n# 千代田区\n ?s a '千代田区' ^) }",
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_read_is_faulted_where_it_goes_wrong(text):
    before, _, after = text.partition("^")
    with pytest.raises(QueryError) as refused:
        Store.load([]).select(before + after)
    place = (refused.value.values["line"], refused.value.values["column"])
    assert place == (before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
