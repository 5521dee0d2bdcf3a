"""The lines of a page that its layout explains and that say nothing to record: rows of its ledger, made by `kg add`.

An introduction may state a fact, so a person has to record it or to say why not; where the register says that prose is
searched for names only, it is left with the reason that nobody took it apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kg.ledger import PROSE
from kg.letters import fold

_MAY_SAY = ("introduction",)


def rows(
    text: str, layout: Mapping[str, Any], cited: Iterable[int], names_only: bool = False
) -> list[tuple[int, str]]:
    """Line and reason (of the ledger) for each line that prints something, is not cited, and that the layout explains."""
    known = list(_patterns(layout))
    taken = set(cited)
    found = []
    for number, printed in enumerate(text.split("\n"), start=1):
        line = fold(printed).strip()
        why = next((reason for pattern, reason in known if line and pattern.fullmatch(line)), None)
        if why and number not in taken and (names_only or why not in _MAY_SAY):
            found.append((number, PROSE if why in _MAY_SAY else why))
    return found


def reason(line: str, layout: Mapping[str, Any]) -> str | None:
    """Why the layout ignores a line, in the words of the layout; "heading" for one that structures the page."""
    folded = fold(line).strip()
    for entry in layout["ignore"]:
        if re.fullmatch(entry["pattern"], folded):
            return entry["reason"]
    return "heading" if any(pattern.fullmatch(folded) for pattern, _ in _patterns(layout)) else None


def _patterns(layout: Mapping[str, Any]) -> Iterable[tuple[re.Pattern[str], str]]:
    for entry in layout["ignore"]:
        reason = entry["reason"]
        yield re.compile(entry["pattern"]), reason if reason in _MAY_SAY else "navigation"
    if "end" in layout:
        yield re.compile(layout["end"]["pattern"]), "navigation"
    headings = layout.get("heading", [])
    for heading in [headings] if isinstance(headings, Mapping) else headings:
        yield re.compile(heading["pattern"]), "repeated-heading"
    if "header" in layout:
        words = "|".join(r"\s+".join(map(re.escape, words.split())) for words in layout["header"]["words"])
        yield re.compile(rf"(?:(?:{words})\s*)+"), "table-header"
    for label in layout.get("contact", {}).values():
        yield re.compile(rf"(?:{label})\s*[:.]?"), "field-label"
    for field in layout.get("field", []):
        yield re.compile(re.escape(field["label"]) + r"\s*:?"), "field-label"
