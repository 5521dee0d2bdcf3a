"""The overview: pictures that agree with the data, as tables and as files; and links by which readers report errors."""

from __future__ import annotations

import csv
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from browser_support import PHONE, axe_violations, visiting
from conftest import ROOT, SHARED, missing
from endpoint.delivery import RELEASE
from endpoint.outlines import unrolled
from endpoint.overview import KINDS, NAMES
from endpoint.pictures import SOUTH, NORTH, WEST, WORLD, at
from endpoint.reports import is_address
from endpoint_support import Server, running, write_release
from kg import published
from kg.cli import commands
from kg.errors import MisuseError
from kg.project import Project
from kg.query_text import completed
from kg.vocabulary import Vocabulary

SVG = "{http://www.w3.org/2000/svg}"
THING = "/doc/seminar/2018-london"
MAIL, FORM = "mailto:errors@example.org", "https://example.org/report?project=1"


def ask(site: Server, query: str) -> list[str]:
    own = Vocabulary(Project(ROOT))
    return site.query(completed(query, own.base, own.prefixes), "application/sparql-results+json").values("n")


def picture(server: Server, name: str, language: str = "en") -> ElementTree.Element:
    reply = server.get(f"/overview/{name}.svg?lang={language}")
    assert (reply.status, reply.type) == (200, "image/svg+xml")
    return ElementTree.fromstring(reply.body)


def words(drawing: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in drawing.iter(f"{SVG}text")]


def test_the_numbers_of_the_pictures_are_those_of_the_data(site: Server) -> None:
    (seminars,) = ask(site, "SELECT (COUNT(DISTINCT ?s) AS ?n) WHERE { ?s a jichi:Seminar }")
    (offices,) = ask(site, "SELECT (COUNT(DISTINCT ?o) AS ?n) WHERE { ?s a jichi:Seminar ; jichi:invitedBy ?o }")
    heat = picture(site, "seminars")
    cells = list(heat.iter(f"{SVG}rect"))
    sums = [int(text.text or "") for text in heat.iter(f"{SVG}text") if text.get("font-weight")]
    assert len(sums) == int(offices) and sum(sums) == int(seminars) >= len(cells) > 40
    assert f"{seminars} seminars to which {offices} overseas offices invited" in site.get("/overview?lang=en", "text/html").text


def test_every_prefecture_is_a_tile_with_its_number(site: Server) -> None:
    """All 47, in the order of their codes; the numbers are those that an example query counts."""
    drawing = picture(site, "hosts")
    shown = words(drawing)
    numbers, names = ([text for text in shown if text.isdigit() == wanted] for wanted in (True, False))
    asked = ask(site, (ROOT / "endpoint/examples/hosts-by-prefecture.rq").read_text("utf-8").replace("?seminars)", "?n)")
                .replace("DESC(?seminars)", "DESC(?n)"))  # fmt: skip
    assert sorted(numbers, reverse=True) == asked and shown[shown.index("Nagasaki") + 1] == asked[0]
    assert len({(tile.get("x"), tile.get("y")) for tile in drawing.iter(f"{SVG}rect")}) == len(names) == 47
    authority = SHARED / "authority" / "jp_local_governments.csv"
    if not authority.is_file():
        missing("../shared/authority/jp_local_governments.csv")
    with authority.open(encoding="utf-8", newline="") as file:
        prefectures = sorted((row["code5"], row["prefecture_en"], row["name_ja"]) for row in csv.DictReader(file) if row["code5"].endswith("000"))
    assert names == [english for _, english, _ in prefectures]
    japanese = [text for text in words(picture(site, "hosts", "ja")) if not text.isdigit()]
    assert all(full.startswith(short) for (_, _, full), short in zip(prefectures, japanese, strict=True))


def test_every_picture_is_a_table_too_and_a_file_without_style_or_script(site: Server) -> None:
    page = site.get("/overview?lang=ja", "text/html")
    assert page.status == 200 and page.headers["content-language"] == "ja"
    assert page.text.count("<table>") == len(NAMES) and "<style" not in page.text
    for name in NAMES:
        drawing = picture(site, name, "ja")
        assert drawing.tag == f"{SVG}svg" and drawing.find(f"{SVG}title") is not None
        assert not [part for part in drawing.iter() if part.tag in (f"{SVG}style", f"{SVG}script") or part.get("style")]
    assert "長崎" in words(picture(site, "hosts", "ja"))
    assert site.get("/overview/nothing.svg").status == 404
    queries = re.findall(r'href="(/sparql\?query=[^"]+)"', page.text)
    assert len(queries) == len(NAMES)
    for query in queries:
        assert site.get(unescape(query), "text/csv").text.count("\n") > 20


def arcs(drawing: ElementTree.Element) -> dict[tuple[str, str], str]:
    """The paths of the ties, by name and class."""
    found = [(path, path.find(f"{SVG}title")) for path in drawing.iter(f"{SVG}path")]
    return {(title.text or "", path.get("class") or ""): path.get("d") or "" for path, title in found if title is not None}


def test_ties_with_coordinates_at_both_ends_are_arcs_from_japan(site: Server) -> None:
    found = arcs(picture(site, "ties"))
    x, y = at((129.8777778, 32.75027778))
    assert found["Nagasaki City – Saint Paul", "arc affiliation"].startswith(f"M{x:g},{y:g}Q")
    assert ("Miyagi Prefecture – CLAIR London", "arc office") in found and {kind.split()[1] for _, kind in found} <= set(KINDS)
    text = site.get("/overview?lang=en", "text/html").text
    shown, number, missing = map(int, re.search(r"(\d+) of (\d+) ties of .*?The other (\d+) are not on the map", text).groups())
    assert (shown, shown + missing) == (text.count("<td>yes</td>"), number) and text.count("<td>no</td>") == missing
    assert shown > 60 and not [name for name, _ in found if "Jeju" in name], "no source used has the position of Jeju"
    assert 'href="/overview' in site.get("/", "text/html").text


def test_every_tie_that_is_not_on_the_map_lacks_a_position(site: Server) -> None:
    """Asked of the data: an end that has a position, or whose place has one, is drawn."""
    query = (ROOT / "endpoint/queries/overview-ties.rq").read_text("utf-8")
    inner = query[query.index("SELECT"):].replace(" ?place ?country WHERE", " WHERE", 1)
    both = ask(site, f"SELECT (COUNT(*) AS ?n) WHERE {{ {{ {inner} }} FILTER EXISTS {{ ?own wgs:lat ?a }}"
                     " FILTER EXISTS { ?other schema:location?/wgs:lat ?b } }")  # fmt: skip
    page = site.get("/overview?lang=en", "text/html").text
    assert both == [str(page.count("<td>yes</td>"))]


@pytest.fixture(scope="module")
def bare(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release without any position."""
    own = Vocabulary(Project(ROOT))
    lines = (published.current(built) / published.DATA).read_text("utf-8").splitlines()
    return write_release(tmp_path_factory.mktemp("bare"), [line for line in lines if "geosparql" not in line], own)


@pytest.fixture(scope="module")
def reporting(bare: Path):
    with running(bare, ROOT, report_to=MAIL) as server:
        yield server


def test_without_coordinates_no_arc_is_drawn_and_the_page_says_so(reporting: Server) -> None:
    text = reporting.get("/overview?lang=en", "text/html").text
    number = int(re.search(r"None of the (\d+) ties can be drawn", text)[1])
    assert text.count("<td>no</td>") == number > 100 and "<td>yes</td>" not in text and arcs(picture(reporting, "ties")) == {}


def test_the_map_of_the_world_is_cut_in_the_atlantic() -> None:
    assert at((WEST, NORTH)) == (0, 0) and at((150, 0))[0] == WORLD / 2
    assert at((-74, 40.7))[0] > at((139.7, 35.7))[0] > at((-0.1, 51.5))[0], "New York, Tokyo, London from right to left"
    rings = unrolled((WEST, SOUTH, WEST + 360, NORTH))
    points = [point for ring in rings for point in ring]
    assert all(WEST <= x <= WEST + 360 and SOUTH <= y <= NORTH for x, y in points)
    inner = [(a, b) for ring in rings for a, b in zip(ring, ring[1:], strict=False) if {a[1], b[1]}.isdisjoint({NORTH, SOUTH})]
    assert max(abs(a[0] - b[0]) for a, b in inner) < 30, "no line runs across the map where a ring meets the date line"


def test_a_visitor_opens_the_table_of_a_picture(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/overview", PHONE, "ja") as visit:
        visit.page.locator("#hosts summary").click()
        assert visit.page.locator("#hosts tbody tr").first.is_visible()
        bar = visit.page.locator("#countries rect.length").first.bounding_box()
        assert bar and bar["width"] > 80


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_page_with_links_for_reports_is_whole(reporting: Server, browser: Browser, language: str) -> None:
    with visiting(browser, f"{reporting.address}{THING}", PHONE, language) as visit:
        assert axe_violations(visit.page) == [] and visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


# ---- report an error


def links(server: Server, language: str = "en") -> list[str]:
    found = server.get(f"{THING}?lang={language}", "text/html").text
    return [unescape(link) for link in re.findall(r'href="((?:mailto:|https://example\.org/report)[^"]*)"', found)]


def test_a_report_has_the_thing_the_statement_the_page_and_the_release(site: Server, reporting: Server) -> None:
    assert links(site) == [], "off where no address is given"
    found = links(reporting)
    release = reporting.get("/").headers[RELEASE.lower()]
    bodies = [parse_qs(urlsplit(link).query)["body"][0].split("\r\n") for link in found]
    base = Vocabulary(Project(ROOT)).base
    assert len(found) > 5 and all("+" not in urlsplit(link).query for link in found)
    for body in bodies:
        assert body[0] == f"Entity: {base}id/seminar/2018-london" and f"Page: {base}doc/seminar/2018-london" in body
        assert f"Release: {release}" in body
    statements = [line for body in bodies for line in body if line.startswith("Statement: ")]
    assert len(statements) == len(found) - 1 and any("jichi:invitedBy CLAIR London" in line for line in statements)
    assert "記述: " in parse_qs(urlsplit(links(reporting, "ja")[0]).query)["body"][0]


def test_a_form_of_another_site_gets_arguments(built: Path) -> None:
    with running(built / "current", ROOT, report_to=FORM) as server:
        given = parse_qs(urlsplit(links(server)[0]).query)
        assert given["project"] == ["1"] and set(given) == {"project", "entity", "statement", "page", "release"}


@pytest.mark.parametrize("address", [
    "javascript:alert(1)", "http://example.org/", "errors@example.org", "mailto:", "mailto:a@b@c", "mailto:a@b?cc=x@y",
    "https://", "https://example.org/ x", "https://example.org/#a", "mailto:a@b\r\nBcc:c", 'https://example.org/"', "https://[",
])  # fmt: skip
def test_an_address_that_reports_cannot_go_to_is_refused_at_once(address: str) -> None:
    assert not is_address(address) and is_address(MAIL) and is_address(FORM)
    for language, part in (("en", "expected mailto:"), ("ja", "必要です")):
        result = CliRunner().invoke(commands(language), ["serve", "--report-to", address])
        assert isinstance(result.exception, MisuseError) and result.exception.exit_code == 2
        assert part in result.exception.text(language)
