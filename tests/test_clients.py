"""Programs that people use ask the running server, and dereference its things; each by its own code, over a socket."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyoxigraph
import pytest
import SPARQLWrapper
from rdflib import Dataset, Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore

from browser_support import visiting
from client_support import CLIENTS, node_modules, printed, program, static
from endpoint_support import Server
from kg.store import Store, parse, terms

BASE = "https://w3id.org/jichi/"
THING = f"{BASE}id/lg/jp-shizuoka-hamamatsu-shi"
PATH = "/id/lg/jp-shizuoka-hamamatsu-shi"
PREFIXES = f"PREFIX jichi: <{BASE}def#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
NAMES = PREFIXES + f'SELECT ?name WHERE {{ <{THING}> skos:prefLabel ?name FILTER(LANG(?name) = "ja") }}'
SEMINARS = PREFIXES + "SELECT ?s WHERE { ?s a jichi:Seminar }"
GRAPH = PREFIXES + "CONSTRUCT { ?s a jichi:Seminar } WHERE { ?s a jichi:Seminar }"
JAPANESE = PREFIXES + 'ASK { ?town skos:prefLabel "浜松市"@ja }'


@pytest.fixture(scope="module")
def endpoint(site: Server) -> str:
    return f"{site.address}/sparql"


@pytest.fixture(scope="module")
def description(site: Server) -> set[str]:
    """The triples of one document, of which the thing is the subject."""
    reply = site.get(site.get(PATH, "application/n-triples").headers["location"], "application/n-triples")
    return {line for line in parse(reply.body, "ntriples") if terms(line)[0].value == THING}


def of_the_thing(graph: Graph) -> int:
    return len(set(graph.triples((URIRef(THING), None, None))))


# ---- Python

@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("method", "how"), [
    (SPARQLWrapper.GET, SPARQLWrapper.URLENCODED),
    (SPARQLWrapper.POST, SPARQLWrapper.URLENCODED),
    (SPARQLWrapper.POST, SPARQLWrapper.POSTDIRECTLY),
])
def test_sparqlwrapper(endpoint: str, method: str, how: str) -> None:
    def asked(query: str, format: str | None = None) -> SPARQLWrapper.Wrapper.QueryResult:
        client = SPARQLWrapper.SPARQLWrapper(endpoint)
        client.setMethod(method)
        client.setRequestMethod(how)
        client.setQuery(query)
        if format:
            client.setReturnFormat(format)
        return client.query()

    found = asked(NAMES, SPARQLWrapper.JSON).convert()
    assert [row["name"]["value"] for row in found["results"]["bindings"]] == ["浜松市"]
    assert asked(JAPANESE, SPARQLWrapper.JSON).convert()["boolean"] is True
    assert len(asked(SEMINARS).convert().getElementsByTagName("result")) == 48
    assert len(asked(SEMINARS, SPARQLWrapper.CSV).convert().decode().split()) == 49
    assert len(asked(SEMINARS, SPARQLWrapper.TSV).convert().decode().split()) == 49
    for format in (None, SPARQLWrapper.TURTLE, SPARQLWrapper.N3, SPARQLWrapper.RDFXML, SPARQLWrapper.JSONLD):
        graph = asked(GRAPH, format).convert()
        graph = graph if isinstance(graph, Graph) else Graph().parse(data=graph)
        assert len(graph) == 48, format
    with pytest.raises(SPARQLWrapper.SPARQLExceptions.QueryBadFormed, match="query-syntax"):
        asked("SELECT nothing", SPARQLWrapper.JSON)


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_sparqlstore(endpoint: str, method: str, description: set[str]) -> None:
    graph = Graph(SPARQLStore(endpoint, method=method))
    assert [str(row.name) for row in graph.query(NAMES)] == ["浜松市"]
    assert bool(graph.query(JAPANESE)) is True
    assert len(graph.query(GRAPH).graph) == 48
    assert len(set(graph.triples((URIRef(THING), None, None)))) == len(description)


@pytest.mark.parametrize("format", [None, "turtle", "xml", "nt"])
def test_rdflib_dereferences(site: Server, format: str | None, description: set[str]) -> None:
    """Without a format rdflib names eight media types and no preference; for N-Triples it names text/plain."""
    graph = Graph().parse(f"{site.address}{PATH}", format=format)
    assert of_the_thing(graph) == len(description)


@pytest.mark.parametrize("format", ["json-ld", "trig"])
def test_rdflib_dereferences_the_named_graphs(site: Server, format: str, description: set[str]) -> None:
    """JSON-LD and TriG keep each statement in the graph that says it, so they are read into a data set."""
    data = Dataset(default_union=True).parse(f"{site.address}{PATH}", format=format)
    assert of_the_thing(data) == len(description)


def test_pyoxigraph_calls_the_service(endpoint: str, site: Server) -> None:
    own = pyoxigraph.Store()
    town = pyoxigraph.NamedNode(THING)
    own.add(pyoxigraph.Quad(town, pyoxigraph.NamedNode("https://example.org/note"), pyoxigraph.Literal("ours")))
    query = PREFIXES + f"""SELECT ?note ?name WHERE {{
      ?town <https://example.org/note> ?note
      SERVICE <{endpoint}> {{ ?town skos:prefLabel ?name FILTER(LANG(?name) = "ja") }} }}"""
    assert [(row["note"].value, row["name"].value) for row in own.query(query)] == [("ours", "浜松市")]
    for suffix in (".ttl", ".nt", ".rdf", ".jsonld"):
        reply = site.get(f"/doc{PATH.removeprefix('/id')}{suffix}")
        format = pyoxigraph.RdfFormat.from_media_type(reply.headers["content-type"])
        assert len({quad.triple for quad in pyoxigraph.parse(reply.body, format=format)}) > 10


# ---- Debian

@pytest.mark.parametrize("syntax, path", [
    ("guess", PATH), ("turtle", f"/doc{PATH.removeprefix('/id')}.ttl"), ("rdfxml", f"/doc{PATH.removeprefix('/id')}.rdf"),
    ("ntriples", f"/doc{PATH.removeprefix('/id')}.nt"),
])  # fmt: skip
def test_rapper_dereferences_and_parses_strictly(site: Server, syntax: str, path: str, description: set[str]) -> None:
    """It sends an Accept of its own, follows 303, and reads what comes."""
    rapper = program("rapper", "raptor2-utils")
    how = ["-g"] if syntax == "guess" else ["-i", syntax]
    found = parse(printed(rapper, "-q", *how, "-o", "ntriples", f"{site.address}{path}"), "ntriples")
    assert description <= set(found)


def test_rapper_reads_the_answer_to_a_query(site: Server) -> None:
    from urllib.parse import quote

    rapper = program("rapper", "raptor2-utils")
    assert len(parse(printed(rapper, "-q", "-g", "-o", "ntriples", f"{site.address}/sparql?query={quote(GRAPH)}"), "ntriples")) == 48


def test_roqet_asks_and_dereferences(site: Server, endpoint: str) -> None:
    roqet = program("roqet", "rasqal-utils")
    rows = list(csv.DictReader(io.StringIO(printed(roqet, "-q", "-p", endpoint, "-e", NAMES, "-r", "csv"))))
    assert [row["name"] for row in rows] == ["浜松市"]
    assert len(printed(roqet, "-q", "-p", endpoint, "-e", SEMINARS, "-r", "csv").split()) == 49
    # Here roqet fetches the document and evaluates by itself.
    rows = list(csv.DictReader(io.StringIO(
        printed(roqet, "-q", "-i", "sparql", "-e", NAMES, "-D", f"{site.address}{PATH}", "-r", "csv"))))
    assert "浜松市" in [row["name"] for row in rows]


def test_r_asks(endpoint: str, tmp_path: Path) -> None:
    rscript = program("Rscript", "r-cran-sparql")
    query = tmp_path / "query.rq"
    query.write_text(f"{NAMES}\n", encoding="utf-8")
    assert "浜松市" in printed("env", "LANG=C.UTF-8", rscript, "--vanilla", CLIENTS / "ask.R", query, endpoint)
    query.write_text(f"{SEMINARS}\n", encoding="utf-8")
    assert printed(rscript, "--vanilla", CLIENTS / "ask.R", query, endpoint).count(f"{BASE}id/seminar/") == 48


# ---- JavaScript

@pytest.fixture(scope="module")
def comunica() -> Callable[..., list[dict[str, str]]]:
    node = program("node", "nodejs")
    command = node_modules() / "@comunica" / "query-sparql" / "bin" / "query.js"

    def asked(query: str, *sources: str) -> list[dict[str, str]]:
        # It asks documents for TriG, so what they state is in named graphs.
        words = [*sources, "-q", query, "-t", "application/sparql-results+json", "--unionDefaultGraph"]
        rows = json.loads(printed(node, command, *words))["results"]["bindings"]
        return [{name: term["value"] for name, term in row.items()} for row in rows]

    return asked


def test_comunica_finds_out_that_this_is_an_endpoint(endpoint: str, comunica: Callable) -> None:
    """Given an address only, it reads the service description first."""
    assert comunica(NAMES, endpoint) == [{"name": "浜松市"}]
    assert len(comunica(SEMINARS, f"sparql@{endpoint}")) == 48


def test_comunica_dereferences_and_joins_with_the_endpoint(site: Server, endpoint: str, comunica: Callable) -> None:
    document = f"{site.address}{PATH}"
    assert comunica(NAMES, document) == [{"name": "浜松市"}]
    both = PREFIXES + f"SELECT DISTINCT ?record WHERE {{ ?record a jichi:ReportedActivity . <{THING}> jichi:takesPartIn ?record }}"
    assert len(comunica(both, document, endpoint)) >= 1


def test_yasgui_on_another_origin(site: Server, endpoint: str, browser, tmp_path: Path) -> None:
    """The answer, the refusal with its words, and what CORS lets a script see."""
    shutil.copy(CLIENTS / "yasgui.html", tmp_path)
    for name in ("yasgui.min.js", "yasgui.min.css"):
        shutil.copy(node_modules() / "@zazuko" / "yasgui" / "build" / name, tmp_path)
    with static(tmp_path) as origin, visiting(browser, f"{origin}/yasgui.html?endpoint={endpoint}") as visit:
        page = visit.page
        page.wait_for_function("window.ask !== undefined")
        page.evaluate("query => window.ask(query)", NAMES)
        page.get_by_text("浜松市").first.wait_for()
        page.evaluate("query => window.ask(query)", "SELECT ?x WHERE { ?x <a:b> ?y . FILTER(nonsense(?x)) }")
        page.locator(".yasr .errorResult, .yasr .alert, .yasr_header").first.wait_for()
        seen = page.evaluate("""async ({endpoint, thing}) => {
          const asked = await fetch(endpoint + "?query=ASK%7B%7D", {headers: {"If-None-Match": '"x"'}});
          const refused = await fetch(endpoint + "?query=nonsense");
          const found = await fetch(thing, {headers: {Accept: "text/turtle"}});
          return [asked.status, asked.headers.get("ETag"), refused.status, (await refused.json()).code,
                  found.status, found.url, found.headers.get("Link") !== null, (await found.text()).includes("浜松市")];
        }""", {"endpoint": endpoint, "thing": f"{site.address}{PATH}"})
    assert seen[0] == 200 and seen[1] and seen[2:5] == [400, "query-syntax", 200]
    assert seen[5] == f"{site.address}/doc{PATH.removeprefix('/id')}" and seen[6:] == [True, True]


# ---- many things

def test_every_kind_of_thing_is_dereferenced_by_rdflib(site: Server, built: Path) -> None:
    """One thing of each kind of path; the five forms of every thing are asked for in tests/test_resources_http.py."""
    from kg.published import DATA, current

    subjects = Store.load(current(built) / DATA).select("SELECT DISTINCT ?s WHERE { ?s ?p ?o FILTER(isIRI(?s)) }")
    kinds: dict[str, str] = {}
    for row in subjects:
        path = row["s"].value.removeprefix(BASE)
        if path.startswith("id/") and "#" not in path:
            kinds.setdefault(path.split("/")[1], path)
    assert len(kinds) > 15
    for path in kinds.values():
        graph = Graph().parse(f"{site.address}/{path}")
        assert (URIRef(f"{BASE}{path}"), None, None) in graph, path
