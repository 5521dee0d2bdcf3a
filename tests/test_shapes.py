"""Each constraint of the shapes is broken once: one edit of the valid examples, exactly the results written beside it.

Edits of which none changes a node that another changes or names are judged together, since judging costs a tenth of a
second: each result belongs to the one edit that has its focus node, a result that belongs to none to all of them. An
edit whose results are then not those expected is judged again, alone: that verdict counts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from urllib.parse import urldefrag

import pytest
from conftest import ROOT
from rdflib import SDO, SH, Graph, URIRef

from kg import validate
from kg.project import Project
from kg.vocabulary import Vocabulary

EXAMPLES = sorted((ROOT / "ontology" / "examples").glob("*.ttl"))
MUTATIONS = tomllib.loads((ROOT / "tests" / "mutations.toml").read_text(encoding="utf-8"))["mutation"]
NAMES = [mutation["name"] for mutation in MUTATIONS]
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

    def parse(self, turtle: str) -> Graph:
        """Turtle with the prefixes of the project and the base of its IRIs."""
        used = {name: space for name, space in self.vocabulary.prefixes.items() if f"{name}:" in turtle}
        head = [f"@base <{self.vocabulary.base}> .", *(f"@prefix {name}: <{space}> ." for name, space in used.items())]
        return Graph().parse(data="\n".join([*head, turtle]), format="turtle")

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
def edits(bundle) -> dict[str, Edit]:
    return {mutation["name"]: Edit(bundle, mutation) for mutation in MUTATIONS}


@pytest.fixture(scope="module")
def verdicts(bundle, edits) -> dict[str, list[str]]:
    """The results of each mutation by its name, as `Bundle.shown` writes them."""
    found: dict[str, list[str]] = {}
    for batch in batches(edits.values()):
        together = judged_together(bundle, batch)
        for edit in batch:
            as_expected = sorted(together[edit.name]) == sorted(edit.expect)
            found[edit.name] = together[edit.name] if as_expected else judged_together(bundle, [edit])[edit.name]
    return found


class Edit:
    def __init__(self, bundle: Bundle, mutation: dict) -> None:
        self.name: str = mutation["name"]
        self.expect: list[str] = mutation["expect"]
        self.removed, self.added = (bundle.parse(mutation.get(key, "")) for key in ("remove", "add"))
        triples = [triple for edit in (self.removed, self.added) for triple in edit]
        foci = {bundle.expanded(expected.split()[1]) for expected in self.expect}
        self.changed = {urldefrag(node).url for node in foci | {str(subject) for subject, _, _ in triples}}
        self.named = {urldefrag(str(value)).url for _, _, value in triples}

    def touches(self, other: Edit) -> bool:
        """One changes a node that the other changes or names."""
        return not (
            self.changed.isdisjoint(other.changed | other.named) and other.changed.isdisjoint(self.changed | self.named)
        )


def batches(edits: Iterable[Edit]) -> list[list[Edit]]:
    found: list[list[Edit]] = []
    for edit in edits:
        free = next((batch for batch in found if not any(edit.touches(other) for other in batch)), None)
        if free is None:
            found.append([edit])
        else:
            free.append(edit)
    return found


def judged_together(bundle: Bundle, batch: list[Edit]) -> dict[str, list[str]]:
    triples = bundle.triples + Graph()
    for edit in batch:
        triples -= edit.removed
        triples += edit.added
    results: dict[str, list[str]] = {edit.name: [] for edit in batch}
    for result in bundle.judge(triples).results:
        owners = [edit for edit in batch if urldefrag(result.focus).url in edit.changed]
        for edit in owners or batch:
            results[edit.name].append(bundle.shown(result))
    return results


@pytest.mark.parametrize("name", NAMES, ids=[name.replace(" ", "-") for name in NAMES])
def test_one_edit_has_exactly_its_results(bundle, edits, verdicts, name):
    edit = edits[name]
    assert len(edit.removed) + len(edit.added) > 0
    assert all(triple in bundle.triples for triple in edit.removed), "removes what is not there"
    assert not any(triple in bundle.triples for triple in edit.added), "adds what is there"
    assert sorted(verdicts[name]) == sorted(edit.expect)


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
    assert [name for name in NAMES if NAMES.count(name) > 1] == []
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
