"""`kg add` as a maintainer uses it: a page that nobody has seen, from the file to the graph, in a copy of the project."""

from __future__ import annotations

import json
import shutil
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from conftest import ROOT
from extraction_support import CASES
from kg import adding, fetch, ledger, reference, registering
from kg.check import check, coverage
from kg.errors import MisuseError, ProjectError, SourceError
from kg.extract import load_register
from kg.project import Project
from test_cli import kg, mistake
from test_reference import HEADER, ROWS

TEXT = """Search within site

Outline of the 2023 Seminar Series

Overseas Office Schedule Hosting Japanese Local Government Topic
Seoul 6-9 June Komatsu City Lanterns of the Quay
London 17-21 January Kobe City and Toyota City Trams for Everyone

For Enquiries
Top of page
"""
HTML = """<!doctype html><html><head><meta charset="utf-8"><title>Seminars</title></head><body><p>Search within site</p>
<h2>Outline of the 2023 Seminar Series</h2>
<table><tr><th>Overseas Office</th><th>Schedule</th><th>Hosting Japanese<br>Local Government</th><th>Topic</th></tr>
<tr><td>Seoul</td><td>6-9 June</td><td>Komatsu City</td><td>Lanterns of <i>the</i> Quay</td></tr>
<tr><td rowspan="2">London</td><td rowspan="2">17-21 January</td><td>Kobe City</td><td rowspan="2">Trams for Everyone</td></tr>
<tr><td>Toyota City</td></tr></table><p>For Enquiries<br>Top of page</p></body></html>
"""
TITLE = "Seminars of the year of lanterns"


@pytest.fixture
def at(copy_of_project: Project) -> Path:
    """A folder with a copy of the project and two pages in `pages/`."""
    root = copy_of_project.root
    (root / "pages").mkdir()
    (root / "pages" / "seminars.txt").write_text(TEXT, encoding="utf-8")
    (root / "pages" / "seminars.html").write_text(HTML, encoding="utf-8")
    return root


def state(root: Path) -> dict[str, bytes]:
    """Every file of the project's mappings."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted((root / "mappings").rglob("*")) if p.is_file()}


def add(root: Path, *arguments: str):
    return kg("add", *arguments, "--layout", "seminar-tables", "--on", "2026-11-30", cwd=root)


# ---- the recipe


@pytest.mark.parametrize("guide", ["CONTRIBUTING.md", "CONTRIBUTING.ja.md"])
def test_both_guides_show_the_recipe(guide):
    assert recipe(guide) == recipe("CONTRIBUTING.md") and len(recipe(guide)) == 5


def recipe(guide: str) -> list[list[str]]:
    """The commands of the first block of a guide that is to be typed."""
    block = (ROOT / guide).read_text(encoding="utf-8").split("```sh\n", 1)[1].split("```", 1)[0]
    return [line.split()[1:] for line in block.splitlines()]


def test_the_ten_minute_recipe_is_followed_as_it_stands(at):
    """Every command of the guide, for a page made up here: each does what it says, the last shows each statement's line."""
    for command in recipe("CONTRIBUTING.md"):
        done = kg(*command, cwd=at)
        assert done.returncode == 0, (command, done.stderr)
    assert "2024-01-17" in done.stdout and "005:" in done.stdout and "| London" in done.stdout
    # The page names the dates of the new keys by today; nothing else of the clock is in the data.
    assert {path.name for path in (at / "mappings").rglob("*005*")} == {"005.jsonl", "005.csv"}


def test_from_the_page_to_the_graph(at):
    before = state(at)
    page = ("pages/seminars.txt", "--title", TITLE, "--url", "https://pages.example.jp/seminars")

    shown = add(at, *page, "--dry-run")
    assert shown.returncode == 0 and shown.stderr == ""
    assert f'005: new document "{TITLE}" (seminar-tables), 2 records' in shown.stdout
    assert "facts: 2 new, 0 changed, 0 vanished" in shown.stdout and "+ seminar/2023-london  Seminar" in shown.stdout
    assert "names not resolved: 0" in shown.stdout and "lines unaccounted for: 0" in shown.stdout
    assert state(at) == before, "a dry run writes nothing"

    done = add(at, *page)
    assert done.returncode == 0 and "written: mappings/documents.toml" in done.stdout
    after = state(at)
    changed = {path for path in after if after[path] != before.get(path)}
    new = {"mappings/records/005.jsonl", "mappings/ledger/005.csv"}
    assert changed == {"mappings/documents.toml", "mappings/registry.csv"} | new
    assert after["mappings/documents.toml"].startswith(before["mappings/documents.toml"].rstrip(b"\n"))
    old, rows = (state_["mappings/registry.csv"].decode().splitlines() for state_ in (before, after))
    assert [row for row in rows if row in old] == old and len(rows) == len(old) + 2, "rows are added, none is rewritten"
    keys = [row.split(",")[0] for row in rows[1:]]
    assert keys == sorted(keys)
    assert b"seminar/2023-london,Seminar,2026-11-30," in after["mappings/registry.csv"]

    assert kg("check", cwd=at).returncode == 0
    assert kg("extract", "005", "--documents", "pages", "--check", cwd=at).returncode == 0
    built = kg("build", cwd=at)
    assert built.returncode == 0, built.stderr
    query = "SELECT ?host { seminar:2023-london jichi:hostedBy ?host ; schema:startDate ?day } ORDER BY ?host"
    assert kg("query", query, "--format", "csv", cwd=at).stdout.split()[1:] == [
        "https://w3id.org/jichi/id/lg/jp-aichi-toyota-shi", "https://w3id.org/jichi/id/lg/jp-hyogo-kobe-shi",
    ]  # fmt: skip
    why = kg("explain", "seminar/2023-london", "--documents", "pages", cwd=at).stdout
    assert "2024-01-17" in why and "005:" in why and "| London" in why


def test_text_and_html_give_the_same_records(at):
    read = {}
    for name in ("seminars.txt", "seminars.html"):
        wanted = adding.Wanted("seminar-tables", title=TITLE)
        prepared = adding.prepare(Project(at), name, (at / "pages" / name).read_bytes(), wanted, "2026-11-30")
        lines = next(content for path, content in prepared.files.items() if path.name == "005.jsonl").decode().splitlines()
        read[name] = [(r["id"], r["norm"], r["verbatim"]) for r in map(json.loads, lines)]
    assert read["seminars.txt"] == read["seminars.html"] and len(read["seminars.txt"]) == 2


def test_a_page_of_each_other_layout(at):
    (at / "news.txt").write_text("Lamps on the Quay\nThe lamps are lit again, and […]\nA tram was painted and […]\n", "utf-8")
    done = kg("add", "news.txt", "--layout", "news-list", "--on", "2026-11-30", cwd=at)
    assert done.returncode == 0 and "+ article/005-lamps-on-the-quay  NewsArticle" in done.stdout
    page = (
        "①会議形式の交流\n情報提供自治体名 石川県/小松市\n実施年度 令和5年度\n事業名(活動名称) 町工場の灯\n団体名 小松市\n"
        "交流の相手方 大韓民国 済州特別自治道\n現在の取組内容及び成果 町工場に灯をともす。\n詳細情報\nこのページに関するお問い合せ先\n"
    )
    (at / "exchange.txt").write_text(page, "utf-8")
    done = kg("add", "exchange.txt", "--layout", "exchange-records", "--on", "2026-11-30", "--by-hand", cwd=at)
    assert done.returncode == 0 and "006: new document" in done.stdout and "activity-unknown" in done.stdout
    # Prose is for a person to record or to leave out with a reason: until then nothing is published.
    assert "006:7: line-unaccounted" in done.stdout and "lines unaccounted for: 1" in done.stdout and "--mentions" in done.stdout
    found = kg("check", cwd=at).stdout.splitlines()[:-1]
    assert [line.split(":")[:3] for line in found] == [["006", "7", " ledger-unaccounted"]] and "--mentions" in found[0]
    # ... or it is left at the names that it mentions, which is what `kg add` does where nothing else is said.
    assert kg("add", "exchange.txt", "--layout", "exchange-records", "--mentions", "--on", "2026-11-30", cwd=at).returncode == 0
    assert kg("check", cwd=at).stdout == "0 problems\n"


LATER = ("seminar-tables", "exchange-records", "news-list")


def test_a_later_page_of_each_layout_is_published(at):
    """Pages with other years, forms and names go the whole way as HTML; the golden pairs show that text gives the same."""
    project = Project(at)
    for id_, layout in enumerate(LATER, start=5):
        data = (CASES / layout / "later" / "input.html").read_bytes()
        wanted = adding.Wanted(layout)
        addition = adding.prepare(project, f"{layout}.html", data, wanted, "2026-11-30")
        assert addition.document.id == f"{id_:03}" and not addition.refused()
        assert [p.where for p in addition.problems if p.code in adding.UNACCOUNTED] == []
        adding.write(addition)
    assert kg("check", cwd=at).stdout == "0 problems\n"
    built = kg("build", cwd=at)
    assert built.returncode == 0, built.stderr
    assert built.stderr.count("Nobody has summed this up yet") == 3

    def rows(query: str) -> list[str]:
        return kg("query", query, "--format", "csv", cwd=at).stdout.replace("https://w3id.org/jichi/id/", "").split()[1:]

    hosts = "SELECT ?host { seminar:2025-beijing jichi:hostedBy ?host ; schema:startDate ?day } ORDER BY ?host"
    assert rows(hosts) == ["lg/jp-nagasaki-iki-shi", "lg/jp-nagasaki-ken", "lg/jp-saga-saga-shi"]
    countries = "SELECT DISTINCT ?c { ?a jichi:reportedBy lg:jp-toyama-ken ; jichi:inCountry ?c ; jichi:fromFiscalYear fy:2019 } ORDER BY ?c"
    assert rows(countries) == ["country/au", "country/np"]
    assert rows("SELECT ?n { country:np skos:prefLabel ?n } ORDER BY ?n") == ["Nepal", "ネパール"]
    numbers = "SELECT ?t { ?d cv:contactPoint ?c . ?c cv:telephone ?t FILTER(CONTAINS(?t, '0000')) } ORDER BY ?t"
    assert set(rows(numbers)) == {"+81-3-0000-0000", "03-0000-0000"}
    mentioned = "SELECT ?t { ?a schema:headline 'What can a harbour learn from Kumamoto?'@en ; schema:mentions ?t } ORDER BY ?t"
    assert rows(mentioned) == ["lg/jp-kumamoto-ken", "lg/jp-kumamoto-kumamoto-shi", "lg/jp-tokyo-to"]


# ---- names that the lookups lack


def test_names_are_taken_over_from_an_imported_table(at, tmp_path_factory):
    project, folder = Project(at), tmp_path_factory.mktemp("reference")
    table = folder / "table.csv"
    table.write_text("\n".join([HEADER, *ROWS]) + "\n", encoding="utf-8")
    reference.import_table(project, table, "jp-local-governments", folder)
    page = TEXT.replace("Komatsu City", "Kootsu City").encode()
    without = adding.prepare(project, "page.txt", page, adding.Wanted("seminar-tables"), "2026-11-30")
    assert without.refused() and without.taken == ()
    ((table, cells),) = without.proposals
    assert table == "local-governments" and cells[:3] == ("jp-?-kootsu-shi", "?", "Kootsu City") and cells[-1] == "005:6"
    addition = adding.prepare(project, "page.txt", page, adding.Wanted("seminar-tables"), "2026-11-30", folder)
    assert not addition.refused() and addition.proposals == ()
    assert addition.taken == (("local-governments", "jp-hokkaido-kootsu-shi"),)
    adding.write(addition)
    added = (at / "mappings/lookups/local-governments.csv").read_text("utf-8").splitlines()[-1]
    assert added == (
        "jp-hokkaido-kootsu-shi,甲乙市,Kootsu City,こうおつし,Kootsu-shi,city,jp,jp-hokkaido,01101,011011,,,localgovjp piuccio"
    )
    assert "lg/jp-hokkaido-kootsu-shi,LocalGovernment,2026-11-30,甲乙市,Kootsu City" in (at / "mappings/registry.csv").read_text("utf-8")
    assert kg("check", cwd=at).returncode == 0, "what was taken over needs no reference from now on"


def test_a_page_is_read_again_when_the_lookups_have_grown(at):
    page = TEXT.replace("Komatsu City", "Lamp City")
    (at / "pages" / "seminars.txt").write_text(page, encoding="utf-8")
    done = add(at, "pages/seminars.txt", "--title", TITLE)
    assert done.returncode == 1 and "jp-?-lamp-shi,?,Lamp City,?,Lamp-shi,city,jp,?,?,?,,,005:6" in done.stdout
    assert add(at, "pages/seminars.txt", "--title", TITLE, "--accept").returncode == 0
    with (at / "mappings/lookups/local-governments.csv").open("a", encoding="utf-8") as table:
        table.write("jp-hokkaido-lamp-shi,灯市,Lamp City,とぼしし,Tomoshi-shi,city,jp,jp-hokkaido,,,,,005:6\n")
    again = add(at, "pages/seminars.txt", "--title", TITLE)
    assert again.returncode == 0 and "+ lg/jp-hokkaido-lamp-shi" in again.stdout and "1 new, 0 changed" in again.stdout
    assert "unread" not in (at / "mappings/ledger/005.csv").read_text("utf-8")
    assert "registered already" in mistake(add(at, "pages/seminars.txt", "--title", TITLE))


def test_prose_is_for_a_person_unless_its_names_are_enough(at):
    data = (CASES / "exchange-records" / "later" / "input.txt").read_bytes()
    left = {}
    for mentions in (False, True):
        wanted = adding.Wanted("exchange-records", mentions=mentions)
        addition = adding.prepare(Project(at), "page.txt", data, wanted, "2026-11-30")
        left[mentions] = [p.text() for p in addition.problems if p.code == "line-unaccounted"]
    assert len(left[False]) == 1 and left[True] == [] and "湯の温度を測り" in left[False][0]


def test_a_page_is_called_by_the_line_that_its_layout_knows_as_title(at):
    addition = adding.prepare(Project(at), "page.txt", (CASES / "seminar-tables/later/input.txt").read_bytes(), adding.Wanted("seminar-tables"), "2026-11-30")
    assert addition.document.title == "Local Government Exchange and Cooperation Seminar"


# ---- another version of a page


def test_a_new_version_keeps_the_ids_of_what_stayed(at):
    assert add(at, "pages/seminars.html", "--title", TITLE).returncode == 0
    register = load_register(Project(at))
    old = json.loads((at / "mappings/records/005.jsonl").read_text("utf-8").splitlines()[1])
    later = HTML.replace("6-9 June", "6-10 June").replace("<tr><td>Seoul", "<tr><td>Paris<td>1-3 May<td>Ise City<td>Pearls<tr><td>Seoul")
    (at / "pages" / "later.html").write_text(later, encoding="utf-8")
    done = add(at, "pages/later.html", "--title", TITLE)
    assert "005: new version of" in done.stdout and "facts: 1 new, 1 changed, 0 vanished" in done.stdout
    assert "norm.end: 2023-06-09 → 2023-06-10" in done.stdout and "+ 005-2023-paris" in done.stdout
    assert "new entities: 1" in done.stdout
    again = load_register(Project(at))
    assert list(again) == list(register) and again["005"].sha256 != register["005"].sha256
    assert {id_: d for id_, d in again.items() if id_ != "005"} == {id_: d for id_, d in register.items() if id_ != "005"}
    records = [json.loads(line) for line in (at / "mappings/records/005.jsonl").read_text("utf-8").splitlines()]
    london = next(r for r in records if r["id"] == old["id"])
    assert london["norm"] == old["norm"] and london["version"] == again["005"].sha256
    assert kg("check", cwd=at).returncode == 0


def test_a_new_version_of_a_registered_page_changes_no_other_text(at, documents):
    file = load_register(Project(at))["000"].file
    text = (documents / file).read_text("utf-8").replace("Seoul 23-30 May", "Seoul 24-30 May")
    (at / "pages" / file).write_text(text.replace("Nobember", "November"), encoding="utf-8")
    before = (at / "mappings/documents.toml").read_text("utf-8").splitlines()
    done = add(at, f"pages/{file}", "--replaces", "000")
    assert done.returncode == 0, done.stderr
    assert "000-2018-seoul" in done.stdout and "norm.start: 2018-05-23 → 2018-05-24" in done.stdout
    assert "record-by-hand" in done.stdout, "records by hand of the old version are named"
    after = (at / "mappings/documents.toml").read_text("utf-8").splitlines()
    assert [line for line in before if line not in after and not line.startswith("sha256 = ")] == []
    assert sum(line not in before for line in after) == 1


def test_a_page_of_the_same_title_with_other_records_is_another_page(at):
    assert add(at, "pages/seminars.txt", "--title", TITLE).returncode == 0
    (at / "pages" / "next.txt").write_text(TEXT.replace("2023", "2024"), encoding="utf-8")
    assert "006: new document" in add(at, "pages/next.txt", "--title", TITLE, "--dry-run").stdout
    other = add(at, "pages/next.txt", "--replaces", "005", "--dry-run").stdout
    assert "005: new version" in other and "2 vanished" in other


def test_what_another_document_says_already_is_suspected(at):
    assert add(at, "pages/seminars.txt", "--title", TITLE).returncode == 0
    (at / "pages" / "copy.txt").write_text(TEXT.replace("Lanterns", "Lamps"), encoding="utf-8")
    done = add(at, "pages/copy.txt", "--title", "Another page", "--id", "700", "--dry-run")
    assert "perhaps said by another document already: 2" in done.stdout and "perhaps the same as 005-2023-seoul" in done.stdout
    assert "new entities: 0" in done.stdout


# ---- what goes wrong


def test_names_and_lines_that_are_not_understood_are_shown(at):
    page = TEXT.replace("Komatsu City", "Komatu City").replace("For Enq", "A line of no table\nFor Enq")
    (at / "pages" / "odd.txt").write_text("A line before the table\n" + page, encoding="utf-8")
    done = add(at, "pages/odd.txt", "--title", TITLE, "--dry-run")
    assert "name-unresolved: nothing is known by the name Komatu City; nearest: Komatsu City" in done.stdout
    assert done.stdout.count("  005:1: ") == 1 and "005:1: line-unread" in done.stdout


def test_a_row_that_cannot_be_read_keeps_everything_from_being_written(at):
    (at / "pages" / "odd.txt").write_text(TEXT.replace("Seoul 6-9", "Atlantis 6-9"), encoding="utf-8")
    before = state(at)
    done = add(at, "pages/odd.txt", "--title", TITLE)
    assert done.returncode == 1 and "office-unknown" in done.stdout and "--accept" in done.stdout
    assert state(at) == before
    accepted = add(at, "pages/odd.txt", "--title", TITLE, "--accept")
    assert accepted.returncode == 0 and "left out: 1 lines" in accepted.stdout and "refuse" not in accepted.stdout
    assert state(at) != before and "6,unread," in (at / "mappings/ledger/005.csv").read_text("utf-8")


def test_what_is_left_out_can_be_published_and_is_counted(at):
    """Rows of every kind of trouble: left out whole, called unread in the ledger, refused by nobody."""
    odd = "Seoul 6-9 June Komatu City Lamps\nParis in spring Kobe City Trams\nSydney 1-2 May Kobe City Niigata City Waves\nand more of them"
    page = TEXT.replace("For Enq", f"{odd}\nAtlantis 6-9 June Kobe City Bells\n3-4 July Kobe City Sails\nFor Enq").encode()
    wanted = adding.Wanted("seminar-tables", title=TITLE, accept=True)
    addition = adding.prepare(Project(at), "odd.txt", page, wanted, "2026-11-30")
    assert addition.refused() and (addition.records, addition.left_out, addition.unaccounted) == (2, 6, frozenset())
    adding.write(addition)
    assert check(Project(at)) == []
    for account in coverage(Project(at))[0]:
        assert account.shares()["unread"] == (6 if account.document.id == "005" else 0)
    account = next(account for account in coverage(Project(at))[0] if account.document.id == "005")
    assert ledger.check_text(account, page.decode(), ["Kobe"]) == [], "what is left out says something, and the ledger says so"
    with pytest.raises(MisuseError, match="document-known"):
        adding.prepare(Project(at), "odd.txt", page, wanted, "2026-11-30")


def test_a_ledger_without_a_line_is_mended_by_the_same_page(at):
    adding.write(adding.prepare(Project(at), "seminars.txt", TEXT.encode(), adding.Wanted("seminar-tables", title=TITLE), "2026-11-30"))
    path = at / "mappings/ledger/005.csv"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace("5,table-header,\n", "").replace("1,navigation,", "1,not-taken-apart,"), "utf-8")
    adding.write(adding.prepare(Project(at), "seminars.txt", TEXT.encode(), adding.Wanted("seminar-tables", title=TITLE), "2026-11-30"))
    assert path.read_text("utf-8") == whole.replace("1,navigation,", "1,not-taken-apart,"), "what a person wrote stays"


@pytest.mark.parametrize(
    ("name", "content", "options", "said"),
    [
        ("empty.txt", b"", (), "source-empty"),
        ("empty.html", b"<html></html>", (), "source-empty"),
        ("binary.txt", bytes(range(256)), (), "source-"),
        ("other.txt", b"A page about gardens.\n", (), "layout-mismatch"),
        ("heading.txt", b"Outline of the 2023 Seminar Series\nFor Enquiries\n", (), "page-without-records"),
        ("page.txt", TEXT.encode(), ("--layout", "seminar-table"), "nearest: seminar-tables"),
        ("page.txt", TEXT.encode(), ("--layout", "../../etc/passwd"), "layout-unknown"),
        ("page.txt", TEXT.encode(), ("--id", "000"), "document-id-taken"),
        ("page.txt", TEXT.encode(), ("--id", "../x"), "--id"),
        ("page.txt", TEXT.encode(), ("--replaces", "999"), "document-id"),
        ("page.txt", TEXT.encode(), ("--replaces", "004"), "exchange-records"),
        ("page.txt", TEXT.encode(), ("--title", "a\nb"), "--title"),
        ("page.txt", TEXT.encode(), ("--title", "\x1b[31mred"), "--title"),
        ("page.txt", TEXT.encode(), ("--title", " "), "--title"),
        ("page.txt", TEXT.encode(), ("--url", "javascript:alert(1)"), "--url"),
        ("page.txt", TEXT.encode(), ("--url", 'https://a.example/"><x'), "--url"),
        ("page.txt", TEXT.encode(), ("--language", "fr"), "--language"),
        ("page.txt", TEXT.encode(), ("--as-of", "yesterday"), "--as-of"),
        ("page.txt", TEXT.encode(), ("--on", "2026-13-01"), "--on"),
        ('a"]\nb.txt', TEXT.encode(), (), "FILE"),
        ("000_e951cac3e16bc270.txt", TEXT.encode(), ("--id", "800"), "document-name-taken"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(at, name, content, options, said):
    (at / "pages" / name).write_bytes(content)
    before = state(at)
    done = kg("add", f"pages/{name}", "--layout", "seminar-tables", *options, cwd=at)
    assert said in mistake(done, done.returncode) and done.returncode in (1, 2)
    assert done.stdout == "" and state(at) == before


def test_the_same_file_twice(at):
    assert add(at, "pages/seminars.html", "--title", TITLE).returncode == 0
    before = state(at)
    assert "registered already, as document 005" in mistake(add(at, "pages/seminars.html", "--title", TITLE))
    shutil.copy(at / "pages" / "seminars.html", at / "pages" / "copy.html")
    assert "document 005" in mistake(add(at, "pages/copy.html", "--id", "900"))
    assert state(at) == before


def test_no_such_file(at):
    assert "file-unreadable" in mistake(add(at, "pages/none.txt"))
    assert "file-unreadable" in mistake(add(at, "pages"))


def test_when_one_file_cannot_be_written_none_is(at, monkeypatch):
    project = Project(at)
    prepared = adding.prepare(project, "seminars.txt", TEXT.encode(), adding.Wanted("seminar-tables"), "2026-11-30")
    before = state(at)
    project.records("005").mkdir()
    with pytest.raises(ProjectError, match="file-unwritable"):
        adding.write(prepared)
    project.records("005").rmdir()
    assert state(at) == before


def test_json_for_machines(at):
    told = json.loads(add(at, "pages/seminars.txt", "--title", TITLE, "--dry-run", "--json").stdout)
    assert told["document"] == "005" and told["edition"] is False and told["written"] == []
    assert [fact["id"] for fact in told["facts"]] == ["005-2023-seoul", "005-2023-london"]
    assert {key["key"] for key in told["keys"]} == {"seminar/2023-seoul", "seminar/2023-london"}


# ---- the register as text


REGISTER = '# words\n[document.000] # first\ntitle = "a"\nsha256 = "x"\nblank = [\n  1,\n]\nlines = 2\n\n# next\n[document.001]\ntitle = "b"\n'


def test_a_new_version_touches_its_own_lines_only():
    new = registering.with_version(REGISTER, "000", {"sha256": "y", "blank": [3, "5-6"], "lines": 9, "flattening": "html@1"})
    assert new == REGISTER.replace('sha256 = "x"', 'sha256 = "y"\nflattening = "html@1"').replace("[\n  1,\n]", '[3, "5-6"]').replace("= 2", "= 9")


def test_a_table_that_cannot_be_changed_safely_is_left_alone():
    odd = REGISTER.replace('sha256 = "x"', 'sha256 = """\nx"""')
    with pytest.raises(ProjectError, match="register-table"):
        registering.with_version(odd, "000", {"sha256": "y"})
    with pytest.raises(ProjectError, match="register-table"):
        registering.with_version(REGISTER, "007", {"sha256": "y"})


@pytest.mark.parametrize("title", ['a "quoted" \\ one', "題名 [document.009]", "# no comment", "'''"])
def test_any_title_is_written_as_it_is(title):
    import tomllib

    text = registering.with_table(REGISTER, "002", {"title": title, "blank": list(range(1, 200))})
    table = tomllib.loads(text)["document"]["002"]
    assert table["title"] == title and table["blank"] == list(range(1, 200))
    assert text.startswith(REGISTER) and max(map(len, text.splitlines())) < 120


# ---- fetching


class _Pages(BaseHTTPRequestHandler):
    pages = {
        "/page": (200, "text/html; charset=utf-8", HTML.encode()),
        "/image": (200, "image/png", b"\x89PNG"),
        "/large": (200, "text/html", b"x" * (9 * 1024 * 1024)),
        "/missing": (404, "text/html", b"no"),
    }

    def do_GET(self) -> None:
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", {"/moved": "/page", "/moved-to-file": "file:///etc/passwd"}.get(self.path, self.path + "x"))
            self.end_headers()
            return
        code, kind, body = self.pages[self.path]
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Pages) as served:
        served.daemon_threads = True
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()


def test_a_page_is_fetched_and_kept(at, server):
    done = add(at, f"{server}/page", "--allow-local", "--title", TITLE, "--documents", "pages")
    assert done.returncode == 0, done.stderr
    document = load_register(Project(at))["005"]
    assert document.url == f"{server}/page" and document.file.startswith("005_") and document.file.endswith(".html")
    assert (at / "pages" / document.file).read_bytes() == HTML.encode()
    assert kg("extract", "005", "--documents", "pages", "--check", cwd=at).returncode == 0
    again = add(at, f"{server}/page", "--allow-local", "--title", TITLE, "--documents", "pages")
    assert "registered already" in mistake(again)


def test_a_redirect_is_followed(server):
    assert fetch.fetch(f"{server}/moved", allow_local=True).url == f"{server}/page"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/image", "fetch-kind"), ("/large", "source-too-large"), ("/missing", "fetch-failed"),
        ("/moved-for-ever", "fetch-failed"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_not_fetched(server, path, code):
    with pytest.raises(SourceError) as caught:
        fetch.fetch(server + path, allow_local=True)
    assert caught.value.code == code and caught.value.text("ja")


def test_a_redirect_to_a_file_is_refused(server):
    with pytest.raises(SourceError, match="fetch-failed"):
        fetch.fetch(f"{server}/moved-to-file", allow_local=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost:8000/", "http://[::1]/", "http://10.0.0.1/", "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data", "http://0.0.0.0/", "http://[::ffff:127.0.0.1]/", "http://2130706433/",
    ],
)  # fmt: skip
def test_nothing_is_fetched_from_this_machine_or_its_network(url):
    with pytest.raises(MisuseError, match="fetch-local"):
        fetch.fetch(url)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/x", "gopher://a.example", "http://", "http://a b/", "http://u:p@a.example/"]
)
def test_only_plain_addresses_are_fetched(url):
    with pytest.raises(MisuseError, match="fetch-address"):
        fetch.fetch(url)


def test_a_local_address_is_refused_in_one_line(at):
    before = state(at)
    assert "fetch-local" in mistake(add(at, "http://127.0.0.1:9/page"))
    assert "fetch-address" in mistake(add(at, "file:///etc/passwd"))
    assert state(at) == before


def test_a_sentence_is_no_title(at):
    """No sentence of a page stands in the register: who adds the page says what it is called."""
    page = "Delegates of the invented town of Nowhere came together to talk of harbours, " * 3 + "and then […]\nA Short Headline\nMore […]\n"
    with pytest.raises(MisuseError, match="title-missing"):
        adding.prepare(Project(at), "news.txt", page.encode(), adding.Wanted("news-list"), "2026-11-30")
    named = adding.prepare(Project(at), "news.txt", page.encode(), adding.Wanted("news-list", title="News"), "2026-11-30")
    assert named.document.title == "News"
