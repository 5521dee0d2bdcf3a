"""The register of releases with a number (`mappings/releases.csv`): number, day, SHA-256 of the data; oldest first.

It is the only place for the day of a release, so that a rebuild on another day gives the same bytes. Rows are never
changed and never deleted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kg.errors import MisuseError, ProjectError
from kg.project import Project, read_csv
from kg.published import is_number

_COLUMNS = ("version", "issued", "sha256")
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
EXPECTED = "2026.11.0"


@dataclass(frozen=True)
class Numbered:
    """One row."""

    version: str
    issued: str
    sha256: str
    """of the canonical N-Quads"""


def register(project: Project) -> Path:
    return project.mappings / "releases.csv"


def load(project: Project) -> list[Numbered]:
    """The rows in their order; ProjectError for one that is no release or does not come after the one before it."""
    path = register(project)
    found: list[Numbered] = []
    for line, row in read_csv(path, project.place(path), _COLUMNS):
        where = project.place(path, line)
        entry = Numbered(row["version"], row["issued"], row["sha256"])
        if not is_number(entry.version) or not _is_day(entry.issued) or not _SHA256.match(entry.sha256):
            expected = f"{EXPECTED},2026-11-21,<SHA-256>"
            raise ProjectError("release-row", where, found=",".join(row.values()), expected=expected)
        last = found[-1] if found else None
        if last and (order(entry.version) <= order(last.version) or entry.issued < last.issued):
            raise ProjectError("release-order", where, found=entry.version, last=last.version)
        found.append(entry)
    return found


def order(version: str) -> tuple[int, ...]:
    """What numbers are sorted by: 2026.11.10 comes after 2026.11.9."""
    return tuple(map(int, version.split(".")))


def planned(project: Project, version: str, day: str) -> tuple[list[Numbered], str]:
    """What a release called `version` follows on, and its day: that of its row, or `day` where it is new.

    MisuseError for what is no number, and for a new one that does not come after all others.
    """
    if not is_number(version):
        raise MisuseError("release-number", version, expected=EXPECTED)
    rows = load(project)
    for place, row in enumerate(rows):
        if row.version == version:
            return rows[:place], row.issued
    if rows and order(version) <= order(rows[-1].version):
        raise MisuseError("release-late", version, last=rows[-1].version)
    if not _is_day(day):
        raise MisuseError("add-value", name="--on", expected="YYYY-MM-DD", found=repr(day[:40]))
    if rows and day < rows[-1].issued:
        raise MisuseError("release-day", day, last=rows[-1].issued)
    return rows, day


def enter(project: Project, entry: Numbered) -> bool:
    """Add a row, True; False where it is there already. ProjectError where its number stands for other data."""
    for row in load(project):
        if row.version == entry.version:
            if row != entry:
                values = {"version": row.version, "expected": row.sha256[:12], "found": entry.sha256[:12]}
                raise ProjectError("release-differs", project.place(register(project)), **values)
            return False
    path = register(project)
    text = path.read_text(encoding="utf-8")
    begin = "" if text.endswith("\n") else "\n"
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{begin}{entry.version},{entry.issued},{entry.sha256}\n")
    return True


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
