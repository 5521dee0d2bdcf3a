"""Remarks on an event that are no part of its name or theme: cancelled, postponed, not decided, online, hybrid.

The words are the profile's. A remark stands in brackets, or alone in a line or a cell, or (an event that did not take
place or is not decided) between the parts of a row, where its dates or its hosts would stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MEANINGS = ("cancelled", "postponed", "undecided", "online", "hybrid", "planned")
"""concepts of the vocabulary of states: closed"""
WITHOUT_DATES = ("cancelled", "postponed", "undecided")
"""of an event that may have no days, hosts or themes"""


@dataclass(frozen=True)
class Remark:
    """The code points [start, end) of a text, and what they mean."""

    start: int
    end: int
    means: str


class RemarkReader:
    """The patterns of one profile."""

    def __init__(self, layout: Mapping[str, Any]) -> None:
        self.patterns = [
            (entry["means"], re.compile(rf"[(\[]\s*(?:{words})\s*[)\]]"), re.compile(rf"(?:^|(?<=[\t\n]))[^\S\t\n]*(?:{words})[^\S\t\n]*(?=$|[\t\n])"),
             re.compile(rf"\s*[:;,-]?\s*(?:{words})(?!\w)\s*[:;,-]?") if entry["means"] in WITHOUT_DATES else None)
            for entry in layout["remark"] if (words := entry["pattern"])
        ]  # fmt: skip

    def find(self, folded: str) -> list[Remark]:
        """Every remark in brackets or alone in a line or a cell, in the order of the text."""
        found = [
            Remark(*match.span(), means)
            for means, bracketed, alone, _ in self.patterns for form in (bracketed, alone) for match in form.finditer(folded)
        ]  # fmt: skip
        return sorted(found, key=lambda remark: (remark.start, -remark.end))

    def at(self, folded: str, start: int, end: int | None = None) -> Remark | None:
        """The remark that a row goes on with at `start`, before `end`, where the event did not take place."""
        for means, _, _, between in self.patterns:
            if between and (match := between.match(folded, start, len(folded) if end is None else end)):
                blanks = len(match[0]) - len(match[0].lstrip())
                return Remark(match.start() + blanks, match.end(), means)
        return None


def without(text: str, remarks: list[Remark]) -> str:
    """`text` with blanks in the place of the remarks: as long as before, line breaks kept."""
    for remark in remarks:
        inside = re.sub(r"[^\n\t]", " ", text[remark.start : remark.end])
        text = text[: remark.start] + inside + text[remark.end :]
    return text
