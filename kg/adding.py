"""`kg add`: a page becomes a registered document with records. First a preview of all that would change, then the files.

Nothing is published here: what is written are the register, the registry of keys and one record file, all or none, and
a build is needed for them to become quads. Keys are born here and nowhere else, so this is where a day is written down.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kg import again, boilerplate, gazetteer, ledger, minting, pipeline, preview, proposals, reading, registering, suspects, versions
from kg.errors import CurationError, MisuseError, ProjectError, SourceError
from kg.extract import Lookups, load_layout, load_lookups, load_register, page_text
from kg.register import MENTIONS
from kg.extract.mentions import KINDS
from kg.extract.records import check, read, to_json
from kg.messages import nearest
from kg.minting import Key
from kg.model import Document, Problem, Record
from kg.project import Project, read_text

_ID = re.compile(r"[0-9]{3}")
_NAME = re.compile(r"\w[\w.() -]{0,119}")
_AS_OF = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_LANGUAGES = ("en", "ja")
_LONGEST_TITLE = 200
"""characters; a longer line is a sentence of the page, which nothing of ours may hold"""
_SHOWN = 60
"""characters of a line that is quoted to the maintainer, and nowhere else"""
UNRESOLVED = ("name-unresolved", "name-ambiguous", "activity-unknown", "office-unknown", "unit-unresolved", "mention-ambiguous", "name-unknown")
UNACCOUNTED = ("line-unaccounted", "line-unread", "row-unread", "row-doubtful", "host-unread", "record-nameless", "text-unread", "years-unread", "date-unreadable")
"""codes of problems that the preview shows under headings of their own"""


@dataclass(frozen=True)
class Wanted:
    """What the maintainer says of a page; what is left out follows from the page, the layout or the register."""

    layout: str
    id: str | None = None
    title: str | None = None
    url: str | None = None
    language: str | None = None
    as_of: str | None = None
    replaces: str | None = None
    mentions: bool | None = None
    """True: prose is searched for known names. False: a person takes it apart. None: as it was, of a new page True"""
    accept: bool = False
    """Rows that cannot be read whole are left out, and the ledger says so."""


@dataclass(frozen=True)
class Addition:
    """A page read and held against the project; nothing is written yet."""

    document: Document
    edition: bool
    """a new version of a document that is registered already, or the same once more"""
    records: int
    facts: tuple[preview.Fact, ...]
    keys: tuple[Key, ...]
    problems: tuple[Problem, ...]
    duplicates: tuple[Problem, ...]
    taken: tuple[tuple[str, str], ...]
    """table and key of each row of the lookups that comes from a reference"""
    proposals: tuple[tuple[str, tuple[str, ...]], ...]
    """table and cells of each row that the lookups lack and no reference has"""
    unaccounted: frozenset[int]
    """the lines that `kg check` would refuse"""
    files: Mapping[Path, bytes]
    """those that change"""
    left_out: int = 0
    """lines of rows that could not be read, which the ledger says"""

    def is_refused(self, problem: Problem) -> bool:
        """Whether a problem is about a line that `kg check` would refuse."""
        return any(line in self.unaccounted for line in _lines_of(problem, self.document.id))

    def refused(self) -> bool:
        """True where something on the page could not be read at all, so that the records would be incomplete."""
        return any(problem.severity == "violation" for problem in self.problems)


def prepare(
    project: Project, name: str, data: bytes, wanted: Wanted, on: str, reference: Path | None = None,
    folders: Sequence[Path] = (),
) -> Addition:  # fmt: skip
    """Read a page and say what would change. `name` is that of its file, `on` the day that new keys are dated.

    `reference`: a folder of imported tables, from which names are taken over that the lookups lack.
    `folders`: where other pages lie, which may mention what has a name now.
    """
    layout = _layout(project, wanted)
    lookups = load_lookups(project)
    known = gazetteer.load(project, lookups, reference)
    text, flattening = page_text(name, data, name, layout)
    sources = pipeline.load(project)
    taken: dict[str, list[Mapping[str, str]]] = {}
    while True:
        # What is taken over is known by parts of its names too: so the page is read until it names nothing more.
        document, edition, found = _read(project, name, text, wanted, layout, known.extended(lookups, taken))
        before_that, taken = taken, known.named(_named(sources, found.records))
        if taken == before_that:
            break
    found, dropped = reading.accepted(project, found) if wanted.accept else (found, frozenset())
    before = [record for record in sources.records if record.document == document.id]
    table = registering.facts(document, text, flattening, hashlib.sha256(data).hexdigest() if flattening else None)
    document = replace(document, blank=registering.lines_of(table["blank"]))
    path = project.records(document.id)
    filed = {record.id for record in (read(path, project.place(path)) if path.exists() else [])}
    others = [record for record in sources.records if record.id not in filed]
    old, by_hand = [r for r in before if r.id in filed], [r for r in before if r.id not in filed]
    after = replace(
        sources, documents={**sources.documents, document.id: document}, records=[*others, *found.records],
        lookups={table: [*rows, *taken.get(table, [])] for table, rows in sources.lookups.items()},
    )  # fmt: skip
    keys, problems = _keys(project, after, found.records, old)
    before_now = sources.documents.get(document.id)
    same = before_now is not None and (before_now.sha256, before_now.prose) == (document.sha256, document.prose)
    kept = ledger.load(project).get(document.id, []) if by_hand or same else []
    rows, unaccounted, left = _ledger(document, text, layout, [*found.records, *by_hand], kept, found.problems, dropped if wanted.accept else None)
    problems += [] if same else versions.kept(project, document, text, by_hand)
    problems += [] if edition or wanted.id else versions.of_another(document, found.records, sources.records, sources.documents)
    problems += versions.unnamed(document, keys, found.records)
    facts = list(preview.facts(found.changes, old, found.records))
    others_again = again.read_again(
        project, sources.documents, document.id, folders, known.only(lookups, taken), bool(taken) or any(_is_named(k) for k in keys)
    )
    files = _files(project, document.id, None if same else table, edition, found.text, keys, on)
    files |= {} if by_hand and kept else _ledger_file(project, document.id, rows)
    files |= gazetteer.files(project, taken) | others_again.files
    files = {path: data for path, data in files.items() if not path.exists() or path.read_bytes() != data}
    if not files:
        raise MisuseError("document-known", name, id=document.id)
    doubtful = suspects.unknown_names(text, found.records, known.offered(), (row["name"] for row in known.extended(lookups, taken)["labels"]))
    problems = [*found.problems, *doubtful, *others_again.problems, *_against_schema(project, found.records), *problems, *unaccounted]
    return Addition(
        document=document, edition=edition, records=len(found.records), facts=(*facts, *others_again.facts), keys=tuple(keys),
        problems=tuple(problems), duplicates=tuple(preview.duplicates(found.records, [r for r in others if r.document != document.id])),
        taken=tuple((table, next(iter(row.values()))) for table, rows in taken.items() for row in rows),
        proposals=tuple(proposals.lines(problems, lookups, layout["country"], known.rows[gazetteer.GOVERNMENTS])),
        unaccounted=left, files=files, left_out=sum(row[1] == ledger.UNREAD for row in rows),
    )  # fmt: skip


def _layout(project: Project, wanted: Wanted) -> dict[str, Any]:
    layouts = [path.stem for path in project.files("mappings/layouts", "*.toml")]
    if wanted.layout not in layouts:
        raise MisuseError("layout-unknown", wanted.layout, nearest=nearest(wanted.layout, layouts), known=", ".join(layouts))
    return load_layout(project, wanted.layout)


def _read(
    project: Project, name: str, text: str, wanted: Wanted, layout: Mapping[str, Any], lookups: Lookups
) -> tuple[Document, bool, reading.Reading]:
    """The entry of the page, whether it is a new version of a registered document, and what it says."""
    register = load_register(project)
    document, edition = _document(register, name, text, wanted, layout)
    found = reading.read_text(project, document, text, lookups=lookups)
    if edition and wanted.replaces is None and not wanted.url and _nothing_stays(found):
        # The title alone: pages of one series bear the same, so a page with other records is another page.
        document, edition = _document(register, name, text, replace(wanted, id=_next(register)), layout)
        found = reading.read_text(project, document, text, lookups=lookups)
    if not found.records:
        raise SourceError("page-without-records", name, layout=wanted.layout)
    return document, edition, found


def write(addition: Addition, page: tuple[Path, bytes] | None = None) -> None:
    """Write the register, the registry and the record file; `page` is kept beside them where it came from the web."""
    registering.write_all({**addition.files, **({page[0]: page[1]} if page else {})})


def known_id(register: Mapping[str, Document], wanted: Wanted) -> str | None:
    """The id that a page will have, as far as it is said or known."""
    known = _known(register, wanted)
    return known.id if known else wanted.id


def file_name(register: Mapping[str, Document], data: bytes, kind: str, id_: str | None) -> str:
    """The name under which a fetched page is kept: its document's id and the beginning of its SHA-256."""
    ending = "txt" if kind == "text/plain" else "html"
    return f"{id_ or _next(register)}_{hashlib.sha256(data).hexdigest()[:16]}.{ending}"


# ---- the document


def _document(
    register: Mapping[str, Document], name: str, text: str, wanted: Wanted, layout: Mapping[str, Any]
) -> tuple[Document, bool]:
    """The entry of the page, and whether it is a new version of a registered document."""
    _demand(wanted, name)
    data = text.encode("utf-8")
    sha256 = hashlib.sha256(data).hexdigest()
    same = next((document for document in register.values() if document.sha256 == sha256), None)
    if same and (same.file != name or same.layout != wanted.layout or wanted.id not in (None, same.id)):
        raise MisuseError("document-known", name, id=same.id)
    known = same or _known(register, wanted)
    taken = next((d for d in register.values() if d.file == name and (known is None or d.id != known.id)), None)
    if taken:
        raise MisuseError("document-name-taken", name, id=taken.id)
    mentions = wanted.mentions if wanted.mentions is not None else known is None or known.prose == MENTIONS
    version = {"prose": MENTIONS if mentions else None, "sha256": sha256, "file": name, "extent": len(data), "lines": text.count("\n") + 1, "as_of": wanted.as_of}
    if known:
        if known.layout != wanted.layout:
            raise MisuseError("document-other-layout", known.id, expected=known.layout or "-", found=wanted.layout)
        return replace(known, **version), True
    id_ = wanted.id or _next(register)
    if not _ID.fullmatch(id_):
        raise MisuseError("add-value", name="--id", expected="000-999", found=id_)
    if id_ in register:
        raise MisuseError("document-id-taken", id_, title=register[id_].title)
    title = wanted.title or _title(text, layout)
    if len(title) > _LONGEST_TITLE:
        raise MisuseError("title-missing", name, limit=_LONGEST_TITLE)
    language = wanted.language or layout["language"]
    return Document(id_, title, wanted.url, language=language, layout=wanted.layout, **version), False


def _known(register: Mapping[str, Document], wanted: Wanted) -> Document | None:
    """The document of which a page is a new version: the one named, else the one of its address, else of its title."""
    if wanted.replaces is not None:
        if wanted.replaces not in register:
            raise MisuseError("document-id", wanted.replaces, nearest=nearest(wanted.replaces, register))
        return register[wanted.replaces]
    if wanted.id is not None:
        return None
    alike = [d for d in register.values() if d.layout == wanted.layout]
    if wanted.url and (found := next((d for d in alike if d.url and _same_url(d.url, wanted.url)), None)):
        return found
    same_title = [d for d in alike if d.title == wanted.title and not (d.url and wanted.url)]
    return same_title[0] if len(same_title) == 1 else None


def _title(text: str, layout: Mapping[str, Any]) -> str:
    """What the layout knows as the title of such a page, else the first line that it does not ignore, else the first."""
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    ignored = {line: boilerplate.reason(line, layout) for line in lines}
    own = [line for line in lines if ignored[line] == "title"] or [line for line in lines if not ignored[line]]
    return (own or lines)[0]


def _same_url(one: str, other: str) -> bool:
    return urlsplit(one)._replace(fragment="") == urlsplit(other)._replace(fragment="")


def _nothing_stays(found: reading.Reading) -> bool:
    """True where a page has no record of the version before."""
    return len([change for change in found.changes if change.kind == "added"]) == len(found.records)


def _demand(wanted: Wanted, name: str) -> None:
    """MisuseError for a value that could not stand in the register."""
    said = {"--title": wanted.title, "--url": wanted.url, "--as-of": wanted.as_of, "--language": wanted.language}
    for option, value in said.items():
        if value is not None and (not value.strip() or not value.isprintable() or len(value) > 500):
            raise MisuseError("add-value", name=option, expected="1-500", found=repr(value[:60]))
    if not _NAME.fullmatch(name):
        raise MisuseError("add-value", name="FILE", expected="A-Z a-z 0-9 . _ -", found=repr(name[:60]))
    if wanted.as_of and not _AS_OF.fullmatch(wanted.as_of):
        raise MisuseError("add-value", name="--as-of", expected="YYYY-MM-DD", found=wanted.as_of)
    if wanted.language and wanted.language not in _LANGUAGES:
        raise MisuseError("add-value", name="--language", expected=", ".join(_LANGUAGES), found=wanted.language)
    if wanted.url and not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]+", wanted.url):
        raise MisuseError("add-value", name="--url", expected="https://...", found=repr(wanted.url[:60]))


def _next(register: Iterable[str]) -> str:
    number = max((int(id_) for id_ in register if _ID.fullmatch(id_)), default=-1) + 1
    if number > 999:
        raise ProjectError("register-full", "mappings/documents.toml")
    return f"{number:03}"


# ---- keys, schema, ledger


def _is_named(key: Key) -> bool:
    """Whether a text that is searched for names may mention what the key is of."""
    return key.key.partition("/")[0] in KINDS


def _named(sources: pipeline.Sources, records: Sequence[Record]) -> list[str]:
    """The keys that the records name, and the countries of the rows that a person put into the lookups."""
    rows = [*sources.lookups[gazetteer.GOVERNMENTS], *sources.lookups["places"]]
    return [*minting.keys(sources.names, pipeline.stated(sources, records)), *(f"country/{row['country']}" for row in rows)]


def _keys(
    project: Project, sources: pipeline.Sources, records: Sequence[Record], before: Sequence[Record]
) -> tuple[list[Key], list[Problem]]:  # fmt: skip
    """The keys that the records and the lookups name and the registry lacks.

    A guard of the curation that no longer fits is reported.
    """
    stated, earlier = pipeline.stated(sources, records), pipeline.stated(sources, before)
    guards: list[Problem] = []
    try:
        graph: Iterable[str] = pipeline.graphs(sources).lines
    except CurationError as error:
        graph, guards = stated, [Problem(error.code, error.where or "-", error.values)]
    named = [*minting.keys(sources.names, stated), *minting.of_tables(sources.lookups)]
    return minting.new_keys(project, sources.vocabulary.prefixes, sources.names, named, earlier, graph), guards


def _against_schema(project: Project, records: Sequence[Record]) -> list[Problem]:
    found = []
    for type_ in dict.fromkeys(record.type for record in records):
        lines = [(f"{r.document}:{r.place.lines[0]}", to_json(r)) for r in records if r.type == type_]
        path = project.record_schema(type_)
        found += check(lines, json.loads(read_text(path, project.place(path))))
    return found


def _ledger(
    document: Document, text: str, layout: Mapping[str, Any], records: Sequence[Record],
    kept: Sequence[ledger.Entry], unread: Sequence[Problem], dropped: frozenset[int] | None,
) -> tuple[list[tuple[str, str, str]], list[Problem], frozenset[int]]:  # fmt: skip
    """The rows of the ledger, a problem for each line that nothing accounts for, each line once, and those lines.

    What the ledger has of this very version already is `kept`. `dropped`: the lines of records that are left out; with
    them, what no rule reads is left out as well. None where nothing is.
    """
    account = ledger.accounts({document.id: document}, records, {document.id: list(kept)})[0]
    told = {line for problem in unread for line in _lines_of(problem, document.id)}
    found = boilerplate.rows(text, layout, account.cited, document.prose == MENTIONS)
    explained = {line for line, _ in found}
    left_out = set() if dropped is None else (told | dropped) & set(account.unaccounted) - explained
    rows = {line: (str(line), reason, "") for line, reason in [*found, *((line, ledger.UNREAD) for line in left_out)]}
    rows |= {e.line: (str(e.line), e.reason, str(e.repeats or "")) for e in kept if e.line not in account.cited and not (e.reason == ledger.UNREAD and e.line in explained)}
    printed = {n: {"printed": f": {line.strip()[:_SHOWN]}"} for n, line in enumerate(text.split("\n"), start=1)}
    missing = [line for line in account.unaccounted if line not in rows]
    left = [Problem("line-unaccounted", f"{document.id}:{n}", printed[n], "warning") for n in missing if n not in told]
    prose = [Problem("line-not-taken-apart", f"{document.id}:{n}", printed[n], "info") for n, why in found if why == ledger.PROSE]
    return [rows[line] for line in sorted(rows)], [*left, *prose], frozenset(missing)


def _lines_of(problem: Problem, id_: str) -> range:
    """The lines of a document that a problem is about."""
    document, _, line = problem.where.partition(":")
    first = int(line) if document == id_ and line.isdigit() and problem.code in UNACCOUNTED else 0
    return range(first, int(problem.values.get("last", first)) + 1) if first else range(0)


def _ledger_file(project: Project, id_: str, rows: Sequence[tuple[str, str, str]]) -> dict[Path, bytes]:
    text = registering.with_rows(",".join(ledger.COLUMNS) + "\n", rows)
    return {project.mappings / "ledger" / f"{id_}.csv": text.encode("utf-8")}


def _files(
    project: Project, id_: str, table: Mapping[str, Any] | None, edition: bool, records: str, keys: Sequence[Key], on: str
) -> dict[Path, bytes]:
    """The files to write; without `table` the register stays as it is, since it has this version already."""
    register = read_text(project.register, project.place(project.register))
    registry = project.mappings / "registry.csv"
    rows = [(key.key, key.class_, on, key.ja, key.en) for key in keys]
    text = registering.with_version if edition else registering.with_table
    files = {
        project.register: text(register, id_, table) if table is not None else register,
        project.records(id_): records,
        registry: registering.with_sorted_rows(read_text(registry, project.place(registry)), rows),
    }
    return {path: content.encode("utf-8") for path, content in files.items()}
