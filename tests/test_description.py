"""What a release says of itself is counted again, held against its vocabularies and profiles, and served where it is looked for."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pyshacl
import pytest
from rdflib import DCTERMS, PROV, RDF, VOID, XSD, Graph, Literal, URIRef
from rdflib.namespace import Namespace

from conftest import SHARED, missing
from endpoint_support import Reply, Server
from kg import describe, numbers, pipeline, published
from kg.store import Store
from test_totality import exists

DCAT = Namespace("http://www.w3.org/ns/dcat#")
"""of version 3; rdflib knows the terms of version 2"""
SPDX = Namespace("http://spdx.org/rdf/terms#")
BASE = "https://w3id.org/jichi/"
DATASET = URIRef(f"{BASE}dataset")
PROLOGUE = "PREFIX void: <http://rdfs.org/ns/void#> PREFIX dcat: <http://www.w3.org/ns/dcat#>"


@pytest.fixture(scope="module")
def folder(built) -> Path:
    return published.current(built)


@pytest.fixture(scope="module")
def store(folder, sources) -> Store:
    return Store.load(folder / "jichi.nq", sources.vocabulary.prefixes)


@pytest.fixture(scope="module")
def told(folder) -> Graph:
    return Graph().parse(folder / "dataset.ttl")


def number(graph: Graph, node: URIRef, predicate: URIRef) -> int:
    values = list(graph.objects(node, predicate))
    assert len(values) == 1, (node, predicate, values)
    return int(values[0])


def counted(store: Store, pattern: str, what: str = "*") -> int:
    return int(store.select(f"SELECT (COUNT({what}) AS ?n) WHERE {{ {pattern} }}")[0]["n"].value)


# ---- VoID


def test_the_data_set_is_counted_as_sparql_counts_it(told, store):
    assert number(told, DATASET, VOID.triples) == counted(store, "?s ?p ?o")
    assert number(told, DATASET, VOID.distinctSubjects) == counted(store, "?s ?p ?o", "DISTINCT ?s")
    assert number(told, DATASET, VOID.properties) == counted(store, "?s ?p ?o", "DISTINCT ?p")
    assert number(told, DATASET, VOID.classes) == counted(store, "?s a ?c", "DISTINCT ?c")
    pattern = str(told.value(DATASET, VOID.uriRegexPattern)).replace("\\", "\\\\")
    assert number(told, DATASET, VOID.entities) == counted(store, f'?s ?p ?o FILTER(REGEX(STR(?s), "{pattern}"))', "DISTINCT ?s")


def test_every_class_is_counted(told, store):
    parts = {told.value(part, VOID["class"]): part for part in told.objects(DATASET, VOID.classPartition)}
    rows = store.select("SELECT ?c (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a ?c } GROUP BY ?c")
    assert {str(c): number(told, part, VOID.entities) for c, part in parts.items()} == {r["c"].value: int(r["n"].value) for r in rows}
    rows = store.select("SELECT ?c (COUNT(*) AS ?n) WHERE { ?s a ?c ; ?p ?o } GROUP BY ?c")
    assert {str(c): number(told, part, VOID.triples) for c, part in parts.items()} == {r["c"].value: int(r["n"].value) for r in rows}


def test_every_property_is_counted(told, store):
    parts = {told.value(part, VOID.property): part for part in told.objects(DATASET, VOID.propertyPartition)}
    rows = store.select("SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?m) WHERE { ?s ?p ?o } GROUP BY ?p")
    assert {
        str(p): (number(told, part, VOID.triples), number(told, part, VOID.distinctSubjects)) for p, part in parts.items()
    } == {r["p"].value: (int(r["n"].value), int(r["m"].value)) for r in rows}


def test_the_properties_of_every_class_with_a_shape_are_counted(told, store, sources):
    found = {}
    for part in told.objects(DATASET, VOID.classPartition):
        for inner in told.objects(part, VOID.propertyPartition):
            found[str(told.value(part, VOID["class"])), str(told.value(inner, VOID.property))] = number(told, inner, VOID.triples)
    rows = store.select("SELECT ?c ?p (COUNT(*) AS ?n) WHERE { ?s a ?c ; ?p ?o } GROUP BY ?c ?p")
    expected = {(r["c"].value, r["p"].value): int(r["n"].value) for r in rows if r["c"].value in sources.vocabulary.fields}
    assert found == expected and len(found) > 200


def test_every_linkset_is_counted(told, store):
    sets = list(told.objects(DATASET, VOID.subset))
    assert len(sets) == len([g for g in store.graphs() if "/graph/link/" in g]) >= 3
    for node in sets:
        graph, predicate = told.value(node, DCTERMS.source), told.value(node, VOID.linkPredicate)
        space = str(told.value(told.value(node, VOID.objectsTarget), VOID.uriSpace))
        assert told.value(node, VOID.subjectsTarget) == DATASET
        pattern = f'GRAPH <{graph}> {{ ?s <{predicate}> ?o }} FILTER(STRSTARTS(STR(?o), "{space}"))'
        assert number(told, node, VOID.triples) == counted(store, pattern) == len(store.lines(str(graph))) > 0


def test_vocabularies_and_examples_are_those_in_use(told, store):
    used = {r["p"].value for r in store.select("SELECT DISTINCT ?p WHERE { ?s ?p ?o }")}
    used |= {r["c"].value for r in store.select("SELECT DISTINCT ?c WHERE { ?s a ?c }")}
    spaces = {str(v) for v in told.objects(DATASET, VOID.vocabulary)}
    assert {re.sub(r"[^/#]*$", "", term) for term in used} == spaces
    for example in told.objects(DATASET, VOID.exampleResource):
        assert store.ask(f"ASK {{ <{example}> ?p ?o }}")


def test_the_description_in_the_data_is_the_one_beside_them(folder, store, told):
    """`dataset.ttl` says what `graph/meta` says, and the files."""
    inside = Graph().parse(data="\n".join(f"{line.rpartition(' <')[0]} ." for line in store.lines(f"{BASE}graph/meta")), format="nt")
    assert set(inside) < set(told)
    assert {predicate for _, predicate, _ in set(told) - set(inside)} <= {
        RDF.type, DCAT.distribution, DCAT.accessURL, DCAT.downloadURL, DCAT.byteSize, DCAT.mediaType, DCAT.compressFormat,
        DCTERMS.title, DCTERMS.license, SPDX.checksum, SPDX.algorithm, SPDX.checksumValue, VOID.dataDump,
    }  # fmt: skip


def test_a_count_that_is_wrong_would_be_found():
    lines = ["<a:s> <a:p> <a:o> .", "<a:s> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <a:c> .", "<a:t> <a:p> \"x y\" ."]
    found = describe.count(lines)
    assert (found.triples, len(found.subjects), found.properties["<a:p>"], found.triples_of["<a:c>"]) == (3, 2, 2, 2)


# ---- DCAT and PROV


def test_every_file_has_its_size_and_checksum(told, folder):
    release = told.value(DATASET, DCAT.hasCurrentVersion)
    described = {str(told.value(node, DCTERMS.title)): node for node in told.objects(release, DCAT.distribution)}
    assert {"jichi.nq", "jichi.ttl", "jichi.trig", "jichi.jsonld", "ontology.ttl", "shapes.ttl"} <= set(described)
    for name, node in described.items():
        content = (folder / name).read_bytes()
        assert number(told, node, DCAT.byteSize) == len(content)
        checksum = told.value(node, SPDX.checksum)
        assert str(told.value(checksum, SPDX.checksumValue)) == hashlib.sha256(content).hexdigest()
        version = folder.name
        assert str(told.value(node, DCAT.downloadURL)) == f"{BASE}release/{version}/dump/{name}"


def test_the_same_holds_for_a_release_with_a_number(released):
    folder = released / "out" / "2026.11.0" / "data"
    told = Graph().parse(folder / "dataset.ttl")
    release = URIRef(f"{BASE}dataset/2026.11.0")
    assert told.value(release, DCTERMS.issued) == Literal("2026-11-21", datatype=XSD.date)
    nodes = list(told.objects(release, DCAT.distribution))
    assert len(nodes) > 40
    [archive] = [node for node in nodes if str(told.value(node, DCTERMS.title)) == "jichi-2026.11.0.zip"]
    assert told.value(archive, DCAT.downloadURL) == URIRef(f"{BASE}release/jichi-2026.11.0.zip")
    assert str(told.value(archive, DCAT.mediaType)).endswith("/application/zip")
    assert told.value(archive, SPDX.checksum) is None, "it holds this description"
    nodes.remove(archive)
    for node in nodes:
        content = (folder / str(told.value(node, DCTERMS.title))).read_bytes()
        assert number(told, node, DCAT.byteSize) == len(content)
        assert str(told.value(told.value(node, SPDX.checksum), SPDX.checksumValue)) == hashlib.sha256(content).hexdigest()
    packed = [n for n in nodes if str(told.value(n, DCTERMS.title)).endswith(".gz")]
    assert [str(told.value(n, DCAT.compressFormat)).rpartition("/")[2] for n in packed] == ["gzip"]


def test_the_build_names_what_it_used(told, sources):
    release = told.value(DATASET, DCAT.hasCurrentVersion)
    build = told.value(release, PROV.wasGeneratedBy)
    documents = {URIRef(f"{BASE}id/document/{d.id}-{d.sha256[:12]}") for d in sources.documents.values()}
    used = set(told.objects(build, PROV.used))
    assert used == documents | {URIRef(f"{BASE}def/0.1.0"), URIRef(f"{BASE}shapes/0.1.0")}
    assert set(told.objects(release, PROV.wasDerivedFrom)) == documents
    assert told.value(build, PROV.wasAssociatedWith) == URIRef(f"{BASE}id/agent/project")


@pytest.fixture(scope="module")
def third(sources, graphs) -> Graph:
    """The description of a release that follows on two others."""
    past = [numbers.Numbered("2026.11.0", "2026-11-21", "a" * 64), numbers.Numbered("2026.11.1", "2026-11-30", "b" * 64)]
    checked = pipeline.Checked(sources, graphs, None, [])  # type: ignore[arg-type]
    built = pipeline.described(checked, pipeline.edition(checked, "2026.12.0", "2026-12-01", past))
    contents = {"jichi.nq": built.nquads}
    return Graph().parse(data=pipeline.with_description(sources, built, contents)["dataset.ttl"])


def test_releases_stand_in_a_series_and_in_a_chain(third):
    first, second, last = (URIRef(f"{DATASET}/{version}") for version in ("2026.11.0", "2026.11.1", "2026.12.0"))
    series = URIRef(f"{DATASET}#series")

    def all_of(predicate: str) -> set[tuple]:
        return set(third.subject_objects(DCAT[predicate]))

    assert all_of("inSeries") == {(first, series), (second, series), (last, series)}
    assert all_of("previousVersion") == all_of("prev") == {(second, first), (last, second)}
    assert all_of("next") == {(first, second), (second, last)}
    assert (all_of("first"), all_of("last")) == ({(series, first)}, {(series, last)})
    assert all_of("hasVersion") == {(DATASET, first), (DATASET, second), (DATASET, last)}
    assert all_of("hasCurrentVersion") == {(DATASET, last)}
    assert set(third.subject_objects(PROV.wasRevisionOf)) == {(last, second)}


@pytest.fixture(scope="module")
def profile() -> Graph:
    path = SHARED / "suites" / "dcat-ap"
    if not path.is_dir():
        missing("the folder ../shared/suites/dcat-ap")
    return Graph().parse(path / "shapes.ttl").parse(path / "range.ttl")


def violations(data: Graph, profile: Graph) -> list[str]:
    _, report, text = pyshacl.validate(data, shacl_graph=profile, inference="none")
    sh = Namespace("http://www.w3.org/ns/shacl#")
    return [text] if set(report.subjects(sh.resultSeverity, sh.Violation)) else []


def test_the_shapes_of_dcat_ap_pass(told, third, profile):
    assert violations(told, profile) == [] and violations(third, profile) == []


def test_what_dcat_ap_does_not_allow_would_be_found(third, profile):
    spoiled = Graph() + third
    spoiled.remove((DATASET, DCTERMS.title, None))
    assert violations(spoiled, profile)


def test_every_predicate_and_class_of_the_description_exists(told, third):
    for graph in (told, third):
        terms = {p for _, p, _ in graph} | set(graph.objects(None, RDF.type))
        assert {term for term in terms if not term.startswith(BASE) and not exists(term)} == set()


def test_the_description_for_search_engines_agrees(folder, told):
    said = json.loads((folder / "schema-org.json").read_text())
    release = told.value(DATASET, DCAT.hasCurrentVersion)
    assert (said["@type"], said["@id"], said["version"]) == ("Dataset", str(release), str(told.value(release, DCAT.version)))
    assert said["license"] == str(told.value(release, DCTERMS.license)) and 50 <= len(said["description"]) <= 5000
    for part in said["distribution"]:
        node = next(n for n in told.objects(release, DCAT.distribution) if str(told.value(n, DCTERMS.title)) == part["name"])
        assert part["contentUrl"] == str(told.value(node, DCAT.downloadURL))
        assert part["contentSize"] == f"{number(told, node, DCAT.byteSize)} B"
        assert part["sha256"] == str(told.value(told.value(node, SPDX.checksum), SPDX.checksumValue))


# ---- where it is looked for


def links(reply: Reply) -> list[tuple[str, str, str]]:
    found = []
    for target, rel, rest in re.findall(r'<([^>]*)>; rel="([^"]*)"((?:; [a-z]+="[^"]*")*)', reply.headers.get("link", "")):
        kind = re.search(r'type="([^"]*)"', rest)
        found += [(target, one, kind[1] if kind else "") for one in rel.split()]
    return found


def test_void_is_at_its_well_known_address(site: Server):
    reply = site.get("/.well-known/void", "text/turtle")
    assert (reply.status, reply.headers["location"]) == (303, "/dataset")
    graph = Graph().parse(data=site.get("/dataset", "text/turtle").text, format="turtle")
    assert number(graph, DATASET, VOID.triples) == int(site.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "application/json").values("n")[0])
    assert list(graph.objects(DATASET, VOID.dataDump))


def test_every_file_that_is_described_is_served(site: Server, told):
    release = told.value(DATASET, DCAT.hasCurrentVersion)
    for node in told.objects(release, DCAT.distribution):
        path = str(told.value(node, DCAT.downloadURL)).removeprefix(BASE.rstrip("/"))
        reply = site.get(path)
        if reply.status in (302, 303):
            reply = site.get(reply.headers["location"])
        assert reply.status == 200 and len(reply.body) == number(told, node, DCAT.byteSize)
        assert hashlib.sha256(reply.body).hexdigest() == str(told.value(told.value(node, SPDX.checksum), SPDX.checksumValue))
    assert site.get("/release/2020.01.0/dump/jichi.nq").status == 404


class Scripts(HTMLParser):
    """The data blocks of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.found = False, ""

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.inside = tag == "script" and ("type", "application/ld+json") in attrs

    def handle_data(self, data: str) -> None:
        self.found += data if self.inside else ""

    def handle_endtag(self, tag: str) -> None:
        self.inside = False


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_of_the_data_set_carries_it_for_search_engines(site: Server, folder, language):
    reply = site.get(f"/dataset?lang={language}", "text/html")
    reader = Scripts()
    reader.feed(reply.text)
    assert json.loads(reader.found) == json.loads((folder / "schema-org.json").read_text())
    assert folder.name in reply.text and "CC BY 4.0" in reply.text and "jichi.nq" in reply.text
    assert ("引用" if language == "ja" else "Cite it") in reply.text


def test_a_release_has_a_document_of_its_own(site: Server, folder):
    path = f"/dataset/{folder.name}"
    assert site.get(path, "text/html").type == "text/html"
    for suffix in ("ttl", "jsonld", "nt", "rdf", "trig", "html"):
        assert site.get(f"{path}.{suffix}").status == 200
    graph = Graph().parse(data=site.get(f"{path}.ttl").text, format="turtle")
    assert graph.value(URIRef(BASE + path[1:]), DCAT.version) == Literal(folder.name)
    assert site.get("/dataset/2019.01.0").status == 404 and site.get(f"{path}.x").status == 404


def test_the_sitemap_lists_what_answers(site: Server, store):
    reply = site.get("/sitemap.xml")
    assert reply.type == "application/xml"
    tree = ElementTree.fromstring(reply.body)
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    urls = [node.text or "" for node in tree.iter(f"{space}loc")]
    days = {node.text for node in tree.iter(f"{space}lastmod")}
    assert len(urls) == len(set(urls)) > 500 and all(url.startswith(site.address) for url in urls)
    assert len(days) == 1 and re.fullmatch(r"\d{4}-\d\d-\d\d", days.pop() or "")
    seminars = counted(store, "?s a jichi:Seminar", "DISTINCT ?s")
    assert sum("/doc/seminar/" in url for url in urls) == seminars
    for url in urls[:: max(1, len(urls) // 60)]:
        assert site.get(url.removeprefix(site.address) or "/", "text/html").status == 200, url


def test_robots_are_told_where_the_sitemap_is(site: Server):
    text = site.get("/robots.txt").text
    assert f"Sitemap: {site.address}/sitemap.xml" in text and "Disallow: /sparql" in text and "Disallow: /\n" not in text


def test_signposts_of_a_thing(site: Server):
    found = links(site.get("/doc/seminar/2018-london", "text/html"))
    thing = f"{BASE}id/seminar/2018-london"
    assert (thing, "cite-as", "") in found and (str(DATASET), "collection", "") in found
    assert ("https://schema.org/AboutPage", "type", "") in found and (f"{BASE}def#Seminar", "type", "") in found
    assert ("https://creativecommons.org/licenses/by/4.0/", "license", "") in found
    assert (f"{BASE}id/agent/project", "author", "") in found
    described = {(target, kind) for target, rel, kind in found if rel == "describedby"}
    assert ("/doc/seminar/2018-london.ttl", "text/turtle") in described
    for target, kind in described:
        assert site.get(target).type == kind


def test_signposts_of_the_data_set_lead_to_its_files(site: Server):
    found = links(site.get("/dataset", "text/html"))
    items = {target: kind for target, rel, kind in found if rel == "item"}
    assert {"/dump/jichi.nq", "/dump/jichi.ttl", "/dump/jichi.trig", "/dump/jichi.jsonld"} <= set(items)
    for target, kind in items.items():
        reply = site.request("HEAD", target)
        assert (reply.status, reply.type) == (200, kind)
    assert ("https://schema.org/Dataset", "type", "") in found


@pytest.mark.parametrize("path", ["/doc/seminar/2018-london", "/dataset", "/vocab/role"])
def test_a_linkset_says_what_the_header_says(site: Server, path):
    page = site.get(path, "text/html")
    (target,) = [target for target, rel, kind in links(page) if rel == "linkset" and kind == "application/linkset+json"]
    reply = site.get(target)
    assert (reply.status, reply.type) == (200, "application/linkset+json")
    (context,) = reply.json()["linkset"]
    assert context.pop("anchor") == f"{site.address}{path}"
    said = {(link["href"].removeprefix(site.address), rel, link.get("type", "")) for rel, found in context.items() for link in found}
    assert said == set(links(page))
    text = site.get(target, "application/linkset")
    assert text.type == "application/linkset" and text.text.count(f'anchor="{site.address}{path}"') == page.headers["link"].count(">; rel=")


def test_an_unknown_linkset_is_not_found(site: Server):
    for path in ("/linkset/doc/seminar/nothing", "/linkset/id/seminar/2018-london", "/linkset/x%00"):
        assert site.get(path).status == 404


def test_the_service_describes_itself_as_it_is(site: Server, store):
    """SPARQL 1.1 Service Description, recounted."""
    sd = Namespace("http://www.w3.org/ns/sparql-service-description#")
    graph = Graph().parse(data=site.get("/sparql", "text/turtle").text, format="turtle")
    service = graph.value(predicate=RDF.type, object=sd.Service)
    data = graph.value(service, sd.defaultDataset)
    assert graph.value(service, sd.endpoint) == service and set(graph.objects(service, sd.feature)) == {sd.UnionDefaultGraph}
    assert number(graph, graph.value(data, sd.defaultGraph), VOID.triples) == counted(store, "?s ?p ?o")
    named = {str(graph.value(n, sd.name)): number(graph, graph.value(n, sd.graph), VOID.triples) for n in graph.objects(data, sd.namedGraph)}
    assert named == {name: len(store.lines(name)) for name in store.graphs()}
    assert {p for _, p, _ in graph if not exists(p)} == set()


# ---- one id


def test_one_id_in_data_headers_pages_files_and_the_command(site: Server, folder, built):
    version = folder.name
    assert site.query(f"{PROLOGUE} SELECT ?v {{ <{DATASET}> dcat:version ?v }}", "application/json").values("v") == [version]
    assert json.loads(site.get("/dump/release.json").text)["version"] == version
    assert site.get("/ready").json()["release"] == version
    for path in ("/", "/dataset", "/doc/seminar/2018-london", "/sparql", "/dump/"):
        assert version in site.get(path, "text/html").text, path
    for path, accept in (("/", "text/html"), ("/doc/seminar/2018-london", "text/turtle"), ("/dump/jichi.nq", "*/*"), ("/nothing", "*/*")):
        assert site.get(path, accept).headers["dataset-release"] == version, path
