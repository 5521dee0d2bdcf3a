"""Letters and spelling that reading and explaining share: forms of one width, blanks, words one slip apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_TILDES = "\u301c\u223c\u02dc\uff5e"
_MIDDOTS = "\uff65\u00b7\u2022\u2219\u22c5"
_BLANKS = "\u00a0\u3000\u2002\u2003\u2007\u2009\u202f\ufeff\t\r\x0b\x0c\x85\u2028\u2029"

_FOLD = (
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(map(ord, _DASHES), "-")
    | dict.fromkeys(map(ord, _TILDES), "~")
    | dict.fromkeys(map(ord, _MIDDOTS), "・")
    | dict.fromkeys(map(ord, _BLANKS), " ")
)


def fold(text: str) -> str:
    """`text` with full-width ASCII, dashes, tildes, middots and blanks each in one form.

    One character stays one character, so an offset in the result is an offset in the source. NFKC would not do:
    it turns a circled digit into a digit, an ellipsis into three dots, and moves all that follows.
    """
    return text.translate(_FOLD)


def blank(text: str) -> bool:
    """True where nothing is printed; a no-break space prints nothing."""
    return not fold(text).strip()


def squeeze(text: str) -> str:
    """`text` without blanks at its ends and with one blank for every run of blanks and line breaks inside."""
    return " ".join(text.split())


def one_slip_apart(word: str, other: str) -> bool:
    """True for words that differ by one letter put in, left out or changed, or by two neighbours changed about."""
    if len(word) > len(other):
        word, other = other, word
    if word == other or len(other) - len(word) > 1:
        return False
    start = 0
    while start < len(word) and word[start] == other[start]:
        start += 1
    if len(word) < len(other):
        return word[start:] == other[start + 1 :]
    swapped = word[:start] + word[start : start + 2][::-1] + word[start + 2 :]
    return word[start + 1 :] == other[start + 1 :] or swapped == other


def slips(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are one slip away from `word`, whatever the case; several are an ambiguity."""
    return [name for name in known if one_slip_apart(word.casefold(), name.casefold())]


def cut_short(word: str) -> str:
    """A pattern for a word that is whole or cut short to three letters or more: Monday, Mon, Mond."""
    rest = "|".join(re.escape(word[3:end]) for end in range(len(word), 3, -1))
    return f"{re.escape(word[:3])}(?:{rest})?"
