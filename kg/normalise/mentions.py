"""Names found in a text that is not taken apart: which thing each means, where one alone bears it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kg.model import Problem, Record


def read_mentions(
    record: Record, id_: str, lookups: Mapping[str, Sequence[Mapping[str, str]]]
) -> tuple[list[dict[str, str]], list[Problem]]:
    """What the names found in the text mean, each thing once; a name of several things is reported, not chosen."""
    things: dict[str, list[str]] = {}
    repeated = {row["name"]: [f"lg/{key}" for key in row["bearers"].split()] for row in lookups["repeated-names"]}
    for row in lookups["labels"]:
        things.setdefault(row["name"], []).append(row["key"])
    found: dict[str, dict[str, str]] = {}
    problems = []
    for n, name in enumerate(record.verbatim.get("mentions", []), start=1):
        place = record.passages[f"mention-{n}"]
        if len(things[name]) > 1 or name in repeated:
            # The tables may have one of them only.
            values = {"name": name, "candidates": ", ".join(dict.fromkeys([*things[name], *repeated.get(name, ())]))}
            problems.append(Problem("mention-ambiguous", f"{record.document}:{place.lines[0]}", values, "warning"))
            continue
        kind, _, slug = things[name][0].partition("/")
        found.setdefault(things[name][0], {"kind": kind, "slug": slug, "evidence": f"{id_}-mention-{n}"})
    return list(found.values()), problems
