"""The verb `link`: what is unlinked against a table or a service. Registered by `kg.cli`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from kg import link, pipeline, published, show
from kg.cli_progress import counted
from kg.errors import MisuseError
from kg.linking import proposing, service, tables
from kg.linking.names import Reader
from kg.linking.offered import Source, TableSource
from kg.linking.proposing import Proposals
from kg.linking.rules import ACCEPT, NONE, REVIEW
from kg.linking.service import ServiceSource
from kg.messages import render
from kg.model import Problem
from kg.project import Project
from kg.store import Store

Words = Callable[[str], str]
JOURNAL = "answers.jsonl"


def command(words: Words, language: str) -> click.Command:
    def run(against: tuple[Path, ...], services: tuple[str, ...], to: Path, out: Path, as_json: bool) -> int:
        if not against and not services:
            raise MisuseError("link-nothing-offered")
        return _run(against, services, to, out, as_json, language)

    return click.Command("link", callback=run, help=words("help-link"), params=[
        click.Option(["--against"], type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True,
                     metavar="TABLE", help=words("option-against")),
        click.Option(["--service", "services"], multiple=True, metavar="URL", help=words("option-service")),
        click.Option(["--to"], type=click.Path(file_okay=False, path_type=Path), default=Path("proposed"), show_default=True,
                     help=words("option-to")),
        click.Option(["--out"], type=click.Path(path_type=Path), default=Path("build"), show_default=True, help=words("option-out")),
        click.Option(["--json", "as_json"], is_flag=True, help=words("option-json")),
    ])  # fmt: skip


def _run(against: tuple[Path, ...], services: tuple[str, ...], to: Path, out: Path, as_json: bool, language: str) -> int:
    project = Project.find()
    sources = pipeline.load(project)
    links, base = sources.links, sources.names.base
    reader = tables.reader(project)
    offering, problems = _sources(project, links, against, services, to, reader)
    _say_problems(problems, language)
    if any(problem.severity == "violation" for problem in problems):
        return 1
    store = Store.load(published.current(out) / published.DATA, sources.vocabulary.prefixes, base)
    results = [
        _propose(project, store, links, base, reader, [s for s in offering if s.authority == name], to, language)
        for name in dict.fromkeys(source.authority for source in offering)
    ]
    complete = not any(made.unanswered for made, _ in results)
    if complete:
        (to / JOURNAL).unlink(missing_ok=True)
    if as_json:
        click.echo(show.as_json([_as_json(made, paths) for made, paths in results]))
    else:
        _say(results, offering, language)
    return int(not complete)


def _sources(
    project: Project, links: link.Links, against: tuple[Path, ...], services: tuple[str, ...], to: Path, reader: Reader
) -> tuple[list[TableSource | ServiceSource], list[Problem]]:
    found: list[TableSource | ServiceSource] = []
    problems: list[Problem] = []
    for file in against:
        source, wrong = tables.source(project, file, reader)
        problems += wrong
        found += [source] if source else []
    spaces = {a.template.partition("{")[0]: a.name for a in links.authorities.values()}
    found += [service.connect(project, address, spaces, to / JOURNAL) for address in services]
    return found, problems


def _propose(
    project: Project, store: Store, links: link.Links, base: str, reader: Reader, sources: list[Source], to: Path, language: str
) -> tuple[Proposals, list[Path]]:
    authority = links.authorities[sources[0].authority]
    wanted, taken = proposing.subjects(store, links, authority)
    nothing = {row.subject: row for row in links.rows if row.empty and row.authority == authority.name}
    with counted(len(wanted) * len(sources), "step-link", language) as step:
        made = proposing.propose(wanted, taken, sources, reader, nothing, step)
    own = project.root / link.FOLDER / f"{authority.name}.sssom.tsv"
    header = proposing.prefixes_of(own, project.place(own))
    written = proposing.tables(made, links, base, date.today().isoformat(), header)
    return made, proposing.write(to, authority.name, written)


def _say_problems(problems: list[Problem], language: str) -> None:
    for problem in problems:
        click.echo(f"{problem.severity}: {problem.text(language)}", err=True)


def _say(results: list[tuple[Proposals, list[Path]]], offering: list[TableSource | ServiceSource], language: str) -> None:
    for made, paths in results:
        values = {
            "authority": made.authority, "accept": len(made.of(ACCEPT)), "review": len(made.of(REVIEW)),
            "none": len(made.of(NONE)), "folder": paths[0].parent,
        }  # fmt: skip
        click.echo(render("link-done", values, language))
        if made.unanswered:
            trouble = next((s.trouble for s in offering if isinstance(s, ServiceSource) and s.trouble), "-")
            click.echo(render("link-unanswered", {"count": len(made.unanswered), "detail": trouble}, language), err=True)


def _as_json(made: Proposals, paths: list[Path]) -> dict[str, object]:
    return {
        "authority": made.authority, "files": [str(path) for path in paths],
        **{outcome: len(made.of(outcome)) for outcome in (ACCEPT, REVIEW, NONE)},
        "unanswered": [subject.id for subject in made.unanswered],
    }  # fmt: skip
