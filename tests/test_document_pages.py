"""The page of a source document: its lines as `kg coverage` counts them, facts at their lines, text from a copy only."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import ROOT
from playwright.sync_api import Browser

from browser_support import DESK, visiting
from endpoint_support import Server, running
from kg import ledger
from kg.pipeline import Sources
from kg.register import load_register
from kg.project import Project

LINE = re.compile(r'<li id="L(\d+)" class="([a-z-]+)">')
PRINTED = '<p class="printed"'


def version(project: Project, id_: str) -> str:
    return f"/doc/document/{id_}-{load_register(project)[id_].sha256[:12]}"


def states(page: str) -> list[tuple[int, str]]:
    return [(int(number), state) for number, state in LINE.findall(page)]


@pytest.mark.parametrize("id_", ["000", "001", "002", "003", "004"])
def test_every_line_stands_there_as_the_ledger_counts_it(site: Server, project: Project, sources: Sources, id_: str) -> None:
    (account,) = [a for a in ledger.accounts(sources.documents, sources.records, ledger.load(project)) if a.document.id == id_]
    page = site.get(version(project, id_), "text/html").text
    found = states(page)
    assert [number for number, _ in found] == list(range(1, account.document.lines + 1))
    shares = {state: number for state, number in account.shares().items() if number}
    assert {state: sum(s == state for _, s in found) for _, state in found} == shares
    assert account.document.sha256 in page


def test_the_page_of_a_document_shows_its_newest_version(site: Server, project: Project) -> None:
    assert states(site.get("/doc/document/000", "text/html").text) == states(site.get(version(project, "000"), "text/html").text)


def test_facts_stand_at_the_line_that_a_statement_names(site: Server, browser: Browser) -> None:
    with visiting(browser, f"{site.address}/doc/seminar/2018-london", DESK, "en", scripts=False) as visit:
        visit.page.locator("a.mark.rec").first.click()
        visit.page.wait_for_selector("li:target")
        said = visit.page.inner_text("li:target")
    assert "Exchange and Cooperation Seminar, London, FY2018" in said and "20 January 2019" in said


def test_without_copies_no_text_is_shown(site: Server, project: Project) -> None:
    assert PRINTED not in site.get(version(project, "004"), "text/html").text


def test_the_text_is_shown_from_the_registered_bytes_only(
    built: Path, documents: Path, project: Project, tmp_path: Path
) -> None:
    register = load_register(project)
    for id_ in ("000", "004"):
        shutil.copy(documents / str(register[id_].file), tmp_path)
    changed = tmp_path / str(register["004"].file)
    changed.write_bytes(changed.read_bytes() + b"<script>")
    with running(built / "current", ROOT, copies=str(tmp_path)) as server:
        page = server.get(version(project, "000"), "text/html").text
        assert page.count(PRINTED) == register["000"].lines - len(register["000"].blank)
        assert "London 20-26 January" in page
        assert PRINTED not in server.get(version(project, "004"), "text/html").text
        assert PRINTED not in server.get(version(project, "001"), "text/html").text
        assert "London 20-26 January Miyagi" not in server.get(version(project, "000"), "text/turtle").text
