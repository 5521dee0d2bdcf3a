"""Which of several texts a reader is given: one chain for pages, lists, search and the command line.

A reader of Japanese is given Japanese, else English, else what there is; a reader of English the other way about. A
reading in kana or Latin letters (`ja-hrkt`, `ja-latn`) is never taken for a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LANGUAGES = ("ja", "en")
"""the languages in which everything has a name, in the order in which they stand in for another one"""
_READING = re.compile(r"-(hrkt|hira|kana|latn)(-|$)")
_KANA = re.compile(r"-(hrkt|hira|kana)(-|$)")


def is_reading(tag: str | None) -> bool:
    """Whether a tag (RFC 5646, lower case) says that a text is written as it sounds: `ja-hrkt`, `ja-latn`."""
    return bool(_READING.search(tag or ""))


def is_kana_reading(tag: str | None) -> bool:
    return bool(_KANA.search(tag or ""))


def chain(language: str) -> tuple[str, ...]:
    """The languages to look for a text in, the best first."""
    return (language, *(other for other in LANGUAGES if other != language))


def best(texts: Iterable[tuple[str | None, str]], language: str) -> str | None:
    """The text for a reader of `language` among (tag, text); of texts with one tag the first; None for no name.

    After the languages of the chain come texts without a tag, then other languages. A text for a region of a language
    stands in for the language: `en-gb` for `en`.
    """
    wanted = chain(language)

    def rank(given: tuple[str, str]) -> tuple[int, bool, str]:
        tag = given[0]
        primary = tag.split("-")[0]
        place = wanted.index(primary) if primary in wanted else len(wanted) + bool(tag)
        return (place, tag != primary, tag)

    known = [((tag or "").lower(), text) for tag, text in texts]
    names = [given for given in known if not is_reading(given[0])]
    return min(names, key=rank)[1] if names else None
