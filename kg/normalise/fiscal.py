"""Fiscal years in Japanese: eras, ranges, open ends, and notes in brackets.

"平成22年度", "平成19~21年度", "平成15年度~", "令和元年度から令和3年度まで", "H10年度、H22年度", "2010年度". A day or a month lies
in one fiscal year (令和5年3月31日 in 2022); a year that is called 年 and not 年度 may be the calendar's, and gives none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kg.letters import fold

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class FiscalYears:
    """Years as four digits. `issues`: codes. `unread`: what gave no year, as printed."""

    single: tuple[str, ...] = ()
    first: str | None = None
    last: str | None = None
    continuation: str | None = None
    issues: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass
class _Found:
    single: list[int] = field(default_factory=list)
    ranges: list[tuple[int | None, int | None, str | None]] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class Eras:
    """The table of eras, and the patterns made from it. A year of an era is counted from 1, written 元 or 1."""

    def __init__(self, rows: Rows) -> None:
        self._first = {name: int(row["first"]) for row in rows for name in (row["name"], row["letter"])}
        self._last = {name: int(row["last"] or 9999) for row in rows for name in (row["name"], row["letter"])}
        names = "|".join(map(re.escape, self._first))
        point = rf"(?:{names})?(?:元|\d{{4}}|\d{{1,2}})(?:年度?)?"
        self.point = re.compile(rf"(?P<era>{names})?(?P<year>元|\d{{4}}|\d{{1,2}})(?:年度?)?")
        self.piece = re.compile(rf"(?P<first>{point})?(?P<tilde>~)?(?P<last>{point})?")
        self.month = re.compile(rf"(?P<point>(?:{names})?(?:元|\d{{4}}|\d{{1,2}}))年(?P<month>\d{{1,2}})月(?:\d{{1,2}}日)?")
        self.calendar = re.compile(rf"(?:{names})?(?:元|\d{{4}}|\d{{1,2}})年(?!度)")
        self.gloss = re.compile(rf"(?P<point>(?:{names})(?:元|\d{{1,2}}))\((?P<year>\d{{4}})年?\)(?=年度)")
        self.note = re.compile(rf"(?P<first>{point})(?:~|から|より|以降)?(?P<rest>.*)")

    def year(self, printed: str, era: str | None) -> tuple[int | None, str | None, bool]:
        """The year of one point in time; the era that it was counted in; True where the era had ended by then."""
        found = self.point.fullmatch(printed)
        if not found:
            return None, era, False
        if len(found["year"]) == 4:
            return (None if found["era"] else int(found["year"])), era, False
        name, number = found["era"] or era, 1 if found["year"] == "元" else int(found["year"])
        if name is None or number == 0:
            return None, era, False
        year = self._first[name] + number - 1
        return year, name, year > self._last[name]


def read_fiscal_years(printed: str, eras: Eras) -> FiscalYears:
    """The fiscal years in a field. An era written once counts for what follows; an open end is ongoing.

    A note in brackets that gives a beginning sets only that; "N年おき" in it is the issue `every-second-year-ambiguous`.
    """
    text = re.sub(r"[一二三四五六七八九十]+(?=年|~|、|$)", _arabic, re.sub(r"\s", "", fold(printed)))
    text = eras.month.sub(lambda found: _fiscal_year_of(found, eras), text)
    text = eras.gloss.sub(lambda found: _without_gloss(found, eras), text)
    if eras.gloss.search(text):
        return FiscalYears(unread=(printed,))
    text, _, note = text.partition("(")
    main = re.sub(r"から|より|以降", "~", text.replace("まで", ""))
    found = _Found()
    era = None
    for piece in filter(None, re.split(r"[、,・]|及び|および", main)):
        era = _piece(piece, era, eras, found)
    if note:
        _note(note.rstrip(")"), era, eras, found)
    if len(found.ranges) > 1:
        found.unread.append(printed)
        found.ranges.clear()
    first, last, continuation = found.ranges[0] if found.ranges else (None, None, None)
    return FiscalYears(
        tuple(f"{year:04}" for year in dict.fromkeys(found.single)),
        f"{first:04}" if first else None, f"{last:04}" if last else None, continuation,
        tuple(sorted(set(found.issues))), tuple(found.unread),
    )  # fmt: skip


def _fiscal_year_of(month: re.Match[str], eras: Eras) -> str:
    """The fiscal year from April to March that a month lies in, as "2022年度"; the words themselves where no such month is."""
    year, _, ended = eras.year(f"{month['point']}年", None)
    number = int(month["month"])
    return f"{year - (number < 4):04}年度" if year and not ended and 1 <= number <= 12 else month[0]


def _without_gloss(found: re.Match[str], eras: Eras) -> str:
    """昭和62(1987)年度 is 昭和62年度; where the two counts disagree the words stay."""
    return found["point"] if eras.year(f"{found['point']}年度", None)[0] == int(found["year"]) else found[0]


def _arabic(numeral: re.Match[str]) -> str:
    """A number below 100 in Chinese numerals as figures: 二十二, 十, 二二."""
    tens, ten, ones = numeral[0].rpartition("十")
    tens, ones = ("".join(str("一二三四五六七八九".index(c) + 1) for c in part) for part in (tens, ones))
    return str(int(tens or 1) * 10 + int(ones or 0)) if ten else ones


def _piece(piece: str, era: str | None, eras: Eras, found: _Found) -> str | None:
    """One year or range; returns the era that the next piece inherits."""
    parts = eras.piece.fullmatch(piece)
    calendar = eras.calendar.search(piece) and "年度" not in piece
    if not parts or calendar or not (parts["first"] or parts["last"]) or (parts["first"] and parts["last"] and not parts["tilde"]):
        found.unread.append(piece)
        return era
    first, era, ended = eras.year(parts["first"], era) if parts["first"] else (None, era, False)
    last, era, ended_too = eras.year(parts["last"], era) if parts["last"] else (None, era, False)
    wrong = (parts["first"] and first is None) or (parts["last"] and last is None)
    if wrong or (first and last and last < first):
        found.unread.append(piece)
        return era
    found.issues += ["era-year-beyond-end"] if ended or ended_too else []
    if not parts["tilde"]:
        found.single.append(first)
    else:
        found.ranges.append((first, last, "ended" if last else "ongoing"))
    return era


def _note(note: str, era: str | None, eras: Eras, found: _Found) -> None:
    """A beginning in brackets. Beside a later open beginning it is the earlier one that counts, and the later is a year."""
    # A bare 2年 is an interval (2年おき) or a calendar year: neither begins anything.
    parts = None if eras.calendar.match(note) else eras.note.fullmatch(note)
    first = eras.year(parts["first"], era)[0] if parts else None
    start, last, continuation = found.ranges[0] if found.ranges else (None, None, None)
    if first in found.single and eras.point.fullmatch(note):
        # The same year in the other count: 2024年度(令和6年度).
        return
    if first is None or len(found.ranges) > 1 or last or (start is not None and start < first):
        found.unread.append(note)
        return
    found.single += [] if start in (None, first) else [start]
    found.ranges[:] = [(first, None, continuation)]
    if re.search(r"[\d一二三四五]年おき", parts["rest"]):
        found.issues.append("every-second-year-ambiguous")
