"""Answers kept as bytes, before the application is asked.

What may be kept the application says by its headers: `Cache-Control: public`, and a `Vary` of nothing but Accept,
Accept-Language and Accept-Encoding. The key is not what a client sent but what follows from it: the address with its
query in one spelling, the form chosen from the `Offer` of that address, the language, the coding. So a flood of odd
headers finds the few answers there are. A cache belongs to one release and is bounded in bytes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Generic, NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qsl, unquote_to_bytes

from endpoint import coding
from endpoint.negotiation import Offer
from endpoint.words import choose_language

K = TypeVar("K")
V = TypeVar("V")
KEPT_STATUSES = (200, 301, 303, 308)
_DECISIVE = (b"accept", b"accept-language", b"accept-encoding")
_KNOWN = {name.decode() for name in _DECISIVE}
_LONGEST = 4096
"""bytes of an address that is kept"""
_OVERHEAD = 600
"""bytes of the objects around an entry"""
_HEADS = 1024
_UNCHANGED_WITHOUT = {"content-type", "content-language", "content-encoding", "content-length", "allow"}
"""headers that describe a body, which a 304 has not"""


class Asked(NamedTuple):
    """What of a request decides the answer, as it came over the line. `prefix` is that of a proxy which is believed."""

    target: bytes
    accept: bytes | None = None
    language: bytes | None = None
    encoding: bytes | None = None
    prefix: bytes = b""


class Address(NamedTuple):
    prefix: bytes
    path: bytes
    query: tuple[tuple[str, str], ...]
    """the arguments in the order of their names"""


class Key(NamedTuple):
    """What an answer is kept under."""

    address: Address
    form: str
    language: str
    coding: str


class Rule(NamedTuple):
    """What the answers at one address differ by."""

    offer: Offer | None
    by_language: bool


@dataclass(frozen=True)
class Page:
    """A whole answer of the application; `headers` without length, date, timing, tag and coding."""

    status: int
    headers: tuple[tuple[str, str], ...]
    tag: str | None
    body: bytes
    route: str = "-"
    query: str = ""
    """the hash of a query, for the log"""

    def header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")

    @property
    def packs(self) -> bool:
        return self.status == HTTPStatus.OK and coding.packable(self.header("content-type"), len(self.body))


class Wire(NamedTuple):
    """The bytes that go out: heads without the date and the timing, and the body."""

    status: int
    head: bytes
    body: bytes
    unchanged: bytes
    tags: tuple[bytes, ...]
    """the tags, quoted, for which the answer is `unchanged`"""
    packs: bool
    route: str
    query: str


class Finished(NamedTuple):
    """The headers of an answer in a coding, and those of the 304 for who has it, without date and length."""

    headers: list[tuple[str, str]]
    unchanged: list[tuple[str, str]]
    tags: tuple[bytes, ...]


class Shelf(Protocol):
    """Answers made beforehand."""

    def rule(self, address: Address) -> Rule | None: ...

    def page(self, address: Address, form: str, language: str, coding: str) -> tuple[Page, bytes] | None:
        """The answer, and its bytes in the coding."""


def finished(page: Page, code: str) -> Finished:
    """What is said of an answer in a coding."""
    headers = _coded(page.headers, page.packs, code)
    tags: tuple[bytes, ...] = ()
    if page.tag is not None:
        tag = f'"{coding.tagged(page.tag, code)}"'
        headers.append(("ETag", tag))
        tags = (tag.encode("latin-1"), f'"{page.tag}"'.encode("latin-1"))
    return Finished(headers, _of_no_body(headers), tags)


def _of_no_body(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _UNCHANGED_WITHOUT]


def _coded(given: tuple[tuple[str, str], ...], packs: bool, code: str) -> list[tuple[str, str]]:
    """The headers of an answer that is to be had in several codings, if it `packs`; `code` is the one chosen."""
    headers = list(given)
    if packs:
        headers = [(n, f"{v}, Accept-Encoding" if n.lower() == "vary" else v) for n, v in headers]
        if not any(name.lower() == "vary" for name, _ in headers):
            headers.append(("Vary", "Accept-Encoding"))
        if code:
            headers.append(("Content-Encoding", code))
    return headers


def holds(tags: tuple[bytes, ...], if_none_match: bytes) -> bool:
    """Whether a client has one of these (RFC 9110, section 13.1.2)."""
    if not tags:
        return False
    if if_none_match in tags or if_none_match.strip() == b"*":
        return True
    return any(tag.strip().removeprefix(b"W/") in tags for tag in if_none_match.split(b","))


def wired(page: Page, code: str, body: bytes) -> Wire:
    """An answer in a coding as bytes; `body` is already in it."""
    packs = page.packs
    head, unchanged = _heads(page.status, page.headers, packs, code)
    tags: tuple[bytes, ...] = ()
    if page.tag is not None:
        tag = b'"%s"' % coding.tagged(page.tag, code).encode("latin-1")
        tags = (tag, b'"%s"' % page.tag.encode("latin-1"))
        head, unchanged = head + b"ETag: %s\r\n" % tag, unchanged + b"ETag: %s\r\n" % tag
    head += b"Content-Length: %d\r\n" % len(body)
    return Wire(page.status, head, body, unchanged, tags, packs, page.route, page.query)


class _Table(Generic[K, V]):
    """Bounded in bytes: what was put or touched least recently goes first."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self._limit = limit
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K) -> V | None:
        found = self._held.get(key)
        return None if found is None else found[0]

    def touch(self, key: K) -> None:
        if key in self._held:
            self._held.move_to_end(key)

    def put(self, key: K, value: V, weight: int) -> None:
        """`weight`: bytes of the two."""
        _, old = self._held.pop(key, (None, 0))
        self._held[key] = value, weight
        self.size += weight - old
        while self.size > self._limit:
            _, (_, weight) = self._held.popitem(last=False)
            self.size -= weight


class Cache:
    """Thread-safe. `limit` bounds the bytes of all entries, `largest` those of one."""

    def __init__(self, limit: int, largest: int = 1 << 20, shelf: Shelf | None = None) -> None:
        self.shelf = shelf
        self._lock = threading.Lock()
        index = limit // 8
        self._rules: _Table[Address, Rule] = _Table(index)
        self._spellings: _Table[Asked, Key] = _Table(index)
        self._wires: _Table[Key, Wire] = _Table(limit - 2 * index)
        self._largest = min(largest, limit - 2 * index)

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._rules.size + self._spellings.size + self._wires.size

    def __len__(self) -> int:
        return len(self._wires)

    def find(self, asked: Asked) -> Wire | None:
        """The answer to a GET, if it is here or on the shelf."""
        key = self._spellings.get(asked)
        if key is None:
            key = self._key(asked)
            if key is None:
                return None
        wire = self._wires.get(key)
        if wire is None:
            plain = self._wires.get(Key(*key[:3], ""))
            wire = plain if plain is not None and not plain.packs else self._from_shelf(key)
            if wire is None:
                return None
        with self._lock:
            self._wires.touch(key)
        return wire

    def keep(self, asked: Asked, page: Page, offer: Offer | None) -> Wire | None:
        """Take in an answer of the application, in the coding that was asked for; None where it may not be kept."""
        rule = rule_of(page, offer)
        address = address_of(asked)
        if rule is None or address is None or len(page.body) > self._largest:
            return None
        self._learn(address, rule)
        key = self._key(asked)
        # What was worked out here must be what the application gave, or the next visitor would get another's answer.
        if key is None or not _is_of(page, key[1], key[2]):
            return None
        return self._put(key, page, None)

    def _put(self, key: Key, page: Page, body: bytes | None) -> Wire:
        code = key[3] if page.packs else ""
        wire = wired(page, code, coding.encode(page.body, code) if body is None else body)
        with self._lock:
            weight = len(wire.head) + len(wire.body) + len(wire.unchanged) + _OVERHEAD
            self._wires.put(Key(*key[:3], code), wire, weight)
        return wire

    def _from_shelf(self, key: Key) -> Wire | None:
        found = self.shelf.page(*key) if self.shelf is not None else None
        return None if found is None else self._put(key, *found)

    def _learn(self, address: Address, rule: Rule) -> None:
        with self._lock:
            self._rules.put(address, rule, _weight(address))

    def _key(self, asked: Asked) -> Key | None:
        """What the answer is kept under; None where nothing is known of the address yet."""
        address = address_of(asked)
        if address is None:
            return None
        rule = self._rules.get(address)
        if rule is None:
            rule = self.shelf.rule(address) if self.shelf is not None else None
            if rule is None:
                return None
            self._learn(address, rule)
        form = ""
        if rule.offer is not None and (rule.offer.formats or rule.offer.page):
            choice = rule.offer.choose(_text(asked.accept))
            if choice is None:
                return None
            form = choice.content_type
        key = Key(address, form, _language(asked, address) if rule.by_language else "", coding.choose(_text(asked.encoding)))
        with self._lock:
            self._spellings.put(asked, key, _OVERHEAD + sum(map(len, filter(None, asked))))
        return key


def rule_of(page: Page, offer: Offer | None) -> Rule | None:
    """What an answer differs by, if its headers allow it to be kept."""
    return _rule(page.status, page.headers, offer)


@lru_cache(_HEADS)
def _rule(status: int, given: tuple[tuple[str, str], ...], offer: Offer | None) -> Rule | None:
    headers: dict[str, str] = {}
    for name, value in given:
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    varies = {name.strip().lower() for name in headers.get("vary", "").split(",") if name.strip()}
    is_public = headers.get("cache-control", "").startswith("public") and "set-cookie" not in headers
    if status not in KEPT_STATUSES or not is_public or varies - _KNOWN or ("accept" in varies and offer is None):
        return None
    return Rule(offer if "accept" in varies else None, "accept-language" in varies)


def _is_of(page: Page, form: str, language: str) -> bool:
    return (not form or page.header("content-type") == form) and (
        not language or (page.header("content-language") or language) == language)


def asked(target: bytes, headers: Iterable[tuple[bytes, bytes]], prefix: bytes = b"") -> Asked:
    """The key of a request. A header that comes twice counts as one with a comma, as it does for the application."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _DECISIVE:
            found[name] = found[name] + b"," + value if name in found else value
    return Asked(target, *(found.get(name) for name in _DECISIVE), prefix)


def address_of(asked: Asked) -> Address | None:
    """An address in one spelling: percent signs undone, the arguments in the order of their names."""
    return None if len(asked.target) > _LONGEST else _address(asked.target, asked.prefix)


@lru_cache(512)
def _address(target: bytes, prefix: bytes) -> Address | None:
    path, _, query = target.partition(b"?")
    # An encoded slash is no separator: such an address is not the one that it would be read as.
    if not path.startswith(b"/") or b"%2f" in path.lower():
        return None
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100) if query else []
    except ValueError:
        return None
    return Address(prefix, unquote_to_bytes(path), tuple(sorted(pairs, key=_name)))


def _name(pair: tuple[str, str]) -> str:
    return pair[0]


def _language(asked: Asked, address: Address) -> str:
    wanted = next((value for name, value in address.query if name == "lang"), None)
    return choose_language(wanted, _text(asked.language))


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _weight(address: Address) -> int:
    return len(address.path) + sum(len(n) + len(v) for n, v in address.query) + _OVERHEAD


@lru_cache(_HEADS)
def _heads(status: int, headers: tuple[tuple[str, str], ...], packs: bool, code: str) -> tuple[bytes, bytes]:
    """What goes before tag and length: most answers have the headers of another one."""
    coded = _coded(headers, packs, code)
    return _head(status, coded), _head(HTTPStatus.NOT_MODIFIED, _of_no_body(coded))


def _head(status: int, headers: Sequence[tuple[str, str]]) -> bytes:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:
        reason = ""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers), ""]
    return "\r\n".join(lines).encode("latin-1")
