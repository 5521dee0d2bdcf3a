"""A release into another SPARQL server: graph by graph over the Graph Store Protocol, or as one file for its loader.

Beside the named graphs goes their merge: into the default graph, or, where the engine has none, into a graph of its
own. Graphs of an earlier release that this one does not have are removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from kg.engine import Engine, GraphStore
from kg.errors import ReleaseError
from kg.names import Names
from kg.remote import MERGE, RemoteStore, Size

Step = Callable[[str], None]


def load(
    data: Path, base: str, engine: Engine, graphs: GraphStore, step: Step = lambda graph: None
) -> tuple[Size, int, bool]:
    """Load canonical N-Quads. Returns its size, how many graphs were removed, and whether the merge stands apart.

    ReleaseError where the engine refuses a graph, or does not hold the release afterwards.
    """
    size = Size.of(data)
    merge = Names(base).graph(MERGE)
    there = RemoteStore(engine, base)
    there.size()
    held = {graph for graph in there.graphs() if graph.startswith(f"{base}graph/")}
    written: set[str] = set()
    for graph, triples in _graphs(data):
        step(graph)
        graphs.put(graph, triples)
        written.add(graph)
    outdated = sorted(held - written)
    for graph in outdated:
        graphs.delete(graph)
    step(merge)
    apart = not _fits_as_default(data, graphs, there, size)
    if apart:
        graphs.put(merge, "".join(_merge(data)).encode())
    RemoteStore.open(engine, base, {}, size)
    return size, len(set(outdated) - {merge}), apart


def write_bulk(data: Path, target: Path) -> Size:
    """The quads and, as lines without a graph, the triples of the merge, for the loader of an engine.

    What a loader does with lines without a graph is its choice: the default graph, or one that it is told.
    """
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for line in _lines(data):
            file.write(line)
        for triple in _merge(data):
            file.write(triple)
    return Size.of(data)


def _fits_as_default(data: Path, graphs: GraphStore, there: RemoteStore, size: Size) -> bool:
    """Whether the engine took the merge as its default graph, apart from the named ones."""
    try:
        graphs.put(None, "".join(_merge(data)).encode())
    except ReleaseError:
        # Virtuoso has none to put it into.
        return False
    return there.size() == size


def _lines(data: Path) -> Iterator[str]:
    with data.open(encoding="utf-8", newline="\n") as lines:
        yield from lines


def _merge(data: Path) -> Iterator[str]:
    """Each triple once; the quads of one triple follow each other in sorted lines."""
    before = ""
    for line in _lines(data):
        triple = line[: line.rindex(" <")]
        if triple != before:
            yield f"{triple} .\n"
        before = triple


def _graphs(data: Path) -> Iterator[tuple[str, bytes]]:
    def graph_of(line: str) -> str:
        return line[line.rindex(" <") + 2 : line.rindex(">")]

    for graph, lines in groupby(sorted(_lines(data), key=graph_of), key=graph_of):
        yield graph, "".join(f"{line[: line.rindex(' <')]} .\n" for line in lines).encode()
