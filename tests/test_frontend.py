"""The scripts of the pages: locked, bundled from the sources at hand, named by content, kept for ever; or done without."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser_support import axe_violations, visiting
from conftest import ROOT, missing
from endpoint_support import Server

FRONTEND = ROOT / "endpoint" / "frontend"
BUNDLE = ROOT / "endpoint" / "static" / "bundle"


@pytest.fixture(scope="module")
def manifest() -> dict:
    if not (BUNDLE / "manifest.json").is_file():
        missing("the bundle (make bundle)")
    return json.loads((BUNDLE / "manifest.json").read_text(encoding="utf-8"))


def test_every_package_is_locked_with_its_checksum_and_without_an_address():
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: facts for name, facts in lock["packages"].items() if name}
    assert len(packages) > 20
    for name, facts in packages.items():
        assert facts["version"] and facts["integrity"].startswith("sha512-"), name
        assert "resolved" not in facts, name
    assert "://" not in (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    wanted = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    for group in ("dependencies", "devDependencies"):
        for name, version in wanted[group].items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
            assert packages[f"node_modules/{name}"]["version"] == version


def test_the_bundle_is_of_these_sources(manifest):
    done = subprocess.run(
        [sys.executable, "-c", "import hatch_build; print(hatch_build.sources(), hatch_build.is_current())"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    assert done.stdout.split() == [manifest["sources"], "True"]
    assert set(manifest["files"]) == {path.name for path in (FRONTEND / "entries").glob("*.js")}
    for entry, name in manifest["files"].items():
        assert re.fullmatch(rf"{entry.removesuffix('.js')}-[A-Z0-9]{{8}}\.js", name)
        assert (BUNDLE / name).is_file()


def test_a_wheel_has_the_bundle_and_needs_no_node(manifest, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"endpoint/static/bundle/{name}" for name in manifest["files"].values()} <= names
    assert {"endpoint/static/bundle/manifest.json", "endpoint/static/bundle/LICENSES.txt"} <= names
    assert not [name for name in names if "frontend" in name or "node_modules" in name]


def test_what_is_named_by_its_content_is_kept_for_ever(site: Server, manifest):
    page = site.get("/", accept="text/html").text
    (style,) = re.findall(r'href="(/static/jichi\.css\?v=[0-9a-f]{12})"', page)
    for address in (style, f"/static/bundle/{manifest['files']['workbench.js']}"):
        reply = site.get(address)
        assert reply.status == 200
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert site.get(address, If_None_Match=reply.headers["etag"]).status == 304
    for address in ("/static/jichi.css", "/static/jichi.css?v=000000000000", "/static/bundle/manifest.json"):
        assert "immutable" not in site.get(address).headers["cache-control"]


def test_axe_finds_what_is_wrong(site: Server, browser: Browser):
    """The rule that the pages are held to can fail."""
    with visiting(browser, f"{site.address}/") as visit:
        visit.page.evaluate("document.querySelector('main').append(new Image())")
        assert any(line.startswith("image-alt") for line in axe_violations(visit.page))
