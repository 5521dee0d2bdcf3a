"""`kg release`: a build with a number, everything that explains it, in a bag and in a zip.

The steps are those of `kg build`; what is added is made from the built quads and from the files of the project, so a
rebuild from the same files gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path

from kg import archive, deposit, examples, ledger, numbers, pipeline, published, release, show, tabular
from kg.errors import ProjectError
from kg.messages import render
from kg.model import Line, Problem, Release, graph_of, triple
from kg.project import Project
from kg.queries import text_of
from kg.query_text import prefixed_names
from kg.store import Store, serialise
from kg.vocabulary import Vocabulary

STEPS = (*pipeline.STEPS, "archive")
_LICENCES = ("LICENSE", "LICENSE-DATA.md")
_TABLES = "tables"
_LINKS = "link/"
"""graphs with links to other data sets"""


@dataclass(frozen=True)
class Released:
    """What came of it: the bag and the zip, None where a violation kept them from being published."""

    facts: Release
    problems: list[Problem]
    folder: Path | None
    file: Path | None
    entered: bool
    """whether the number is new in the register"""


def make(
    project: Project, out: Path, number: str, day: str, progress: Callable[[str], None] = lambda step: None,
    reference: Path | None = None,
) -> Released:  # fmt: skip
    """Build, number and publish. `day` is the day of a new number; a number that is registered keeps its own.

    MisuseError for a number that is none or comes too late, ProjectError where it stands for other data.
    """
    numbers.planned(project, number, day)
    checked = pipeline.checked(project, out, progress, reference)
    progress("write")
    return publish(checked, out, number, day, progress, reference)


def publish(
    checked: pipeline.Checked, out: Path, number: str, day: str, progress: Callable[[str], None] = lambda step: None,
    reference: Path | None = None,
) -> Released:  # fmt: skip
    """The same for what has been checked already."""
    sources = checked.sources
    past, issued = numbers.planned(sources.project, number, day)
    built = pipeline.described(checked, pipeline.edition(checked, number, issued, past))
    facts = pipeline.facts_of(built, "")
    if not checked.publishable:
        return Released(facts, checked.problems, None, None, False)
    # Before the digest is taken: the row is one of the files that the release is made from.
    entered = numbers.enter(sources.project, numbers.Numbered(number, issued, facts.sha256))
    facts = pipeline.facts_of(built, pipeline.digest(sources.project, reference))
    store = Store.load(built.lines, sources.vocabulary.prefixes)
    about = facts_for_archives(sources, built, facts, store)
    payload = contents(checked, built, pipeline.files(checked, built, facts), store, about)
    progress("archive")
    bag = archive.bag(payload, deposit.bag_info(about))
    file_name = published.archive_name(number)
    year, month, day_of_month = map(int, issued.split("-"))
    packed = archive.zipped(bag, file_name.removesuffix(".zip"), (year, month, day_of_month))
    folder, file = release.publish_bag(out, number, bag, file_name, packed)
    return Released(facts, checked.problems, folder, file, entered)


def contents(
    checked: pipeline.Checked, built: pipeline.Built, files: Mapping[str, bytes], store: Store, about: deposit.Facts
) -> dict[str, bytes]:
    """Everything in the folder of the data, `SHA256SUMS` included; `files` are those of any build."""
    sources = checked.sources
    found = {
        **files,
        f"{published.DATA}.gz": archive.packed(built.nquads),
        **graphs(built.lines, sources),
        **tables(store, sources.vocabulary),
        **answers(store, sources),
        **ledgers(sources),
        "documents.csv": documents(sources),
        **originals(sources.project),
        **licences(sources.project),
    }
    found = pipeline.with_description(sources, built, found)
    found |= deposit.texts(about, found)
    found[deposit.CRATE_FILE] = deposit.crate(about, found)
    return {**found, published.MANIFEST: archive.checksums(found)}


def graphs(lines: frozenset[Line], sources: pipeline.Sources) -> dict[str, bytes]:
    """One Turtle file for each named graph, at the path of its IRI; the links to each other data set as N-Triples, too."""
    base, prefixes = sources.names.graph("x").removesuffix("x"), sources.vocabulary.prefixes
    by_graph: dict[str, list[Line]] = {}
    for line in sorted(lines):
        by_graph.setdefault(graph_of(line).removeprefix(base), []).append(line)
    turtle = {f"graphs/{name}.ttl": serialise(found, "turtle", prefixes) for name, found in sorted(by_graph.items())}
    links = {
        f"linksets/{name.removeprefix(_LINKS)}.nt": serialise(list(map(triple, found)), "ntriples")
        for name, found in sorted(by_graph.items()) if name.startswith(_LINKS)
    }  # fmt: skip
    return turtle | links


def tables(store: Store, vocabulary: Vocabulary) -> dict[str, bytes]:
    """One CSV for each class that has a shape and a thing, and what their columns are (CSVW)."""
    names = tabular.file_names(sorted(vocabulary.fields), vocabulary)
    made = {name: tabular.table(store, vocabulary, class_) for class_, name in names.items()}
    made = {f"{name}.csv": table for name, table in sorted(made.items()) if table.rows}
    described = json.dumps(tabular.csvw(made, vocabulary), ensure_ascii=False, indent=1) + "\n"
    return {
        **{f"{_TABLES}/{name}": table.as_csv().encode() for name, table in made.items()},
        f"{_TABLES}/csv-metadata.json": described.encode(),
    }


def answers(store: Store, sources: pipeline.Sources) -> dict[str, bytes]:
    """The competency questions with their prefixes written out, so that any program can ask them, and the answers."""
    vocabulary = sources.vocabulary
    found: dict[str, bytes] = {}
    for path in sources.project.files(examples.FOLDER, "*.rq"):
        text = path.read_text(encoding="utf-8")
        used = sorted({name.partition(":")[0] for name in prefixed_names(text)} & vocabulary.prefixes.keys())
        declared = [render("query-prefix", {"prefix": p, "space": vocabulary.prefixes[p]}, "en") for p in used]
        head = "".join(f"{line}\n" for line in declared)
        found[f"answers/{path.name}"] = f"{head}{text}".encode()
        _, (names, rows) = store.run(text)
        cells = [[row[name].value if name in row else "" for name in names] for row in rows]
        found[f"answers/{path.name.removesuffix('.rq')}.csv"] = show.as_csv(names, cells).encode()
    return found


def ledgers(sources: pipeline.Sources) -> dict[str, bytes]:
    """What became of every line of every document."""
    found = {}
    for account in pipeline.account(sources):
        rows = [[str(line), *_fate(account, line)] for line in range(1, account.document.lines + 1)]
        found[f"ledger/{account.document.id}.csv"] = show.as_csv(["line", "state", "records"], rows).encode()
    return found


def _fate(account: ledger.Account, line: int) -> tuple[str, str]:
    if line in account.cited:
        return "cited", " ".join(account.cited[line])
    entry = account.boilerplate.get(line)
    return ("blank" if entry is None else entry.reason), ""


def documents(sources: pipeline.Sources) -> bytes:
    header = ["id", "title", "language", "url", "as_of", "sha256", "bytes", "lines"]
    rows = [
        [d.id, d.title, d.language, d.url or "", d.as_of or "", d.sha256, str(d.extent), str(d.lines)]
        for d in sources.documents.values()
    ]
    return show.as_csv(header, rows).encode()


def originals(project: Project) -> dict[str, bytes]:
    """The files that the release is made from, as the project has them."""
    return {
        f"sources/{project.place(path)}": path.read_bytes()
        for folder in ("ontology", "shapes", "mappings", examples.FOLDER)
        for path in project.files(folder, "**/*") if path.is_file()
    }  # fmt: skip


def licences(project: Project) -> dict[str, bytes]:
    for name in _LICENCES:
        if not (project.root / name).is_file():
            raise ProjectError("file-missing", name, expected=name)
    return {name: (project.root / name).read_bytes() for name in _LICENCES}


def facts_for_archives(
    sources: pipeline.Sources, built: pipeline.Built, facts: Release, store: Store
) -> deposit.Facts:
    """What all the files say that explain the release."""
    return deposit.Facts(
        **deposit.about(sources.vocabulary, sources.documents, built.edition).__dict__,
        summary=metadata("jichi")["Summary"], sha256=facts.sha256, quads=facts.counts["quads"],
        triples=len(set(map(triple, built.lines))),
        graphs=facts.counts["graphs"], questions=len(sources.project.files(examples.FOLDER, "*.rq")),
        example=_example(store),
    )  # fmt: skip


def _example(store: Store) -> deposit.Statement:
    """The first dated statement of a record."""
    row = store.select(text_of("example-statement"))[0]
    first, last = row["first"].value, row["last"].value
    return deposit.Statement(
        row["thing"].value, row["name"].value, row["property"].value, row["value"].value,
        row["graph"].value, row["title"].value, first if first == last else f"{first}-{last}",
    )  # fmt: skip
