"""The pages in a real browser: what a visitor sees, in both languages and at both widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from browser_support import DESK, PHONE, visiting
from endpoint_support import Server

PAGES = ["/", "/doc/seminar/2018-london", "/sparql", "/def", "/dump/"]


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_the_readers_language_and_asks_no_other_host(
    site: Server, browser: Browser, path: str, language: str
) -> None:
    for size in (PHONE, DESK):
        with visiting(browser, f"{site.address}{path}", size, language) as visit:
            assert visit.page.get_attribute("html", "lang") == language
            assert visit.foreign_requests == []
            assert visit.complaints == []
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
