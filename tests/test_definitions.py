"""The page of the ontology: every term in both languages, its shape in words, numbers of the release, its mappings."""

from __future__ import annotations

import re
from html import unescape

import pytest
from playwright.sync_api import Browser
from rdflib import Graph

from browser_support import DESK, PHONE, visiting
from endpoint.drawing import Arrow, drawn
from endpoint_support import Server
from kg.vocabulary import Vocabulary
from kg.project import Project


@pytest.fixture(scope="module")
def vocabulary(project: Project) -> Vocabulary:
    return Vocabulary(project)


@pytest.fixture(scope="module")
def page(site: Server) -> str:
    return site.get("/def", "text/html", Accept_Language="en").text


def term(page: str, anchor: str) -> str:
    """The text of one term's section."""
    found = re.search(rf'<section class="term" id="{anchor}">(.*?)\n  </section>', page, re.DOTALL)
    assert found, anchor
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def test_every_term_has_its_anchor_and_both_languages(page: str, vocabulary: Vocabulary) -> None:
    own = [t for t in vocabulary.terms.values() if t.iri.startswith(f"{vocabulary.ontology}#")]
    assert len(own) > 60
    for found in own:
        said = term(page, found.iri.partition("#")[2])
        for language in ("ja", "en"):
            assert (found.label.exact(language) or "") in said
            assert " ".join((found.definition.exact(language) or "").split()) in said


def test_a_class_has_its_shape_in_words_a_number_an_example_and_its_source(page: str, site: Server) -> None:
    said = term(page, "Seminar")
    number = len(site.get("/list/Seminar.csv").text.strip().split("\n")) - 1
    assert f"{number} in this release" in said
    assert "inviting office jichi:invitedBy exactly one jichi:OverseasOffice Exactly one inviting office." in said
    assert "kind of jichi:ExchangeEvent" in said
    assert "seminar.rml.ttl (key)" in said
    assert "title dcterms:title never" in said


def test_a_property_names_the_record_fields_that_it_is_mapped_from(page: str) -> None:
    assert "seminar.rml.ttl (hosts[*].lg)" in term(page, "hostedBy")
    assert "takes-part-in.rq" in term(page, "takesPartIn")
    assert "takes-part-in.rq" not in term(page, "hostedBy"), "a rule makes what it constructs, not what it reads"


def test_a_term_that_records_name_is_traced_through_the_records_of_the_release(page: str) -> None:
    assert "account.rml.ttl (class)" in term(page, "Affiliation")
    assert "activity.rml.ttl (class)" in term(page, "Network")
    assert "account.rml.ttl (relation)" in term(page, "statedBy")


def test_every_term_in_use_says_what_makes_it(page: str, vocabulary: Vocabulary) -> None:
    own = [t.iri.partition("#")[2] for t in vocabulary.terms.values() if t.iri.startswith(f"{vocabulary.ontology}#")]
    used = [name for name in own if f"jichi:{name} 0 in this release" not in term(page, name)]
    assert len(used) > 50
    assert [name for name in used if " made by " not in term(page, name)] == []


def test_the_rdf_at_the_same_address_is_the_ontology(site: Server, vocabulary: Vocabulary) -> None:
    graph = Graph().parse(data=site.get("/def", "text/turtle").text, format="turtle")
    assert set(vocabulary.graph("ontology").subjects()) - set(graph.subjects()) == set()


def test_an_address_with_a_term_lands_on_it(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/def#Seminar", PHONE, "ja") as visit:
        assert visit.page.evaluate("document.querySelector(':target').getBoundingClientRect().top") < PHONE[1] / 2


def test_the_diagram_has_every_class_and_no_two_in_one_place(page: str, vocabulary: Vocabulary) -> None:
    (diagram,) = re.findall(r'<svg class="classes".*?</svg>', page, re.DOTALL)
    boxes = re.findall(r'<a href="#(\w+)"><rect x="(\d+)" y="(\d+)"', diagram)
    own = {term.iri.partition("#")[2] for term in vocabulary.terms.values()
           if "http://www.w3.org/2002/07/owl#Class" in term.kinds and term.iri.startswith(f"{vocabulary.ontology}#")}  # fmt: skip
    assert {name for name, _, _ in boxes} == own and len(own) == len({place[1:] for place in boxes})
    assert ">fiscal year<" in diagram and "convenes" in diagram, "what shapes say is drawn too"


def test_a_class_of_the_diagram_leads_to_its_term(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/def", DESK, "en", scripts=False) as visit:
        visit.page.locator(".classes a").filter(has_text="overseas office").click()
        assert visit.page.url.endswith("#OverseasOffice")


def test_a_diagram_layers_what_leads_to_another_and_bears_circles() -> None:
    found = drawn([Arrow("a", "b", "p"), Arrow("b", "c", "q"), Arrow("c", "a", "r"), Arrow("a", "c", "")], str.upper)
    assert found is not None
    x = {box.iri: box.x for box in found.boxes}
    assert x["a"] < x["b"] < x["c"]
    assert sorted(line.names for line in found.lines) == [(), ("P",), ("Q",), ("R",)]
    assert len({(box.x, box.y) for box in found.boxes}) == 3
    with_more = drawn([Arrow("a", "b", "p")], str.upper, ["a", "b", "alone"])
    assert with_more is not None and with_more.height > 100
    assert [box.iri for box in with_more.boxes if box.y > 34] == ["alone"]
    assert drawn([], str) is None
