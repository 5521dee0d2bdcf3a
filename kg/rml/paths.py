"""JSONPath (RFC 9535) as functions from a record to its values.

References of mappings are nearly always names, `[*]` and indices; those are compiled to plain Python, because the
general evaluator builds a node with a location for every value. Everything else of RFC 9535 goes to the evaluator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.segments import JSONPathChildSegment
from jsonpath.selectors import IndexSelector, NameSelector, WildcardSelector

from kg.rml.faults import DataFault

Find = Callable[[Any], Sequence[Any]]
"""record -> values, in order; null and missing values are left out (RML-Core: they give no term)"""

_SHORTHAND = re.compile(r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_\u0080-\U0010ffff]*\Z")


@dataclass(frozen=True)
class Path:
    text: str
    find: Find
    query: JSONPath

    def locations(self, document: Any) -> list[str]:
        """Normalised paths (RFC 9535, 2.7) of what `find` gives, in the same order; for messages only."""
        if not isinstance(document, (dict, list)):
            return ["$"]
        return [match.path for match in self.query.finditer(document) if match.obj is not None]


@cache
def _environment() -> JSONPathEnvironment:
    return JSONPathEnvironment(strict=True)


def compile_path(text: str) -> Path:
    """ValueError with the reason if `text` is no RFC 9535 query."""
    try:
        query = _environment().compile(text)
    except JSONPathError as error:
        # str() of this error fails for an empty query
        raise ValueError(str(error.args[0]) if error.args else "-") from None
    if not isinstance(query, JSONPath):
        raise ValueError("$")
    _refuse_loose_names(query, text)
    return Path(text, _finder(query, text), query)


def _refuse_loose_names(query: JSONPath, text: str) -> None:
    """`$.a-b`: the library accepts a hyphen in a shorthand name, the RFC (2.5.1.1) wants `$['a-b']`."""
    selectors = (selector for segment in query.segments for selector in segment.selectors)
    for name in (selector.name for selector in selectors if isinstance(selector, NameSelector)):
        quoted = f"'{name}'" in text or f'"{name}"' in text
        if f".{name}" in text and not quoted and not _SHORTHAND.match(name):
            raise ValueError(f"['{name}']")


def _finder(query: JSONPath, text: str) -> Find:
    steps = [_step(segment) for segment in query.segments]
    if any(step is None for step in steps):
        return _general(query, text)
    if len(query.segments) == 1 and isinstance(query.segments[0].selectors[0], NameSelector):
        return _member(query.segments[0].selectors[0].name)
    return _chain([step for step in steps if step is not None])


def _member(name: str) -> Find:
    def find(record: Any) -> Sequence[Any]:
        if isinstance(record, dict):
            value = record.get(name)
            if value is not None:
                return (value,)
        return ()

    return find


def _chain(steps: list[Callable[[Iterable[Any]], list[Any]]]) -> Find:
    def find(record: Any) -> Sequence[Any]:
        found = [record]
        for step in steps:
            found = step(found)
        return [value for value in found if value is not None]

    return find


def _general(query: JSONPath, text: str) -> Find:
    def find(record: Any) -> Sequence[Any]:
        if not isinstance(record, (dict, list)):
            return ()  # no members; and the evaluator would read a string as JSON text
        try:
            return [value for value in query.findall(record) if value is not None]
        except JSONPathError as error:
            raise DataFault("rml.evaluation", path=text, detail=error.args[0] if error.args else "-") from None

    return find


def _step(segment: Any) -> Callable[[Iterable[Any]], list[Any]] | None:
    """One child segment with one simple selector as a function of a list; None for anything richer."""
    if type(segment) is not JSONPathChildSegment or len(segment.selectors) != 1:
        return None
    selector = segment.selectors[0]
    if type(selector) is NameSelector:
        name = selector.name
        return lambda values: [v[name] for v in values if isinstance(v, dict) and name in v]
    if type(selector) is WildcardSelector:
        return _children
    if type(selector) is IndexSelector:
        index = selector.index
        return lambda values: [v[index] for v in values if isinstance(v, list) and -len(v) <= index < len(v)]
    return None


def _children(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, list):
            found.extend(value)
        elif isinstance(value, dict):
            found.extend(value.values())
    return found
