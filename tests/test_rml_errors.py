"""Every way in which the RML interpreter refuses a mapping or data: the code, what is named, and where."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import kg.rml
from kg.errors import MappingError
from kg.messages import catalogue
from kg.rml import compile_mapping
from tests.rml_cases import PREFIXES, compiled, object_map, run, source, triples_map

NAME = object_map('rml:reference "$.name"')
SUBJECT = 'rml:template "https://example.org/{$.key}"'
TOWN = triples_map(NAME, name="Town", logical_source=source("towns.json"))


def _map(rules: str = NAME, subject: str = SUBJECT, where: str | None = None) -> str:
    return triples_map(rules, subject, logical_source=where)


def _refused(body: str, base: str | None = None) -> MappingError:
    with pytest.raises(MappingError) as caught:
        compiled(body, base)
    return caught.value


MAPPINGS: list[tuple[str, str, str]] = [
    # unknown or unsupported terms, with the nearest spelling
    ("rml.unsupported", _map(object_map('rml:refrence "$.name"')), "nearest: rml:reference"),
    ("rml.unsupported", _map(NAME.replace("predicateObjectMap", "predicateObjctMap")), "rml:predicateObjectMap"),
    ("rml.unsupported", _map(object_map('rml:functionExecution <#f>')), "rml:functionExecution"),
    ("rml.unsupported", _map(object_map('rml:gather ( [ rml:reference "$.name" ] )')), "rml:gather"),
    ("rml.unsupported", _map(subject=SUBJECT + " ; rml:logicalTarget <#t>"), "rml:logicalTarget"),
    ("rml.unsupported", _map(NAME + ' ; <http://www.w3.org/ns/r2rml#class> ex:C'), "r2rml#class"),
    ("rml.unsupported", _map(NAME + ' ; <http://semweb.mmlab.be/ns/rml#x> ex:C'), "semweb.mmlab.be"),
    ("rml.unsupported", _map() + "<#V> a rml:LogicalView .", "rml:LogicalView"),
    ("rml.unsupported", _map(NAME + " ; a <http://www.w3.org/ns/r2rml#TriplesMap>"), "r2rml#TriplesMap"),
    # known terms on a node that has no use for them
    ("rml.unsupported", _map(subject=SUBJECT + ' ; rml:language "ja"'), "rml:subjectMap"),
    ("rml.unsupported", _map(object_map('rml:reference "$.name" ; rml:class ex:C')), "rml:objectMap"),
    ("rml.unsupported", _map(object_map('rml:parentTriplesMap <#Seminar> ; rml:reference "$.x"')), "rml:RefObjectMap"),
    ("rml.unsupported", _map(object_map(
        'rml:parentTriplesMap <#Seminar> ; rml:joinCondition [ rml:child "$.x" ; rml:parentMap '
        '[ rml:reference "$.x" ; rml:termType rml:IRI ] ]')), "rml:termType"),
    # sources
    ("rml.unsupported", _map(where=source().replace("rml:JSONPath", "rml:CSV")), "rml:CSV"),
    ("rml.unsupported", _map(where=source().replace("rml:RelativePathSource", "rml:Source")), "rml:RelativePathSource"),
    ("rml.unsupported", _map(where=source().replace("MappingDirectory", "CurrentWorkingDirectory")), "rml:root"),
    ("rml.unsupported", _map(where=source().replace("; rml:root", "; rml:encoding rml:UTF-8 ; rml:root")), "encoding"),
    ("rml.value", _map(where='rml:logicalSource "seminars.json"'), '"seminars.json"'),
    ("rml.value", _map(where=source().replace('"seminars.json"', "<seminars.json>")), "rml:path"),
    ("rml.missing", _map(where=source().replace('rml:path "seminars.json" ;', "")), "rml:path"),
    ("rml.missing", _map(where=source().replace("rml:referenceFormulation rml:JSONPath ;", "")), "rml:reference"),
    # the shape of a mapping
    ("rml.empty", "ex:a ex:b ex:c .", "rml:logicalSource"),
    ("rml.missing", f"<#S> {NAME} .", "rml:logicalSource"),
    ("rml.missing", f"<#S> a rml:TriplesMap ; {source()} ; {NAME} .", "rml:subjectMap"),
    ("rml.missing", f"<#S> {source()} ; rml:subjectMap [ {SUBJECT} ] .", "rml:predicateObjectMap"),
    ("rml.missing", _map("rml:predicateObjectMap [ rml:predicate ex:p ]"), "rml:objectMap"),
    ("rml.missing", _map('rml:predicateObjectMap [ rml:object "x" ]'), "rml:predicateMap"),
    ("rml.missing", _map(subject="rml:class ex:C"), "rml:template"),
    ("rml.missing", _map(object_map("rml:termType rml:IRI")), "rml:reference"),
    ("rml.missing", _map(object_map('rml:parentTriplesMap <#Seminar> ; rml:joinCondition [ rml:child "$.x" ]')),
     "rml:parentMap"),
    ("rml.cardinality", _map(NAME + f" ; rml:subjectMap [ {SUBJECT} ; rml:class ex:C ]"), "2"),
    ("rml.cardinality", _map(NAME + " ; rml:subject ex:s"), "rml:subject"),
    ("rml.cardinality", _map(object_map('rml:reference "$.a" , "$.b"')), "rml:reference"),
    ("rml.cardinality", _map(object_map('rml:reference "$.a" ; rml:template "{$.b}"')), "rml:template"),
    ("rml.cardinality", _map(object_map('rml:reference "$.a" ; rml:language "ja" , "en"')), "rml:language"),
    ("rml.cardinality", _map(object_map('rml:reference "$.a" ; rml:language "ja" ; rml:datatype ex:d')), "datatype"),
    ("rml.cardinality", _map(object_map('rml:constant "a" ; rml:language "ja"')), "rml:constant"),
    ("rml.unreached", _map() + '<#lost> rml:reference "$.name" .', "#lost"),
    ("rml.unreached", _map() + "<#Lost> a rml:ObjectMap .", "#Lost"),
    ("rml.value", _map(object_map('rml:reference "$.a"@en')), '"$.a"'),
    ("rml.value", _map(object_map("rml:template ex:t")), "rml:template"),
    ("rml.value", _map("rml:predicateObjectMap [ rml:predicate ex:p ; rml:object [] ]"), "rml:object"),
    ("rml.value", _map(subject=SUBJECT + ' ; rml:class "C"'), "rml:class"),
    ("rml.value", _map(NAME + ' ; rml:baseIRI "https://example.org/"'), "rml:baseIRI"),
    # term types
    ("rml.term-type", _map(subject=SUBJECT + " ; rml:termType rml:Literal"), "rml:Literal"),
    ("rml.term-type", _map(object_map('rml:reference "$.a" ; rml:termType rml:Iri')), "rml:Iri"),
    ("rml.term-type", _map(object_map('rml:reference "$.a" ; rml:termType "IRI"')), '"IRI"'),
    ("rml.term-type", _map(object_map('rml:reference "$.a" ; rml:termType rml:IRI ; rml:language "a"')), "rml:Literal"),
    ("rml.term-type", _map(object_map('rml:constant ex:c ; rml:termType rml:Literal')), "rml:Literal"),
    ("rml.term-type", _map(object_map('rml:constant "c" ; rml:termType rml:IRI')), "rml:IRI"),
    ("rml.term-type", _map(object_map("rml:constant ex:c ; rml:termType rml:BlankNode")), "rml:BlankNode"),
    ("rml.term-type", _map('rml:predicateObjectMap [ rml:predicate "p" ; rml:object "x" ]'), '"p"'),
    ("rml.term-type", _map(object_map('rml:reference "$.a"', '; rml:graph "g"')), '"g"'),
    ("rml.term-type", _map(object_map('rml:reference "$.a" ; rml:language ex:ja')), "rml:language:"),
    ("rml.term-type", _map(object_map('rml:reference "$.a" ; rml:datatype "xsd:date"')), "rml:datatype:"),
    ("rml.term-type", _map("""rml:predicateObjectMap [ rml:object "x" ;
        rml:predicateMap [ rml:template "{$.a}" ; rml:termType rml:BlankNode ] ]"""), "rml:BlankNode"),
    # joins
    ("rml.parent", _map(object_map("rml:parentTriplesMap <#Twon>")) + TOWN, "#Town"),
    ("rml.join", _map(object_map("rml:parentTriplesMap <#Town>")) + TOWN, "towns.json"),
    # expressions
    ("rml.reference", _map(object_map('rml:reference "name"')), '"name"'),
    ("rml.reference", _map(object_map('rml:reference ""')), '""'),
    ("rml.reference", _map(object_map('rml:reference "$.a-b"')), "['a-b']"),
    ("rml.reference", _map(object_map('rml:reference "$.a | $.b"')), "$.a | $.b"),
    ("rml.reference", _map(where=source(iterator="$[*")), "rml:iterator"),
    ("rml.reference", _map(object_map('rml:template "{}" ; rml:termType rml:Literal')), '""'),
    ("rml.reference", _map(object_map(
        'rml:parentTriplesMap <#Seminar> ; rml:joinCondition [ rml:child "x" ; rml:parent "$.x" ]')), "rml:childMap"),
    ("rml.template", _map(subject='rml:template "https://example.org/{$.key"'), "character 27: expected }"),
    ("rml.template", _map(subject='rml:template "https://example.org/{$.key}}"'), "character 28: expected \\}"),
    ("rml.template", _map(subject='rml:template "https://example.org/{{$.key}"'), "character 22: expected \\{"),
    ("rml.template", _map(subject='rml:template "https://example.org/\\\\n{$.key}"'), "character 21: expected \\\\"),
    # terms that the mapping alone makes impossible
    ("rml.iri", _map(subject='rml:template "https://example.org/a b/{$.key}"'), "a b"),
    ("rml.iri", _map(subject='rml:template "https://example.org/%{$.key}"'), "%"),
    ("rml.iri", _map(subject='rml:template "https://example.org/%4{$.key}"'), "%4"),
    ("rml.iri", _map(subject='rml:template "https://example.org/#a#{$.key}"'), "#a#"),
    ("rml.iri", _map(subject='rml:template "https://例え.jp/{$.key}" ; rml:termType rml:URI'), "例え"),
    ("rml.iri", _map("rml:predicateObjectMap [ rml:predicate <https://e.org:x/> ; rml:object 1 ]"), "https://e.org:x/"),
    ("rml.iri", _map(NAME + " ; rml:baseIRI <https://example.org/a^b>"), "rml:baseIRI"),
    ("rml.language", _map(object_map('rml:reference "$.a" ; rml:language "a-japanese"')), '"a-japanese"'),
    ("rml.language", _map(object_map('rml:reference "$.a" ; rml:language "ja_JP"')), '"ja_JP"'),
    ("rml.language", _map(object_map('rml:constant "x"@a-english')), '"a-english"'),
    ("rml.datatype", _map(object_map('rml:reference "$.a" ; rml:datatype xsd:dat')), "nearest: date"),
    ("rml.lexical", _map(object_map('rml:constant "2019-02-30"^^xsd:date')), '"2019-02-30"'),
]  # fmt: skip


@pytest.mark.parametrize(("code", "body", "names"), MAPPINGS)
def test_mapping_is_refused(code: str, body: str, names: str) -> None:
    error = _refused(body)
    assert (error.code, error.where) == (code, "test.rml.ttl")
    assert names in error.text("en") and error.text("ja") != error.text("en")
    assert error.values["map"] in {"<#Seminar>", "<#S>", "-"}


@pytest.mark.parametrize(
    "turtle",
    ["<#a> rml:b <c> .", "a", "<a:b> <c:d> [", '<a:b> <c:d> "e', "@prefix x: <y> . x:z", "<a:b> <c:d> (1",
     "@base <x:> . <a> <b> <c> .", '<a:b> <c:d> "e"@1 .', '<a:b> <c:d> "\\u00" .', '<a:b> <c:d> "\\}" .'],
)  # fmt: skip
def test_bad_turtle(turtle: str) -> None:
    with pytest.raises(MappingError) as caught:
        compile_mapping(turtle, "bad.rml.ttl")
    assert caught.value.code == "rml.turtle" and caught.value.where.startswith("bad.rml.ttl")


def test_bad_turtle_names_its_line() -> None:
    with pytest.raises(MappingError) as caught:
        compile_mapping(PREFIXES + "\n<#S> rml:subject nope:x .", "bad.rml.ttl")
    assert caught.value.where == f"bad.rml.ttl:{PREFIXES.count(chr(10)) + 2}"
    assert "nope" in caught.value.text()


def test_a_relative_constant_needs_a_base() -> None:
    text = PREFIXES.replace("@base <https://example.org/mappings/test> .", "") + _map(
        "rml:predicateObjectMap [ rml:predicate ex:p ; rml:object <lg/a> ]"
    )
    with pytest.raises(MappingError) as caught:
        compile_mapping(text, "test.rml.ttl")
    assert caught.value.code == "rml.relative" and "<lg/a>" in caught.value.text()
    (line,) = compile_mapping(text, "test.rml.ttl", "https://example.org/").run(lambda path: [{"key": "k"}])
    assert line.endswith(" <https://example.org/lg/a> .")


def test_a_base_that_is_no_iri() -> None:
    assert _refused(_map(), "https://example.org/a b").code == "rml.iri"


def _object(inner: str) -> str:
    return _map(object_map(inner))


def _nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


_JOIN = 'rml:parentTriplesMap <#Seminar> ; rml:joinCondition [ rml:child "$.{child}" ; rml:parent "$.{parent}" ]'
DATA: list[tuple[str, str, Any, str]] = [
    ("rml.no-value", _object('rml:reference "$.v"'), ["x"], "[...]"),
    ("rml.no-value", _object('rml:reference "$.v"'), {"a": 1}, "{...}"),
    ("rml.no-value", _object('rml:template "{$.v}"'), [], "[...]"),
    ("rml.no-value", _object('rml:reference "$.v" ; rml:language "ja"'), ["x"], "[...]"),
    ("rml.no-value", _object('rml:reference "$.v"'), b"bytes", "bytes"),
    ("rml.no-value", _object(_JOIN.format(child="v", parent="w")), ["x"], "[...]"),
    ("rml.no-value", _object(_JOIN.format(child="w", parent="v")), ["x"], "rml:joinCondition"),
    ("rml.evaluation", _object('rml:reference "$..x"'), _nested(3000), "$..x"),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:IRI'), "Kita Town", '"Kita Town"'),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:IRI'), "lg/a", '"lg/a"'),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:IRI'), "https://e.org/%zz", "%zz"),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:IRI'), "https://e.org/<b>", "<b>"),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:IRI'), "https://e.org/a\nb", "https://e.org/a"),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:IRI'), "", '""'),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:URI'), "https://e.org/蔵", "蔵"),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:UnsafeIRI'), "no scheme", "no scheme"),
    ("rml.iri", _object('rml:reference "$.v" ; rml:termType rml:UnsafeIRI'), "x:\ud800", "\\ud800"),
    ("rml.iri", _object('rml:template "https://e.org:{$.v}/"'), "port", "https://e.org:port/"),
    ("rml.iri", _object('rml:template "{$.v}"'), "x", '"x"'),
    ("rml.iri", _object('rml:reference "$.name" ; rml:datatypeMap [ rml:reference "$.v" ]'), "date", '"date"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:date'), "2005-13-45", '"2005-13-45"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:date'), "2019-02-29", '"2019-02-29"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:date'), "2019-1-2", '"2019-1-2"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:date'), " 2019-01-02", '" 2019-01-02"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:date'), "２０１９-01-02", "２０１９"),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:gYear'), "18", '"18"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:integer'), 3.0, '"3.0E0"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:integer'), "", '""'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:nonNegativeInteger'), -1, '"-1"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:byte'), 128, '"128"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:decimal'), "1e3", '"1e3"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:boolean'), "yes", '"yes"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:duration'), "P", '"P"'),
    ("rml.lexical", _object('rml:reference "$.v" ; rml:datatype xsd:dateTimeStamp'), "2019-01-02T00:00:00", "2019"),
    ("rml.datatype", _object(
        'rml:reference "$.name" ; rml:datatypeMap [ rml:template "http://www.w3.org/2001/XMLSchema#{$.v}" ]'),
     "dtae", "nearest: date"),
    ("rml.language", _object('rml:reference "$.name" ; rml:languageMap [ rml:reference "$.v" ]'), "日本語", '"日本語"'),
    ("rml.language", _object('rml:reference "$.name" ; rml:languageMap [ rml:reference "$.v" ]'), "", '""'),
    ("rml.surrogate", _object('rml:reference "$.v"'), "a\ud83d", "\\ud83d"),
    ("rml.surrogate", _object('rml:template "https://e.org/{$.v}"'), "a\ud83d", "\\ud83d"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "body", "value", "names"), DATA)
def test_data_are_refused(code: str, body: str, value: Any, names: str) -> None:
    with pytest.raises(MappingError) as caught:
        run(body, [{"key": "a", "w": "-"}, None, {"key": "b", "name": "Kita", "v": value}])
    error = caught.value
    assert (error.code, error.where) == (code, "seminars.json $[2]")
    assert names in error.text("en")
    assert "test.rml.ttl <#Seminar>" in error.text("en") and "test.rml.ttl <#Seminar>" in error.text("ja")


def test_a_fault_in_a_nested_record_names_its_path_and_its_property() -> None:
    body = _map(object_map('rml:reference "$.v" ; rml:datatype xsd:date'), where=source(iterator="$[*].hosts[*]"))
    with pytest.raises(MappingError) as caught:
        run(body, [{"hosts": []}, {"hosts": [{"key": "a"}, {"key": "b", "v": "soon"}]}])
    assert caught.value.where == "seminars.json $[1]['hosts'][1]"
    assert "rml:objectMap <https://example.org/def#p>" in caught.value.text()


def test_a_missing_source() -> None:
    def from_disk(path: str) -> object:
        raise FileNotFoundError(path)

    for read in ({}.__getitem__, from_disk):
        with pytest.raises(MappingError) as caught:
            list(compiled(_map()).run(read))
        assert caught.value.code == "rml.source" and "seminars.json" in caught.value.text()


def test_a_fault_inside_the_reader_is_not_a_missing_source() -> None:
    def broken(path: str) -> object:
        return {"other": {}}["inner"]

    with pytest.raises(KeyError, match="inner"):
        list(compiled(_map()).run(broken))


def test_every_message_of_rml_is_raised_somewhere_and_every_code_has_a_message() -> None:
    used: set[str] = set()
    for file in Path(inspect.getfile(kg.rml)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"rml\.[a-z-]+", str(node.value)):
                used.add(node.value)
    assert used == {code for code in catalogue() if code.startswith("rml.")}
    tried = {case[0] for case in [*MAPPINGS, *DATA]}
    assert used - tried == {"rml.turtle", "rml.relative", "rml.source"}
