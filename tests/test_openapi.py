"""The description of the service: every route is in it, the columns of lists are, and schemathesis finds no difference."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest

from endpoint import create_app
from endpoint.openapi import template, words
from endpoint.release import OpenRelease
from endpoint.workers import Evaluators, Limits, Load
from endpoint_support import Server, running, vocabulary, fixture_lines, write_release

CONFIG = """
# A text that is no query is refused, and no schema can say which texts are queries.
[[operations]]
include-path = "/sparql"
checks.positive_data_acceptance.enabled = false
"""


@pytest.fixture(scope="module")
def described(site: Server) -> dict:
    return site.get("/openapi.json?lang=en").json()


def test_every_route_is_described_in_both_languages(tmp_path: Path, site: Server, described: dict):
    own = vocabulary()
    release = OpenRelease.open(write_release(tmp_path, fixture_lines(), own), own)
    with Evaluators(Load(release.data, own.base, own.prefixes), Limits(workers=1)) as evaluators:
        rules = [rule for rule in create_app(release, own, evaluators).url_map.iter_rules() if rule.endpoint != "static"]
    assert len(rules) > 14
    assert {template(rule) for rule in rules} == set(described["paths"])
    known = {rule.rule for rule in rules}
    assert [rule for rule in words()["route"] if rule not in known] == []
    for entry in (*words()["route"].values(), *words()["parameter"].values()):
        assert entry["en"].isascii() and not entry["ja"].isascii()
    assert site.get("/openapi.json?lang=ja").json()["paths"]["/list"]["get"]["summary"] == "一覧の目録"


def test_the_columns_of_a_list_are_described_by_their_names(site: Server, described: dict):
    for name in ("Seminar", "LocalGovernment", "Membership"):
        header = next(csv.reader(io.StringIO(site.get(f"/list/{name}.csv").text)))
        row = described["components"]["schemas"][f"row-{name}"]
        assert list(row["properties"]) == header
        assert row["properties"]["iri"] == {"type": "string"}
    by_column = described["components"]["schemas"]["row-Seminar"]["properties"]
    assert by_column["hostedBy"]["type"] == "array" and by_column["startDate"]["description"].endswith("/startDate")


def test_the_values_of_the_facets_are_described(described: dict):
    found = {p["name"]: p for p in described["paths"]["/list/{name}"]["get"]["parameters"]}
    assert "london" in found["office"]["schema"]["items"]["enum"] and found["office"]["description"] == "Office"
    assert {"fiscal-year", "prefecture", "country", "kind", "sort", "from", "to", "page"} <= set(found)


def test_schemathesis_finds_nothing_that_is_not_as_described(tmp_path: Path):
    """Over the invented release, which is small: examples, boundaries and random values of every argument of every route."""
    (tmp_path / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", "schemathesis.toml", "run", "", "--max-examples", "2",
        "--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--no-color",
    ]  # fmt: skip
    with running(write_release(tmp_path / "release", fixture_lines(), vocabulary())) as server:
        command[4] = f"{server.address}/openapi.json"
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stdout[-4000:]
    assert "Tested: " in found.stdout
