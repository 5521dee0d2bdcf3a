"""Fields that name parties: governments, networks, organisations, countries, in the many ways in which pages name them.

A separator between items is the profile's; a middot or a blank separates only where all that it would separate are
governments or countries, since it also joins the parts of one name. A country is glued to a name, or stands before
names as a label, or stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kg.letters import fold
from kg.normalise.names import Names, Unresolved

_KATAKANA = re.compile(r"[ァ-ヺー]")
_KATAKANA_WORD = re.compile(r"[ァ-ヺー]*")
_NO_START = re.compile(r"(?:シティ|地方)$|[ァィゥェォッャュョヮンー省州]|[都道府県市区町村郡](?![一-鿿々])")
"""what no name begins with: so what stands before it is no country (メキシコ市, インドール)"""
_EPITHET = re.compile(r"[^「」『』]*[「『][^「」『』]{1,30}[」』](?=[^\W\d_])")
"""words in quotation marks that a name follows at once"""
_LONGEST = 4000
"""code points; a longer line is no list of names"""
Target = tuple[str, str]
"""kind and slug: ("lg", "kr-busan"), ("country", "kr") ..."""


@dataclass(frozen=True)
class Party:
    """Something named in a field. `role`: party, observer, secretariat, member (of a body, in its bracket),
    listed (in a sentence), mentioned (in a note). `line`: the line of the field, from 1."""

    kind: str
    slug: str
    role: str
    line: int
    of: Target | None = None
    itinerary: bool = False


@dataclass(frozen=True)
class Fault:
    """What was not understood: a message code with its values, in a line of the field."""

    code: str
    values: dict[str, str]
    line: int


@dataclass
class Found:
    """All that a field names. `countries`: those named without a government; `names`: every form printed."""

    parties: list[Party] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    unplaced: list[tuple[int, str]] = field(default_factory=list)
    """countries of governments that no table has, each with the number of `countries` named before it"""
    names: list[tuple[str, str, str]] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


class PartyReader:
    """Reads fields of parties by a profile. `home`: the prefectures of the record's reporters."""

    def __init__(self, layout: Mapping[str, Any], names: Names, home: Iterable[str]) -> None:
        rules = layout["parties"]
        self.names, self.home = names, frozenset(home)
        separators = re.escape(rules["separators"] + rules["itinerary"])
        self.separators = re.compile(f"[{separators}]")
        self.leading = re.compile(rf"(?:[\s※・①-⑳{separators}]|\(\d+\))*")
        self.itinerary = rules["itinerary"]
        self.looks_like_government = re.compile(rules["government"])
        self.looks_like_body = re.compile(rules["organisation"])
        self.connectors = re.compile(rf"(?:{rules['connectors']})")
        self.more = re.compile(rf"(?:{rules['more']})+$")
        self.listing = re.compile(rules["listing"])
        self.letters = re.compile(rf"(?P<letters>[{''.join(names.letters)}]{{2,}}){rules['letters']}")
        self.roles = [(re.compile(entry["pattern"]), entry["role"]) for entry in rules["roles"]]
        self.unnamed = [(re.compile(rf"(?:{e['pattern']})$"), e["reason"]) for e in rules["unnamed"]]
        self.asides = [(re.compile(rf"(?:{e['pattern']})$"), e["reason"]) for e in rules["asides"]]

    def read(self, lines: Iterable[str]) -> Found:
        """What the printed lines of one field name, in their order."""
        found = Found()
        for number, text in enumerate(lines, start=1):
            line = _Line(self, found, number)
            if len(text) > _LONGEST:
                line.fault("text-unread", text=text)
            else:
                line.read(text)
        return found

    def item_end(self, folded: str, start: int) -> int:
        """Where the item ends that begins at `start`: at a separator outside of brackets."""
        depth = 0
        for index in range(start, len(folded)):
            character = folded[index]
            depth += (character == "(") - (character == ")" and depth > 0)
            if depth == 0 and self.separators.match(character):
                return index
        return len(folded)

    def reason(self, text: str, table: list[tuple[re.Pattern[str], str]]) -> str | None:
        return next((reason for pattern, reason in table if pattern.search(fold(text).strip())), None)


class _Line:
    """One line of a field being read: what it finds goes to `found`."""

    def __init__(self, reader: PartyReader, found: Found, number: int) -> None:
        self.r, self.found, self.number = reader, found, number
        self.names = reader.names
        self.label: str | None = None

    def read(self, text: str) -> None:
        folded = fold(text)
        for pattern, role in self.r.roles:
            if marked := pattern.match(folded):
                return self.items(text[marked.end() :], role)
        listing = self.r.listing.fullmatch(folded)
        if listing and self.names.country(listing["country"]):
            return self.listed(text, listing)
        if self.r.reason(text, self.r.unnamed) and not self.names.mentions(text):
            return self.group(text)
        self.items(text, "mentioned" if folded.startswith("※") else "party")

    def listed(self, text: str, listing: re.Match[str]) -> None:
        """ "Of Japan are A, B and C, 3 bodies": short names of first-level units."""
        country = self.names.country(listing["country"])
        self.found.names.append(("country", country, text[slice(*listing.span("country"))].lstrip("※")))
        names = [name for name in re.split(r"[、,・]", text[slice(*listing.span("names"))]) if name.strip()]
        for name in names:
            key = self.names.first_level(name, country) or self.names.government(name, country)
            if isinstance(key, Unresolved):
                self.unresolved(key)
            else:
                self.add("lg", key, name, "listed")
        if len(names) != int(listing["number"]):
            self.fault("listing-count", stated=listing["number"], counted=str(len(names)))

    def items(self, text: str, role: str, of: Target | None = None, country: str | None = None) -> None:
        """Every item of a text. `country`: the one whose bracket the text stands in."""
        folded, at = fold(text), 0
        itinerary = country is not None and self.r.itinerary in folded
        while (at := self.r.leading.match(folded, at).end()) < len(text):
            body = self.names.body_before(text[at:])
            if body and self.ends_name(folded[at + body[2] :]):
                kind, slug, length = body
                self.add(kind, slug, text[at : at + length], role, of)
                at = self.after_body(text, self.bracket((kind, slug), text, at + length))
                continue
            end = self.r.item_end(folded, at)
            self.item(text[at:end].strip(), role, of, country, itinerary)
            at = end

    def ends_name(self, rest: str) -> bool:
        """True where a name may end before `rest`."""
        patterns = (self.r.separators, self.r.connectors, self.r.more)
        return not rest or rest[0] in "( ・" or any(pattern.match(rest) for pattern in patterns)

    def after_body(self, text: str, at: int) -> int:
        """The position after blanks and a word such as "and" that follow a body."""
        blank = re.compile(r"\s*").match(text, at).end()
        connector = self.r.connectors.match(text, blank)
        return connector.end() if connector else blank

    def bracket(self, base: Target, text: str, at: int) -> int:
        """What stands in a bracket at `at`, after a body or a government; the position after the bracket."""
        folded = fold(text)
        if at >= len(text) or folded[at] != "(":
            return at
        end = _closing(folded, at)
        inner = text[at + 1 : end]
        marked = next((m for pattern, role in self.r.roles if (m := pattern.match(fold(inner)))), None)
        members = [part.strip() for part in re.split(r"[、,・]", inner) if part.strip()]
        if marked:
            role = next(role for pattern, role in self.r.roles if pattern.match(fold(inner)))
            self.items(inner[marked.end() :], role, base)
        elif base[0] != "lg" and members and all(isinstance(self.resolve(part), list) for part in members):
            self.items("、".join(members), "member", base)
        elif inner.strip("、, "):
            self.aside(inner)
        return end + 1

    def aside(self, inner: str) -> None:
        reason = self.r.reason(inner, self.r.asides)
        if reason:
            self.found.unnamed += [reason] if reason == "private-bodies" else []
        else:
            self.fault("text-unread", text=inner)

    def item(self, text: str, role: str, of: Target | None, country: str | None, itinerary: bool) -> None:
        """One item: countries and governments between middots or blanks, or one name, or the name of a group."""
        parts = self.parts(text)
        for index, part in enumerate(parts):
            base, inner = _base(part)
            if not base:
                self.aside(inner)
                continue
            alone = self.names.country(base)
            if alone:
                self.found.names.append(("country", alone, base))
                if inner:
                    self.items(inner, role, of, alone)
                elif index + 1 < len(parts):
                    self.label = alone
                else:
                    self.found.countries.append(alone)
                continue
            labelled = index > 0 and self.names.country(parts[index - 1]) is not None
            contexts = [country] if country else [self.label] if labelled else [self.label, None]
            self.government(base, list(dict.fromkeys(contexts)), role, of, itinerary)
            if inner:
                self.bracket(("lg", base), f"({inner})", 0)

    def parts(self, text: str) -> list[str]:
        """The text between middots and blanks, if all of it names governments or countries; else the text itself."""
        pieces = [piece for piece in re.split(r"[・\s]+(?![^(]*\))", fold(text)) if piece]
        printed, at = [], 0
        for piece in pieces:
            at = fold(text).index(piece, at)
            printed.append(text[at : at + len(piece)])
            at += len(piece)
        if len(printed) > 1 and all(self.names_a_place(_base(part)[0]) for part in printed):
            return printed
        return [text]

    def names_a_place(self, text: str) -> bool:
        if more := self.r.more.search(fold(text)):
            text = text[: more.start()]
        if self.names.country(text) or self.r.looks_like_government.search(fold(text)):
            return True
        return isinstance(self.resolve(text, [self.label, None]), list)

    def government(
        self, text: str, contexts: list[str | None], role: str, of: Target | None, itinerary: bool
    ) -> None:
        """A government by its name, or several joined by a word, or nothing that bears a name."""
        found = self.resolve(text, contexts)
        more = self.r.more.search(fold(text))
        before = text[: more.start()] if more else ""
        if not isinstance(found, list) and before and (
            isinstance(self.resolve(before, contexts), list) or self.r.looks_like_government.search(fold(before))
        ):
            text, found = before, self.resolve(before, contexts)
            self.found.unnamed.append("group")
        if not isinstance(found, list) and (epithet := _EPITHET.match(text)):
            # What stands in quotation marks before a name praises it: 写真の町.
            known = self.resolve(text[epithet.end() :], contexts)
            if isinstance(known, list) and not self.names.country_before(text):
                self.fault("text-unread", text=epithet[0])
                text, found = text[epithet.end() :], known
        if isinstance(found, list):
            self.found.names += found[:-1]
            kind, key, name = found[-1]
            return self.add(kind, key, name, role, of, itinerary)
        joined = [part for part in self.r.connectors.split(text) if part]
        if len(joined) > 1 and all(isinstance(self.resolve(part, contexts), list) for part in joined):
            for part in joined:
                self.government(part, contexts, role, of, itinerary)
        elif self.r.reason(text, self.r.unnamed):
            self.group(text)
        elif self.r.looks_like_body.search(fold(text)):
            self.unresolved(self.names.no_body(text))
        elif self.r.looks_like_government.search(fold(text)) or self.country_glued(text):
            glued = self.country_glued(text)
            if glued and self.r.looks_like_government.search(fold(text)):
                self.found.names.append(("country", glued[0], text[: glued[1]]))
                self.unplaced(glued[0])
            elif len(contexts) == 1 and contexts[0]:
                self.unplaced(contexts[0])
            self.unresolved(found)
        else:
            self.fault("text-unread", text=text)

    def resolve(self, text: str, contexts: Iterable[str | None] = (None,)) -> list[tuple[str, str, str]] | Unresolved:
        """Every name in a compound of country, first-level unit and government; the last is the government itself."""
        if glued := self.names.country_before(text):
            country, length = glued
            found = self.within(text[length:], country)
            if isinstance(found, list):
                key = found[-1][1]
                containers = [name for name in found[:-1] if name[1] != key]
                return [("country", country, text[:length]), *containers, ("lg", key, text), found[-1]]
            if self.r.looks_like_government.search(fold(text)) and self.country_glued(text):
                return found
        found = None
        for country in contexts:
            found = self.within(text, country)
            if isinstance(found, list):
                return found
        return found

    def country_glued(self, text: str) -> tuple[str, int] | None:
        """The country that stands before a name nobody knows; none where its letters may be the name's own (タイペイ)."""
        glued = self.names.country_before(text)
        if glued is None:
            return None
        before, rest = fold(text[: glued[1]]), fold(text[glued[1] :])
        own = _KATAKANA.match(rest) and _KATAKANA.fullmatch(before[-1]) and (len(before) < 3 or len(_KATAKANA_WORD.match(rest)[0]) < 3)
        return None if own or _NO_START.match(rest) else glued

    def within(self, text: str, country: str | None) -> list[tuple[str, str, str]] | Unresolved:
        home = self.r.home if country in (None, *{self.names.country_of(key) for key in self.r.home}) else ()
        whole = self.names.government(text, country, None, home)
        if isinstance(whole, str):
            return [("lg", whole, text)]
        for container, length in self.names.containers_before(text, country):
            key = self.names.government(text[length:], country, container)
            if isinstance(key, str):
                return [("lg", container, text[:length]), ("lg", key, text), ("lg", key, text[length:])]
        return whole

    def group(self, text: str) -> None:
        """A text that speaks of parties without naming them; countries it names all the same."""
        self.found.unnamed.append(self.r.reason(text, self.r.unnamed) or "group")
        glued = self.names.country_before(text)
        if glued:
            self.found.names.append(("country", glued[0], text[: glued[1]]))
            self.found.countries.append(glued[0])
        for letters in self.r.letters.finditer(text):
            self.found.countries += [self.names.letters[letter] for letter in letters["letters"]]

    def add(
        self, kind: str, slug: str, name: str, role: str, of: Target | None = None, itinerary: bool = False
    ) -> None:
        self.found.names.append((kind, slug, name))
        self.found.parties.append(Party(kind, slug, role, self.number, of, itinerary))

    def unresolved(self, what: Unresolved) -> None:
        problem = what.problem("")
        self.found.faults.append(Fault(problem.code, problem.values, self.number))

    def unplaced(self, country: str) -> None:
        self.found.unplaced.append((len(self.found.countries), country))

    def fault(self, code: str, **values: str) -> None:
        short = {name: value if len(value) <= 60 else f"{value[:60]}…" for name, value in values.items()}
        self.found.faults.append(Fault(code, short, self.number))


def _closing(folded: str, at: int) -> int:
    """The index of the bracket that closes the one at `at`; the end of the text where none does."""
    depth = 0
    for index in range(at, len(folded)):
        depth += (folded[index] == "(") - (folded[index] == ")")
        if depth == 0:
            return index
    return len(folded)


def _base(text: str) -> tuple[str, str]:
    """The words before a bracket that ends the text, and the words in it."""
    found = re.fullmatch(r"([^()]*)\((.*)\)", fold(text))
    return (text[: found.end(1)].strip(), text[slice(*found.span(2))]) if found else (text, "")
