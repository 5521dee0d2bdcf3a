"""What several test files share: the project, a release built once, and skips that fail where nothing may be missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser_support import chromium, launched
from endpoint_support import Server, running
from kg import pipeline
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


@pytest.fixture
def copy_of_project(tmp_path: Path) -> Project:
    """A copy of the data folders that a test may spoil."""
    for name in ("ontology", "shapes", "mappings"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return Project(tmp_path)
