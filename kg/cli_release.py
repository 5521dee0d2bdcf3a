"""The verbs of releases: `kg release` and `kg verify`. Registered by `kg.cli`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import click

from kg import numbers, published, releasing, show, verify
from kg.cli_progress import steps
from kg.errors import KgError, ProjectError, ReleaseError
from kg.messages import render
from kg.project import Project

Words = Callable[[str], str]
_OUT = Path("build")


def register(group: click.Group, words: Words, language: str) -> None:
    for verb in (_release, _verify):
        group.add_command(verb(words, language))


def release_id(out: Path = _OUT) -> str:
    """`jichi 0.1.0, release 2026.11.0`: the program, and the release that `out/current` leads to, if any."""
    program = f"jichi {version('jichi')}"
    try:
        return f"{program}, release {published.facts((out / published.CURRENT).resolve()).version}"
    except ReleaseError:
        return program


def _json(words: Words) -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help=words("option-json"))


def _release(words: Words, language: str) -> click.Command:
    def run(number: str, on: str | None, out: Path, reference: Path | None, as_json: bool) -> int:
        with steps(len(releasing.STEPS), language) as step:
            # The day of a new number is the only thing here that a clock decides; the register keeps it.
            made = releasing.make(Project.find(), out, number, on or date.today().isoformat(), step, reference)
        return _say(made, language, as_json)

    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.Command("release", callback=run, help=words("help-release"), params=[
        click.Argument(["number"], metavar="VERSION"),
        click.Option(["--on"], help=words("option-release-on")),
        click.Option(["--out"], type=click.Path(path_type=Path), default=_OUT, show_default=True,
                     help=words("option-out")),
        click.Option(["--reference"], type=folder, help=words("option-reference")),
        _json(words),
    ])  # fmt: skip


def _say(made: releasing.Released, language: str, as_json: bool) -> int:
    facts = made.facts
    if as_json:
        found = [show.problem(problem, language) for problem in made.problems]
        places = {"folder": str(made.folder) if made.folder else None, "file": str(made.file) if made.file else None}
        click.echo(show.as_json({"published": made.folder is not None, "problems": found, **places, **facts.__dict__}))
        return int(made.folder is None)
    for problem in made.problems:
        if problem.severity != "info":
            click.echo(f"{problem.severity}: {problem.text(language)}", err=True)
    if made.folder is None:
        click.echo(render("release-refused", {"version": facts.version}, language), err=True)
        return 1
    values = {
        "version": facts.version, "issued": facts.issued, "folder": made.folder, "file": made.file,
        "sha256": facts.sha256,
    }  # fmt: skip
    click.echo(render("release-done", values, language))
    if made.entered:
        click.echo(render("release-entered", {"version": facts.version}, language))
    return 0


def _verify(words: Words, language: str) -> click.Command:
    def run(source: str, allow_local: bool, as_json: bool) -> int:
        found = verify.verify(source, _known(), allow_local)
        if as_json:
            problems = [show.problem(problem, language) for problem in found.problems]
            facts = {"whole": found.whole, "version": found.version, "files": found.files, "sha256": found.sha256}
            click.echo(show.as_json({**facts, "problems": problems}))
            return int(not found.whole)
        for problem in found.problems:
            click.echo(show.plain(problem.text(language)))
        values = {
            "version": show.plain(found.version), "files": found.files, "sha256": found.sha256 or "-",
            "problems": len(found.problems),
        }  # fmt: skip
        click.echo(render("verify-whole" if found.whole else "verify-differs", values, language), err=not found.whole)
        return int(not found.whole)

    return click.Command("verify", callback=run, help=words("help-verify"), params=[
        click.Argument(["source"], metavar="FOLDER|ZIP|URL"),
        click.Option(["--allow-local"], is_flag=True, help=words("option-allow-local")),
        _json(words),
    ])  # fmt: skip


def _known() -> dict[str, str]:
    """The hashes of the releases that the project here has registered; none where there is no project."""
    try:
        return {row.version: row.sha256 for row in numbers.load(Project.find())}
    except KgError as error:
        if isinstance(error, ProjectError) and error.code in ("project-missing", "file-missing"):
            return {}
        raise
