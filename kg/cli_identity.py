"""The verbs of identity: reference tables, and who a name or code stands for. Registered by `kg.cli`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from kg import published, reference, resolve, show
from kg.errors import MisuseError
from kg.messages import render
from kg.project import Project
from kg.store import Store
from kg.vocabulary import Vocabulary

Words = Callable[[str], str]


def register(group: click.Group, words: Words, language: str) -> None:
    for verb in (_reference, _resolve):
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


def _resolve(words: Words, language: str) -> click.Command:
    def run(name: str, on: str | None, country: str | None, out: Path, as_json: bool) -> int:
        if on and not _is_day(on):
            raise MisuseError("resolve-date", found=on)
        vocabulary = Vocabulary(Project.find())
        store = Store.load(published.current(out) / published.DATA, vocabulary.prefixes, vocabulary.base)
        candidates = resolve.resolve(resolve.index(store), name, on, country)
        chosen = resolve.chosen(candidates)
        if as_json:
            click.echo(show.as_json({
                "query": name, "on": on, "chosen": chosen.government.iri if chosen else None,
                "candidates": [_candidate(c, language) for c in candidates],
            }))  # fmt: skip
            return int(chosen is None)
        _say(candidates, language)
        if chosen is None:
            click.echo(_why_none(name, candidates, language), err=True)
        return int(chosen is None)

    return click.Command("resolve", callback=run, help=words("help-resolve"), params=[
        click.Argument(["name"], metavar="NAME|CODE"),
        click.Option(["--on"], metavar="DATE", help=words("option-day")),
        click.Option(["--country"], metavar="CC", help=words("option-country")),
        click.Option(["--out"], type=click.Path(path_type=Path), default=Path("build"), show_default=True,
                     help=words("option-out")),
        _json(words),
    ])  # fmt: skip


def _why_none(name: str, candidates: list[resolve.Candidate], language: str) -> str:
    left = [c for c in candidates if c.state in (resolve.EXISTS, resolve.TODAY)]
    known = resolve.well_formed(name)
    if not candidates and known:
        return render("resolve-code-unknown", {"name": name, "codes": ", ".join(known)}, language)
    code = "resolve-none" if not candidates else "resolve-several" if len(left) > 1 else "resolve-not-then"
    return render(code, {"name": name, "count": len(left)}, language)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _say(candidates: list[resolve.Candidate], language: str) -> None:
    rows = [
        [c.state, f"lg:{c.government.key}", c.former or c.government.name_ja, c.government.name_en, c.kind, c.prefecture_ja,
         c.government.country, c.government.code]
        for c in candidates
    ]  # fmt: skip
    if not rows:
        return
    click.echo(show.table([""] * 8, rows).split("\n", 2)[2], nl=False)
    for c in candidates:
        for code, values in c.notes:
            click.echo(f"  {c.government.key}: {render(code, dict(values), language)}")


def _candidate(c: resolve.Candidate, language: str) -> dict[str, object]:
    government = c.government
    return {
        "iri": government.iri, "name_ja": government.name_ja, "name_en": government.name_en, "kind": c.kind,
        "country": government.country, "prefecture": c.prefecture_ja, "code5": government.code, "matched": c.matched,
        "how": c.how, "state": c.state, "former": c.former or None,
        "notes": [{"code": code, "text": render(code, dict(values), language)} for code, values in c.notes],
        "changes": [
            {"iri": change.iri, "on": change.on, "kind": change.kind, "former": list(change.former), "unverified": change.unverified}
            for change in government.changes
        ],
    }  # fmt: skip
