"""An item of a news list explained: its key, its number on the page, its title where it has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kg.model import Issue, Problem, Record
from kg.names import Names as Iris
from kg.normalise.mentions import read_mentions
from kg.normalise.names import Names

_CUT_OFF, _NAMES_ONLY = "text-cut-off", "text-not-taken-apart"
_DIGITS = 12


def explain_news(
    record: Record, layout: Mapping[str, Any], lookups: Mapping[str, Sequence[Mapping[str, str]]], names: Names
) -> tuple[Record, list[Problem]]:
    """The record with key, `norm` and issues.

    The key is that of `news-items.csv` for the title or the beginning of the blurb's SHA-256, else made from the title,
    else from the SHA-256: never from the place on the page, so that an item keeps it when others are put above it.
    """
    title = record.verbatim.get("title")
    digest = (record.passages["blurb"].sha256 or "")[:_DIGITS]
    known = {row["mark"]: row["key"] for row in lookups["news-items"]}
    key = known.get(digest) or known.get(title or "") or _slug(title) or f"item-{digest}"
    norm = {"n": record.norm["n"], "language": layout["language"], "issues": [_CUT_OFF, _NAMES_ONLY]}
    norm |= {"title": title} if title else {}
    mentions, problems = read_mentions(record, f"{record.document}-{key}", lookups)
    norm |= {"mentions": mentions} if mentions else {}
    return replace(record, key=key, norm=norm, issues=(Issue(_CUT_OFF, "passages.blurb"), Issue(_NAMES_ONLY, "norm.mentions"))), problems


def _slug(title: str | None) -> str | None:
    try:
        return Iris.slug(title) if title else None
    except ValueError:
        return None
