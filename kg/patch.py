"""What leads from one release to another and back: quads, RDF Patch, SPARQL Update, and words by thing.

RDF Patch is the format of Apache Jena: one line a change, `A` for a quad that is added and `D` for one that is removed,
between `TX` and `TC`; `H id` names the release that it leads to, `H prev` the one that it starts from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from string import Template

from kg import published
from kg.diff import Difference, compare
from kg.errors import ReleaseError
from kg.messages import LANGUAGES
from kg.model import Line, graph_of, triple
from kg.prose import sentences
from kg.queries import text_of
from kg.store import canonical_hash, read_lines
from kg.vocabulary import Vocabulary

ADDED, REMOVED, PATCH, UPDATE, BACK_PATCH, BACK_UPDATE, SUMMARY = (
    "added.nq", "removed.nq", "patch.rdfp", "patch.ru", "back.rdfp", "back.ru", "summary.json",
)  # fmt: skip


def rdf_patch(removed: Iterable[Line], added: Iterable[Line], id_: str, previous: str) -> str:
    """The patch from the release `previous` to the release `id_`, both IRIs."""
    changes = [*(f"D {line}" for line in sorted(removed)), *(f"A {line}" for line in sorted(added))]
    return "".join(f"{row}\n" for row in (f"H id <{id_}> .", f"H prev <{previous}> .", "TX .", *changes, "TC ."))


def sparql_update(removed: Iterable[Line], added: Iterable[Line]) -> str:
    """The same as SPARQL 1.1 Update: two operations on ground quads, those of a graph together."""
    return Template(text_of("patch", "ru")).substitute(removed=_by_graph(removed), added=_by_graph(added))


def _by_graph(lines: Iterable[Line]) -> str:
    ordered = sorted(lines, key=lambda line: (graph_of(line), line))
    block = Template(text_of("patch-graph", "ru"))
    return "".join(
        block.substitute(graph=graph, triples="".join(f"{triple(line)}\n" for line in members))
        for graph, members in groupby(ordered, graph_of)
    )


def patched(lines: Iterable[Line], patch: str) -> set[Line]:
    """The quads after an RDF patch. ReleaseError where it removes what is not there or adds what is: another release."""
    found = set(lines)
    for number, row in enumerate(patch.split("\n"), 1):
        act, _, line = row.partition(" ")
        if act in ("A", "D") and (line in found) != (act == "D"):
            raise ReleaseError("patch-foreign", f"{PATCH}:{number}", line=line)
        if act == "A":
            found.add(line)
        elif act == "D":
            found.remove(line)
    return found


def write(target: Path, releases: Iterable[Path], vocabulary: Vocabulary) -> Path:
    """Write `target/{old}..{new}/` for two release folders, and return it.

    Each patch is applied before it is kept, and must give the other release by its canonical hash.
    """
    old, new = releases
    ids = (published.facts(old).version, published.facts(new).version)
    names = [f"{vocabulary.dataset}/{id_}" for id_ in ids]
    before, after = (set(read_lines(folder / published.DATA)) for folder in (old, new))
    added, removed = after - before, before - after
    forth, back = rdf_patch(removed, added, names[1], names[0]), rdf_patch(added, removed, *names)
    for patch, start, end in ((forth, before, after), (back, after, before)):
        if canonical_hash(patched(start, patch)) != canonical_hash(end):
            raise ReleaseError("patch-differs", f"{ids[0]}..{ids[1]}")
    told = {language: compare(old, new, vocabulary, language) for language in LANGUAGES}
    files = {
        ADDED: _document(sorted(added)), REMOVED: _document(sorted(removed)), PATCH: forth, BACK_PATCH: back,
        UPDATE: sparql_update(removed, added), BACK_UPDATE: sparql_update(added, removed),
        SUMMARY: json.dumps(summary(ids, told), ensure_ascii=False, indent=1, sort_keys=True) + "\n",
        **{f"changes.{language}.txt": _document(sentences(told[language], language)) for language in told},
    }  # fmt: skip
    folder = target / f"{ids[0]}..{ids[1]}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    return folder


def summary(ids: tuple[str, str], told: Mapping[str, Difference]) -> dict[str, object]:
    """Counts by class and graph, and the words, in every language of `told`."""
    found = next(iter(told.values()))
    graphs: dict[str, dict[str, int]] = {}
    for kind, lines in (("added", found.added), ("removed", found.removed)):
        for line in lines:
            graphs.setdefault(graph_of(line), {"added": 0, "removed": 0})[kind] += 1
    return {
        "from": ids[0], "to": ids[1], "quads": {"added": len(found.added), "removed": len(found.removed)},
        "graphs": graphs, "classes": {language: difference.counts for language, difference in told.items()},
        "things": [{"iri": thing.iri, "kind": thing.kind} for thing in found.things],
        "prose": {language: sentences(difference, language) for language, difference in told.items()},
    }  # fmt: skip


def _document(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
