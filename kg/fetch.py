"""One page or file fetched from the web, on a maintainer's explicit command only: bounded in size, time, redirects and kind.

A page is never fetched from this machine or its network: every address that a name leads to is looked at before it is
connected to, and the connection is made to that address, so that a name cannot lead elsewhere the second time.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from functools import partial
from typing import IO, Any

from kg.errors import MisuseError, SourceError
from kg.extract.text import LIMIT

SECONDS = 30
"""for a whole page; a single answer of the other side may take a third of it"""
REDIRECTS = 3
KINDS = ("text/html", "application/xhtml+xml", "text/plain")
_SCHEMES = ("http", "https")


@dataclass(frozen=True)
class Fetched:
    url: str
    """after redirects"""
    kind: str
    data: bytes


def is_url(source: str) -> bool:
    """True for what looks like an address and not like a path; whether it may be fetched is another question."""
    scheme, colon, _ = source.partition(":")
    return bool(colon) and len(scheme) > 1 and scheme.isalpha()


def fetch(url: str, allow_local: bool = False, kinds: tuple[str, ...] = KINDS, limit: int = LIMIT) -> Fetched:
    """The page at `url`. MisuseError for an address that is not fetched; SourceError where fetching fails.

    `kinds`: media types that are taken, none for any; `limit`: the most bytes.
    """
    _check(url)
    opener = urllib.request.OpenerDirector()
    opener.addheaders = [("User-Agent", "jichi"), ("Accept", ", ".join(kinds) or "*/*"), ("Accept-Encoding", "identity")]
    for handler in (
        _Http(allow_local), _Https(allow_local), _Redirects(), urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):  # fmt: skip
        opener.add_handler(handler)
    try:
        with opener.open(url, timeout=SECONDS / 3) as answer:
            kind = answer.headers.get_content_type()
            if (kinds and kind not in kinds) or answer.headers.get("Content-Encoding", "identity") != "identity":
                raise SourceError("fetch-kind", url, found=kind, expected=", ".join(kinds))
            return Fetched(answer.geturl(), kind, _body(answer, url, limit))
    except TimeoutError:
        raise SourceError("fetch-time", url, seconds=SECONDS) from None
    except urllib.error.HTTPError as error:
        error.close()
        raise SourceError("fetch-failed", url, detail=f"{error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise SourceError("fetch-time", url, seconds=SECONDS) from None
        raise SourceError("fetch-failed", url, detail=error.reason or error) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceError("fetch-failed", url, detail=error or type(error).__name__) from None


def _check(url: str) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
        fine = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or not url.isascii() or not url.isprintable() or " " in url or "@" in parts.netloc:
        raise MisuseError("fetch-address", url, expected=", ".join(f"{scheme}:" for scheme in _SCHEMES))


def _body(answer: http.client.HTTPResponse, url: str, limit: int) -> bytes:
    until = time.monotonic() + SECONDS * max(1, limit >> 24)
    data = bytearray()
    while piece := answer.read1(65536):
        data += piece
        if len(data) > limit:
            raise SourceError("source-too-large", url, bytes=f">{limit}", limit=limit)
        if time.monotonic() > until:
            raise SourceError("fetch-time", url, seconds=SECONDS)
    return bytes(data)


def _connected(host: str, port: int, timeout: float, allow_local: bool) -> socket.socket:
    """A connection to an address of `host` that lies outside this network."""
    error: OSError | None = None
    for _, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not allow_local and not _is_public(str(address[0])):
            raise MisuseError("fetch-local", host, found=address[0])
        try:
            return socket.create_connection((str(address[0]), port), timeout)
        except OSError as failed:
            error = failed
    raise error or OSError(host)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast


class _PlainConnection(http.client.HTTPConnection):
    allow_local = False

    def connect(self) -> None:
        self.sock = _connected(self.host, self.port, self.timeout, self.allow_local)


class _LocalPlainConnection(_PlainConnection):
    allow_local = True


class _TlsConnection(http.client.HTTPSConnection):
    allow_local = False

    def connect(self) -> None:
        plain = _connected(self.host, self.port, self.timeout, self.allow_local)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _LocalTlsConnection(_TlsConnection):
    allow_local = True


class _Http(urllib.request.HTTPHandler):
    def __init__(self, allow_local: bool) -> None:
        super().__init__()
        self._made = _LocalPlainConnection if allow_local else _PlainConnection

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(partial(self._made), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, allow_local: bool) -> None:
        super().__init__()
        self._made = _LocalTlsConnection if allow_local else _TlsConnection

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(partial(self._made), req)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Few redirects, and only to what may be fetched at first hand too."""

    max_redirections = REDIRECTS
    max_repeats = 1

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
