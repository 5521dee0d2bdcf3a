"""Rows of an HTML table as lines of text: spans are resolved, cells joined by a TAB, labels begin lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.letters import fold, squeeze

BORDER = "\t"
_WIDE_FROM = "\u2e80"
"""from here on scripts are written without blanks between words"""


@dataclass(frozen=True)
class Cell:
    """One cell as written: its lines, whether it is a header, how many rows and columns it spans."""

    lines: list[str]
    header: bool = False
    rows: int = 1
    columns: int = 1
    alone: bool = False
    """holds a table or a heading: the table arranges the page, the cell's lines are lines of their own"""


Row = list[tuple[Cell, bool]]
"""cells from left to right; True for one that reaches down from a row above"""


def rows_as_lines(table: Sequence[Sequence[Cell]], key: int, labels: frozenset[str]) -> list[str]:
    """The lines of a table.

    A cell that spans rows belongs to each of them. Where the first `key` cells of a row all reach down from above, the
    row goes on with the record above, cell by cell. A table whose first row is nothing but labels of fields gives one
    line for each label and record.
    """
    rows = [row for row in _spread(table) if any(cell.lines for cell, _ in row)]
    if rows and len(rows[0]) > 1 and all(_is_label(cell, labels) for cell, _ in rows[0]):
        rows = [_beside(rows[0], row, at) for row in rows[1:] for at in range(len(row))]
    records: list[list[list[str]]] = []
    for row in rows:
        if records and _goes_on(row, key, labels):
            _append(records[-1], row)
        else:
            records.append([_lines(cell, cell.header and len(row) > 1) for cell in _told(row, labels)])
    alone = any(cell.alone for row in rows for cell, _ in row)
    return [line for record in records for line in _joined(record, labels, alone)]


def _spread(table: Sequence[Sequence[Cell]]) -> list[Row]:
    """Every row with the cells that reach into it."""
    spread: list[Row] = []
    reaching: dict[int, tuple[Cell, int]] = {}
    for cells in table:
        row: Row = []
        below: dict[int, tuple[Cell, int]] = {}
        written, column, last = 0, 0, max(reaching, default=-1)
        while written < len(cells) or column <= last:
            if column in reaching:
                cell, left = reaching[column]
            elif written < len(cells):
                cell, left = cells[written], cells[written].rows
                written += 1
            else:
                column += 1
                continue
            row.append((cell, column in reaching))
            if left > 1:
                below[column] = (cell, left - 1)
            column += cell.columns
        reaching = below
        spread.append(row)
    return spread


def _goes_on(row: Row, key: int, labels: frozenset[str]) -> bool:
    own = next((cell for cell, above in row if not above), None)
    return len(row) >= key and all(above for _, above in row[:key]) and not (own and _is_label(own, labels))


def _append(record: list[list[str]], row: Row) -> None:
    for column, (cell, above) in enumerate(row):
        if not above and column < len(record):
            record[column].extend(cell.lines)
        elif not above:
            record.append(list(cell.lines))


def _told(row: Row, labels: frozenset[str]) -> list[Cell]:
    """The cells that a row prints: what reaches down beside a label heads several fields and is printed once."""
    has_label = any(_is_label(cell, labels) for cell, above in row if not above)
    return [cell for cell, above in row if not (above and has_label)]


def _beside(head: Row, row: Row, at: int) -> Row:
    label = [(head[at][0], False)] if at < len(head) else []
    return [*label, (row[at][0], False)]


def _is_label(cell: Cell, labels: frozenset[str]) -> bool:
    return squeeze(fold(in_one_line(cell.lines))).rstrip(" :") in labels


def _lines(cell: Cell, one: bool) -> list[str]:
    return [in_one_line(cell.lines)] if one and cell.lines else list(cell.lines)


def _joined(record: Sequence[Sequence[str]], labels: frozenset[str], alone: bool) -> list[str]:
    lines: list[str] = []
    after_label = False
    for printed in filter(None, record):
        label = squeeze(fold(in_one_line(printed))).rstrip(" :") in labels
        if label:
            lines.append(in_one_line(printed))
        elif not lines or alone and not after_label:
            lines += printed
        else:
            lines[-1] += f"{BORDER}{printed[0]}"
            lines += printed[1:]
        after_label = label
    return lines


def in_one_line(lines: Sequence[str]) -> str:
    """Lines of a header as one: with a blank between them, without one beside letters that are written so."""
    text = ""
    for line in lines:
        close = not text or not line or max(text[-1], line[0]) >= _WIDE_FROM
        text += line if close else f" {line}"
    return text
