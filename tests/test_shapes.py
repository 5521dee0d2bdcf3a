"""Each constraint of the shapes is broken once: one edit of the valid examples, exactly the results written beside it.

Edits that have no node in common are judged together, since judging costs a tenth of a second: each result belongs to
the one edit that has its focus node; a result that belongs to none fails every edit of its batch.
"""

from __future__ import annotations

import tomllib
from urllib.parse import urldefrag

import pytest
from conftest import ROOT
from rdflib import SDO, SH, Graph, URIRef

from kg import validate
from kg.project import Project
from kg.vocabulary import Vocabulary

EXAMPLES = sorted((ROOT / "ontology" / "examples").glob("*.ttl"))
MUTATIONS = tomllib.loads((ROOT / "tests" / "mutations.toml").read_text(encoding="utf-8"))["mutation"]
TARGETS = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
NO_CONSTRAINT = {
    SH.path, SH.name, SH.description, SH.message, SH.severity, SH.group, SH.order, SH.property, *TARGETS,
    SH.qualifiedValueShape,
}  # fmt: skip


class Bundle:
    """The examples together, judged as the pipeline judges a release: same shapes, prefixes, concepts and axioms."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary(Project(ROOT))
        self.shapes = self.vocabulary.graph("shapes") + self.vocabulary.graph("prefixes")
        self.concepts = self.vocabulary.graph("concepts").serialize(format="nt11").splitlines()
        self.triples = Graph()
        for path in EXAMPLES:
            self.triples.parse(path)
        prefixes = (f"@prefix {name}: <{space}> ." for name, space in self.vocabulary.prefixes.items())
        self.head = f"@base <{self.vocabulary.base}> .\n" + "\n".join(prefixes) + "\n"

    def parse(self, turtle: str) -> Graph:
        return Graph().parse(data=self.head + turtle, format="turtle")

    def expanded(self, shown: str) -> str:
        """The IRI of a focus node as the table writes it: a CURIE, or brackets around what follows the base."""
        if shown.startswith("<"):
            return self.vocabulary.base + shown[1:-1]
        prefix, _, name = shown.partition(":")
        return self.vocabulary.prefixes[prefix] + name

    def judge(self, triples: Graph) -> validate.Validation:
        lines = triples.serialize(format="nt11").splitlines() + self.concepts
        return validate.validate(filter(None, lines), self.shapes, self.vocabulary.graph("ontology"))

    def shown(self, result: validate.Result) -> str:
        """A result as the table of mutations writes it."""
        shape = "/".join(self.vocabulary.curie(iri) for iri in (result.shape, result.constraint) if iri)
        focus = self.vocabulary.curie(result.focus).replace(f"<{self.vocabulary.base}", "<")
        return f"{result.severity} {focus} {shape} {component(result)}"


def component(result: validate.Result) -> str:
    return result.component.removeprefix(str(SH)).removesuffix("ConstraintComponent")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle()


def test_the_examples_conform_without_any_result(bundle):
    judged = bundle.judge(bundle.triples)
    assert judged.conforms
    assert judged.results == ()


def test_every_target_class_meets_an_example(bundle):
    met = bundle.judge(bundle.triples).focus_nodes
    assert len(met) > 15
    assert [target for target, number in met.items() if not number] == []


@pytest.fixture(scope="module")
def verdicts(bundle) -> dict[str, list[str]]:
    """The results of each mutation by its name, as `Bundle.shown` writes them."""
    found: dict[str, list[str]] = {}
    for batch in batches([Edit(bundle, mutation) for mutation in MUTATIONS]):
        found.update(judged_together(bundle, batch))
    return found


class Edit:
    def __init__(self, bundle: Bundle, mutation: dict) -> None:
        self.name: str = mutation["name"]
        self.removed, self.added = (bundle.parse(mutation.get(key, "")) for key in ("remove", "add"))
        terms = {str(term) for edit in (self.removed, self.added) for s, _, o in edit for term in (s, o)}
        things = tuple(bundle.vocabulary.base + part for part in ("id/", "graph/"))
        foci = {bundle.expanded(expected.split()[1]) for expected in mutation["expect"]}
        self.nodes = {urldefrag(term).url for term in terms | foci if term.startswith(things)}


def batches(edits: list[Edit]) -> list[list[Edit]]:
    found: list[list[Edit]] = []
    for edit in edits:
        free = next((batch for batch in found if all(edit.nodes.isdisjoint(other.nodes) for other in batch)), None)
        if free is None:
            found.append([edit])
        else:
            free.append(edit)
    return found


def judged_together(bundle: Bundle, batch: list[Edit]) -> dict[str, list[str]]:
    triples = bundle.triples + Graph()
    for edit in batch:
        triples = triples - edit.removed + edit.added
    results: dict[str, list[str]] = {edit.name: [] for edit in batch}
    for result in bundle.judge(triples).results:
        owners = [edit for edit in batch if urldefrag(result.focus).url in edit.nodes]
        for edit in owners or batch:
            results[edit.name].append(bundle.shown(result))
    return results


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[m["name"].replace(" ", "-") for m in MUTATIONS])
def test_one_edit_has_exactly_its_results(bundle, verdicts, mutation):
    removed, added = (bundle.parse(mutation.get(key, "")) for key in ("remove", "add"))
    assert len(removed) + len(added) > 0
    assert all(triple in bundle.triples for triple in removed), "removes what is not there"
    assert not any(triple in bundle.triples for triple in added), "adds what is there"
    assert sorted(verdicts[mutation["name"]]) == sorted(mutation["expect"])


def test_only_a_violation_stops_a_release(bundle):
    for predicate, severity, conforms in ((SDO.endDate, "warning", True), (SDO.startDate, "violation", False)):
        seminar = URIRef(f"{bundle.vocabulary.base}id/seminar/2021-rivenne")
        without = bundle.triples + Graph()
        without.remove((seminar, predicate, None))
        judged = bundle.judge(without)
        assert (judged.conforms, judged.count(severity), len(judged.results)) == (conforms, 1, 1)


def test_every_result_speaks_both_languages(bundle):
    """Also where variables are filled in: pyshacl then loses the language of the message."""
    edit = bundle.parse('lg:jp-nagano-asamizu-machi jichi:dantaiCode "203998" .')
    wrong = bundle.parse('lg:jp-nagano-asamizu-machi jichi:dantaiCode "203997" .')
    [result] = bundle.judge(bundle.triples - edit + wrong).results
    assert result.message_en == "The check digit of 203997 should be 8."
    assert result.message_ja == "203997 の検査数字は 8 のはずです。"
    assert result.message("ja") == result.message_ja


def test_every_constraint_is_hit_by_a_mutation(bundle):
    hit = {tuple(expected.split()[2:]) for mutation in MUTATIONS for expected in mutation["expect"]}
    wanted = constraints(bundle)
    assert len(wanted) > 200
    assert sorted(wanted - hit) == []
    assert sorted(hit - wanted) == []


def test_no_mutation_is_written_twice():
    names = [mutation["name"] for mutation in MUTATIONS]
    assert [name for name in names if names.count(name) > 1] == []
    edits = [(mutation.get("remove"), mutation.get("add")) for mutation in MUTATIONS]
    assert [edit for edit in edits if edits.count(edit) > 1] == []


def constraints(bundle: Bundle) -> set[tuple[str, str]]:
    """(source shape, component) of all shapes with a target and of their property shapes.

    A shape that only another constraint refers to (`sh:not`, `sh:or`, `sh:node`, `sh:qualifiedValueShape`) has no
    results of its own. A constraint parameter gives its component its name (SHACL, section 4).
    """
    graph, curie = bundle.shapes, bundle.vocabulary.curie
    shapes = {shape for target in TARGETS for shape in graph.subjects(target)}
    shapes |= {part for shape in shapes for part in graph.objects(shape, SH.property)}
    found = set()
    for shape in shapes:
        for parameter, value in graph.predicate_objects(shape):
            if not parameter.startswith(str(SH)) or parameter in NO_CONSTRAINT:
                continue
            if parameter == SH.sparql:
                found.add((f"{curie(str(shape))}/{curie(str(value))}", "SPARQL"))
            else:
                found.add((curie(str(shape)), component_of(parameter)))
    return found


def component_of(parameter: URIRef) -> str:
    name = parameter.removeprefix(str(SH))
    return name[0].upper() + name[1:]
