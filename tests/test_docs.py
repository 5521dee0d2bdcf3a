"""The documents hold: what they name exists, what exists is named, and the commands they show print what they say.

A block marked `console` is run: lines after `$ ` are commands (`kg`, on a release built here; `curl`, on the application
itself), the lines below are what they print. A line `...` stands for any lines, `...` within a line for any text.
"""

from __future__ import annotations

import importlib
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from endpoint import create_app
from endpoint.negotiation import FORMATS
from endpoint.release import OpenRelease
from endpoint.workers import Evaluators, Limits, Load
from kg.check import check
from kg.cli import commands
from kg.errors import CurationError
from kg.published import current
from kg.vocabulary import Vocabulary

READMES = ("README.md", "README.ja.md")
GENERATED = {".git", ".venv", "build", "dist", "__pycache__", ".pytest_cache", ".hypothesis", "node_modules", "bundle"}
MADE_BY_THE_READER = {"mappings/records/005.jsonl", "pages/seminars.html"}
"""paths in recipes that exist only once somebody follows them"""
ROUTES_LEFT_OUT = {"static", "errors", "prefixes"}
"""served for the pages themselves, not for a reader to ask for"""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
NAMED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)\)")
FILE_SUFFIX = re.compile(r"[^/.]\.(py|md|toml|ttl|rq|csv|json|jsonl|nq|trig|jsonld)$")


def files() -> list[Path]:
    """Every file of the project that is not made by a command."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in GENERATED and not name.endswith(".egg-info")]
        found += [Path(folder, name) for name in names]
    return sorted(found)


def text_of(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


DOCUMENTS = [path.relative_to(ROOT).as_posix() for path in files() if path.suffix == ".md" and "tests" not in path.parts]
DECISIONS = [name for name in DOCUMENTS if name.startswith("docs/decisions/")]


def blocks(document: str, language: str) -> list[str]:
    return [body for name, body in FENCE.findall(text_of(document)) if name == language]


def prose(document: str) -> str:
    return FENCE.sub("", text_of(document))


# ---- what is shown is what is printed


def shown(document: str) -> list[tuple[str, str]]:
    """Commands and the output that the document shows for each."""
    found = []
    for block in blocks(document, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


SHOWN = sorted({pair for document in DOCUMENTS for pair in shown(document)})


@pytest.fixture(scope="module")
def client(project, built):
    vocabulary = Vocabulary(project)
    release = OpenRelease.open(current(built), vocabulary)
    with Evaluators(Load(release.data, vocabulary.base, vocabulary.prefixes), Limits(workers=1)) as evaluators:
        yield create_app(release, vocabulary, evaluators).test_client()


def test_the_documents_show_commands():
    assert len(SHOWN) >= 9
    assert {command.split()[0] for command, _ in SHOWN} == {"kg", "curl"}


@pytest.mark.parametrize("command, expected", SHOWN, ids=[command[:60] for command, _ in SHOWN])
def test_a_command_prints_what_the_document_shows(command, expected, built, client, monkeypatch):
    monkeypatch.chdir(ROOT)
    program, *words = shlex.split(command)
    printed = run_kg(words, built) if program == "kg" else run_curl(words, client)
    assert re.fullmatch(pattern(expected), tidy(printed)), printed


def run_kg(words: list[str], out: Path) -> str:
    result = CliRunner().invoke(commands("en"), [*words, "--out", str(out)])
    assert result.exit_code == 0, result.output
    return result.output.replace(f"published in {out}:", "published in build:")


def run_curl(words: list[str], client) -> str:
    """The few options of curl that the documents use, on the application itself."""
    headers, form, follow, address = {}, {}, False, ""
    rest = iter(words)
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        elif word == "--data-urlencode":
            name, _, value = next(rest).partition("=")
            form[name] = value
        elif word.startswith("-"):
            assert set(word[1:]) <= set("sL"), word
            follow = "L" in word
        else:
            address = word
    path = address.removeprefix("http://127.0.0.1:8000")
    assert path.startswith("/"), address
    answer = client.open(
        path, method="POST" if form else "GET", headers=headers, data=form or None, follow_redirects=follow
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def tidy(printed: str) -> str:
    """Without blanks at the ends of lines and lines at the end."""
    return "\n".join(line.rstrip() for line in printed.splitlines()).rstrip("\n") + "\n"


def pattern(expected: str) -> str:
    lines = tidy(expected).splitlines()
    return "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n" for line in lines
    )


def test_a_wrong_figure_would_be_found():
    assert re.fullmatch(pattern("...\nb 1\n...\n"), "a\nb 1\nc\n")
    assert not re.fullmatch(pattern("...\nb 2\n...\n"), "a\nb 1\nc\n")


# ---- what exists is named


@pytest.mark.parametrize("readme", READMES)
def test_every_verb_and_option_is_in_the_readme(readme):
    group = commands("en")
    assert group.commands
    for name, command in group.commands.items():
        row = next((line for line in text_of(readme).splitlines() if re.match(rf"\| `kg {name}[ `]", line)), None)
        assert row, f"kg {name} is not in {readme}"
        options = {option for param in command.params for option in param.opts if option.startswith("-")}
        missing = [option for option in sorted(options - {"--lang"}) if not re.search(rf"`{option}[ `]", row)]
        assert not missing, f"kg {name}: {missing} not in {readme}"
    assert "`--lang en|ja`" in text_of(readme)


@pytest.mark.parametrize("readme", READMES)
def test_every_make_target_is_in_the_readme(readme):
    targets = re.findall(r"^([a-z]+):.*## ", text_of("Makefile"), re.MULTILINE)
    assert {"setup", "test", "serve"} <= set(targets)
    assert not [target for target in targets if f"| `make {target}` |" not in text_of(readme)]


@pytest.mark.parametrize("readme", READMES)
def test_every_route_and_format_is_in_the_readme(readme, client):
    words = text_of(readme)
    routes = {rule.rule.strip("/").partition("/")[0] for rule in client.application.url_map.iter_rules()}
    firsts = {route for route in routes if route and not route.startswith("<")}
    assert firsts >= {"id", "doc", "sparql", "dump"}
    assert not [first for first in sorted(firsts - ROUTES_LEFT_OUT) if f"/{first}" not in words]
    assert not [format.title for format in FORMATS if format.title not in words]


@pytest.mark.parametrize("readme", READMES)
def test_the_limits_of_a_query_are_in_the_readme(readme):
    limits, words = Limits(), text_of(readme)
    assert f"{limits.memory >> 20} MiB" in words
    assert f"{limits.answer >> 20} MiB" in words
    assert re.search(rf"\b{limits.deadline:g} ?(seconds|秒)", words.replace("につき", " "))


# ---- what is named exists


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_in_a_document_exists(document, built):
    top = {path.relative_to(ROOT).parts[0] for path in files()}
    published = {path.relative_to(current(built)).as_posix() for path in current(built).rglob("*")}
    missing = [
        name
        for name in NAMED.findall(prose(document))
        if is_path(name, top) and name not in published | MADE_BY_THE_READER and not found(name)
    ]
    assert not missing


def is_path(name: str, top: set[str]) -> bool:
    if " " in name or name.startswith(("/", ".", "build", "http")):
        return False
    return name.partition("/")[0] in top or bool(FILE_SUFFIX.search(name))


def found(name: str) -> bool:
    """Whether a path exists; `<word>` stands for any name, a bare file name for a file anywhere."""
    name = re.sub(r"<[^>]*>", "*", name).rstrip("/")
    return any(ROOT.glob(name)) or ("/" not in name and any(ROOT.rglob(name)))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_between_documents_leads_somewhere(document):
    targets = [target for target in LINK.findall(prose(document)) if not target.startswith("http")]
    assert not [target for target in targets if not (ROOT / document).parent.joinpath(target).exists()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_name_of_the_code_in_a_document_exists(document):
    for name in NAMED.findall(prose(document)):
        if re.fullmatch(r"(kg|endpoint)(\.\w+)+", name):
            module, _, attribute = name.rpartition(".")
            assert hasattr(importlib.import_module(module), attribute), name


# ---- two languages


def test_both_readmes_have_the_same_structure_and_commands():
    english, japanese = (text_of(readme) for readme in READMES)
    assert HEADING.findall(prose("README.md")) == HEADING.findall(prose("README.ja.md"))
    assert FENCE.findall(english) == FENCE.findall(japanese)
    assert cells(english) == cells(japanese)
    assert "(README.ja.md)" in english
    assert "(README.md)" in japanese


def cells(text: str) -> list[tuple[int, str]]:
    """The rows of all tables: how many cells, and the first where it is code."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [(row.count(" | "), row.split("|")[1].strip() if row.startswith("| `kg ") else "") for row in rows]


def test_both_guides_show_the_same_decision():
    english, japanese = (blocks(name, "toml")[0] for name in ("CONTRIBUTING.md", "CONTRIBUTING.ja.md"))
    assert re.sub(r" +#.*", "", english) == japanese


def test_the_decision_that_the_guide_shows_is_accepted_and_its_guard_holds(copy_of_project):
    path = copy_of_project.curation("000")
    shown_one, before = blocks("CONTRIBUTING.md", "toml")[0].split("\n", 1)[1], path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n[[curate]]\n{shown_one}", encoding="utf-8")
    assert check(copy_of_project) == []
    path.write_text(f"{before}\n[[curate]]\n{shown_one}".replace("2019-01-26", "2019-01-25"), encoding="utf-8")
    with pytest.raises(CurationError):
        check(copy_of_project)


# ---- decisions


def test_no_two_decisions_have_one_number():
    """Numbers are given out in blocks to those who work at the same time, so there may be gaps."""
    numbers = [int(Path(name).name[:4]) for name in DECISIONS]
    assert sorted(set(numbers)) == sorted(numbers)
    assert set(range(1, 14)) <= set(numbers)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_says_context_decision_and_what_was_rejected(name):
    text = text_of(name)
    assert re.match(rf"# {int(Path(name).name[:4])}\. \S", text)
    sections = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert sections[::2] == ["Context", "Decision", "Rejected"]
    assert all(body.strip() for body in sections[1::2])


# ---- nothing of a machine


MACHINE = re.compile(r"(?<![\w.:/-])/(?:tmp|home|root|work|mnt|Users)/[\w.]")
REGISTRY = re.compile(r"pypi\.org|pythonhosted|test\.pypi|registry\.npmjs|proxy\.golang|--(?:extra-)?index-url", re.IGNORECASE)


def test_the_patterns_find_what_they_look_for():
    assert MACHINE.search("see " + "/".join(["", "home", "me", "x"]))
    assert not MACHINE.search("https://example.org/" + "home/x")


def test_no_file_names_a_folder_of_a_machine_or_a_package_registry():
    itself = Path(__file__).resolve()
    found = []
    for path in files():
        data = path.read_bytes()
        if b"\0" in data or path == itself:
            continue
        for number, line in enumerate(data.decode("utf-8").splitlines(), 1):
            if MACHINE.search(line) or REGISTRY.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}")
    assert not found
