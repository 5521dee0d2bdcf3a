"""What a visitor's query must not carry to another engine, though it is good SPARQL here.

Engines give functions by names of their own: Virtuoso 7 fetches any address for `bif:http_get`. So of the functions
that are called by an IRI only the casts of XML Schema are passed on. An escape `\\u0022` is a quotation mark to an
engine that reads escapes before tokens (SPARQL 1.1, section 19.2) and part of a string to one that does not; no query
needs an escape for an ASCII character. And engines whose parsers go down with every bracket have a stack that ends
somewhere: a query of 10 kB of braces ends the oxigraph server.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from kg.query_text import Token, namespaces, scan

_CASTS = "http://www.w3.org/2001/XMLSchema#"
_ASCII_ESCAPE = re.compile(r"\\u00[0-7][0-9A-Fa-f]|\\U000000[0-7][0-9A-Fa-f]")
_LEVELS = 64
"""of brackets; people write ten"""
_BEFORE_A_CALL = ("FILTER", "HAVING", "BY", "ASC", "DESC")


def not_passed_on(text: str, base: str) -> str | None:
    """The first part of a query that is not passed on to another engine; None where all of it is."""
    if escape := _ASCII_ESCAPE.search(text):
        return escape[0]
    tokens = list(scan(text))
    declared, base = namespaces(tokens, base)
    depth = braces = 0
    before: Token | None = None
    for position, token in enumerate(tokens):
        if token.text in ("(", ")"):
            depth += 1 if token.text == "(" else -1
        elif token.text in ("{", "}", "[", "]"):
            braces += 1 if token.text in "{[" else -1
        if depth + braces > _LEVELS:
            return token.text
        follows = tokens[position + 1].text if position + 1 < len(tokens) else ""
        if token.kind == "iri" and "(" in token.text:
            # `1<ex:f(?x)&&?y>2` looks like an IRI.
            return token.text
        if token.kind in ("iri", "name") and follows == "(":
            # After a property a bracket opens a list; elsewhere it opens the arguments of a function.
            calls = depth > 0 or before is None or before.upper in _BEFORE_A_CALL or before.text == ")"
            if calls and not _iri(token, declared, base).startswith(_CASTS):
                return token.text
        before = token
    return None


def _iri(token: Token, declared: dict[str, str], base: str) -> str:
    if token.kind == "iri":
        return urljoin(base, token.text[1:-1])
    prefix, _, local = token.text.partition(":")
    return declared.get(prefix, "") + local
