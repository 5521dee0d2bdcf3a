"""The verb `export` with one command for each form. Registered by `kg.cli`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from kg import exports, published, tables
from kg.cli_progress import counting
from kg.errors import KgError
from kg.messages import render
from kg.project import Project
from kg.store import Store
from kg.vocabulary import Vocabulary

Words = Callable[[str], str]


def command(words: Words, language: str) -> click.Group:
    group = click.Group("export", help=words("help-export"))
    lang = click.Option(["--lang"], type=click.Choice(["en", "ja"]), expose_value=False, help=words("option-lang"))
    for made in (_quickstatements(words, language), _linkset(words, language), _site(words, language)):
        made.params.append(lang)
        group.add_command(made)
    return group


def _out(words: Words) -> click.Option:
    return click.Option(["--out"], type=click.Path(path_type=Path), default=Path("build"), show_default=True, help=words("option-out"))


def _release(out: Path) -> tuple[Store, Vocabulary]:
    vocabulary = Vocabulary(Project.find())
    return exports.opened(published.current(out), vocabulary.prefixes, vocabulary.base), vocabulary


def _quickstatements(words: Words, language: str) -> click.Command:
    def run(present: Path | None, out: Path) -> int:
        store, _ = _release(out)
        click.echo(exports.quickstatements(store, _present(present, language) if present else ()), nl=False)
        return 0

    return click.Command("quickstatements", callback=run, help=words("help-export-quickstatements"), params=[
        click.Option(["--present"], type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="TABLE",
                     help=words("option-present")),
        _out(words),
    ])  # fmt: skip


def _present(file: Path, language: str) -> list[exports.Statement]:
    """What Wikidata has already; a wrong row stops, or something would be given that is there."""
    rows, problems = tables.read(file, tables.find(Project.find(), exports.PRESENT))
    for problem in problems:
        click.echo(f"{problem.severity}: {problem.text(language)}", err=True)
    if any(problem.severity == "violation" for problem in problems):
        raise KgError("export-present", file.name)
    return [(row["subject"], row["property"], row["object"]) for row in rows]


def _linkset(words: Words, language: str) -> click.Command:
    def run(to: Path, out: Path) -> int:
        store, vocabulary = _release(out)
        to.mkdir(parents=True, exist_ok=True)
        for name, content in exports.linkset(store, vocabulary.base, vocabulary.prefixes).items():
            (to / name).write_bytes(content)
            click.echo(render("export-written", {"path": to / name, "lines": content.count(b"\n")}, language))
        return 0

    return click.Command("linkset", callback=run, help=words("help-export-linkset"), params=[
        click.Option(["--to"], type=click.Path(file_okay=False, path_type=Path), default=Path("linkset"), show_default=True,
                     help=words("option-to-linkset")),
        _out(words),
    ])  # fmt: skip


def _site(words: Words, language: str) -> click.Command:
    def run(folder: Path, url: str, out: Path) -> int:
        # Imported here: the other forms need no web framework.
        from endpoint.twin import export_site

        project = Project.find()
        with counting("export-site-step", language) as step:
            counts = export_site(published.current(out), Vocabulary(project), folder, url, step)
        click.echo(render("export-site-done", {**counts, "folder": folder}, language))
        return 0

    return click.Command("site", callback=run, help=words("help-export-site"), params=[
        click.Argument(["folder"], type=click.Path(file_okay=False, path_type=Path), metavar="DIR"),
        click.Option(["--url"], required=True, metavar="URL", help=words("option-site-url")),
        _out(words),
    ])  # fmt: skip
