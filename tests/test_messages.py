"""The words of the command line: every code has both languages, every code is used, every use has words."""

from __future__ import annotations

import ast
import re
import string

import pytest

from conftest import ROOT
from endpoint.words import catalogue as pages
from kg import releasing
from kg.messages import catalogue, render

CODE = re.compile(r"^[a-z]+([.-][a-z0-9]+)+$")


def used() -> set[str]:
    """String constants in the code that look like a message code and are one."""
    found = set()
    for path in (*(ROOT / "kg").rglob("*.py"), *(ROOT / "endpoint").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.match(node.value):
                found.add(node.value)
    return found | {f"step-{name}" for name in releasing.STEPS}


def raised() -> set[str]:
    """Codes given to an error or a Problem."""
    found = set()
    for path in (*(ROOT / "kg").rglob("*.py"), *(ROOT / "endpoint").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if (name.endswith("Error") or name == "Problem") and node.args and isinstance(node.args[0], ast.Constant):
                if isinstance(node.args[0].value, str) and CODE.match(node.args[0].value):
                    found.add(node.args[0].value)
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_that_is_raised_has_words():
    assert raised() - set(catalogue()) - set(pages()["error"]) == set()


def test_every_message_is_used():
    assert set(catalogue()) - used() == set()


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_a_message_says_the_same_in_both_languages(code):
    words = catalogue()[code]
    assert set(words) == {"en", "ja"}
    assert fields(words["en"]) == fields(words["ja"]) or {"en", "ja"} & fields(words["en"])
    if code.startswith("help-"):
        return
    values = dict.fromkeys(fields(words["en"]) | fields(words["ja"]), "x")
    assert render(code, values, "en") and render(code, values, "ja")
