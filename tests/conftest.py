"""What several test files share: the project, a release built once, and skips that fail where nothing may be missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kg import pipeline, releasing
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
    made = releasing.publish(pipeline.checked(project), root / "out", "2026.11.0", "2026-11-21")
    assert made.folder is not None and made.entered
    return root


def copied(target: Path) -> None:
    """What a release is made from, in another folder."""
    for name in ("ontology", "shapes", "mappings"):
        shutil.copytree(ROOT / name, target / name)
    for name in ("LICENSE", "LICENSE-DATA.md"):
        shutil.copy(ROOT / name, target / name)


@pytest.fixture
def copy_of_project(tmp_path: Path) -> Project:
    """A copy of the data folders that a test may spoil."""
    copied(tmp_path)
    return Project(tmp_path)
