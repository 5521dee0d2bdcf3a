"""What a page names and no table has: what `kg add` and `kg check` say of it, and what it takes to make it known."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from kg import adding, citing, ledger, pipeline, proposals, reading, reference, suspects, versions
from kg.check import check
from kg.extract import load_lookups, load_register
from kg.model import Document, Place, Record
from kg.project import Project
from kg.store import Store
from test_reference import HEADER, ROWS

DAY = "2026-11-30"
EXCHANGE = """①会議形式の交流
情報提供自治体名 石川県/{reporter}
実施年度 令和5年度{years}
事業名(活動名称) 町工場の灯{name}
団体名 小松市
交流の相手方 {with_}
現在の取組内容及び成果 {prose}
詳細情報
このページに関するお問い合せ先
"""
SEMINARS = """Outline of the 2023 Seminar Series

Overseas Office Schedule Hosting Japanese Local Government Topic
{row}
London 17-21 January Kobe City Trams for Everyone
For Enquiries
"""


def read(project: Project, text: str, layout: str, prose: str | None = "mentions") -> reading.Reading:
    """A page as it is read, without what `kg add` says beside."""
    document = Document("005", "A page", None, layout=layout, language="ja", sha256="0" * 64, lines=99, file="page.txt", prose=prose)
    return reading.read_text(project, document, text)


def exchange(with_: str = "大韓民国 済州特別自治道", prose: str = "灯をともす。", reporter: str = "小松市", **more: str) -> str:
    """A page with one record of an exchange."""
    return EXCHANGE.format(with_=with_, prose=prose, reporter=reporter, **{"years": "", "name": ""} | more)


def proposed(project: Project, page: str) -> list[tuple[str, tuple[str, ...]]]:
    return proposals.lines(read(project, page, "exchange-records").problems, load_lookups(project), "jp")


def add(project: Project, name: str, text: str, layout: str, **options) -> adding.Addition:
    said = {key: options.pop(key) for key in ("mentions",) if key in options}
    return adding.prepare(project, name, text.encode(), adding.Wanted(layout, **said), DAY, **options)


def records(addition: adding.Addition, id_: str | None = None) -> list[dict]:
    wanted = f"{id_ or addition.document.id}.jsonl"
    return [json.loads(line) for path, data in addition.files.items() if path.name == wanted for line in data.decode().splitlines()]


def said(addition: adding.Addition, code: str) -> list[str]:
    return [problem.text() for problem in addition.problems if problem.code == code]


def put(project: Project, table: str, row: str) -> None:
    with project.lookup(table).open("a", encoding="utf-8") as file:
        file.write(f"{row}\n")


# ---- governments and countries


ABROAD = {
    "ドイツ バイエルン州": ("de-?", "first-level"), "大韓民国 江原特別自治道": ("kr-?", "first-level"),
    "中国 北京市": ("cn-?", "first-level"), "中国 雲南省": ("cn-?", "first-level"), "フランス リヨン市": ("fr-?-?", "municipality"),
    "イタリア共和国ボルツァーノ県": ("it-?-?", "intermediate"), "タイ王国チェンマイ県": ("th-?", "first-level"),
    "中国 延辺朝鮮族自治州": ("cn-?-?", "intermediate"), "アメリカ合衆国カリフォルニア州エンシニタス市": ("us-?-?", "municipality"),
}  # fmt: skip


def test_the_kind_of_a_government_abroad_is_that_of_its_country(project):
    rows = proposed(project, exchange("、".join(ABROAD)))
    assert [(table, cells[0], cells[5]) for table, cells in rows] == [("local-governments", *row) for row in ABROAD.values()]


def test_a_japanese_government_is_proposed_in_the_prefecture_printed_before_it(project):
    ((_, cells),) = proposed(project, exchange(reporter="野々市市"))
    assert cells[0] == "jp-ishikawa-?-shi" and cells[5:8] == ("city", "jp", "jp-ishikawa-ken")


@pytest.mark.parametrize(
    ("printed", "countries"),
    [
        ("ドイツ ツヴァイブリュッケン市・フランス リヨン市", ["de", "fr"]), ("ドイツ ツヴァイブリュッケン市、フランスリヨン市", ["de", "fr"]),
        # The country of a government that is known needs no saying.
        ("大韓民国 釜山広域市・大韓民国 江陵市", []),
    ],
)  # fmt: skip
def test_a_country_before_a_city_that_no_table_has_is_kept(project, printed, countries):
    (record, *_) = read(project, exchange(printed), "exchange-records").records
    assert [country["slug"] for country in record.norm["countries"]] == countries


LEIRIA = "pt-10-leiria,レイリア市,Leiria,,,municipality,pt,,,,,,005:6"


def test_rows_may_be_filled_in_before_the_page_is_added(copy_of_project):
    project = copy_of_project
    put(project, "local-governments", LEIRIA)
    before = list(citing.problems(project, load_register(project)))
    where = "mappings/lookups/local-governments.csv:139"
    assert [(problem.code, problem.where) for problem in before] == [("lookup-source-document", where), ("lookup-country-missing", where)]
    text = before[1].text()
    assert "pt,PT,ポルトガル,Portugal,,,country-coder common" in text and "kg add" in text
    addition = add(project, "exchange.txt", exchange("ポルトガル共和国レイリア市"), "exchange-records")
    assert not addition.refused() and addition.taken == (("countries", "pt"),)
    assert {key.key for key in addition.keys} > {"lg/pt-10-leiria", "country/pt"}
    adding.write(addition)
    assert check(project) == []
    sources = pipeline.load(project)
    assert ("005", "local-governments") in {(row["token"], row["graph"]) for row in citing.documents(sources.lookups, sources.documents, sources.names)}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (LEIRIA.replace("pt-10-leiria", "pt-?").replace("pt,,", "au,,").replace("005:6", "common"), "lookup-cell-open"),
        (LEIRIA.replace("pt,,", "au,,").replace("005:6", ""), "lookup-source-missing"),
        (LEIRIA.replace("pt,,", "au,,").replace("005:6", "004:9999"), "lookup-source-line"),
        (LEIRIA.replace("pt,,", "au,,").replace("005:6", "comon"), "lookup-source-unknown"),
        (LEIRIA.replace("pt,,", "au,,").replace("005:6", "ror"), "lookup-source-graph"),
    ],
)
def test_a_row_that_is_not_finished_or_cites_nothing_is_named(copy_of_project, row, code):
    put(copy_of_project, "local-governments", row)
    found = list(citing.problems(copy_of_project, load_register(copy_of_project)))
    assert [problem.code for problem in found] == [code] and found[0].text("ja")


def test_a_key_that_is_not_registered_names_the_way_out(copy_of_project):
    put(copy_of_project, "local-governments", LEIRIA.replace("pt,,", "au,,").replace("005:6", "004:67"))
    (problem,) = [problem for problem in check(copy_of_project) if problem.code == "registry-missing"]
    assert "kg add" in problem.text() and "lg/pt-10-leiria,CLASS,DAY" in problem.text() and "kg add" in problem.text("ja")


def test_a_city_in_a_state_that_no_table_has_lacks_the_row_of_the_state(copy_of_project):
    page = exchange("アメリカ合衆国マサチューセッツ州ケンブリッジ市")
    assert [cells[0] for _, cells in proposed(copy_of_project, page)] == ["us-?", "us-?-?"]
    put(copy_of_project, "local-governments", "us-ma-cambridge,ケンブリッジ市,Cambridge,,,municipality,us,,,,,,005:6")
    assert [cells[:2] for _, cells in proposed(copy_of_project, page)] == [("us-?", "マサチューセッツ州")], "the city is not asked for again"
    put(copy_of_project, "local-governments", "us-massachusetts,マサチューセッツ州,Massachusetts,,,first-level,us,,,,,,005:6")
    assert proposed(copy_of_project, page) == []


def test_a_ward_that_calls_itself_a_city_gets_an_alias(project):
    ward = {**dict.fromkeys(proposals.COLUMNS, ""), "key": "jp-tokyo-lamp-ku", "name_ja": "灯区", "name_en": "Lamp Ward", "kind": "special-ward", "country": "jp"}
    problems = read(project, SEMINARS.format(row="Seoul 6-9 June Lamp City Lanterns"), "seminar-tables").problems
    rows = proposals.lines(problems, load_lookups(project), "jp", [ward])
    assert rows == [("local-governments", tuple(ward.values())), ("aliases", ("Lamp City", "en", "jp", "", "lg", "jp-tokyo-lamp-ku", "005:4"))]


def test_what_an_activity_may_concern_and_who_keeps_a_network_is_told_with_the_way_out(copy_of_project):
    project = copy_of_project
    page = exchange("世界冬の都市市長会(事務局:気仙広域連合)").replace("町工場の灯", "北東アジア地域自治体連合(NEAR)環境分科委員会")
    told = {problem.code: problem.text() for problem in read(project, page, "exchange-records").problems}
    assert "network,near,Network,network:near:北東アジア地域自治体連合,,,,005:4" in told["activity-of-known"]
    assert "org/kesen-regional-union" in told["role-of-body"] and "network/world-winter-cities" in told["role-of-body"]
    # A name of the table of activities is known where it stands as a party, too; its name in English is a person's.
    put(project, "activities", "町工場の灯,,komatsu-lamps,network,lamp-net,Network,network:lamp-net:町工場の灯,,,,005:4")
    addition = add(project, "exchange.txt", exchange().replace("団体名 小松市", "団体名 町工場の灯、小松市"), "exchange-records")
    (record,) = [r for r in records(addition) if r["type"] == "activity"]
    assert record["norm"]["organisers"] == [{"kind": "network", "slug": "lamp-net"}, {"kind": "lg", "slug": "jp-ishikawa-komatsu-shi"}]
    (text,) = said(addition, "thing-unnamed")
    assert "mappings/curation/005.toml" in text and record["id"] in text and 'slug = "lamp-net", ja = "町工場の灯", en = "?"' in text


def test_reporters_that_are_not_all_named_keep_nothing_back(project):
    found = read(project, exchange(reporter="小松市ほか"), "exchange-records")
    assert found.records[0].norm["reporters"] == [{"slug": "jp-ishikawa-komatsu-shi"}]
    assert [p.values["text"] for p in found.problems if p.code == "text-unread"] == ["ほか"]
    assert [p for p in found.problems if p.severity == "violation"] == []


# ---- a page once more


def test_a_page_is_read_again_when_its_layout_was_mended(copy_of_project):
    """... and what a person wrote of a line of it stays; a page that says most of what it says is suspected of being its version."""
    project = copy_of_project
    page = "3以上の自治体間における交流(令和版)\n灯の話題\n灯の一覧\n" + exchange()
    page = page.replace("このページ", exchange().split("\n", 1)[1].replace("灯", "船").replace("このページ", "このページ", 1), 1)
    addition = add(project, "exchange.txt", page, "exchange-records")
    assert addition.document.title == "3以上の自治体間における交流(令和版)" and addition.unaccounted == {2, 3}
    adding.write(addition)
    refused = [problem.where for problem in ledger.problems(pipeline.account(pipeline.load(project)))]
    assert refused == ["005:2", "005:3"], "the figure told is the figure refused"
    with (project.mappings / "ledger" / "005.csv").open("a", encoding="utf-8") as file:
        file.write("3,navigation,\n")
    with (project.mappings / "layouts" / "exchange-records.toml").open("a", encoding="utf-8") as file:
        file.write("\n[[ignore]]\nreason = 'navigation'\npattern = '灯の話題'\n")
    again = add(project, "exchange.txt", page, "exchange-records")
    assert {path.name for path in again.files} == {"005.csv"} and again.unaccounted == frozenset()
    adding.write(again)
    assert ledger.problems(pipeline.account(pipeline.load(project))) == []
    other = add(project, "later.txt", page.replace("灯の話題\n", ""), "exchange-records")
    (text,) = said(other, "version-suspected")
    assert other.refused() and "--replaces 005" in text and "--id 006" in text


def test_what_cites_lines_of_the_version_before_is_told(project):
    record = Record("000", "0" * 64, "contact", "contact", "by-hand@1", Place((118, 119), (0, 1)), {}, {"names": ["A lamp office"], "fax": ["00-11"]}, {})
    by_hand, rows = versions.kept(project, load_register(project)["000"], "For Enquiries\nA  lamp office\nFax: 00-11\n", [record])
    assert "lines 118-119" in by_hand.text() and "lines 2-3" in by_hand.text()
    assert "aliases.csv:3" in rows.text()


# ---- hosts in other words


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        ("Fukui Pref.", "jp-fukui-ken"), ("Fukui Prefectural Government", "jp-fukui-ken"), ("Tokyo Metropolitan Government", "jp-tokyo-to"),
        ("Kobe City Hall", "jp-hyogo-kobe-shi"), ("City of Kobe", "jp-hyogo-kobe-shi"), ("Niseko Town Office", "jp-hokkaido-niseko-cho"),
        ("Kōbe City", "jp-hyogo-kobe-shi"), ("Kobe City Government", "jp-hyogo-kobe-shi"), ("Hokkaido Prefecture", "jp-hokkaido"),
    ],
)  # fmt: skip
def test_a_host_in_other_words_is_the_same(project, printed, key):
    row = f"Seoul 6-9 June {printed} Lanterns of the Quay"
    (record, *_) = read(project, SEMINARS.format(row=row), "seminar-tables").records
    assert [host["lg"] for host in record.norm["hosts"]] == [key] and record.norm["themes"] == ["Lanterns of the Quay"]
    assert record.verbatim["hosts"] == [printed]


@pytest.mark.parametrize(
    ("printed", "hosts", "code"),
    [
        ("Sakaide City (Kagawa Prefecture)", {"jp-kagawa-sakaide-shi": "Sakaide City"}, "host-placed"),
        ("Sakaide City (Kagawa Pref.) and Kobe City (Hyogo)", {"jp-kagawa-sakaide-shi": "Sakaide City", "jp-hyogo-kobe-shi": "Kobe City"}, "host-placed"),
        ("Sakaide City, Kagawa Prefecture", {"jp-kagawa-sakaide-shi": "Sakaide City"}, "host-placed"),
        ("Sakaide City, Tottori Prefecture", {"jp-kagawa-sakaide-shi": "Sakaide City", "jp-tottori-ken": "Tottori Prefecture"}, None),
        ("Kagawa Prefecture & Sakaide City", {"jp-kagawa-ken": "Kagawa Prefecture", "jp-kagawa-sakaide-shi": "Sakaide City"}, None),
        ("Sakaide City (Toyama)", {}, "host-elsewhere"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("cells", [" {} ", "\t{}\t"])
def test_where_a_host_lies_is_no_theme_and_no_other_host(project, printed, hosts, code, cells):
    row = f"Seoul\t6-9 June{cells.format(printed)}Lanterns of the Quay"
    found = read(project, SEMINARS.format(row=row), "seminar-tables")
    norm = found.records[0].norm
    assert ({host["lg"]: host["name"] for host in norm["hosts"]}, norm["themes"]) == (hosts, ["Lanterns of the Quay"])
    told = {problem.code for problem in found.problems if problem.where == "005:4"}
    assert told == ({code} if code else set()) and found.writable == (code != "host-elsewhere")


def test_a_host_abroad_is_told_with_its_own_words(copy_of_project):
    project, page = copy_of_project, SEMINARS.format(row="Seoul 6-9 June (online) Gangwon Province and Tottori Prefecture Lanterns of the Quay")
    (text,) = said(add(project, "page.txt", page, "seminar-tables"), "host-unread")
    assert "If Gangwon Province is a host" in text and "(online)" not in text
    cells = page.replace("June (online) Gang", "June\tGang").replace("Prefecture Lan", "Prefecture\tLan")
    ((_, row),) = proposals.lines(read(project, cells, "seminar-tables").problems, load_lookups(project), "jp")
    assert (row[0], row[2], row[6]) == ("?-?", "Gangwon Province", "?"), "nothing says that it is in Japan"
    put(project, "local-governments", "kr-gangwon,江原特別自治道,Gangwon Province,,,first-level,kr,,,,,,005:4")
    (record, *_) = read(project, page, "seminar-tables").records
    assert [host["lg"] for host in record.norm["hosts"]] == ["kr-gangwon", "jp-tottori-ken"]


def test_a_host_that_cannot_be_told_names_table_and_row(copy_of_project):
    project, page = copy_of_project, SEMINARS.format(row="Seoul 6-9 June Komatsu Lanterns of the Quay")
    addition = add(project, "page.txt", page, "seminar-tables")
    (text,) = said(addition, "host-unread")
    assert addition.refused() and "Komatsu City" in text and "Komatsu,en,jp,,lg,KEY,005:4 in mappings/lookups/aliases.csv" in text
    assert [p.code for p in addition.problems if p.where == "005:4"] == ["host-unread"], "a line is told once"
    put(project, "aliases", "Komatsu,en,jp,,lg,jp-ishikawa-komatsu-shi,005:4")
    (record, *_) = read(project, page, "seminar-tables").records
    assert [host["lg"] for host in record.norm["hosts"]] == ["jp-ishikawa-komatsu-shi"]


def test_the_cell_of_the_hosts_is_read_whatever_it_says(project):
    page = SEMINARS.format(row="Seoul\t6-9 June\tKomatu, Kobe City\tLanterns")
    found = read(project, page, "seminar-tables")
    assert [p.values["name"] for p in found.problems if p.code == "name-unresolved"] == ["Komatu"]
    assert found.records[0].verbatim["hosts"] == ["Komatu", "Kobe City"] and found.records[0].norm["themes"] == ["Lanterns"]


# ---- remarks


@pytest.mark.parametrize(
    ("row", "start", "status", "theme"),
    [
        ("Seoul 6-9 June Komatsu City (online) Lanterns", "2023-06-06", ["online"], "Lanterns"),
        ("Seoul 6-9 June Komatsu City\n(held online)\nLanterns", "2023-06-06", ["online"], "Lanterns"),
        ("Seoul Cancelled Komatsu City Lanterns", None, ["cancelled"], "Lanterns"),
        ("Seoul 6-9 June (cancelled due to the pandemic) Komatsu City Lanterns", "2023-06-06", ["cancelled"], "Lanterns"),
        ("Seoul 6-9 June Komatsu City Lanterns\nPostponed", "2023-06-06", ["postponed"], "Lanterns"),
        ("Seoul 6-9 June Komatsu City Lanterns (Postponed to 2024)", "2023-06-06", ["postponed"], "Lanterns"),
        ("Seoul Postponed to 2024 Komatsu City Lanterns", None, ["postponed"], "Lanterns"),
        ("Seoul To be decided Komatsu City Lanterns", None, ["undecided"], "Lanterns"),
        ("Seoul 6-9 June (hybrid) Komatsu City Lanterns", "2023-06-06", ["hybrid"], "Lanterns"),
        ("Seoul 6-9 June Komatsu City Online Markets for Cancelled Tours", "2023-06-06", None, "Online Markets for Cancelled Tours"),
    ],
)
def test_a_remark_is_no_theme_and_nothing_cancelled_is_held(project, row, start, status, theme):
    found = read(project, SEMINARS.format(row=row), "seminar-tables")
    norm = found.records[0].norm
    assert (norm.get("start"), norm.get("status"), norm["themes"]) == (start, status, [theme])
    assert len([p for p in found.problems if p.code == "remark-read"]) == len(status or [])
    cited = {line for place in found.records[0].passages.values() for line in range(place.lines[0], place.lines[1] + 1)}
    assert cited >= set(range(4, 5 + row.count("\n"))), "each line of the row is cited"


@pytest.mark.parametrize(
    ("row", "status"), [("Seoul Cancelled", "cancelled"), ("Seoul\tNot held", "cancelled"), ("Seoul TBC TBC TBC", "undecided"), ("Seoul\tTBC\tTBC\tTBC", "undecided")]
)  # fmt: skip
def test_a_seminar_that_is_not_held_needs_no_host(project, row, status):
    found = read(project, SEMINARS.format(row=f"Paris 1-3 May Kobe City Trams\n{row}"), "seminar-tables")
    assert [(r.norm.get("status"), len(r.norm["hosts"]), r.norm["themes"]) for r in found.records][:2] == [(None, 1, ["Trams"]), ([status], 0, [])]


NOT_HELD = """Seoul Cancelled Komatsu City Lanterns
Paris Not held
Sydney 6-9 June Kobe City Waves
Sydney 3-5 July Kobe City Trams"""


def test_what_was_cancelled_is_published_as_cancelled(copy_of_project):
    project = copy_of_project
    adding.write(add(project, "seminars.txt", SEMINARS.format(row=NOT_HELD), "seminar-tables"))
    adding.write(add(project, "exchange.txt", exchange(years="(中止)", name="(オンライン開催)"), "exchange-records"))
    (planned, *_) = read(project, exchange(years="(予定)"), "exchange-records").records
    assert planned.norm["status"] == ["planned"] and planned.norm["fiscalYears"] == ["2023"]
    assert check(project) == []
    sources = pipeline.load(project)
    made = pipeline.graphs(sources)
    assert [p.text() for p in pipeline.problems(sources, made, pipeline.judge(sources, made)) if p.severity == "violation"] == []
    store = Store.load(made.lines, sources.vocabulary.prefixes)
    rows = store.select("SELECT ?t ?s { ?t jichi:status ?s FILTER(?s IN (stat:cancelled, stat:online)) }")
    found = {(row["t"].value.rpartition("/")[2][:10], row["s"].value.rpartition("#")[2]) for row in rows}
    assert found == {("2023-seoul", "cancelled"), ("2023-paris", "cancelled"), ("jp-ishikaw", "cancelled"), ("jp-ishikaw", "online")}
    part = "SELECT ?g { ?g jichi:takesPartIn seminar:2023-seoul }"
    assert not list(store.select(part)), "nobody takes part in what is not held"
    names = "SELECT ?n { ?s jichi:invitedBy office:sydney ; jichi:fiscalYear fy:2023 ; skos:prefLabel ?n } ORDER BY ?n"
    called = [row["n"].value for row in store.select(names)]
    assert len(set(called)) == 4 and called[0] == "Exchange and Cooperation Seminar, Sydney, FY2023 (2023-06-06)"
    (activity,) = [r for r in made.records["records/activity.json"] if r["doc"] == "006"]
    assert activity["name"] == "町工場の灯" and activity["fiscalYears"] == ["2023"]


def test_how_often_an_activity_takes_place_is_not_lost_in_silence(project):
    found = read(project, exchange(name="\n(隔年開催)"), "exchange-records")
    (text,) = [problem.text() for problem in found.problems if problem.code == "rhythm-unread"]
    assert "(隔年開催)" in text


# ---- mentions


NEWS = (
    "Lamps on the Quay\nOfficials from Kootsu City and Östersund met the JLGC, the Welsh Lamp Association and Kyoto on Monday. "
    "Lamps of Sweden were lit in Manchester […]\n"
)


def test_names_that_no_table_has_are_told_and_not_chosen(project):
    addition = add(project, "news.txt", NEWS, "news-list")
    names = [problem.values["name"] for problem in addition.problems if problem.code == "name-unknown"]
    assert names == ["Kootsu City", "Östersund", "Welsh Lamp Association", "Manchester"]
    (record,) = records(addition)
    assert [f"{m['kind']}/{m['slug']}" for m in record["norm"]["mentions"]] == ["office/london", "country/se"]
    assert said(addition, "mention-ambiguous") == ["005:2: mention-ambiguous: Kyoto may mean lg/jp-kyoto-fu, lg/jp-kyoto-kyoto-shi; the mention is reported, not chosen"]
    prose = "福山市とツヴァイブリュッケン市の三都市、各市、両県で灯をともす。"
    page = exchange(prose=prose)
    tables = {problem.values["name"]: problem.values["table"] for problem in addition.problems if problem.code == "name-unknown"}
    assert tables["Kootsu City"] == "local-governments" and tables["Welsh Lamp Association"] == "organisations"
    assert "places" in tables["Manchester"], "a place, a body, or neither"
    told = suspects.unknown_names(page, read(project, page, "exchange-records").records, {}, [])
    assert [problem.values["name"] for problem in told] == ["福山市", "ツヴァイブリュッケン市"]


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """An imported table of Japanese local governments; Kootsu City is one of them."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "table.csv").write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")
    return folder


def test_the_row_of_a_name_that_a_reference_has_in_part_is_offered(copy_of_project, table):
    """A whole name in another order is enough to take the row over."""
    reference.import_table(copy_of_project, table / "table.csv", "jp-local-governments", table)
    page = NEWS.replace("Kootsu City", "Kootsu").replace("Östersund", "the Village of Heitei")
    addition = add(copy_of_project, "news.txt", page, "news-list", reference=table)
    (row,) = [cells for name, cells in addition.proposals if name == "local-governments"]
    assert row[0] == "jp-hokkaido-kootsu-shi" and "?" not in row
    assert ("local-governments", "jp-hokkaido-heitei-mura") in addition.taken


@pytest.mark.parametrize("first", ["news", "seminars"])
def test_mentions_do_not_depend_on_the_order_of_adding(copy_of_project, table, first):
    project = copy_of_project
    reference.import_table(project, table / "table.csv", "jp-local-governments", table)
    pages = project.root / "pages"
    pages.mkdir()
    (pages / "news.txt").write_text(NEWS, encoding="utf-8")
    page = SEMINARS.format(row="Seoul 6-9 June Kootsu City Lanterns")
    if first == "news":
        adding.write(add(project, "news.txt", NEWS, "news-list"))
        addition = add(project, "seminars.txt", page, "seminar-tables", reference=table, folders=[pages])
        assert [fact.id for fact in addition.facts if fact.id.startswith("005-")] == ["005-lamps-on-the-quay"]
        assert "{" not in str([fact.words for fact in addition.facts]), "no program's words in a preview"
        assert not said(addition, "mentions-elsewhere")
        (record,) = records(addition, "005")
    else:
        adding.write(add(project, "seminars.txt", page, "seminar-tables", reference=table))
        addition = add(project, "news.txt", NEWS, "news-list")
        (record,) = records(addition)
    assert {m["slug"] for m in record["norm"]["mentions"]} == {"jp-hokkaido-kootsu-shi", "london", "se"}


@pytest.mark.parametrize(("mentions", "reason", "code"), [(None, "not-taken-apart", "line-not-taken-apart"), (False, "", "line-unaccounted")])
def test_an_introduction_is_called_what_it_is(project, mentions, reason, code):
    page = "The Local Government Exchange and Cooperation Seminar is held in 3 towns.\n" + SEMINARS.format(row="Seoul 6-9 June Komatsu City Lanterns")
    addition = add(project, "page.txt", page, "seminar-tables", mentions=mentions)
    rows = next(data for path, data in addition.files.items() if path.name == "005.csv").decode().splitlines()
    assert {row["line"]: row["reason"] for row in csv.DictReader(rows)}.get("1", "") == reason
    assert [p.code for p in addition.problems if p.where == "005:1"] == [code]


def test_an_activity_is_called_by_the_reporter_printed_first(project):
    addition = add(project, "exchange.txt", exchange().replace("石川県/小松市", "富山県、青森県"), "exchange-records")
    assert [key.en for key in addition.keys if key.class_ == "ReportedActivity"] == ["Activity reported by Toyama Prefecture and one other (町工場の灯)"]
