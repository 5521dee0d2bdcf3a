"""Finding things by any name, reading, former name, code or item: an index in memory, made from one release.

SQLite FTS5 holds, for each thing, the keys of all its texts: Latin words as `kg.forms` compares them, Japanese as single
characters and pairs (most names of towns have two), kana as Hepburn too. What it finds is ranked by the best text of the
thing: the whole of it, its beginning, a part of it, a word one slip away.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product

from kg import codes
from kg.forms import kanji, latin
from kg.letters import one_slip_apart
from kg.romaji import hepburn, hiragana, is_kana

LONGEST = 200
"""characters of what is asked; the rest is not read"""
_MOST_WORDS = 8
_MOST = 400
"""candidates that are ranked"""
_MOST_MENDED = 20
"""ways to mend what was asked that are tried"""
_SLIP = 4
"""letters that a word must have to be taken for another one"""
_WORD = re.compile(r"[a-zà-ɏ0-9]+|[^\W_a-zà-ɏ0-9]+")
_ADDRESS = re.compile(r"^https?://\S+[/#]([^/#\s]+)/?$")
_CREATE = "CREATE VIRTUAL TABLE texts USING fts5(keys, tokenize = \"unicode61 remove_diacritics 0\", prefix = '2 3')"
_INSERT = "INSERT INTO texts (rowid, keys) VALUES (?, ?)"
_FIND = "SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank, rowid LIMIT ?"


@dataclass(frozen=True)
class Entry:
    """One text of a thing; a lower `rank` is a better one (1 for its name)."""

    thing: str
    rank: int
    text: str


@dataclass(frozen=True)
class Hit:
    """A thing that was found by `text`. `how`: 0 the whole text, 1 its beginning, 2 a part, 3 after a slip was mended."""

    thing: str
    text: str
    how: int


@dataclass(frozen=True)
class _Word:
    """A word as it is compared: in Latin letters and digits, or in Japanese."""

    key: str
    japanese: bool


class Index:
    """The texts of one release. Safe to be asked from several threads."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._texts: dict[str, list[tuple[str, int, str]]] = {}
        for entry in sorted(set(entries), key=lambda e: (e.thing, e.rank, e.text)):
            self._texts.setdefault(entry.thing, []).append((_whole(entry.text), entry.rank, entry.text))
        self._things = list(self._texts)
        self._lock = threading.Lock()
        self._known: dict[int, set[str]] = {}
        self._engine = sqlite3.connect(":memory:", check_same_thread=False)
        self._engine.execute(_CREATE)
        self._engine.executemany(_INSERT, ((at, " ".join(self._keys(thing))) for at, thing in enumerate(self._things)))

    def _keys(self, thing: str) -> list[str]:
        keys = sorted({key for _, _, text in self._texts[thing] for key in _keys(text)})
        for key in keys:
            if key.isascii() and len(key) >= _SLIP:
                self._known.setdefault(len(key), set()).add(key)
        return keys

    def find(self, asked: str) -> list[Hit]:
        """The things that all words of `asked` lead to, the best first; with a slip mended where none is found as it is."""
        asked = asked[:LONGEST].strip()
        address = _ADDRESS.match(asked)
        asked = address[1] if address else asked
        for how, choices in enumerate((asked, *_as_codes(asked))):
            words = list(_words(choices))[:_MOST_WORDS]
            found = self._ranked(words, choices, 0 if not how else 3) if words else []
            if found:
                return found
        return self._mended(list(_words(asked))[:_MOST_WORDS])

    def _ranked(self, words: list[_Word], asked: str, worst: int) -> list[Hit]:
        whole = _whole(asked)
        found = []
        for thing in self._candidates(words):
            best = min((self._fit(whole, words, *text) for text in self._texts[thing]), default=None)
            if best is not None and all(self._holds(thing, word) for word in words):
                how, rank, _, text = best
                found.append(((how, rank, len(text), text, thing), Hit(thing, text, max(how, worst))))
        return [hit for _, hit in sorted(found, key=lambda pair: pair[0])]

    def _candidates(self, words: list[_Word]) -> list[str]:
        match = " AND ".join(_match(word) for word in words)
        with self._lock:
            return [self._things[at] for (at,) in self._engine.execute(_FIND, (match, _MOST))]

    def _fit(self, whole: str, words: list[_Word], form: str, rank: int, text: str) -> tuple[int, int, int, str]:
        """How well one text answers, for sorting."""
        if form == whole:
            return 0, rank, len(text), text
        if form.startswith(whole):
            return 1, rank, len(text), text
        missing = sum(not _contains(form, text, word) for word in words)
        return 2, rank + 10 * missing, len(text), text

    def _holds(self, thing: str, word: _Word) -> bool:
        """Pairs of characters may come from several texts: the word itself must stand in one."""
        return not word.japanese or any(_contains(form, text, word) for form, _, text in self._texts[thing])

    def _mended(self, words: list[_Word]) -> list[Hit]:
        """What is found when each word that nothing is called by is taken for a known one, one slip away."""
        choices: list[list[_Word]] = []
        for word in words:
            is_known = bool(self._candidates([word]))
            choices.append([word] if is_known else [_Word(near, False) for near in self._near(word)])
        if not all(choices) or not words:
            return self._one_sign_off(words)
        found: dict[str, Hit] = {}
        for meant in islice(product(*choices), _MOST_MENDED):
            for hit in self._ranked(list(meant), " ".join(word.key for word in meant), 3):
                found.setdefault(hit.thing, hit)
        return list(found.values())

    def _near(self, word: _Word) -> list[str]:
        key = latin(hepburn(word.key)) if is_kana(word.key) else word.key
        if len(key) < _SLIP or not key.isascii():
            return []
        same = [key] if key in self._known.get(len(key), ()) else []
        lengths = range(len(key) - 1, len(key) + 2)
        return same or sorted(known for n in lengths for known in self._known.get(n, ()) if one_slip_apart(key, known))[:20]

    def _one_sign_off(self, words: list[_Word]) -> list[Hit]:
        """A Japanese name of three signs or more with one of them wrong."""
        if len(words) != 1 or not words[0].japanese or len(words[0].key) < 3:
            return []
        asked = words[0].key
        with self._lock:
            match = " OR ".join(f'"{pair}"' for pair in (*_pairs(asked), *asked))
            things = [self._things[at] for (at,) in self._engine.execute(_FIND, (match, _MOST))]
        found = [(rank, text, thing) for thing in things for form, rank, text in self._texts[thing] if one_slip_apart(asked, form)]
        first = {thing: text for _, text, thing in sorted(found, reverse=True)}
        return [Hit(thing, first[thing], 3) for thing in dict.fromkeys(thing for _, _, thing in sorted(found))]


def _words(text: str) -> Iterator[_Word]:
    """The words of a text as they are compared: `Ōtsu` and `otsu` are one, `濱松` and `浜松`, `ハマ` and `はま`."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("’", "")
    for word in _WORD.findall(plain):
        if word[0].isascii() or "à" <= word[0] <= "ɏ":
            yield _Word(word if word.isdigit() or re.match(r"q\d+$", word) else latin(word) or word, False)
        else:
            yield _Word(hiragana(kanji(word)), True)


def _whole(text: str) -> str:
    return " ".join(word.key for word in _words(text))


def _pairs(key: str) -> list[str]:
    return [key[at : at + 2] for at in range(len(key) - 1)] or [key]


def _keys(text: str) -> Iterator[str]:
    joined = ""
    for word in _words(text):
        if not word.japanese:
            joined += word.key
            yield word.key
            continue
        yield from word.key
        yield from _pairs(word.key)
        if is_kana(word.key):
            yield latin(hepburn(word.key))
    if joined:
        yield joined


def _match(word: _Word) -> str:
    """The expression for one word in the language of FTS5; a key holds letters and digits only."""
    if word.japanese:
        return "(" + " AND ".join(f'"{pair}"' for pair in _pairs(word.key)) + ")"
    return f'"{word.key}"*'


def _contains(form: str, text: str, word: _Word) -> bool:
    if word.japanese:
        return word.key in form
    return any(part.startswith(word.key) for part in _keys(text))


def _as_codes(asked: str) -> list[str]:
    """The codes that digits may stand for when a zero was lost or the check digit is wrong."""
    digits = unicodedata.normalize("NFKC", asked)
    return [code for code, _ in codes.readings(digits)] if digits.isascii() and digits.isdigit() else []
