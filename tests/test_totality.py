"""Nothing without its counterpart: every class has words, shape, example and a failing edit; every term exists.

And `kg check`, which holds these files against each other for people who edit them, finds each kind of fault.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from conftest import ROOT
from rdflib import (
    DCAT, DCTERMS, FOAF, ORG, OWL, PROV, RDF, RDFS, SDO, SH, SKOS, TIME, VANN, VOID, XSD, BNode, Graph, Literal, URIRef,
)  # fmt: skip
from test_shapes import EXAMPLES, MUTATIONS, Bundle

from kg import pipeline
from kg.check import check, unknown_names
from kg.errors import ProjectError
from kg.model import Problem
from kg.project import Project

TURTLE = sorted(path for folder in ("ontology", "shapes") for path in (ROOT / folder).rglob("*.ttl"))
DECLARING = [ROOT / "ontology" / name for name in ("jichi.ttl", "reused.ttl")]
TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf)
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")

CLOSED = (DCAT, DCTERMS, FOAF, ORG, OWL, PROV, RDF, RDFS, SDO, SH, SKOS, TIME, VANN, VOID, XSD)
"""namespaces of which rdflib knows every term (of DCAT those of version 2)"""

LISTED = {
    "http://data.europa.eu/m8g/": {
        "PublicEvent", "frequency", "eventNumber", "ContactPoint", "contactPoint", "telephone", "email",
    },
    "http://www.w3.org/ns/oa#": {
        "SpecificResource", "FragmentSelector", "TextPositionSelector", "TextQuoteSelector", "hasSource", "hasSelector",
        "start", "end",
    },
    "http://www.w3.org/ns/dcat#": {
        "DatasetSeries", "first", "hasCurrentVersion", "hasVersion", "inSeries", "isVersionOf", "last", "next", "prev",
        "previousVersion", "version",
    },
    "http://www.w3.org/ns/sparql-service-description#": {
        "defaultDataset", "defaultGraph", "endpoint", "feature", "graph", "name", "namedGraph", "resultFormat",
        "supportedLanguage",
    },
    "http://spdx.org/rdf/terms#": {"Checksum", "checksum", "checksumValue", "algorithm", "checksumAlgorithm_sha256"},
    "http://www.w3.org/ns/adms#": {"Identifier", "identifier"},
    "http://www.opengis.net/ont/geosparql#": {"Geometry", "hasGeometry", "asWKT", "wktLiteral"},
    "http://www.w3.org/2003/01/geo/wgs84_pos#": {"lat", "long"},
    "https://w3id.org/sssom/": {
        "confidence", "mapping_justification", "object_category", "predicate_modifier", "NoTermFound",
    },
    "http://purl.org/ontology/bibo/": {"status"},
    "http://www.w3.org/2003/06/sw-vocab-status/ns#": {"term_status"},
}  # fmt: skip
"""terms of other vocabularies, copied from their documentation: a term that is not here was not looked up"""


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle()


@cache
def graph_of(*paths: Path) -> Graph:
    graph = Graph()
    for path in paths:
        graph.parse(path)
    return graph


def languages(graph: Graph, node: URIRef, predicate: URIRef) -> set[str | None]:
    return {text.language for text in graph.objects(node, predicate) if isinstance(text, Literal)}


def shape_files() -> Graph:
    return graph_of(*sorted((ROOT / "shapes").glob("*.ttl")))


# ---- classes


def classes() -> list[URIRef]:
    return sorted(graph_of(DECLARING[0]).subjects(RDF.type, OWL.Class))


def target_classes() -> list[URIRef]:
    return sorted(set(shape_files().objects(None, SH.targetClass)))


def name_of(term: URIRef) -> str:
    return re.split("[/#]", term)[-1]


def test_the_classes_were_found():
    assert len(classes()) >= 13
    assert len(target_classes()) > len(classes())


@pytest.mark.parametrize("cls", classes(), ids=name_of)
def test_a_class_has_words_in_both_languages(cls):
    graph = graph_of(DECLARING[0])
    assert languages(graph, cls, RDFS.label) == languages(graph, cls, SKOS.definition) == {"en", "ja"}


@pytest.mark.parametrize("cls", classes(), ids=name_of)
def test_a_class_has_a_shape(cls):
    assert list(shape_files().subjects(SH.targetClass, cls))


@pytest.mark.parametrize("cls", sorted({*classes(), *target_classes()}), ids=name_of)
def test_a_class_has_an_example_in_the_file_of_its_name(cls):
    assert (None, RDF.type, cls) in graph_of(ROOT / "ontology" / "examples" / f"{name_of(cls)}.ttl")


@pytest.mark.parametrize("cls", sorted({*classes(), *target_classes()}), ids=name_of)
def test_an_example_of_a_class_can_fail(bundle, cls):
    expected = [result.split() for mutation in MUTATIONS for result in mutation["expect"]]
    foci = {bundle.expanded(focus) for severity, focus, *_ in expected if severity == "violation"}
    below = {URIRef(sub) for sub in bundle.vocabulary.subclasses(str(cls))}
    instances = {str(node) for sub in below for node in bundle.triples.subjects(RDF.type, sub)}
    assert instances & foci


def test_every_example_explains_itself_in_both_languages():
    for path in EXAMPLES:
        first, second = path.read_text(encoding="utf-8").split("\n")[:2]
        assert first.startswith("# en: ") and not JAPANESE.search(first), path.name
        assert second.startswith("# ja: ") and JAPANESE.search(second), path.name


# ---- terms


def declared() -> set[URIRef]:
    return {term for term in graph_of(*DECLARING).subjects(RDF.type) if isinstance(term, URIRef)}


SPOKEN_OF = [*TARGETS, SH.path, SH["class"], SH.lessThan, SH.lessThanOrEquals, SH.disjoint]


@pytest.mark.parametrize("predicate", SPOKEN_OF, ids=name_of)
def test_what_shapes_speak_of_is_declared(predicate):
    named = set(shape_files().objects(None, predicate))
    assert named
    assert sorted(named - declared()) == []


def test_shapes_use_no_misspelt_term_of_shacl():
    wrong = {p for _, p, _ in shape_files() if p.startswith(str(SH)) and p not in SH}
    assert wrong == set()


def used_terms(sources: pipeline.Sources) -> Iterator[URIRef]:
    """Properties and classes that any file of ours uses."""
    for _, predicate, value in graph_of(*TURTLE):
        yield predicate
        if predicate in (RDF.type, RDFS.subClassOf, RDFS.subPropertyOf, SH["class"], SH.path, *TARGETS):
            yield value
    yield from graph_of(DECLARING[1]).subjects()
    for mapping in sources.mappings:
        for part in mapping.maps:
            yield from map(URIRef, (*part.predicates, *part.classes))


def exists(term: URIRef) -> bool:
    if any(term.startswith(str(space)) and term in space for space in CLOSED):
        return True
    return any(term.startswith(space) and term.removeprefix(space) in known for space, known in LISTED.items())


def test_every_reused_term_exists_in_its_vocabulary(sources):
    outside = {term for term in used_terms(sources) if not term.startswith(sources.vocabulary.base)}
    assert len(outside) > 100
    assert sorted(term for term in outside if not exists(term)) == []


def test_a_term_that_does_not_exist_is_noticed():
    assert exists(ORG.Membership)
    assert not exists(URIRef(str(ORG) + "Membershp"))
    assert not exists(URIRef("http://data.europa.eu/m8g/frequenzy"))
    assert not exists(URIRef("http://example.org/term"))


def test_queries_for_readers_name_only_what_is_declared(sources):
    paths = sorted((ROOT / "endpoint" / "examples").glob("*.rq"))
    assert len(paths) > 10
    unknown = {path.name: unknown_names(path.read_text(encoding="utf-8"), sources.vocabulary) for path in paths}
    assert {name: found for name, found in unknown.items() if found} == {}


# ---- shapes


def property_shapes() -> list[URIRef]:
    graph = shape_files()
    return sorted({part for shape in graph.subjects(RDFS.label) for part in graph.objects(shape, SH.property)})


@pytest.mark.parametrize("shape", property_shapes(), ids=name_of)
def test_a_property_shape_speaks_both_languages(shape):
    graph = shape_files()
    assert isinstance(shape, URIRef)
    assert languages(graph, shape, SH.name) == languages(graph, shape, SH.message) == {"en", "ja"}
    for text in graph.objects(shape, SH.message):
        assert bool(JAPANESE.search(text)) == (text.language == "ja"), text
    assert graph.value(shape, SH.severity) in (SH.Violation, SH.Warning, SH.Info)
    assert graph.value(shape, SH.group) and graph.value(shape, SH.order) is not None


def test_every_query_of_a_shape_speaks_both_languages():
    graph = shape_files()
    queries = set(graph.subjects(SH.select))
    assert len(queries) > 10
    for query in queries:
        assert languages(graph, query, SH.message) == {"en", "ja"}, query
        variables = [set(re.findall(r"\{\?(\w+)\}", text)) for text in graph.objects(query, SH.message)]
        assert variables[0] == variables[1], query
        assert all(f"?{name}" in graph.value(query, SH.select).split("WHERE")[0] for name in variables[0]), query


def test_every_target_shape_has_a_name_in_both_languages():
    graph = shape_files()
    targeted = {shape for target in TARGETS for shape in graph.subjects(target)}
    assert [shape for shape in sorted(targeted) if languages(graph, shape, RDFS.label) != {"en", "ja"}] == []


@pytest.mark.parametrize("path", TURTLE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_blank_node(path):
    assert [triple for triple in graph_of(path) if any(isinstance(term, BNode) for term in triple)] == []


def test_the_shapes_are_shapes_by_the_shapes_of_shacl(bundle):
    conforms, _, text = pyshacl.validate(Graph(), shacl_graph=bundle.shapes, meta_shacl=True)
    assert conforms, text


# ---- kg check


def test_the_project_has_no_problem(project):
    assert check(project) == []


FAULTS = tomllib.loads((ROOT / "tests" / "faults.toml").read_text(encoding="utf-8"))["fault"]


@pytest.fixture(scope="module")
def problems(tmp_path_factory) -> list[Problem]:
    """What `kg check` says of one copy of the project that has all the faults."""
    root = tmp_path_factory.mktemp("faulty")
    for name in ("ontology", "shapes", "mappings"):
        shutil.copytree(ROOT / name, root / name)
    for fault in FAULTS:
        spoil(root / fault["file"], fault.get("old"), fault["new"])
    return check(Project(root))


def spoil(path: Path, old: str | None, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old is None or old in text, f"{path.name} has no {old!r}"
    path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")


def shown(problem: Problem) -> str:
    return f"{problem.code} {problem.where}"


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["name"].replace(" ", "-") for fault in FAULTS])
def test_check_finds_a_fault_and_its_place(problems, fault):
    found = [problem for problem in problems if shown(problem) in fault["expect"]]
    assert {shown(problem) for problem in found} == set(fault["expect"])
    if "hygiene" in fault:
        words = (ROOT / "shapes" / "hygiene" / fault["hygiene"]).read_text(encoding="utf-8").split("\n")
        for language, line in zip(("en", "ja"), words, strict=False):
            told = line.removeprefix(f"# {language}: ")
            assert any(problem.text(language).endswith(f": {told}") for problem in found)


def test_check_finds_nothing_else(problems):
    expected = [place for fault in FAULTS for place in fault["expect"]]
    assert sorted(map(shown, problems)) == sorted(expected)


def test_every_hygiene_query_has_a_fault_that_it_finds():
    queries = {path.name for path in (ROOT / "shapes" / "hygiene").glob("*.rq")}
    assert {fault["hygiene"] for fault in FAULTS if "hygiene" in fault} == queries


@pytest.mark.parametrize(
    ("file", "code"), [("mappings/registry.csv", "registry-repeated"), ("mappings/records/000.jsonl", "record-repeated")]
)
def test_check_finds_the_line_that_repeats_another(copy_of_project, file, code):
    path = copy_of_project.root / file
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[-1], ""]), encoding="utf-8")
    assert [shown(problem) for problem in check(copy_of_project)] == [f"{code} {file}:{len(lines) + 1}"]


def test_a_hygiene_query_without_words_is_refused(copy_of_project):
    spoil(copy_of_project.shapes / "hygiene" / "blank-node.rq", "# ja:", "# fr:")
    with pytest.raises(ProjectError) as refused:
        check(copy_of_project)
    assert (refused.value.code, refused.value.where) == ("rule-comment", "shapes/hygiene/blank-node.rq:1")
