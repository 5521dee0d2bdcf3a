"""The command `kg`: options in, verbs of the library called, words and exit codes out. No step is done here.

Exit codes: 0 done, 1 problems in the data, 2 a wrong call. All words stand in `messages.toml`, in English and Japanese.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from kg import check as checking
from kg import cli_documents, cli_engine, cli_export, cli_identity, cli_link, cli_release
from kg import pipeline, published, reading, release, show
from kg.cli_progress import steps
from kg.errors import KgError, MisuseError, QueryError
from kg.explain import SPAN, Explanation, Support, explain, supports
from kg.hints import hints, terms_of
from kg.register import load_register
from kg.messages import catalogue, nearest, render
from kg.names import Names
from kg.project import Project
from kg.query_text import inspect
from kg.store import Store, read_lines, serialise
from kg.vocabulary import Vocabulary

OUT = Path("build")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: run, print one line for a mistake, leave with its exit code; never a traceback for a user."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    language = language_of(arguments, os.environ)
    try:
        result = commands(language).main(arguments, prog_name="kg", standalone_mode=False)
    except KgError as error:
        click.echo(f"kg: {error.text(language)}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"kg: {_usage(error, language)}", err=True)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(result if isinstance(result, int) else 0)


def language_of(arguments: Sequence[str], environment: Any) -> str:
    """`--lang` where it is given, else the language of LC_ALL, LC_MESSAGES or LANG, else English."""
    for at, word in enumerate(arguments):
        if word == "--lang" and at + 1 < len(arguments):
            return "ja" if arguments[at + 1].startswith("ja") else "en"
        if word.startswith("--lang="):
            return "ja" if word[7:].startswith("ja") else "en"
    locale = next((environment[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(n)), "")
    return "ja" if locale.startswith("ja") else "en"


def _usage(error: click.ClickException, language: str) -> str:
    match error:
        case click.NoSuchOption():
            near = nearest(error.option_name, error.possibilities or ())
            return render("cli-option", {"name": error.option_name, "nearest": near}, language)
        case click.MissingParameter():
            return render("cli-missing", {"name": error.param.human_readable_name if error.param else "-"}, language)
        case click.BadParameter():
            name = error.param.human_readable_name if error.param else "-"
            return render("cli-value", {"name": name, "detail": error.message}, language)
        case _:
            return render("cli-usage", {"detail": error.format_message()}, language)


class Verbs(click.Group):
    """The group of verbs; an unknown one is answered with the nearest."""

    language = "en"

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            values = {"name": args[0], "nearest": nearest(args[0], self.commands)}
            raise click.UsageError(render("cli-command", values, self.language))
        return super().resolve_command(ctx, args)


def commands(language: str) -> click.Group:
    """The verbs, with their help in `language`."""
    words: Callable[[str], str] = lambda code: catalogue()[code][language]  # noqa: E731
    group = Verbs("kg", help=words("help-kg"), context_settings={"help_option_names": ["-h", "--help"]})
    group.language = language
    lang = click.Option(["--lang"], type=click.Choice(["en", "ja"]), expose_value=False, help=words("option-lang"))
    group.params.append(lang)
    click.version_option(version("jichi"), message=cli_release.release_id(), help=words("option-version"))(group)
    for verb in (_extract, _check, _coverage, _build, _serve, _query, _explain, cli_documents.add, cli_documents.diff):
        group.add_command(verb(words, language))
    cli_identity.register(group, words, language)
    cli_engine.register(group, words, language)
    group.add_command(cli_link.command(words, language))
    cli_release.register(group, words, language)
    group.add_command(cli_export.command(words, language))
    for command in group.commands.values():
        command.params.append(lang)
    return group


def _folder(words: Callable[[str], str]) -> click.Option:
    return click.Option(
        ["--out"], type=click.Path(path_type=Path), default=OUT, show_default=True, help=words("option-out")
    )


def _json(words: Callable[[str], str]) -> click.Option:
    return click.Option(["--json", "as_json"], is_flag=True, help=words("option-json"))


def _documents(words: Callable[[str], str], default: Path | None = None) -> click.Option:
    return click.Option(
        ["--documents"], type=click.Path(file_okay=False, path_type=Path), default=default, help=words("option-documents")
    )


def _extract(words: Callable[[str], str], language: str) -> click.Command:
    def run(documents_wanted: tuple[str, ...], documents: Path, check: bool, as_json: bool) -> int:
        project = Project.find()
        readings = reading.read_documents(project, documents_wanted, documents)
        if not check:
            reading.write(project, readings)
        for found in readings:
            _say_reading(found, language, as_json)
        stale = check and any(found.changes for found in readings)
        return int(stale or any(not found.writable for found in readings))

    return click.Command("extract", callback=run, help=words("help-extract"), params=[
        click.Argument(["documents_wanted"], nargs=-1, metavar="[DOC]..."),
        _documents(words, Path("documents")),
        click.Option(["--check"], is_flag=True, help=words("option-check")),
        _json(words),
    ])  # fmt: skip


def _say_reading(found: reading.Reading, language: str, as_json: bool) -> None:
    id_ = found.document.id
    if as_json:
        changed = [change.__dict__ for change in found.changes]
        problems = [show.problem(problem, language) for problem in found.problems]
        click.echo(show.as_json({"document": id_, "records": len(found.records), "changes": changed, "problems": problems}))
        return
    values = {"document": id_, "records": len(found.records), "changes": len(found.changes)}
    click.echo(render("extract-done", values, language))
    for change in found.changes:
        click.echo(f"  {change.kind} {change.id} {' '.join(change.fields)}".rstrip())
    for problem in found.problems:
        click.echo(f"  {problem.text(language)}")


def _check(words: Callable[[str], str], language: str) -> click.Command:
    def run(as_json: bool) -> int:
        problems = checking.check(Project.find())
        if as_json:
            click.echo(show.as_json([show.problem(problem, language) for problem in problems]))
        else:
            for problem in problems:
                click.echo(problem.text(language))
            click.echo(render("check-done", {"problems": len(problems)}, language))
        return int(bool(problems))

    return click.Command("check", callback=run, help=words("help-check"), params=[_json(words)])


def _coverage(words: Callable[[str], str], language: str) -> click.Command:
    def run(documents: Path | None, as_json: bool) -> int:
        found, problems = checking.coverage(Project.find(), documents)
        if as_json:
            shares = {account.document.id: account.shares() for account in found}
            click.echo(show.as_json({"documents": shares, "problems": [show.problem(p, language) for p in problems]}))
            return int(bool(problems))
        header = ["", *next(iter(found)).shares()]
        click.echo(show.table(header, [[a.document.id, *map(str, a.shares().values())] for a in found]), nl=False)
        for problem in problems:
            click.echo(problem.text(language))
        return int(bool(problems))

    params = [_documents(words), _json(words)]
    return click.Command("coverage", callback=run, help=words("help-coverage"), params=params)


def _build(words: Callable[[str], str], language: str) -> click.Command:
    def run(out: Path, reference: Path | None, publish: str | None, as_json: bool) -> int:
        if publish is None:
            return build(out, language, as_json, reference)
        facts = published.facts(release.republish(out, publish))
        told = show.as_json({"published": True, **facts.__dict__})
        click.echo(told if as_json else render("publish-done", {"version": facts.version, "out": out}, language))
        return 0

    publish = click.Option(["--publish"], metavar="ID|previous", help=words("option-publish"))
    params = [_folder(words), _reference(words), publish, _json(words)]
    return click.Command("build", callback=run, help=words("help-build"), params=params)


def _reference(words: Callable[[str], str]) -> click.Option:
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.Option(["--reference"], type=folder, help=words("option-reference"))


def build(out: Path, language: str, as_json: bool = False, reference: Path | None = None) -> int:
    """Build into `out` and say what came of it; 1 where a violation kept it from being published."""
    with steps(len(pipeline.STEPS), language, as_json) as step:
        folder, problems, facts = pipeline.build(Project.find(), out, step, reference)
    if as_json:
        found = [show.problem(problem, language) for problem in problems]
        click.echo(show.as_json({"published": folder is not None, "problems": found, **facts.__dict__}))
        return int(folder is None)
    for problem in problems:
        if problem.severity != "info":
            click.echo(f"{problem.severity}: {problem.text(language)}", err=True)
    counts = ", ".join(f"{name} {number}" for name, number in facts.counts.items())
    code = "build-done" if folder else "build-refused"
    click.echo(render(code, {"version": facts.version, "counts": counts, "out": out}, language), err=folder is None)
    return int(folder is None)


def _serve(words: Callable[[str], str], language: str) -> click.Command:
    def run(
        out: Path, reference: Path | None, host: str, port: int, prefix: str, behind_proxy: bool,
        trusted_proxy: tuple[str, ...], rate: float, burst: int, processes: int, no_pages: bool, documents: Path | None,
        report_to: str | None, engine: str | None, login: Path | None,
    ) -> int:  # fmt: skip
        from endpoint.gate import Rate
        from endpoint.reports import is_address
        from endpoint.workers import Limits
        from endpoint.wsgi import serve

        if report_to is not None and not is_address(report_to):
            raise MisuseError("report-address", found=report_to)
        is_wanted = published.is_chosen(out) or pipeline.is_current(Project.find(), out, reference)
        if not is_wanted and build(out, language, reference=reference):
            return 1
        # The link itself, not where it leads: the server follows it to a new release.
        link = out / published.CURRENT
        serve(link, Vocabulary(Project.find()), host, port, Limits(processes=processes), prefix=prefix,
              behind_proxy=behind_proxy, trusted=trusted_proxy, rate=Rate(rate, burst), pages=not no_pages,
              engine=cli_engine.engine(engine, login), copies=documents, report_to=report_to)
        return 0

    return click.Command("serve", callback=run, help=words("help-serve"), params=[
        _folder(words),
        _reference(words),
        click.Option(["--host"], default="127.0.0.1", show_default=True, help=words("option-host")),
        click.Option(["--port"], type=click.IntRange(0, 65535), default=8000, show_default=True, help=words("option-port")),
        click.Option(["--prefix"], default="", help=words("option-prefix")),
        click.Option(["--behind-proxy"], is_flag=True, help=words("option-behind-proxy")),
        click.Option(["--trusted-proxy"], multiple=True, metavar="NETWORK", help=words("option-trusted-proxy")),
        click.Option(["--rate"], type=click.FloatRange(0), default=0.0, show_default=True, help=words("option-rate")),
        click.Option(["--burst"], type=click.IntRange(1), default=100, show_default=True, help=words("option-burst")),
        click.Option(["--processes"], type=click.IntRange(1, 64), default=2, show_default=True, help=words("option-processes")),
        click.Option(["--no-pages"], is_flag=True, help=words("option-no-pages")),
        _documents(words),
        click.Option(["--report-to"], metavar="URL", help=words("option-report-to")),
        *cli_engine.options(words),
    ])  # fmt: skip


def _query(words: Callable[[str], str], language: str) -> click.Command:
    def run(query: str | None, file: Path | None, format: str | None, out: Path) -> int:
        if (query is None) == (file is None):
            raise click.UsageError(words("query-one"))
        text = query if file is None else file.read_text(encoding="utf-8")
        store, vocabulary = opened(out)
        found = answer(store, vocabulary, text or "", format)
        for hint in hints(text or "", vocabulary.base, terms_of(store, vocabulary)):
            if hint.code == "term-unknown":
                before = (text or "")[: hint.start]
                place = f"{file or 'query'}:{before.count(chr(10)) + 1}:{hint.start - before.rfind(chr(10))}"
                click.echo(f"{place}: {hint.text(language)}", err=True)
        click.echo(found, nl=False)
        return 0

    return click.Command("query", callback=run, help=words("help-query"), params=[
        click.Argument(["query"], required=False),
        click.Option(["-f", "--file"], type=click.Path(exists=True, dir_okay=False, path_type=Path), help=words("option-file")),
        click.Option(["--format"], type=click.Choice(["table", "csv", "json", "ttl"]), help=words("option-format")),
        _folder(words),
    ])  # fmt: skip


def opened(out: Path) -> tuple[Store, Vocabulary]:
    """The current release as a store, and the words of the project."""
    vocabulary = Vocabulary(Project.find())
    return Store.load(published.current(out) / published.DATA, vocabulary.prefixes, vocabulary.base), vocabulary


def answer(store: Store, vocabulary: Vocabulary, text: str, format: str | None) -> str:
    """The answer to a query in `format`: table, csv or json for solutions, ttl for triples; the usual one if None."""
    refuse(store, text)
    form, content = store.run(text)
    if form == "triples":
        if format not in (None, "ttl"):
            raise QueryError("query-format", expected="ttl", found=format)
        return serialise(content, "turtle", vocabulary.prefixes).decode()
    if format == "ttl":
        raise QueryError("query-format", expected="table, csv, json", found=format)
    names, rows = content
    if format == "json":
        return show.as_json([{n: row[n].value for n in names if n in row} for row in rows])
    if format == "csv":
        return show.as_csv(names, [[row[n].value if n in row else "" for n in names] for row in rows])
    return show.table(names, show.cells(rows, names, vocabulary.curie))


def refuse(store: Store, text: str) -> None:
    """QueryError for a query that would call another server, or that uses a prefix nobody declared."""
    found = inspect(text, store.base or "")
    if found.calls_service:
        raise QueryError("service-refused")
    for prefix in found.undeclared:
        if prefix not in store.prefixes:
            raise QueryError("prefix-unknown", prefix=prefix, nearest=nearest(prefix, store.prefixes))


def _explain(words: Callable[[str], str], language: str) -> click.Command:
    def run(thing: str, documents: Path | None, out: Path, as_json: bool) -> int:
        store, vocabulary = opened(out)
        names = Names(vocabulary.base)
        if SPAN.match(thing):
            found_there = supports(store, names, thing)
            click.echo(_supports_json(found_there) if as_json else _supports(found_there, vocabulary, language), nl=False)
            return 0
        found = explain(store, names, thing, read_lines(published.current(out) / "withdrawn.nq"))
        click.echo(_explanation_json(found) if as_json else _explanation(found, vocabulary, documents, language), nl=False)
        return 0

    return click.Command("explain", callback=run, help=words("help-explain"), params=[
        click.Argument(["thing"]), _documents(words), _folder(words), _json(words),
    ])  # fmt: skip


def _explanation(found: Explanation, vocabulary: Vocabulary, documents: Path | None, language: str) -> str:
    lines = [found.thing, *(f"  {show.term(name, vocabulary.curie)}" for name in found.names), ""]
    rows = [
        [s.origin, vocabulary.curie(s.property), show.term(s.value, vocabulary.curie), s.place or vocabulary.curie(s.graph)]
        for s in found.statements
    ]
    lines.append(show.table(["", "", "", ""], rows).split("\n", 2)[2])
    for reason in (r for r in found.reasons if r["reason"].language == language):
        lines.append(f"{reason['day'].value} {reason['who'].value}: {reason['change'].value}: {reason['reason'].value}")
    if documents:
        register = load_register(Project.find())
        for place in found.passages:
            id_, _, span = place.partition(":")
            first, _, last = span.partition("-")
            lines.append(f"\n{place}")
            text = reading.passage(Project.find(), register[id_], documents, int(first), int(last or first))
            lines += [f"  | {show.plain(line)}" for line in text]
    return "\n".join(lines).rstrip() + "\n"


def _supports(found: list[Support], vocabulary: Vocabulary, language: str) -> str:
    rows = [
        [s.place, vocabulary.curie(s.thing), next((n.value for n in s.names if n.language == language), "")] for s in found
    ]
    return show.table(["", "", ""], rows).split("\n", 2)[2]


def _supports_json(found: list[Support]) -> str:
    return show.as_json([{"place": s.place, "thing": s.thing, "names": [str(n) for n in s.names]} for s in found])


def _explanation_json(found: Explanation) -> str:
    statements = [
        {"origin": s.origin, "property": s.property, "value": str(s.value), "graph": s.graph, "place": s.place}
        for s in found.statements
    ]
    return show.as_json({"thing": found.thing, "passages": list(found.passages), "statements": statements})
