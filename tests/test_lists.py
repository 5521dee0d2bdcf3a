"""Lists: facets, years, order; and the same things in every form, over the socket."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from urllib.parse import quote

import pytest

from endpoint.facets import caption, queries
from endpoint.listing import PER_PAGE
from endpoint_support import Server
from kg.collation import by_reading
from kg.store import parse

NAMED = ["Seminar", "LocalGovernment", "ReportedActivity", "Membership", "ChangeEvent"]


def rows_of(site: Server, address: str) -> list[dict[str, str]]:
    answer = site.get(address)
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8"), newline="")))


def on_screen(page: str) -> list[list[str]]:
    """The cells of the table of a page as a reader sees them, one text a value."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)[1]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("arguments", ["", "?sort=reading", "?sort=newest", "?country=jp", "?fiscal-year=2015&lang=ja"])
def test_every_form_has_the_rows_of_the_screen_in_their_order(site: Server, name: str, arguments: str):
    link = "&" if "?" in arguments else "?"
    page = site.get(f"/list/{name}.html{arguments}").text
    hrefs = re.findall(r'<th scope="row"><a href="/doc/([^"?]*)', page)
    table = rows_of(site, f"/list/{name}.csv{arguments}")
    data = site.get(f"/list/{name}.json{arguments}").json()
    graph = parse(site.get(f"/list/{name}.ttl{arguments}").body, "turtle")
    iris = [row["iri"] for row in table]
    assert [iri.partition("/id/")[2] for iri in iris[:PER_PAGE]] == hrefs
    assert [row["iri"] for row in data["rows"]] == iris and data["number"] == len(iris)
    typed = {line.split()[0][1:-1] for line in graph if f"> <{data['class']}> ." in line}
    assert typed == set(iris)
    shown = re.search(r"<strong>(\d+)", page)[1]
    assert int(shown) == len(iris), link


def test_every_cell_of_the_screen_is_in_the_file(site: Server):
    text = site.get("/list/Seminar.html?office=london&lang=ja").text
    captions = re.findall(r'<th scope="col">(.*?)</th>', text)
    page = on_screen(text)
    table = rows_of(site, "/list/Seminar.csv?office=london&lang=ja")
    assert len(page) == len(table) == 7
    for cells, row in zip(page, table, strict=True):
        written = {part for text in row.values() for part in text.split("|")}
        assert row["label_ja"] in cells[0] and row["label_en"] in cells[0]
        assert cells[1] in written, "the fiscal year"
        said = dict(zip(captions, cells, strict=True))
        assert row["hostedBy_label_ja"].replace("|", "") == said["受入自治体"]
        assert row["invitedBy_label_ja"] == said["招へい事務所"]
        assert row["theme_en"].replace("|", "") == said["テーマ"]
        year, month, day = row["startDate"].split("-")
        assert said["初日"] == f"{year}年{int(month)}月{int(day)}日"


def test_the_number_of_rows_is_what_sparql_counts(site: Server):
    counted = site.query(
        "PREFIX jichi: <https://w3id.org/jichi/def#> SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a jichi:Seminar ; jichi:hostedBy/jichi:inPrefecture? "
        "<https://w3id.org/jichi/id/lg/jp-nagasaki-ken> }",
        "application/sparql-results+json",
    ).values("n")
    assert [str(len(rows_of(site, "/list/Seminar.csv?prefecture=jp-nagasaki-ken")))] == counted != ["0"]


def test_values_of_a_facet_are_alternatives_and_facets_narrow_each_other(site: Server):
    def number(arguments: str) -> int:
        return len(rows_of(site, f"/list/Seminar.csv?{arguments}"))

    assert number("office=london&office=paris") == number("office=london") + number("office=paris") == 14
    assert number("office=london&fiscal-year=2018") == 1
    assert number("from=2018&to=2018") < number("from=2018") < number("")
    assert number("from=1990&to=1991") == 0


def test_the_number_beside_a_value_is_what_choosing_it_leaves(site: Server):
    page = site.get("/list/Seminar.html?fiscal-year=2015&lang=en").text
    choices = re.findall(r'name="(office|prefecture)" value="([^"]*)".*?class="count">(\d+)<', page)
    assert len(choices) > 10
    for facet, value, number in choices:
        assert len(rows_of(site, f"/list/Seminar.csv?fiscal-year=2015&{facet}={quote(value)}")) == int(number), value


def test_lists_are_sorted_by_reading_by_name_and_by_date(site: Server):
    by_kana = [row["altLabel_ja_hrkt"] for row in rows_of(site, "/list/LocalGovernment.csv?country=jp&sort=reading")]
    assert by_kana == sorted(by_kana, key=by_reading) and len(by_kana) > 80 and all(by_kana)
    english = [row["label_en"] for row in rows_of(site, "/list/LocalGovernment.csv?country=jp&sort=name&lang=en")]
    assert english == sorted(english, key=str.casefold)
    dates = [row["startDate"] for row in rows_of(site, "/list/Seminar.csv?sort=date")]
    assert dates == sorted(dates) and len(dates) == 48
    assert [row["startDate"] for row in rows_of(site, "/list/Seminar.csv?sort=newest")] == sorted(dates, reverse=True)


def test_the_button_for_spreadsheets_gives_a_mark_and_no_formula(site: Server):
    plain, button = (site.get(f"/list/ContactPoint.csv{end}") for end in ("", "?spreadsheet=1"))
    assert not plain.body.startswith(b"\xef\xbb\xbf") and button.body.startswith(b"\xef\xbb\xbf")
    numbers, harmless = (
        [row["telephone"] for row in csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""))] for answer in (plain, button)
    )
    assert any(number.startswith("+") for number in numbers)
    assert harmless == [f"'{number}" if number.startswith("+") else number for number in numbers]
    assert 'filename="ContactPoint-spreadsheet.csv"' in button.headers["content-disposition"]


def test_a_long_list_is_paged_and_its_files_are_whole_or_the_same_page(site: Server):
    page = site.get("/list/Evidence.html?page=2").text
    hrefs = re.findall(r'<th scope="row"><a href="/doc/([^"?]*)', page)
    assert len(hrefs) == PER_PAGE and 'rel="next"' in page and 'rel="prev"' in page
    assert [row["iri"].partition("/id/")[2] for row in rows_of(site, "/list/Evidence.csv?page=2")] == hrefs
    assert len(rows_of(site, "/list/Evidence.csv")) > 2 * PER_PAGE


@pytest.mark.parametrize(
    "arguments", ["office=londn", "sort=colour", "page=0", "page=x", "from=20O5", "to=10000", "spreadsheet=yes"]
)
def test_an_argument_that_means_nothing_is_refused_with_what_is_known(site: Server, arguments: str):
    answer = site.get(f"/list/Seminar.json?{arguments}")
    assert (answer.status, answer.json()["code"]) == (400, "argument-bad")
    assert answer.json()["name"] == arguments.partition("=")[0] and answer.json()["expected"]


def test_an_unknown_list_or_form_names_the_nearest(site: Server):
    assert site.get("/list/Seminars").json()["near"] == ["/list/Seminar"]
    assert site.get("/list/Seminar.xlsx").status == 404
    assert site.get("/list/Seminar", "image/png").status == 406
    assert site.get("/list/Seminar", "text/turtle").type == "text/turtle"


def test_a_list_is_the_same_bytes_under_its_etag(site: Server):
    first = site.get("/list/Seminar.csv")
    again = site.get("/list/Seminar.csv", If_None_Match=first.headers["etag"])
    assert again.status == 304 and "accept-language" in first.headers["vary"].lower()


def test_every_class_that_has_things_has_a_list(site: Server):
    lists = site.get("/list", "application/json").json()["lists"]
    assert len(lists) > 30
    for found in lists:
        assert site.get(f"/list/{found['name']}.json?page=1").json()["class"] == found["class"]


def test_every_facet_has_a_caption_in_both_languages_and_narrows_some_list(site: Server):
    assert set(queries()) >= {"office", "fiscal-year", "prefecture", "country", "kind"}
    everywhere = "".join(site.get(f"/list/{name}.html").text for name in [*NAMED, "Network"])
    for name, text in queries().items():
        words = dict(caption(text).by_language)
        assert words["en"].isascii() and not words["ja"].isascii()
        assert f'name="{name}"' in everywhere


def test_the_queries_that_a_list_shows_can_be_asked(site: Server):
    page = site.get("/list/Seminar.html?lang=en").text
    texts = [html.unescape(text) for text in re.findall(r"<pre[^>]*><code>(.*?)</code>", page, re.DOTALL)]
    assert len(texts) >= 4
    for text in texts:
        assert site.query(text).status == 200, text
    found = json.dumps(site.query(texts[0], "application/n-triples").text)
    assert found.count("seminar/2018-london>") > 5


def test_a_list_of_what_has_a_position_has_a_map_and_no_column_of_parts(site: Server):
    page = site.get("/list/LocalGovernment?country=jp&lang=en", "text/html").text
    (title,) = re.findall(r'<title id="map-title">([^<]*)</title>', page)
    assert {"Nagasaki City", "Miyagi Prefecture"} <= set(title.removeprefix("Map with ").split(", ")) and "geometry" not in page
    assert "hasGeometry" in site.get("/list/LocalGovernment.csv").text.partition("\n")[0]
    assert "map-title" not in site.get("/list/Seminar", "text/html").text
