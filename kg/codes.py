"""Codes of Japanese local governments: five digits (standard area code) and six (the same with a check digit)."""

from __future__ import annotations

import re

_WEIGHTS = (6, 5, 4, 3, 2)
_DIGITS = re.compile(r"[0-9]+$")


def check_digit(code5: str) -> str:
    """The sixth digit of a local public entity code: the weighted sum modulo 11, taken from 11; of 10 and 11 the last digit.

    The sum of 01101 is 11, so 11 - 0 = 11 gives 1: 011011.
    """
    total = sum(int(digit) * weight for digit, weight in zip(code5, _WEIGHTS, strict=True))
    return str((11 - total % 11) % 10)


def is_code5(text: str) -> bool:
    return bool(_DIGITS.match(text)) and len(text) == 5 and 1 <= int(text[:2]) <= 47


def is_code6(text: str) -> bool:
    """Six digits, the last of which is the check digit of the others."""
    return bool(_DIGITS.match(text)) and len(text) == 6 and is_code5(text[:5]) and text[5] == check_digit(text[:5])


def readings(text: str) -> list[tuple[str, str]]:
    """What a string of digits can mean: five-digit codes, each with a remark ("" or the code of a message).

    A spreadsheet drops the zero in front, so five digits can be a code of five or one of six that lost its zero.
    """
    if not _DIGITS.match(text):
        return []
    found = []
    if is_code5(text):
        found.append((text, ""))
    if is_code6(text):
        found.append((text[:5], ""))
    elif len(text) == 6 and is_code5(text[:5]):
        found.append((text[:5], "resolve-check-digit"))
    padded = f"0{text}"
    if len(text) == 4 and is_code5(padded):
        found.append((padded, "resolve-lost-zero"))
    if len(text) == 5 and is_code6(padded):
        found.append((padded[:5], "resolve-lost-zero"))
    return found
