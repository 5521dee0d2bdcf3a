"""The words that a user of the command line meets: `messages.toml`, one table a code, each with `en` and `ja`."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "ja")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All messages by code; read once, from the package."""
    return tomllib.loads((files("kg") / "messages.toml").read_text(encoding="utf-8"))


def render(code: str, values: Mapping[str, object], language: str) -> str:
    """The message of `code` with its `values` filled in. A code without an entry is a fault of the program.

    Where nothing is near, the words that would name it are left out.
    """
    words = catalogue()[code][language]
    for name in ("nearest", "candidates"):
        if str(values.get(name) or "-") == "-":
            words = re.sub(rf"(?:; nearest[^:;]*: |。近い[^:。]*: )\{{{name}\}}", "", words)
    return words.format_map({k: str(v) for k, v in values.items()})


def nearest(word: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """The known words closest in spelling to `word`, for a message; "-" where none is close."""
    return ", ".join(difflib.get_close_matches(word, list(known), n=3, cutoff=cutoff)) or "-"
