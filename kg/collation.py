"""The order of names in a list: Japanese by reading, as a dictionary has it; others by their letters."""

from __future__ import annotations

import unicodedata

from kg.romaji import hiragana

_LARGE = str.maketrans("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ")
_VOWELS = {vowel: row for vowel, row in zip("あいうえお", (
    "あかさたなはまやらわがざだばぱ", "いきしちにひみりゐぎじぢびぴ", "うくすつぬふむゆるぐずづぶぷ",
    "えけせてねへめれゑげぜでべぺ", "おこそとのほもよろをごぞどぼぽ",
), strict=True)}  # fmt: skip
_VOWEL_OF = {kana: vowel for vowel, row in _VOWELS.items() for kana in row}
_VOICED = {0x3099, 0x309A}


def by_reading(kana: str) -> tuple[str, str]:
    """A key for kana in the order of JIS X 4061: first without voicing, small letters and long marks, then with them."""
    text = "".join(c for c in hiragana(kana) if c not in " ・")
    large = text.translate(_LARGE)
    plain = ""
    for letter in unicodedata.normalize("NFD", large):
        if letter == "ー" and plain:
            plain += _VOWEL_OF.get(plain[-1], "")
        elif ord(letter) not in _VOICED:
            plain += letter
    return plain, text


def by_letters(name: str) -> tuple[str, str]:
    """A key for a name in Latin letters: without accents and case first."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return bare.casefold(), name
