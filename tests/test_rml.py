"""What the RML interpreter makes of each kind of term.

Graphs and joins: test_rml_maps.py; errors: test_rml_errors.py; official cases: test_rml_core.py.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rml_cases import TYPE, XSD, object_map, objects, run, source, triples_map

KEY = "<https://example.org/id/seminar/{}>".format
P = "<https://example.org/def#p>"


def test_reference_template_constant_and_class() -> None:
    rules = """rml:predicateObjectMap
        [ rml:predicate ex:name ; rml:objectMap [ rml:reference "$.name" ] ] ,
        [ rml:predicate ex:host ; rml:objectMap [ rml:template "https://example.org/id/lg/{$.host}" ] ] ,
        [ rml:predicate ex:kind ; rml:object ex:Seminar , "seminar"@en , 3 , true ]"""
    lines = run(
        triples_map(rules, 'rml:template "https://example.org/id/seminar/{$.key}" ; rml:class ex:Event , ex:Talk'),
        [{"key": "a", "name": "Snow roads", "host": "jp-x-town"}],
    )
    ex = "<https://example.org/def#"
    assert lines == sorted([
        f"{KEY('a')} {TYPE} {ex}Event> .",
        f"{KEY('a')} {TYPE} {ex}Talk> .",
        f'{KEY("a")} {ex}name> "Snow roads" .',
        f"{KEY('a')} {ex}host> <https://example.org/id/lg/jp-x-town> .",
        f"{KEY('a')} {ex}kind> {ex}Seminar> .",
        f'{KEY("a")} {ex}kind> "seminar"@en .',
        f'{KEY("a")} {ex}kind> "3"^^<{XSD}integer> .',
        f'{KEY("a")} {ex}kind> "true"^^<{XSD}boolean> .',
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Kita Town", '"Kita Town"'),
        ("", '""'),
        ('a "b"\n\\c\u0001', '"a \\"b\\"\\n\\\\c\\u0001"'),
        (12, f'"12"^^<{XSD}integer>'),
        (-3, f'"-3"^^<{XSD}integer>'),
        (True, f'"true"^^<{XSD}boolean>'),
        (False, f'"false"^^<{XSD}boolean>'),
        (24.5, f'"2.45E1"^^<{XSD}double>'),
        (30.0, f'"3.0E1"^^<{XSD}double>'),
        (0.00025, f'"2.5E-4"^^<{XSD}double>'),
        (-0.0, f'"-0.0E0"^^<{XSD}double>'),
        (1e21, f'"1.0E21"^^<{XSD}double>'),
        (float("inf"), f'"INF"^^<{XSD}double>'),
        (float("nan"), f'"NaN"^^<{XSD}double>'),
    ],
)
def test_natural_literals(value: object, expected: str) -> None:
    assert objects('rml:reference "$.v"', {"v": value}) == [expected]


@pytest.mark.parametrize(
    ("datatype", "value", "expected"),
    [
        ("date", "2019-01-20", "2019-01-20"),
        ("date", "2024-02-29+09:00", "2024-02-29+09:00"),
        ("dateTime", "2019-01-20T24:00:00+09:00", "2019-01-20T24:00:00+09:00"),
        ("gYear", 2018, "2018"),
        ("gYearMonth", "2010-10", "2010-10"),
        ("gMonthDay", "--02-29", "--02-29"),
        ("integer", "+007", "7"),
        ("integer", "-" + "9" * 5000, "-" + "9" * 5000),
        ("nonNegativeInteger", 70, "70"),
        ("unsignedByte", 255, "255"),
        ("decimal", "24.50", "24.5"),
        ("decimal", 24.5, "24.5"),
        ("decimal", 1e-7, "0.0000001"),
        ("decimal", "-0.0", "0"),
        ("double", 30, "3.0E1"),
        ("float", "+1e3", "1.0E3"),
        ("boolean", 1, "true"),
        ("duration", "P1Y2MT3S", "P1Y2MT3S"),
        ("anyURI", "a b", "a b"),
    ],
)
def test_stated_datatypes(datatype: str, value: object, expected: str) -> None:
    made = objects(f'rml:reference "$.v" ; rml:datatype xsd:{datatype}', {"v": value})
    assert made == [f'"{expected}"^^<{XSD}{datatype}>']


def test_xsd_string_is_not_written_and_foreign_datatypes_are_not_checked() -> None:
    assert objects('rml:reference "$.v" ; rml:datatype xsd:string', {"v": 5}) == ['"5"']
    assert objects('rml:reference "$.v" ; rml:datatype ex:edtf', {"v": "2019?"}) == [
        '"2019?"^^<https://example.org/def#edtf>'
    ]


def test_datatype_maps() -> None:
    record = {"v": "2019", "t": ["gYear", "string"]}
    expected = sorted(['"2019"', f'"2019"^^<{XSD}gYear>'])
    inner = f'rml:reference "$.v" ; rml:datatypeMap [ rml:template "{XSD}{{$.t[*]}}" ]'
    assert objects(inner, record) == expected
    by_reference = 'rml:reference "$.v" ; rml:datatypeMap [ rml:reference "$.t" ]'
    assert objects(by_reference, {"v": "x", "t": "https://example.org/def#code"}) == [
        '"x"^^<https://example.org/def#code>'
    ]
    assert objects(by_reference, {"v": "x", "t": None}) == []


def test_languages_are_lower_case() -> None:
    assert objects('rml:reference "$.v" ; rml:language "ja-Hrkt"', {"v": "ミナミ"}) == ['"ミナミ"@ja-hrkt']
    assert objects('rml:template "{$.v}!" ; rml:language "en-GB"', {"v": "Tea"}) == ['"Tea!"@en-gb']
    assert objects('rml:reference "$.v" ; rml:language "en"', {"v": 7}) == ['"7"@en']
    assert objects('rml:constant "Tea"@EN-gb', {}) == ['"Tea"@en-gb']


def test_language_maps_pair_every_value_with_every_tag() -> None:
    inner = 'rml:reference "$.v[*]" ; rml:languageMap [ rml:template "{$.l[*]}-JP" ]'
    assert objects(inner, {"v": ["a", "b"], "l": ["ja", "ko"]}) == ['"a"@ja-jp', '"a"@ko-jp', '"b"@ja-jp', '"b"@ko-jp']
    assert objects(inner, {"v": ["a"], "l": []}) == []


def test_null_missing_and_empty_lists_give_no_triple() -> None:
    for record in ({}, {"v": None}, {"v": []}, {"v": [None]}):
        assert objects('rml:reference "$.v[*]"', record) == []
    assert objects('rml:template "https://example.org/{$.key}/{$.v}"', {"v": None}) == []
    rules = object_map('rml:reference "$.name"')
    assert run(triples_map(rules), [{"name": "no key"}, None, {"key": None, "name": "null key"}]) == []


def test_lists_in_subject_object_and_template() -> None:
    subject = 'rml:template "https://example.org/id/lg/{$.hosts[*].lg}"'
    rules = object_map('rml:template "{$.themes[*]} {$.years[*]}" ; rml:termType rml:Literal')
    data = [{"hosts": [{"lg": "a"}, {"lg": "b"}], "themes": ["snow", "sea"], "years": [1, 2]}]
    lines = run(triples_map(rules, subject), data)
    assert lines == [
        f'<https://example.org/id/lg/{lg}> {P} "{theme} {year}" .'
        for lg in "ab"
        for theme in ("sea", "snow")
        for year in (1, 2)
    ]


def test_a_path_that_stands_twice_in_a_template_has_one_value_at_a_time() -> None:
    inner = 'rml:template "{$.v[*]}{$.w}{$.v[*]}" ; rml:termType rml:Literal'
    assert objects(inner, {"v": ["a", "b"], "w": "-"}) == ['"a-a"', '"b-b"']
    assert objects(inner, {"v": ["a"], "w": "-"}) == ['"a-a"']


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("$", {"v": 1}, None),
        ("$.v.w", {"w": "x"}, ['"x"']),
        ("$['v']['a-b']", {"a-b": "x"}, ['"x"']),
        ("$.v[1]", ["x", "y"], ['"y"']),
        ("$.v[-1]", ["x", "y"], ['"y"']),
        ("$.v[5]", ["x", "y"], []),
        ("$.v[-5]", ["x", "y"], []),
        ("$.v.*", {"a": "x", "b": "y"}, ['"x"', '"y"']),
        ("$.v[0,1]", ["x", "y", "z"], ['"x"', '"y"']),
        ("$.v[1:]", ["x", "y", "z"], ['"y"', '"z"']),
        ("$..w", [{"w": "x"}, {"w": "y"}], ['"x"', '"y"']),
        ("$.v[?@.ok == true].w", [{"ok": True, "w": "x"}, {"ok": False, "w": "y"}], ['"x"']),
        ("$.v.w", "text", []),
        ("$.v[0]", "text", []),
        ("$.v[*]", "text", []),
    ],
)
def test_jsonpath(path: str, value: object, expected: list[str] | None) -> None:
    if expected is None:
        rules = object_map(f'rml:reference "{path}"')
        made = run(triples_map(rules, "rml:constant ex:s", logical_source=source(iterator="$[*].v")), [value, value])
        assert made == [f'<https://example.org/def#s> {P} "1"^^<{XSD}integer> .']
    else:
        assert objects(f'rml:reference "{path}"', {"v": value}) == expected


def test_a_record_that_is_text_is_not_read_as_json() -> None:
    rules = object_map('rml:reference "$[?@ > 0]"')
    assert run(triples_map(rules, "rml:constant ex:s"), ["[1, 2]", [3]]) == [
        f'<https://example.org/def#s> {P} "3"^^<{XSD}integer> .'
    ]


def test_iterators() -> None:
    rules = object_map('rml:reference "$.name"')
    subject = 'rml:template "https://example.org/id/lg/{$.lg}"'
    data = [{"hosts": [{"lg": "a", "name": "A"}, {"lg": "b", "name": "B"}]}, {"hosts": []}, {}]
    hosts = [f'<https://example.org/id/lg/{lg}> {P} "{lg.upper()}" .' for lg in "ab"]
    assert run(triples_map(rules, subject, logical_source=source(iterator="$[*].hosts[*]")), data) == hosts
    without = source().replace(' ; rml:iterator "$[*]"', "")
    assert run(triples_map(rules, subject, logical_source=without), data[0]["hosts"][0]) == hosts[:1]


def test_template_escapes() -> None:
    inner = r'rml:template "\\{{$.v}\\} \\\\ 100%s" ; rml:termType rml:Literal'
    assert objects(inner, {"v": "x"}) == [r'"{x} \\ 100%s"']
    assert objects(r"""rml:template "{$['\\{v\\}']}" ; rml:termType rml:Literal""", {"{v}": "x"}) == ['"x"']


@pytest.mark.parametrize(
    ("term_type", "value", "expected"),
    [
        ("IRI", "Zao Town/遠い田", "https://example.org/Zao%20Town%2F遠い田"),
        ("IRI", "~A_17.1-2", "https://example.org/~A_17.1-2"),
        ("IRI", "a%20b", "https://example.org/a%2520b"),
        ("IRI", "\ue000\ufdd0", "https://example.org/%EE%80%80%EF%B7%90"),
        ("IRI", "\U000e0041\U000e1000\U00010000", "https://example.org/%F3%A0%81%81\U000e1000\U00010000"),
        ("IRI", 2.5, "https://example.org/2.5E0"),
        ("IRI", True, "https://example.org/true"),
        ("URI", "Zao 蔵", "https://example.org/Zao%20%E8%94%B5"),
        ("UnsafeIRI", "a/b#c", "https://example.org/a/b#c"),
        ("UnsafeIRI", "a b>", "https://example.org/a\\u0020b\\u003E"),
        ("UnsafeURI", "a/b", "https://example.org/a/b"),
    ],
)
def test_values_in_iri_templates(term_type: str, value: object, expected: str) -> None:
    inner = f'rml:template "https://example.org/{{$.v}}" ; rml:termType rml:{term_type}'
    assert objects(inner, {"v": value}) == [f"<{expected}>"]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_gives_a_legal_iri_that_can_be_read_back(text: str) -> None:
    for term_type in ("IRI", "URI"):
        (made,) = objects(f'rml:template "https://example.org/x/{{$.v}}" ; rml:termType rml:{term_type}', {"v": text})
        assert ox.NamedNode(made[1:-1]).value == made[1:-1]
        assert unquote(made[1:-1].removeprefix("https://example.org/x/")) == text


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_gives_a_canonical_line(text: str) -> None:
    (line,) = run(triples_map(object_map('rml:reference "$.v"')), [{"key": "k", "v": text}])
    (quad,) = ox.parse(line, format=ox.RdfFormat.N_QUADS)
    assert quad.object == ox.Literal(text)
    assert ox.serialize([quad], format=ox.RdfFormat.N_QUADS).decode() == line + "\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2, unique=True))
def test_different_texts_give_different_blank_nodes(texts: list[str]) -> None:
    made = objects('rml:reference "$.v[*]" ; rml:termType rml:BlankNode', {"v": texts})
    assert len(made) == 2
    quads = ox.parse("\n".join(f"<e:s> <e:p> {label} ." for label in made), format=ox.RdfFormat.N_QUADS)
    assert len({quad.object for quad in quads}) == 2


def test_references_as_iris_and_the_base() -> None:
    inner = 'rml:reference "$.v" ; rml:termType rml:IRI'
    assert objects(inner, {"v": "https://example.org/a#b"}) == ["<https://example.org/a#b>"]
    assert objects(inner, {"v": "lg/a"}, "https://example.org/id/") == ["<https://example.org/id/lg/a>"]
    rules = object_map('rml:template "{$.v}"') + " ; rml:baseIRI <https://example.net/>"
    lines = run(triples_map(rules), [{"key": "k", "v": "a/b"}], "https://example.org/id/")
    assert lines == [f"{KEY('k')} {P} <https://example.net/a%2Fb> ."]


def test_blank_nodes_without_expression_are_one_a_record_and_shared_with_the_parent() -> None:
    talk = triples_map(object_map('rml:reference "$.name"'), "rml:termType rml:BlankNode", "Talk")
    seminar = triples_map(object_map("rml:parentTriplesMap <#Talk>"))
    data = [{"key": "a", "name": "A"}, {"key": "b", "name": "B"}]
    quads = list(ox.parse("\n".join(run(talk + seminar, data)), format=ox.RdfFormat.N_QUADS))
    names = {str(quad.subject): quad.object.value for quad in quads if isinstance(quad.subject, ox.BlankNode)}
    seminars = {quad.subject.value[-1]: names[str(quad.object)] for quad in quads if str(quad.object) in names}
    assert seminars == {"a": "A", "b": "B"}
    other = talk.replace("<#Talk>", "<#Other>")
    labels = {line.split()[0] for line in run(talk + other, data)}
    assert len(labels) == 4


def test_predicate_maps_and_several_predicates() -> None:
    rules = """rml:predicateObjectMap [ rml:predicate ex:a , ex:b ;
        rml:predicateMap [ rml:template "https://example.org/def#{$.r}" ] ; rml:object "x" ]"""
    lines = run(triples_map(rules), [{"key": "k", "r": "c"}, {"key": "k"}])
    assert lines == [f'{KEY("k")} <https://example.org/def#{name}> "x" .' for name in "abc"]


def test_shortcuts_say_the_same_as_their_long_forms() -> None:
    rule = object_map('rml:reference "$.v" ; rml:language "ja"', "; rml:graph ex:g")
    short = f"<#S> {source()} ; rml:subject ex:s ; {rule} ."
    long = f"""<#S> {source()} ; rml:subjectMap [ rml:constant ex:s ] ; rml:predicateObjectMap [
        rml:predicateMap [ rml:constant ex:p ] ; rml:graphMap [ rml:constant ex:g ] ;
        rml:objectMap [ rml:reference "$.v" ; rml:languageMap [ rml:constant "ja" ] ] ] ."""
    data = [{"v": "春"}]
    expected = [f'<https://example.org/def#s> {P} "春"@ja <https://example.org/def#g> .']
    assert run(short, data) == run(long, data) == expected


def test_json_as_it_is_read_from_a_file() -> None:
    data = json.loads('[{"key": "k", "v": 1.0}, {"key": "k", "v": 1}]')
    assert run(triples_map(object_map('rml:reference "$.v"')), data) == [
        f'{KEY("k")} {P} "1"^^<{XSD}integer> .',
        f'{KEY("k")} {P} "1.0E0"^^<{XSD}double> .',
    ]
