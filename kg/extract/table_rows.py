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
from kg.extract.remarks import Remark, RemarkReader, without
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
        self.remarks = RemarkReader(self.layout)
        self.ignore = [re.compile(entry["pattern"]) for entry in self.layout["ignore"]]
        self.months = [month.casefold() for month in self.layout["months"]]
        self.hosts = re.compile(self._hosts())

    def _hosts(self) -> str:
        kinds = _any(map(_spaced, self.layout["hosts"]["kinds"]))
        country = self.layout["country"]
        named = [row["name_en"] for row in self.lookups["local-governments"] if row["country"] == country]
        named += [row["surface"] for row in self.lookups["aliases"] if row["kind"] == "lg" and row["language"] == "en"]
        known = rf"(?:{_any(map(_spaced, filter(None, named)))})(?!\w)"
        words = rf"(?!(?:{kinds})(?!\w))[A-Z][\w'-]*"
        formed = rf"{words}(?:\s+{words}){{0,2}}?\s+(?:{_any(_spaced(form['printed']) for form in self.layout['hosts']['form'])})(?!\w)"
        host = rf"(?:(?:{kinds})\s+of\s+{words}|{formed}|{known}|[A-Z][\w'-]*(?:\s+[A-Z][\w'-]*){{0,3}}?\s+(?:{kinds})(?!\w))"
        joiner = _any(re.escape(j) + (r"\b" if j.isalpha() else "") for j in self.layout["hosts"]["joiners"])
        self.host = re.compile(host)
        self.joiner = re.compile(rf"\s*(?:{joiner}|\n)\s*")
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
        opens = opens or self.remarks.at(line, found.end())
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
    remarks, folded = _remarks(reader, folded, office.end())
    dates = reader.dates_end(folded, office.end())
    if dates and (remark := reader.remarks.at(folded, dates)):
        remarks, folded = [*remarks, remark], without(folded, [remark])
    hosts = _hosts(reader, folded, dates or office.end()) if dates or remarks else []
    if not hosts:
        problems.append(_unread(reader, page.text[base:stop], dates, where, whole.lines[1]))
        return None
    # A remark at the end of a part is none of its words.
    text = page.text[:base] + without(page.text[base:stop], remarks) + page.text[stop:]
    cells = {
        "dates": _trimmed(text, base + office.end(), base + (dates or office.end())),
        "hosts": _trimmed(text, base + hosts[0][0], base + hosts[-1][1]),
        "themes": _trimmed(text, base + hosts[-1][1], stop),
    }
    problems += [Problem("theme-missing", where, {}, "warning")] if cells["themes"][0] >= cells["themes"][1] else []
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


def _remarks(reader: _Reader, folded: str, dates: int) -> tuple[list[Remark], str]:
    """The remarks of a row (`dates`: where its dates would begin), and the row with blanks in their place."""
    remarks = reader.remarks.find(folded)
    folded = without(folded, remarks)
    if remark := reader.remarks.at(folded, dates):
        remarks, folded = [*remarks, remark], without(folded, [remark])
    return remarks, folded


def _hosts(reader: _Reader, folded: str, start: int) -> list[tuple[int, int]]:
    """Where the names of the hosts stand: what looks like one, or all of the cell after the dates where cells are told."""
    found = reader.hosts.match(folded, start)
    if found:
        return [one.span() for one in reader.host.finditer(folded, *found.span())]
    cell = re.compile(r"\s*\t\s*([^\t\s][^\t]*)\t").match(folded, start)
    names, at = [], cell.start(1) if cell else 0
    for end in [joiner.span() for joiner in reader.joiner.finditer(folded, *cell.span(1))] + [(cell.end(1),) * 2] if cell else []:
        names.append((at, end[0]))
        at = end[1]
    return names


def _unread(reader: _Reader, printed: str, dates: int | None, where: str, last: int) -> Problem:
    """What is said of a row without dates or hosts; of hosts, the words that stand where they would and what is near."""
    if dates is None:
        return Problem("row-unread", where, {"missing": "dates", "last": last})
    words = squeeze(printed[dates:]).split(" ")
    begun = " ".join(words[:2])
    known = [row["name_en"] for row in reader.lookups["local-governments"] if row["country"] == reader.layout["country"]]
    near = nearest(begun, filter(None, known))
    stem = [name for name in known if name and name.split(" ")[0] == words[0]]
    return Problem("host-unread", where, {"printed": " ".join(words[:6]), "first": words[0], "nearest": ", ".join(stem) or near, "last": last, "place": where})


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
