"""What several test files share: the project, a release built once, and skips that fail where nothing may be missing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser_support import chromium, launched
from endpoint_support import Server, running
from kg import pipeline, published, releasing
from kg.project import Project

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def missing(what: str) -> None:
    """Skip because `what` is not here; with JICHI_NO_SKIP set (as in CI) that is a failure."""
    if os.environ.get("JICHI_NO_SKIP"):
        pytest.fail(f"{what} is missing, and nothing may be skipped here")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def project() -> Project:
    return Project(ROOT)


@pytest.fixture(scope="session")
def documents() -> Path:
    """The folder of the source documents, which the project does not carry."""
    folder = SHARED / "documents"
    if not folder.is_dir():
        missing("the folder ../shared/documents")
    return folder


@pytest.fixture(scope="session")
def sources(project: Project) -> pipeline.Sources:
    return pipeline.load(project)


@pytest.fixture(scope="session")
def graphs(sources: pipeline.Sources) -> pipeline.Graphs:
    return pipeline.graphs(sources)


@pytest.fixture(scope="session")
def built(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a published release of this project."""
    out = tmp_path_factory.mktemp("build")
    folder, _, _ = pipeline.build(project, out)
    assert folder is not None
    return out


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a release 2026.11.0 in its folder `out`; built once, to be read and copied only."""
    root = tmp_path_factory.mktemp("released")
    copied(root)
    project = Project(root)
    made = releasing.publish(pipeline.checked(project, root / "out"), root / "out", "2026.11.0", "2026-11-21")
    assert made.folder is not None and made.entered
    return root


def copied(target: Path) -> None:
    """What a release is made from, in another folder."""
    for name in ("ontology", "shapes", "mappings", "endpoint/examples"):
        shutil.copytree(ROOT / name, target / name)
    for name in ("LICENSE", "LICENSE-DATA.md"):
        shutil.copy(ROOT / name, target / name)


@pytest.fixture(scope="session")
def site(built: Path) -> Iterator[Server]:
    """A running server of the project's release; tests only read from it."""
    with running(built / "current", ROOT) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        missing("the Debian package chromium")
    with launched(str(path)) as opened:
        yield opened


@pytest.fixture(scope="session")
def releases(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The release of this project, and one that took its place, in one folder; a day, a host and a name differ there.

    A seminar is gone and has a successor, its passages are withdrawn.
    """
    root = tmp_path_factory.mktemp("later")
    for name in ("ontology", "shapes", "mappings"):
        shutil.copytree(ROOT / name, root / name)
    path = root / "mappings" / "records" / "000.jsonl"
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["key"] == "2018-seoul":
            record["norm"]["end"] = "2018-05-31"
        if record["key"] == "2018-sydney":
            record["norm"]["hosts"] = [{"lg": "jp-hyogo-kobe-shi", "name": "Kobe City"}]
        if record["key"] != "2017-paris":
            lines.append(json.dumps(record, ensure_ascii=False, sort_keys=True))
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    table = root / "mappings" / "lookups" / "local-governments.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Kumamoto Prefecture", "Kumamoto Pref."), encoding="utf-8")
    with (root / "mappings" / "ledger" / "000.csv").open("a", encoding="utf-8") as ledger:
        ledger.write("38,navigation,\n")
    with (root / "mappings" / "tombstones.csv").open("a", encoding="utf-8") as stones:
        stones.write("id/seminar/2017-paris,replaced,id/seminar/2016-paris,2026-12-01,Entered twice,重複のため\n")
        for gone in ("graph/rec/000-2017-paris", *(f"id/evidence/000-2017-paris{of}" for of in EVIDENCE_OF_A_SEMINAR)):
            stones.write(f"{gone},withdrawn,,2026-12-01,Went with its seminar,セミナーとともに廃止\n")
    out = root / "build"
    shutil.copytree(built, out, symlinks=True)
    first = published.current(out)
    second, problems, _ = pipeline.build(Project(root), out)
    assert second is not None, problems
    return first, second


EVIDENCE_OF_A_SEMINAR = ("", "-dates", "-hosts", "-series", "-themes")


@pytest.fixture
def copy_of_project(tmp_path: Path) -> Project:
    """A copy of the data folders that a test may spoil."""
    copied(tmp_path)
    return Project(tmp_path)
