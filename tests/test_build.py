"""`kg build`: what is published, the same bytes everywhere, and nothing lost when it dies."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rdflib import Dataset

from kg import pipeline, published
from kg.errors import ReleaseError
from kg.model import graph_of, triple
from kg.project import Project
from kg.store import Store, canonical_hash, parse, read_lines
from conftest import ROOT

FILES = {
    "SHA256SUMS", "jichi.jsonld", "jichi.nq", "jichi.trig", "jichi.ttl", "ontology.ttl", "release.json", "report.ttl",
    "shapes.ttl", "withdrawn.nq", "records/account.json", "records/activity.json", "records/seminar.json",
}  # fmt: skip


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def kg(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kg", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "LC_ALL": "", **environment}, check=False,
    )  # fmt: skip


def test_a_release_has_its_files_and_their_checksums(built):
    folder = published.current(built)
    assert FILES <= set(bytes_of(folder))
    sums = dict(reversed(row.split("  ")) for row in (folder / "SHA256SUMS").read_text().splitlines())
    assert set(sums) == set(bytes_of(folder)) - {"SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_build_is_named_by_its_sorted_nquads(built):
    """Those of all graphs but `graph/meta`, which holds that name."""
    folder = published.current(built)
    lines = (folder / "jichi.nq").read_text().splitlines()
    assert lines == sorted(set(lines)) and len(lines) > 10_000
    told = "".join(f"{line}\n" for line in lines if not graph_of(line).endswith("/graph/meta"))
    assert folder.name == hashlib.sha256(told.encode()).hexdigest()[:12]
    assert json.loads((folder / "release.json").read_text())["version"] == folder.name


def test_sorted_nquads_are_the_canonical_form(built):
    """Without blank nodes RDFC-1.0 is the sorted N-Quads; the store gives back the same quads."""
    path = published.current(built) / "jichi.nq"
    assert canonical_hash(read_lines(path)) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert Store.load(path).lines() == read_lines(path)
    assert "_:" not in {line[:2] for line in read_lines(path)}


def test_every_form_says_the_same(built):
    folder = published.current(built)
    quads = read_lines(folder / "jichi.nq")
    assert parse((folder / "jichi.trig").read_bytes(), "trig") == quads
    assert parse((folder / "jichi.jsonld").read_bytes(), "jsonld") == quads
    assert parse((folder / "jichi.ttl").read_bytes(), "turtle") == sorted({triple(q) for q in quads})


def test_rdflib_reads_the_same_quads(built):
    folder = published.current(built)
    data = Dataset()
    data.parse(folder / "jichi.nq", format="nquads")
    assert sum(len(graph) for graph in data.graphs()) == len(read_lines(folder / "jichi.nq"))


def test_two_builds_give_the_same_bytes(tmp_path, built):
    """Another hash seed, language, time zone, folder and day of the week."""
    elsewhere = tmp_path / "ここ" / "deep"
    for name in ("ontology", "shapes", "mappings", "endpoint/examples"):
        shutil.copytree(ROOT / name, elsewhere / name)
    done = kg("build", "--out", str(tmp_path / "out"), cwd=elsewhere, PYTHONHASHSEED="77", LC_ALL="ja_JP.UTF-8", TZ="Asia/Tokyo")
    assert done.returncode == 0, done.stderr
    assert bytes_of(tmp_path / "out" / "current") == bytes_of(built / "current")


def test_a_violation_publishes_nothing(copy_of_project, tmp_path):
    out = tmp_path / "out"
    first, _, _ = pipeline.build(copy_of_project, out)
    records = copy_of_project.records("000")
    records.write_text(records.read_text().replace('"start": "2018-05-23"', '"start": "2018-06-23"'))
    folder, problems, _ = pipeline.build(copy_of_project, out)
    assert folder is None
    assert {p.where for p in problems if p.severity == "violation"} == {"000:24"}
    assert published.current(out) == first.resolve()
    done = kg("build", "--out", str(out), cwd=copy_of_project.root)
    assert done.returncode == 1 and "000:24: shape-result: At most one first day, not after the last day." in done.stderr
    assert "Traceback" not in done.stderr


def test_the_same_data_with_other_files_is_exchanged_in_place(copy_of_project, tmp_path):
    out = tmp_path / "out"
    first, _, before = pipeline.build(copy_of_project, out)
    dataset = copy_of_project.ontology / "dataset.ttl"
    dataset.write_text(dataset.read_text().replace("jichi: international", "jichi - international"))
    second, _, after = pipeline.build(copy_of_project, out)
    assert first == second and before.version == after.version and before.sources != after.sources
    assert b"jichi - international" in (second / "ontology.ttl").read_bytes()
    assert sorted(p.name for p in out.iterdir()) == sorted([".lock", ".published", "current", second.name])
    assert published.current(out) == second.resolve()


def test_a_damaged_release_is_refused(built, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(built, out, symlinks=True)
    (published.current(out) / "jichi.ttl").write_text("cut")
    with pytest.raises(ReleaseError) as error:
        published.current(out)
    assert error.value.code == "release-damaged" and "jichi.ttl" in str(error.value)


def test_nothing_to_serve_is_said(tmp_path):
    with pytest.raises(ReleaseError) as error:
        published.current(tmp_path)
    assert error.value.code == "release-missing"


# ---- what the graphs hold


def test_default_counts(graphs, sources):
    ask = Store.load(graphs.lines, sources.vocabulary.prefixes)

    def count(pattern: str) -> int:
        return int(ask.select(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}")[0]["n"].value)

    assert count("?s a jichi:Seminar") == 48
    assert count("?s a jichi:Seminar ; jichi:hostedBy ?h") == 51
    assert count("?s jichi:theme ?t") == 53
    assert count("?s a jichi:ReportedActivity") == 17
    assert count("?s jichi:reportedBy ?g") == 20
    assert count("?s a jichi:ReportedActivity ; foaf:page ?p") == 14


def test_every_record_graph_has_its_evidence(graphs, sources):
    base = sources.vocabulary.base
    recorded = {graph_of(line) for line in graphs.lines if graph_of(line).startswith(f"{base}graph/rec/")}
    derived = {line.split(">", 1)[0][1:] for line in graphs.lines if "#wasDerivedFrom>" in line}
    assert len(recorded) == len(sources.records) and recorded <= derived


def test_curated_statements_stand_apart(graphs, sources):
    """The damaged end date: stated nowhere, conjectured in the curation graph only."""
    base = sources.vocabulary.base
    about = [line for line in graphs.lines if line.startswith(f"<{base}id/seminar/2016-new-york>")]
    assert not [line for line in about if "endDate" in line]
    edtf = [line for line in about if "#edtf>" in line]
    assert [graph_of(line) for line in edtf] == [f"{base}graph/curation/000-2016-new-york"]


def test_what_is_stated_is_not_inferred_again(graphs, sources):
    inferred = {line for line in graphs.lines if graph_of(line).endswith("graph/inferred")}
    others = {triple(line) for line in graphs.lines - inferred}
    assert inferred and not {triple(line) for line in inferred} & others


def test_the_digest_knows_every_source(copy_of_project: Project):
    before = pipeline.digest(copy_of_project)
    for path in ("ontology/prefixes.ttl", "shapes/Seminar.ttl", "mappings/records/004.jsonl", "mappings/lookups/eras.csv"):
        file = copy_of_project.root / path
        file.write_text(file.read_text() + "\n")
        after = pipeline.digest(copy_of_project)
        assert after != before
        before = after
