"""Family `table_rows`: a table that lost its columns. An office starts a row; any other line continues the row above.

A row is office, dates, hosts, theme, each separated by one blank at most. The office comes from the closed list, the
dates are recognised by their form, the hosts by known names or by their kind, and the rest is the theme. Where a part
is not recognised, or a theme begins or goes on as dates or a host do, the row is refused: nothing is put into a theme
because it found no other place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.errors import SourceError
from kg.extract.contact import ContactReader
from kg.extract.lookups import Lookups
from kg.extract.remarks import WITHOUT_DATES, Remark, RemarkReader, without
from kg.extract.tables import BORDER
from kg.extract.text import Page, TextLine, span
from kg.letters import cut_short, slips, squeeze
from kg.messages import nearest
from kg.model import Document, Problem, Record

EXTRACTOR = "table_rows@1"

_DAY = re.compile(r"\s*\d{1,2}(?:st|nd|rd|th)?(?!\d)")
_WORD = re.compile(r"\s*([A-Za-z]+)\.?")
_YEAR = re.compile(r"\s*(?:\(\s*\d{4}\s*\)|,?\s*\d{4}(?!\d))")
_DASH = re.compile(r"\s*(?:-|~|to\b)")
_CAPITAL = re.compile(r"(?<=\s)[A-Z]")
_IN_BRACKETS = r"[^\S\t]*\(\s*[A-Z][\w'-]*(?:\s+[A-Z][\w'.-]*)?\s*\)"
"""after a host: the prefecture that it lies in"""
_NO_THEME = re.compile(r"[,&/;:()]|and\b")
"""what a theme does not begin with: a name before it is not finished"""


@dataclass
class _Row:
    """The lines of one row, with the heading that it stands under."""

    heading: TextLine
    series: str
    office: str | None
    """None where a line has dates and hosts of its own: the row of an office that is not printed again"""
    lines: list[TextLine] = field(default_factory=list)


@dataclass
class _Reader:
    """The patterns of one profile, compiled for one set of lookups."""

    layout: dict[str, Any]
    lookups: Lookups

    def __post_init__(self) -> None:
        offices = [_spaced(row["printed"]) for row in self.lookups["offices"]]
        self.start = re.compile(rf"\s*(?P<office>{_any(offices)})(?![A-Za-z]|['\u2019-]\w)")
        self.heading = re.compile(self.layout["heading"]["pattern"])
        words = _any(map(_spaced, self.layout["header"]["words"]))
        self.header = re.compile(rf"\s*(?:(?:{words})\s*)+")
        self.contact = ContactReader(self.layout)
        self.remarks = RemarkReader(self.layout)
        self.ignore = [re.compile(entry["pattern"]) for entry in self.layout["ignore"]]
        self.months = [month.casefold() for month in self.layout["months"]]
        days = "|".join(map(cut_short, self.layout["weekdays"]))
        self.weekday = re.compile(rf"(?i:\s*(?:{days})\b\.?,?)")
        self.weekday_after = re.compile(rf"(?i:\s*\(\s*(?:{days})\.?\s*\))")
        self.above = re.compile(rf".*\s(?:{_any(map(re.escape, self.layout['hosts']['above']))})")
        self.hosts = re.compile(self._hosts())

    def _hosts(self) -> str:
        kinds = _any(map(_spaced, self.layout["hosts"]["kinds"]))
        country = self.layout["country"]
        # A name abroad has to be one of several words: a single one may as well be the first of a theme.
        named = [row["name_en"] for row in self.lookups["local-governments"] if row["country"] == country or " " in row["name_en"]]
        named += [row["surface"] for row in self.lookups["aliases"] if row["kind"] == "lg" and row["language"] == "en"]
        # A word for the kind is a part of the name: Hokkaido Prefecture is not Hokkaido and a theme.
        known = rf"(?:{_any(map(_spaced, filter(None, named)))})(?!\w)(?!\s+(?:{kinds})(?!\w))"
        words = rf"(?!(?:{kinds})(?!\w))[A-Z][\w'-]*"
        formed = rf"{words}(?:\s+{words}){{0,2}}?\s+(?:{_any(_spaced(form['printed']) for form in self.layout['hosts']['form'])})(?!\w)"
        name = rf"(?:(?:{kinds})\s+of\s+{words}|{formed}|{known}|[A-Z][\w'-]*(?:\s+[A-Z][\w'-]*){{0,3}}?\s+(?:{kinds})(?!\w))"
        host = rf"{name}(?:{_IN_BRACKETS})?"
        joiner = _any(re.escape(j) + (r"\b" if j.isalpha() else "") for j in self.layout["hosts"]["joiners"])
        self.host = re.compile(host)
        self.joiner = re.compile(rf"\s*(?:{joiner}|\n)\s*")
        # Hosts under each other stand in a cell of their own, or on lines of their own above the theme.
        under = rf"[^\S\n]*\n\s*(?={host}[^\S\n\t]*(?:\t|\n\s*\S))"
        return rf"\s*{host}(?:(?:\s*(?:{joiner})\s*|{under}){host})*"

    def office(self, line: TextLine) -> str | None:
        """The office that a line begins with: it opens a row there, whatever follows."""
        found = self.start.match(line.folded)
        return squeeze(found["office"]) if found else None

    def is_row(self, line: TextLine) -> bool:
        """Whether a line begins with dates and a host."""
        dates = self.dates_end(line.folded)
        return bool(dates and self.hosts.match(line.folded, dates))

    def is_dated(self, row: _Row) -> bool:
        """Whether a row has its dates, or says that it has none."""
        folded = "\n".join(line.folded for line in row.lines)
        office = self.start.match(folded)
        return not office or bool(self.dates_end(folded, office.end()) or self.remark_at(folded, office.end()))

    def unknown_office(self, line: TextLine) -> str | None:
        """The words before dates and a host, where a line is a row of an office that the list does not have."""
        for words in re.finditer(r"(?<=\S)\s+(?=\S)", line.folded[:60]):
            dates = self.dates_end(line.folded, words.end())
            if dates and self.hosts.match(line.folded, dates):
                found = line.folded[: words.start()].strip()
                return found if re.match(r"[A-Z]\D*$", found) else None
        return None

    def remark_at(self, folded: str, start: int) -> Remark | None:
        """The remark that a row goes on with at `start`; it ends where a host begins."""
        remark = self.remarks.at(folded, start)
        for word in _CAPITAL.finditer(folded, start + 1, remark.end) if remark else ():
            if self.host.match(folded, word.start()) and (cut := self.remarks.at(folded, start, word.start())):
                return cut
        return remark

    def may_be_host(self, folded: str, start: int, own: set[str]) -> bool:
        """Whether a host may begin at `start` that is none of the row's `own`: Niigata City, but not Smart City."""
        found = self.host.match(folded, start)
        if not found or any(name in squeeze(found[0]) for name in own) or folded[found.end() :][:1] in ("'", "\u2019"):
            return False
        words = found[0].split()
        return len(words) < 2 or words[-2] not in self.layout["hosts"]["plain"]

    def ignored(self, line: TextLine) -> bool:
        return any(pattern.fullmatch(line.folded.strip()) for pattern in self.ignore)

    def nearest(self, office: str) -> str:
        return nearest(office, [row["printed"] for row in self.lookups["offices"]])

    def dates_end(self, text: str, start: int = 0) -> int | None:
        """Where the dates end that begin at `start`; None where no dates stand."""
        first, month = self._day(text, start)
        dash = first and _DASH.match(text, first)
        last = dash and self._day(text, dash.end())[0]
        if last:
            return last
        return first if month else None

    def _day(self, text: str, start: int) -> tuple[int | None, bool]:
        """Where a day ends (29 July, Mon 29 July, July 29, 29) and whether its month is printed."""
        weekday = self.weekday.match(text, start)
        start = weekday.end() if weekday else start
        day = _DAY.match(text, start)
        end = self._month_end(text, day.end()) if day else None
        after = (end or day.end()) if day else self._month_first(text, start)
        if after is None:
            return None, False
        weekday = self.weekday_after.match(text, after)
        after = weekday.end() if weekday else after
        year = _YEAR.match(text, after)
        return (year.end() if year else after), end is not None or not day

    def _month_first(self, text: str, start: int) -> int | None:
        word = _WORD.match(text, start)
        month = word and any(word[1].casefold() in (month, month[:3], "sept") for month in self.months)
        day = _DAY.match(text, word.end()) if month else None
        return day.end() if day else None

    def _month_end(self, text: str, start: int) -> int | None:
        word = _WORD.match(text, start)
        if not word:
            return None
        printed = word[1].casefold()
        if any(printed in (month, month[:3]) for month in self.months) or printed == "sept":
            return word.end()
        glued = next((m for m in self.months if re.match(rf"(?i:{m})[A-Z]", word[1])), None)
        if glued:
            return word.start(1) + len(glued)
        return word.end() if slips(printed, self.months) else None


def read(document: Document, text: str, layout: dict[str, Any], lookups: Lookups) -> tuple[list[Record], list[Problem]]:
    """The rows of a page as printed, and what no rule reads. SourceError where the page has no heading of a table."""
    reader = _Reader(layout, lookups)
    page = Page(text)
    if not any(reader.heading.search(line.folded) for line in page.lines):
        raise SourceError("layout-mismatch", document.id, layout=document.layout, expected=layout["heading"]["pattern"])
    problems: list[Problem] = []
    rows, contact = _rows(document, page.lines, reader, problems)
    records = [_record(document, page, row, reader, problems) for row in rows]
    return [*(record for record in records if record), *reader.contact.read(document, contact, problems)], problems


def _rows(
    document: Document, page: Sequence[TextLine], reader: _Reader, problems: list[Problem]
) -> tuple[list[_Row], list[TextLine]]:
    """The rows of all tables of a page and its contact block; the problems of lines of neither go to `problems`."""
    rows: list[_Row] = []
    contact: list[TextLine] = []
    heading, state = None, "outside"
    for line in page:
        where = f"{document.id}:{line.number}"
        found = reader.heading.search(line.folded)
        if line.blank:
            continue
        if found:
            heading, series, state = line, found["series"], "table"
            continue
        if reader.contact.begins(line) or state == "contact" and not reader.ignored(line):
            contact.append(line)
            state = "contact"
            continue
        if state == "contact":
            state = "outside"
        if state == "outside":
            problems += [] if reader.ignored(line) else [Problem("line-unread", where, {}, "warning")]
            continue
        office = reader.office(line)
        unknown = None if office else reader.unknown_office(line)
        if office or reader.is_row(line) and not (state == "row" and not reader.is_dated(rows[-1])):
            rows.append(_Row(heading, series, office, [line]))
            state = "row"
        elif reader.ignored(line):
            state = "table"
        elif unknown:
            problems.append(Problem("office-unknown", where, {"found": unknown, "nearest": reader.nearest(unknown)}))
            state = "table"
        elif state == "row":
            rows[-1].lines.append(line)
        elif not reader.header.fullmatch(line.folded):
            problems.append(Problem("line-unread", where, {}, "warning"))
    if state not in ("contact", "outside"):
        problems.append(Problem("page-cut", f"{document.id}:{page[-1].number}", {}, "warning"))
    return rows, contact


def _record(document: Document, page: Page, row: _Row, reader: _Reader, problems: list[Problem]) -> Record | None:
    """The row cut into its four parts, strings as printed; None (and a Problem) where a part cannot be found."""
    where = f"{document.id}:{row.lines[0].number}"
    whole = span(row.lines)
    base, stop = whole.chars
    # Borders of cells, which only HTML pages show, are told from other blanks here.
    folded = "".join(c if c == BORDER else f for c, f in zip(page.text[base:stop], page.folded[base:stop], strict=True))
    # A bullet prints no word of a name.
    folded = re.sub(r"((?:^|[\n\t])[^\S\n\t]*)・", r"\1 ", folded)
    if row.office is None:
        problems.append(Problem("row-unread", where, {"missing": "office", "printed": _begun(folded), "last": whole.lines[1]}))
        return None
    office = reader.start.match(folded)
    remarks, folded = _remarks(reader, folded, office.end())
    dates = reader.dates_end(folded, office.end())
    remarks, folded = _remarks(reader, folded, dates, remarks) if dates else (remarks, folded)
    without_dates = any(remark.means in WITHOUT_DATES for remark in remarks)
    hosts = _hosts(reader, folded, dates or office.end()) if dates or without_dates else []
    remarks, folded = _remarks(reader, folded, hosts[-1][1], remarks, last=True) if hosts else (remarks, folded)
    nothing_else = without_dates and not folded[dates or office.end() :].strip()
    refused = _doubtful(reader, folded, hosts, row, where) if hosts else None
    if not hosts and not nothing_else:
        refused = _unread(reader, folded, office.end(), dates, where, whole.lines[1])
    if refused:
        problems.append(refused)
        return None
    # A remark at the end of a part is none of its words.
    text = page.text[:base] + without(page.text[base:stop], remarks) + page.text[stop:]
    cells = {
        "dates": _trimmed(text, base + office.end(), base + (dates or office.end())),
        "hosts": _trimmed(text, base + hosts[0][0], base + hosts[-1][1]) if hosts else (stop, stop),
        "themes": _trimmed(text, base + hosts[-1][1], stop) if hosts else (stop, stop),
    }
    if hosts and not {remark.means for remark in remarks} & set(WITHOUT_DATES) and cells["themes"][0] >= cells["themes"][1]:
        problems.append(Problem("theme-missing", where, {}, "warning"))
    cells = {name: chars for name, chars in cells.items() if chars[0] < chars[1]}
    printed = {name: text[slice(*chars)] for name, chars in cells.items()}
    verbatim = {
        "series": row.series,
        "office": squeeze(page.text[base + office.start("office") : base + office.end("office")]),
        **({"dates": squeeze(printed["dates"])} if "dates" in printed else {}),
        "hosts": [squeeze(page.text[base + first : base + last]) for first, last in hosts],
        "themes": [line.strip() for line in printed.get("themes", "").split("\n") if line.strip()],
    }
    if remarks:
        cells["remarks"] = (base + min(r.start for r in remarks), base + max(r.end for r in remarks))
        verbatim["remarks"] = [{"means": r.means, "text": squeeze(page.text[base + r.start : base + r.end])} for r in remarks]
    passages = {"series": span([row.heading])} | {name: page.place(*chars) for name, chars in cells.items()}
    return Record(document.id, document.sha256, "", reader.layout["type"], EXTRACTOR, whole, passages, verbatim, {})


def _remarks(
    reader: _Reader, folded: str, at: int, known: Sequence[Remark] | None = None, last: bool = False
) -> tuple[list[Remark], str]:
    """The remarks of a row with those that stand at `at`, and the row with blanks in their place.

    `known`: those found before. `last`: only what the row ends with, since a theme may begin with such a word.
    """
    remarks = reader.remarks.find(folded) if known is None else list(known)
    folded = without(folded, remarks)
    while (remark := reader.remark_at(folded, at)) and not (last and folded[remark.end :].strip()):
        remarks, folded = [*remarks, remark], without(folded, [remark])
    return remarks, folded


def _hosts(reader: _Reader, folded: str, start: int) -> list[tuple[int, int]]:
    """Where the names of the hosts stand: what looks like one, or all of the cell after the dates where cells are told."""
    found = reader.hosts.match(folded, start)
    if found:
        return _placed(reader, folded, [one.span() for one in reader.host.finditer(folded, *found.span())])
    cell = re.compile(r"\s*\t\s*([^\t\s\d][^\t\d]*)\t").match(folded, start)
    names, at = [], cell.start(1) if cell else 0
    for end in [joiner.span() for joiner in reader.joiner.finditer(folded, *cell.span(1))] + [(cell.end(1),) * 2] if cell else []:
        names.append((at, end[0]))
        at = end[1]
    return names


def _placed(reader: _Reader, folded: str, hosts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Hosts with a prefecture after a comma as one: it may say where the city lies (Sado City, Niigata Prefecture)."""
    placed: list[tuple[int, int]] = []
    for start, end in hosts:
        before = placed[-1] if placed else None
        comma = before and folded[before[1] : start].strip() == ","
        if comma and reader.above.fullmatch(folded[start:end]) and not reader.above.fullmatch(folded[slice(*before)]):
            placed[-1] = (before[0], end)
        else:
            placed.append((start, end))
    return placed


def _doubtful(reader: _Reader, folded: str, hosts: list[tuple[int, int]], row: _Row, where: str) -> Problem | None:
    """What is said of a row whose theme begins or goes on as dates or another host do; None where it does not.

    A border of cells before the theme says that it is one; words of the same cell after the hosts are none.
    """
    base, end = row.lines[0].start, hosts[-1][1]
    own = {squeeze(folded[slice(*host)]) for host in hosts}
    told = re.match(r"\s*?\t|\s*$", folded[end:])
    starts = [] if told else [end]
    for start in [*starts, *(line.start - base for line in row.lines[1:] if line.start - base >= end)]:
        start += len(folded[start:]) - len(folded[start:].lstrip())
        unfinished = start >= end and not told and not folded[end:start].strip() and _NO_THEME.match(folded, start)
        more = not told and not folded[end:start].strip() and "\t" in folded[start:]
        if unfinished or more or reader.dates_end(folded, start) or reader.may_be_host(folded, start, own):
            values = {"printed": _begun(folded[start:]), "last": row.lines[-1].number}
            return Problem("row-doubtful", where, values)
    return None


def _unread(reader: _Reader, folded: str, office: int, dates: int | None, where: str, last: int) -> Problem:
    """What is said of a row without dates or hosts (`folded`: without its remarks); of hosts, the words that stand
    where they would and what is near."""
    words = squeeze(folded[dates or office :]).split()
    if not words or not dates:
        missing = "hosts" if dates else "dates"
        return Problem("row-unread", where, {"missing": missing, "printed": _begun(folded[office:]) or "-", "last": last})
    known = [row["name_en"] for row in reader.lookups["local-governments"] if row["country"] == reader.layout["country"]]
    near = nearest(" ".join(words[:2]), filter(None, known))
    stem = [name for name in known if name and name.split(" ")[0] == words[0]]
    joiner = reader.joiner.search(" ".join(words[:5]))
    first = " ".join(words[:5])[: joiner.start()] if joiner and joiner.start() else words[0]
    values = {"printed": " ".join(words[:6]), "first": first, "nearest": ", ".join(stem) or near, "last": last, "place": where}
    return Problem("host-unread", where, values)


def _begun(folded: str) -> str:
    """The first words of a part of a row."""
    return " ".join(folded.split()[:6])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The code points [start, end) without blanks and borders at their ends."""
    words = text[start:end]
    return start + len(words) - len(words.lstrip()), start + len(words.rstrip()) if words.strip() else start


def _spaced(words: str) -> str:
    """A pattern for `words` with any run of blanks between them."""
    return r"\s+".join(map(re.escape, words.split()))


def _any(patterns: Iterable[str]) -> str:
    """An alternation that tries the longest pattern first."""
    return "|".join(sorted(set(patterns), key=lambda p: (-len(p), p)))
