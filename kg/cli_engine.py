"""The verb `load`, and the options that lead to another SPARQL server. Registered by `kg.cli`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from kg import load as loading
from kg import published
from kg.engine import Engine, GraphStore, Login
from kg.messages import render
from kg.project import Project
from kg.vocabulary import Vocabulary

Words = Callable[[str], str]


def register(group: click.Group, words: Words, language: str) -> None:
    group.add_command(_load(words, language))


def options(words: Words) -> list[click.Option]:
    return [
        click.Option(["--engine"], metavar="URL", help=words("option-engine")),
        click.Option(["--login"], type=click.Path(exists=True, dir_okay=False, path_type=Path), help=words("option-login")),
    ]


def engine(url: str | None, login: Path | None) -> Engine | None:
    """The engine that the options name; None where they name none."""
    return Engine(url, Login.read(login) if login else None) if url else None


def _load(words: Words, language: str) -> click.Command:
    def run(engine: str | None, login: Path | None, graph_store: str | None, bulk: Path | None, out: Path) -> int:
        if (engine is None) == (bulk is None):
            raise click.UsageError(words("load-target"))
        data = published.current(out) / published.DATA
        if bulk is not None:
            size = loading.write_bulk(data, bulk)
            values = {"quads": size.quads, "triples": size.triples, "path": bulk}
            click.echo(render("load-written", values, language))
            return 0
        there = Login.read(login) if login else None
        store = GraphStore(graph_store or engine or "", there)
        base = Vocabulary(Project.find()).base
        with Engine(engine or "", there) as server:
            size, removed, apart = loading.load(data, base, server, store)
        where = words("load-merge-apart" if apart else "load-merge-default")
        values = {"quads": size.quads, "triples": size.triples, "engine": engine, "removed": removed, "where": where}
        click.echo(render("load-done", values, language))
        return 0

    return click.Command("load", callback=run, help=words("help-load"), params=[
        *options(words),
        click.Option(["--graph-store"], metavar="URL", help=words("option-graph-store")),
        click.Option(["--bulk"], type=click.Path(dir_okay=False, path_type=Path), help=words("option-bulk")),
        click.Option(["--out"], type=click.Path(path_type=Path), default=Path("build"), show_default=True,
                     help=words("option-out")),
    ])  # fmt: skip
