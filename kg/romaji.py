"""Kana to Latin letters: Hepburn without macrons, and the other ways in which a Japanese name is romanised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_VOWELS = "aiueo"
_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}  # fmt: skip
_SINGLE = {
    **{kana: consonant + vowel for consonant, row in _ROWS.items() for kana, vowel in zip(row, _VOWELS, strict=True)},
    "や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ん": "n", "ゔ": "vu",
    "し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu",
    "ゕ": "ka", "ゖ": "ke", "ゎ": "wa", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o",
}  # fmt: skip
_SMALL = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_KUNREI = (("shi", "si"), ("sh", "sy"), ("chi", "ti"), ("ch", "ty"), ("tsu", "tu"), ("fu", "hu"), ("ji", "zi"), ("j", "zy"))
_LONG = re.compile(r"ou|oo|uu")
_KATAKANA = {chr(code): chr(code - 0x60) for code in range(0x30A1, 0x30F7)}


def hiragana(text: str) -> str:
    """Katakana, also of half width, as hiragana; everything else as it is."""
    return "".join(_KATAKANA.get(c, c) for c in unicodedata.normalize("NFKC", text))


def is_kana(text: str) -> bool:
    """Whether the whole text is written in kana."""
    return bool(text) and all("ぁ" <= c <= "ゖ" or c in "ー・ " for c in hiragana(text))


def syllables(kana: str) -> Iterator[str]:
    """Hepburn syllables, long vowels as they are spelled: `おおさか` gives o o sa ka; ValueError for what is no kana."""
    text = re.sub(r"[ ・]", "", hiragana(kana))
    doubled = False
    for at, letter in enumerate(text):
        following = text[at + 1] if at + 1 < len(text) else ""
        if letter in _SMALL:
            continue
        if letter == "っ":
            doubled = True
            continue
        if letter == "ー":
            continue
        if letter not in _SINGLE:
            raise ValueError(kana)
        latin = _SINGLE[letter]
        if following in _SMALL:
            stem = latin[:-1]
            latin = stem + ("" if latin in ("shi", "chi", "ji") else "y") + _SMALL[following]
        yield ("t" if latin.startswith("ch") else latin[0]) + latin if doubled else latin
        doubled = False


def spelled(kana: str) -> str:
    """Hepburn with every vowel written: `とうきょう` is toukyou."""
    return "".join(syllables(kana))


def hepburn(kana: str) -> str:
    """Hepburn without macrons, as maps and signs have it: `とうきょう` is tokyo."""
    return shortened(spelled(kana))


def shortened(latin: str) -> str:
    """Long o and u written once: toukyou is tokyo."""
    return _LONG.sub(lambda m: m[0][0], latin)


def kunrei(latin: str) -> str:
    """Hepburn letters as Kunrei ones: shi is si, fu is hu."""
    for old, new in _KUNREI:
        latin = latin.replace(old, new)
    return latin


def plain(text: str) -> str:
    """Latin letters and digits only, lower case, without accents, macrons, hyphens or blanks: a key for comparing."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "", bare.casefold())
