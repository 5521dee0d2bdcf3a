"""When things were: the dates of one release, and those around one thing drawn to scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from endpoint.documents import query_text
from kg.store import Store, Term

WIDTH = 1000
"""units from the first day of the first year to the last day of the last"""
_LEAST = 6
"""units that even a single day is wide"""
_MOST = 80
"""things drawn on one page"""


@dataclass(frozen=True)
class Event:
    """A dated thing on a scale of `WIDTH` units; `ongoing` where no end is known."""

    iri: str
    name: str
    href: str
    years: str
    x: int
    width: int
    ongoing: bool
    here: bool
    """whether it is the thing that the page is about"""


@dataclass(frozen=True)
class Timeline:
    first: int
    last: int
    """the calendar years at both ends"""
    ticks: tuple[int, ...]
    """where years begin, in units"""
    events: tuple[Event, ...]
    left_out: int


class Calendar:
    """The dates of a release, read once."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def dates(self) -> dict[str, tuple[str, str | None]]:
        """First day, and last day or None, of every dated thing with a name; `2006` and `2006-07` stand for a day too."""
        found: dict[str, tuple[str, str | None]] = {}
        for row in self._store.select(query_text("dates")):
            given = (row["from"].value, row["to"].value if "to" in row else None)
            before = found.get(row["event"].value)
            found[row["event"].value] = min(before, given, key=lambda pair: pair[0]) if before else given
        return found

    def around(self, iri: str, name: Callable[[str], str], href: Callable[[str], str | None]) -> Timeline | None:
        """The thing and its neighbours that have dates, the earliest first; None where nothing has one."""
        rows = self._store.select(query_text("neighbours"), {"thing": Term(iri)})
        near = {iri, *(row["event"].value for row in rows if row["event"].kind == "iri")}
        found = sorted(
            ((*self.dates[event], event) for event in near if event in self.dates),
            key=lambda item: (item[0], item[1] or "~", item[2]),
        )
        if not found:
            return None
        first = min(day(begin).year for begin, _, _ in found)
        last = max(day(end or begin, last=True).year for begin, end, _ in found)
        scale = _Scale(date(first, 1, 1), date(last + 1, 1, 1))
        events = [
            Event(event, name(event), href(event) or event, years(begin, end), *scale.bar(begin, end), end is None, event == iri)
            for begin, end, event in found[:_MOST]
        ]
        step = max(1, (last + 1 - first) // 10)
        ticks = tuple(scale.at(date(year, 1, 1)) for year in range(first, last + 2, step))
        return Timeline(first, last, ticks, tuple(events), max(0, len(found) - _MOST))


@dataclass(frozen=True)
class _Scale:
    begin: date
    end: date

    def at(self, when: date) -> int:
        return round((when - self.begin).days * WIDTH / (self.end - self.begin).days)

    def bar(self, begin: str, end: str | None) -> tuple[int, int]:
        """Where a bar begins, and its width; without an end it goes to the edge."""
        start = self.at(day(begin))
        stop = self.at(day(end, last=True)) if end else WIDTH
        start = min(start, WIDTH - _LEAST)
        return start, max(_LEAST, stop - start)


def day(text: str, last: bool = False) -> date:
    """The day of `2006-07-01`; of a month or a year the first one, or the last."""
    year, month, number = (*map(int, text.split("-")), 0, 0)[:3]
    if number:
        return date(year, month, number)
    if not last:
        return date(year, month or 1, 1)
    following = date(year + (month in (0, 12)), month % 12 + 1 if month else 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def years(begin: str, end: str | None) -> str:
    """`2010–2011`, `2019`, `2003–` where no end is known: bounds are not told to the day."""
    first, last = begin[:4], end[:4] if end else ""
    return first if last == first else f"{first}–{last}"
