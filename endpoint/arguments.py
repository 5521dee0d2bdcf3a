"""Arguments of an address, checked: a value that means nothing is refused and never silently replaced."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from endpoint.errors import VisitorError
from kg.messages import nearest

_LONGEST = 9
"""digits of a number that is read"""


def number(name: str, default: int = 1, most: int = 10**_LONGEST - 1) -> int:
    """A whole number from 1 to `most`; VisitorError `argument-bad` for anything else."""
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST and 1 <= int(text) <= most):
        raise VisitorError("argument-bad", name=name, found=text[:80], expected=f"1 … {most}", nearest="-")
    return int(text)


def one_of(name: str, choices: Sequence[str], default: str) -> str:
    text = request.args.get(name)
    if text is None:
        return default
    if text not in choices:
        raise refused(name, text, choices)
    return text


def refused(name: str, text: str, choices: Sequence[str]) -> VisitorError:
    """What to say about a value that is none of the choices: a few of them, and the nearest."""
    shown = ", ".join(choices[:6]) + (" …" if len(choices) > 6 else "")
    return VisitorError("argument-bad", name=name, found=text[:80], expected=shown, nearest=nearest(text[:80], choices))
