"""Words of a text that is not taken apart which look like names, and which no table has: told to the maintainer, never chosen.

In English a run of capitalised words or an abbreviation, in Japanese a word that ends as names of governments do. What a
known name covers is none, nor is the one capitalised word that begins a sentence, nor a headline written in capitals.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kg.extract.mentions import LONGER
from kg.messages import nearest
from kg.model import Problem, Record

_PASSAGES = ("item", "prose")
"""the passages of a record that are searched for names"""
_WORD = r"[A-ZÀ-ÖØ-Þ][\wÀ-ÿ]*(?:[’'&-][\wÀ-ÿ]+)*"
_RUN = re.compile(rf"(?<![\w-]){_WORD}(?:[ \u00a0](?:(?:of|de|upon)[ \u00a0])?{_WORD})*(?<!’s)")
_POSSESSIVE = re.compile(r"[’']s?$")
_JAPANESE = re.compile(r"(?:[ァ-ヴー]{2,}|(?<![一-鿿々])[一-鿿々]{1,6}?)(?:市|町|村|県|州|省)(?![一-鿿々])")
_NO_NAME = re.compile(r"(?:都|各|両|全|同|本|当|他|県|\d)市|[市区各両同本当]?町村?|各?[州県省村]|(?:同|当|本|各|両)[町村州県省]|.*(?:都市|市町村|全国|各地).*")
_ORDINARY = frozenset(
    "a about after all also although among an and as at before both but by city country department during each every following for from "
    "government governments he her his how i if in including into it its japan japanese last local many mayor most mr mrs ms new next no "
    "not now of on one our over per prefecture president professor prof dr recruitment several she since so some speakers such than that "
    "the their then there these they this those three through to today town two under until up was we were what when where which while "
    "who why will with within you your".split()
)
"""words that begin sentences and titles of people, in lower case: alone they are no name"""
_CALENDAR = frozenset(word for names in (calendar.month_name, calendar.day_name, calendar.month_abbr, calendar.day_abbr) for word in names if word)
_BODY = re.compile(r"(?:Association|Council|Agency|University|Centre|Center|Network|Committee|Institute|Authority|Foundation|Society|Union|Embassy|Ministry|Office|Board|Partnership|Commission|Federation)\b|[A-Z]{2,}$")
_GOVERNMENT = re.compile(r"\b(?:City|Town|Village|Ward|Prefecture|Province|County|Borough)$|^(?:City|Town|Prefecture|Province|County) of\b|\b(?:City|Town|County|Borough|District) Council$|[市町村県州省]$")
"""what only a government is called"""
_LONGER = re.compile(rf"[一-鿿々ァ-ヴー・]{{2,20}}{LONGER}")
_CLOSE = 0.8


def unknown_names(
    text: str, records: Iterable[Record], offered: Mapping[str, Sequence[str]], known: Iterable[str]
) -> list[Problem]:
    """A problem for each such name of a page, each once, in the order of the page; nearest: what bears it or nearly so.

    `offered`: names that a reference has and the lookups lack, with keys; `known`: the names of the lookups.
    """
    found: dict[str, Problem] = {}
    names = [*dict.fromkeys(known)]
    for record in records:
        for start, end in [record.passages[name].chars for name in _PASSAGES if name in record.passages]:
            covered = [place.chars for name, place in record.passages.items() if name.startswith("mention-")]
            for at, name in _candidates(text, start, end, covered, _headline(text, record)):
                line = text.count("\n", 0, at) + 1
                near = ", ".join(offered.get(name, ())) or nearest(name, names, _CLOSE)
                values = {"name": name, "candidates": near, "table": _table(name, near)}
                found.setdefault(name, Problem("name-unknown", f"{record.document}:{line}", values, "info"))
    return list(found.values())


def _table(name: str, near: str) -> str:
    """The tables that a name may belong to; a person or an event has none."""
    if _GOVERNMENT.search(name) or near.startswith("lg/"):
        return "local-governments"
    return "organisations" if _BODY.search(name) else "local-governments, places, organisations"


def _headline(text: str, record: Record) -> tuple[int, int]:
    """The title of a record where most of its words have capitals, so that they tell nothing."""
    if "title" not in record.passages:
        return (0, 0)
    start, end = record.passages["title"].chars
    words = [word for word in re.findall(r"[^\W\d_][\w’'-]*", text[start:end]) if len(word) > 3]
    return (start, end) if words and sum(word[0].isupper() for word in words) * 3 > len(words) * 2 else (0, 0)


def _candidates(
    text: str, start: int, end: int, covered: Sequence[tuple[int, int]], headline: tuple[int, int]
) -> Iterator[tuple[int, str]]:
    """Where each possible name begins, and the name."""
    part = text[start:end]
    for match in _RUN.finditer(part):
        at = start + match.start()
        words = re.split(r"[ \u00a0]", match[0])
        begins = re.search(r"(?:^|[.!?:…]\s+|\n\s*|[\[(‘“\"'])$", part[: match.start()]) is not None
        while begins and len(words) > 1 and words[0].casefold() in _ORDINARY:
            at += len(words.pop(0)) + 1
        words[-1:] = [_POSSESSIVE.sub("", words[-1])]
        name = " ".join(words)
        abbreviation = len(name) > 1 and name.isupper()
        alone = len(words) == 1 and (begins or name.casefold() in _ORDINARY) and not abbreviation
        if len(name) < 2 or name in _CALENDAR or alone or _all_covered(name, at, covered, begins):
            continue
        if not headline[0] <= at < headline[1] or abbreviation:
            yield at, name
    for match in sorted([*_JAPANESE.finditer(part), *_LONGER.finditer(part)], key=lambda found: found.start()):
        at = start + match.start()
        if not _NO_NAME.fullmatch(match[0]) and not _all_covered(match[0], at, covered, False):
            yield at, match[0]


def _all_covered(name: str, at: int, covered: Sequence[tuple[int, int]], begins: bool) -> bool:
    """Whether known names cover a name that begins at `at`, but for words that are no name; nor is one that begins a sentence."""
    rest = "".join("\0" if any(first <= at + i < last for first, last in covered) else c for i, c in enumerate(name))
    left = [word for word in re.split(r"[\s\0]+", rest) if word]
    left = left[1:] if begins and left and name.startswith(left[0]) else left
    return all(word.casefold() in _ORDINARY for word in left)
