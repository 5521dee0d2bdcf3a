"""Graphs, joins and the description of a mapping; terms: test_rml.py."""

from __future__ import annotations

from kg.rml import compile_mapping
from tests.rml_cases import PREFIXES, TYPE, XSD, compiled, object_map, run, source, triples_map

KEY = "<https://example.org/id/seminar/{}>".format
P = "<https://example.org/def#p>"


def test_graphs_of_subject_and_rule_are_united() -> None:
    subject = """rml:template "https://example.org/id/seminar/{$.key}" ; rml:class ex:Talk ;
        rml:graphMap [ rml:template "https://example.org/graph/rec/{$.doc}-{$.key}" ]"""
    both = object_map('rml:reference "$.b"', "; rml:graph rml:defaultGraph , ex:g")
    rules = object_map('rml:reference "$.a"') + " ; " + both
    record = {"key": "k", "doc": "900", "a": "A", "b": "B"}
    rec = "<https://example.org/graph/rec/900-k>"
    assert run(triples_map(rules, subject), [record]) == sorted([
        f"{KEY('k')} {TYPE} <https://example.org/def#Talk> {rec} .",
        f'{KEY("k")} {P} "A" {rec} .',
        f'{KEY("k")} {P} "B" {rec} .',
        f'{KEY("k")} {P} "B" <https://example.org/def#g> .',
        f'{KEY("k")} {P} "B" .',
    ])  # fmt: skip
    # a graph map without a value is not the default graph: the triple has nowhere to go
    assert run(triples_map(rules, subject), [{**record, "doc": None, "b": None}]) == []


def test_a_graph_map_may_give_the_default_graph_from_data() -> None:
    subject = 'rml:template "https://example.org/id/seminar/{$.key}" ; rml:graphMap [ rml:reference "$.g" ]'
    data = [{"key": "a", "g": "http://w3id.org/rml/defaultGraph"}, {"key": "b", "g": "https://example.org/g"}]
    made = run(triples_map(object_map('rml:constant "x"'), subject), data)
    assert made == [f'{KEY("a")} {P} "x" .', f'{KEY("b")} {P} "x" <https://example.org/g> .']


JOIN = """rml:parentTriplesMap <#Town> ; rml:joinCondition [ rml:child "$.host" ; rml:parent "$.name" ] ,
    [ rml:childMap [ rml:template "{$.pref}!" ] ; rml:parentMap [ rml:template "{$.pref}!" ] ]"""
TOWN_SUBJECT = 'rml:template "https://example.org/id/lg/{$.id}"'
TOWN = triples_map(object_map('rml:reference "$.name"'), TOWN_SUBJECT, "Town", source("towns.json"))


def test_joins_need_every_condition_and_never_match_null() -> None:
    towns = [
        {"id": "1", "name": "Kita", "pref": "North"},
        {"id": "2", "name": "Kita", "pref": "South"},
        {"id": "3", "name": None, "pref": "North"},
        {"id": "4", "name": "Kita", "pref": "North"},
    ]
    seminars = [
        {"key": "a", "host": "Kita", "pref": "North"},
        {"key": "b", "host": None, "pref": "North"},
        {"key": "c", "host": "Nishi", "pref": "North"},
    ]
    lines = run(TOWN + triples_map(object_map(JOIN)), seminars, towns=towns)
    joined = [line for line in lines if line.startswith("<https://example.org/id/seminar/")]
    assert joined == [f"{KEY('a')} {P} <https://example.org/id/lg/{n}> ." for n in (1, 4)]


def test_joins_compare_text_and_take_lists_on_both_sides() -> None:
    join = 'rml:parentTriplesMap <#Town> ; rml:joinCondition [ rml:child "$.codes[*]" ; rml:parent "$.codes[*]" ]'
    towns = [{"id": "1", "name": "A", "codes": ["10", 11]}, {"id": "2", "name": "B", "codes": [12]}]
    lines = run(TOWN + triples_map(object_map(join)), [{"key": "k", "codes": [10, "11", "12", 13]}], towns=towns)
    assert [line for line in lines if KEY("k") in line] == [
        f"{KEY('k')} {P} <https://example.org/id/lg/{n}> ." for n in (1, 2)
    ]


def test_lists_in_several_conditions_meet_in_every_combination() -> None:
    join = """rml:parentTriplesMap <#Town> ; rml:joinCondition [ rml:child "$.a" ; rml:parent "$.a[*]" ] ,
        [ rml:child "$.b" ; rml:parent "$.b[*]" ]"""
    towns = [{"id": "1", "a": ["x", "y"], "b": ["z", "w"]}, {"id": "2", "a": ["x"], "b": []}]
    assert run(TOWN + triples_map(object_map(join)), [{"key": "k", "a": "x", "b": "w"}], towns=towns) == [
        f"{KEY('k')} {P} <https://example.org/id/lg/1> ."
    ]


def test_self_join_and_constant_condition() -> None:
    join = """rml:parentTriplesMap <#Seminar> ; rml:joinCondition [ rml:child "$.year" ; rml:parent "$.year" ] ,
        [ rml:childMap [ rml:constant "open" ] ; rml:parent "$.state" ]"""
    data = [
        {"key": "a", "year": 1, "state": "open"},
        {"key": "b", "year": 1, "state": "shut"},
        {"key": "c", "year": 2, "state": "open"},
    ]
    assert run(triples_map(object_map(join)), data) == [
        f"{KEY(child)} {P} {KEY(parent)} ." for child, parent in ("aa", "ba", "cc")
    ]


def test_joins_do_not_compare_every_pair() -> None:
    towns = [{"id": str(n), "name": f"T{n}", "pref": "P"} for n in range(4000)]
    seminars = [{"key": str(n), "host": f"T{n}", "pref": "P"} for n in range(4000)]
    lines = run(TOWN + triples_map(object_map(JOIN)), seminars, towns=towns)  # 16 million pairs would take minutes
    assert len(lines) == 8000


def test_each_source_is_read_once_and_the_order_is_fixed() -> None:
    all_towns = source("towns.json", "$")
    body = TOWN + triples_map(object_map('rml:reference "$.v[*]"')) + triples_map(object_map(JOIN), name="Other")
    body += triples_map(object_map('rml:reference "$[*].id"'), "rml:constant ex:s", "All", all_towns)
    data = {"seminars.json": [{"key": k, "v": [1, 2]} for k in "ab"], "towns.json": [{"id": "1", "name": "A"}]}
    read: list[str] = []

    def reader(path: str) -> object:
        read.append(path)
        return data[path]

    mapping = compiled(body)
    assert mapping.sources == ("seminars.json", "towns.json")
    assert list(mapping.run(reader)) == list(compiled(body).run(data.__getitem__))
    assert sorted(read) == ["seminars.json", "towns.json"]


def test_a_run_is_a_stream() -> None:
    records = [{"key": "a", "v": "A"}, {"key": "b", "v": ["not", "a", "value"]}]
    lines = compiled(triples_map(object_map('rml:reference "$.v"'))).run(lambda path: records)
    assert next(lines) == f'{KEY("a")} {P} "A" .'


def test_description() -> None:
    body = TOWN + triples_map(
        object_map(JOIN)
        + " ; rml:predicateObjectMap [ rml:predicate ex:q ; rml:objectMap "
        + '[ rml:reference "$.start" ; rml:datatype xsd:date ] , [ rml:reference "$.t[*]" ; rml:language "EN" ] , '
        + '[ rml:constant ex:c ] ]',
        'rml:template "https://example.org/{$.key}" ; rml:class ex:Talk ; '
        + 'rml:graphMap [ rml:template "https://e.org/{$.doc}" ]',
    )  # fmt: skip
    seminar, town = compiled(body).maps
    assert (seminar.name, seminar.source, seminar.iterator) == (
        "https://example.org/mappings/test#Seminar", "seminars.json", "$[*]",
    )  # fmt: skip
    assert seminar.classes == ("https://example.org/def#Talk",)
    assert seminar.predicates == ("https://example.org/def#p", "https://example.org/def#q")
    assert set(seminar.references) == {
        ("$.key", "subject"), ("$.doc", "graph"), ("$.host", "child"), ("$.pref", "child"),
        ("$.start", "object"), ("$.t[*]", "object"),
    }  # fmt: skip
    assert set(town.references) == {
        ("$.id", "subject"), ("$.name", "object"), ("$.name", "parent"), ("$.pref", "parent"),
    }  # fmt: skip
    assert seminar.has_graph and not town.has_graph
    assert not compiled(triples_map(object_map('rml:reference "$.v"', "; rml:graph ex:g"))).maps[0].has_graph
    uses = {use.text: use for use in seminar.uses if use.predicates == ("https://example.org/def#q",)}
    assert uses["$.start"].datatype == XSD + "date"
    assert uses["$.t[*]"].language == "en"
    assert uses["https://example.org/def#c"].kind == "constant"
    assert [use.text for use in seminar.uses if use.kind == "join"] == [town.name]


def test_relative_names_without_a_base() -> None:
    text = PREFIXES.replace("@base <https://example.org/mappings/test> .", "")
    text += triples_map(object_map('rml:reference "$.v"'))
    (description,) = compile_mapping(text, "test.rml.ttl").maps
    assert description.name == "#Seminar"
    (description,) = compile_mapping(text, "test.rml.ttl", "https://example.org/x").maps
    assert description.name == "https://example.org/x#Seminar"
