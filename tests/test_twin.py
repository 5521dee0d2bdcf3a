"""The static twin behind a real nginx and a real Apache answers as the server itself does."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from browser_support import visiting
from conftest import ROOT, missing
from endpoint_support import BASE, Server, fixture_lines, running, vocabulary, write_release
from playwright.sync_api import Browser
from twin_support import ASKED, BROWSER, Remembered, addresses, compare, content

from endpoint.negotiation import DOCUMENTS
from endpoint.twin import SITE, export_site
from endpoint.workers import Limits
from kg.errors import MisuseError
from kg.store import parse

PREFIX = "/lod"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that a server may enter that gives up the rights of root; pytest's own may be closed at any time."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases: in the newer one a town has another name, and two seminars are known to be gone."""
    out, words = tmp_path_factory.mktemp("release"), vocabulary()
    before = [line.replace('"Asagiri City"', '"Asagiri Town"') for line in fixture_lines()]
    write_release(out, before, words, "2026.10.0", "2026-10-01")
    return write_release(out, [*fixture_lines(), *gone_lines()], words, "2026.11.0", "2026-11-21")


def gone_lines() -> list[str]:
    """One thing that has a successor, one that has none."""
    text = """
    <id/seminar/2020-lisbon> a jichi:Tombstone ; dcterms:date "2026-01-01"^^xsd:date ; skos:note "Twice."@en , "重複"@ja ;
      dcterms:isReplacedBy <id/seminar/2021-lisbon> .
    <id/seminar/2019-lisbon> a jichi:Tombstone ; dcterms:date "2026-01-01"^^xsd:date ; skos:note "Wrong."@en , "誤り"@ja .
    """
    words = vocabulary()
    prefixes = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in words.prefixes.items())
    graph = f"<graph/ref/tombstones> {{ {text} }}"
    return parse(f"@base <{words.base}> .\n{prefixes}{graph}".encode(), "trig")


@pytest.fixture(scope="module")
def server(release: Path) -> Iterator[Server]:
    with running(release, limits=Limits(workers=1, deadline=2.0), prefix=PREFIX) as address:
        yield address


@pytest.fixture(scope="module")
def twin(release: Path, server: Server, open_folder: Path) -> Path:
    target = open_folder / "copy"
    exported(release, target, f"{server.address}{PREFIX}")
    return target


def exported(release: Path, target: Path, root: str) -> dict[str, int]:
    return export_site(release, vocabulary(), target, root)


def served(command: list[str], port: int) -> Iterator[Server]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                break
            time.sleep(0.05)
        assert process.poll() is None, " ".join(command)
        yield Server(f"http://127.0.0.1:{port}/", process.pid)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def nginx(twin: Path, open_folder: Path) -> Iterator[Server]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        missing("the Debian package nginx-light")
    folder, port = open_folder / "nginx", free_port()
    folder.mkdir()
    rules = (twin / "nginx.conf").read_text()
    assert "127.0.0.1:8080" in rules and "/srv/jichi/site" in rules
    rules = rules.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace("/srv/jichi/site", str(twin / SITE))
    (folder / "rules.conf").write_text(rules)
    temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;\nevents {{ }}\n"
        f"http {{\n  access_log off;\n{temporary}  include {folder}/rules.conf;\n}}\n")
    yield from served([str(program), "-c", str(folder / "nginx.conf"), "-e", "stderr"], port)


@pytest.fixture(scope="module")
def apache(twin: Path, open_folder: Path) -> Iterator[Server]:
    root = open_folder / "apache" / "root"
    shutil.copytree(twin / SITE, root / PREFIX[1:])
    yield from httpd(root)


def httpd(root: Path) -> Iterator[Server]:
    """Apache with the modules that the rules ask for, on files that may have rules of their own."""
    program = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin")
    if program is None:
        missing("the Debian package apache2")
    folder, port = root.parent, free_port()
    names = ("mpm_event", "authz_core", "rewrite", "headers", "mime", "dir")
    modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in names)
    (folder / "types").write_text("")
    (folder / "apache.conf").write_text(
        f"{modules}ServerName localhost\nListen 127.0.0.1:{port}\nPidFile {folder}/pid\nTypesConfig {folder}/types\n"
        f"Mutex file:{folder}\nErrorLog {folder}/errors\nUser www-data\nGroup www-data\nDocumentRoot {root}\n"
        f"<Directory {root}>\n  AllowOverride All\n  Require all granted\n</Directory>\n")
    yield from served([str(program), "-f", str(folder / "apache.conf"), "-X"], port)


@pytest.fixture(scope="module")
def registry(server: Server, open_folder: Path) -> Iterator[Server]:
    """The redirects of the persistent addresses, as the registry runs them, leading to the running server."""
    root = open_folder / "registry" / "root"
    (root / "jichi").mkdir(parents=True)
    rules = (ROOT / "docs" / "deploy" / "w3id" / ".htaccess").read_text()
    assert "https://jichi.example.org" in rules
    (root / "jichi" / ".htaccess").write_text(rules.replace("https://jichi.example.org", f"{server.address}{PREFIX}"))
    yield from httpd(root)


@pytest.fixture(scope="module")
def remembered(server: Server) -> Server:
    return Remembered(server)


@pytest.fixture(scope="module")
def found(remembered: Server) -> list[str]:
    return addresses(remembered, PREFIX, BASE)


@pytest.mark.parametrize("kind", ["nginx", "apache"])
def test_every_address_answers_as_at_the_server(
    kind: str, remembered: Server, found: list[str], request: pytest.FixtureRequest
) -> None:
    copy = request.getfixturevalue(kind)
    forms = [f"{path}.{format.extension}" for path in found if path.startswith(("/doc/", "/def")) for format in DOCUMENTS]
    wrong_ones = ["/doc/seminar/none", "/nothing", "/id/none/none", "/doc/seminar/2021-lisbon.pdf", "/linkset/def.linkset"]
    paths = sorted({*found, *forms, *wrong_ones})
    gone = {f"{here}/seminar/{key}" for here in ("/id", "/doc") for key in ("2020-lisbon", "2019-lisbon")}
    past = {path for path in paths if path.startswith("/release/")}
    assert gone < set(paths) and len(past) > 150 and len(paths) - len(past) > 150
    number, wrong = compare(remembered, copy, paths, PREFIX)
    assert wrong == [], chr(10).join(wrong)
    assert number > 1000


def test_every_thing_of_ours_in_the_data_is_there(twin: Path) -> None:
    words = vocabulary()
    named = {part for line in fixture_lines() for part in re.findall(rf"<{re.escape(words.base)}(id/[^#>]+)", line)}
    assert len(named) > 15
    missing_files = [name for name in sorted(named) if not (twin / SITE / f"doc/{name[3:]}.ttl").is_file()]
    assert missing_files == []


def test_two_copies_are_the_same_and_an_older_one_is_replaced(release: Path, tmp_path: Path) -> None:
    root = "https://example.org"
    assert exported(release, tmp_path / "one", root) == exported(release, tmp_path / "two", root)
    files = {p.relative_to(tmp_path / "one"): p.read_bytes() for p in (tmp_path / "one").rglob("*") if p.is_file()}
    assert files == {p.relative_to(tmp_path / "two"): p.read_bytes() for p in (tmp_path / "two").rglob("*") if p.is_file()}
    (tmp_path / "one" / SITE / "index.html").unlink()
    exported(release, tmp_path / "one", root)
    assert (tmp_path / "one" / SITE / "index.html").is_file()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "two"]


def test_a_folder_of_someone_else_is_left_alone(release: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(MisuseError):
        exported(release, tmp_path / "mine", "https://example.org")
    assert [p.name for p in tmp_path.rglob("*")] == ["mine", "thesis.txt"]


def test_plain_storage_is_told_the_type_of_each_object(twin: Path) -> None:
    rows = [line.split("\t") for line in (twin / "objects.tsv").read_text().splitlines()[1:]]
    assert len(rows) > 200 and len({row[0] for row in rows}) == len(rows)
    for key, file, content_type, _ in rows:
        assert (twin / SITE / file).is_file()
        assert "/" in content_type
    by_key = {row[0]: row for row in rows}
    assert by_key["doc/seminar/2021-lisbon"][2] == "text/html; charset=utf-8"
    assert by_key["doc/seminar/2021-lisbon.ttl"][2] == "text/turtle; charset=utf-8"
    assert by_key["doc/seminar/2021-lisbon.ja.html"][3] == "ja"


@pytest.mark.parametrize("root", ["example.org", "ftp://example.org", "https://example.org/?a=b", ""])
def test_an_address_that_is_none_is_refused(release: Path, tmp_path: Path, root: str) -> None:
    with pytest.raises(MisuseError):
        exported(release, tmp_path / "copy", root)
    assert list(tmp_path.iterdir()) == []


def test_the_browser_searches_the_copy(nginx: Server, browser: Browser) -> None:
    for asked, language, name in (("あさぎり", "ja", "朝霧市"), ("asagiri", "en", "Asagiri")):
        address = f"{nginx.address}{PREFIX}/search?q={quote(asked)}&lang={language}"
        with visiting(browser, address, language=language) as visit:
            visit.page.wait_for_selector("#hits a")
            assert name in visit.page.inner_text("#hits")
            assert visit.foreign_requests == [] and visit.complaints == []
            visit.page.click("#hits a")
            assert visit.page.get_attribute("html", "lang") == language
            assert name in visit.page.inner_text("h1")


@pytest.mark.parametrize("path", ["id/seminar/2021-lisbon", "def", "vocab/role", "graph/rec/900-2021-lisbon", "dataset"])
def test_persistent_addresses_lead_to_every_form(registry: Server, server: Server, path: str) -> None:
    for accept in (accept for accept in ASKED if accept not in ("text/csv", "image/png")):
        given = {"Accept": accept} if accept else {}
        first = registry.request("GET", f"/jichi/{path}", given)
        assert first.status == (303 if path.startswith("id/") or accept not in (BROWSER, "*/*", None) else 302), accept
        assert first.headers["access-control-allow-origin"] == "*" and "Accept" in first.headers["vary"]
        place = first.headers["location"].removeprefix(server.address)
        reply = server.request("GET", place, given)
        while reply.status == 303:
            place = reply.headers["location"].removeprefix(server.address)
            reply = server.request("GET", place, given)
        direct = server.request("GET", f"{PREFIX}/{path.replace('id/', 'doc/')}", given)
        assert (reply.status, content(reply)) == (200, content(direct)), accept
        assert reply.headers["content-type"] == direct.headers["content-type"]


@pytest.mark.parametrize(("path", "place"), [
    ("", "/"), ("sparql?query=ASK%20%7B%7D", "/sparql?query=ASK%20%7B%7D"), ("dump/jichi.nq", "/dump/jichi.nq"),
    ("id/seminar/2021-lisbon", "/id/seminar/2021-lisbon"), ("release/2026.11.0/doc/a/b", "/release/2026.11.0/doc/a/b"),
])
def test_everything_else_keeps_its_place(registry: Server, server: Server, path: str, place: str) -> None:
    reply = registry.request("GET", f"/jichi/{path}", {"Accept": BROWSER})
    assert reply.headers["location"] == f"{server.address}{PREFIX}{place}"
