"""What was published does not vanish: builds are refused, and the server says what became of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rdflib import Dataset, Graph, URIRef

from conftest import ROOT
from endpoint_support import BASE, Server, fixture_lines, running, vocabulary, write_release
from kg import pipeline, published, tombstones
from kg.errors import ProjectError
from kg.names import Names
from kg.project import Project
from kg.store import parse
from kg.tombstones import Tombstone
from test_cli import kg

NAMES = Names(BASE)


def stone(path: str, successor: str = "") -> Tombstone:
    return Tombstone(path, "replaced" if successor else "withdrawn", successor, "2026-12-01", "why", "理由", "tombstones.csv:2")


def line(path: str, to: str = "id/x/other", graph: str = "graph/rec/000-a") -> str:
    return f"<{BASE}{path}> <urn:p> <{BASE}{to}> <{BASE}{graph}> ."


def found(stones: list[Tombstone], lines: list[str], earlier: tuple[str, ...] = (), registered: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    told = tombstones.problems(
        stones, NAMES, lines, dict.fromkeys(earlier, "c0ffee"), {key: f"registry.csv:{n}" for n, key in enumerate(registered, 2)}
    )
    return [(problem.code, problem.values["path"]) for problem in told]


# ---- what a build refuses


def test_what_is_published_or_registered_and_gone_is_missed():
    lines = [line("id/x/here")]
    assert found([], lines, ("id/x/here", "id/x/other", "graph/rec/000-a"), ("x/here",)) == []
    assert found([], lines, ("id/x/gone",)) == [("tombstone-missing", "id/x/gone")]
    assert found([], lines, (), ("x/gone",)) == [("tombstone-missing", "id/x/gone")]
    assert found([stone("id/x/gone")], lines, ("id/x/gone",), ("x/gone",)) == []


def test_a_tombstone_and_the_thing_exclude_each_other():
    assert found([stone("id/x/here")], [line("id/x/here")]) == [("tombstone-alive", "id/x/here")]
    assert found([stone("id/x/here")], [line("id/x/there", to="id/x/here")]) == [("tombstone-alive", "id/x/here")]
    assert found([stone("id/x/here")], [line("id/x/here", graph="graph/ref/tombstones")]) == []


def test_a_successor_leads_somewhere():
    lines = [line("id/x/new")]
    assert found([stone("id/x/a", "id/x/new")], lines) == []
    assert found([stone("id/x/a", "id/x/b"), stone("id/x/b", "id/x/new")], lines) == []
    assert found([stone("id/x/a", "id/x/b"), stone("id/x/b")], lines) == []
    assert found([stone("id/x/a", "id/x/nowhere")], lines) == [("tombstone-lost", "id/x/a")]
    circle = [stone("id/x/a", "id/x/b"), stone("id/x/b", "id/x/a")]
    assert found(circle, lines) == [("tombstone-lost", "id/x/a"), ("tombstone-lost", "id/x/b")]


def test_a_term_is_a_name_of_its_own_and_a_part_is_not():
    lines = [line("def#Town", "vocab/role#chair"), line("id/x/a#part")]
    assert tombstones.mentioned(lines, NAMES) == {"def#Town", "vocab/role#chair", "id/x/a", "id/x/other", "graph/rec/000-a"}
    assert tombstones.mentioned([line("release/2026.11.0")], NAMES) == {"id/x/other", "graph/rec/000-a"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("seminar 1,withdrawn,,2026-12-01,why,理由", "tombstone-path"),
        ("id/x/a,deleted,,2026-12-01,why,理由", "tombstone-state"),
        ("id/x/a,replaced,,2026-12-01,why,理由", "tombstone-successor"),
        ("id/x/a,replaced,id/x/a,2026-12-01,why,理由", "tombstone-successor"),
        ("id/x/a,withdrawn,id/x/b,2026-12-01,why,理由", "tombstone-successor"),
        ("id/x/a,withdrawn,,2026-12,why,理由", "tombstone-day"),
        ("id/x/a,withdrawn,,2026-12-01,why,", "tombstone-reason"),
        ("id/x/a,withdrawn,,2026-12-01,,理由", "tombstone-reason"),
        ("id/x/a,withdrawn,,2026-12-01,why", "csv-width"),
    ],
)
def test_a_wrong_row_is_refused_at_its_line(tmp_path, row, code):
    (tmp_path / "mappings").mkdir()
    table = tmp_path / "mappings" / "tombstones.csv"
    table.write_text(f"{','.join(tombstones.COLUMNS)}\nid/x/z,withdrawn,,2026-12-01,why,理由\n{row}\n", encoding="utf-8")
    with pytest.raises(ProjectError) as refused:
        tombstones.load(Project(tmp_path))
    assert (refused.value.code, refused.value.where) == (code, "mappings/tombstones.csv:3")
    table.write_text(table.read_text().replace(row, "id/x/z,withdrawn,,2026-12-01,why,理由"), encoding="utf-8")
    with pytest.raises(ProjectError, match="tombstone-repeated"):
        tombstones.load(Project(tmp_path))


def test_a_build_is_refused_and_the_old_release_stays(copy_of_project, built, tmp_path):
    """The key is registered, so even a clean clone knows; with the old release everything it named is missed."""
    records = copy_of_project.records("000")
    kept = [row for row in records.read_text(encoding="utf-8").splitlines() if json.loads(row)["key"] != "2017-paris"]
    records.write_text("".join(f"{row}\n" for row in kept), encoding="utf-8")
    with (copy_of_project.mappings / "ledger" / "000.csv").open("a", encoding="utf-8") as ledger:
        ledger.write("38,navigation,\n")
    registered = pipeline.registered(copy_of_project)["seminar/2017-paris"]
    done = kg("build", "--out", str(tmp_path / "clean"), cwd=copy_of_project.root)
    said = f"mappings/registry.csv:{registered}: tombstone-missing: id/seminar/2017-paris was published"
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "clean" / "current").exists()


def test_every_minted_key_is_in_the_graph(graphs, sources):
    """So the registry alone can tell what a clean clone would lose."""
    assert len(pipeline.registered(sources.project)) > 400
    present = tombstones.mentioned(graphs.lines, sources.names)
    assert [key for key in pipeline.registered(sources.project) if f"id/{key}" not in present] == []


def test_the_second_release_says_what_became_of_the_first(releases):
    """Without the rows it is refused (the release before is at hand); with them the graph has the reasons."""
    second = releases[1]
    names = Names("https://w3id.org/jichi/")
    before, after = (tombstones.mentioned(published.lines(folder), names) for folder in releases)
    assert before <= after and len(before) > 1000
    own = f" <{names.graph(*tombstones.GRAPH)}> ."
    stones = Dataset(default_union=True)
    stones.parse(data="".join(f"{row}\n" for row in published.lines(second) if row.endswith(own)), format="nquads")
    old = URIRef(f"{names.base}id/seminar/2017-paris")
    assert {str(value) for value in stones.objects(old)} >= {f"{names.base}id/seminar/2016-paris", "2026-12-01", "Entered twice", "重複のため"}
    assert len(set(stones.subjects())) == 7


# ---- what the server answers


STONES = f"""
@prefix dcterms: <http://purl.org/dc/terms/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @base <{BASE}> .
<graph/ref/tombstones> {{
<id/lg/jp-old-mura> a <def#Tombstone> ; dcterms:date "2026-12-01"^^xsd:date ; dcterms:isReplacedBy <id/lg/jp-asagiri-shi> ;
  rdfs:comment "It is part of Asagiri."@en , "朝霧市の一部のため。"@ja .
<id/lg/jp-error-mura> a <def#Tombstone> ; dcterms:date "2026-12-02"^^xsd:date ;
  rdfs:comment "There was no such <village>."@en , "そのような村はないため。"@ja .
<graph/rec/900-old> a <def#Tombstone> ; dcterms:date "2026-12-02"^^xsd:date ; rdfs:comment "Gone."@en , "なし。"@ja . }}
"""
TYPES = {"ttl": "turtle", "nt": "ntriples", "jsonld": "json-ld", "rdf": "xml", "trig": "trig"}


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Server:
    out = tmp_path_factory.mktemp("stones")
    with running(write_release(out, [*fixture_lines(), *parse(STONES, "trig")], vocabulary())) as started:
        yield started


@pytest.mark.parametrize("path", ["/id/lg/jp-error-mura", "/doc/lg/jp-error-mura", "/graph/rec/900-old"])
def test_d12_what_was_withdrawn_is_gone_in_every_form(server, path):
    for suffix, syntax in TYPES.items():
        accept = {"ttl": "text/turtle", "nt": "application/n-triples", "jsonld": "application/ld+json",
                  "rdf": "application/rdf+xml", "trig": "application/trig"}[suffix]
        reply = server.get(path, accept)
        assert (reply.status, reply.type) == (410, accept)
        thing = URIRef(f"{BASE}{path[1:].replace('doc/', 'id/')}")
        data = Dataset(default_union=True)
        data.parse(data=reply.body, format=syntax)
        assert str(data.value(thing, URIRef("http://purl.org/dc/terms/date"))) == "2026-12-02"
        assert "Accept" in reply.headers["vary"] and "location" not in reply.headers
    assert server.get(path).type == "text/turtle"
    assert server.get(path, "image/png").status == 410


def test_d12_what_was_replaced_leads_on(server):
    for path, target in (
        ("/id/lg/jp-old-mura", "/id/lg/jp-asagiri-shi"), ("/doc/lg/jp-old-mura", "/doc/lg/jp-asagiri-shi"),
        ("/doc/lg/jp-old-mura.ttl", "/doc/lg/jp-asagiri-shi.ttl"), ("/doc/lg/jp-old-mura.html", "/doc/lg/jp-asagiri-shi.html"),
    ):  # fmt: skip
        reply = server.get(path)
        assert (reply.status, reply.headers["location"]) == (301, target)
        assert f'<{BASE}id/lg/jp-asagiri-shi>; rel="successor-version"' in reply.headers["link"]
        assert server.get(target).status in (200, 303)
    graph = Graph().parse(data=server.get("/id/lg/jp-old-mura", "text/turtle").body, format="turtle")
    assert graph.value(URIRef(f"{BASE}id/lg/jp-old-mura"), URIRef("http://purl.org/dc/terms/isReplacedBy")) == URIRef(f"{BASE}id/lg/jp-asagiri-shi")
    head = server.request("HEAD", "/id/lg/jp-old-mura")
    assert (head.status, head.headers["location"], head.body) == (301, "/id/lg/jp-asagiri-shi", b"")


def test_people_are_told_why_in_their_language(server):
    english = server.get("/doc/lg/jp-error-mura", "text/html")
    assert english.status == 410 and "There was no such &lt;village&gt;." in english.text
    assert english.headers["content-language"] == "en"
    japanese = server.get("/doc/lg/jp-error-mura.html?lang=ja")
    assert japanese.status == 410 and "そのような村はないため。" in japanese.text
    replaced = server.get("/doc/lg/jp-old-mura", "text/html", Accept_Language="ja")
    assert replaced.status == 301 and "朝霧市</a>" in replaced.text


def test_what_never_was_is_still_not_found(server):
    assert server.get("/id/lg/jp-nowhere-mura").status == 404
    assert server.get("/doc/lg/jp-error-mura.png").status == 404
    assert server.get("/id/lg/jp-asagiri-shi").status == 303


def test_a_prefix_of_the_site_is_kept(tmp_path):
    lines = [*fixture_lines(), *parse(STONES, "trig")]
    with running(write_release(tmp_path, lines, vocabulary()), prefix="/lod") as below:
        assert below.get("/lod/id/lg/jp-old-mura").headers["location"] == "/lod/id/lg/jp-asagiri-shi"


def test_the_tables_of_the_project_have_the_columns():
    header = (ROOT / "mappings" / "tombstones.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    assert header == ",".join(tombstones.COLUMNS)
    assert tombstones.load(Project(Path(ROOT))) is not None
