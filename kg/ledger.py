"""The line ledger: what became of every line of every registered document (`kg coverage`).

A line is blank (the register says so), cited by records, boilerplate (`mappings/ledger/<document>.csv` says why), or
unaccounted, which keeps a release from being published. The register and the records are enough; no text is needed.

A record cites the lines of its passages, but for prose that it does not take apart (a passage with a hash); a record
without passages cites its own lines. What is true of a passage of prose is said by records of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.errors import ProjectError
from kg.messages import nearest
from kg.model import Document, Problem, Record
from kg.project import Project, read_csv

REASONS = ("navigation", "repeated-heading", "field-label", "table-header", "opinion-not-modelled", "not-taken-apart", "unread")
PROSE = "not-taken-apart"
"""of a page whose prose is searched for names only: a line of an introduction, which may say something"""
UNREAD = "unread"
"""of a row or field that could not be read and that a person let go (`kg add --accept`): it says something"""
_FIGURE = re.compile(r"[0-9０-９]|https?:|@")
_ADDRESS = re.compile(r"https?:|@")
COLUMNS = ("line", "reason", "repeats")


@dataclass(frozen=True)
class Entry:
    """One boilerplate line. `repeats` is the cited line that says the same, where this one names or counts anything."""

    line: int
    reason: str
    repeats: int | None
    where: str


@dataclass(frozen=True)
class Account:
    """The ledger of one document."""

    document: Document
    cited: dict[int, tuple[str, ...]]
    """line -> ids of the records that cite it"""
    boilerplate: dict[int, Entry]

    @property
    def unaccounted(self) -> tuple[int, ...]:
        known = self.cited.keys() | self.boilerplate.keys() | set(self.document.blank)
        return tuple(line for line in range(1, self.document.lines + 1) if line not in known)

    def shares(self) -> dict[str, int]:
        """Lines by what became of them: cited, each reason, blank, unaccounted."""
        reasons = Counter(entry.reason for entry in self.boilerplate.values())
        return {
            "cited": len(self.cited), **{reason: reasons[reason] for reason in REASONS},
            "blank": len(self.document.blank), "unaccounted": len(self.unaccounted),
        }  # fmt: skip


def load(project: Project) -> dict[str, list[Entry]]:
    """The boilerplate of each document by its id. ProjectError for an unknown reason or a line that is no number."""
    return {
        path.stem: [_entry(row, project.place(path, line)) for line, row in read_csv(path, project.place(path), COLUMNS)]
        for path in project.files("mappings/ledger", "*.csv")
    }


def _entry(row: Mapping[str, str], where: str) -> Entry:
    if row["reason"] not in REASONS:
        values = {"reason": row["reason"], "nearest": nearest(row["reason"], REASONS), "known": ", ".join(REASONS)}
        raise ProjectError("ledger-reason", where, **values)
    if not row["line"].isdigit() or not (row["repeats"] or "0").isdigit():
        raise ProjectError("ledger-line", where, found=f"{row['line']}, {row['repeats']}")
    return Entry(int(row["line"]), row["reason"], int(row["repeats"]) if row["repeats"] else None, where)


def accounts(
    documents: Mapping[str, Document], records: Iterable[Record], entries: Mapping[str, list[Entry]]
) -> list[Account]:
    """The ledger of every registered document."""
    cited: dict[str, dict[int, set[str]]] = {id_: {} for id_ in documents}
    for record in records:
        for line in _cited_by(record):
            if record.document in cited:
                cited[record.document].setdefault(line, set()).add(record.id)
    return [
        Account(
            document,
            {n: tuple(sorted(ids)) for n, ids in sorted(cited[id_].items()) if n not in document.blank},
            {entry.line: entry for entry in entries.get(id_, [])},
        )
        for id_, document in documents.items()
    ]


def _cited_by(record: Record) -> set[int]:
    places = [place for place in record.passages.values() if place.sha256 is None] or [record.place]
    return {line for place in places for line in range(place.lines[0], place.lines[1] + 1)}


def problems(all_accounts: Iterable[Account]) -> list[Problem]:
    """Lines nobody accounts for, and boilerplate that is also cited, blank, outside, or repeats what nobody cites."""
    found: list[Problem] = []
    for account in all_accounts:
        id_ = account.document.id
        found += [Problem("ledger-unaccounted", f"{id_}:{line}", {}) for line in account.unaccounted]
        for entry in account.boilerplate.values():
            if entry.line in account.document.blank or not 1 <= entry.line <= account.document.lines:
                found.append(Problem("ledger-no-line", entry.where, {"line": f"{id_}:{entry.line}"}))
            elif entry.line in account.cited:
                records = ", ".join(account.cited[entry.line])
                found.append(Problem("ledger-cited", entry.where, {"line": f"{id_}:{entry.line}", "records": records}))
            if entry.repeats is not None and entry.repeats not in account.cited:
                found.append(Problem("ledger-repeats", entry.where, {"line": f"{id_}:{entry.repeats}"}))
    return found


def check_text(account: Account, text: str, names: Iterable[str]) -> list[Problem]:
    """The ledger against the text at hand: blank lines are blank, and what names or counts something is no boilerplate.

    A boilerplate line with a digit, an address or a known name must repeat a cited line word for word. Digits do not
    count where prose is searched for names only.
    """
    figure = _ADDRESS if account.document.prose else _FIGURE
    id_, lines = account.document.id, text.split("\n")
    printed = {number for number, line in enumerate(lines, 1) if not line.strip(" \t\r\n")}
    found = [Problem("ledger-blank", f"{id_}:{line}") for line in sorted(printed ^ account.document.blank)]
    known = [name for name in names if len(name) > 1]
    for entry in account.boilerplate.values():
        words = lines[entry.line - 1].strip()
        says = bool(figure.search(words)) or any(name in words for name in known)
        repeated = entry.repeats is not None and words in lines[entry.repeats - 1]
        left = entry.reason == UNREAD or entry.reason == PROSE and account.document.prose
        if says and not repeated and not left:
            found.append(Problem("ledger-says-something", entry.where, {"line": f"{id_}:{entry.line}"}))
    return found
