"""Who a name or a code stands for: kanji, kana, romaji, old names, codes, and the day that is meant."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from endpoint import create_app
from endpoint.release import OpenRelease
from endpoint.workers import Evaluators, Limits, Load
from kg import reference, resolve, tables
from kg.cli import commands
from kg.codes import readings
from kg.forms import forms, kanji, latin
from kg.published import current
from kg.store import Store
from conftest import ROOT, SHARED, missing
from endpoint_support import write_release


@pytest.fixture(scope="module")
def own(graphs, sources) -> resolve.Index:
    """The release without any table."""
    return resolve.index(Store.load(graphs.lines, sources.vocabulary.prefixes))


@pytest.fixture(scope="module")
def all_japan(graphs, sources) -> resolve.Index:
    """The release with every local government of Japan and the changes of 2003 to 2019."""
    lines, keys = set(graphs.lines), {}
    for file, name in (("jp_local_governments.csv", "jp-local-governments"), ("municipal_changes.csv", "municipal-changes")):
        path = SHARED / "authority" / file
        if not path.is_file():
            missing(f"../shared/authority/{file}")
        table = tables.find(sources.project, name)
        rows, _ = tables.read(path, table)
        lines |= reference.quads(sources, table, rows, keys)
        if table.shape == "local-governments":
            keys = {thing["code5"]: thing["key"] for thing in reference.local_governments(sources, rows)}
    return resolve.index(Store.load(lines, sources.vocabulary.prefixes))


def asked(index: resolve.Index, text: str, on: str | None = None, country: str | None = None) -> list[tuple[str, str]]:
    return [(c.government.key, c.state) for c in resolve.resolve(index, text, on, country)]


def one(index: resolve.Index, text: str, on: str | None = None, country: str | None = None) -> str | None:
    found = resolve.chosen(resolve.resolve(index, text, on, country))
    return found.government.key if found else None


@pytest.mark.parametrize(
    "text",
    [
        "浜松市", "浜松", "濱松市", "はままつし", "はままつ", "ハママツシ", "ﾊﾏﾏﾂｼ", "Hamamatsu", "hamamatsu-shi", "Hamamatu", "HAMAMATSU CITY",
        "Hamamatsushi", "Hamamatsu City", "静岡県浜松市", "浜松市（静岡県）", "Hamamatsu, Shizuoka", "22130", "221309", "２２１３０９", "22202",
        "222020", "Q185125",
    ],
)  # fmt: skip
def test_one_town_by_every_form_of_its_name_and_code(own, text):
    assert one(own, text) == "jp-shizuoka-hamamatsu-shi"


@pytest.mark.parametrize(
    ("text", "on", "key"),
    [
        ("江北町", "2019-02-01", "jp-saga-kohoku-machi"),
        ("Kohoku Town", "2019-02-01", "jp-saga-kohoku-machi"),
        ("湖北町", "2019-02-01", None),
        ("湖北町", "2009-02-01", "jp-shiga-nagahama-shi"),
        ("東浅井郡湖北町", None, None),
        ("こほくちょう", "2009-12-31", "jp-shiga-nagahama-shi"),
        ("こほくちょう", "2010-01-01", None),
        ("伊達市", "2005-12-31", "jp-hokkaido-date-shi"),
        ("伊達市", "2006-01-01", None),
        ("伊達市（北海道）", None, "jp-hokkaido-date-shi"),
        ("福島県伊達市", None, "jp-fukushima-date-shi"),
        ("Date, Hokkaido", None, "jp-hokkaido-date-shi"),
        ("府中町", None, "jp-hiroshima-fuchu-cho"),
        ("那珂川市", "2018-10-01", "jp-fukuoka-nakagawa-shi"),
        ("那珂川市", "2018-09-30", None),
        ("那珂川町", "2018-10-01", "jp-tochigi-nakagawa-machi"),
        ("龍ケ崎市", None, "jp-ibaraki-ryugasaki-shi"),
        ("竜が崎市", None, "jp-ibaraki-ryugasaki-shi"),
        ("Ōtsu", None, "jp-shiga-otsu-shi"),
        ("Ohtsu-shi", None, "jp-shiga-otsu-shi"),
        ("Gumma-ken", None, "jp-gunma-ken"),
        ("Semboku", None, "jp-akita-senboku-shi"),
        ("Simane", None, "jp-shimane-ken"),
        ("東京", None, "jp-tokyo-to"),
        ("Fuchū-chō", None, "jp-hiroshima-fuchu-cho"),
    ],
)  # fmt: skip
def test_the_hard_names(all_japan, text, on, key):
    assert one(all_japan, text, on) == key


@pytest.mark.parametrize(
    ("text", "on", "expected"),
    [
        ("府中市", None, {"jp-hiroshima-fuchu-shi", "jp-tokyo-fuchu-shi"}),
        ("Fuchu City", None, {"jp-hiroshima-fuchu-shi", "jp-tokyo-fuchu-shi"}),
        ("伊達市", None, {"jp-fukushima-date-shi", "jp-hokkaido-date-shi"}),
        ("那珂川", None, {"jp-fukuoka-nakagawa-shi", "jp-tochigi-nakagawa-machi"}),
        ("那珂川町", "2010-01-01", {"jp-fukuoka-nakagawa-shi", "jp-tochigi-nakagawa-machi"}),
        ("Kohoku Town", "2009-02-01", {"jp-saga-kohoku-machi", "jp-shiga-nagahama-shi"}),
        ("東海市", None, {"jp-aichi-tokai-shi", "kr-42-donghae"}),
        ("さかいし", None, {"jp-osaka-sakai-shi", "jp-fukui-sakai-shi"}),
    ],
)
def test_a_name_of_several_gives_all_of_them(all_japan, text, on, expected):
    found = resolve.resolve(all_japan, text, on)
    assert {c.government.key for c in found if c.state in (resolve.EXISTS, resolve.TODAY)} == expected
    assert resolve.chosen(found) is None
    assert len({(c.government.name_ja, c.prefecture_ja, c.government.country, c.former) for c in found}) == len(found)


def test_the_country_decides(all_japan):
    assert one(all_japan, "東海市", country="JP") == "jp-aichi-tokai-shi"
    assert one(all_japan, "東海市", country="kr") == "kr-42-donghae"


def test_a_lost_zero_is_put_back_and_said(own):
    for text in ("1100", "11002"):
        [candidate] = resolve.resolve(own, text)
        assert candidate.government.key == "jp-hokkaido-sapporo-shi"
        assert candidate.notes[0][0] == "resolve-lost-zero"
        assert resolve.chosen([candidate]) == candidate


def test_a_wrong_check_digit_is_said_and_decides_nothing(own):
    [candidate] = resolve.resolve(own, "221308")
    assert candidate.government.key == "jp-shizuoka-hamamatsu-shi"
    assert dict(candidate.notes)["resolve-check-digit"] == (("found", "221308"), ("expected", "221309"))
    assert resolve.chosen([candidate]) is None


def test_the_hard_check_digit():
    assert readings("011011") == [("01101", "")]
    assert readings("011010") == [("01101", "resolve-check-digit")]
    assert readings("11011") == [("11011", ""), ("01101", "resolve-lost-zero")]
    assert readings("48000") == [] and readings("abc") == [] and readings("") == []


def test_codes_have_their_time(own):
    assert asked(own, "22202", "2005-08-01") == [("jp-shizuoka-hamamatsu-shi", "exists")]
    assert asked(own, "22202", "2007-04-01") == [("jp-shizuoka-hamamatsu-shi", "ceased")]
    assert asked(own, "22130", "2007-03-31") == [("jp-shizuoka-hamamatsu-shi", "not-yet")]
    assert asked(own, "22130", "2007-04-01") == [("jp-shizuoka-hamamatsu-shi", "exists")]


def test_what_is_not_verified_is_said(own):
    [before], [after] = (resolve.resolve(own, "浜松市", day) for day in ("2006-01-01", "2008-01-01"))
    assert (before.kind, after.kind) == ("city", "designated-city")
    assert ("resolve-unverified", (("on", "2007-04-01"),)) in before.notes
    [jeju] = resolve.resolve(own, "済州特別自治道")
    assert [(c.on, c.unverified) for c in jeju.government.changes] == [("2006", True)]


def test_every_preferred_name_finds_its_own(all_japan):
    """Whatever the writing: the government is among the candidates, and alone unless the name is shared."""
    shared: dict[str, int] = {}
    for government in all_japan.governments.values():
        shared[government.name_ja] = shared.get(government.name_ja, 0) + 1
    wrong = []
    for government in list(all_japan.governments.values())[::7]:
        keys = [c.government.key for c in resolve.resolve(all_japan, government.name_ja, country=government.country)]
        if government.key not in keys:
            wrong.append(government.key)
        if government.code and one(all_japan, government.code) != government.key:
            wrong.append(government.code)
    assert wrong == []


def test_forms():
    assert kanji("龍ケ崎") == kanji("竜が崎") == kanji("竜ヶ 崎")
    assert latin("Ōtsu") == latin("Ohtsu") == latin("Ootsu") == latin("Otu")
    assert latin("Gumma") == latin("Gunma")
    assert [(f.stem, f.kind) for f in forms("Kohoku Town")] == [("kohokutown", ""), ("kohoku", "town")]
    assert ("北海道", "") in [(f.stem, f.kind) for f in forms("北海道")]
    assert [(f.stem, f.kind) for f in forms("津市")] == [("津市", ""), ("津", "city")]


# ---- the command and the address


def run(built, *words: str):
    return CliRunner().invoke(commands("en"), ["resolve", *words, "--out", str(built)], standalone_mode=False)


def test_the_command_says_who(built, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = run(built, "22202", "--on", "2005-08-01")
    assert done.return_value == 0
    assert "exists  lg:jp-shizuoka-hamamatsu-shi  浜松市  Hamamatsu City  city  静岡県  jp  22130" in done.output
    assert "22202 was in use until 2007-03-31; now 22130" in done.output
    done = run(built, "浜北市", "--on", "2010-01-01", "--json")
    assert done.return_value == 1
    answer = json.loads(done.output)
    assert answer["chosen"] is None
    assert [(c["state"], c["former"], c["name_ja"]) for c in answer["candidates"]] == [("ceased", "浜北市", "浜松市")]
    assert run(built, "011011").return_value == 1


def test_a_wrong_date_is_a_misuse(built, monkeypatch):
    monkeypatch.chdir(ROOT)
    done = run(built, "浜松市", "--on", "2019-2-1")
    assert getattr(done.exception, "code", None) == "resolve-date"


@pytest.fixture(scope="module")
def client(built, sources):
    release = OpenRelease.open(current(built), sources.vocabulary)
    load = Load(release.data, sources.vocabulary.base, sources.vocabulary.prefixes)
    with Evaluators(load, Limits(workers=1)) as evaluators:
        yield create_app(release, sources.vocabulary, evaluators).test_client()


@pytest.mark.parametrize("code", ["22130", "221309", "22202", "222020"])
def test_a_code_leads_to_its_government(client, code):
    answer = client.get(f"/id/lg-code/{code}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/id/lg/jp-shizuoka-hamamatsu-shi")


@pytest.mark.parametrize("code", ["221308", "99999", "2213", "abc", "011011"])
def test_what_is_no_code_leads_nowhere(client, code):
    assert client.get(f"/id/lg-code/{code}").status_code == 404


def test_a_mistyped_code_is_answered_with_the_one_that_is_meant(client):
    for wrong, meant in (("221308", "/id/lg-code/22130"), ("1100", "/id/lg-code/01100")):
        answer = client.get(f"/id/lg-code/{wrong}", headers={"Accept": "application/json"})
        assert answer.status_code == 404 and meant in answer.text


def test_a_code_of_two_gives_a_list(sources, graphs, tmp_path):
    """Invented: a former code of Kyoto that is Hamamatsu's today."""
    base = sources.names.base
    node = f"<{base}id/lg/jp-kyoto-fu#code-22130>"
    prefixes = sources.vocabulary.prefixes
    graph = f"<{base}graph/ref/local-governments>"
    lines = set(graphs.lines) | {
        f"<{base}id/lg/jp-kyoto-fu> <{prefixes['adms']}identifier> {node} {graph} .",
        f"{node} <{prefixes['skos']}notation> \"22130\" {graph} .",
    }
    folder = write_release(tmp_path, sorted(lines), sources.vocabulary)
    release = OpenRelease.open(folder.resolve(), sources.vocabulary)
    with Evaluators(Load(release.data, base, prefixes), Limits(workers=1)) as evaluators:
        client = create_app(release, sources.vocabulary, evaluators).test_client()
        plain = client.get("/id/lg-code/22130")
        page = client.get("/id/lg-code/22130", headers={"Accept": "text/html"})
    assert plain.status_code == page.status_code == 300
    assert plain.text.split() == [f"{base}id/lg/jp-kyoto-fu", f"{base}id/lg/jp-shizuoka-hamamatsu-shi"]
    assert plain.headers["Link"] == '</id/lg/jp-kyoto-fu>; rel="alternate", </id/lg/jp-shizuoka-hamamatsu-shi>; rel="alternate"'
    assert "/doc/lg/jp-kyoto-fu" in page.text and "Hamamatsu City" in page.text


def test_the_question_of_a_day_is_one_query(graphs, sources):
    store = Store.load(graphs.lines, sources.vocabulary.prefixes)
    rows = store.select((ROOT / "endpoint/examples/who-was-this-on-that-date.rq").read_text(encoding="utf-8"))
    found = {(row["asked"].value, row["day"].value, row["name"].value, row["state"].value) for row in rows}
    assert found == {
        ("22202", "2004-08-01", "浜松市", "so called then"), ("22202", "2010-08-01", "浜松市", "no longer"),
        ("浜北市", "2004-08-01", "浜松市", "so called then"), ("浜北市", "2010-08-01", "浜松市", "no longer"),
    }  # fmt: skip
