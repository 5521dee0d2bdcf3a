"""How often one client may ask, and which proxies are believed when they say who the client is.

The limit is a generic cell rate (GCRA): for each client one moment in time, before which nothing more is due. The
moments stand in a table that all web processes share and that a restart of one of them does not lose. A client is known by a
keyed hash of its address (of the first 64 bits of IPv6), so the table holds no address; two clients that fall on one
place share a limit, and nobody can choose whom to fall on.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from kg.errors import MisuseError

_PLACES = 1 << 16
_MOMENT = struct.Struct("d")
_FORWARDED = b"x-forwarded-for"
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Rate:
    """`per_second` requests of one client go to the application in the long run, `burst` at once; 0: no limit."""

    per_second: float = 0.0
    burst: int = 100


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Addresses or networks (`10.0.0.0/8`, `::1`); MisuseError for what is neither."""
    found = []
    for text in texts:
        try:
            found.append(ip_network(text, strict=False))
        except ValueError:
            raise MisuseError("network-unknown", text) from None
    return tuple(found)


class Gate:
    """Made before the web processes are forked, so that they share it."""

    def __init__(self, rate: Rate, trusted: tuple[Network, ...] = ()) -> None:
        self.trusted = trusted
        self._rate = rate
        self._moments = mmap.mmap(-1, _PLACES * _MOMENT.size)
        self._key = os.urandom(16)
        # Few addresses connect, many requests come: what is known of one is kept.
        self.believes = lru_cache(4096)(self._believes)
        self._place = lru_cache(4096)(self._hashed)

    def wait(self, scope: Mapping[str, Any]) -> float:
        """Seconds until this client may ask again; 0 for now, which is counted."""
        if not self._rate.per_second or scope["client"] is None:
            return 0.0
        place = self._place(self.client(scope))
        now = time.monotonic()
        cost = 1 / self._rate.per_second
        due = max(_MOMENT.unpack_from(self._moments, place)[0], now)
        ahead = due + cost - now - self._rate.burst * cost
        if ahead > 0:
            return ahead
        _MOMENT.pack_into(self._moments, place, due + cost)
        return 0.0

    def client(self, scope: Mapping[str, Any]) -> str:
        """The address that asks: who connected, or whom believed proxies name, from the last to the first."""
        address = scope["client"][0]
        if not self.believes(address):
            return address
        named = b",".join(value for name, value in scope["headers"] if name == _FORWARDED).decode("latin-1")
        for text in reversed([part.strip() for part in named.split(",") if part.strip()]):
            address = text
            if not self.believes(text):
                break
        return address

    def _believes(self, text: str) -> bool:
        if not self.trusted:
            return False
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self.trusted)

    def _hashed(self, text: str) -> int:
        try:
            address = ip_address(text)
            # A household or a machine has a whole /64.
            known = address.packed[:8] if isinstance(address, IPv6Address) else address.packed
        except ValueError:
            known = text.encode("utf-8", "replace")
        digest = blake2b(known, digest_size=4, key=self._key).digest()
        return int.from_bytes(digest, "big") % _PLACES * _MOMENT.size
