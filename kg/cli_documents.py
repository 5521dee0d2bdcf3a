"""The verbs that pages and releases are compared with before they are published: `kg add` and `kg diff`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from kg import adding, fetch, patch, published, show
from kg import diff as differing
from kg.errors import MisuseError
from kg.extract import load_register
from kg.extract.text import LIMIT
from kg.messages import render
from kg.model import Problem
from kg.project import Project, csv_row
from kg.prose import sentences
from kg.reference import FOLDER
from kg.vocabulary import Vocabulary

Words = Callable[[str], str]
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_THINGS = {"added": "diff-added", "removed": "diff-removed", "changed": "diff-changed"}


def _json(words: Words) -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help=words("option-json"))


# ---- add


def add(words: Words, language: str) -> click.Command:
    def run(
        source: str, on: str | None, documents: Path, reference: Path, dry_run: bool, accept: bool, allow_local: bool,
        as_json: bool,
        **said: Any,
    ) -> int:  # fmt: skip
        project = Project.find()
        wanted, name, data = _page(project, source, allow_local, said)
        # The only place where a clock is read: the day on which a key is born.
        # A folder that was named has to be there; the usual one is used where it is.
        wanted = replace(wanted, accept=accept)
        tables = reference if reference != FOLDER or reference.is_dir() else None
        folders = [documents] if fetch.is_url(source) else [Path(source).parent, documents]
        addition = adding.prepare(project, name, data, wanted, _day(on), tables, folders)
        refused = addition.refused() and not accept
        written = not dry_run and not refused
        if written:
            adding.write(addition, (documents / name, data) if fetch.is_url(source) else None)
        places = [project.place(path) for path in addition.files] if written else []
        if as_json:
            click.echo(show.as_json(_addition_json(addition, places, language)))
        else:
            click.echo("\n".join(_addition(addition, language)))
            done = "add-written-prose" if addition.unaccounted else "add-written"
            if written and addition.left_out:
                click.echo(render("add-left-out", {"number": addition.left_out}, language))
            why = "add-refused-version" if any(p.code == "version-suspected" for p in addition.problems) else "add-refused"
            code = done if written else why if refused else "add-dry"
            click.echo(render(code, {"files": ", ".join(places), "number": len(addition.unaccounted)}, language))
        return int(refused)

    return click.Command("add", callback=run, help=words("help-add"), params=[
        click.Argument(["source"], metavar="FILE|URL"),
        click.Option(["--layout"], required=True, help=words("option-layout")),
        *(click.Option([f"--{name}"], help=words(code)) for name, code in _SAID.items()),
        click.Option(["--on"], help=words("option-on")),
        click.Option(["--documents"], type=click.Path(file_okay=False, path_type=Path), default=Path("documents"),
                     help=words("option-keep")),
        click.Option(["--reference"], type=click.Path(file_okay=False, path_type=Path), default=FOLDER, show_default=True,
                     help=words("option-add-reference")),
        click.Option(["--mentions/--by-hand"], default=None, help=words("option-mentions")),
        click.Option(["--dry-run"], is_flag=True, help=words("option-dry-run")),
        click.Option(["--accept"], is_flag=True, help=words("option-accept")),
        click.Option(["--allow-local"], is_flag=True, help=words("option-allow-local")),
        _json(words),
    ])  # fmt: skip


_SAID = {
    "id": "option-add-id", "title": "option-add-title", "url": "option-add-url", "language": "option-add-language",
    "as-of": "option-add-as-of", "replaces": "option-add-replaces",
}  # fmt: skip
"""what a maintainer may say of a page, with the code of its help"""


def _page(project: Project, source: str, allow_local: bool, said: dict[str, Any]) -> tuple[adding.Wanted, str, bytes]:
    """What is wanted, the name under which the page is known, and its bytes."""
    wanted = adding.Wanted(**said)
    if fetch.is_url(source):
        fetched = fetch.fetch(source, allow_local)
        wanted = adding.Wanted(**{**said, "url": said["url"] or source})
        register = load_register(project)
        id_ = adding.known_id(register, wanted)
        return wanted, adding.file_name(register, fetched.data, fetched.kind, id_), fetched.data
    path = Path(source)
    try:
        with path.open("rb") as file:
            return wanted, path.name, file.read(LIMIT + 1)
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or error
        raise MisuseError("file-unreadable", show.plain(source)[:200], detail=detail) from None


def _day(on: str | None) -> str:
    if on is None:
        return date.today().isoformat()
    try:
        return date.fromisoformat(on).isoformat()
    except ValueError:
        raise MisuseError("add-value", name="--on", expected="YYYY-MM-DD", found=repr(on[:40])) from None


def _addition(addition: adding.Addition, language: str) -> list[str]:
    """The preview: what the page is, facts, entities, names, duplicates, lines, everything else."""
    document = addition.document
    values = {"id": document.id, "title": document.title, "layout": document.layout, "records": addition.records}
    lines = [show.plain(render("add-edition" if addition.edition else "add-document", values, language))]
    counts = {kind: sum(fact.kind == kind for fact in addition.facts) for kind in _SIGNS}
    lines.append(render("add-facts", counts, language))
    for fact in addition.facts:
        words = [show.plain(word) for word in fact.words if word]
        first = words.pop(0) if fact.kind != "changed" and words else ""
        lines += [f"  {_SIGNS[fact.kind]} {fact.id}  {first}".rstrip(), *(f"      {word}" for word in words)]
    lines.append(render("add-keys", {"number": len(addition.keys)}, language))
    lines += [show.plain(f"  + {key.key}  {key.class_}  {key.ja or '-'} / {key.en or '-'}") for key in addition.keys]
    if addition.taken:
        lines.append(render("add-taken", {"number": len(addition.taken)}, language))
        lines += [f"  + mappings/lookups/{table}.csv: {key}" for table, key in addition.taken]
    groups = _groups(addition)
    for code, problems in groups.items():
        number = len(addition.unaccounted) if code == "add-lines" else len(problems)
        lines.append(render(code, {"number": number}, language))
        lines += [f"  {show.plain(problem.text(language))}" for problem in problems]
    if addition.proposals:
        lines.append(render("add-proposals", {"number": len(addition.proposals)}, language))
        lines += [f"  mappings/lookups/{table}.csv: {_line(cells)}" for table, cells in addition.proposals]
    return lines


def _line(cells: tuple[str, ...]) -> str:
    """A row as it would stand in a table."""
    return show.plain(csv_row(cells))


def _groups(addition: adding.Addition) -> dict[str, list[Problem]]:
    def of(codes: Iterable[str]) -> list[Problem]:
        return [problem for problem in addition.problems if problem.code in codes]

    rest = [p for p in addition.problems if p.code not in (*adding.UNRESOLVED, *adding.UNACCOUNTED)]
    unread = of(adding.UNACCOUNTED)
    groups = {
        "add-names": of(adding.UNRESOLVED), "add-duplicates": list(addition.duplicates),
        "add-lines": [problem for problem in unread if addition.is_refused(problem)],
        "add-unread": [problem for problem in unread if not addition.is_refused(problem)], "add-remarks": rest,
    }  # fmt: skip
    return groups


def _addition_json(addition: adding.Addition, files: list[str], language: str) -> dict[str, Any]:
    groups = _groups(addition)
    return {
        "document": addition.document.id, "edition": addition.edition, "records": addition.records,
        "facts": [fact.__dict__ for fact in addition.facts],
        "keys": [key.__dict__ for key in addition.keys], "written": files,
        "taken": [{"table": table, "key": key} for table, key in addition.taken],
        "proposals": [{"table": table, "line": _line(cells)} for table, cells in addition.proposals],
        **{code.removeprefix("add-"): [show.problem(p, language) for p in found] for code, found in groups.items()},
    }  # fmt: skip


# ---- diff


def diff(words: Words, language: str) -> click.Command:
    def run(old: str, new: str, out: Path, quads: bool, prose: bool, write: Path | None, as_json: bool) -> int:
        folders = [published.release_at(named, out) for named in (old, new)]
        vocabulary = Vocabulary(Project.find())
        found = differing.compare(*folders, vocabulary, language)
        written = patch.write(write, folders, vocabulary) if write else None
        if as_json:
            click.echo(show.as_json({**_difference_json(found), "prose": sentences(found, language)}))
        elif prose:
            click.echo("".join(f"{show.plain(sentence)}\n" for sentence in sentences(found, language)), nl=False)
        elif quads:
            signed = [*((line, "-") for line in found.removed), *((line, "+") for line in found.added)]
            click.echo("".join(f"{sign} {line}\n" for line, sign in sorted(signed)), nl=False)
        else:
            click.echo("\n".join(_difference(found, language)))
        if written and not (as_json or quads or prose):
            click.echo(render("diff-written", {"folder": written}, language))
        return int(not found.same)

    return click.Command("diff", callback=run, help=words("help-diff"), params=[
        click.Argument(["old"]), click.Argument(["new"]),
        click.Option(["--out"], type=click.Path(path_type=Path), default=Path("build"), show_default=True,
                     help=words("option-out")),
        click.Option(["--quads"], is_flag=True, help=words("option-quads")),
        click.Option(["--prose"], is_flag=True, help=words("option-prose")),
        click.Option(["--write"], type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help=words("option-write")),
        _json(words),
    ])  # fmt: skip


def _difference(found: differing.Difference, language: str) -> list[str]:
    if found.same:
        return [render("diff-same", {}, language)]
    lines = []
    for thing in found.things:
        named = {"name": thing.name, "class": thing.classes[0] if thing.classes else "-", "iri": thing.iri}
        lines.append(f"{_SIGNS[thing.kind]} {show.plain(render(_THINGS[thing.kind], named, language))}")
        if thing.kind == "changed":
            for changed in thing.properties:
                sides = (show.plain(" | ".join(side)) or "-" for side in (changed.removed, changed.added))
                lines.append(f"    {changed.label}: {' → '.join(sides)}")
    lines += [render("diff-class", {"class": name, **counts}, language) for name, counts in found.counts.items()]
    lines.append(render("diff-quads", {"added": len(found.added), "removed": len(found.removed)}, language))
    return lines


def _difference_json(found: differing.Difference) -> dict[str, Any]:
    things = [{**t.__dict__, "properties": [changed.__dict__ for changed in t.properties]} for t in found.things]
    return {
        "same": found.same, "things": things, "counts": found.counts,
        "quads": {"added": list(found.added), "removed": list(found.removed)},
    }  # fmt: skip
