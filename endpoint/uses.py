"""What leads to a thing: counted by property, and read a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from endpoint.documents import query_text
from kg.model import Line, iri, nquad
from kg.store import Store, Term

PER_PAGE = 50
"""statements on one page"""


@dataclass(frozen=True)
class Uses:
    """`counts` of all, by property in the order shown; `lines` are the quads of page `page` (from 1) of `pages`."""

    counts: tuple[tuple[str, int], ...]
    lines: tuple[Line, ...]
    page: int
    pages: int

    @property
    def total(self) -> int:
        return sum(number for _, number in self.counts)


def uses(store: Store, nodes: Sequence[str], base: str, page: int) -> Uses:
    """What leads to any of `nodes` from elsewhere; properties below `base` come first. A page too far is the last."""
    inside = set(nodes)
    found = {
        (row["predicate"].value, row["subject"].value, node)
        for node in nodes
        for row in store.select(query_text("uses"), {"thing": Term(node)})
        if row["subject"].value not in inside
    }
    ordered = sorted(found, key=lambda use: (not use[0].startswith(base), *use))
    pages = max(1, -(-len(ordered) // PER_PAGE))
    page = min(page, pages)
    shown = ordered[(page - 1) * PER_PAGE : page * PER_PAGE]
    counts = Counter(predicate for predicate, _, _ in ordered)
    lines = store.located(nquad(iri(subject), iri(predicate), iri(node)) for predicate, subject, node in shown)
    return Uses(tuple(counts.items()), tuple(lines), page, pages)
