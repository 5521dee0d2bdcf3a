"""A real Chromium for tests of pages, driven by Playwright: Debian's browser, no download, nothing from other hosts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

AXE = Path(__file__).resolve().parent.parent / "endpoint" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = (375, 812), (1280, 900)
"""widths and heights in CSS pixels: a small telephone, a desk"""

_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]


def chromium() -> str | None:
    """The path of Debian's browser, None where it is not installed."""
    return shutil.which("chromium")


@contextmanager
def launched(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong on the page as it is now (WCAG 2.0 to 2.2, A and AA, and good practice), one line each.

    axe-core comes with the npm packages that `make setup` installs.
    """
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{rule['id']} ({rule['impact']}): {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@dataclass
class Visit:
    """One open page, with what it did: its requests (whole URLs), its console errors, the errors of its scripts."""

    page: Page
    host: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def foreign_requests(self) -> list[str]:
        """Requests to any other host than the one visited."""
        return [url for url in self.requests if urlsplit(url).scheme != "data" and urlsplit(url).netloc != self.host]


@contextmanager
def visiting(
    browser: Browser, address: str, size: tuple[int, int] = DESK, language: str = "en", scripts: bool = True,
    dark: bool = False, blocked: str = "",
) -> Iterator[Visit]:
    """A page opened at `address` in a fresh profile; `language` is the browser's own (`Accept-Language`).

    `blocked`: addresses that are not loaded. axe-core needs scripts: to hold a page without ours to it, block the bundle.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, java_script_enabled=scripts,
        color_scheme="dark" if dark else "light",
    )
    try:
        page = context.new_page()
        visit = Visit(page, urlsplit(address).netloc)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("console", lambda said: visit.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        if blocked:
            page.route(blocked, lambda route: route.abort())
        page.goto(address)
        yield visit
    finally:
        context.close()
