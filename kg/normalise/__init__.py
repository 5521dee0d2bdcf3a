"""Step 3 of the pipeline: what a document prints is explained. Pure functions with tables; nothing is read from disk.

`explain` takes the raw records of one page, as `kg.extract.extract` gives them, and fills in `key`, `norm` and
`issues`; every value of `norm` follows from `verbatim`, a rule of this package, the profile and the lookups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kg.model import Problem, Record
from kg.normalise.activity import explain_activity
from kg.normalise.contact import explain_contact
from kg.normalise.names import Names
from kg.normalise.news import explain_news
from kg.normalise.seminar import explain_seminar

__all__ = ["explain"]

Rows = Sequence[Mapping[str, str]]
_TYPES: dict[str, Callable[..., tuple[Record | None, list[Problem]]]] = {
    "activity": explain_activity,
    "contact": explain_contact,
    "news": explain_news,
    "seminar": explain_seminar,
}


def explain(
    raw: Sequence[Record], layout: Mapping[str, Any], lookups: Mapping[str, Rows]
) -> tuple[list[Record], list[Problem]]:
    """The records of one page explained, in page order, with the problems met.

    A key is made from content; where a page has one twice, the later one gets `-2`, `-3` ... in page order.
    """
    names = Names(lookups, raw[0].document if raw else "")
    records: list[Record] = []
    problems: list[Problem] = []
    taken: dict[str, int] = {}
    for record in raw:
        explained, found = _TYPES[record.type](record, layout, lookups, names)
        if explained is None:
            problems += found
            continue
        count = taken[explained.key] = taken.get(explained.key, 0) + 1
        if count > 1:
            where = f"{record.document}:{record.place.lines[0]}"
            found = [*found, Problem("key-repeated", where, {"key": explained.key, "count": count}, "info")]
            explained = replace(explained, key=f"{explained.key}-{count}")
        records.append(explained)
        problems += found
    return records, problems
