"""Where a query cannot be read, out of what the engine says of it.

Its parser reports the furthest place that it looked at, and it looks as far ahead as a keyword is long from wherever
one may stand: often beyond the fault, sometimes from a place before it. So the text is parsed once more with the gaps
between its words so wide that no look ahead from one word reaches the next (`stretched`), and the message of that parse
is the one to give to `place`.
"""

from __future__ import annotations

import re
from collections import Counter

from kg.query_text import pieces

_GAP = 40
"""blanks; longer than any keyword"""
_PLACE = re.compile(r"error at (\d+):(\d+): *(.*)", re.DOTALL)
_KEYWORD = re.compile(r"[A-Za-z_]+")


def stretched(text: str) -> str:
    """The query on one line, wide gaps between its pieces, without comments."""
    return "".join(f"{piece}{' ' * _GAP}" for _, piece in pieces(text)).replace("\n", " ")


def place(message: str, text: str) -> tuple[int, int]:
    """Line and column (in characters, both from 1) of the first thing in `text` that does not belong.

    `message` is what the engine says of `stretched(text)`.
    """
    found = _PLACE.search(message)
    reached = int(found[2]) - 1 if found else 0
    tried = _tried(found[3]) if found else 0
    fault, begin = 0, 0
    for start, piece in pieces(text):
        end = begin + len(piece) + _GAP
        fault = start + min(max(reached - tried - begin, 0), len(piece))
        if reached < end:
            break
        begin = end
    return text.count("\n", 0, fault) + 1, fault - (text.rfind("\n", 0, fault) + 1) + 1


def detail(message: str) -> str:
    """What the engine says beside the place."""
    found = _PLACE.search(message)
    return found[3] if found else message


def _tried(expected: str) -> int:
    """The length of the keywords that the parser tried, where keywords are most of what it expected."""
    words = expected.removeprefix("expected ").removeprefix("one of ").split(", ")
    lengths = Counter(len(word) for word in words if _KEYWORD.fullmatch(word))
    return lengths.most_common(1)[0][0] if lengths.total() * 2 > len(words) else 0
