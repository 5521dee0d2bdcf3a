"""Nothing that was published vanishes: what a release no longer has is withdrawn or replaced, by a row that says why.

`mappings/tombstones.csv` has one row for each such path below the base (`id/seminar/2017-paris`, `def#Term`). What was
published is known from the release that a build replaces, and, without one, from `registry.csv`: every key ever minted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from kg.errors import ProjectError
from kg.model import Line, Problem
from kg.names import Names
from kg.project import Project, read_csv

TABLE = "tombstones.csv"
COLUMNS = ("path", "state", "successor", "on", "reason_en", "reason_ja")
WITHDRAWN, REPLACED = "withdrawn", "replaced"
SOURCE = "tombstones.json"
"""the name under which `mappings/tombstones.rml.ttl` reads the rows"""
GRAPH = ("ref", "tombstones")
_PATH = re.compile(r"^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*(#[A-Za-z0-9._~-]+)?$")
_TERMS = ("def#", "vocab/")
"""where a fragment is a name of its own that others use; elsewhere it is a part of its document"""
_KEPT_APART = ("dataset/", "release/", "dump/")
"""addresses of the service, not of this release: old ones go on being answered"""


@dataclass(frozen=True)
class Tombstone:
    """One row: `path` is no longer described since the day `on`; `successor` is a path, or "" for none."""

    path: str
    state: str
    successor: str
    on: str
    reason_en: str
    reason_ja: str
    where: str


def load(project: Project) -> list[Tombstone]:
    """The rows of the table, each well-formed; ProjectError with the line for one that is not."""
    path = project.mappings / TABLE
    if not path.is_file():
        return []
    found: dict[str, Tombstone] = {}
    for line, row in read_csv(path, project.place(path), COLUMNS):
        stone = Tombstone(**{name: row[name].strip() for name in COLUMNS}, where=project.place(path, line))
        _check(stone)
        if stone.path in found:
            raise ProjectError("tombstone-repeated", stone.where, path=stone.path, first=found[stone.path].where)
        found[stone.path] = stone
    return list(found.values())


def _check(stone: Tombstone) -> None:
    if not _PATH.match(stone.path):
        raise ProjectError("tombstone-path", stone.where, found=stone.path)
    if stone.state not in (WITHDRAWN, REPLACED):
        raise ProjectError("tombstone-state", stone.where, expected=f"{WITHDRAWN}, {REPLACED}", found=stone.state)
    has_successor = bool(_PATH.match(stone.successor)) and stone.successor != stone.path
    if (stone.state == REPLACED) != has_successor or (stone.state == WITHDRAWN and stone.successor):
        raise ProjectError("tombstone-successor", stone.where, path=stone.path, found=stone.successor or "-")
    if not _is_day(stone.on):
        raise ProjectError("tombstone-day", stone.where, found=stone.on)
    if not stone.reason_en or not stone.reason_ja:
        raise ProjectError("tombstone-reason", stone.where, path=stone.path)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def arrays(stones: Iterable[Tombstone], names: Names) -> dict[str, list[dict[str, str]]]:
    """The rows as the mapping reads them; `successor` is left out where there is none."""
    rows = []
    for stone in stones:
        row = {"iri": names.of_path(stone.path), "on": stone.on, "en": stone.reason_en, "ja": stone.reason_ja}
        rows.append({**row, "successor": names.of_path(stone.successor)} if stone.successor else row)
    return {SOURCE: rows}


FIELDS = dict.fromkeys(("iri", "on", "en", "ja", "successor"))


def mentioned(lines: Iterable[Line], names: Names) -> set[str]:
    """The paths of ours that `lines` name in any position, as a reader may ask for them.

    What a release says of itself is left out: it is another one each time.
    """
    inside = re.compile(f"<{re.escape(names.base)}([^>]+)>")
    itself = f" <{names.graph('meta')}> ."
    told = (line for line in lines if not line.endswith(itself))
    return {_document(path) for line in told for path in inside.findall(line) if not path.startswith(_KEPT_APART)}


def present(lines: Iterable[Line], names: Names) -> set[str]:
    """The same but for those that only a tombstone names."""
    own = f" <{names.graph(*GRAPH)}> ."
    return mentioned((line for line in lines if not line.endswith(own)), names)


def _document(path: str) -> str:
    return path if path.startswith(_TERMS) else path.partition("#")[0]


def problems(
    stones: Iterable[Tombstone], names: Names, lines: Iterable[Line], earlier: Mapping[str, str],
    registered: Mapping[str, str],
) -> Iterator[Problem]:  # fmt: skip
    """What the release of `lines` (data and ontology) would lose, and rows that do not fit it.

    `earlier` says for each path that was published in which release; `registered` for each minted key at which place.
    """
    there = present(lines, names)
    known = {stone.path: stone for stone in stones}
    for stone in known.values():
        if stone.path in there:
            yield Problem("tombstone-alive", stone.where, {"path": stone.path})
        elif stone.successor and not _leads_somewhere(stone, known, there):
            yield Problem("tombstone-lost", stone.where, {"path": stone.path, "successor": stone.successor})
    gone = {f"id/{key}": (place, "registry.csv") for key, place in registered.items()}
    gone |= {path: (f"mappings/{TABLE}", release) for path, release in earlier.items()}
    for path, (where, release) in sorted(gone.items()):
        if path not in there and path not in known:
            yield Problem("tombstone-missing", where, {"path": path, "release": release})


def _leads_somewhere(stone: Tombstone, known: Mapping[str, Tombstone], present: set[str]) -> bool:
    """Whether the chain of successors ends at something that there is, or that was withdrawn."""
    seen = {stone.path}
    while stone.successor:
        if stone.successor in present:
            return True
        if stone.successor in seen or stone.successor not in known:
            return False
        seen.add(stone.successor)
        stone = known[stone.successor]
    return True
