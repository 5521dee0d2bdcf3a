"""Family `table_rows`: a table that lost its columns. An office starts a row; any other line continues the row above.

A row is office, dates, hosts, theme, each separated by one blank at most. The office comes from the closed list, the
dates are recognised by their form, the hosts by known names or by their kind, and the rest is the theme.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kg.errors import SourceError
from kg.extract.contact import ContactReader
from kg.extract.lookups import Lookups
from kg.extract.tables import BORDER
from kg.extract.text import Page, TextLine, span
from kg.letters import slips, squeeze
from kg.messages import nearest
from kg.model import Document, Problem, Record

EXTRACTOR = "table_rows@1"

_DAY = re.compile(r"\s*\d{1,2}(?:st|nd|rd|th)?(?!\d)")
_WORD = re.compile(r"\s*([A-Za-z]+)\.?")
_YEAR = re.compile(r"\s*(?:\(\s*\d{4}\s*\)|\d{4}(?!\d))")
_DASH = re.compile(r"\s*(?:-|~|to\b)")


@dataclass
class _Row:
    """The lines of one row, with the heading that it stands under."""

    heading: TextLine
    series: str
    office: str
    lines: list[TextLine] = field(default_factory=list)


@dataclass
class _Reader:
    """The patterns of one profile, compiled for one set of lookups."""

    layout: dict[str, Any]
    lookups: Lookups

    def __post_init__(self) -> None:
        offices = [_spaced(row["printed"]) for row in self.lookups["offices"]]
        self.start = re.compile(rf"\s*(?P<office>{_any(offices)})(?![A-Za-z])")
        self.heading = re.compile(self.layout["heading"]["pattern"])
        words = _any(map(_spaced, self.layout["header"]["words"]))
        self.header = re.compile(rf"\s*(?:(?:{words})\s*)+")
        self.contact = ContactReader(self.layout)
        self.ignore = [re.compile(entry["pattern"]) for entry in self.layout["ignore"]]
        self.months = [month.casefold() for month in self.layout["months"]]
        self.hosts = re.compile(self._hosts())

    def _hosts(self) -> str:
        kinds = _any(map(_spaced, self.layout["hosts"]["kinds"]))
        country = self.layout["country"]
        named = [row["name_en"] for row in self.lookups["local-governments"] if row["country"] == country]
        named += [row["surface"] for row in self.lookups["aliases"] if row["kind"] == "lg" and row["language"] == "en"]
        known = rf"(?:{_any(map(_spaced, filter(None, named)))})(?!\w)"
        host = rf"(?:{known}|[A-Z][\w'-]*(?:\s+[A-Z][\w'-]*){{0,3}}?\s+(?:{kinds})(?!\w))"
        joiner = _any(re.escape(j) + (r"\b" if j.isalpha() else "") for j in self.layout["hosts"]["joiners"])
        self.host = re.compile(host)
        # Hosts under each other stand in a cell of their own, or on lines of their own above the theme.
        under = rf"[^\S\n]*\n\s*(?={host}[^\S\n\t]*(?:\t|\n\s*\S))"
        return rf"\s*{host}(?:(?:\s*(?:{joiner})\s*|{under}){host})*"

    def office(self, page: Sequence[TextLine], index: int) -> tuple[str | None, bool]:
        """The office that a line begins with, and whether it opens a row there.

        It does where dates follow, in the same printed line or the next, or where a host follows (and the dates are
        damaged); else the words belong to the theme above.
        """
        line = page[index].folded
        found = self.start.match(line)
        if not found:
            return None, False
        following = next((after.folded for after in page[index + 1 :] if not after.blank), "")
        opens = self.dates_end(f"{line}\n{following}", found.end()) or self.host.search(line, found.end())
        return squeeze(found["office"]), bool(opens)

    def unknown_office(self, line: TextLine) -> str | None:
        """The words before dates and a host, where a line is a row of an office that the list does not have."""
        words = re.match(r"\s*([A-Z][^\d]{0,60}?)\s*(?=\d)", line.folded[:400])
        dates = words and self.dates_end(line.folded, words.end())
        return words[1] if dates and self.hosts.match(line.folded, dates) else None

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
        day = _DAY.match(text, start)
        if not day:
            return None, False
        end = self._month_end(text, day.end())
        after = end or day.end()
        year = _YEAR.match(text, after)
        return (year.end() if year else after), end is not None

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
    for index, line in enumerate(page):
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
        office, opens = reader.office(page, index)
        unknown = reader.unknown_office(line)
        if opens:
            rows.append(_Row(heading, series, office, [line]))
            state = "row"
        elif reader.ignored(line):
            state = "table"
        elif unknown:
            problems.append(Problem("office-unknown", where, {"found": unknown, "nearest": reader.nearest(unknown)}))
            state = "table"
        elif state == "row":
            rows[-1].lines.append(line)
            problems += [Problem("office-in-theme", where, {"office": office}, "info")] if office else []
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
    office = reader.start.match(folded)
    dates = reader.dates_end(folded, office.end())
    hosts = reader.hosts.match(folded, dates) if dates else None
    if not hosts:
        missing = "hosts" if dates else "dates"
        problems.append(Problem("row-unread", where, {"missing": missing, "last": whole.lines[1]}))
        return None
    cells = {
        "dates": page.trimmed(base + office.end(), base + dates),
        "hosts": page.trimmed(base + hosts.start(), base + hosts.end()),
        "themes": page.trimmed(base + hosts.end(), stop),
    }
    if cells["themes"][0] >= cells["themes"][1]:
        problems.append(Problem("theme-missing", where, {}, "warning"))
        del cells["themes"]
    printed = {name: page.text[slice(*chars)] for name, chars in cells.items()}
    names = [found.span() for found in reader.host.finditer(folded, *hosts.span())]
    verbatim = {
        "series": row.series,
        "office": squeeze(page.text[base + office.start("office") : base + office.end("office")]),
        "dates": squeeze(printed["dates"]),
        "hosts": [squeeze(page.text[base + first : base + last]) for first, last in names],
        "themes": [line.strip() for line in printed.get("themes", "").split("\n") if line.strip()],
    }
    passages = {"series": span([row.heading])} | {name: page.place(*chars) for name, chars in cells.items()}
    return Record(document.id, document.sha256, "", reader.layout["type"], EXTRACTOR, whole, passages, verbatim, {})


def _spaced(words: str) -> str:
    """A pattern for `words` with any run of blanks between them."""
    return r"\s+".join(map(re.escape, words.split()))


def _any(patterns: Iterable[str]) -> str:
    """An alternation that tries the longest pattern first."""
    return "|".join(sorted(set(patterns), key=lambda p: (-len(p), p)))
