"""What `kg add` tells before anything is written: records in words, and those that another document may hold already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.extract.records import Change, to_json
from kg.model import Problem, Record


@dataclass(frozen=True)
class Fact:
    """One record that is new, changed or gone, with what it says in words: `field: old → new`, or a line of its words."""

    kind: str
    id: str
    words: tuple[str, ...]


def facts(changes: Sequence[Change], before: Sequence[Record], after: Sequence[Record]) -> Iterable[Fact]:
    old, new = ({record.id: to_json(record) for record in records} for records in (before, after))
    for change in changes:
        if change.kind != "changed":
            record = (new if change.kind == "added" else old)[change.id]
            yield Fact(change.kind, change.id, (_told(record["verbatim"]), _explained(record["norm"])))
            continue
        moved = all(re.match(r"chars|lines|passages|version", path) for path in change.fields)
        if not moved:
            one, other = old[change.id], new[change.id]
            words = (f"{path}: {_at(one, path)} → {_at(other, path)}" for path in change.fields)
            yield Fact(change.kind, change.id, tuple(words))


def _told(value: Any) -> str:
    """The words of a record in one line."""
    if isinstance(value, Mapping):
        return " | ".join(filter(None, map(_told, value.values())))[:200]
    return ", ".join(map(_told, value)) if isinstance(value, list) else str(value)


def _explained(norm: Mapping[str, Any]) -> str:
    """What a record means in one line: days, years and keys; words as printed are told before."""
    told = []
    for name, value in norm.items():
        items = value if isinstance(value, list) else [value]
        keys = [_key_of(item) if isinstance(item, Mapping) else str(item) for item in items]
        if name not in _AS_PRINTED and any(keys):
            told.append(f"{name}: {', '.join(dict.fromkeys(filter(None, keys)))}")
    return " · ".join(told)


_AS_PRINTED = ("themes", "name", "names", "title", "verbatim", "yearVerbatim", "pages", "language", "n", "officeName", "programme")
"""fields of `norm` that repeat words or say what every page of the layout has"""


def _key_of(item: Mapping[str, Any]) -> str:
    if "membership" in item:
        return str(item["membership"])
    return f"{item['kind']}/{item['slug']}" if "kind" in item and "slug" in item else str(item.get("lg") or item.get("slug") or "")


def _at(record: Any, path: str) -> str:
    """The value at a path such as `norm.hosts[0].lg`; "-" where there is none."""
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        try:
            record = record[int(index)] if index else record[name]
        except (KeyError, IndexError, TypeError):
            return "-"
    return _told(record)


def duplicates(records: Sequence[Record], others: Sequence[Record]) -> Iterable[Problem]:
    """Records that may say again what a record of another document says: the same key, or the same host and day."""
    known: dict[tuple[str, ...], str] = {}
    for record in others:
        for mark in marks(record):
            known.setdefault(mark, record.id)
    for record in records:
        for mark in marks(record):
            if mark in known:
                yield Problem("duplicate-suspected", record.id, {"other": known[mark], "same": " ".join(mark[1:])}, "warning")
                break


def marks(record: Record) -> Iterable[tuple[str, ...]]:
    """What identifies that which a record says, whichever document says it."""
    if record.key != record.type:
        # A record named by its type alone is one a page: two pages may well have the same contact.
        yield record.type, record.key
    for host in record.norm.get("hosts", ()):
        if "start" in record.norm:
            yield record.type, host["lg"], record.norm["start"]
    for name in ("name", "title"):
        if name in record.norm:
            yield record.type, str(record.norm[name])
