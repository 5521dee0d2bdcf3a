"""The official JSON cases of RML-Core, each as its README and `metadata.csv` say."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.errors import KgError
from kg.rml import compile_mapping

SUITE = Path(__file__).resolve().parents[1].parent / "shared" / "suites" / "rml-core"
CASES = 76
FAILING = 15
EMPTY = {"RMLTC0000-JSON"}  # the one case whose output is an empty data set
UNSAFE = {"RMLTC0027b-JSON"}  # rml:UnsafeIRI: a blank in an IRI, which we write as an escape

if not SUITE.is_dir():
    pytest.skip(f"the suite is not at ../shared/suites/{SUITE.name}", allow_module_level=True)


def _cases() -> list[dict[str, str]]:
    with (SUITE / "metadata.csv").open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _run(case: dict[str, str]) -> list[str]:
    folder = SUITE / case["ID"]
    mapping = compile_mapping(
        (folder / case["mapping"]).read_text(encoding="utf-8"), f"{case['ID']}/mapping.ttl", case["base_iri"]
    )
    return list(mapping.run(lambda path: json.loads((folder / path).read_text(encoding="utf-8"))))


def _dataset(text: str) -> ox.Dataset:
    # lenient: the expectation of one case holds IRIs that are none
    return ox.Dataset(ox.parse(text.encode(), format=ox.RdfFormat.N_QUADS, lenient=True))


def _lines(dataset: ox.Dataset) -> list[str]:
    return sorted(ox.serialize(dataset, format=ox.RdfFormat.N_QUADS).decode().splitlines())


def _comparable(dataset: ox.Dataset) -> list[str]:
    """Equal for isomorphic data sets."""
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return _lines(dataset)


def test_the_whole_suite_is_here() -> None:
    cases = _cases()
    assert len(cases) == len({case["ID"] for case in cases}) == CASES
    assert {case["ID"] for case in cases} == {folder.name for folder in SUITE.iterdir() if folder.is_dir()}
    assert sum(case["error"] == "true" for case in cases) == FAILING


@pytest.mark.parametrize("case", [case for case in _cases() if case["error"] == "false"], ids=lambda case: case["ID"])
def test_output(case: dict[str, str]) -> None:
    expected = _dataset((SUITE / case["ID"] / case["output1"]).read_text(encoding="utf-8"))
    assert (len(expected) > 0) != (case["ID"] in EMPTY)
    lines = _run(case)
    if case["ID"] in UNSAFE or any("_:" in line for line in _lines(expected)):
        assert _comparable(_dataset("\n".join(lines))) == _comparable(expected)
    else:
        assert sorted(set(lines)) == _lines(expected)  # the same bytes: our lines are canonical


@pytest.mark.parametrize("case", [case for case in _cases() if case["error"] == "true"], ids=lambda case: case["ID"])
def test_error(case: dict[str, str]) -> None:
    assert not (SUITE / case["ID"] / "output.nq").exists()
    with pytest.raises(KgError) as caught:
        _run(case)
    assert caught.value.text("en") and caught.value.text("ja")
    assert caught.value.code.startswith("rml.")
