"""Date ranges in English, as tables print them: "20-26 January", "28 July -7 August", "27-31 January (2015)", "Nov. 18-22",
"Mon 29 July - Wed 7 August"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from kg.letters import cut_short, fold, slips

_DAY = r"(\d{1,2})(?:st|nd|rd|th)?\s*([A-Za-z]*)\.?\s*\(?\s*(\d{4})?\s*\)?"
_DASH = r"\s*(?:-|~|\bto\b)\s*"
_RANGE = re.compile(rf"{_DAY}(?:{_DASH}{_DAY})?", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"([A-Za-z]+)\.?\s*(\d{1,2})(?:st|nd|rd|th)?(?!\d)")


@dataclass(frozen=True)
class DateRange:
    """First and last day (ISO 8601), where they are known; the codes of issues with the field that each is about."""

    start: str | None = None
    end: str | None = None
    issues: list[tuple[str, str]] = field(default_factory=list)
    repaired: list[tuple[str, str]] = field(default_factory=list)
    """months as printed, with the spelling that was read instead"""


def read_dates(printed: str, fiscal_year: int, months: Sequence[str], weekdays: Sequence[str] = ()) -> DateRange:
    """The days that `printed` names, in a fiscal year from April to March; names of `weekdays` say nothing more.

    January to March belong to the following calendar year; that is an issue where the year is not printed. A last
    day without a month, after a first day with one, is cut off: only the first day is known. What cannot be read at
    all gives no day and the issue `date-unreadable`.
    """
    parts = _RANGE.fullmatch(_days_first(_without(weekdays, fold(printed))).strip())
    if not parts:
        return DateRange(issues=[("date-unreadable", "norm.start")])
    day, word, year, last_day, last_word, last_year = parts.groups()
    month, spelled = _month(word, months)
    last_month, last_spelled = _month(last_word or "", months)
    if (word and not month) or (last_word and not last_month) or not (word or last_word):
        return DateRange(issues=[("date-unreadable", "norm.start")])
    cut_off = bool(last_day and word and not last_word)
    month = month or last_month
    start, notes = _day(int(day), month, _year(year, last_year, (last_month or month) < month, -1), fiscal_year)
    end, last_notes = (start, []) if last_day is None else (None, [])
    if last_day and not cut_off:
        end, last_notes = _day(int(last_day), last_month, _year(last_year, year, last_month < month, 1), fiscal_year)
    if start is None or (end is None and not cut_off) or (end and end < start):
        return DateRange(issues=[("date-impossible", "norm.start")])
    issues = [(code, "norm.start") for code in notes] + [(code, "norm.end") for code in last_notes]
    issues += [("end-date-cut-off", "norm.end")] if cut_off else []
    repaired = [pair for pair in (spelled, last_spelled) if pair]
    issues += [("month-spelling-repaired", "norm.start" if pair == spelled else "norm.end") for pair in repaired]
    return DateRange(start.isoformat(), end.isoformat() if end else None, issues, repaired)


def _without(weekdays: Sequence[str], printed: str) -> str:
    """`printed` without weekdays, whole or cut short to three letters or more, and their brackets."""
    for day in weekdays:
        short = rf"{cut_short(day)}\b\.?"
        printed = re.sub(rf"(?i:\(\s*{short}\s*\)|\b{short},?)", "", printed)
    return printed


def _days_first(printed: str) -> str:
    """July 29 - August 7 as 29 July - 7 August, and Nov. 18-22 as 18 Nov - 22 Nov."""
    begun = _MONTH_FIRST.match(printed.strip())
    if not begun:
        return printed
    days = _MONTH_FIRST.sub(r"\2 \1", printed)
    days = re.sub(rf"({_DASH}\d{{1,2}})(?:st|nd|rd|th)?(?=\s*(?:$|[,(]|\d{{4}}))", rf"\1 {begun[1]}", days, flags=re.IGNORECASE)
    return re.sub(r",\s*(?=\d{4})", " ", days)


def _month(word: str, months: Sequence[str]) -> tuple[int | None, tuple[str, str] | None]:
    """The number of a month, and how a misspelt one was repaired: only where one month alone is one slip away."""
    if not word:
        return None, None
    for number, month in enumerate(months, start=1):
        if word.casefold() in (month.casefold(), month[:3].casefold(), "sept" if month == "September" else month):
            return number, None
    near = slips(word, months)
    return (months.index(near[0]) + 1, (word, near[0])) if len(near) == 1 else (None, None)


def _year(own: str | None, other: str | None, over_new_year: bool, step: int) -> int | None:
    """The year printed for a day, else the one printed for the other end of the range, across New Year one off."""
    if own:
        return int(own)
    return int(other) + (step if over_new_year else 0) if other else None


def _day(day: int, month: int, year: int | None, fiscal_year: int) -> tuple[date | None, list[str]]:
    """A day of the calendar and the issues of its year; None where the calendar has no such day."""
    expected = fiscal_year + 1 if month <= 3 else fiscal_year
    notes = []
    if year is None and expected != fiscal_year:
        notes.append("year-from-fiscal-year")
    elif year is not None and year != expected:
        notes.append("year-outside-fiscal-year")
    try:
        return date(year or expected, month, day), notes
    except ValueError:
        return None, notes
