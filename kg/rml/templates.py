"""String templates (RML-Core 7.1.3): text with references in braces, escapes by backslash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from kg.rml.faults import DataFault

_ESCAPABLE = frozenset("\\{}")

# RFC 3987 section 2.2: ucschar; iunreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" / ucschar
UCSCHAR = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane << 16 | (0x1000 if plane == 14 else 0))}-{chr(plane << 16 | 0xFFFD)}" for plane in range(1, 15)
)
_NOT_IRI_SAFE = re.compile(f"[^A-Za-z0-9._~{UCSCHAR}-]")


@dataclass(frozen=True)
class Slot:
    """A reference of a template: its JSONPath, unescaped."""

    path: str


class TemplateSyntax(ValueError):
    """`column` (from 1) of the character where `expected` should stand."""

    def __init__(self, column: int, expected: str) -> None:
        super().__init__(expected)
        self.column = column
        self.expected = expected


def parse_template(template: str) -> tuple[str | Slot, ...]:
    """Texts and slots in order, unescaped; TemplateSyntax for a brace or backslash that is not written as it must."""
    parts: list[str | Slot] = []
    text: list[str] = []
    inside = False
    at = 0
    while at < len(template):
        char = template[at]
        if char == "\\":
            if template[at + 1 : at + 2] not in _ESCAPABLE or at + 1 == len(template):
                raise TemplateSyntax(at + 1, "\\\\ \\{ \\}")
            at += 1
            text.append(template[at])
        elif char == ("}" if inside else "{"):
            parts.append(Slot("".join(text)) if inside else "".join(text))
            text.clear()
            inside = not inside
        elif char in "{}":
            raise TemplateSyntax(at + 1, "\\" + char)
        else:
            text.append(char)
        at += 1
    if inside:
        raise TemplateSyntax(len(template) + 1, "}")
    parts.append("".join(text))
    return tuple(part for part in parts if part != "")


def iri_safe(text: str) -> str:
    """RML-Core 8.3: what is not iunreserved of RFC 3987 is percent-encoded as UTF-8."""
    if _NOT_IRI_SAFE.search(text) is None:
        return text
    return _NOT_IRI_SAFE.sub(_encode, text)


def uri_safe(text: str) -> str:
    """The same for RFC 3986: letters outside ASCII are percent-encoded too."""
    return _encoded(text)


def _encode(match: re.Match[str]) -> str:
    return _encoded(match[0])


def _encoded(text: str) -> str:
    try:
        return quote(text, safe="~")
    except UnicodeEncodeError:
        raise DataFault("rml.surrogate", value=ascii(text)) from None
