"""Forms of a place name that stand for the same: keys under which names are compared.

Kanji are compared after NFKC and without differences of old and new forms; kana as hiragana; Latin letters without
macrons, long vowels, hyphens and the differences of Hepburn and Kunrei. The word for the kind (市, -shi, City) is taken
off and kept apart: where both sides have one, they must agree.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from kg.romaji import hepburn, hiragana, is_kana, kunrei, plain, shortened

_KANJI = str.maketrans(
    "龍澤濱邊邉櫻嶋嶌髙﨑齋齊斎廣國縣檮壽惠榮ヶヵがケガカ之のノ瀧鰺檜籠淵嶽條豐與豫靜德總會圓戶鹽曾狹黑禮讚礪巖彥穗來藏釋峽",
    "竜沢浜辺辺桜島島高崎斉斉斉広国県梼寿恵栄ヶヶヶヶヶヶ之之之滝鯵桧篭渕岳条豊与予静徳総会円戸塩曽狭黒礼讃砺巌彦穂来蔵釈峡",
)
_KINDS = {
    "ja": {"市": "city", "区": "ward", "町": "town", "村": "village", "県": "prefecture", "府": "prefecture", "都": "prefecture"},
    "kana": {
        "し": "city", "く": "ward", "ちょう": "town", "まち": "town", "むら": "village", "そん": "village",
        "けん": "prefecture", "ふ": "prefecture", "と": "prefecture",
    },
    "latin": {
        "city": "city", "shi": "city", "si": "city", "ward": "ward", "ku": "ward", "town": "town", "cho": "town",
        "tyo": "town", "machi": "town", "mati": "town", "village": "village", "mura": "village", "son": "village",
        "prefecture": "prefecture", "metropolis": "prefecture", "ken": "prefecture", "fu": "prefecture", "hu": "prefecture",
        "to": "prefecture",
    },
}  # fmt: skip
"""words for a kind by writing; 道 is not one of them: 北海 alone is no name"""
OF_KIND = {"designated-city": "city", "special-ward": "ward"}
"""kinds of the vocabulary that share their word with another"""
_LATIN = re.compile(r"[A-Za-zÀ-ž]")


@dataclass(frozen=True)
class Form:
    """A name in one writing: what is compared, and the kind that it says, "" for none."""

    writing: str
    stem: str
    kind: str


def writing_of(text: str) -> str:
    """`kana`, `latin` or `ja`."""
    if is_kana(text):
        return "kana"
    return "latin" if _LATIN.search(unicodedata.normalize("NFKC", text)) else "ja"


def forms(text: str) -> list[Form]:
    """The ways to read a name: whole, and without its word for the kind."""
    text = unicodedata.normalize("NFKC", text).strip()
    writing = writing_of(text)
    if writing == "latin":
        return _latin(text)
    whole = hiragana(text).replace(" ", "") if writing == "kana" else kanji(text)
    found = [Form(writing, whole, "")]
    for word, kind in sorted(_KINDS[writing].items(), key=lambda item: -len(item[0])):
        if whole.endswith(word) and len(whole) > len(word):
            found.append(Form(writing, whole.removesuffix(word), kind))
            break
    return found


def in_every_writing(text: str) -> list[Form]:
    """The forms of a name that is known, a reading in Latin letters too."""
    found = forms(text)
    readings = [Form("latin", latin(hepburn(form.stem)), form.kind) for form in found if form.writing == "kana" and form.stem]
    return [*found, *readings]


def kanji(text: str) -> str:
    """Without blanks and without differences of form that a name may have: 龍 is 竜, ケ and が are ヶ."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_KANJI)


def _latin(text: str) -> list[Form]:
    words = [word for word in re.split(r"[\s,()./-]+", text.replace("'", "")) if word]
    found = [Form("latin", latin("".join(words)), "")]
    if len(words) > 1:
        kind = _KINDS["latin"].get(plain(words[-1]))
        if kind:
            found.append(Form("latin", latin("".join(words[:-1])), kind))
        return found
    for word, kind in _KINDS["latin"].items():
        if plain(text).endswith(word) and len(plain(text)) > len(word) + 2 and not word.endswith(("y", "n", "e")):
            found.append(Form("latin", latin(plain(text).removesuffix(word)), kind))
    return found


def latin(text: str) -> str:
    """One key for Hepburn with and without macrons, with long vowels spelled, and Kunrei: Ōtsu, Ohtsu, Ootu are otu."""
    key = re.sub(r"oh(?![aiueoy])", "o", plain(text))
    key = re.sub(r"m(?=[bmp])", "n", kunrei(key))
    return shortened(shortened(key))


def district_off(text: str) -> str:
    """A former name without its district: `東浅井郡湖北町` is 湖北町; a name that begins with 郡 keeps it."""
    return re.sub(r"^.+?郡(?=.*[町村]$)", "", text)
