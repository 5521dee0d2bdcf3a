"""The query workbench: programs that really run, discovery by other editors, hints, and the page in a real browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from browser_support import DESK, PHONE, axe_violations, visiting
from conftest import ROOT, missing
from endpoint.workers import Limits
from endpoint_support import Server, running
from kg.hints import Terms, hints
from kg.query_text import completed

RESULTS = "application/sparql-results+json"
EXAMPLES = sorted((ROOT / "endpoint" / "examples").glob("*.rq"))
OUTSIDE = sorted((ROOT / "endpoint" / "examples" / "federated").glob("*.rq"))
"""what a client runs, with a service elsewhere"""
PREFIXES = {"jichi": "https://w3id.org/jichi/def#", "skos": "http://www.w3.org/2004/02/skos/core#"}
BASE = "https://w3id.org/jichi/"
HEAVY = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?i) }"
NAMES = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
# the names of two towns
SELECT ?code ?name WHERE {
  ?town <https://w3id.org/jichi/def#standardAreaCode> ?code ; skos:prefLabel ?name
  FILTER(LANG(?name) = "ja" && ?code IN ("01469", "42201"))
}
ORDER BY ?code
"""
AWKWARD = (
    'SELECT ?a ?b ?c WHERE { VALUES (?a ?b ?c) { ("it\'s `x` ${y} \\\\ %20 & +" "千代田区"@ja \'\'\'two "quoted"\n'
    "lines )-\" ok\'\'\') } }"
)
CURVE = "SELECT ?year ?number WHERE { VALUES (?year ?number) { (2015 3) (2016 5) (2017 4) } }"
TOWNS = 'SELECT ?name ?lat ?long WHERE { VALUES (?name ?lat ?long) { ("Nagasaki" 32.75 129.88) ("Saint Paul" 44.95 -93.09) } }'


# ---- programs to copy


def programs(site: Server, query: str) -> dict[str, str]:
    page = site.post_form(query, accept="text/html").text
    blocks = re.findall(r'<pre [^>]*aria-labelledby="as-(\w+)"[^>]*><code>(.*?)</code>', page, re.DOTALL)
    return {name: html.unescape(text) for name, text in blocks}


def command(language: str) -> list[str]:
    """How a program in a language is run from a file; missing where the language is not installed."""
    found = {"curl": "bash", "python": sys.executable, "r": "Rscript", "javascript": str(Path(sys.executable).with_name("node"))}
    path = shutil.which(found[language])
    if path is None or (language == "curl" and shutil.which("curl") is None):
        missing({"curl": "curl", "python": "Python", "r": "the Debian package r-base-core", "javascript": "Node"}[language])
    return [str(path), "--vanilla"] if language == "r" else [str(path)]


@pytest.mark.parametrize("language", ["curl", "python", "r", "javascript"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (NAMES, ["01469", "美深町", "42201", "長崎市"]),
        (AWKWARD, ["it's `x` ${y} ", " %20 & +", "千代田区", "two ", "quoted", "lines )-", " ok"]),
        ("ASK { ?s a <https://w3id.org/jichi/def#Seminar> }", ["true"]),
        ("CONSTRUCT WHERE { <https://w3id.org/jichi/id/lg/jp-nagasaki-ken> <https://w3id.org/jichi/def#dantaiCode> ?c }",
         ["420000", "dantaiCode"]),
    ],
    ids=["names", "awkward", "ask", "construct"],
)  # fmt: skip
def test_a_program_to_copy_runs_and_prints_the_answer(site: Server, tmp_path: Path, language, query, expected):
    suffix = {"curl": "sh", "python": "py", "r": "R", "javascript": "mjs"}[language]
    program = tmp_path / f"program.{suffix}"
    program.write_text(programs(site, query)[language], encoding="utf-8")
    environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}
    done = subprocess.run(
        [*command(language), str(program)], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [part for part in expected if part not in done.stdout] == [], done.stdout


# ---- what other editors ask an endpoint


def discovered(site: Server, name: str) -> list[dict[str, str]]:
    reply = site.query((ROOT / "tests" / "discovery" / f"{name}.rq").read_text(encoding="utf-8"), RESULTS, ac="1")
    assert reply.status == 200, reply.text
    return [{key: term["value"] for key, term in row.items()} for row in reply.json()["results"]["bindings"]]


def test_another_editor_finds_every_prefix(site: Server, sources):
    assert {row["prefix"]: row["namespace"] for row in discovered(site, "prefixes")} == sources.vocabulary.prefixes


def test_another_editor_finds_every_example_and_can_run_it(site: Server):
    found = discovered(site, "examples")
    asked: dict[str, set[str]] = {}
    for row in found:
        asked.setdefault(row["sq"].rpartition("/")[2], set()).add(row["comment"])
    assert set(asked) == {path.stem for path in (*EXAMPLES, *OUTSIDE)} and len(EXAMPLES) >= 30 and OUTSIDE
    for path in (*EXAMPLES, *OUTSIDE):
        assert asked[path.stem] == set(re.findall(r"^# (?:en|ja): (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE))
    for text in {row["query"] for row in found if row["sq"].rpartition("/")[2] in {path.stem for path in EXAMPLES}}:
        reply = site.post_form(text, RESULTS)
        assert reply.status == 200 and reply.json()["results"]["bindings"], text


def test_another_editor_finds_the_properties_of_every_class(site: Server):
    found: dict[str, set[str]] = {}
    for row in discovered(site, "void"):
        found.setdefault(row["subjectClass"], set()).add(row["prop"])
    used = site.get("/sparql/vocabulary").json()
    prefixes = used["prefixes"]
    known = {row["name"]: set(row["properties"]) for row in used["classes"]}
    seminar = {prefixes[name.partition(":")[0]] + name.partition(":")[2] for name in known["jichi:Seminar"]}
    assert found[f"{prefixes['jichi']}Seminar"] == seminar and len(found) > 20


# ---- hints


TERMS = Terms(
    [f"{PREFIXES['jichi']}{name}" for name in ("Seminar", "hostedBy", "theme")] + [f"{PREFIXES['skos']}prefLabel"],
    {**PREFIXES, "other": "https://example.org/other/"},
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * { ?s a jichi:Seminar }", [("prefix-missing", "jichi", ("jichi",))]),
        ("SELECT * { ?s a jixhi:Seminar }", [("prefix-unknown", "jixhi", ("jichi",))]),
        ("SELECT * { ?s jichi:hostedby ?x }", [("prefix-missing", "jichi", ("jichi",)), ("term-unknown", "jichi:hostedby", ("jichi:hostedBy",))]),
        ("PREFIX j: <https://w3id.org/jichi/def#> SELECT * { ?s j:tehme ?x }", [("term-unknown", "j:tehme", ("j:theme",))]),
        ("PREFIX skos: <http://www.w3.org/2004/02/skos/core#> SELECT * { ?s skos:preflabel ?x }",
         [("term-unknown", "skos:preflabel", ("skos:prefLabel",))]),
        ("PREFIX jichi: <https://w3id.org/jichi/def#> SELECT * { ?s jichi:zzzz ?x }", [("term-unknown", "jichi:zzzz", ())]),
        ("PREFIX other: <https://example.org/other/> SELECT * { ?s other:thing ?x }", []),
        ("SELECT * { ?s ?p 'jichi:nothing' } # jichi:nothing", []),
        ("SELECT * {", []),
    ],
)  # fmt: skip
def test_hints(query, expected):
    found = hints(query, BASE, TERMS)
    assert [(hint.code, hint.name, hint.nearest) for hint in found] == expected
    for hint in found:
        assert query[hint.start:hint.end].removesuffix(":") == hint.name


def test_prefix_lines_are_filled_in_below_the_comments_on_top():
    assert completed("# why\nSELECT * { ?s a jichi:Seminar ; no:idea ?x }", BASE, PREFIXES) == (
        "# why\nPREFIX jichi: <https://w3id.org/jichi/def#>\nSELECT * { ?s a jichi:Seminar ; no:idea ?x }"
    )
    whole = "PREFIX jichi: <https://w3id.org/jichi/def#>\nASK { ?s a jichi:Seminar }"
    assert completed(whole, BASE, PREFIXES) == whole


def test_the_editor_is_told_of_terms_in_use_with_their_labels(site: Server):
    found = site.get("/sparql/vocabulary").json()
    classes = {row["name"]: row for row in found["classes"]}
    assert classes["jichi:Seminar"]["number"] == 48
    assert classes["jichi:Seminar"]["ja"] and classes["jichi:Seminar"]["en"]
    assert {"jichi:hostedBy", "jichi:theme"} <= set(classes["jichi:Seminar"]["properties"])
    assert found["prefixes"]["jichi"] == "https://w3id.org/jichi/def#"


def test_remarks_are_in_the_readers_language(site: Server):
    path = f"/sparql/hints?{urlencode({'query': 'SELECT * { ?s jichi:hostedby ?x }'})}"
    japanese = site.get(path, Accept_Language="ja").json()
    assert "もしかして: jichi:hostedBy" in japanese["remarks"][1]["text"]
    assert japanese["completed"].startswith("PREFIX jichi: <https://w3id.org/jichi/def#>\n")


# ---- the page without scripts


def test_the_answer_has_names_and_says_what_was_misspelt(site: Server, browser: Browser):
    query = "PREFIX jichi: <https://w3id.org/jichi/def#> SELECT ?host WHERE { ?s jichi:hostedBy ?host OPTIONAL { ?s jichi:tehme ?t } } LIMIT 3"
    with visiting(browser, f"{site.address}/sparql?{urlencode({'query': query})}", PHONE, "ja", scripts=False) as visit:
        assert visit.page.locator(".results tbody tr").count() == 3
        assert "市" in visit.page.inner_text(".results") or "県" in visit.page.inner_text(".results")
        assert "もしかして: jichi:theme" in visit.page.inner_text(".remark")
        assert visit.page.input_value("textarea") == query
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_missing_prefix_is_filled_in_by_a_button(site: Server, browser: Browser):
    address = f"{site.address}/sparql?{urlencode({'query': 'ASK { ?s a jichi:Seminar }'})}"
    with visiting(browser, address, scripts=False) as visit:
        visit.page.click("text=Insert the prefixes and run")
        assert "yes" in visit.page.inner_text("#outcome")


def test_a_fault_is_shown_where_it_is(site: Server, browser: Browser):
    query = "SELECT ?s\nWHERE { ?s a ?t . FILTER(?t = }"
    with visiting(browser, f"{site.address}/sparql?{urlencode({'query': query})}", scripts=False) as visit:
        assert "Line 2" in visit.page.inner_text(".trouble")
        assert visit.page.inner_text(".trouble mark") == "}"


def test_an_answer_may_stand_in_the_frame_of_any_page_and_nothing_else_may(site: Server):
    framed = site.get(f"/sparql/embed?{urlencode({'query': CURVE})}", accept="text/html")
    assert "frame-ancestors *" in framed.headers["content-security-policy"] and ">2016</td>" in framed.text
    for path in ("/", "/sparql", f"/sparql?{urlencode({'query': CURVE})}", "/doc/seminar/2018-london", "/nothing", "/def"):
        policy = site.get(path, accept="text/html").headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy


# ---- the page with scripts


@pytest.fixture(scope="module")
def address(site: Server) -> str:
    if not (ROOT / "endpoint" / "static" / "bundle" / "manifest.json").is_file():
        missing("the bundle (make bundle)")
    return site.address


def asked(address: str, query: str, **more: str) -> str:
    return f"{address}/sparql?{urlencode({'query': query, **more})}"


def typed(page: Page, text: str) -> None:
    """The editor's text replaced from the keyboard."""
    page.click(".cm-content")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)


def test_a_query_is_written_and_run_with_the_keyboard_alone(address: str, browser: Browser):
    with visiting(browser, f"{address}/sparql") as visit:
        page = visit.page
        page.wait_for_selector(".cm-content")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.shadowRoot?.activeElement?.className ?? ''").startswith("cm-content"):
                break
        else:
            pytest.fail("the editor is not reached with Tab")
        page.keyboard.type("SELECT ?s WHERE { ?s a ")
        page.keyboard.type("semin", delay=30)
        page.locator(".cm-tooltip-autocomplete li", has_text="jichi:Seminar").first.wait_for()
        for _ in range(10):
            if page.inner_text(".cm-tooltip-autocomplete li[aria-selected]").startswith("jichi:Seminar"):
                break
            page.keyboard.press("ArrowDown")
        page.wait_for_timeout(100)
        page.keyboard.press("Enter")
        assert page.input_value("textarea").startswith("PREFIX jichi: <https://w3id.org/jichi/def#>\n")
        page.keyboard.press("End")
        page.keyboard.press("Control+Enter")
        page.locator(".results tbody tr").nth(47).wait_for()
        assert "48 rows" in page.inner_text("#outcome")
        assert parse_qs(urlsplit(page.url).query)["query"] == [page.input_value("textarea")]
        assert visit.complaints == [] and visit.foreign_requests == []
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.shadowRoot === null"), "Tab does not leave the editor"


def test_prefixes_are_filled_in_and_rows_are_sorted(address: str, browser: Browser):
    with visiting(browser, f"{address}/sparql", language="ja") as visit:
        page = visit.page
        typed(page, "SELECT ?code WHERE { ?s jichi:standardAreaCode ?code } ORDER BY ?code LIMIT 5")
        page.click("#workbench button[type=submit]")
        page.wait_for_selector(".results tbody tr")
        assert "PREFIX jichi:" in page.input_value("textarea")
        before = page.locator(".results tbody tr").all_inner_texts()
        page.click(".results th button")
        page.click(".results th button")
        assert page.get_attribute(".results th", "aria-sort") == "descending"
        assert page.locator(".results tbody tr").all_inner_texts() == before[::-1]


def test_names_typed_in_japanese_are_offered(address: str, browser: Browser):
    with visiting(browser, f"{address}/sparql", language="ja") as visit:
        visit.page.click(".cm-content")
        visit.page.keyboard.insert_text("ASK { 長崎")
        visit.page.keyboard.press("Control+Space")
        visit.page.locator(".cm-tooltip-autocomplete li", has_text="lg:jp-nagasaki-ken").click()
        assert visit.page.input_value("textarea").endswith("ASK { lg:jp-nagasaki-ken")


def test_a_misspelt_property_is_marked_and_mended(address: str, browser: Browser):
    with visiting(browser, f"{address}/sparql") as visit:
        page = visit.page
        typed(page, "PREFIX jichi: <https://w3id.org/jichi/def#>\nSELECT * WHERE { ?s jichi:hostedby ?h } LIMIT 1")
        page.locator(".cm-lintRange-warning").hover()
        page.locator(".cm-diagnosticAction", has_text="jichi:hostedBy").click()
        assert "jichi:hostedBy ?h" in page.input_value("textarea")


def test_a_fault_is_marked_in_the_editor(address: str, browser: Browser):
    with visiting(browser, f"{address}/sparql") as visit:
        typed(visit.page, "SELECT ?s\nWHERE { ?s a ?t . FILTER(?t = }")
        visit.page.keyboard.press("Control+Enter")
        assert visit.page.locator(".cm-lintRange-error").inner_text() == "}"


@pytest.mark.parametrize(("query", "view", "drawn"), [
    (CURVE, "chart", 3),
    (TOWNS, "map", 2),
    ('SELECT ?what ?day WHERE { VALUES (?what ?day) { ("a" "2016-01-02"^^<http://www.w3.org/2001/XMLSchema#date>) } }', "timeline", 1),
])  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_answer_is_drawn_and_the_picture_can_be_shared(address: str, browser: Browser, query, view, drawn, language):
    size, dark = (PHONE, True) if language == "ja" else (DESK, False)
    with visiting(browser, asked(address, query), size, language, dark=dark) as visit:
        visit.page.click(f'.views button[data-view="{view}"]')
        visit.page.wait_for_selector(".drawing svg")
        assert str(drawn) in visit.page.inner_text("figcaption span")
        assert axe_violations(visit.page) == []
        assert visit.complaints == [] and visit.foreign_requests == []
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        with visit.page.expect_download() as saved:
            visit.page.click("figcaption a")
        assert Path(saved.value.path()).read_text(encoding="utf-8").startswith("<svg")
        shared = visit.page.url
        assert f"view={view}" in shared
    if language == "ja":
        return
    with visiting(browser, shared, language=language) as visit:
        visit.page.wait_for_selector(".drawing svg")
    with visiting(browser, shared.replace("/sparql?", "/sparql/embed?"), language=language) as visit:
        visit.page.wait_for_selector(".drawing svg")
        assert visit.complaints == [] and axe_violations(visit.page) == []


@pytest.mark.parametrize(
    ("size", "language", "scripts"), [(PHONE, "en", True), (PHONE, "ja", False), (DESK, "en", False), (DESK, "ja", True)]
)
def test_the_workbench_has_no_fault_that_axe_finds(address: str, browser: Browser, size, language, scripts):
    query = "PREFIX jichi: <https://w3id.org/jichi/def#>\nSELECT ?s ?h WHERE { ?s jichi:hostedBy ?h ; jichi:tehme ?x } LIMIT 9"
    for path in (f"{address}/sparql", asked(address, query), asked(address, "SELECT"), f"{address}/sparql?example=cq02-seminars-by-fiscal-year"):
        with visiting(browser, path, size, language, blocked="" if scripts else "**/bundle/**") as visit:
            if scripts:
                visit.page.wait_for_selector(".cm-content")
            visit.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
            assert axe_violations(visit.page) == [], path
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= size[0], path


# ---- cancel


def replaced(server: Server) -> float:
    """Evaluators that were ended since the start, in all web processes."""
    found = re.search(r"^jichi_evaluators_replaced_total (\S+)$", server.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_cancel_stops_the_work_of_the_server(built: Path, browser: Browser):
    """The quick lane gives the query up after a moment; in the slow one it could run for minutes."""
    with running(built / "current", ROOT, limits=Limits(deadline=300.0)) as server:
        with visiting(browser, f"{server.address}/sparql") as visit:
            typed(visit.page, HEAVY)
            visit.page.click("#workbench button[type=submit]")
            visit.page.wait_for_selector("#cancel:visible")
            until = time.monotonic() + 30
            while replaced(server) < 1 and time.monotonic() < until:
                time.sleep(0.1)
            visit.page.wait_for_timeout(500)
            assert replaced(server) == 1 and visit.page.is_visible("#cancel")
            visit.page.click("#cancel")
            visit.page.locator("#progress", has_text="Cancelled").wait_for()
        while replaced(server) < 2 and time.monotonic() < until:
            time.sleep(0.1)
        assert replaced(server) == 2
