"""Who may import whom, how large a file may be, and what must not stand in Python (design: architecture)."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT

MODULES = sorted(p for folder in ("kg", "endpoint") for p in (ROOT / folder).rglob("*.py"))
STEPS = {"extract", "normalise", "curate", "rml", "link", "derive", "validate", "release", "describe"}
CLIS = {p.stem for p in (ROOT / "kg").glob("cli*.py")}
CONDUCTORS = {
    "pipeline", "reading", "check", "explain", "provenance", "show", "adding", "minting",
    "registering", "fetch", "diff", "ledger", "boilerplate", "linking", "exports",
    "releasing", "verify", "copies", "numbers", "deposit", "tabular",
} | CLIS  # fmt: skip
WRITING = STEPS | CLIS | {
    "pipeline", "reading", "adding", "registering", "fetch", "releasing", "numbers", "linking", "load",
}  # fmt: skip


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def step_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] == "kg" and len(parts) > 1 else ""


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def outsiders(library: str, allowed: set[str]) -> list[str]:
    return [
        f"{shown(path)}:{line}"
        for path in MODULES
        for name, line in imports(path)
        if name.split(".")[0] == library and shown(path) not in allowed and not any(shown(path).startswith(a) for a in allowed if a.endswith("/"))
    ]


def test_modules_were_found():
    assert len(MODULES) > 40


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("pyoxigraph", {"kg/store.py", "kg/remote.py", "endpoint/evaluator.py", "endpoint/workers.py"}),
        ("pyshacl", {"kg/validate.py"}),
        ("flask", {"endpoint/"}),
        ("uvicorn", {"endpoint/protocol.py", "endpoint/web.py"}),
        ("click", {f"kg/{name}.py" for name in CLIS}),
        ("rapidfuzz", {"kg/linking/names.py"}),
        ("urllib3", {"kg/linking/service.py"}),
        ("selectolax", {"kg/extract/html.py"}),
    ],
)
def test_only_one_door_to_each_library(library, allowed):
    assert outsiders(library, allowed) == []


def test_steps_do_not_import_each_other():
    wrong = []
    for path in MODULES:
        step = step_of(path)
        if step not in STEPS:
            continue
        for name, line in imports(path):
            parts = name.split(".")
            if parts[0] == "kg" and len(parts) > 1 and parts[1] in (STEPS | CONDUCTORS) - {step}:
                wrong.append(f"{shown(path)}:{line} {name}")
    assert wrong == []


def test_extraction_knows_no_rdf():
    wrong = [
        f"{shown(p)}:{line}" for p in MODULES if step_of(p) in ("extract", "normalise")
        for name, line in imports(p) if name.split(".")[0] in ("rdflib", "pyoxigraph", "pyshacl") or name in ("kg.store", "kg.vocabulary")
    ]  # fmt: skip
    assert wrong == []


def test_the_web_side_cannot_write():
    wrong = []
    for path in MODULES:
        if not shown(path).startswith("endpoint/"):
            continue
        for name, line in imports(path):
            parts = name.split(".")
            if parts[0] == "kg" and len(parts) > 1 and parts[1] in WRITING:
                wrong.append(f"{shown(path)}:{line} {name}")
    assert wrong == []


def test_the_lowest_layer_imports_nothing_above_it():
    below = {"model": {"messages"}, "errors": {"messages"}, "messages": set(), "names": {"errors"}, "project": {"errors"}}
    wrong = [
        f"{shown(p)}:{line} {name}" for p in MODULES if step_of(p) in below
        for name, line in imports(p)
        if name.startswith("kg.") and name.split(".")[1] not in below[step_of(p)]
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_size_budget(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def test_templates_are_short():
    templates = sorted((ROOT / "endpoint" / "templates").rglob("*.html"))
    assert templates
    assert [shown(t) for t in templates if t.read_text(encoding="utf-8").count("\n") > 120] == []


SPARQL = re.compile(r"\b(SELECT\s+(DISTINCT\s+)?[?*(]|CONSTRUCT\s*\{|ASK\s*\{|WHERE\s*\{|INSERT\s*\{|PREFIX\s+\w*:)")
TAG = re.compile(r"</?(p|div|span|a|h[1-6]|table|tr|td|li|ul|html|body|script|br)\b[^>]*>")


def strings(path: Path) -> Iterator[tuple[str, int]]:
    """String constants that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value) for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | bare:
            yield node.value, node.lineno


@pytest.mark.parametrize("path", MODULES, ids=shown)
def test_no_query_tag_or_domain_iri_in_python(path):
    for value, line in strings(path):
        assert not SPARQL.search(value), f"{shown(path)}:{line}: a query belongs in a .rq file"
        assert not TAG.search(value), f"{shown(path)}:{line}: a tag belongs in a template"
        assert "w3id.org/jichi" not in value, f"{shown(path)}:{line}: an IRI of the domain"
        assert not re.search(r"\b(jichi|schema|org|prov|skos|oa):[A-Za-z]", value), f"{shown(path)}:{line}: a CURIE"


def test_no_broad_except():
    wrong = [
        f"{shown(path)}:{node.lineno}" for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]  # fmt: skip
    assert wrong == []


def test_every_test_file_is_collected():
    names = [p.name for p in (ROOT / "tests").glob("*.py")]
    assert [n for n in names if "test" in n and not n.startswith("test_") and n != "conftest.py"] == []


def test_nothing_tracked_names_this_machine():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in tracked or [shown(p) for p in MODULES]:
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png", ".woff2", ".ico"):
            text = path.read_text(encoding="utf-8")
            assert f"{ROOT.parent}/" not in text, name
            assert not re.search(r"https?://[^\s\"']*/simple/", text), name
