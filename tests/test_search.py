"""Search: every way to name a thing leads to it, over the socket and on an index of its own."""

from __future__ import annotations

import re
import threading
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from endpoint.finding import Entry, Index
from endpoint_support import Server

HAMAMATSU = "jp-shizuoka-hamamatsu-shi"

GOLD = [
    # two kanji, kana in both syllabaries and half width, romaji in several spellings, full width
    ("浜松", HAMAMATSU), ("浜松市", HAMAMATSU), ("はままつ", HAMAMATSU), ("ハママツ", HAMAMATSU), ("ﾊﾏﾏﾂ", HAMAMATSU),
    ("hamamatsu", HAMAMATSU), ("HAMAMATU", HAMAMATSU), ("Hamamatsu-shi", HAMAMATSU), ("Ｈａｍａｍａｔｓｕ", HAMAMATSU),
    ("Hamamatsu City", HAMAMATSU), ("hama", HAMAMATSU), ("濱松", HAMAMATSU),
    # codes, one that was used before, one without its zero, one with a wrong check digit; the Wikidata item
    ("22130", HAMAMATSU), ("221309", HAMAMATSU), ("22202", HAMAMATSU), ("221301", HAMAMATSU), ("Q185125", HAMAMATSU),
    ("http://www.wikidata.org/entity/Q185125", HAMAMATSU), ("40002", "jp-miyagi-ken"), ("040002", "jp-miyagi-ken"),
    # former names, names in other languages
    ("勝本町", "jp-nagasaki-iki-shi"), ("静岡", "jp-shizuoka-shizuoka-shi"), ("부산", "kr-busan"),
    # a slip: a letter, a kana, a kanji
    ("Hamamatsi", HAMAMATSU), ("Hmaamatsu", HAMAMATSU), ("はまみつし", HAMAMATSU), ("静丘県", "jp-shizuoka-ken"),
    # words from several texts; an address; an abbreviation
    ("London 2018", "seminar/2018-london"), ("https://w3id.org/jichi/id/lg/jp-miyagi-ken", "jp-miyagi-ken"), ("NEAR", "network/near"),
    ("クレアロンドン", "office/london"), ("平成30年度 ロンドン", "seminar/2018-london"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), GOLD)
def test_every_way_to_name_a_thing_leads_to_it_first(site: Server, asked: str, expected: str):
    found = site.get(f"/search.json?q={quote(asked)}").json()
    assert found["results"], asked
    assert found["results"][0]["iri"].endswith(expected)


def test_what_is_mended_says_so(site: Server):
    assert [r["match"] for r in site.get("/search.json?q=Hamamatsi").json()["results"]] == ["mended"]
    assert site.get("/search.json?q=hamamatsu").json()["results"][0]["match"] in ("whole", "beginning")
    assert "near it" in site.get("/search?q=Hamamatsi&lang=en", "text/html").text


def test_a_code_is_not_mended_to_another_one(site: Server):
    assert site.get("/search.json?q=99999").json()["number"] == 0
    assert all(r["iri"].endswith(HAMAMATSU) for r in site.get("/search.json?q=22130").json()["results"])


@pytest.mark.parametrize("asked", ["", "   ", "xyzzyq", "%", '"', "' OR 1=1", "NEAR(", "a AND", "*", "\u0000", "🗾", "()", "浜*", "keys:浜松", "-", "町" * 200])
def test_hostile_words_are_words(site: Server, asked: str):
    answer = site.get(f"/search.json?q={quote(asked)}")
    assert answer.status == 200 and answer.json()["number"] >= 0
    assert site.get(f"/suggest?q={quote(asked)}").status == 200


def test_what_is_too_long_is_refused(site: Server):
    for path in ("/search", "/suggest", "/search.json"):
        assert site.get(f"{path}?q={'a' * 201}", "application/json").status == 400


def test_results_are_grouped_by_class_and_the_same_as_json(site: Server):
    page = site.get("/search?q=NEAR&lang=en", "text/html").text
    found = site.get("/search?q=NEAR&lang=en", "application/json").json()
    assert f"<strong>{found['number']} found</strong>" in page
    first = found["results"][0]
    assert page.index("multilateral network") < page.index("committee") and first["class"] == ["Network"]
    only = site.get("/search.json?q=NEAR&class=Committee").json()["results"]
    assert only == [r for r in found["results"] if "Committee" in r["class"]] or only
    assert {tuple(r["class"]) for r in only} == {("Committee",)}
    assert site.get("/search.json?q=NEAR&class=Comittee").status == 400


def test_suggestions_are_few_and_lead_to_pages(site: Server):
    found = site.get("/suggest?q=%E3%81%AA%E3%81%8C&lang=ja").json()["suggestions"]
    assert "長崎市" in [s["name"] for s in found] and len(found) <= 8
    for suggestion in found:
        assert site.get(suggestion["href"], "text/html").status == 200


def test_names_of_every_thing_find_it(site: Server):
    """A third of the local governments by Japanese name, English name and reading: each is among the first hits."""
    rows = site.get("/list/LocalGovernment.json").json()["rows"][::3]
    assert len(rows) > 40
    for row in rows:
        for column in ("label_ja", "label_en", "altLabel_ja_hrkt"):
            if row[column]:
                found = site.get(f"/search.json?q={quote(row[column])}").json()["results"]
                assert row["iri"] in [r["iri"] for r in found[:5]], (column, row[column])


def test_the_index_ranks_the_whole_before_its_beginning_before_a_part():
    index = Index([
        Entry("thing:1", 1, "府中市"), Entry("thing:2", 1, "府中"), Entry("thing:3", 1, "甲府中央"), Entry("thing:4", 1, "府内中央"),
    ])  # fmt: skip
    assert [(hit.thing, hit.how) for hit in index.find("府中")] == [("thing:2", 0), ("thing:1", 1), ("thing:3", 2)]


def test_the_index_answers_several_threads_alike():
    index = Index([Entry(f"thing:{n}", 1, f"Town {n} of many") for n in range(300)])
    expected = index.find("town many")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.extend(index.find("town many") == expected for _ in range(5))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 30 and len(expected) == 300


def test_a_browser_can_add_the_search(site: Server):
    """Every page names the description; the address in it finds what a search on the page finds."""
    page = site.get("/doc/network/near", "text/html").text
    named = re.search(r'<link rel="search" type="application/opensearchdescription\+xml" href="([^"]+)"', page)
    assert named
    answer = site.get(named[1], None, Accept_Language="ja")
    assert (answer.status, answer.type, answer.headers["content-language"]) == (200, "application/opensearchdescription+xml", "ja")
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    found = ElementTree.fromstring(answer.body)
    assert len(found.findtext(f"{space}ShortName") or "") <= 16 and len(found.findtext(f"{space}Description") or "") <= 1024
    templates = {url.get("type"): url.get("template") or "" for url in found.iter(f"{space}Url") if url.get("rel") != "self"}
    assert set(templates) == {"text/html", "application/json"}
    for template in templates.values():
        assert template.startswith(site.address)
        asked = template.removeprefix(site.address).replace("{searchTerms}", quote("浜松"))
        assert "jp-shizuoka-hamamatsu-shi" in site.get(asked, None).text
    assert site.get(str(found.findtext(f"{space}Image")).removeprefix(site.address)).status == 200
