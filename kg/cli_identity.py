"""The verbs of identity: reference tables, and who a name or code stands for. Registered by `kg.cli`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from kg import reference, show
from kg.messages import render
from kg.project import Project

Words = Callable[[str], str]


def register(group: click.Group, words: Words, language: str) -> None:
    for verb in (_reference,):
        group.add_command(verb(words, language))


def _json(words: Words) -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help=words("option-json"))


def _reference(words: Words, language: str) -> click.Command:
    def run(act: str, file: Path, name: str, out: Path, as_json: bool) -> int:
        written, rows, problems = reference.import_table(Project.find(), file, name, out)
        if as_json:
            found = [show.problem(problem, language) for problem in problems]
            click.echo(show.as_json({"written": str(written) if written else None, "rows": rows, "problems": found}))
            return int(written is None)
        for problem in problems:
            click.echo(f"{problem.severity}: {problem.text(language)}", err=True)
        values = {"rows": rows, "problems": len(problems), "path": written or "-", "file": file.name}
        click.echo(render("reference-done" if written else "reference-refused", values, language), err=written is None)
        return int(written is None)

    return click.Command("reference", callback=run, help=words("help-reference"), params=[
        click.Argument(["act"], type=click.Choice(["import"])),
        click.Argument(["file"], type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.Option(["--as", "name"], required=True, help=words("option-as")),
        click.Option(["--out"], type=click.Path(file_okay=False, path_type=Path), default=reference.FOLDER,
                     show_default=True, help=words("option-tables")),
        _json(words),
    ])  # fmt: skip

