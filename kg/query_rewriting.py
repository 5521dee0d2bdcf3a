"""A query rewritten by its tokens, for engines that cannot be told from outside: values put in, a default graph given.

Only queries that the engine of this project has parsed are rewritten, so braces and parentheses match. The pieces of
SPARQL stand in `queries/fragments.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template

from kg.query_text import Token, scan

_CLAUSES = {"SELECT": "projection", "BY": "order"}
_END_OF_CLAUSE = ("WHERE", "FROM", "LIMIT", "OFFSET", "HAVING", "ORDER", "GROUP", "VALUES")

Change = tuple[int, int, str]
"""where it begins and ends in the text, and what stands there afterwards"""


def fragment(name: str, /, **values: str) -> str:
    return Template(_fragments()[name]).substitute(values)


def with_prefixes(text: str, namespaces: Mapping[str, str]) -> str:
    """The query with a declaration of each prefix before it, on one line, so that the lines keep their numbers."""
    lines = [fragment("prefix", name=name, namespace=space) for name, space in sorted(namespaces.items())]
    return "".join([*lines, text])


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Each variable of `values` replaced by its term in N-Triples form, everywhere; a projected one stays projected.

    The solutions are those of a binding made before the query is evaluated.
    """
    changes: list[Change] = []
    clause, depth = "", 0
    for token in scan(text):
        if token.text in ("(", ")"):
            depth += 1 if token.text == "(" else -1
        elif token.text in ("{", "}") or token.upper in _END_OF_CLAUSE:
            clause, depth = "", 0
        elif token.upper in _CLAUSES:
            clause, depth = _CLAUSES[token.upper], 0
        elif token.kind == "variable" and token.text[1:] in values:
            term = values[token.text[1:]]
            if clause == "projection" and depth == 0:
                term = fragment("projected", term=term, variable=token.text)
            elif clause == "order" and depth == 0:
                term = f"({term})"
            changes.append((token.start, token.start + len(token.text), term))
    return _changed(text, changes)


def over_graph(text: str, graph: str, space: str) -> str:
    """The query with `graph` as its default graph, and with those below `space`, but for it, as its named graphs.

    For an engine without a default graph of its own. The outermost group becomes one of `GRAPH <graph>`; where a
    variable stands for a graph, a filter leaves out what is not of the data set.
    """
    tokens = list(scan(text))
    pairs = _pairs(tokens)
    named: list[Change] = []
    for position, token in enumerate(tokens[:-2]):
        name = tokens[position + 1]
        if token.upper == "GRAPH" and name.kind == "variable" and position + 2 in pairs:
            end = tokens[pairs[position + 2]].start + 1
            named.append((end, end, fragment("named-only", variable=name.text, graph=graph, space=space)))
    outermost = _outermost(tokens, pairs)
    if outermost is None:
        return text
    opening, closing = outermost
    begin, end = tokens[opening].start, tokens[closing].start + 1
    group = text[begin:end]
    if tokens[opening - 1].upper == "WHERE" and tokens[opening - 2].upper == "CONSTRUCT":
        # The short form of CONSTRUCT, where one group is template and pattern, has no GRAPH in it.
        return text[: tokens[opening - 1].start] + fragment("whole-template", group=group, graph=graph) + text[end:]
    inner = _changed(group, [(at - begin, to - begin, new) for at, to, new in sorted(named)])
    return f"{text[:begin]}{fragment('over-graph', group=inner, graph=graph)}{text[end:]}"


def asks_of_graphs(text: str) -> bool:
    """Whether a query speaks of named graphs in its patterns."""
    return any(token.upper.startswith("GRAPH") for token in scan(text))


def rows(triples: Iterable[Sequence[str]]) -> str:
    """The rows of a VALUES block."""
    return " ".join(f"({' '.join(terms)})" for terms in triples)


@cache
def _fragments() -> dict[str, str]:
    return tomllib.loads((files("kg") / "queries" / "fragments.toml").read_text(encoding="utf-8"))


def _pairs(tokens: Sequence[Token]) -> dict[int, int]:
    """The position of the brace that closes each opening one."""
    pairs: dict[int, int] = {}
    open_ones: list[int] = []
    for position, token in enumerate(tokens):
        if token.text == "{":
            open_ones.append(position)
        elif token.text == "}" and open_ones:
            pairs[open_ones.pop()] = position
    return pairs


def _outermost(tokens: Sequence[Token], pairs: Mapping[int, int]) -> tuple[int, int] | None:
    """The group that is matched: not the template of a CONSTRUCT. A DESCRIBE of IRIs has none."""
    position = 0
    while position < len(tokens):
        if tokens[position].text == "{" and position in pairs:
            if tokens[position - 1].upper != "CONSTRUCT":
                return position, pairs[position]
            position = pairs[position]
        position += 1
    return None


def _changed(text: str, changes: Iterable[Change]) -> str:
    parts: list[str] = []
    at = 0
    for begin, end, new in changes:
        parts += [text[at:begin], new]
        at = end
    return "".join([*parts, text[at:]])
