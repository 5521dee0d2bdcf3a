"""Which strings are IRIs, and the terms made of them.

Stricter than `kg.model.iri`, which guards the brackets alone: what passes here loads in a strict parser too.
"""

from __future__ import annotations

import re

from kg.model import iri
from kg.rml.templates import UCSCHAR

_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_LETTERS = f"A-Za-z0-9._~!$&'()*+,;={UCSCHAR}-"
_PERCENT = "%[0-9A-Fa-f]{2}"
# RFC 3987 section 2.2, `IRI`; a path without an authority must not begin with two slashes
_IRI = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*:"
    rf"(?://(?:(?:[{_LETTERS}:]|{_PERCENT})*@)?(?:\[[0-9A-Fa-f:.]+\]|(?:[{_LETTERS}]|{_PERCENT})*)(?::[0-9]*)?"
    rf"(?=[/?#]|\Z)"
    rf"|(?!//))"
    rf"(?:[{_LETTERS}:@/]|{_PERCENT})*"
    rf"(?:\?(?:[{_LETTERS}:@/?{_PRIVATE}]|{_PERCENT})*)?"
    rf"(?:#(?:[{_LETTERS}:@/?]|{_PERCENT})*)?\Z"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*[/?#]|(?!//|/?\Z).)", re.DOTALL)
_ILLEGAL = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_iri(value: str) -> bool:
    """An IRI with its scheme (RFC 3987, 2.2)."""
    return _IRI.match(value) is not None


def is_uri(value: str) -> bool:
    """The same in ASCII alone (RFC 3986)."""
    return value.isascii() and is_iri(value)


def is_safe_start(text: str) -> bool:
    """Whether scheme and authority end in `text`: then anything encoded may follow, if one encoded thing may."""
    return _AUTHORITY.match(text) is not None


def term(value: str) -> str:
    """The N-Quads term of a checked IRI."""
    return iri(value)


def unsafe_term(value: str) -> str | None:
    """The term of any string with a scheme; None without. What IRIs exclude is written as \\uXXXX.

    Such a term is no IRI, and no other engine has to take it. rml:UnsafeIRI asks for it, and the escapes of N-Quads
    keep the line well-formed whatever the data hold.
    """
    if _SCHEME.match(value) is None or _SURROGATE.search(value):
        return None
    return f"<{_ILLEGAL.sub(_escape, value)}>"


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04X}"
