"""The 20 query tests of the W3C SPARQL 1.1 Protocol suite, read from its manifest and sent over a real socket.

The suite is not part of this repository: it is looked for at `../shared/suites`. Its update tests do not apply, since
this endpoint answers queries only; that those which must fail do fail is checked too.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conftest import SHARED, missing
from endpoint_support import Reply, Server, running, vocabulary, write_release
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection

from endpoint.workers import Limits
from kg.store import parse

SUITE = SHARED / "suites" / "sparql11-protocol"
MANIFEST = SUITE / "protocol" / "manifest.ttl"
HT = Namespace("http://www.w3.org/2011/http#")
MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
CNT = Namespace("http://www.w3.org/2011/content#")
RESULTS = {"application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values"}
GRAPHS = {"text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"}

QUERIES = [
    "query_post_form", "query_dataset_default_graphs_get", "query_dataset_default_graphs_post",
    "query_dataset_named_graphs_post", "query_dataset_named_graphs_get", "query_dataset_full", "query_multiple_dataset",
    "query_get", "query_content_type_select", "query_content_type_ask", "query_content_type_describe",
    "query_content_type_construct", "query_post_direct", "bad_query_method", "bad_multiple_queries",
    "bad_query_wrong_media_type", "bad_query_missing_form_type", "bad_query_missing_direct_type", "bad_query_non_utf8",
    "bad_query_syntax",
]  # fmt: skip
BAD_UPDATES = [
    "bad_update_get", "bad_multiple_updates", "bad_update_wrong_media_type", "bad_update_missing_form_type",
    "bad_update_non_utf8", "bad_update_syntax", "bad_update_dataset_conflict",
]  # fmt: skip


@pytest.fixture(scope="module")
def manifest() -> Graph:
    if not MANIFEST.is_file():
        missing("shared/suites/sparql11-protocol")
    return Graph().parse(MANIFEST, format="turtle", publicID=MANIFEST.as_uri())


@pytest.fixture(scope="module")
def server(manifest: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with the graphs that the tests of the suite name."""
    lines: set[str] = set()
    for file, name in {(str(manifest.value(g, UT.graph)), str(label)) for g in manifest.objects(None, UT.graphData)
                       for label in manifest.objects(g, URIRef("http://www.w3.org/2000/01/rdf-schema#label"))}:
        path = MANIFEST.parent / file.rpartition("/")[2]
        lines |= {f"{line[:-2]} <{name}> ." for line in parse(path.read_bytes(), "ntriples")}
    assert len(lines) == 3
    folder = write_release(tmp_path_factory.mktemp("suite"), sorted(lines), vocabulary())
    with running(folder, limits=Limits(workers=1)) as address:
        yield address


def entries(manifest: Graph) -> dict[str, URIRef]:
    first = next(manifest.objects(None, MF.entries))
    return {str(node).rpartition("#")[2]: node for node in Collection(manifest, first)}


def test_the_suite_is_the_one_that_is_known(manifest: Graph) -> None:
    names = set(entries(manifest))
    assert len(QUERIES) == 20 and set(QUERIES) | set(BAD_UPDATES) <= names
    assert len(names) == 34
    assert all(name.startswith("update_") for name in names - set(QUERIES) - set(BAD_UPDATES))


@pytest.mark.parametrize("name", QUERIES + BAD_UPDATES)
def test_protocol(name: str, manifest: Graph, server: Server) -> None:
    requests = manifest.value(manifest.value(entries(manifest)[name], MF.action), HT.requests)
    sent = list(Collection(manifest, requests))
    assert sent
    for node in sent:
        expected = manifest.value(node, HT.resp)
        reply = _send(manifest, node, server)
        wanted = {str(status).rpartition("StatusCode")[2][0] for status in manifest.objects(expected, MF.expectedStatus)}
        assert str(reply.status)[0] in wanted, reply.text
        _check_format(manifest, expected, reply)


def _send(manifest: Graph, node: object, server: Server) -> Reply:
    path = str(manifest.value(node, HT.absolutePath)).replace("/sparql/", "/sparql", 1)
    listed = manifest.value(node, HT.headers)
    headers = {str(manifest.value(h, HT.fieldName)): str(manifest.value(h, HT.fieldValue))
               for h in (Collection(manifest, listed) if listed else ())}
    content = manifest.value(node, HT.body)
    body = None
    if content is not None:
        body = str(manifest.value(content, CNT.chars)).encode(str(manifest.value(content, CNT.characterEncoding)))
    return server.request(str(manifest.value(node, HT.methodName)), path, headers, body)


def _check_format(manifest: Graph, expected: object, reply: Reply) -> None:
    form = str(manifest.value(expected, MF.expectedFormat))
    if form in ("boolean", "tabular"):
        assert reply.type in RESULTS
        assert ("boolean" in reply.json()) == (form == "boolean")
    elif form == "RDF":
        assert reply.type in GRAPHS
    truth = manifest.value(expected, MF.expectedBoolean)
    if isinstance(truth, Literal):
        assert reply.json()["boolean"] is truth.toPython()


def test_service_description(server: Server) -> None:
    """The three tests of the service-description manifest: RDF comes back, names this endpoint, fits the schema."""
    if not (SUITE / "service-description" / "manifest.ttl").is_file():
        missing("shared/suites/sparql11-protocol/service-description")
    sd = Namespace("http://www.w3.org/ns/sparql-service-description#")
    graph = Graph().parse(data=server.get("/sparql").text, format="turtle")
    service = next(graph.subjects(RDF.type, sd.Service))
    assert (service, sd.endpoint, URIRef(f"{server.address}/sparql")) in graph
    assert all(
        isinstance(target, URIRef) for p in (sd.endpoint, sd.supportedLanguage, sd.resultFormat, sd.defaultDataset)
        for target in graph.objects(service, p))
    assert len(list(graph.objects(service, sd.resultFormat))) == 8
    for entry in graph.subjects(RDF.type, sd.NamedGraph):
        assert graph.value(entry, sd.name) is not None and graph.value(entry, sd.graph) is not None
