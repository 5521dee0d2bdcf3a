"""A query as text: its form, data set and prefixes, and whether it would make the server call another one.

The engine cannot be told to refuse SERVICE, so a query that holds one is refused before it is run. This is a scan
of tokens, not a parse: strings, comments, IRIs and prefixed names never count as keywords. The engine is more lenient
than the grammar (it reads `SERVICEex:a` as a keyword and a name), and so is the scan. An evaluator has no way out to
the network either; the scan is what gives the visitor a reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urljoin

_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_TOKEN = re.compile(
    r"""\s*(?:(?P<plain>[^\W\d_]\w*+(?![.\-:]))
    |(?P<comment>\#[^\n\r]*)
    |(?P<variable>[?$]\w+)
    |(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]++|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>)
    |(?P<string>'''(?:'{0,2}(?:[^'\\]|\\.))*'''|\"\"\"(?:"{0,2}(?:[^"\\]|\\.))*\"\"\"
        |'(?:[^'\\\n\r]++|\\.)*+'|"(?:[^"\\\n\r]++|\\.)*+")
    |(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<blank>_:\w[\w.\-]{0,60})
    |(?P<name>(?:[^\W\d_](?:[\w.\-]{0,60}[\w\-])?)?:(?:[\w:.\-·]|%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?\#@%])*)
    |(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d_]\w*)
    |(?P<sign>\S))""",
    re.VERBOSE | re.DOTALL,
)
"""`plain` is a word that cannot be the start of a name: most are, and are found soonest"""
_OPERANDS = ("iri", "string", "variable", "name", "number", "word", "language")


@dataclass(frozen=True)
class QueryText:
    """What a scan finds. `form` is one of SELECT, ASK, CONSTRUCT, DESCRIBE, "update", or None where none is there."""

    form: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    undeclared: tuple[str, ...]
    calls_service: bool

    @property
    def has_dataset(self) -> bool:
        return bool(self.default_graphs or self.named_graphs)

    @property
    def gives_graph(self) -> bool:
        return self.form in ("CONSTRUCT", "DESCRIBE")


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    upper: str
    """the text of a word in capitals; nothing for what is no word"""


def inspect(text: str, base: str) -> QueryText:
    """Scan a query; relative IRIs of FROM are resolved against its BASE, then `base`. Linear in the length."""
    tokens = list(scan(text))
    declared, used, base = _prefixes(tokens, base)
    default, named = _graphs(tokens, declared, base)
    return QueryText(
        form=_form(tokens),
        default_graphs=default,
        named_graphs=named,
        undeclared=tuple(sorted(used - declared.keys())),
        calls_service=_calls_service(text, tokens),
    )


def namespaces(tokens: list[Token], base: str) -> tuple[dict[str, str], str]:
    """The prefixes that a query declares, and the base in force."""
    declared, _, base = _prefixes(tokens, base)
    return declared, base


def prefixed_names(text: str) -> frozenset[str]:
    """The prefixed names of a query, such as `org:member`; those in strings and comments do not count."""
    return frozenset(token.text for token in scan(text) if token.kind == "name")


def used_names(text: str) -> list[tuple[str, int]]:
    """The prefixed names that a query uses, in order, each with its first character; not those that PREFIX declares."""
    found, before = [], ""
    for token in scan(text):
        if token.kind == "name" and before != "PREFIX":
            found.append((token.text, token.start))
        before = token.upper
    return found


def declared_prefixes(text: str, base: str) -> dict[str, str]:
    """The prefixes that a query declares, with their namespaces."""
    return _prefixes(list(scan(text)), base)[0]


def completed(text: str, base: str, prefixes: Mapping[str, str]) -> str:
    """The query with a PREFIX line for each prefix that it uses, lacks, and `prefixes` knows; comments stay on top."""
    missing = [name for name in inspect(text, base).undeclared if name in prefixes]
    lines = "".join(f"PREFIX {name}: <{prefixes[name]}>\n" for name in missing)
    top = re.match(r"(?:[ \t]*#[^\n]*\n)*", text)
    end = top.end() if top else 0
    return f"{text[:end]}{lines}{text[end:]}"


def scan(text: str) -> Iterator[Token]:
    """The tokens of a query but for comments, each with its place; blanks are left out."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind != "comment":
            token = found[kind]
            kind = "word" if kind == "plain" else kind
            yield Token(kind, token, found.end() - len(token), token.upper() if kind == "word" else "")


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """What stands between blanks and comments, each piece with its first character; a string is never cut."""
    start, end = 0, 0
    for token in scan(text):
        if token.start > end:
            if end > start:
                yield start, text[start:end]
            start = token.start
        end = token.start + len(token.text)
    if end > start:
        yield start, text[start:end]


def _form(tokens: list[Token]) -> str | None:
    for token in tokens:
        for form in _FORMS:
            if token.upper.startswith(form):
                return form
        if token.upper.startswith(_UPDATES):
            return "update"
    return None


def _prefixes(tokens: list[Token], base: str) -> tuple[dict[str, str], set[str], str]:
    """Declared prefixes with their namespaces, prefixes used, and the base in force."""
    declared: dict[str, str] = {}
    used: set[str] = set()
    before = ""
    for position, token in enumerate(tokens):
        follows = tokens[position + 1] if position + 1 < len(tokens) else None
        is_iri = follows is not None and follows.kind == "iri"
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if before == "PREFIX" and is_iri:
                declared[prefix] = _resolved(base, follows.text[1:-1])
            else:
                used.add(prefix)
        elif token.upper == "BASE" and is_iri:
            base = urljoin(base, follows.text[1:-1])
        before = token.upper
    return declared, used, base


def _resolved(base: str, iri: str) -> str:
    """RFC 3986; urljoin leaves out an empty fragment, with which many namespaces end."""
    joined = urljoin(base, iri)
    return f"{joined}#" if iri.endswith("#") and not joined.endswith("#") else joined


def _graphs(tokens: list[Token], declared: dict[str, str], base: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The IRIs of FROM and of FROM NAMED; both stand outside all braces."""
    default: list[str] = []
    named: list[str] = []
    depth = 0
    target: list[str] | None = None
    for token in tokens:
        if token.text in ("{", "}"):
            depth += 1 if token.text == "{" else -1
        if token.upper == "FROM" and depth == 0:
            target = default
        elif target is not None and token.upper == "NAMED":
            target = named
        elif target is not None:
            if token.kind == "iri":
                target.append(urljoin(base, token.text[1:-1]))
            elif token.kind == "name":
                prefix, _, local = token.text.partition(":")
                target.append(declared.get(prefix, "") + re.sub(r"\\(.)", r"\1", local))
            target = None
        elif token.upper == "FROMNAMED" and depth == 0:
            target = named
    return tuple(dict.fromkeys(default)), tuple(dict.fromkeys(named))


def _calls_service(text: str, tokens: list[Token]) -> bool:
    before: Token | None = None
    depth = 0
    for position, token in enumerate(tokens):
        if token.kind == "word" and "SERVICE" in token.upper:
            return True
        if token.kind == "name" and "SERVICE" in token.text.partition(":")[0].upper():
            follows = tokens[position + 1].text if position + 1 < len(tokens) else ""
            if follows == "{" and (before is None or before.upper not in ("GRAPH", "FROM", "NAMED")):
                return True
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        elif depth > 0 and token.kind == "iri" and _may_be_less_than(token, before):
            return _names_service_after(text, token.start)
        before = token
    return False


def _names_service_after(text: str, start: int) -> bool:
    """From here on the tokens may be wrong, so the bare word is enough where a group follows it."""
    lowered = text.lower()
    return 0 <= lowered.find("service", start) < lowered.rfind("{")


def _may_be_less_than(token: Token, before: Token | None) -> bool:
    """Whether `<...>` may be read as a comparison that swallows a quote, a comment or a bracket: `1<'a>b'`."""
    ends_operand = before is not None and (before.kind in _OPERANDS or before.text == ")")
    return ends_operand and any(sign in token.text for sign in "'#)")
