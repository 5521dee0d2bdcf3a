"""Reference tables: every wrong cell is named, and all local governments of Japan come in under the keys of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from kg import pipeline, reference, tables
from kg.codes import check_digit, is_code6
from kg.errors import KgError, ProjectError
from kg.model import graph_of
from kg.project import Project
from kg.romaji import hepburn, is_kana, kunrei, spelled
from kg.store import Store
from conftest import SHARED, missing

HEADER = "code5,code6,name_ja,name_kana,name_en,name_romaji_gsi,type,designated_city,prefecture_en,qid,lat,lon,geonames_id"
ROWS = (
    "01000,010006,北海道,ほっかいどう,Hokkaido,,prefecture (道),,Hokkaido,Q1037393,43.06,141.35,2130037",
    "01101,011011,甲乙市,こうおつし,Kōotsu,Kootsu Shi,city,,Hokkaido,Q900001,43.1,141.3,1",
    "01998,019984,丙丁村,へいていむら,Heitei,,village,,Hokkaido,Q900002,43.20,141.30,2",
)


def table(project: Project) -> tables.Table:
    return tables.find(project, "jp-local-governments")


def written(tmp_path: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding=encoding)
    return path


def shared_table() -> Path:
    path = SHARED / "authority" / "jp_local_governments.csv"
    if not path.is_file():
        missing("../shared/authority/jp_local_governments.csv")
    return path


def test_a_good_table_has_no_problem(project, tmp_path):
    rows, problems = tables.read(written(tmp_path, *ROWS), table(project))
    assert problems == []
    assert [row["code5"] for row in rows] == ["01000", "01101", "01998"]
    assert "romaji" not in rows[0]


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("01101,011011", "1101,011011", "reference-lost-zero", "code5"),
        ("01101,011011", "01101,11011", "reference-lost-zero", "code6"),
        ("01101,011011", "01101,011010", "reference-check-digit", "code6"),
        ("01101,011011", "01102,011011", "reference-codes-disagree", "code6"),
        ("Q900001", "Q1037393", "reference-repeated", "qid"),
        ("Q900001", "P900001", "reference-cell", "qid"),
        ("甲乙市,こうおつし", "こうおつし,甲乙市", "reference-swapped", "name_ja"),
        ("43.1,141.3,1", "141.3,43.1,1", "reference-swapped", "lat"),
        ("甲乙市", "", "reference-empty", "name_ja"),
        ("こうおつし", "Kootsu-shi", "reference-cell", "name_kana"),
    ],
)
def test_a_wrong_cell_is_named_with_row_and_column(project, tmp_path, old, new, code, column):
    assert old in ROWS[1]
    path = written(tmp_path, ROWS[0], ROWS[1].replace(old, new), ROWS[2])
    _, problems = tables.read(path, table(project))
    assert [(p.code, p.where, p.values["column"]) for p in problems] == [(code, "table.csv:3", column)]
    assert all(p.text(language) for p in problems for language in ("en", "ja"))


def test_a_missing_column_and_a_short_row_are_named(project, tmp_path):
    _, problems = tables.read(written(tmp_path, *ROWS, header=HEADER.replace("name_kana", "kana")), table(project))
    assert [(p.code, p.where, p.values["column"]) for p in problems] == [("reference-column-missing", "table.csv:1", "name_kana")]
    _, problems = tables.read(written(tmp_path, ROWS[0], "01101,011011"), table(project))
    assert [(p.code, p.where) for p in problems] == [("reference-width", "table.csv:3")]


def test_a_byte_order_mark_is_said_and_left_out(project, tmp_path):
    rows, problems = tables.read(written(tmp_path, *ROWS, encoding="utf-8-sig"), table(project))
    assert len(rows) == 3
    assert [(p.code, p.severity) for p in problems] == [("reference-bom", "warning")]


def test_shift_jis_is_recognised(project, tmp_path):
    rows = [row.replace("ō", "o") for row in ROWS]
    _, problems = tables.read(written(tmp_path, *rows, encoding="shift_jis"), table(project))
    assert [(p.code, p.where, p.values) for p in problems] == [
        ("reference-encoding", "table.csv:2", {"column": 3, "encoding": "shift_jis"})
    ]


def test_nothing_is_imported_from_a_wrong_table(project, tmp_path):
    path = written(tmp_path, ROWS[0], ROWS[0])
    folder, rows, problems = reference.import_table(project, path, "jp-local-governments", tmp_path / "out")
    assert folder is None and rows == 2 and {p.code for p in problems} == {"reference-repeated"}
    assert not (tmp_path / "out").exists()


def test_a_table_that_links_otherwise_is_refused(project, tmp_path):
    path = written(tmp_path, ROWS[0].replace("Q1037393", "Q35581"))
    folder, _, problems = reference.import_table(project, path, "jp-local-governments", tmp_path / "out")
    assert folder is None
    assert {p.code for p in problems} == {"reference-link", "link-denied"}


def test_an_unknown_table_is_a_misuse(project, tmp_path):
    with pytest.raises(KgError) as error:
        reference.import_table(project, written(tmp_path, *ROWS), "jp-local-government", tmp_path)
    assert (error.value.code, error.value.exit_code) == ("reference-unknown", 2)
    assert error.value.values["nearest"].startswith("jp-local-governments")


@pytest.mark.parametrize(
    ("old", "new"),
    [('holds = "code5"', 'holds = "code7"'), ('licence = "CC0 1.0"\n', ""), ('query = "reference/', 'query = "elsewhere/')],
)
def test_a_wrong_register_is_refused(copy_of_project, old, new):
    path = copy_of_project.mappings / "reference.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProjectError):
        tables.registered(copy_of_project)


def test_a_small_table_is_in_the_graph_and_conforms(project, sources, tmp_path):
    folder, _, problems = reference.import_table(project, written(tmp_path, *ROWS), "jp-local-governments", tmp_path / "out")
    assert folder and problems == []
    made = pipeline.graphs(sources, pipeline.imported(sources.names, tmp_path / "out"))
    assert pipeline.judge(sources, made).conforms
    rows = Store.load(made.lines, sources.vocabulary.prefixes).select(
        "SELECT ?lat ?wkt ?label ?kana ?item { lg:jp-hokkaido-heitei-mura wgs:lat ?lat ; geo:hasGeometry/geo:asWKT ?wkt ;"
        " rdfs:label ?label ; skos:altLabel ?kana ; skos:exactMatch ?item . FILTER(LANG(?label) = 'en' && LANG(?kana) = 'ja-hrkt') }"
    )
    assert [{name: term.value for name, term in row.items()} for row in rows] == [{
        "lat": "43.2", "wkt": "POINT(141.3 43.2)", "label": "Heitei Village", "kana": "へいていむら",
        "item": "http://www.wikidata.org/entity/Q900002",
    }]  # fmt: skip
    assert {graph_of(line).removeprefix(sources.names.base) for line in pipeline.imported(sources.names, tmp_path / "out")} == {
        "graph/ref/jp-local-governments", "graph/link/wikidata", "graph/link/estat", "graph/link/geonames", "graph/prov",
    }  # fmt: skip


def test_a_file_that_writes_elsewhere_is_refused(sources, tmp_path):
    (tmp_path / "other.nq").write_text("<a:b> <a:c> <a:d> <https://w3id.org/jichi/graph/rec/000-x> .\n")
    with pytest.raises(ProjectError) as error:
        pipeline.imported(sources.names, tmp_path)
    assert error.value.code == "reference-graph"


def test_all_local_governments_come_in_under_the_keys_of_the_project(project, sources):
    rows, problems = tables.read(shared_table(), table(project))
    assert problems == [] and len(rows) == 1794
    things = reference.local_governments(sources, rows)
    by_code = {thing["code5"]: thing for thing in things}
    assert len({thing["key"] for thing in things}) == 1794
    for own in sources.lookups["local-governments"]:
        if "code5" in own:
            thing = by_code[own["code5"]]
            for field in ("key", "name_ja", "name_en", "kana", "kind", "code6"):
                assert thing[field] == own[field], (own["key"], field)
            assert thing.get("prefecture") == own.get("prefecture")
    made = {code: by_code[code]["key"] for code in ("01361", "01514", "01403", "01696", "40609", "13123", "47303", "41424")}
    assert made == {
        "01361": "jp-hokkaido-esashi-cho-01361", "01514": "jp-hokkaido-esashi-cho-01514", "01403": "jp-hokkaido-tomari-mura-01403",
        "01696": "jp-hokkaido-tomari-mura-01696", "40609": "jp-fukuoka-aka-mura",
        "13123": "jp-tokyo-edogawa-ku", "47303": "jp-okinawa-higashi-son", "41424": "jp-saga-kohoku-machi",
    }  # fmt: skip
    assert sum("qid" not in thing for thing in things) <= 6, "villages of the Northern Territories"
    assert all(thing["kana"] for thing in things)


def test_the_keys_are_made_without_the_tables_of_the_project(project, sources):
    """The same keys by the rules alone, from the name of the gazetteer or the reading."""
    rows, _ = tables.read(shared_table(), table(project))
    bare = pipeline.Sources(**{**sources.__dict__, "lookups": {**sources.lookups, "local-governments": []}})
    made = {thing["code5"]: thing["key"] for thing in reference.local_governments(bare, rows)}
    own = {row["code5"]: row["key"] for row in sources.lookups["local-governments"] if "code5" in row}
    assert len(own) >= 81
    assert {code: made[code] for code in own} == own


def test_changes_of_the_table_and_of_the_project_agree(project, sources, tmp_path):
    path = SHARED / "authority" / "municipal_changes.csv"
    if not path.is_file():
        missing("../shared/authority/municipal_changes.csv")
    folder, rows, problems = reference.import_table(project, path, "municipal-changes", tmp_path / "out")
    assert folder and rows == 1800 and problems == []
    graph = f"{sources.names.base}graph/ref/municipal-changes"
    imported = {line.rpartition(" <")[0] for line in pipeline.imported(sources.names, tmp_path / "out") if graph_of(line) == graph}
    own = {line.rpartition(" <")[0] for line in pipeline.graphs(sources).lines if "/id/change/20" in line.split(" ")[0]}
    names = {line for line in own if "formerName" in line and "kr-" not in line}
    assert len(names) == 70
    assert names <= imported


@pytest.mark.parametrize(
    ("code5", "digit"), [("01101", "1"), ("22130", "9"), ("13000", "1"), ("47201", "8"), ("20000", "0"), ("31000", "0")]
)
def test_the_check_digit(code5, digit):
    assert check_digit(code5) == digit
    assert is_code6(code5 + digit)
    assert not any(is_code6(code5 + str(other)) for other in range(10) if str(other) != digit)


@pytest.mark.parametrize(
    ("kana", "long", "short"),
    [
        ("とうきょう", "toukyou", "tokyo"), ("おおさか", "oosaka", "osaka"), ("はっぽう", "happou", "happo"),
        ("ニセコちょう", "nisekochou", "nisekocho"), ("まっちゃ", "matcha", "matcha"), ("きゅうしゅう", "kyuushuu", "kyushu"),
        ("じょうえつ", "jouetsu", "joetsu"), ("しんじゅく", "shinjuku", "shinjuku"),
    ],
)
def test_kana_in_latin_letters(kana, long, short):
    assert spelled(kana) == long
    assert hepburn(kana) == short
    assert is_kana(kana) and not is_kana("浜松") and not is_kana("")


def test_kunrei():
    assert [kunrei(word) for word in ("shizuoka", "fukuchi", "chofu", "jujo", "tsushima")] == [
        "sizuoka", "hukuti", "tyohu", "zyuzyo", "tusima"
    ]  # fmt: skip


# ---- the ministry's list and GeoNames, in their own formats

MINISTRY = (
    '団体コード,"都道府県名\n（漢字）","市区町村名\n（漢字）","都道府県名\n（カナ）","市区町村名\n（カナ）"',
    "420000,長崎県,,ﾅｶﾞｻｷｹﾝ,",
    "422011,長崎県,長崎市,ﾅｶﾞｻｷｹﾝ,ﾅｶﾞｻｷｼ",
    "139998,東京都,丙丁村,ﾄｳｷﾖｳﾄ,ﾍｲﾃｲﾑﾗ",
)


def ministry(tmp_path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "codes.csv"
    path.write_text("\n".join([MINISTRY[0], *rows]) + "\n", encoding=encoding, newline="")
    return path


def test_the_list_of_the_ministry_gives_codes_and_readings_of_what_is_known(project, sources, tmp_path):
    path = ministry(tmp_path, *MINISTRY[1:])
    folder, rows, problems = reference.import_table(project, path, "ministry-codes", tmp_path / "out")
    assert (problems, rows) == ([], 3) and folder
    lines = pipeline.imported(sources.names, tmp_path / "out")
    graph = "<https://w3id.org/jichi/graph/ref/ministry-codes>"
    said = sorted(line for line in lines if graph in line and "/id/lg/" in line)
    assert len(said) == 6 and not any("13999" in line for line in said), "a list gives no keys: an unknown code is left out"
    assert any('jp-nagasaki-nagasaki-shi> <http://www.w3.org/2004/02/skos/core#altLabel> "ながさきし"@ja-hrkt' in line for line in said)
    made = pipeline.graphs(sources, lines)
    assert pipeline.judge(sources, made).conforms


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("422010,長崎県,長崎市,ﾅｶﾞｻｷｹﾝ,ﾅｶﾞｻｷｼ", "reference-check-digit", "団体コード"),
        ("10006,北海道,,ﾎﾂｶｲﾄﾞｳ,", "reference-lost-zero", "団体コード"),
        ("422011,長崎県,佐世保市,ﾅｶﾞｻｷｹﾝ,ｻｾﾎﾞｼ", "reference-name", "市区町村名 （漢字）"),
        ("422011,ﾅｶﾞｻｷｹﾝ,長崎市,長崎県,ﾅｶﾞｻｷｼ", "reference-swapped", "都道府県名\n（漢字）"),
    ],
)
def test_a_wrong_row_of_the_ministry_is_named(project, tmp_path, row, code, column):
    path = ministry(tmp_path, MINISTRY[1], row)
    folder, _, problems = reference.import_table(project, path, "ministry-codes", tmp_path / "out")
    assert folder is None
    # The header takes one row of a spreadsheet, though it has line breaks.
    assert [(p.code, p.where, p.values["column"]) for p in problems if p.severity == "violation"] == [(code, "codes.csv:3", column)]


def test_the_list_of_the_ministry_as_a_spreadsheet_saves_it_is_recognised(project, tmp_path):
    _, problems = tables.read(ministry(tmp_path, *MINISTRY[1:], encoding="shift_jis"), tables.find(project, "ministry-codes"))
    assert [(p.code, p.values["encoding"]) for p in problems] == [("reference-encoding", "shift_jis")]


GEONAMES = (
    "1846265\tJeju-do\tJeju-do\t\t33.41667\t126.5\tA\tADM1\tKR\t\t01\t\t\t\t670989\t\t1\tAsia/Seoul\t2024-03-01",
    '1856177\tNagasaki\tNagasaki\tChang-qi,Nagasaki Shi,"Nangasaki\t32.75\t129.88333\tP\tPPLA\tJP\t\t27\t\t\t\t410204\t\t17\tAsia/Tokyo\t2024-03-01',
    "1861060\tJapan\tJapan\tJapon\t35.68536\t139.75309\tA\tPCLI\tJP\t\t00\t\t\t\t126529100\t\t1\tAsia/Tokyo\t2023-12-11",
    "1\tNowhere\tNowhere\t\t1.5\t2.5\tP\tPPL\tXX\t\t00\t\t\t\t0\t\t1\tUTC\t2023-12-11",
)


def test_geonames_as_it_is_downloaded_gives_the_positions_of_what_is_linked(project, sources, tmp_path):
    path = tmp_path / "JP.txt"
    path.write_text("\n".join(GEONAMES) + "\n", encoding="utf-8")
    folder, rows, problems = reference.import_table(project, path, "geonames", tmp_path / "out")
    assert (problems, rows) == ([], 4) and folder
    lines = pipeline.imported(sources.names, tmp_path / "out")
    positions = sorted(line.split(" <https://w3id.org/jichi/graph")[0] for line in lines if "wgs84_pos" in line)
    thing, wgs = "<https://w3id.org/jichi/id/lg/kr-jeju>", "http://www.w3.org/2003/01/geo/wgs84_pos#"
    number = "^^<http://www.w3.org/2001/XMLSchema#decimal>"
    assert positions == [f'{thing} <{wgs}lat> "33.41667"{number}', f'{thing} <{wgs}long> "126.5"{number}'], "Nagasaki keeps its own"


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [("32.75", "132.75", "reference-cell", "latitude"), ("\tAsia/Tokyo\t2024-03-01", "", "reference-width", None),
     ("1856177\t", "1861060\t", "reference-repeated", "geonameid")],
)  # fmt: skip
def test_a_wrong_row_of_geonames_is_named(project, tmp_path, old, new, code, column):
    path = tmp_path / "JP.txt"
    path.write_text("\n".join([GEONAMES[2], GEONAMES[1].replace(old, new)]) + "\n", encoding="utf-8")
    _, problems = tables.read(path, tables.find(project, "geonames"))
    assert [(p.code, p.where, p.values.get("column")) for p in problems] == [(code, "JP.txt:2", column)]


def test_a_table_for_comparing_is_not_imported(project, tmp_path):
    path = tmp_path / "ties.csv"
    path.write_text("subject,property,object\nQ1,P190,Q2\n")
    with pytest.raises(KgError) as error:
        reference.import_table(project, path, "wikidata-ties", tmp_path / "out")
    assert (error.value.code, error.value.exit_code) == ("reference-not-imported", 2)
