"""Links to other data sets: what a table may say, and that every thing of the documents leads to the right item."""

from __future__ import annotations

import csv
import re

import pytest

from kg import check, link, pipeline
from kg.errors import ProjectError
from kg.project import Project
from kg.store import Store, Term
from kg.vocabulary import Vocabulary
from conftest import ROOT, SHARED, missing
from endpoint_support import running

TABLE = "mappings/links/wikidata.sssom.tsv"


@pytest.fixture(scope="module")
def store(graphs, sources) -> Store:
    return Store.load(graphs.lines, sources.vocabulary.prefixes)


def authority(name: str) -> list[dict[str, str]]:
    path = SHARED / "authority" / name
    if not path.is_file():
        missing(f"../shared/authority/{name}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def edited(project: Project, old: str, new: str) -> None:
    path = project.root / TABLE
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


ROW = "id:country/mn\tモンゴル\tskos:exactMatch\t\twikidata:Q711\tMongolia\tcountry\t"


@pytest.mark.parametrize(
    ("new", "code", "column"),
    [
        (ROW.replace("wikidata:Q711", "wikidata:Q0711"), "link-object", 5),
        (ROW.replace("wikidata:Q711", "wikidata:P711"), "link-object", 5),
        (ROW.replace("wikidata:Q711", "wikidata:Q17"), "link-two-subjects", 5),
        (ROW.replace("id:country/mn", "id:country/kp"), "link-two-objects", 5),
        (ROW.replace("id:country/mn", "id:country/mm"), "link-subject", 1),
        (ROW.replace("skos:exactMatch", "skos:closeMatch"), "link-predicate", 3),
        (ROW.replace("\t\twiki", "\tnot\twiki"), "link-modifier", 4),
    ],
)
def test_a_wrong_row_is_named_with_line_and_column(copy_of_project, new, code, column):
    lines = (ROOT / TABLE).read_text(encoding="utf-8").split("\n")
    number = 1 + next(n for n, line in enumerate(lines) if line.startswith(ROW))
    edited(copy_of_project, ROW, new)
    assert [(p.code, p.where) for p in check.check(copy_of_project)] == [(code, f"{TABLE}:{number}:{column}")]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("\tobject_id\t", "\tobject\t", "link-column"),
        ("#curie_map:", "#curie map", "link-header"),
        (ROW, ROW.replace("wikidata:", "wikidatum:"), "link-curie"),
        (ROW, ROW.replace("\tcountry\t", "\t"), "csv-width"),
    ],
)
def test_what_is_no_table_is_refused(copy_of_project, old, new, code):
    edited(copy_of_project, old, new)
    with pytest.raises(ProjectError) as error:
        pipeline.load(copy_of_project)
    assert error.value.code == code
    assert error.value.where.startswith(TABLE)


def test_a_redirect_is_refused(copy_of_project):
    path = copy_of_project.root / "mappings/links/redirects.csv"
    path.write_text(path.read_text() + "http://www.wikidata.org/entity/Q711,http://www.wikidata.org/entity/Q712,invented\n")
    assert [p.code for p in check.check(copy_of_project)] == ["link-redirect"]


def test_a_link_that_another_row_denies_is_refused(copy_of_project, tmp_path):
    """Osaka's 堺市 is not Fukui's 坂井市, however it is read; the build stops before anything is made."""
    edited(copy_of_project, "id:lg/jp-osaka-sakai-shi\t堺市\tskos:exactMatch\t\twikidata:Q193428\t", "id:lg/jp-osaka-sakai-shi\t堺市\tskos:exactMatch\t\twikidata:Q990342\t")
    assert "link-denied" in {p.code for p in check.check(copy_of_project)}
    with pytest.raises(ProjectError):
        pipeline.build(copy_of_project, tmp_path / "out")


def test_every_japanese_local_government_has_the_item_of_its_code(store):
    rows = store.select("SELECT ?code ?item ?area { ?lg jichi:standardAreaCode ?code . OPTIONAL { ?lg skos:exactMatch ?item }"
                        " OPTIONAL { ?lg rdfs:seeAlso ?area . FILTER(CONTAINS(STR(?area), 'e-stat')) } }")
    items = {row["code5"]: row["qid"] for row in authority("jp_local_governments.csv")}
    assert len(rows) >= 81
    for row in rows:
        code = row["code"].value
        assert row["item"].value == f"http://www.wikidata.org/entity/{items[code]}", code
        assert row["area"].value == f"http://data.e-stat.go.jp/lod/sac/C{code}", code


def test_nothing_is_linked_that_the_authority_has_not_verified(store):
    verified = {row["qid"] for row in authority("seed_links.csv") if row["status"] == "VERIFIED"}
    verified |= {row["qid"] for row in authority("jp_local_governments.csv") if row["type"].startswith("prefecture")}
    rows = store.select("SELECT ?thing ?item { ?thing skos:exactMatch ?item }")
    linked = {row["item"].value.rpartition("/")[2]: row["thing"].value for row in rows}
    assert len(linked) == len(rows) >= 170
    assert {q for q in linked if q not in verified} == {"Q408"}, "Australia: no seed row, but country-coder has it"
    left = {row["surface_name"] for row in authority("seed_links.csv") if row["status"] == "VERIFIED" and row["qid"] not in linked}
    assert left <= {
        "Tokyo Metropolitan Government", "Ministry of Internal Affairs and Communications", "Great East Japan Earthquake",
        "2020 Summer Olympics",
    }  # fmt: skip


def test_each_link_has_its_evidence_and_the_unlinked_have_a_reason(store):
    bare = store.select("SELECT ?thing { GRAPH <https://w3id.org/jichi/graph/link/wikidata> { ?thing skos:exactMatch ?item }"
                        " FILTER NOT EXISTS { ?row owl:annotatedSource ?thing ; owl:annotatedTarget ?item ;"
                        " sssom:mapping_justification ?how ; sssom:confidence ?sure ; prov:wasAttributedTo ?who ; dcterms:date ?day } }")
    assert bare == []
    unlinked = store.select((ROOT / "endpoint/examples/unlinked-things.rq").read_text(encoding="utf-8"))
    reasons = {row["thing"].value.rpartition("/id/")[2]: row.get("reason") for row in unlinked}
    for key in ("lg/us-in-new-castle", "lg/ca-prince-edward-island", "place/sg-singapore", "network/near", "office/paris"):
        assert reasons[key] is not None, key
    assert not any(key.startswith("lg/jp-") for key in reasons)


def test_a_link_into_a_known_trap_is_denied_by_a_row(store):
    rows = store.select("SELECT ?thing ?item { ?row owl:annotatedSource ?thing ; owl:annotatedTarget ?item ; sssom:predicate_modifier 'Not' }")
    denied = {(row["thing"].value.rpartition("/")[2], row["item"].value.rpartition("/")[2]) for row in rows}
    assert {("jp-okayama-ken", "Q200078"), ("jp-hokkaido", "Q35581"), ("id-bali", "Q4648"), ("tz-zanzibar", "Q2222874")} <= denied
    assert len(denied) > 40


def test_arrays_hold_no_empty_cell(sources):
    for path, rows in link.arrays(sources.links, sources.names.base).items():
        assert rows, path
        assert all(value != "" for row in rows for value in row.values()), path


def test_every_link_to_geonames_is_one_that_the_authority_gives_for_the_same_thing(store):
    """By code in Japan; elsewhere by the Wikidata item, or by the name of the seed where the item is not linked."""
    rows = store.select("SELECT ?thing ?page ?code ?item { ?thing rdfs:seeAlso ?page . FILTER(CONTAINS(STR(?page), 'geonames.org'))"
                        " OPTIONAL { ?thing jichi:standardAreaCode ?code } OPTIONAL { ?thing skos:exactMatch ?item } }")
    by_code = {row["code5"]: row["geonames_id"] for row in authority("jp_local_governments.csv")}
    by_item: dict[str, set[str]] = {}
    for name in ("seed_links.csv", "world_places.csv"):
        for row in authority(name):
            by_item.setdefault(row["qid"], set()).add(row["geonames_id"])
    assert len(rows) > 100
    for row in rows:
        id_ = row["page"].value.removeprefix("https://sws.geonames.org/").strip("/")
        if "code" in row:
            assert id_ == by_code[row["code"].value], row["thing"].value
        else:
            assert id_ in by_item[row["item"].value.rpartition("/")[2]], row["thing"].value


def test_every_position_is_the_one_that_its_source_gives_for_the_same_thing(store):
    """By code in Japan (localgovjp), elsewhere by the Wikidata item (Natural Earth); Singapore, which has no item, by its name."""
    rows = store.select("SELECT ?thing ?lat ?long ?wkt ?code ?item WHERE { GRAPH <https://w3id.org/jichi/graph/ref/coordinates> {"
                        " ?thing wgs:lat ?lat ; wgs:long ?long ; geo:hasGeometry/geo:asWKT ?wkt }"
                        " OPTIONAL { ?thing jichi:standardAreaCode ?code } OPTIONAL { ?thing skos:exactMatch ?item } }")
    by_code = {row["code5"]: row for row in authority("jp_local_governments.csv") if "localgovjp" in row["source"]}
    earth = [row for row in authority("world_places.csv") if row["source"].startswith("naturalearth")]
    by_item = {row["qid"]: row for row in earth}
    singapore = next(row for row in earth if (row["name_en"], row["country_iso2"]) == ("Singapore", "SG"))
    assert len(rows) == len({row["thing"].value for row in rows}) > 110
    for row in rows:
        item = row["item"].value.rpartition("/")[2] if "item" in row else ""
        theirs = by_code[row["code"].value] if "code" in row else by_item.get(item, singapore)
        assert item or row["thing"].value.endswith("/place/sg-singapore")
        assert [float(row[name].value) for name in ("lat", "long")] == [float(theirs["lat"]), float(theirs["lon"])], row["thing"].value
        assert row["wkt"].value == f"POINT({row['long'].value} {row['lat'].value})"
    placed = {row["code"].value for row in rows if "code" in row}
    assert placed == {row["code"].value for row in store.select("SELECT DISTINCT ?code { ?lg jichi:standardAreaCode ?code }")}


def test_links_stand_in_a_group_of_their_own_on_a_page(project):
    vocabulary = Vocabulary(project)
    kinds = [cls for cls in vocabulary.fields if cls.endswith(("def#LocalGovernment", "def#Network", "schema.org/Country"))]
    assert len(kinds) == 3
    for kind in kinds:
        for predicate in ("http://www.w3.org/2004/02/skos/core#exactMatch", "http://www.w3.org/2000/01/rdf-schema#seeAlso"):
            group = vocabulary.field(predicate, [kind]).group
            assert group and {group.label.get(language) for language in ("en", "ja")} == {"Links", "リンク"}


def test_the_links_that_a_page_shows_are_those_of_the_data(store, built):
    with running(built / "current", project=ROOT) as server:
        for key in ("lg/jp-osaka-sakai-shi", "lg/jp-hokkaido", "lg/ca-prince-edward-island", "country/kr", "network/near"):
            rows = store.select("SELECT ?thing ?to { ?thing skos:exactMatch|rdfs:seeAlso ?to }", {"thing": Term(f"https://w3id.org/jichi/id/{key}")})
            page = server.get(f"/doc/{key}.html", accept="text/html").text
            shown = re.findall(r'href="(https?://(?:www\.wikidata|data\.e-stat|sws\.geonames)[^"]+)"', page)
            assert set(shown) == {row["to"].value for row in rows}, key
