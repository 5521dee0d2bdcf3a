"""The words of pages and of HTTP errors: `messages.toml`, in Japanese and English; and the reader's language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files

from kg.messages import catalogue as kg_catalogue

LANGUAGES = ("en", "ja")


@cache
def catalogue() -> dict[str, dict[str, dict[str, str]]]:
    """Tables of words by section (`page`, `script`, `error`, `mark`), each by key, each by language."""
    return tomllib.loads((files("endpoint") / "messages.toml").read_text(encoding="utf-8"))


def word(section: str, key: str, language: str, **values: object) -> str:
    """One text with its values filled in; a key without an entry is a fault of the program."""
    return catalogue()[section][key][language].format_map(values)


def known(section: str, key: str) -> bool:
    return key in catalogue()[section]


def error_text(code: str, values: Mapping[str, object], language: str) -> str:
    """The sentence for an error code: the endpoint's own, else that of the pipeline; `-alone` where nothing is near."""
    own = catalogue()["error"]
    alone = own.get(f"{code}-alone") if values.get("nearest") == "-" else None
    table = alone or own.get(code) or kg_catalogue()[code]
    return table[language].format_map({key: str(value) for key, value in values.items()})


@lru_cache(1024)
def choose_language(asked: str | None, accept_language: str | None) -> str:
    """`?lang=` if it names a language that we have, else the best of Accept-Language, else English."""
    if asked in LANGUAGES:
        return asked
    best, chosen = 0.0, LANGUAGES[0]
    for part in (accept_language or "").split(",")[:50]:
        tag, _, parameter = part.strip().lower().partition(";")
        language = tag.strip().split("-")[0]
        name, _, value = parameter.strip().partition("=")
        text = value.strip() if name.strip() == "q" else "1"
        quality = float(text) if text.replace(".", "", 1).isdigit() and text.isascii() else 0.0
        if language in LANGUAGES and quality > best:
            best, chosen = quality, language
    return chosen
