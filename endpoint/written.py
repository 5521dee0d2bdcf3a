"""Values for people: dates, lengths of time and numbers in the words of the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable

from rdflib import XSD

from endpoint.words import word
from kg.store import Term

_DURATION = re.compile(r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?$")
_MONTHS = tuple(f"{month:02}" for month in range(1, 13))


def written(term: Term, language: str) -> str:
    """The lexical form of a literal as it is read; what is not of a known datatype stands as it is."""
    writer = _WRITERS.get(term.datatype or "")
    return (writer(term.value, language) if writer else None) or term.value


def date(text: str, language: str) -> str | None:
    """`2019-01-20` is 20 January 2019 and 2019年1月20日."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    if not found or found[2] not in _MONTHS:
        return None
    return word("page", "date", language, year=found[1], month=word("month", found[2], language), day=int(found[3]))


def span(first: str, last: str | None, language: str) -> str:
    """Two days as one expression; the same day, or no last day, is one date."""
    begin = date(first, language) or first
    if not last or last == first:
        return begin
    return word("page", "span", language, first=begin, last=date(last, language) or last)


def _year(text: str, language: str) -> str | None:
    return word("page", "year", language, year=text) if re.fullmatch(r"\d{4}", text) else None


def _month(text: str, language: str) -> str | None:
    year, _, month = text.partition("-")
    return word("page", "year-month", language, year=year, month=word("month", month, language)) if month in _MONTHS else None


def _duration(text: str, language: str) -> str | None:
    found = _DURATION.match(text)
    if not found:
        return None
    parts = [word("length", _counted(unit, int(number)), language, number=int(number))
             for unit, number in zip(("years", "months", "days"), found.groups(), strict=True) if number]
    return " ".join(parts)


def _counted(unit: str, number: int) -> str:
    return unit.removesuffix("s") if number == 1 else unit


def _integer(text: str, language: str) -> str | None:
    """Thousands are set apart from 10,000 on: four digits may be a year."""
    return f"{int(text):,}" if re.fullmatch(r"-?\d{5,}", text) else None


_WRITERS: dict[str, Callable[[str, str], str | None]] = {
    str(XSD.date): date,
    str(XSD.gYear): _year,
    str(XSD.gYearMonth): _month,
    str(XSD.duration): _duration,
    str(XSD.integer): _integer,
}
