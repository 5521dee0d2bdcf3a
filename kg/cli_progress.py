"""Progress of what takes more than a second, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from kg.messages import render


@contextmanager
def steps(length: int, language: str, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """A bar over named steps; each is called by its name (`step-NAME` in the messages)."""
    if quiet or not sys.stderr.isatty():
        yield lambda step: None
        return
    with click.progressbar(length=length, file=sys.stderr, item_show_func=str) as bar:
        yield lambda step: bar.update(1, render(f"step-{step}", {}, language))


@contextmanager
def counted(length: int, code: str, language: str) -> Iterator[Callable[[int], None]]:
    """A bar over so many things of one kind, under the words of `code`."""
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    with click.progressbar(length=length, file=sys.stderr, label=render(code, {}, language)) as bar:
        yield bar.update


@contextmanager
def counting(code: str, language: str) -> Iterator[Callable[[int], None]]:
    """A running number, where nobody knows before how many there will be; `code` has the words around `{number}`."""
    shown = sys.stderr.isatty()

    def step(number: int) -> None:
        if shown and number % 20 == 0:
            click.echo(f"\r{render(code, {'number': number}, language)}", nl=False, err=True)

    yield step
    if shown:
        click.echo("\r", nl=False, err=True)
