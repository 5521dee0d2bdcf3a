"""The linker: each rule and each veto, the rows that come out, a service that others wrote, and services that fail."""

from __future__ import annotations

import json
import urllib.parse
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import linking as benchmark
from kg import link, pipeline
from kg.cli import commands, main
from kg.errors import KgError, MisuseError
from kg.linking import proposing, rules, service, tables
from kg.linking.offered import Item, Subject, TableSource
from kg.linking.rules import ACCEPT, NONE, REVIEW
from kg.store import Store
from kg.tables import recognised, registered
from conftest import ROOT, SHARED, missing
from linking_support import ITEMS, WIKIDATA, datasette, told


@pytest.fixture(scope="module")
def reader(project):
    return tables.reader(project)


CITY, TOWN, PREFECTURE, PLACE = (frozenset({kind}) for kind in ("place/city", "place/town", "first-level", "place"))
NAGASAKI = (
    Item("Q1", ("Nagasaki", "長崎市", "ながさきし"), "jp", frozenset({"jp-42", "長崎県"}), CITY, ((32.75, 129.88),), frozenset({"42201"})),
    Item("Q2", ("Nagasaki Prefecture", "長崎県"), "jp", frozenset(), PREFECTURE, ((32.74, 129.87),), frozenset({"42000"})),
)
FUCHU = (
    Item("Q3", ("府中市", "Fuchū"), "jp", frozenset({"jp-13", "東京都"}), CITY, ((35.67, 139.48),)),
    Item("Q4", ("府中市", "Fuchū"), "jp", frozenset({"jp-34", "広島県"}), CITY, ((34.57, 133.24),)),
)
SAKAI = (Item("Q5", ("堺市", "さかいし"), "jp", frozenset(), CITY), Item("Q6", ("坂井市", "さかいし"), "jp", frozenset(), CITY))
PORTLAND = (
    Item("Q7", ("Portland",), "us", frozenset({"us-or"}), PLACE, ((45.52, -122.68),)),
    Item("Q8", ("Portland",), "us", frozenset({"us-me"}), PLACE, ((43.66, -70.26),)),
)
PORTO = (Item("Q9", ("Porto",), "pt", frozenset(), PREFECTURE, ((41.15, -8.6),)), Item("Q10", ("Porto",), "pt", frozenset(), PLACE, ((41.15, -8.61),)))
OLD = Item("Q11", ("湖北町", "こほくちょう"), "jp", frozenset(), TOWN, ended="2010-01-01")
PLOVDIV = Item("Q12", ("Plovdiv",), "bg", frozenset(), PLACE, ((42.15, 24.75),))
HERE = {"長崎": (32.75, 129.88), "Portland": (45.5, -122.6), "Porto": (41.15, -8.61), "Plovdiv": (42.14, 24.75)}


def subject(name: str, country: str = "jp", *names: str, **facts) -> Subject:
    return Subject("x", name, (name, *names), country, **facts)


@pytest.mark.parametrize(
    ("thing", "items", "full", "outcome", "rule", "item"),
    [
        (subject("長崎市"), NAGASAKI, True, ACCEPT, "name-in-full-register", "Q1"),
        (subject("長崎市"), NAGASAKI, False, REVIEW, "nothing-but-the-name", "Q1"),
        (subject("Nagasaki"), NAGASAKI, True, REVIEW, "several-of-the-name", None),
        (subject("Nagasaki-ken"), NAGASAKI, True, ACCEPT, "name-in-full-register", "Q2"),
        (subject("Nagasaki", kinds=CITY), NAGASAKI, True, ACCEPT, "name-in-full-register", "Q1"),
        (subject("長崎市", codes=frozenset({"42201"})), NAGASAKI, False, ACCEPT, "code-and-name", "Q1"),
        (subject("長崎市", codes=frozenset({"42000"})), NAGASAKI, True, NONE, "ruled-out", None),
        (subject("ナガサキシ", point=HERE["長崎"]), NAGASAKI, False, ACCEPT, "name-and-place", "Q1"),
        (subject("府中市"), FUCHU, True, REVIEW, "several-of-the-name", None),
        (subject("府中市", areas=frozenset({"広島県"})), FUCHU, True, ACCEPT, "name-and-area", "Q4"),
        (subject("府中市", areas=frozenset({"jp-27"})), FUCHU, True, NONE, "ruled-out", None),
        (subject("府中市", denied=frozenset({"Q3"}), areas=frozenset({"jp-13"})), FUCHU, True, NONE, "ruled-out", None),
        (subject("堺市", "jp", "Sakai City"), SAKAI, True, ACCEPT, "name-in-full-register", "Q5"),
        (subject("Sakai City"), SAKAI, True, REVIEW, "several-of-the-name", None),
        (subject("湖北町", on="2019-02-01"), (OLD,), True, NONE, "ruled-out", None),
        (subject("湖北町", on="2005-01-01"), (OLD,), True, ACCEPT, "name-in-full-register", "Q11"),
        (subject("Portland", "us"), PORTLAND, False, REVIEW, "several-of-the-name", None),
        (subject("Portland", "us", point=HERE["Portland"]), PORTLAND, False, ACCEPT, "name-and-place", "Q7"),
        (subject("Portland", "us", point=(21.3, -157.8)), PORTLAND, False, NONE, "ruled-out", None),
        (subject("Portland", "gb", point=HERE["Portland"]), PORTLAND, False, NONE, "ruled-out", None),
        (subject("Porto", "pt", point=HERE["Porto"]), PORTO, False, REVIEW, "several-of-the-name", None),
        (subject("Porto", "pt", point=HERE["Porto"], likely=PLACE), PORTO, False, ACCEPT, "name-and-place", "Q10"),
        (subject("Porto", "pt", point=HERE["Porto"], likely=PLACE), PORTO[:1], False, REVIEW, "nothing-but-the-name", "Q9"),
        (subject("Plowdiw", "bg", point=HERE["Plovdiv"]), (PLOVDIV,), False, ACCEPT, "alike-at-the-place", "Q12"),
        (subject("Plowdiw", "bg"), (PLOVDIV,), False, REVIEW, "only-alike", "Q12"),
        (subject("Plovdiv", "bg", point=HERE["Plovdiv"]), (replace(PLOVDIV, doubt="positions"),), False, REVIEW, "doubted", "Q12"),
        (subject("Brno", "cz"), (PLOVDIV,), False, NONE, "no-candidate", None),
    ],
)  # fmt: skip
def test_a_rule_decides(reader, thing, items, full, outcome, rule, item):
    decision = rules.decide(thing, items, full, reader)
    assert (decision.outcome, decision.rule) == (outcome, rule)
    if item:
        assert [e.item.id for e in decision.candidates] == [item]
    if outcome == REVIEW and not item:
        assert len(decision.candidates) > 1, "a person is shown every rival"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("龍ケ崎市", "竜ヶ崎市"), ("茅が崎市", "茅ヶ崎市"), ("髙崎市", "高崎市"), ("檮原町", "梼原町"), ("ﾐﾄｼ", "みとし"),
        ("Ōtsu", "Ohtsu"), ("Ōtsu-shi", "Ootu-si"), ("Kitakyūshū", "Kitakyusyu"), ("Shichigahama-machi", "七ヶ浜町 しちがはままち"),
        ("東浅井郡湖北町", "湖北町"), ("Hukusima-ken", "Fukushima Prefecture"),
    ],
)  # fmt: skip
def test_two_ways_to_write_a_name_of_japan_have_a_reading_in_common(reader, one, other):
    keys = [{(k.writing, k.stem) for name in names.split() if "Prefecture" not in names for k in reader.keys(name, "jp")}
            or {(k.writing, k.stem) for k in reader.keys(names, "jp")} for names in (one, other)]  # fmt: skip
    assert keys[0] & keys[1]


@pytest.mark.parametrize(("one", "other"), [("Saint Paul", "St. Paul"), ("Xi’an", "Xian"), ("Busan Metropolitan City", "Busan"),
                                            ("City of Vancouver", "Vancouver"), ("釜山広域市", "釜山"), ("Montréal", "Montreal")])  # fmt: skip
def test_two_ways_to_write_a_name_abroad_have_a_reading_in_common(reader, one, other):
    assert {k.stem for k in reader.keys(one, "kr")} & {k.stem for k in reader.keys(other, "kr")}


# ---- tables


def test_a_table_is_recognised_by_its_columns(project, tmp_path):
    offering = {name: table for name, table in registered(project).items() if table.links}
    path = tmp_path / "mine.csv"
    path.write_text("qid,name_en,name_local,name_ja,type,country_iso2,admin1,admin1_iso,lat,lon,source\n")
    assert recognised(path, offering).name == "world-places"
    path.write_text("qid,name\n")
    with pytest.raises(MisuseError) as error:
        recognised(path, offering)
    assert error.value.code == "reference-unrecognised" and error.value.exit_code == 2


def test_what_sources_say_differently_is_in_doubt(project):
    table = registered(project)["world-places"]
    row = {"qid": "Q1", "english": "San Antonio", "country": "US", "lat": "29.4", "long": "-98.5", "type": "populated place", "origin": "a"}
    there = {**row, "country": "PH", "lat": "14.9", "long": "120.2", "origin": "b"}
    assert {i.doubt for i in tables.items(table, [row, there], "qid")} == {"countries"}
    by_country = {i.country: i.doubt for i in tables.items(table, [row, {**row, "origin": "c"}, there], "qid")}
    assert by_country == {"us": "", "ph": "countries"}
    assert [i.doubt for i in tables.items(table, [row, {**row, "lat": "31.0"}], "qid")] == ["positions"]


# ---- what comes out


@pytest.fixture(scope="module")
def unlinked(graphs, sources) -> Store:
    """The data without its links to Wikidata: everything is to be linked anew."""
    own = f"<{sources.names.graph('link', 'wikidata')}>"
    return Store.load({line for line in graphs.lines if own not in line}, sources.vocabulary.prefixes, sources.names.base)


def run(unlinked, sources, reader, *offered, keep=()):
    authority = sources.links.authorities["wikidata"]
    wanted, taken = proposing.subjects(unlinked, sources.links, authority)
    nothing = {row.subject: row for row in sources.links.rows if row.empty and row.authority == "wikidata"}
    return proposing.propose(wanted, taken | set(keep), offered, reader, nothing)


def small(reader, *items) -> TableSource:
    return TableSource("small", "wikidata", "https://example.org/table", reader, list(items), frozenset({"jp"}))


def written(made, sources, project) -> dict[str, str]:
    header = proposing.prefixes_of(project.root / "mappings/links/wikidata.sssom.tsv", "")
    return proposing.tables(made, sources.links, sources.names.base, "2026-11-21", header)


def test_every_row_names_its_rule_or_nobody_and_only_the_first_can_be_a_link(unlinked, sources, reader, project):
    made = run(unlinked, sources, reader, small(reader, *NAGASAKI, *FUCHU, *PORTLAND))
    texts = written(made, sources, project)
    rows = {outcome: link.read(text, f"{outcome}.tsv", "wikidata") for outcome, text in texts.items()}
    assert {row.cells["author_id"].rpartition("/")[2] for row in rows[ACCEPT]} == {"kg-link-code-and-name"}
    assert rows[ACCEPT] and rows[NONE]
    keys = {row.subject.rpartition("/id/")[2] for found in rows.values() for row in found}
    assert list(link.problems(replace(sources.links, rows=tuple(rows[ACCEPT])), sources.names.base, keys)) == []
    for outcome in (REVIEW, NONE):
        codes = {p.code for p in link.problems(replace(sources.links, rows=tuple(rows[outcome])), sources.names.base, keys)}
        assert "link-missing" in codes or not rows[outcome], "without an author a row is refused"
    for row in rows[ACCEPT]:
        assert row.cells["mapping_justification"].startswith("https://w3id.org/semapv/vocab/")
        assert 0 < float(row.cells["confidence"]) < 1


def test_an_accepted_row_may_be_appended_to_the_table_of_the_project(unlinked, sources, reader, copy_of_project):
    made = run(unlinked, sources, reader, small(reader, NAGASAKI[0]))
    path = copy_of_project.root / "mappings/links/wikidata.sssom.tsv"
    own = [line for line in path.read_text(encoding="utf-8").split("\n") if not line.startswith("id:lg/jp-nagasaki-nagasaki-shi\t")]
    row = next(line for line in written(made, sources, copy_of_project)[ACCEPT].split("\n") if "jp-nagasaki-nagasaki-shi" in line)
    prefixes = [line for line in written(made, sources, copy_of_project)[ACCEPT].split("\n") if line.startswith("#  source")]
    at = own.index("#curie_map:") + 1
    path.write_text("\n".join([*own[:at], *prefixes, *own[at:]]).rstrip("\n") + f"\n{row}\n", encoding="utf-8")
    again = pipeline.load(copy_of_project)
    assert list(link.problems(again.links, again.names.base, pipeline.registered(copy_of_project))) == []
    assert any(r.object == f"{WIKIDATA}Q1" for r in again.links.rows)


def test_an_item_is_accepted_once_and_never_against_a_person(unlinked, sources, reader):
    made = run(unlinked, sources, reader, small(reader, *NAGASAKI), keep={"Q1"})
    assert {d.rule for d in made.of(REVIEW)} >= {"item-of-another-thing"}
    assert [d.candidates[0].item.id for d in made.of(ACCEPT)] == ["Q2"]
    nothing = next(row for row in sources.links.rows if row.empty and row.subject.endswith("ca-prince-edward-island"))
    island = Item("Q99", ("Prince Edward Island",), "ca", frozenset(), PREFECTURE, ((46.3, -63.1),))
    made = proposing.propose([subject("Prince Edward Island", "ca", kinds=PREFECTURE, point=(46.3, -63.1))], set(),
                             [small(reader, island)], reader, {"x": nothing})  # fmt: skip
    assert [d.rule for d in made.decisions] == ["a-person-found-none"]


def shared(name: str) -> Path:
    path = SHARED / "authority" / name
    if not path.is_file():
        missing(f"../shared/authority/{name}")
    return path


@pytest.fixture(scope="module")
def offered(project):
    shared("world_places.csv")
    return benchmark.offer(project, SHARED / "authority")


def test_the_linker_finds_again_what_people_have_linked(unlinked, sources, reader, offered):
    """Everything that the tables offer and the project links by hand: no other item is accepted for any of it."""
    made = run(unlinked, sources, reader, *offered.sources)
    own = {row.subject: row.object.rpartition("/")[2] for row in sources.links.rows if row.accepted and row.authority == "wikidata"}
    accepted = {d.subject.id: d.candidates[0].item.id for d in made.of(ACCEPT)}
    assert {thing: item for thing, item in accepted.items() if own.get(thing) != item} == {}
    japanese = [thing for thing in own if "/lg/jp-" in thing]
    assert len(japanese) >= 81 and set(japanese) <= set(accepted)


def test_hard_names_are_never_linked_wrongly(offered):
    by_code = {code: item.id for item in offered.items.values() for code in item.codes if len(code) == 5}
    cases = benchmark.hard(benchmark.HARD, by_code)
    judged = [(case, offered.decide(case)) for case in cases]
    assert len(cases) >= 200
    assert list(benchmark.disagreements(judged, offered.items)) == []
    assert sum(d.outcome == ACCEPT for _, d in judged) > 0.9 * sum(bool(case.right) for case in cases)


def test_sister_cities_are_linked_as_their_sources_assert(offered):
    rows = list(benchmark.pairs(shared("sister_cities.csv"), offered.items))
    judged = [(case, offered.decide(case)) for pair in rows for case in pair]
    accepted = [(case, d) for case, d in judged if d.outcome == ACCEPT]
    right = sum(d.candidates[0].item.id == case.right for case, d in accepted)
    assert len(rows) > 1000 and right / len(accepted) >= 0.998 and right / len(judged) >= 0.95


# ---- a service


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with datasette(tmp_path_factory.mktemp("datasette")) as address:
        yield address


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(service, "PAUSE", 0)
    monkeypatch.setitem(service._TRIES, "backoff_factor", 0)


WANTED = (
    subject("府中市", areas=frozenset({"jp-34"}), kinds=CITY), subject("Portland", "us", point=(45.5, -122.6)),
    subject("湖北町", on="2019-02-01"), subject("長崎市", codes=frozenset({"42201", "422011"})), subject("どこにもない町"),
)  # fmt: skip
WANTED = tuple(replace(s, id=f"thing-{n}") for n, s in enumerate(WANTED))


def connected(project, address, tmp_path) -> service.ServiceSource:
    return service.connect(project, address, {WIKIDATA: "wikidata"}, tmp_path / "answers.jsonl")


def test_a_service_of_others_and_a_table_stand_behind_one_door(project, running, reader, tmp_path, quick):
    source = connected(project, running, tmp_path)
    assert source.authority == "wikidata" and source.extends
    made = proposing.propose(WANTED, set(), [source], reader, {})
    found = {d.subject.label: (d.outcome, d.candidates[0].item.id if d.candidates else None) for d in made.decisions}
    assert found == {
        "府中市": (ACCEPT, "Q686775"), "Portland": (ACCEPT, "Q6106"), "湖北町": (NONE, None), "長崎市": (ACCEPT, "Q38234"),
        "どこにもない町": (NONE, None),
    }  # fmt: skip
    assert made.unanswered == [] and {made.offered_by["Q6106"]} == {running}


def test_without_a_profile_a_service_only_makes_suggestions(project, running, reader, tmp_path, quick):
    source = connected(project, running, tmp_path)
    source.profile = service.Profile()
    made = proposing.propose(WANTED[:2], set(), [source], reader, {})
    assert {d.outcome for d in made.decisions} == {REVIEW}


def manifest(**more) -> bytes:
    return json.dumps({"versions": ["0.2"], "name": "told", "identifierSpace": WIKIDATA, "schemaSpace": "x:", **more}).encode()


def result(body: str) -> bytes:
    queries = json.loads(urllib.parse.parse_qs(body)["queries"][0])
    return json.dumps({key: {"result": [{"id": "Q1", "name": q["query"], "score": 90, "match": True}]} for key, q in queries.items()}).encode()


def test_a_service_that_is_busy_is_asked_again(project, reader, tmp_path, quick):
    def answer(method, body, number):
        if method == "GET":
            return 200, {}, manifest()
        return (503, {"Retry-After": "0"}, b"") if number < 4 else (200, {}, result(body))

    with told(answer) as (address, received):
        source = connected(project, address, tmp_path)
        assert [items[0].id for _, items in source.offers(WANTED[:1]) if items] == ["Q1"]
    assert len(received) == 4


@pytest.mark.parametrize("failure", [None, (500, {}, b""), (200, {}, b"no json"), (200, {}, b"[]"), (404, {}, b"{}")])
def test_a_service_that_dies_loses_nothing(project, reader, tmp_path, quick, monkeypatch, failure):
    """After one answer it fails; what it answered is kept, and the next run asks for the rest only."""
    monkeypatch.setattr(service, "BATCH", 2)
    asked: list[str] = []
    dead = True

    def answer(method, body, number):
        if method == "GET":
            return 200, {}, manifest(batchSize=2)
        if dead and len(asked) >= 1:
            return failure
        asked.append(body)
        return 200, {}, result(body)

    with told(answer) as (address, _):
        made = proposing.propose(WANTED, set(), [connected(project, address, tmp_path)], reader, {})
        assert [s.id for s in made.unanswered] == ["thing-2", "thing-3", "thing-4"]
        assert [d.subject.id for d in made.decisions] == ["thing-0", "thing-1"]
        dead = False
        with (tmp_path / "answers.jsonl").open("a") as file:
            file.write('{"service": "cut off')
        again = connected(project, address, tmp_path)
        made = proposing.propose(WANTED, set(), [again], reader, {})
        assert made.unanswered == [] and len(made.decisions) == 5
    assert sum("%E5%BA%9C%E4%B8%AD" in body for body in asked) == 1, "府中市 was asked for once"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((200, {}, b'{"versions": ["1.0-draft"]}'), "link-service-version"),
        ((200, {}, manifest().replace(WIKIDATA.encode(), b"https://example.org/")), "link-service-space"),
        ((200, {}, b"<html>"), "link-service"),
        ((302, {"Location": "/elsewhere"}, b""), "link-service"),
    ],
)
def test_what_is_no_service_is_named(project, tmp_path, quick, answer, code):
    with told(lambda method, body, number: answer) as (address, _), pytest.raises(KgError) as error:
        connected(project, address, tmp_path)
    assert error.value.code == code
    assert all(error.value.text(language) for language in ("en", "ja"))


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.org/", "http://me:secret@example.org/", "wikidata"])
def test_only_an_address_of_the_web_is_asked(project, tmp_path, address):
    with pytest.raises(MisuseError):
        connected(project, address, tmp_path)


def test_an_answer_without_end_is_cut_off(project, tmp_path, quick, monkeypatch):
    monkeypatch.setattr(service, "LIMIT", 1000)
    with told(lambda method, body, number: (200, {}, b" " * 5000)) as (address, _), pytest.raises(KgError) as error:
        connected(project, address, tmp_path)
    assert error.value.code == "source-too-large"


# ---- the command


def test_the_command_writes_three_tables(built, running, tmp_path, quick, monkeypatch):
    monkeypatch.chdir(ROOT)
    to = tmp_path / "proposed"
    done = CliRunner().invoke(commands("en"), ["link", "--service", running, "--out", str(built), "--to", str(to), "--json"], standalone_mode=False)
    assert done.exception is None, done.output
    (summary,) = json.loads(done.output)
    assert summary["authority"] == "wikidata" and summary["unanswered"] == [] and summary["none"] > 0
    assert sorted(p.name for p in to.iterdir()) == [f"wikidata.{o}.sssom.tsv" for o in (ACCEPT, NONE, REVIEW)]


def test_the_command_wants_something_to_link_against(built, capsys):
    with pytest.raises(SystemExit) as left:
        main(["link", "--out", str(built)])
    assert left.value.code == 2 and "link-nothing-offered" in capsys.readouterr().err


def test_the_items_of_the_test_service_are_as_its_columns():
    assert len({row[0] for row in ITEMS}) == len(ITEMS)
