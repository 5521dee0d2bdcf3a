"""Names compared for linking: which are the same, under which reading, and how alike the others are.

Names of Japan go through the readings of `kg.forms` (kanji forms, kana, every romanisation); names of other countries
are compared without accents, hyphens and the word for their kind. Words for kinds stand in
`mappings/reference/kind-words.csv`. Likeness is measured by rapidfuzz.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import fuzz, process

from kg import forms
from kg.romaji import plain

JAPAN = "jp"
_SAINT = re.compile(r"\b(?:saint|sankt|sint|st\.)(?=\s)", re.IGNORECASE)
_ON_A_RIVER = re.compile(r"\s(?:am|an der|an|im|ob der|upon|on|sur|sul|sull|nad|aan|aan de|över|ved)[\s-].+$|-(?:sur|upon|on)-.+$", re.I)
"""what some names add to say at which river or lake they are"""
_OUTSIDE = re.compile(r"\s*[(（].*?[)）]|[,、].*$")
_OF_JAPAN = {"city": "place/city", "ward": "place/ward", "town": "place/town", "village": "place/village",
             "prefecture": "first-level"}  # fmt: skip


_DIGITS = re.compile(r"[0-9]+")
_SOUNDS = tuple(
    (re.compile(old), new)
    for old, new in (
        ("dsch|dj", "j"), ("tsch|tch", "c"), ("sch|sh|zh", "s"), ("ch|kh", "h"), ("ph", "f"), ("th", "t"), ("c(?=[eiy])|tz|ts|z", "s"),
        ("c|q|ck", "k"), ("w|ou(?=[aeiou])", "v"), ("[jy]", "i"), (r"(.)\1", r"\1"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Key:
    """A name as it is compared: writing, what is left without the word for the kind, and that kind ("" for none)."""

    writing: str
    stem: str
    kind: str
    sure: bool = True
    """False where the word for the kind is not set apart: Kyoto need not be 'Kyo, a prefecture'"""

    @property
    def said(self) -> bool:
        """Whether the name says a kind."""
        return self.sure and bool(self.kind)


@dataclass(frozen=True)
class KindWords:
    """Words for kinds, the longest first, by where they stand: `before` ("City of"), `after` ("City")."""

    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, str]]) -> KindWords:
        found: dict[str, list[tuple[str, str]]] = {"before": [], "after": []}
        for row in rows:
            found[row["position"]].append((row["word"].casefold(), row["kind"]))
        ordered = {place: tuple(sorted(words, key=lambda pair: -len(pair[0]))) for place, words in found.items()}
        return cls(ordered["before"], ordered["after"])


@dataclass
class Reader:
    """Keys of names by country; each name is read once."""

    words: KindWords
    _known: dict[tuple[str, str], tuple[Key, ...]] = field(default_factory=dict)

    def keys(self, name: str, country: str) -> tuple[Key, ...]:
        """Every way to read a name: whole first, then without its word for the kind; a reading in Latin letters too."""
        of_japan = country == JAPAN
        known = self._known.get((name, JAPAN if of_japan else ""))
        if known is None:
            text = _OUTSIDE.sub("", unicodedata.normalize("NFKC", name)).strip() or name
            known = tuple(_japanese(text) if of_japan else self._foreign(text))
            self._known[name, JAPAN if of_japan else ""] = known
        return known

    def _foreign(self, text: str) -> list[Key]:
        writing = forms.writing_of(text)
        found = [Key(writing, _stem(text, writing), "")]
        if writing == "latin" and (bare := _ON_A_RIVER.sub("", text)) != text:
            found.append(Key(writing, _stem(bare, writing), ""))
        low = text.casefold()
        for word, kind in self.words.before:
            if low.startswith(f"{word} "):
                return [*found, Key(writing, _stem(text[len(word) :], writing), kind)]
        for word, kind in self.words.after:
            rest = low.removesuffix(word)
            apart = writing != "latin" or rest.endswith((" ", "-"))
            if rest != low and apart and len(rest.strip(" -")) > 1:
                return [*found, Key(writing, _stem(rest, writing), kind)]
        return found


def _japanese(text: str) -> list[Key]:
    text = forms.district_off(text)
    sure = forms.writing_of(text) != "latin" or bool(re.search(r"[\s-]", text))
    read = [Key(form.writing, form.stem, _OF_JAPAN.get(form.kind, ""), sure) for form in forms.in_every_writing(text)]
    return list(dict.fromkeys(key for key in read if key.stem))


def _stem(text: str, writing: str) -> str:
    if writing == "latin":
        return plain(_SAINT.sub("st", text))
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def qualifier(name: str) -> str:
    """What stands with a name to say where it is: `Portland, Oregon` gives Oregon; "" for nothing."""
    text = unicodedata.normalize("NFKC", name)
    match = re.search(r"\((.+?)\)|,\s*(.+)$", text)
    return (match[1] or match[2]).strip() if match else ""


@lru_cache(maxsize=100_000)
def tidy(name: str) -> str:
    """For the question whether two names are the same word by word: NFKC, no accents, no blanks, lower case."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    return "".join(c for c in text if not unicodedata.combining(c) and c.isalnum())


def likeness(one: Sequence[str], others: Sequence[str]) -> float:
    """How alike the likest two of the stems are, 0 to 1 (rapidfuzz `ratio` of the sounds that they are spelled for).

    Numbers are not alike: Quesnel is not Quesnel 1.
    """
    pairs = ((a, b) for a in one for b in others if _DIGITS.findall(a) == _DIGITS.findall(b))
    return max((fuzz.ratio(sound(a), sound(b)) for a, b in pairs), default=0.0) / 100


@lru_cache(maxsize=200_000)
def sound(stem: str) -> str:
    """One spelling for what English, German and French write differently: Wladiwostok and Vladivostok are vladivostok.

    Only to compare two stems: what stands here is no name.
    """
    for old, new in _SOUNDS:
        stem = old.sub(new, stem)
    return stem


def nearest(stem: str, stems: Iterable[str], least: float, limit: int = 8) -> list[str]:
    """The stems most like one, at least `least` (0 to 1) alike, the most like first."""
    found = process.extract(sound(stem), stems, processor=None, scorer=fuzz.ratio, score_cutoff=least * 100, limit=limit)
    return [other for other, _, _ in found]
