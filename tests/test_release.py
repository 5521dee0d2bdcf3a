"""A release in an archive's hands: what is in it, that other programs read it, and that it comes out the same again."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import bagit
import pytest
from datacite import schema45
from rdflib import Dataset, Graph
from rocrate.rocrate import ROCrate

from conftest import ROOT, copied, missing
from kg import numbers, pipeline, published, release, tabular
from kg.errors import MisuseError, ProjectError, ReleaseError
from kg.project import Project
from kg.store import Store, canonical_hash, parse, read_lines
from kg.texts import kinds
from kg.vocabulary import Vocabulary

NUMBER = "2026.11.0"


@pytest.fixture(scope="module")
def bag(released) -> Path:
    return released / "out" / NUMBER


@pytest.fixture(scope="module")
def data(bag) -> Path:
    return bag / "data"


@pytest.fixture(scope="module")
def archive(released) -> Path:
    return released / "out" / f"jichi-{NUMBER}.zip"


@pytest.fixture(scope="module")
def facts(data) -> dict:
    return json.loads((data / "release.json").read_text())


@pytest.fixture(scope="module")
def store(data) -> Store:
    return Store.load(data / "jichi.nq", Vocabulary(Project(ROOT)).prefixes)


@pytest.fixture(scope="module")
def triples(data) -> Graph:
    return Graph().parse(data / "jichi.ttl")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# ---- what is in it


def test_the_library_of_congress_finds_the_bag_whole(bag):
    found = bagit.Bag(str(bag))
    assert found.validate() and found.is_valid(fast=False)
    assert found.info["Bagging-Date"] == "2026-11-21" and found.info["External-Identifier"].endswith(f"/{NUMBER}")


def test_the_usual_tool_finds_the_data_whole(data):
    done = subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "SHA256SUMS"], cwd=data, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    assert {row[66:] for row in (data / "SHA256SUMS").read_text().splitlines()} == files(data) - {"SHA256SUMS"}


def test_rocrate_reads_the_crate_and_every_file_is_in_it(data):
    crate = ROCrate(str(data))
    assert crate.version == "1.2" and crate.root_dataset["version"] == NUMBER
    assert crate.root_dataset["datePublished"] == "2026-11-21"
    described = {entity.id: entity for entity in crate.data_entities if entity.id != "./"}
    assert set(described) == files(data) - {"ro-crate-metadata.json", "SHA256SUMS"}
    for name, entity in described.items():
        content = (data / name).read_bytes()
        assert entity["contentSize"] == str(len(content)) and entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["description"] and entity["encodingFormat"]


def test_everything_that_an_archive_was_promised_is_there(data, sources):
    found = files(data)
    promised = {
        "README.md", "README.ja.md", "LICENSE", "LICENSE-DATA.md", "CITATION.cff", "codemeta.json", "datacite.json",
        "jichi.nq", "jichi.nq.gz", "jichi.ttl", "jichi.trig", "jichi.jsonld", "dataset.ttl", "ontology.ttl", "shapes.ttl",
        "report.ttl", "documents.csv", "tables/csv-metadata.json", "tables/Seminar.csv", "linksets/wikidata.nt",
        "sources/mappings/records/000.jsonl", "sources/mappings/curation/000.toml", "sources/mappings/seminar.rml.ttl",
        "sources/ontology/jichi.ttl", "sources/shapes/Seminar.ttl",
    }  # fmt: skip
    assert promised <= found
    assert {f"ledger/{document}.csv" for document in sources.documents} <= found
    questions = {path.stem for path in (ROOT / "endpoint" / "examples").glob("*.rq")}
    assert {f"answers/{name}.{end}" for name in questions for end in ("rq", "csv")} <= found


def test_the_zip_holds_the_bag_and_no_clock(bag, archive):
    with zipfile.ZipFile(archive) as packed:
        assert packed.testzip() is None
        entries = packed.infolist()
        assert {e.filename.partition("/")[2] for e in entries} == files(bag)
        assert {e.filename.partition("/")[0] for e in entries} == {f"jichi-{NUMBER}"}
        assert {e.date_time for e in entries} == {(2026, 11, 21, 0, 0, 0)}
        assert [e.filename for e in entries] == sorted(e.filename for e in entries)


def test_every_kind_of_file_is_told_in_the_readme(data):
    found = files(data) - {"SHA256SUMS"}
    for readme in ("README.md", "README.ja.md"):
        told = set(re.findall(r"^\| `([^`]+)` \|", (data / readme).read_text(), re.MULTILINE))
        for name in found - {"README.md", "README.ja.md"}:
            assert any(fits(name, pattern) for pattern in told), name
        assert all(any(fits(name, kind) for name in found) for kind in told if not kind.startswith("graph/"))


def fits(name: str, pattern: str) -> bool:
    return bool(re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name))


def test_no_pattern_of_the_readme_is_idle(data):
    assert [kind.path for kind in kinds() if not any(fits(name, kind.path) for name in files(data))] == []


def test_the_text_of_the_documents_is_in_no_file(data, documents):
    """No sentence: whatever stands on one line of a document and is longer than any title or name."""
    everything = "\n".join((data / name).read_text("utf-8", "replace") for name in sorted(files(data)) if not name.endswith(".gz"))
    sentences = [
        line.strip() for path in sorted(documents.glob("00*.txt")) for line in path.read_text("utf-8").split("\n")
        if len(line.strip()) > 200 and "http" not in line
    ]  # fmt: skip
    assert len(sentences) > 10
    assert [line[:60] for line in sentences if line in everything] == []
    rows = list(csv.DictReader(io.StringIO((data / "documents.csv").read_text(), newline="")))
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in documents.glob("00*.txt")}
    assert {row["sha256"] for row in rows} <= hashes and len(rows) == 5


# ---- other programs read the same


def run(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(words[0]) is None:
        missing(f"the program {words[0]}")
    return subprocess.run(words, capture_output=True, text=True, check=True)


def test_rapper_serdi_rdflib_and_pyoxigraph_agree_on_the_number_of_quads(data, facts):
    path = str(data / "jichi.nq")
    quads = facts["counts"]["quads"]
    assert len(read_lines(data / "jichi.nq")) == quads
    assert len(run("serdi", "-q", "-i", "nquads", "-o", "nquads", path).stdout.splitlines()) == quads
    assert f"returned {quads} triples" in run("rapper", "-c", "-i", "nquads", path).stderr
    found = Dataset()
    found.parse(path, format="nquads")
    assert sum(len(graph) for graph in found.graphs()) == quads
    assert len(Store.load(data / "jichi.nq").lines()) == quads
    assert sum(len(parse(p.read_bytes(), "turtle")) for p in (data / "graphs").rglob("*.ttl")) == quads


def test_they_agree_on_the_number_of_triples(data, triples):
    path = str(data / "jichi.ttl")
    number = len(triples)
    assert number == len(parse((data / "jichi.ttl").read_bytes(), "turtle"))
    assert len(run("serdi", "-q", "-i", "turtle", "-o", "ntriples", path).stdout.splitlines()) == number
    assert f"returned {number} triples" in run("rapper", "-c", "-i", "turtle", path).stderr
    assert all(str(number) in (data / readme).read_text() for readme in ("README.md", "README.ja.md"))


def test_a_graph_of_its_own_is_where_its_name_says(data, store):
    for graph in store.graphs():
        path = data / "graphs" / f"{graph.partition('/graph/')[2]}.ttl"
        assert parse(path.read_bytes(), "turtle") == sorted(f"{line.rpartition(' <')[0]} ." for line in store.lines(graph))


def test_the_canonical_form_is_that_of_the_recommendation(data, facts):
    content = (data / "jichi.nq").read_bytes()
    assert hashlib.sha256(content).hexdigest() == facts["sha256"] == canonical_hash(read_lines(data / "jichi.nq"))
    packed = (data / "jichi.nq.gz").read_bytes()
    assert gzip.decompress(packed) == content
    assert packed[3:8] == b"\0" * 5, "no name and no time in the head of gzip"


def test_another_program_answers_the_questions_alike(data, triples):
    """rdflib on the Turtle alone: whoever has the zip can ask again. The quickest of the questions, to save time."""
    asked = 0
    for query in sorted((data / "answers").glob("*.rq"), key=lambda path: path.stat().st_size)[:10]:
        text = query.read_text()
        if "GRAPH" in text:
            continue
        found = triples.query(text)
        rows = list(csv.reader(io.StringIO(query.with_suffix(".csv").read_text(), newline="")))
        assert sorted(tuple("" if v is None else str(v) for v in row) for row in found) == sorted(map(tuple, rows[1:]))
        assert [str(name) for name in found.vars] == rows[0]
        asked += 1
    assert asked > 5


def test_tables_say_what_the_graph_says(data, store):
    """Read by the rules of CSVW alone, a table gives the triples of its things, each in its place."""
    metadata = json.loads((data / "tables" / "csv-metadata.json").read_text())
    assert {table["url"] for table in metadata["tables"]} | {"csv-metadata.json"} == files(data / "tables")
    for table in metadata["tables"]:
        if table["url"] not in ("Seminar.csv", "LocalGovernment.csv", "StatedFigure.csv", "ReportedActivity.csv"):
            continue
        class_ = table["dcterms:subject"]["@id"]
        rows = store.select(f"SELECT ?s ?p ?o WHERE {{ ?s a <{class_}> ; ?p ?o FILTER(?p NOT IN (rdf:type, rdfs:label)) }}")
        assert told(data / "tables" / table["url"], table) == {(r["s"].value, r["p"].value, r["o"].value, r["o"].language) for r in rows}


def told(path: Path, table: dict) -> set[tuple]:
    found = set()
    columns = table["tableSchema"]["columns"]
    with path.open(newline="") as file:
        rows = csv.reader(file)
        assert next(rows) == [column["titles"] for column in columns]
        for row in rows:
            for column, cell in zip(columns, row, strict=True):
                if not column.get("suppressOutput") and cell:
                    values = cell.split(column["separator"]) if "separator" in column else [cell]
                    found |= {(row[0], column["propertyUrl"], value, column.get("lang")) for value in values}
    return found


def test_linksets_hold_the_links(data, store):
    for path in (data / "linksets").glob("*.nt"):
        graph = f"https://w3id.org/jichi/graph/link/{path.stem}"
        assert len(parse(path.read_bytes(), "ntriples")) == len(store.lines(graph)) > 0


# ---- one id


def test_one_id_everywhere(data, bag, archive, facts):
    """Data, description, citation, archive, registries: the same number, and no other."""
    base = "https://w3id.org/jichi/"
    said = {
        "release.json": facts["version"],
        "crate": ROCrate(str(data)).root_dataset["version"],
        "datacite": json.loads((data / "datacite.json").read_text())["version"],
        "codemeta": json.loads((data / "codemeta.json").read_text())["supportingData"]["version"],
        "schema.org": json.loads((data / "schema-org.json").read_text())["version"],
        "citation": re.search(r'^version: "(.+)"$', (data / "CITATION.cff").read_text(), re.MULTILINE)[1],
        "bag": bagit.Bag(str(bag)).info["External-Identifier"].removeprefix(f"{base}dataset/"),
        "folder": bag.name,
        "zip": archive.stem.removeprefix("jichi-"),
    }
    assert set(said.values()) == {NUMBER}
    for name in ("jichi.nq", "dataset.ttl"):
        graph = Dataset() if name.endswith("nq") else Graph()
        graph.parse(data / name)
        quads = {(s, o) for s, p, o, *_ in graph if str(p) == "http://www.w3.org/ns/dcat#version"}
        assert {str(o) for _, o in quads} == {NUMBER}, name
    for readme in ("README.md", "README.ja.md"):
        assert NUMBER in (data / readme).read_text().splitlines()[2]


def test_the_command_names_the_release(released):
    done = kg("--version", cwd=released, out_is_build=True)
    assert done.stdout == f"jichi 0.1.0, release {NUMBER}\n"


def test_how_to_cite_a_statement_is_shown_with_one_that_exists(data, store):
    text = (data / "README.md").read_text()
    thing, property_, value, first, last = re.search(
        r'^> <(\S+)> <(\S+)> "([^"]+)"\. jichi, release 2026\.11\.0, from ".+", lines? (\d+)(?:-(\d+))?\.$', text, re.MULTILINE
    ).groups()
    graph = re.search(r"Its graph is <(\S+)>", text)[1]
    assert store.ask(
        f"ASK {{ GRAPH <{graph}> {{ <{thing}> <{property_}> ?v FILTER(STR(?v) = '{value}') }} "
        f"<{graph}> prov:wasDerivedFrom ?e . ?e jichi:firstLine {first} ; jichi:lastLine {last or first} }}"
    )


def test_the_citation_file_is_one_by_its_own_schema(data, tmp_path):
    """Citation File Format 1.2.0, by the schema of its authors; a missing key would be found."""
    text = (data / "CITATION.cff").read_text()
    assert 'license: "CC-BY-4.0"' in text and 'date-released: "2026-11-21"' in text
    (tmp_path / "CITATION.cff").write_text(text.replace("date-released:", "date-of-release:"))
    for folder, code in ((data, 0), (tmp_path, 1)):
        command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.citation-file-format"]
        done = subprocess.run([*command, str(folder / "CITATION.cff")], capture_output=True, text=True)
        assert done.returncode == code, done.stdout


def test_the_record_for_a_registry_is_one_by_its_own_schema(data):
    """DataCite kernel 4.5, by the schema of the registry; a wrong word would be found."""
    record = json.loads((data / "datacite.json").read_text())
    assert [error.message for error in schema45.validator.iter_errors(record)] == []
    assert not schema45.validate({**record, "types": {**record["types"], "resourceTypeGeneral": "Data set"}})
    assert record["version"] == NUMBER and record["alternateIdentifiers"][0]["alternateIdentifier"].endswith(f"/{NUMBER}")


# ---- the same bytes again


def kg(*words: str, cwd: Path, out_is_build: bool = False, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, on another day."""
    if out_is_build:
        (cwd / "build").unlink(missing_ok=True)
        (cwd / "build").symlink_to("out")
    code = (
        "import datetime, sys, time\n"
        "class Later(datetime.date):\n"
        "    today = classmethod(lambda cls: cls(2031, 3, 7))\n"
        "datetime.date = Later\n"
        "time.time = lambda: 1930000000.0\n"
        "from kg.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-c", code, *words], cwd=cwd, env=env, capture_output=True, text=True)


def test_a_rebuild_from_the_tag_gives_the_same_bytes(released, bag, archive, tmp_path):
    """Another day, hash seed, folder, locale and time zone; the register says which day the release is of."""
    elsewhere = tmp_path / "ここ" / "deep"
    elsewhere.mkdir(parents=True)
    copied(elsewhere)
    shutil.copy(released / "mappings" / "releases.csv", elsewhere / "mappings" / "releases.csv")
    done = kg("release", NUMBER, "--out", str(tmp_path / "out"), cwd=elsewhere,
              PYTHONHASHSEED="77", LC_ALL="ja_JP.UTF-8", TZ="Asia/Tokyo")  # fmt: skip
    assert done.returncode == 0, done.stderr
    again = tmp_path / "out"
    assert {p: (again / NUMBER / p).read_bytes() for p in files(again / NUMBER)} == {p: (bag / p).read_bytes() for p in files(bag)}
    assert (again / archive.name).read_bytes() == archive.read_bytes()


def test_a_build_after_a_release_is_not_needed(released):
    project = Project(released)
    assert pipeline.is_current(project, released / "out")
    assert published.releases(released / "out") == {NUMBER: released / "out" / NUMBER / "data"}


# ---- numbers


@pytest.fixture
def registered(tmp_path) -> Project:
    (tmp_path / "mappings").mkdir()
    project = Project(tmp_path)
    numbers.register(project).write_text(f"version,issued,sha256\n2026.11.0,2026-11-21,{'a' * 64}\n2026.11.10,2026-11-30,{'b' * 64}\n")
    return project


@pytest.mark.parametrize("word", ["2026.13.0", "26.11.0", "2026.11", "v2026.11.0", "2026.11.00", "2026.1.0", "", "../x", "2026.11.0\n"])
def test_what_is_no_number_is_refused(registered, word):
    with pytest.raises(MisuseError, match="release-number"):
        numbers.planned(registered, word, "2026-12-01")


def test_a_new_number_comes_after_all_others_and_follows_on_them(registered):
    assert [row.version for row in numbers.planned(registered, "2026.12.0", "2026-12-01")[0]] == ["2026.11.0", "2026.11.10"]
    for version, day, code in (
        ("2026.11.9", "2026-12-01", "release-late"), ("2026.12.0", "2026-11-29", "release-day"), ("2026.12.0", "1 May", "add-value"),
    ):  # fmt: skip
        with pytest.raises(MisuseError, match=code):
            numbers.planned(registered, version, day)


def test_a_known_number_keeps_its_day_and_its_place(registered):
    assert numbers.planned(registered, "2026.11.10", "2031-01-01") == (numbers.load(registered)[:1], "2026-11-30")


def test_a_number_stands_for_one_set_of_data(registered):
    row = numbers.load(registered)[0]
    before = numbers.register(registered).read_text()
    assert numbers.enter(registered, row) is False
    with pytest.raises(ProjectError, match="release-differs"):
        numbers.enter(registered, numbers.Numbered(row.version, row.issued, "c" * 64))
    assert numbers.register(registered).read_text() == before


@pytest.mark.parametrize("row", ["2026.11.1,2026-11-01," + "c" * 64, "2026.12.0,2026-11-29," + "c" * 64])
def test_the_register_stands_in_order(registered, row):
    path = numbers.register(registered)
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(ProjectError, match="release-order") as error:
        numbers.load(registered)
    assert error.value.where == "mappings/releases.csv:4"


@pytest.mark.parametrize("row", ["2026.13.0,2026-12-01," + "c" * 64, "2026.12.0,2026-02-30," + "c" * 64, "2026.12.0,2026-12-01,c"])
def test_a_row_of_the_register_is_checked(registered, row):
    path = numbers.register(registered)
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(ProjectError, match="release-row"):
        numbers.load(registered)


def test_a_release_is_never_changed(released, tmp_path):
    """What stands there stays, and the current release too; the same once more is no change."""
    out = tmp_path / "out"
    shutil.copytree(released / "out", out, symlinks=True)
    bag = {name: (out / NUMBER / name).read_bytes() for name in files(out / NUMBER)}
    zipped = (out / f"jichi-{NUMBER}.zip").read_bytes()
    assert release.publish_bag(out, NUMBER, bag, f"jichi-{NUMBER}.zip", zipped) == (out / NUMBER, out / f"jichi-{NUMBER}.zip")
    for other in ({**bag, "data/new": b""}, {**bag, "bagit.txt": b""}, {k: v for k, v in bag.items() if k != "bagit.txt"}):
        with pytest.raises(ReleaseError, match="release-immutable"):
            release.publish_bag(out, NUMBER, other, f"jichi-{NUMBER}.zip", zipped)
    assert {name: (out / NUMBER / name).read_bytes() for name in files(out / NUMBER)} == bag


def test_the_columns_of_tables_are_those_of_the_lists(data, sources, store):
    """One function makes the tables of a release and those of the pages."""
    found = tabular.table(store, sources.vocabulary, f"{sources.vocabulary.base}def#Seminar")
    assert (data / "tables" / "Seminar.csv").read_bytes() == found.as_csv().encode()
