"""Step 3: dates, fiscal years, themes, names, parties, counts: tables of examples, and properties over all of them."""

import string
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extraction_support import layout, lookups, read_page
from kg.letters import blank, fold, one_slip_apart, slips, squeeze
from kg.normalise.counts import take_counts
from kg.normalise.dates import read_dates
from kg.normalise.fiscal import Eras, read_fiscal_years
from kg.normalise.names import Names, Unresolved
from kg.normalise.parties import PartyReader
from kg.normalise.themes import read_themes

MONTHS = (
    "January February March April May June July August September October November December".split()
)
ERAS = Eras(lookups()["eras"])
NAMES = Names(lookups())
THEMES = {"number": r"\(?(\d)[.)]", "subtitle": r"^-.*-$"}
KINDS = ("City", "Town", "Village", "Prefecture")


# ---- letters


@given(st.text())
def test_folding_keeps_every_offset_and_is_done_once(text):
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("printed", "folded"),
    [("１９－２３", "19-23"), ("平成15年度〜", "平成15年度~"), ("平成15年度～", "平成15年度~"), ("（新）：", "(新):"),
     ("釜山･上海", "釜山・上海"), ("\u00a0\u3000", "  "), ("①…※々ー", "①…※々ー"), ("ロボット", "ロボット")],
)  # fmt: skip
def test_forms_of_one_character(printed, folded):
    assert fold(printed) == folded


def test_a_no_break_space_prints_nothing():
    assert blank("\u00a0\u3000\t ") and not blank("\u00a0x")
    assert squeeze("\u00a0a \n\u3000b ") == "a b"


@given(st.text(string.ascii_lowercase, min_size=3, max_size=9), st.data())
def test_one_slip_is_one_slip_in_both_directions(word, data):
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    for other in (
        word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ):  # fmt: skip
        assert one_slip_apart(word, other) == one_slip_apart(other, word) == (word != other)


@pytest.mark.parametrize(
    ("word", "months"),
    [("Nobember", ["November"]), ("Juny", ["June", "July"]), ("Octobre", ["October"]), ("Shizuoka", []), ("May", []),
     ("Decembr", ["December"]), ("Nobenber", []), ("august", [])],
)  # fmt: skip
def test_months_one_slip_away(word, months):
    assert slips(word, MONTHS) == months


# ---- dates


@pytest.mark.parametrize(
    ("printed", "start", "end", "issues"),
    [
        ("23-30 May", "2018-05-23", "2018-05-30", []),
        ("26 August - 1 September", "2018-08-26", "2018-09-01", []),
        ("28 July -7 August", "2018-07-28", "2018-08-07", []),
        ("19-23 Nobember", "2018-11-19", "2018-11-23", ["month-spelling-repaired"]),
        ("27 November - 7", "2018-11-27", None, ["end-date-cut-off"]),
        ("20-26 January", "2019-01-20", "2019-01-26", ["year-from-fiscal-year"]),
        ("27-31 January (2019)", "2019-01-27", "2019-01-31", []),
        ("29 December - 4 January", "2018-12-29", "2019-01-04", ["year-from-fiscal-year"]),
        ("29 December (2018) - 4 January", "2018-12-29", "2019-01-04", []),
        ("29 December - 4 January (2019)", "2018-12-29", "2019-01-04", []),
        ("28 February - 3 March", "2019-02-28", "2019-03-03", ["year-from-fiscal-year"]),
        ("30 March - 2 April", None, None, ["date-impossible"]),
        ("27-31 January (2018)", "2018-01-27", "2018-01-31", ["year-outside-fiscal-year"]),
        ("5 May", "2018-05-05", "2018-05-05", []),
        ("1st to 3rd Sept. 2018", "2018-09-01", "2018-09-03", []),
        ("3-7 Juny", None, None, ["date-unreadable"]),
        ("3-7", None, None, ["date-unreadable"]),
        ("early May", None, None, ["date-unreadable"]),
        ("29-30 February", None, None, ["date-impossible"]),
        ("0-3 May", None, None, ["date-impossible"]),
        ("9-3 May", None, None, ["date-impossible"]),
        ("", None, None, ["date-unreadable"]),
    ],
)
def test_dates_of_the_fiscal_year_2018(printed, start, end, issues):
    found = read_dates(printed, 2018, MONTHS)
    assert (found.start, found.end) == (start, end)
    assert sorted({code for code, _ in found.issues}) == issues


def test_a_repaired_spelling_is_told():
    assert read_dates("19-23 Nobember", 2018, MONTHS).repaired == [("Nobember", "November")]
    assert read_dates("19-23 November", 2018, MONTHS).repaired == []


DAYS = st.dates(date(1990, 4, 1), date(2060, 3, 1))


@given(DAYS, st.integers(0, 20), st.sampled_from(["-", " - ", " -", "–", "~", "〜", " to "]))
def test_every_range_of_a_fiscal_year_is_read_back(first, length, dash):
    last = first + timedelta(days=length)
    fiscal_year = first.year - (first.month <= 3)
    if last >= date(fiscal_year + 1, 4, 1):
        return
    month = f" {MONTHS[first.month - 1]}" if first.month != last.month else ""
    found = read_dates(f"{first.day}{month}{dash}{last.day} {MONTHS[last.month - 1]}", fiscal_year, MONTHS)
    assert (found.start, found.end) == (first.isoformat(), last.isoformat())
    rolled = {field for day, field in ((first, "norm.start"), (last, "norm.end")) if day.year > fiscal_year}
    assert set(found.issues) == {("year-from-fiscal-year", field) for field in rolled}


@given(st.text(max_size=30), st.integers(1900, 2100))
def test_any_text_gives_days_in_order_or_none(text, fiscal_year):
    found = read_dates(text, fiscal_year, MONTHS)
    assert found.start or found.issues
    assert not (found.end and not found.start)
    assert not (found.end and found.end < found.start)


# ---- fiscal years


@pytest.mark.parametrize(
    ("printed", "single", "first", "last", "continuation", "issues"),
    [
        ("平成22年度", ("2010",), None, None, None, ()),
        ("平成19~21年度", (), "2007", "2009", "ended", ()),
        ("平成15年度~", (), "2003", None, "ongoing", ()),
        ("平成15年度から", (), "2003", None, "ongoing", ()),
        ("平成１５年度〜", (), "2003", None, "ongoing", ()),
        ("平成22年度 (平成10年度より2年おきに実施)", ("2010",), "1998", None, None, ("every-second-year-ambiguous",)),
        ("平成30年度(昭和63年度より隔年)", ("2018",), "1988", None, None, ()),
        ("令和元年度", ("2019",), None, None, None, ()),
        ("平成30年度～令和2年度", (), "2018", "2020", "ended", ()),
        ("平成30年度から令和2年度まで", (), "2018", "2020", "ended", ()),
        ("昭和63年度、平成元年度", ("1988", "1989"), None, None, None, ()),
        ("平成20、22年度", ("2008", "2010"), None, None, None, ()),
        ("H10/H22", (), None, None, None, ()),
        ("H22年度", ("2010",), None, None, None, ()),
        ("R3年度~", (), "2021", None, "ongoing", ()),
        ("明治45年度", ("1912",), None, None, None, ()),
        ("大正15年度", ("1926",), None, None, None, ()),
        ("2010年度", ("2010",), None, None, None, ()),
        ("2010~2012", (), "2010", "2012", "ended", ()),
        # A day lies in one fiscal year; a year that is not called one gives none.
        ("令和2年4月1日~令和5年3月31日", (), "2020", "2022", "ended", ()),
        ("令和6年3月", ("2023",), None, None, None, ()),
        ("平成10年4月より", (), "1998", None, "ongoing", ()),
        ("平成19年~21年度", (), "2007", "2009", "ended", ()),
        ("2024年度(令和6年度)", ("2024",), None, None, None, ()),
        ("昭和62(1987)年度~", (), "1987", None, "ongoing", ()),
        ("令和6年度（2024年度）", ("2024",), None, None, None, ()),
        ("平成二十二年度", ("2010",), None, None, None, ()),
        ("平成二二年度", ("2010",), None, None, None, ()),
        ("平成十年度~", (), "1998", None, "ongoing", ()),
        ("平成32年度", ("2020",), None, None, None, ("era-year-beyond-end",)),
        ("~平成21年度", (), None, "2009", "ended", ()),
        ("\u00a0", (), None, None, None, ()),
        ("", (), None, None, None, ()),
    ],
)
def test_fiscal_years(printed, single, first, last, continuation, issues):
    found = read_fiscal_years(printed, ERAS)
    assert (found.single, found.first, found.last, found.continuation, found.issues) == (
        single, first, last, continuation, issues,
    )  # fmt: skip


@pytest.mark.parametrize(
    "printed",
    ["未定", "平成年度", "平成0年度", "22年度", "平成21~19年度", "平成2010年度", "平成10~12年度、平成20年度~", "慶応3年度",
     "平成22年度(不定期)", "平成22年度 23年度", "令和5年", "平成15年~", "2023年", "令和5年13月", "昭和62(1986)年度"],
)  # fmt: skip
def test_what_gives_no_year_is_told(printed):
    found = read_fiscal_years(printed, ERAS)
    assert found.unread
    assert (found.first, found.last) == (None, None)


@pytest.mark.parametrize("note", ["2年おきに開催", "3年に1回開催", "2年ごとに開催", "昭和62年度より、3年おき"])
def test_an_interval_is_no_beginning(note):
    """昭和62年度~(2年おきに開催) does not begin in 昭和2年."""
    assert read_fiscal_years(f"昭和62年度~({note})", ERAS).first == "1987"


@given(
    st.sampled_from([("明治", 1868, 45), ("大正", 1912, 15), ("昭和", 1926, 64), ("平成", 1989, 31), ("令和", 2019, 99)]),
    st.data(),
)
def test_every_year_of_an_era_is_counted_from_its_first(era, data):
    name, first, length = era
    one, other = sorted(data.draw(st.tuples(st.integers(1, length), st.integers(1, length))))
    written = "元" if one == 1 else str(one)
    assert read_fiscal_years(f"{name}{written}年度", ERAS).single == (str(first + one - 1),)
    assert read_fiscal_years(f"{name}{written}~{other}年度", ERAS).last == str(first + other - 1)
    assert read_fiscal_years(f"{name}{written}年度~", ERAS).issues == ()


@given(st.text(st.sampled_from("平成令和元年度0123456789~～(), 、から"), max_size=25))
def test_any_text_gives_years_in_order_or_none(text):
    found = read_fiscal_years(text, ERAS)
    assert all(len(year) == 4 for year in (*found.single, found.first or "0000", found.last or "0000"))
    assert not (found.first and found.last and found.last < found.first)
    assert (found.continuation == "ended") == bool(found.last)


# ---- themes


@pytest.mark.parametrize(
    ("lines", "hosts", "themes"),
    [
        (["A Town by the Sea"], ["Ise City"], [("A Town by the Sea", None)]),
        (["A Town", "by the Sea"], ["Ise City"], [("A Town by the Sea", None)]),
        (["1. Roads 2. Rails"], ["Ise City"], [("Roads", None), ("Rails", None)]),
        (["1. Roads", "and Bridges", "2. Rails"], ["Ise City"], [("Roads and Bridges", None), ("Rails", None)]),
        (["(1) Roads", "(2) Rails"], ["Ise City"], [("Roads", None), ("Rails", None)]),
        (["1. Roads", "Rails"], ["Ise City"], [("Roads", None), ("Rails", None)]),
        (["1. Roads", "- by Night -"], ["Ise City"], [("Roads - by Night -", None)]),
        (["2. Roads 3. Rails"], ["Ise City"], [("2. Roads 3. Rails", None)]),
        (["Version 1.5 of the Plan"], ["Ise City"], [("Version 1.5 of the Plan", None)]),
        (["1. Roads 3. Rails"], ["Ise City"], [("Roads 3. Rails", None)]),
        (["Roads", "-Towards the Sea -"], ["Ise City"], [("Roads -Towards the Sea -", None)]),
        (["Ise: Roads", "Taki: Rails"], ["Ise City", "Taki Town"], [("Roads", "Ise City"), ("Rails", "Taki Town")]),
        (["Ise City: A Taki Town: B"], ["Ise City", "Taki Town"], [("A", "Ise City"), ("B", "Taki Town")]),
        (["Tourism: Ise: Roads"], ["Ise City"], [("Tourism: Ise: Roads", None)]),
        (["Isehara: Roads"], ["Ise City"], [("Isehara: Roads", None)]),
        (["Kyoto: Roads"], ["Kyoto Prefecture"], [("Roads", "Kyoto Prefecture")]),
        (["Roads/Rails"], ["Ise City"], [("Roads/Rails", None)]),
        ([], ["Ise City"], []),
    ],
)
def test_themes(lines, hosts, themes):
    assert [(theme.text, theme.host) for theme in read_themes(lines, hosts, THEMES, KINDS)] == themes


def test_a_lost_number_is_told_for_the_theme_that_lost_it():
    assert [theme.number_lost for theme in read_themes(["1. Roads", "Rails"], [], THEMES, KINDS)] == [False, True]


@given(st.lists(st.text(string.ascii_letters + " .:-12", min_size=1).filter(str.strip), max_size=5))
def test_themes_hold_the_printed_words_and_no_others(lines):
    themes = read_themes([line.strip() for line in lines], ["Ise City"], THEMES, KINDS)
    printed = squeeze(" ".join(lines))
    assert all(word in printed for theme in themes for word in theme.text.split())
    assert bool(themes) == bool(lines)


# ---- names


@pytest.mark.parametrize(
    ("name", "country", "container", "home", "key"),
    [
        ("浜松市", None, None, (), "jp-shizuoka-hamamatsu-shi"),
        ("Shizuoka City", "jp", None, (), "jp-shizuoka-shizuoka-shi"),
        ("Yamato Takada City", "jp", None, (), "jp-nara-yamatotakada-shi"),
        ("YAMATOTAKADA CITY", "jp", None, (), "jp-nara-yamatotakada-shi"),
        ("Sakai City", "jp", None, (), "jp-osaka-sakai-shi"),
        ("東海市", "kr", None, (), "kr-42-donghae"),
        ("南部州", "lk", None, (), "lk-southern-province"),
        ("ニューキャッスル市", "za", None, (), "za-kzn-newcastle"),
        ("ニューキャッスル市", "us", "us-indiana", (), "us-in-new-castle"),
        ("川崎町", None, "jp-miyagi-ken", (), "jp-miyagi-kawasaki-machi"),
        ("川崎町", None, None, ("jp-miyagi-ken",), "jp-miyagi-kawasaki-machi"),
        ("福岡市", "jp", "jp-fukuoka-ken", (), "jp-fukuoka-fukuoka-shi"),
        ("上海市", None, None, (), "cn-shanghai"),
    ],
)
def test_names_are_resolved_in_their_context(name, country, container, home, key):
    assert NAMES.government(name, country, container, home) == key


@pytest.mark.parametrize(
    ("name", "country", "container", "home", "ambiguous", "candidates"),
    [
        ("東海市", None, None, (), True, ("kr-42-donghae",)),
        ("ニューキャッスル市", None, None, (), True, ("us-in-new-castle", "za-kzn-newcastle")),
        ("ニューキャッスル市", "us", None, (), True, ("us-in-new-castle",)),
        ("川崎町", None, None, (), True, ("jp-fukuoka-kawasaki-machi", "jp-miyagi-kawasaki-machi")),
        ("川崎町", None, None, ("jp-fukuoka-ken",), True, ("jp-fukuoka-kawasaki-machi", "jp-miyagi-kawasaki-machi")),
        ("川崎町", "jp", None, (), True, ("jp-fukuoka-kawasaki-machi", "jp-miyagi-kawasaki-machi")),
        ("Kawasaki Town", "jp", None, (), True, ("jp-fukuoka-kawasaki-machi", "jp-miyagi-kawasaki-machi")),
        ("川崎町", None, "jp-fukuoka-ken", (), False, ("jp-miyagi-kawasaki-machi",)),
        ("福岡市", None, "jp-yamaguchi-ken", (), False, ("jp-fukuoka-fukuoka-shi",)),
        ("浜松市", "kr", None, (), False, None),
        ("東海市", "cn", None, (), False, None),
        ("アトランティス市", None, None, (), False, None),
        ("", None, None, (), False, ()),
    ],
)
def test_names_without_enough_context_are_not_decided(name, country, container, home, ambiguous, candidates):
    found = NAMES.government(name, country, container, home)
    assert isinstance(found, Unresolved)
    assert found.ambiguous == ambiguous
    assert candidates is None or found.candidates == candidates


def test_the_nearest_names_are_told():
    assert "Kumano Town" in NAMES.government("Kunamo Town", "jp").candidates


@pytest.mark.parametrize(
    ("name", "key"), [("京都", "jp-kyoto-fu"), ("大阪", "jp-osaka-fu"), ("北海道", "jp-hokkaido"), ("青森県", "jp-aomori-ken")]
)
def test_short_names_of_prefectures(name, key):
    assert NAMES.first_level(name, "jp") == key


@given(st.sampled_from([row for row in lookups()["local-governments"] if row["name_ja"]]))
def test_every_government_is_found_with_its_country_or_needs_its_container(row):
    found = NAMES.government(row["name_ja"], row["country"], row.get("prefecture") or None)
    assert found == row["key"]


# ---- parties


def parties(*lines, home=()):
    found = PartyReader(layout("exchange-records"), NAMES, home).read(lines)
    return [(party.slug, party.role) for party in found.parties], found


@pytest.mark.parametrize(
    ("line", "slugs"),
    [
        ("大阪市、上海市、釜山広域市", ["jp-osaka-osaka-shi", "cn-shanghai", "kr-busan"]),
        ("山口市・韓国昌原市・中国済南市(輪番)", ["jp-yamaguchi-yamaguchi-shi", "kr-48-changwon", "cn-sd-jinan"]),
        ("スイス ヌシャテル市・南アフリカ ニューキャッスル市", ["ch-ne-neuchatel", "za-kzn-newcastle"]),
        ("アメリカ インディアナ州ニューキャッスル市", ["us-in-new-castle"]),
        ("中国・大連市、青島市", ["cn-ln-dalian", "cn-sd-qingdao"]),
        ("日本・福岡県福岡市、山口県下関市", ["jp-fukuoka-fukuoka-shi", "jp-yamaguchi-shimonoseki-shi"]),
        ("韓国・東海市", ["kr-42-donghae"]),
        ("カナダアシュクラフト村、福岡県添田町", ["ca-bc-ashcroft", "jp-fukuoka-soeda-machi"]),
        ("①大韓民国済州特別自治道、②中華人民共和国海南省", ["kr-jeju", "cn-hainan"]),
        ("スリランカ民主社会主義共和国南部州", ["lk-southern-province"]),
        ("アメリカ合衆国(ロサンゼルス市~サンディエゴ市)", ["us-ca-los-angeles", "us-ca-san-diego"]),
        ("英国ウエールズ州フリントシャー県", ["gb-wls-flintshire"]),
        ("都市・自治体連合(United Cities and Local Governments, UCLG) およびその会員都市・団体", ["uclg"]),
        ("気仙広域連合、大船渡市教育委員会", ["kesen-regional-union", "ofunato-board-of-education"]),
        ("・大連市・青島市", ["cn-ln-dalian", "cn-sd-qingdao"]),
        ("中国・大連市ほか19の国と地域", ["cn-ln-dalian"]),
        ("大連市他5カ国", ["cn-ln-dalian"]),
    ],
)
def test_the_many_ways_of_naming_parties(line, slugs):
    named, found = parties(line)
    assert [slug for slug, _ in named] == slugs
    assert found.faults == []


@pytest.mark.parametrize(
    ("line", "countries"),
    [("中国、韓国", ["cn", "kr"]), ("日仏の自治体", ["jp", "fr"]), ("日米独の自治体", ["jp", "us", "de"]),
     ("韓国・釜山広域市", []), ("韓国の自治体", ["kr"]), ("中国地方の山々", [])],
)  # fmt: skip
def test_countries_named_without_a_government(line, countries):
    assert parties(line)[1].countries == countries


@pytest.mark.parametrize(
    ("line", "country", "name"),
    [
        ("中国・山東省甲乙市ほか19の国と地域", "cn", "山東省甲乙市"), ("ロシア連邦甲乙地方", "ru", "甲乙地方"),
        ("アメリカ合衆国ソルトレークシティ", "us", "ソルトレークシティ"), ("メキシコシティ", None, "メキシコシティ"), ("中国地方", None, "中国地方"),
    ],
)  # fmt: skip
def test_a_name_that_no_table_has_keeps_the_country_before_it(line, country, name):
    (fault,) = parties(line)[1].faults
    assert (fault.code, fault.values["name"], fault.values.get("country")) == ("name-unresolved", name, country)


def test_a_name_after_words_in_quotation_marks_is_read_and_the_words_are_told():
    named, found = parties("写真文化首都「写真の町」小松市")
    assert named == [("jp-ishikawa-komatsu-shi", "party")] and [fault.values["text"] for fault in found.faults] == ["写真文化首都「写真の町」"]


def test_an_alias_of_a_repeated_name_decides_in_the_documents_that_it_cites():
    """A further table may have the other bearer; the alias is one person's reading of one page."""
    other = {**next(row for row in lookups()["local-governments"] if row["key"] == "jp-osaka-sakai-shi"), "key": "jp-fukui-sakai-shi"}
    tables = {**lookups(), "local-governments": [*lookups()["local-governments"], other]}
    found = {id_: Names(tables, id_).government("Sakai City", "jp") for id_ in ("000", "900")}
    assert found["000"] == "jp-osaka-sakai-shi" and found["900"].ambiguous
    assert "Sakai City,en,jp,,lg,KEY,SOURCE" in found["900"].problem("900:1").text()
    assert Names(lookups(), "900").government("Sakai City", "jp").ambiguous, "nor does the table's one bearer decide"


def test_roles_brackets_and_lists():
    named, _ = parties("※オブザーバー:タイ王国プーケット、フィリピン共和国セブ市")
    assert named == [("th-phuket", "observer"), ("ph-ceb-cebu", "observer")]
    named, _ = parties("世界冬の都市市長会(事務局:札幌市)")
    assert named == [("world-winter-cities", "party"), ("jp-hokkaido-sapporo-shi", "secretariat")]
    named, _ = parties("気仙広域連合(大船渡市・住田町)")
    assert named[1:] == [("jp-iwate-ofunato-shi", "member"), ("jp-iwate-sumita-cho", "member")]
    named, found = parties("※日本は青森、京都の3団体")
    assert named == [("jp-aomori-ken", "listed"), ("jp-kyoto-fu", "listed")]
    assert [fault.code for fault in found.faults] == ["listing-count"]
    assert parties("さいたま市(都市局、環境局)")[0] == [("jp-saitama-saitama-shi", "party")]


@given(st.lists(st.sampled_from(["浜松市", "青島市", "釜山広域市", "沖縄県", "バリ州"]), min_size=1, max_size=5, unique=True),
       st.sampled_from(["、", "・", "，", " 、", "、 "]))  # fmt: skip
def test_a_list_of_governments_is_read_whatever_separates_it(names, separator):
    named, found = parties(separator.join(names))
    assert [slug for slug, _ in named] == [NAMES.government(name) for name in names]
    assert found.faults == []


@given(st.text(st.sampled_from("日本中国韓青島市釜山広域、・( )（）~※①②事務局:オブザーバー自治体のは10団体等および"), max_size=40))
def test_any_text_gives_parties_that_are_known_or_a_fault(text):
    named, found = parties(text)
    known = {row["key"] for row in lookups()["local-governments"]} | {row["key"] for row in lookups()["aliases"]}
    assert {slug for slug, _ in named} <= known
    assert all(name in text for kind, _, name in found.names)


# ---- counts


def test_counts_and_their_parts():
    rules = layout("exchange-records")["count"]
    counts, parts, rest = take_counts(["本会会員都市(2010年10月現在、10カ国20都市)"], rules, NAMES, ERAS)
    assert [(c.members, c.countries, c.as_of) for c in counts] == [(20, 10, "2010-10")]
    assert parts == [] and "20" not in rest[0]
    counts, parts, rest = take_counts(["6か国７自治体（日本３、中国４）", "浜松市"], rules, NAMES, ERAS)
    assert [(p.country, p.members) for p in parts] == [("jp", 3), ("cn", 4)]
    assert rest[1] == "浜松市" and not rest[0].strip("、")
    assert take_counts(["3カ国9都市(日本3、火星6)"], rules, NAMES, ERAS)[1] == []
    assert take_counts(["2010年13月現在、3カ国9都市"], rules, NAMES, ERAS)[0][0].as_of is None


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("166カ国・地域8,200都市(令和4年12月現在)", (8200, None, "2022-12")), ("3カ国3自治体(2023年4月現在)", (3, 3, "2023-04")),
        ("5カ国の12都市（令和元年5月1日時点）", (12, 5, "2019-05")), ("3カ国9都市(慶応3年4月現在)", (9, 3, None)),
    ],
)  # fmt: skip
def test_a_count_is_read_whole(line, count):
    ((found,), _, rest) = take_counts([line], layout("exchange-records")["count"], NAMES, ERAS)
    assert (found.members, found.countries, found.as_of) == count
    assert parties(rest[0])[1].faults == [] or count[2] is None


@pytest.mark.parametrize(
    ("second", "codes"),
    [
        ("6カ国70自治体(日本10、中国60)", set()),
        ("6カ国70自治体(日本10、中国59)", {"parts-do-not-add-up"}),
        ("6カ国71自治体(日本10、中国61)", {"count-contradicts"}),
    ],
)
def test_counts_that_disagree_are_told(second, codes):
    page = (
        "①会議形式の交流\n情報提供自治体名 兵庫県\n事業名(活動名称) 北東アジア地域自治体連合\n"
        f"団体名 北東アジア地域自治体連合\n※6カ国70自治体が加盟\n交流の相手方 {second}\n"
    )
    reading = read_page(page, "exchange-records")
    told = {"parts-do-not-add-up", "count-contradicts"}
    assert {p.code for p in reading.problems} & told == codes
    assert set(reading.records[0].norm["issues"]) & told == codes
