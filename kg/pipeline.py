"""The order of the steps: the only module that knows it. Records in, release out (architecture, steps 4 to 8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kg import citing, curate, deposit, derive, describe, examples, ledger, link, numbers, provenance, published, release
from kg import rml, tombstones, validate
from kg.errors import ProjectError, ReleaseError
from kg.extract.records import read as read_records
from kg.register import load_register
from kg.model import Document, Line, Problem, Record, Release, graph_of, iri, triple
from kg.names import Names
from kg.project import Project, read_csv, read_text
from kg.queries import text_of
from kg.store import Store, parse, serialise
from kg.vocabulary import Vocabulary

Progress = Callable[[str], None]

STEPS = ("read", "map", "validate", "write")
"""what `build` tells its `progress`, in this order"""

_FORMATS = {"jichi.ttl": "turtle", "jichi.trig": "trig", "jichi.jsonld": "jsonld"}


@dataclass(frozen=True)
class Sources:
    """Everything of a project that the graph is made from, read and checked on its own."""

    project: Project
    names: Names
    vocabulary: Vocabulary
    documents: dict[str, Document]
    records: list[Record]
    decisions: list[curate.Decision]
    lookups: dict[str, list[dict[str, str]]]
    mappings: list[rml.Mapping]
    rules: list[derive.Rule]
    links: link.Links
    boilerplate: dict[str, list[ledger.Entry]]
    tombstones: list[tombstones.Tombstone]
    examples: list[examples.Example]


@dataclass(frozen=True)
class Graphs:
    """The quads of a release, and what curation withdrew from the record graphs."""

    lines: frozenset[Line]
    withdrawn: frozenset[Line]
    records: dict[str, list[dict[str, Any]]]
    """the curated records by type, as RML reads them"""


def load(project: Project) -> Sources:
    vocabulary = Vocabulary(project)
    documents = load_register(project)
    return Sources(
        project=project,
        names=Names(vocabulary.base),
        vocabulary=vocabulary,
        documents=documents,
        records=[r for path in project.files("mappings/records", "*.jsonl") for r in read_records(path, project.place(path))],
        decisions=curate.load(project),
        lookups=lookups(project),
        mappings=[
            rml.compile_mapping(read_text(path, project.place(path)), project.place(path))
            for path in project.files("mappings", "*.rml.ttl")
        ],
        rules=derive.load(project),
        links=link.load(project),
        boilerplate=ledger.load(project),
        tombstones=tombstones.load(project),
        examples=examples.load(project),
    )


def lookups(project: Project) -> dict[str, list[dict[str, str]]]:
    """Every table of `mappings/lookups`, by name; empty cells are left out."""
    return {
        path.stem: [{k: v for k, v in row.items() if v} for _, row in read_csv(path, project.place(path))]
        for path in project.files("mappings/lookups", "*.csv")
    }


def registered(project: Project) -> dict[str, int]:
    """The keys of `mappings/registry.csv` (`lg/jp-tokyo-to`), each with its first line; what it says twice is for `check`."""
    path = project.mappings / "registry.csv"
    found: dict[str, int] = {}
    for line, row in read_csv(path, project.place(path), ("key", "class", "minted", "label_ja", "label_en")):
        found.setdefault(row["key"], line)
    return found


def graphs(sources: Sources, reference: Iterable[Line] = ()) -> Graphs:
    """Steps 4 to 6: curate, map, join (`reference`: the quads of imported tables), derive."""
    curated = curate.apply(sources.records, sources.decisions)
    stated, accepted = (set(_map(sources, provenance.handed_over(records), _of_records)) for records in (sources.records, curated))
    lines = stated & accepted
    lines |= {_in_curation(sources.names, line) for line in accepted - stated}
    lines |= set(_map(sources, _other_arrays(sources, curated, lines), _of_others))
    lines |= set(reference)
    lines |= _in_graph(sources.names.graph("meta"), _vocabulary(sources, "prefixes"))
    store = Store.load([*lines, *_vocabulary(sources, "ontology", "concepts")], sources.vocabulary.prefixes)
    inferred = f"<{sources.names.graph('inferred')}>"
    lines |= derive.derive(store, sources.rules, lines, inferred)
    return Graphs(frozenset(lines), frozenset(stated - accepted), provenance.handed_over(curated))


def stated(sources: Sources, records: Iterable[Record]) -> set[Line]:
    """What some records say before curation and rules."""
    return set(_map(sources, provenance.handed_over(records), _of_records))


def _of_records(path: str) -> bool:
    return path.startswith("records/")


def _of_others(path: str) -> bool:
    return not path.startswith(("records/", "release/"))


def _of_release(path: str) -> bool:
    return path.startswith("release/") and not _of_files(path)


def _of_files(path: str) -> bool:
    return path == "release/files.json"


def _map(sources: Sources, arrays: dict[str, Any], wanted: Callable[[str], bool]) -> Iterator[Line]:
    for mapping in sources.mappings:
        if all(wanted(path) for path in mapping.sources):
            yield from mapping.run(lambda path: arrays.get(path, []))


def _other_arrays(sources: Sources, curated: list[Record], lines: Iterable[Line]) -> dict[str, Any]:
    years = provenance.fiscal_years(_fiscal_years(sources.names, lines), sources.lookups["eras"])
    return {
        **{f"lookups/{name}.json": rows for name, rows in sources.lookups.items()},
        "lookups/sources.json": [*sources.lookups["sources"], *citing.documents(sources.lookups, sources.documents, sources.names)],
        "lookups/fiscal-years.json": years,
        **provenance.arrays(sources.documents, curated, sources.decisions, sources.rules),
        **link.arrays(sources.links, sources.names.base),
        **tombstones.arrays(sources.tombstones, sources.names),
        **examples.arrays(sources.examples, sources.names.base, sources.vocabulary.prefixes),
    }


def _fiscal_years(names: Names, lines: Iterable[Line]) -> set[int]:
    """The fiscal years that the records name: only these get a node."""
    mark = f"<{names.base}id/fy/"
    return {int(line.split(mark, 1)[1].split(">", 1)[0]) for line in lines if mark in line}


def _in_curation(names: Names, line: Line) -> Line:
    graph = graph_of(line).replace(f"{names.base}graph/rec/", f"{names.base}graph/curation/", 1)
    return f"{triple(line)[:-2]} <{graph}> ."


def judge(sources: Sources, made: Graphs) -> validate.Validation:
    """Step 7: SHACL over the merge of all graphs."""
    return validate.validate(
        {triple(line) for line in made.lines} | set(_vocabulary(sources, "concepts")),
        sources.vocabulary.graph("shapes") + sources.vocabulary.graph("prefixes"),
        sources.vocabulary.graph("ontology"),
    )


def problems(sources: Sources, made: Graphs, judged: validate.Validation) -> list[Problem]:
    """The results of validation, each with the document line that its focus node was read from."""
    places = _places(sources, made) if judged.results else {}
    return [
        Problem(
            "shape-result",
            places.get(result.focus.partition("#")[0], result.focus),
            {"en": result.message_en, "ja": result.message_ja, "focus": sources.vocabulary.curie(result.focus)},
            result.severity,
        )
        for result in judged.results
    ]


@dataclass(frozen=True)
class Checked:
    """What the sources give, and what the shapes and the ledger say of it."""

    sources: Sources
    made: Graphs
    judged: validate.Validation
    problems: list[Problem]

    @property
    def publishable(self) -> bool:
        """A violation keeps a release from being published; a warning is told."""
        return all(problem.severity != "violation" for problem in self.problems)


def checked(
    project: Project, out: Path, progress: Progress = lambda step: None, reference: Path | None = None
) -> Checked:
    """Steps 4 to 7, with the tables imported into the folder `reference`; nothing of the release in `out` may be lost."""
    progress("read")
    sources = load(project)
    for problem in link.problems(sources.links, sources.names.base, registered(project)):
        raise ProjectError(problem.code, problem.where, **problem.values)
    progress("map")
    made = graphs(sources, imported(sources.names, reference))
    progress("validate")
    judged = judge(sources, made)
    found = [*problems(sources, made, judged), *ledger.problems(account(sources)), *_vanished(sources, made, out)]
    return Checked(sources, made, judged, found)


def build(
    project: Project, out: Path, progress: Progress = lambda step: None, reference: Path | None = None
) -> tuple[Path | None, list[Problem], Release]:
    """Build and publish. A violation publishes nothing: the folder is then None and the old release stays."""
    found = checked(project, out, progress, reference)
    built = described(found, edition(found))
    facts = facts_of(built, digest(project, reference))
    if not found.publishable:
        return None, found.problems, facts
    progress("write")
    contents = with_description(found.sources, built, files(found, built, facts))
    return release.publish(out, facts.version, contents), found.problems, facts


@dataclass(frozen=True)
class Built:
    """The quads of one release, with what it says of itself."""

    edition: describe.Edition
    lines: frozenset[Line]
    nquads: bytes
    """canonical: the SHA-256 of these bytes is the RDFC-1.0 hash of the data"""
    counts: dict[str, int]
    """quads, graphs, records by type: what the home page and the command line print"""


def edition(
    found: Checked, number: str | None = None, issued: str | None = None, past: Iterable[numbers.Numbered] | None = None
) -> describe.Edition:
    """Which release this is: `number`, or else the hash of its quads; `past`: the releases before it, if not all."""
    sources = found.sources
    earlier = numbers.load(sources.project) if past is None else past
    meta = sources.names.graph("meta")
    told = (line for line in found.made.lines if graph_of(line) != meta)
    return describe.Edition(
        version=number or release.version_of(serialise(told, "nquads")),
        issued=issued,
        ontology=sources.vocabulary.version("ontology"),
        shapes=sources.vocabulary.version("shapes"),
        software=version("jichi"),
        documents=tuple((d.id, d.sha256[:12]) for d in sources.documents.values()),
        past=tuple((row.version, row.issued) for row in earlier),
    )


def described(found: Checked, this: describe.Edition) -> Built:
    """The quads with `graph/meta`: what the release says of itself."""
    sources = found.sources
    graph = iri(sources.names.graph("meta"))
    static = {f"{line[:-2]} {graph} ." for line in _vocabulary(sources, "dataset")}
    vocabulary = sources.vocabulary
    words = describe.Words(vocabulary.entities, vocabulary.curie, frozenset(vocabulary.fields))
    meta = describe.description(
        found.made.lines, this, static, words, lambda arrays: _map(sources, dict(arrays), _of_release)
    )
    lines = found.made.lines | meta
    rows = found.made.records.items()
    by_type = {path.removeprefix("records/").removesuffix(".json"): len(records) for path, records in rows}
    counts = {"quads": len(lines), "graphs": len({graph_of(line) for line in lines}), **by_type}
    return Built(this, lines, serialise(lines, "nquads"), counts)


def facts_of(built: Built, sources: str) -> Release:
    """What `release.json` holds; `sources`: the digest of the files that it was built from."""
    sha256 = hashlib.sha256(built.nquads).hexdigest()
    return Release(built.edition.version, built.counts, sha256, sources, built.edition.issued)


def with_description(sources: Sources, built: Built, contents: dict[str, bytes]) -> dict[str, bytes]:
    """`contents` and the descriptions with the files in them, each with its size and checksum: RDF and schema.org."""
    rows = describe.files(built.edition, contents)
    meta = {line for line in built.lines if graph_of(line) == sources.names.graph("meta")}
    lines = {triple(line) for line in meta | set(_map(sources, {"release/files.json": rows}, _of_files))}
    about = deposit.about(sources.vocabulary, sources.documents, built.edition)
    return {
        **contents,
        published.DESCRIPTION: serialise(lines, "turtle", sources.vocabulary.prefixes),
        published.SCHEMA_ORG: deposit.schema_org(about, contents),
    }


def _vanished(sources: Sources, made: Graphs, out: Path) -> list[Problem]:
    """What this release would lose of the one that it replaces, or of the keys ever minted, without a tombstone."""
    project = sources.project
    places = {key: project.place(project.mappings / "registry.csv", line) for key, line in registered(project).items()}
    before = (out / published.CURRENT).resolve()
    earlier = dict.fromkeys(tombstones.mentioned(published.lines(before), sources.names), before.name)
    lines = [*made.lines, *_vocabulary(sources, "ontology", "concepts", "dataset", "shapes", "prefixes")]
    return list(tombstones.problems(sources.tombstones, sources.names, lines, earlier, places))


def imported(names: Names, folder: Path | None) -> set[Line]:
    """The quads of every table in `folder` (`kg reference import`); ProjectError for one that writes elsewhere."""
    found: set[Line] = set()
    for path in sorted(folder.glob("*.nq")) if folder else ():
        lines = parse(path.read_bytes(), "nquads", where=path.name)
        allowed = (names.graph("ref", path.stem), names.graph("prov"), f"{names.base}graph/link/")
        for line in lines:
            if not graph_of(line).startswith(allowed):
                raise ProjectError("reference-graph", path.name, found=graph_of(line), expected=allowed[0])
        found.update(lines)
    if folder and not found:
        raise ProjectError("reference-folder", str(folder))
    return found


def digest(project: Project, reference: Path | None = None) -> str:
    """SHA-256 over every file that a release is made from: tells whether a release is one of these sources."""
    total = hashlib.sha256()
    for folder in ("ontology", "shapes", "mappings", examples.FOLDER):
        for path in project.files(folder, "**/*"):
            if path.is_file():
                total.update(f"{project.place(path)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    for path in sorted(reference.glob("*.nq")) if reference else ():
        total.update(f"reference\0{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def account(sources: Sources) -> list[ledger.Account]:
    """The line ledger of the registered documents, by the records as they were read."""
    return ledger.accounts(sources.documents, sources.records, sources.boilerplate)


def is_current(project: Project, out: Path, reference: Path | None = None) -> bool:
    """Whether `out` holds a whole release of exactly these sources."""
    try:
        return published.facts(published.current(out)).sources == digest(project, reference)
    except ReleaseError:
        return False


def _places(sources: Sources, made: Graphs) -> dict[str, str]:
    rows = Store.load(made.lines, sources.vocabulary.prefixes).select(text_of("places"))
    places: dict[str, str] = {}
    for row in rows:
        places.setdefault(row["thing"].value, f"{row['document'].value}:{row['line'].value}")
    return places


def _in_graph(graph: str, triples: Iterable[Line]) -> set[Line]:
    return {f"{line[:-2]} <{graph}> ." for line in triples}


def _vocabulary(sources: Sources, *names: str) -> list[Line]:
    return [line for name in names for line in parse(sources.vocabulary.source(name), "ntriples")]


def files(found: Checked, built: Built, facts: Release) -> dict[str, bytes]:
    """What every release holds, by path, but for its description."""
    sources, made = found.sources, found.made
    prefixes = sources.vocabulary.prefixes
    report = validate.report_lines(found.judged, f"{sources.names.base}report")
    return {
        published.DATA: built.nquads,
        **{name: serialise(built.lines, format_, prefixes) for name, format_ in _FORMATS.items()},
        "withdrawn.nq": serialise(made.withdrawn, "nquads"),
        "ontology.ttl": serialise(_vocabulary(sources, "ontology", "concepts", "dataset"), "turtle", prefixes),
        "shapes.ttl": serialise(_vocabulary(sources, "shapes", "prefixes"), "turtle", prefixes),
        "report.ttl": serialise(report, "turtle", prefixes),
        **{path: _json(rows) for path, rows in made.records.items()},
        published.FACTS: _json(facts.__dict__),
    }


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
