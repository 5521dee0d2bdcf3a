"""The facts of the prose: how many each document gives, what a careful reader asks, and what is not made one."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from rdflib import Dataset
from rdflib.plugins.sparql import prepareQuery

from conftest import ROOT
from kg.model import graph_of, triple
from kg.store import Store
from further_questions import FURTHER
from prose_questions import QUESTIONS as PROSE

QUESTIONS = PROSE | FURTHER
EXAMPLES = ROOT / "endpoint" / "examples"
SCHEMA = json.loads((ROOT / "mappings" / "records" / "account.schema.json").read_text(encoding="utf-8"))
TYPED = ("relations", "concepts", "literals", "texts", "links")


@pytest.fixture(scope="module")
def store(graphs, sources) -> Store:
    return Store.load(graphs.lines, sources.vocabulary.prefixes)


@pytest.fixture(scope="module")
def dataset(graphs) -> Dataset:
    data = Dataset(default_union=True)
    data.parse(data="\n".join(graphs.lines), format="nquads")
    return data


@pytest.fixture(scope="module")
def accounts(sources) -> list:
    return [record for record in sources.records if record.type == "account"]


def short(value: str) -> str:
    """The key of a thing of ours, else the value itself."""
    return value.rpartition("/")[2] if "/id/" in value else value


def asked(store: Store, query: str) -> set:
    rows = store.select(query)
    names = list(dict.fromkeys(name for row in rows for name in row))
    order = [name for name in query.split("WHERE", 1)[0].replace("?", " ").split() if name in names]
    found = {tuple(short(row[name].value) if name in row else "" for name in order) for row in rows}
    return {row[0] if len(row) == 1 else row for row in found}


def question(store: Store, name: str) -> list[dict[str, str]]:
    (path,) = EXAMPLES.glob(f"{name}-*.rq")
    return [{k: v.value for k, v in row.items()} for row in store.select(path.read_text(encoding="utf-8"))]


# ---- how much there is


def test_every_document_is_told_in_records_by_hand(accounts):
    assert Counter(record.document for record in accounts) == {"000": 2, "001": 7, "002": 16, "003": 11, "004": 52}
    assert {record.extractor for record in accounts} == {"by-hand@1"}


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("?x a schema:NewsArticle", 10),
        ("?x a schema:NewsArticle ; schema:headline ?title", 7),
        ("?x a jichi:Affiliation", 6),
        ("?x a schema:Person", 3),
        ("?x a jichi:Award", 2),
        ("?x a jichi:Committee ; org:unitOf network:near", 13),
        ("?x a jichi:Committee ; org:unitOf network:near ; jichi:field ?field", 11),
        ("?x a jichi:Committee ; org:unitOf network:oeaed", 4),
        ("?x a cv:ContactPoint", 3),
        ("?x org:organization network:oeaed ; org:role role:member", 10),
        ("?x owl:differentFrom ?y", 2),
    ],
)
def test_counts(store, pattern, number):
    assert store.select(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}")[0]["n"].value == str(number)


def test_every_thing_of_the_prose_has_a_name_in_both_languages(store, accounts):
    named = asked(store, "SELECT ?x ?l WHERE { ?x skos:prefLabel ?n BIND(LANG(?n) AS ?l) }")
    for record in accounts:
        for thing in record.norm.get("things", []):
            if (thing["kind"], thing["slug"]) != ("org", "clair-koryu-shinzen-ka"):
                assert {(thing["slug"], "en"), (thing["slug"], "ja")} <= named, thing


def test_every_relation_that_a_record_may_use_is_a_declared_term(sources):
    terms = set(sources.vocabulary.terms)
    for name in TYPED:
        assert set(SCHEMA["$defs"][name]["properties"]["relation"]["enum"]) <= terms, name
    assert set(SCHEMA["$defs"]["things"]["properties"]["class"]["enum"]) <= terms


def test_every_concept_that_a_record_uses_is_defined(sources, accounts):
    known = {iri for scheme in sources.vocabulary.schemes.values() for iri in scheme.concepts}
    used = {f"{c['scheme']}#{c['concept']}" for record in accounts for c in record.norm.get("concepts", [])}
    assert used and used <= {iri.rpartition("/vocab/")[2] for iri in known}


def test_records_hold_no_sentence(accounts):
    """What is printed stands in them as names, titles, dates, numbers and addresses only."""
    for record in accounts:
        for words in record.verbatim.values():
            for text in words:
                assert "。" not in text and len(text) <= 90, (record.id, text)


# ---- the questions


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_reader_is_answered(store, name):
    query, answer = QUESTIONS[name]
    assert asked(store, query) == answer


@pytest.mark.parametrize("name", QUESTIONS)
def test_both_engines_answer_alike(store, dataset, sources, name):
    query, _ = QUESTIONS[name]
    ours = sorted(sorted((k, v.value) for k, v in row.items()) for row in store.select(query))
    found = dataset.query(prepareQuery(query, initNs=sources.vocabulary.prefixes))
    assert ours == sorted(sorted((str(k), str(v)) for k, v in row.asdict().items() if v is not None) for row in found)


def test_cq34(store):
    (row,) = question(store, "cq34")
    assert (row["nameJa"], row["established"], row["year"]) == ("日仏自治体交流会議", "2008", "2010")
    assert row["frequency"].endswith("/BIENNIAL") and row["every"] == "every other year"
    assert (row["reporterJa"], row["prefectureJa"]) == ("白河市", "福島県")


def test_cq36(store):
    rows = question(store, "cq36")
    assert {(r["stated"], r["listed"], r["agree"], r["first"]) for r in rows} == {("7", "7", "true", "11")}
    assert {r["office"] for r in rows} == {"Seoul", "Paris", "Singapore", "New York", "Beijing", "London", "Sydney"}


def test_cq40(store):
    found: dict[tuple, set] = {}
    for row in question(store, "cq40"):
        pair = frozenset((row["partyJa"], row["otherJa"]))
        kinds, places = found.setdefault((pair, row.get("year")), (set(), set()))
        kinds.add(row["kind"])
        places.add(f"{short(row['source'])}:{row['first']}")
    assert found == {
        (frozenset({"長崎市", "セントポール"}), "1955"): ({"sister-city"}, {"002:9"}),
        (frozenset({"美深町", "アシュクラフト村"}), None): ({"sister-city", "friendship-city"}, {"004:155", "004:158"}),
        (frozenset({"美深町", "添田町"}), None): ({"domestic-sister"}, {"004:158"}),
        (frozenset({"佐賀市", "連雲港市"}), None): ({"friendship-city"}, {"004:136"}),
        (frozenset({"市川市", "ガーデナ市"}), None): ({"sister-or-friendship"}, {"004:185"}),
        (frozenset({"市川市", "メダン市"}), None): ({"sister-or-friendship"}, {"004:185"}),
    }


def test_cq43(store):
    assert [(r["year"], short(r["thing"]), f"{short(r['source'])}:{r['line']}") for r in question(store, "cq43")] == [
        ("1955", "jp-nagasaki-nagasaki-shi--us-mn-saint-paul", "002:9"), ("1988", "clair", "002:11"),
        ("1997", "itop-forum-1", "004:145"), ("1998", "newcastle-summit", "004:68"),
        ("1999", "trilateral-conference", "001:30"), ("2004", "unesco-creative-cities", "003:11"),
        ("2008", "japan-france-conference", "001:32"),
    ]  # fmt: skip


def test_cq51(store):
    assert {row["field"] for row in question(store, "cq51")} == {
        "経済・通商", "教育・文化交流", "環境", "防災", "国境地区協力", "科学技術", "観光", "海洋・漁業", "女性・児童",
        "エネルギー・気候変動", "鉱物資源開発・調整",
    }  # fmt: skip


def test_cq57(store):
    rows = question(store, "cq57")
    roles = Counter(row["role"] for row in rows if "role" in row)
    assert roles == {"member": 8, "observer": 4}
    assert {r["nameJa"] for r in rows if r.get("role") == "observer"} == {
        "プーケット", "セブ市", "カンポンチャム州", "プリンスエドワードアイランド州",
    }  # fmt: skip
    assert [(r["placeJa"], r["start"], r["theme"]) for r in rows if "role" not in r] == [
        ("三亜市", "2010-11-02", "低炭素経済と島嶼観光"),
    ]  # fmt: skip


# ---- what is one, what is not, and what is not said


def statements(graphs, path: str) -> dict[str, set[str]]:
    """Triples about a thing by the first word of the graph that holds them."""
    found: dict[str, set[str]] = {}
    for line in graphs.lines:
        if f"/id/{path}>" in line.split(" ", 1)[0]:
            found.setdefault(graph_of(line).split("/graph/")[1].split("/")[0], set()).add(triple(line))
    return found


def test_one_division_in_two_languages_is_one_node_by_decision(graphs):
    found = statements(graphs, "org/clair-international-exchange-division")
    assert any('"International Exchange Division"@en' in line for line in found["rec"])
    assert not any("交流親善課" in line for line in found["rec"])
    assert any("#name>" in line or "/name> \"交流支援部交流親善課\"" in line for line in found["curation"])
    assert not statements(graphs, "org/clair-koryu-shinzen-ka")
    assert any("clair-koryu-shinzen-ka" in line for line in graphs.withdrawn)


def test_what_no_document_says_to_be_one_is_held_apart_with_a_reason(store):
    rows = store.select(
        "SELECT ?one ?other ?reason WHERE { GRAPH ?graph { ?one owl:differentFrom ?other }"
        " ?graph prov:wasGeneratedBy ?run . ?run dcterms:description ?what ; rdfs:comment ?reason ."
        ' FILTER(STRSTARTS(?what, "not-same-as") && LANG(?reason) = "en") }'
    )
    assert {(short(r["one"].value), short(r["other"].value)) for r in rows} == {
        ("international-exchange-commendation", "sister-municipality-exchange-commendation-4"),
        ("jim-brooks-trip-to-japan", "2012-new-york"),
    }
    assert all("no document" in row["reason"].value for row in rows)


def test_the_city_and_the_prefecture_of_nagasaki_are_two(store):
    assert asked(store, 'SELECT ?x WHERE { ?x schema:name "Nagasaki"@en }') == {"jp-nagasaki-nagasaki-shi"}


def test_opinions_and_trends_name_who_states_them_and_assert_nothing(graphs, store):
    rows = asked(store, "SELECT ?s ?by WHERE { ?s jichi:statementKind ?k ; jichi:statedBy ?by FILTER(?k IN (statement-kind:opinion, statement-kind:trend)) }")
    assert {by for statement, by in rows if statement.startswith("002-")} == {"002"}
    assert len({statement for statement, _ in rows if statement.startswith("002-")}) == 6


def test_no_edition_is_minted_that_no_line_names(store):
    assert asked(store, "SELECT ?e WHERE { ?e schema:superEvent programme:trilateral-conference }") == set()
    assert asked(store, "SELECT ?e WHERE { ?e schema:superEvent programme:japan-france-conference }") == {
        "japan-france-conference-1", "japan-france-conference-2",
    }  # fmt: skip


def test_the_last_day_of_the_14th_forum_is_in_no_graph(graphs):
    about = {line for lines in statements(graphs, "event/itop-forum-14").values() for line in lines}
    assert about and not any("endDate" in line for line in about)
    assert any("end-date-ambiguous" in line for line in about)


def test_every_statement_node_of_the_prose_names_a_passage_within_its_record(sources, accounts):
    for record in accounts:
        places = {record.id, *(f"{record.id}-{name}" for name in record.passages)}
        for name in ("things", "figures", "counts", "memberships"):
            assert {item["evidence"] for item in record.norm.get(name, [])} <= places, record.id
        for place in record.passages.values():
            assert record.place.lines[0] <= place.lines[0] <= place.lines[1] <= record.place.lines[1]
