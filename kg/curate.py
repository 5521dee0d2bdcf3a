"""Step 4: what a person decided, each decision with a guard, a reason, who and when (`mappings/curation/*.toml`).

A decision names a record and a field (`norm.edtf`, `norm.hosts`), one guard (`expect = value` or `expect_absent = true`),
further guards on other fields (`when = { "passages.description.sha256" = "..." }`), and one act:

    set = value           the field becomes the value
    add = [values]        the values are appended to the list
    remove = [values]     the values are taken out of the list
    split = [values]      the one list item named by `item` is replaced by the values
    reject = true         the whole record is left out
    same-as = "org/x"     the thing `item` is the same as `org/x`: the whole record speaks of `org/x` instead
    not-same-as = "org/x" the thing `item` is kept apart from `org/x`, which is said in the list `field`

A thing is named by its path, `kind/slug`; a record names it in objects with `kind` and `slug`, or `toKind` and `toSlug`.

A guard that no longer fits stops the build: the source has changed, and a person must look again.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kg.errors import CurationError, ProjectError
from kg.messages import nearest
from kg.model import Issue, Record
from kg.project import Project, read_toml

_ACTS = ("set", "add", "remove", "split", "reject", "same-as", "not-same-as")
_NAMES = (("kind", "slug"), ("toKind", "toSlug"))
_KEYS = {"record", "field", "expect", "expect_absent", "when", "item", "issue", "reason", "by", "on", *_ACTS}
_ABSENT = object()


@dataclass(frozen=True)
class Decision:
    """One `[[curate]]` table. `where` is `path:line` of its first line."""

    where: str
    record: str
    field: str
    guards: tuple[tuple[str, Any], ...]
    act: str
    value: Any
    item: Any
    issue: str | None
    reason: dict[str, str]
    by: str
    on: str
    number: int
    """place among the decisions on the same record, from 1"""

    @property
    def run(self) -> str:
        """Key of the `prov:Activity`."""
        return f"curate-{self.record}-{self.number}"


def load(project: Project) -> list[Decision]:
    """All decisions of all curation files, in the order of files and tables."""
    decisions: list[Decision] = []
    for path in project.files("mappings/curation", "*.toml"):
        where = project.place(path)
        tables = read_toml(path, where).get("curate", [])
        lines = [n for n, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text == "[[curate]]"]
        for table, line in zip(tables, lines, strict=True):
            number = 1 + sum(d.record == table.get("record") for d in decisions)
            decisions.append(_decision(table, f"{where}:{line}", number))
    return decisions


def _decision(table: dict[str, Any], where: str, number: int) -> Decision:
    for key in table:
        if key not in _KEYS:
            raise ProjectError("curation-key", where, key=key, nearest=nearest(key, _KEYS))
    acts = [act for act in _ACTS if act in table]
    if len(acts) != 1:
        raise ProjectError("curation-act", where, found=", ".join(acts) or "-", expected=", ".join(_ACTS))
    if ("expect" in table) == bool(table.get("expect_absent")):
        raise ProjectError("curation-guard-missing", where)
    reason = table.get("reason", {})
    missing = [key for key in ("record", "field", "by", "on") if key not in table]
    missing += [f"reason.{lang}" for lang in ("en", "ja") if not isinstance(reason, dict) or not reason.get(lang)]
    if missing:
        raise ProjectError("curation-incomplete", where, missing=", ".join(missing))
    guards = [(table["field"], table.get("expect", _ABSENT)), *table.get("when", {}).items()]
    return Decision(
        where, table["record"], table["field"], tuple(guards), acts[0], table[acts[0]], table.get("item", _ABSENT),
        table.get("issue"), dict(reason), table["by"], str(table["on"]), number,
    )


def apply(records: Iterable[Record], decisions: Iterable[Decision]) -> list[Record]:
    """The curated records; CurationError with the difference where a guard does not fit or a record is unknown."""
    by_id = {record.id: record for record in records}
    curated: dict[str, Record | None] = dict(by_id)
    for decision in decisions:
        record = curated.get(decision.record)
        if record is None:
            raise CurationError(
                "curation-record", decision.where, record=decision.record, nearest=nearest(decision.record, by_id)
            )
        curated[decision.record] = _apply_one(record, decision)
    return [record for record in curated.values() if record is not None]


def _apply_one(record: Record, decision: Decision) -> Record | None:
    content = {
        "sha256": record.place.sha256,
        "verbatim": copy.deepcopy(record.verbatim),
        "norm": copy.deepcopy(record.norm),
        "passages": {name: {"sha256": place.sha256} for name, place in record.passages.items()},
    }
    for path, expected in decision.guards:
        found = _get(content, path)
        if found != expected:
            raise CurationError(
                "curation-guard", decision.where, record=record.id, field=path,
                expected=_show(expected), found=_show(found),
            )
    if decision.act == "reject":
        return None
    holder, name = _holder(content, decision)
    current = holder.get(name, [])
    match decision.act:
        case "set":
            holder[name] = decision.value
        case "add":
            holder[name] = [*current, *decision.value]
        case "remove":
            _demand(decision, current, decision.value)
            holder[name] = [value for value in current if value not in decision.value]
        case "split":
            _demand(decision, current, [decision.item])
            at = current.index(decision.item)
            holder[name] = [*current[:at], *decision.value, *current[at + 1 :]]
        case "same-as":
            _demand(decision, [_path(named, keys) for keys in _NAMES for named in current], [decision.item])
            content["norm"] = _renamed(content["norm"], decision.item, decision.value)
        case "not-same-as":
            holder[name] = [*current, _pair(decision.item, _NAMES[0]) | _pair(decision.value, _NAMES[1])]
    issues = record.issues
    if decision.issue:
        issues = (*issues, Issue(decision.issue, decision.field))
        content["norm"]["issues"] = [*content["norm"].get("issues", []), decision.issue]
    return Record(**{**record.__dict__, "norm": content["norm"], "issues": issues})


def _path(named: dict[str, Any], keys: tuple[str, str]) -> str:
    return "/".join(str(named.get(key)) for key in keys)


def _pair(path: str, keys: tuple[str, str]) -> dict[str, str]:
    return dict(zip(keys, path.split("/", 1), strict=True))


def _renamed(value: Any, old: str, new: str) -> Any:
    """`value` with every object that names the thing `old` naming `new` instead."""
    if isinstance(value, list):
        return [_renamed(item, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    renamed = {name: _renamed(item, old, new) for name, item in value.items()}
    for keys in _NAMES:
        if _path(renamed, keys) == old:
            renamed |= _pair(new, keys)
    return renamed


def _demand(decision: Decision, current: list[Any], values: list[Any]) -> None:
    for value in values:
        if value not in current:
            raise CurationError(
                "curation-guard", decision.where, record=decision.record, field=decision.field,
                expected=_show(value), found=_show(current),
            )


def _holder(content: dict[str, Any], decision: Decision) -> tuple[dict[str, Any], str]:
    parts = decision.field.split(".")
    if parts[0] != "norm" or len(parts) != 2 or not re.fullmatch(r"[A-Za-z]+", parts[1]):
        raise ProjectError("curation-field", decision.where, field=decision.field)
    return content["norm"], parts[1]


def _get(content: dict[str, Any], path: str) -> Any:
    value: Any = content
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def _show(value: Any) -> str:
    return "(absent)" if value is _ABSENT else repr(value)
