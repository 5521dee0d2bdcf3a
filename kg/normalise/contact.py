"""The contact block of a page explained: which unit of which organisation answers, under which numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kg.letters import fold
from kg.model import Issue, Problem, Record
from kg.normalise.names import Names

KEY = "contact"


def explain_contact(
    record: Record, layout: Mapping[str, Any], lookups: Mapping[str, Sequence[Mapping[str, str]]], names: Names
) -> tuple[Record, list[Problem]]:
    """The record with key, `norm` and issues: units as keys, numbers and addresses in ASCII; a page has one block."""
    verbatim, where = record.verbatim, f"{record.document}:{record.place.lines[0]}"
    norm: dict[str, Any] = {"language": layout["language"], "units": []}
    issues, problems = [], []
    for name in verbatim.get("names", []):
        if found := names.body(name):
            norm["units"].append({"kind": found[0], "slug": found[1], "name": name, "language": layout["language"]})
        else:
            problems.append(Problem("unit-unresolved", where, {"name": name}, "warning"))
            issues.append(Issue("name-unresolved", "norm.units"))
    for name in ("telephone", "fax", "email"):
        if values := list(dict.fromkeys(map(fold, verbatim.get(name, [])))):
            norm[name] = values
    if "email" in verbatim and "email" not in norm:
        issues.append(Issue("mail-address-missing", "norm.email"))
    norm["issues"] = sorted({issue.code for issue in issues})
    return replace(record, key=KEY, norm=norm, issues=tuple(issues)), problems
