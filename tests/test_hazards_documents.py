"""The hazards of the two documents, one by one, by their numbers (sections 1 to 4): is each line treated as it must be?

Hazards of other documents, and those that are about what other steps may say, are named at the end of each section.
"""

import hashlib
import re

import pytest

from extraction_support import lookups, needs_documents, read_document

pytestmark = needs_documents


@pytest.fixture(scope="module")
def table():
    return read_document("000")


@pytest.fixture(scope="module")
def page():
    return read_document("004")


def slugs(record, field):
    return [entry["slug"] for entry in record.norm[field]]


def names_of(record, slug):
    return {entry["name"] for entry in record.norm["names"] if entry["slug"] == slug}


def test_the_documents_are_read_without_a_line_left_over(table, page):
    assert [(p.code, p.where, p.severity) for p in table.problems] == [("month-repaired", "000:28", "info")]
    assert page.problems == []


# ---- 1. the flattened table of document 000


def test_1_1_forty_eight_rows_between_offices(table):
    assert len(table.records) == 48
    assert all(record.verbatim["hosts"][0].split()[-1] in ("City", "Town", "Prefecture") for record in table.records)
    assert table["2017-singapore"].verbatim["dates"] == "1-7 October"
    assert table["2017-singapore"].verbatim["hosts"] == ["Kitakyushu City"]


def test_1_2_ten_rows_wrap_blank_lines_notwithstanding(table):
    first = {record.place.lines[0] for record in table.records}
    assert not first & {30, 32, 43, 55, 58, 68, 73, 74, 84, 96, 111, 113}
    wrapped = {r.place.lines for r in table.records if r.place.lines[0] != r.place.lines[1]}
    expected = {(29, 30), (31, 32), (41, 43), (54, 55), (56, 58), (67, 68), (71, 74), (83, 84), (95, 96), (109, 113)}
    assert wrapped == expected


def test_1_3_the_last_month_of_new_york_2016_is_cut_off(table):
    record = table["2016-new-york"]
    assert record.norm["start"] == "2016-11-27" and "end" not in record.norm
    assert record.norm["issues"] == ["end-date-cut-off"]
    assert record.norm["verbatim"] == "27 November - 7"
    assert (record.place.lines, record.place.chars) == ((54, 55), (2960, 3060))


def test_1_4_thirteen_rows_roll_over_and_ten_do_not_print_the_year(table):
    rolled = [r for r in table.records if int(r.norm["start"][:4]) == int(r.norm["fy"]) + 1]
    assert {r.place.lines[0] for r in rolled} == {29, 31, 46, 47, 56, 60, 61, 62, 90, 101, 102, 114, 115}
    told = {r.place.lines[0] for r in table.records if "year-from-fiscal-year" in r.norm["issues"]}
    assert told == {29, 31, 46, 47, 56, 60, 61, 62, 114, 115}
    assert table["2014-beijing"].norm["start"] == "2015-01-27"


def test_1_5_the_order_of_rows_is_no_evidence_of_the_year(table):
    series = [record.norm for record in table.records if record.norm["fy"] == "2012"]
    days = {f"2012-{norm['office']}": (norm["start"], norm["end"]) for norm in series}
    assert {key: days[key] for key in list(days)[-3:]} == {
        "2012-new-york": ("2013-01-20", "2013-01-30"),
        "2012-london": ("2013-02-05", "2013-02-15"),
        "2012-seoul": ("2012-11-12", "2012-11-16"),
    }


def test_1_6_the_same_printed_dates_are_two_seminars(table):
    one, other = table["2018-sydney"], table["2017-sydney"]
    assert one.verbatim["dates"] == other.verbatim["dates"] == "12-21 February"
    assert (one.norm["start"], other.norm["start"]) == ("2019-02-12", "2018-02-12")


def test_1_7_a_theme_is_no_evidence_of_the_year(table):
    assert (table["2016-london"].norm["start"], table["2016-london"].norm["end"]) == ("2017-01-09", "2017-01-15")


def test_1_8_nobember_is_november_and_stays_as_printed(table):
    record = table["2018-beijing"]
    assert (record.norm["start"], record.norm["end"]) == ("2018-11-19", "2018-11-23")
    assert record.norm["verbatim"] == "19-23 Nobember" and record.norm["issues"] == ["month-spelling-repaired"]


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        ("2013-paris", "2013-07-28", "2013-08-07"),
        ("2013-new-york", "2013-10-27", "2013-11-05"),
        ("2013-beijing", "2013-11-24", "2013-12-01"),
        ("2012-paris", "2012-07-22", "2012-08-01"),
        ("2012-singapore", "2012-09-30", "2012-10-07"),
        ("2012-sydney", "2012-10-28", "2012-11-07"),
        ("2018-singapore", "2018-08-26", "2018-09-01"),
        ("2018-seoul", "2018-05-23", "2018-05-30"),
    ],
)
def test_1_9_one_pattern_for_every_hyphen(table, key, start, end):
    assert (table[key].norm["start"], table[key].norm["end"]) == (start, end)


def test_1_10_fifty_one_hosts_of_which_three_rows_have_two(table):
    assert sum(len(record.norm["hosts"]) for record in table.records) == 51
    assert len({host["lg"] for record in table.records for host in record.norm["hosts"]}) == 41
    two = {r.key: [host["name"] for host in r.norm["hosts"]] for r in table.records if len(r.norm["hosts"]) > 1}
    assert two == {
        "2018-singapore": ["Toyohashi City", "Toyota City"],
        "2013-paris": ["Hiroshima City", "Kumano Town"],
        "2013-beijing": ["Ise City", "Taki Town"],
    }


def test_1_11_a_colon_after_a_host_and_a_colon_after_anything_else(table):
    record = table["2013-paris"]
    assert [(t["n"], t["lg"]) for t in record.norm["topics"]] == [
        (1, "jp-hiroshima-hiroshima-shi"), (2, "jp-hiroshima-kumano-cho"),
    ]  # fmt: skip
    assert [t["theme"] for t in record.norm["topics"]] == record.norm["themes"]
    assert not any("Hiroshima" in theme or "Kumano" in theme for theme in record.norm["themes"])
    assert record.verbatim["themes"][0].startswith("Hiroshima: ")
    for key, start in (("2013-beijing", "Tourism Promotion: "), ("2013-seoul", "Kansai Science City: ")):
        assert len(table[key].norm["themes"]) == 1 and table[key].norm["themes"][0].startswith(start)
        assert table[key].norm["topics"] == []


def test_1_12_fifty_three_themes_of_which_five_rows_have_two(table):
    assert sum(len(record.norm["themes"]) for record in table.records) == 53
    two = {record.key for record in table.records if len(record.norm["themes"]) == 2}
    assert two == {"2017-sydney", "2015-paris", "2015-sydney", "2013-paris", "2012-sydney"}
    assert not any(re.match(r"\d\.", theme) for record in table.records for theme in record.norm["themes"])
    assert table["2015-paris"].norm["themes"][1] == table.lines(68, 68)


@pytest.mark.parametrize("key", ["2016-sydney", "2017-new-york", "2014-sydney", "2017-seoul"])
def test_1_13_and_1_15_slashes_commas_and_ampersands_split_no_theme(table, key):
    assert len(table[key].norm["themes"]) == 1
    assert re.search("[/,&]", table[key].norm["themes"][0])


def test_1_14_a_subtitle_belongs_to_its_theme(table):
    (theme,) = table["2014-paris"].norm["themes"]
    assert theme == f"{table['2014-paris'].verbatim['themes'][0]} {table.lines(84, 84)}"


@pytest.mark.parametrize(
    "key", ["2016-seoul", "2014-new-york", "2014-singapore", "2014-seoul", "2014-beijing", "2013-london"]
)
def test_1_16_a_host_in_its_theme_is_still_one_host(table, key):
    record = table[key]
    assert len(record.norm["hosts"]) == 1
    assert record.norm["hosts"][0]["name"].split()[0] in record.norm["themes"][0]


def test_1_17_header_cells_are_no_data(table):
    held = {n for r in table.records for n in range(r.place.lines[0], r.place.lines[1] + 1)}
    assert not held & {22, 23, 36, 37, 51, 66, 82, 94, 106}
    themes = " ".join(theme for record in table.records for theme in record.norm["themes"])
    assert not [word for word in ("Overseas Office", "Schedule", "Hosting", "Topic") if word in themes]


def test_1_18_one_programme(table):
    assert {record.norm["programme"] for record in table.records} == {"lg-exchange-cooperation-seminar"}


def test_1_19_and_1_20_the_office_is_no_venue_and_nothing_is_said_to_have_taken_place(table):
    assert {name for record in table.records for name in record.norm} == {
        "fy", "office", "officeName", "programme", "hosts", "start", "end", "verbatim", "themes", "topics", "issues",
    }  # fmt: skip
    assert {record.norm["office"] for record in table.records} == {row["key"] for row in lookups()["offices"]}


def test_1_21_and_1_22_contacts_and_the_banner_are_no_record(table):
    assert table.records[0].place.lines[0] == 24
    assert max(record.place.lines[1] for record in table.records) == 116
    assert not any("@" in theme or "Council of" in theme for record in table.records for theme in record.norm["themes"])


def test_1_23_spelling_stays_as_printed(table):
    themes = " ".join(theme for record in table.records for theme in record.norm["themes"])
    words = ("Revitalisation", "Revitalization", "Utilises", "Utilizing", "Ageing", "Aging")
    assert not [word for word in words if word not in themes]


# ---- 2. characters (2.7 is about document 003)


def test_2_1_a_no_break_space_is_an_empty_field(page):
    assert page.lines(24, 24).endswith("\u00a0")
    record = page["sapporo-world-winter-cities"]
    assert record.verbatim["years"] == [] and "yearVerbatim" not in record.norm and "years" not in record.passages
    without = {r.place.lines[1] for r in page.records if not r.norm["pages"]}
    assert without == {137, 178, 186, 195}
    assert not any("\u00a0" in str(record.verbatim) + str(record.norm) for record in page.records)


def test_2_2_offsets_are_those_of_the_file_and_enclosed_figures_stay(page):
    assert (page["hamamatsu-uclg"].place.lines, page["hamamatsu-uclg"].place.chars) == ((46, 61), (1014, 1538))
    for record in page.records:
        for place in (record.place, *record.passages.values()):
            assert page.text[slice(*place.chars)] == page.lines(*place.lines)
    assert page["okinawa-itop-forum"].verbatim["organisers"][0].startswith("①")
    assert "".join(r.verbatim["heading"][0] for r in page.records) == "①" * 12 + "②" * 5


def test_2_3_the_tilde_is_decided_by_its_field(page):
    saitama = page["saitama-cities-for-mobility"].norm
    assert (saitama["fromFiscalYear"], saitama["toFiscalYear"], saitama["continuation"]) == ("2007", "2009", "ended")
    hamamatsu = page["hamamatsu-uclg"].norm
    assert (hamamatsu["fromFiscalYear"], hamamatsu["continuation"]) == ("2003", "ongoing")
    assert "toFiscalYear" not in hamamatsu
    youth = page["rikuzentakata-youth-abroad"]
    assert slugs(youth, "counterparts") == slugs(youth, "destinations") == ["us-ca-los-angeles", "us-ca-san-diego"]


def test_2_4_a_middot_separates_governments_and_joins_names(page):
    assert len(slugs(page["shinshiro-newcastle-summit"], "counterparts")) == 5
    assert slugs(page["yamaguchi-three-city-symposium"], "organisers") == [
        "jp-yamaguchi-yamaguchi-shi", "kr-48-changwon", "cn-sd-jinan",
    ]  # fmt: skip
    assert page["osaka-golden-triangle"].norm["name"].count("・") == 3
    assert page["saitama-cities-for-mobility"].norm["name"].count("・") == 2
    assert len(slugs(page["kitakyushu-oeaed"], "counterparts")) == 9


def test_2_5_two_equal_quotation_marks_are_a_plain_quotation(page):
    assert page["hamamatsu-uclg"].verbatim["pages"][2].count("\u201d") == 2


def test_2_6_what_looks_like_a_tag_is_text(page):
    assert "<" in page.text[slice(*page["hamamatsu-uclg"].passages["description"].chars)]


def test_2_8_and_2_9_addresses_end_where_labels_begin_and_keep_their_commas(page):
    assert page["shirakawa-japan-france"].norm["pages"][0].endswith("#nichi-futsu")
    assert page["saitama-cities-for-mobility"].norm["pages"][0].endswith(".net/")
    assert page["shinshiro-newcastle-summit"].norm["pages"][0].endswith("/7,20947,162,684,html")


def test_2_10_fourteen_addresses_in_thirteen_records(page):
    assert page["hamamatsu-uclg"].norm["pages"] == ["http://uclg-hamamatsu.jp", "http://www.uclg-aspac2010.org"]
    assert sum(len(record.norm["pages"]) for record in page.records) == 14
    assert sum(bool(record.norm["pages"]) for record in page.records) == 13


def test_2_11_names_stay_as_written(page):
    assert "アポインタインニューキャッスル市" in names_of(page["shinshiro-newcastle-summit"], "gb-net-newcastle-upon-tyne")
    assert "慈渓市" in names_of(page["saga-xu-fu-symposium"], "cn-zj-cixi")
    assert "済南市" in names_of(page["yamaguchi-three-city-symposium"], "cn-sd-jinan")
    assert "烟台市" in names_of(page["kitakyushu-oeaed"], "cn-sd-yantai")


# ---- 3. time (3.5 to 3.9 are in prose that this step does not read; 3.11 to 3.13 are about other documents)


def test_3_1_heisei_years_are_fiscal_years(page):
    stated = {record.key: record.norm["fiscalYears"] for record in page.records if record.norm["fiscalYears"]}
    assert stated == {
        "shirakawa-japan-france": ["2010"], "shinshiro-newcastle-summit": ["2010"], "saga-xu-fu-symposium": ["2008"],
        "bifuka-ashcroft": ["2010"], "rikuzentakata-youth-abroad": ["2010"], "zao-uk-exchange": ["2010"],
        "ichikawa-gardena-medan": ["2010"],
    }  # fmt: skip
    since = {r.key: r.norm["fromFiscalYear"] for r in page.records if r.norm.get("continuation") == "ongoing"}
    assert since == {
        "hamamatsu-uclg": "2003", "osaka-golden-triangle": "2005", "hyogo-near": "1996",
        "strait-governors-meeting": "1992", "yamaguchi-three-city-symposium": "2008", "kitakyushu-oeaed": "2004",
        "okinawa-itop-forum": "1997", "sakaiminato-ferry-exchange": "2009",
    }  # fmt: skip


def test_3_2_an_era_written_once_counts_for_both_ends(page):
    norm = page["saitama-cities-for-mobility"].norm
    assert (norm["fromFiscalYear"], norm["toFiscalYear"], norm["yearVerbatim"]) == ("2007", "2009", "平成19~21年度")


def test_3_3_every_second_year_is_told_to_be_ambiguous(page):
    norm = page["shinshiro-newcastle-summit"].norm
    assert (norm["fiscalYears"], norm["fromFiscalYear"]) == (["2010"], "1998")
    assert "continuation" not in norm and "toFiscalYear" not in norm
    assert norm["issues"] == ["every-second-year-ambiguous"]


def test_3_4_the_month_of_a_count_is_no_year_of_the_activity(page):
    norm = page["sapporo-world-winter-cities"].norm
    assert norm["fiscalYears"] == [] and not {"fromFiscalYear", "toFiscalYear", "continuation"} & set(norm)
    (count,) = norm["counts"]
    assert (count["members"], count["countries"], count["asOf"]) == (20, 10, "2010-10")


def test_3_14_an_address_gives_no_date(page):
    assert page["bifuka-ashcroft"].norm["fiscalYears"] == ["2010"]
    assert not [record.key for record in page.records if "start" in record.norm or "end" in record.norm]


def test_3_15_and_3_16_years_are_kept_as_stated(page):
    assert page["hamamatsu-uclg"].norm["intervals"] == [{
        "membership": "uclg--jp-shizuoka-hamamatsu-shi", "fromFiscalYear": "2003", "continuation": "ongoing",
        "verbatim": "平成15年度~",
    }]  # fmt: skip
    assert page["strait-governors-meeting"].norm["fromFiscalYear"] == "1992"


# ---- 4. identity of places and governments (4.2 is about document 002; 4.16 to 4.18, 4.20 about the reference tables)


def test_4_1_short_names_in_the_list_of_near_are_prefectures(page):
    members = [m["member"] for m in page["hyogo-near"].norm["memberships"]]
    assert members == [
        "jp-aomori-ken", "jp-yamagata-ken", "jp-niigata-ken", "jp-toyama-ken", "jp-ishikawa-ken", "jp-fukui-ken",
        "jp-kyoto-fu", "jp-hyogo-ken", "jp-tottori-ken", "jp-shimane-ken",
    ]  # fmt: skip
    assert slugs(page["hyogo-near"], "counterparts") == members


def test_4_3_a_prefecture_and_its_city_of_one_name_are_two(table, page):
    reporters = {record.key: slugs(record, "reporters") for record in page.records}
    assert reporters["yamaguchi-three-city-symposium"] == ["jp-yamaguchi-yamaguchi-shi"]
    assert reporters["saga-xu-fu-symposium"] == ["jp-saga-saga-shi"]
    assert reporters["kitakyushu-oeaed"] == ["jp-fukuoka-kitakyushu-shi"]
    assert reporters["osaka-golden-triangle"] == ["jp-osaka-osaka-shi"]
    assert reporters["saitama-cities-for-mobility"] == ["jp-saitama-saitama-shi"]
    assert names_of(page["kitakyushu-oeaed"], "jp-fukuoka-ken") == {"福岡県"}
    hosts = {host["name"]: host["lg"] for record in table.records for host in record.norm["hosts"]}
    for name, key in hosts.items():
        assert name.endswith("Prefecture") == key.endswith(("-ken", "-fu")), (name, key)
    assert hosts["Shizuoka City"] == "jp-shizuoka-shizuoka-shi" and hosts["Kyoto Prefecture"] == "jp-kyoto-fu"


def test_4_4_six_towns_called_new_castle(page):
    record = page["shinshiro-newcastle-summit"]
    members = {m["member"] for m in record.norm["memberships"]}
    assert members == {
        "jp-aichi-shinshiro-shi", "ch-ne-neuchatel", "za-kzn-newcastle", "de-by-neuburg-an-der-donau",
        "gb-net-newcastle-upon-tyne", "us-in-new-castle",
    }  # fmt: skip
    assert "ニューキャッスル市" in names_of(record, "za-kzn-newcastle") & names_of(record, "us-in-new-castle")


def test_4_5_donghae_is_not_tokai(page):
    assert slugs(page["sakaiminato-ferry-exchange"], "counterparts") == ["kr-42-donghae", "ru-pri-vladivostok"]


def test_4_6_sakai_is_not_sakaiminato(table, page):
    assert table["2012-singapore"].norm["hosts"] == [{"lg": "jp-osaka-sakai-shi", "name": "Sakai City"}]
    assert slugs(page["sakaiminato-ferry-exchange"], "reporters") == ["jp-tottori-sakaiminato-shi"]


def test_4_7_and_4_8_towns_whose_prefecture_the_page_does_not_print(table):
    found = {key: [host["lg"] for host in table[key].norm["hosts"]] for key in (
        "2018-sydney", "2013-paris", "2013-beijing", "2016-london", "2015-sydney",
    )}  # fmt: skip
    assert found == {
        "2018-sydney": ["jp-saga-kohoku-machi"],
        "2013-paris": ["jp-hiroshima-hiroshima-shi", "jp-hiroshima-kumano-cho"],
        "2013-beijing": ["jp-mie-ise-shi", "jp-mie-taki-cho"],
        "2016-london": ["jp-fukushima-iwaki-shi"],
        "2015-sydney": ["jp-nara-yamatotakada-shi"],
    }
    assert table["2015-sydney"].norm["hosts"][0]["name"] == "Yamato Takada City"


def test_4_9_shiga_is_not_saga(table, page):
    assert [host["lg"] for host in table["2016-beijing"].norm["hosts"]] == ["jp-shiga-ken"]
    assert "jp-saga-ken" in slugs(page["strait-governors-meeting"], "reporters")


def test_4_10_kawasaki_is_the_town_in_miyagi(page):
    members = [m["member"] for m in page["zao-uk-exchange"].norm["memberships"]]
    assert members == ["jp-miyagi-murata-machi", "jp-miyagi-kawasaki-machi", "jp-miyagi-zao-machi"]


def test_4_11_a_union_its_members_and_three_boards(page):
    record = page["rikuzentakata-youth-abroad"]
    assert slugs(record, "organisers") == [
        "kesen-regional-union", "ofunato-board-of-education", "rikuzentakata-board-of-education",
        "sumita-board-of-education",
    ]  # fmt: skip
    assert {(m["slug"], m["member"]) for m in record.norm["memberships"]} == {
        ("kesen-regional-union", member)
        for member in ("jp-iwate-ofunato-shi", "jp-iwate-rikuzentakata-shi", "jp-iwate-sumita-cho")
    }


def test_4_12_and_4_13_jeju_is_one_and_saga_city_is_no_part_of_the_strait_conference(page):
    assert "kr-jeju" in slugs(page["strait-governors-meeting"], "counterparts")
    assert "kr-jeju" in slugs(page["okinawa-itop-forum"], "organisers")
    assert slugs(page["saga-xu-fu-symposium"], "counterparts")[2] == "kr-49-seogwipo"
    assert "jp-saga-saga-shi" not in str(page["strait-governors-meeting"].norm)


def test_4_14_a_state_glued_to_a_region(page):
    assert names_of(page["okinawa-itop-forum"], "lk-southern-province") >= {"南部州"}
    assert names_of(page["okinawa-itop-forum"], "lk") == {"スリランカ民主社会主義共和国"}


def test_4_15_one_country_under_several_names(page):
    forms = {}
    for record in page.records:
        for entry in record.norm["names"]:
            if entry["kind"] == "country":
                forms.setdefault(entry["slug"], set()).add(entry["name"])
    assert forms["kr"] == {"韓国", "大韓民国"} and forms["cn"] == {"中国", "中華人民共和国"}
    assert forms["gb"] == {"イギリス", "英国"} and forms["us"] == {"アメリカ", "アメリカ合衆国"}
    assert forms["ru"] == {"ロシア", "ロシア連邦"}
    assert slugs(page["shirakawa-japan-france"], "countries") == ["jp", "fr"]
    assert slugs(page["osaka-golden-triangle"], "countries") == ["cn", "kr"]
    assert slugs(page["hyogo-near"], "countries") == ["cn", "kr", "kp", "mn", "ru"]


def test_4_19_counts_make_no_members(page):
    assert len(page["hyogo-near"].norm["memberships"]) == 10
    assert {p["country"]: p["members"] for p in page["hyogo-near"].norm["parts"]} == {
        "jp": 10, "cn": 6, "kr": 15, "kp": 2, "mn": 22, "ru": 15,
    }  # fmt: skip
    roles = [(m["member"], m["role"]) for m in page["sapporo-world-winter-cities"].norm["memberships"]]
    assert roles == [("jp-hokkaido-sapporo-shi", "secretariat")]
    for key in ("shirakawa-japan-france", "saitama-cities-for-mobility"):
        assert page[key].norm["counterparts"] == page[key].norm["memberships"] == []


# ---- 5. records, roles and evidence, as far as this step decides them


def test_5_1_to_5_4_seventeen_records_twenty_reporters(page):
    assert len(page.records) == 17
    assert [r.norm["kind"] for r in page.records] == ["meeting"] * 12 + ["people-exchange"] * 5
    assert sum(len(slugs(record, "reporters")) for record in page.records) == 20
    assert page["kitakyushu-oeaed"].passages["description"].lines == (114, 127)


def test_5_6_to_5_8_and_5_11_members_observers_secretariat(page):
    counted = {}
    for record in page.records:
        for m in record.norm["memberships"]:
            counted.setdefault((m["slug"], m["role"]), set()).add(m["member"])
    assert {key: len(members) for key, members in counted.items()} == {
        ("world-winter-cities", "secretariat"): 1, ("uclg", "member"): 1, ("newcastle-alliance", "member"): 6,
        ("near", "member"): 10, ("oeaed", "member"): 10, ("itop-forum", "member"): 8, ("itop-forum", "observer"): 4,
        ("kesen-regional-union", "member"): 3, ("miyagi-zao-sangenkyo-council", "member"): 3,
    }  # fmt: skip
    assert "jp-fukuoka-kitakyushu-shi" in counted["oeaed", "member"]
    assert not set(slugs(page["okinawa-itop-forum"], "organisers")) & counted["itop-forum", "observer"]


@pytest.mark.parametrize(
    ("key", "passage", "lines"),
    [
        ("hyogo-near", "members", (84, 84)), ("hyogo-near", "count", (82, 83)), ("hyogo-near", "parts", (83, 83)),
        ("hamamatsu-uclg", "membership", (47, 48)), ("okinawa-itop-forum", "members", (141, 141)),
        ("okinawa-itop-forum", "observers", (142, 142)), ("sapporo-world-winter-cities", "count", (27, 27)),
        ("kitakyushu-oeaed", "members", (111, 113)), ("zao-uk-exchange", "members", (174, 174)),
    ],
)  # fmt: skip
def test_statements_rest_on_the_narrowest_passage(page, key, passage, lines):
    record = page[key]
    assert record.passages[passage].lines == lines
    cited = [s["evidence"] for name in ("memberships", "counts", "parts") for s in record.norm[name]]
    assert f"004-{key}-{passage}" in cited
    assert {entry.removeprefix(f"004-{key}-") for entry in cited} <= set(record.passages)


def test_5_18_a_network_with_two_names(page):
    record = page["shinshiro-newcastle-summit"]
    assert names_of(record, "newcastle-alliance") == {"世界ニューキャッスルアライアンス"}
    assert names_of(record, "newcastle-summit") == {record.norm["name"]} == {"世界ニューキャッスル(新城)サミット"}
    assert record.norm["convenes"] == [{"network": "newcastle-alliance", "programme": "newcastle-summit"}]


def test_prose_is_not_kept_but_its_place_and_hash_are(page):
    for record in page.records:
        passage = record.passages["description"]
        text = page.text[slice(*passage.chars)]
        assert passage.sha256 == hashlib.sha256(text.encode("utf-8")).hexdigest()
        for line in text.split("\n"):
            assert len(line) < 25 or line not in str(record.verbatim) + str(record.norm)
