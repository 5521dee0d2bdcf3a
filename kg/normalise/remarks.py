"""Remarks in brackets on an activity that are no part of its name or its years: cancelled, postponed, online."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from kg.letters import fold

_BRACKET = re.compile(r"\s*\(([^()]*)\)")


def take_remarks(text: str, rules: Sequence[Mapping[str, str]]) -> tuple[str, list[str]]:
    """`text` without the brackets that are such remarks, and what these mean (`remark` of the profile)."""
    found: list[str] = []
    kept, at = "", 0
    for bracket in _BRACKET.finditer(fold(text)):
        means = next((rule["means"] for rule in rules if re.fullmatch(rule["pattern"], bracket[1].strip())), None)
        if means:
            found.append(means)
            kept, at = kept + text[at : bracket.start()], bracket.end()
    return kept + text[at:], found
