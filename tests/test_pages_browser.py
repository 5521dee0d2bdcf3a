"""The pages in a real browser: what a visitor sees, in both languages, at both widths, with and without scripts."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from browser_support import DESK, PHONE, axe_violations, visiting
from endpoint_support import Server

PAGES = [
    "/", "/list", "/list/Seminar?office=london", "/list/Evidence?page=2", "/search?q=NEAR", "/search?q=Hamamatsi", "/doc/lg/jp-shizuoka-hamamatsu-shi",
    "/overview", "/def", "/doc/document/004", "/dataset", "/release", "/doc/seminar/2018-london", "/doc/country/jp", "/doc/count/near-004", "/vocab/role", "/graph", "/dump/", "/errors", "/nothing",
]  # fmt: skip
"""one of each kind"""


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_in_the_readers_language_at_both_widths(site: Server, browser: Browser, path: str, language: str) -> None:
    """No sideways scroll, no request to another host, nothing to complain of, nothing that axe finds; dark on the desk."""
    for size in (PHONE, DESK):
        with visiting(browser, f"{site.address}{path}", size, language, dark=size == DESK) as visit:
            assert visit.page.get_attribute("html", "lang") == language
            assert visit.foreign_requests == []
            assert [said for said in visit.complaints if path != "/nothing" or "404" not in said] == []
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
            assert axe_violations(visit.page) == []
            with_scripts = visit.page.inner_text("main")
    if language == "en":
        return
    with visiting(browser, f"{site.address}{path}", DESK, language, scripts=False) as visit:
        without = visit.page.inner_text("main")
    assert re.sub(r"\s+コピー\b", "", " ".join(with_scripts.split())) == " ".join(without.split())


PAPER = 680
"""CSS pixels between the margins of a sheet of A4"""


def test_on_paper_nothing_is_cut_off_and_nothing_is_there_to_click(site: Server, browser: Browser) -> None:
    query = "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 3"
    for path in ("/list/Seminar", "/def", "/overview", "/doc/network/near", f"/sparql?{urlencode({'query': query})}"):
        with visiting(browser, f"{site.address}{path}", (PAPER, 900), "en", dark=True) as visit:
            page = visit.page
            page.emulate_media(media="print", color_scheme="dark")
            assert page.evaluate("document.documentElement.scrollWidth") <= PAPER, path
            wide = "all => all.filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.className)"
            assert page.locator("main .scroll, main .canvas, main pre").evaluate_all(wide) == [], path
            assert page.locator("header.top, main button:not(th button), main .button, main summary").evaluate_all(
                "all => all.filter(part => part.checkVisibility()).map(part => part.outerHTML)"
            ) == [], path
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert ("LIMIT 3" in page.inner_text("main")) == path.startswith("/sparql"), "the query stands above its answer"


def test_every_page_has_a_title_of_its_own(site: Server) -> None:
    titles = [re.search(r"<title>(.*?)</title>", site.get(path, "text/html", Accept_Language="ja").text)[1] for path in PAGES]
    assert len(set(titles)) == len(titles)


# ---- without a mouse


def test_a_thing_is_found_and_read_with_the_keyboard_alone(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/", DESK, "ja") as visit:
        page = visit.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        while page.evaluate("document.activeElement.id") != "find":
            page.keyboard.press("Tab")
        page.keyboard.type("はまま")
        page.wait_for_selector("#suggestions li")
        page.keyboard.press("ArrowDown")
        assert page.get_attribute("#find", "aria-activedescendant") == "suggestion-0"
        page.keyboard.press("Escape")
        assert page.is_hidden("#suggestions")
        page.keyboard.type("つ")
        page.wait_for_selector("#suggestions li:visible")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/doc/lg/jp-shizuoka-hamamatsu-shi")
        assert page.inner_text("h1") == "浜松市"


def test_a_list_is_narrowed_with_the_keyboard_alone(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/list/Seminar", DESK, "en", scripts=False) as visit:
        page = visit.page
        box = page.get_by_role("checkbox", name="CLAIR London")
        box.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.wait_for_url("**office=london**")
        assert "7 found" in page.inner_text("main")


def test_the_switch_keeps_what_was_asked_and_the_language_stays(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/list/Seminar?office=london", DESK, "en") as visit:
        visit.page.get_by_role("link", name="日本語").click()
        assert "7件" in visit.page.inner_text("main") and "office=london" in visit.page.url
        visit.page.locator("table.things tbody a").first.click()
        assert visit.page.get_attribute("html", "lang") == "ja"


# ---- what the scripts add


def test_the_citation_names_the_release_and_is_copied(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/doc/network/near", DESK, "en") as visit:
        visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        visit.page.get_by_role("button", name="Copy").click()
        visit.page.wait_for_selector("button.done")
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert copied == visit.page.inner_text("#citation")
        assert re.search(r"release [0-9a-f]{12}\. https://w3id.org/jichi/id/network/near$", copied)


# ---- what a page of a thing holds


def test_the_data_in_a_page_is_what_the_turtle_says_of_the_thing(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/doc/seminar/2018-london", DESK, "en") as visit:
        data = json.loads(visit.page.inner_text('script[type="application/ld+json"]') or visit.page.text_content('script[type="application/ld+json"]'))
    iri = "https://w3id.org/jichi/id/seminar/2018-london"
    said = {line for line in site.get("/doc/seminar/2018-london.nt").text.splitlines() if line.startswith(f"<{iri}> ")}
    (node,) = data
    assert node["@id"] == iri
    assert sum(len(values) for key, values in node.items() if key != "@id") == len(said)


def test_what_leads_to_a_thing_is_counted_and_paged(site: Server, browser: Browser) -> None:
    counted = site.query(
        "SELECT (COUNT(*) AS ?n) { ?s ?p <https://w3id.org/jichi/id/country/jp> }", "application/sparql-results+json"
    ).values("n")
    with visiting(browser, f"{site.address}/doc/country/jp", DESK, "en", scripts=False) as visit:
        page, seen = visit.page, 0
        assert page.inner_text("#used h2 .count") == counted[0]
        for _ in range(20):
            seen += page.locator("#used dd .value").count()
            onward = page.locator("#used").get_by_role("link", name="Next")
            if not onward.count():
                break
            onward.click()
    assert seen == int(counted[0]) > 100


def test_every_statement_leads_to_its_line(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/doc/seminar/2018-london", DESK, "en") as visit:
        mark = visit.page.locator(".value", has_text="Rebuilding Through Regional Potential").locator("a.mark")
        assert mark.inner_text() == "stated 000, lines 29–30"
        assert re.fullmatch(r"/doc/document/000-[0-9a-f]{12}#L29", mark.get_attribute("href") or "")
        kinds = {item.strip() for item in visit.page.locator(".value .mark .how").all_inner_texts()}
        assert {"stated", "inferred"} <= kinds


def test_the_queries_that_a_page_shows_give_what_it_says(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/doc/seminar/2018-london", DESK, "en") as visit:
        texts = visit.page.locator("details pre").all_text_contents()
        links = visit.page.locator("details a", has_text="Ask again").count()
    assert len(texts) == links == 3
    triples = site.query(texts[0], "application/n-triples").text.splitlines()
    own = [line for line in site.get("/doc/seminar/2018-london.nt").text.splitlines() if line.startswith("<https://w3id.org/jichi/id/seminar/2018-london> ")]
    assert sorted(triples) == sorted(own)
    for text in texts[1:]:
        assert site.query(text, "application/sparql-results+json").json()["results"]["bindings"]


def test_the_timeline_has_the_dated_things_in_order(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/doc/lg/jp-shizuoka-hamamatsu-shi", PHONE, "en") as visit:
        years = visit.page.locator(".timeline .years").all_inner_texts()
        bars = visit.page.locator(".timeline rect").evaluate_all("all => all.map(bar => Number(bar.getAttribute('x')))")
        names = visit.page.locator(".timeline li a").all_inner_texts()
    assert "2005" in years and years == sorted(years) and bars == sorted(bars) and len(bars) == len(years)
    assert any("Designation of Hamamatsu City" in name for name in names)


def test_the_same_thing_elsewhere_is_linked(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/doc/lg/jp-miyagi-ken", DESK, "ja") as visit:
        links = visit.page.locator(".elsewhere a")
        found = {link.inner_text(): link.get_attribute("href") for link in links.all()}
        readings = visit.page.locator(".readings").inner_text()
    assert found["Wikidata"] == "http://www.wikidata.org/entity/Q47896" and {"e-Stat", "GeoNames"} <= set(found)
    assert "みやぎけん" in readings and "Miyagi-ken" in readings


# ---- five errands of visitors, by what a person sees


@pytest.fixture
def visitor(site: Server, browser: Browser) -> Iterator[Page]:
    with visiting(browser, f"{site.address}/", DESK, "en") as visit:
        yield visit.page


def column(page: Page, caption: str) -> list[str]:
    captions = [text.lower() for text in page.locator("table.things thead th").all_inner_texts()]
    at = captions.index(caption.lower())
    return page.locator(f"table.things tbody tr > :nth-child({at + 1})").all_inner_texts()


def test_errand_which_offices_invited_to_kyushu_since_2015(site: Server, visitor: Page) -> None:
    visitor.get_by_role("link", name="Lists", exact=True).click()
    visitor.get_by_role("link", name="exchange and cooperation seminar").click()
    for name in ("Fukuoka", "Saga", "Nagasaki", "Kumamoto", "Oita", "Miyazaki", "Kagoshima"):
        box = visitor.get_by_role("checkbox", name=f"{name} Prefecture")
        if box.count():
            box.check()
    visitor.get_by_label("from").fill("2015")
    visitor.get_by_role("button", name="Apply").click()
    offices = {text.strip() for text in column(visitor, "inviting office")}
    expected = site.query("""PREFIX jichi: <https://w3id.org/jichi/def#> PREFIX schema: <https://schema.org/> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT DISTINCT ?name { ?s a jichi:Seminar ; jichi:hostedBy ?h ; jichi:invitedBy/skos:prefLabel ?name ; schema:startDate ?d .
          ?h jichi:standardAreaCode ?c FILTER(?c >= "40" && ?c < "47" && YEAR(?d) >= 2015 && LANG(?name) = "en") }""", "application/sparql-results+json")
    assert offices == set(expected.values("name")) and len(offices) > 2


def test_errand_what_was_the_code_of_hamamatsu_before(visitor: Page) -> None:
    visitor.get_by_role("link", name="日本語").click()
    visitor.get_by_role("combobox", name="検索").fill("浜松")
    visitor.get_by_role("button", name="検索").click()
    visitor.locator("main").get_by_role("link", name="浜松市", exact=True).click()
    assert "22202" in visitor.locator("main").inner_text()
    assert "2007年3月31日" in visitor.locator("main").inner_text()


def test_errand_where_does_it_say_that_miyagi_was_host_in_2018(visitor: Page) -> None:
    visitor.get_by_role("combobox", name="Search").fill("miyagi")
    visitor.get_by_role("button", name="Search").click()
    visitor.get_by_role("link", name="Miyagi Prefecture", exact=True).click()
    visitor.locator("#used").get_by_role("link", name="Exchange and Cooperation Seminar, London, FY2018").click()
    host = visitor.locator(".value", has=visitor.get_by_role("link", name="Miyagi Prefecture", exact=True)).first
    assert "000, lines 29–30" in host.inner_text()


def test_errand_how_many_observers_has_near(site: Server, visitor: Page) -> None:
    visitor.get_by_role("link", name="Lists", exact=True).click()
    visitor.get_by_role("link", name="membership", exact=True).click()
    visitor.get_by_role("checkbox", name=re.compile("North East Asia")).check()
    visitor.get_by_role("button", name="Apply").click()
    shown = int(re.match(r"\d+", visitor.locator(".summary strong").inner_text())[0])
    counted = site.query(
        "PREFIX org: <http://www.w3.org/ns/org#> SELECT (COUNT(*) AS ?n) { ?m org:organization <https://w3id.org/jichi/id/network/near> }",
        "application/sparql-results+json",
    ).values("n")
    assert [str(shown)] == counted


def test_errand_a_list_for_a_spreadsheet(visitor: Page, tmp_path: Path) -> None:
    visitor.get_by_role("link", name="Lists", exact=True).click()
    visitor.get_by_role("link", name="local government", exact=True).click()
    visitor.get_by_role("checkbox", name="Japan", exact=False).first.check()
    visitor.get_by_role("button", name="Apply").click()
    shown = int(re.match(r"\d+", visitor.locator(".summary strong").inner_text())[0])
    with visitor.expect_download() as waited:
        visitor.get_by_role("link", name="CSV for Excel").click()
    data = Path(waited.value.path()).read_bytes()
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert data.startswith(b"\xef\xbb\xbf") and len(rows) == shown > 80
    assert "宮城県" in [row["label_ja"] for row in rows] and "04000" in [row["standardAreaCode"] for row in rows]
