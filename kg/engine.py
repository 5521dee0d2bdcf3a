"""A SPARQL 1.1 server, spoken to over HTTP: queries by the Protocol, graphs by the Graph Store Protocol.

Its address is one that the operator gave; nothing that a visitor sends chooses where a connection goes. Redirects are
not followed. Every exchange has an end: seconds, bytes, and whether anybody still waits for the answer.
"""

from __future__ import annotations

import base64
import http.client
import logging
import select
import socket
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import quote, urlencode, urlsplit

from kg.errors import MisuseError, QueryError, ReleaseError

_GLANCE = 0.1
"""seconds between two looks at whether anybody still waits"""
_IN_MEMORY = 1 << 20
_PART = 1 << 16
_IDLE_CONNECTIONS = 32
_SCHEMES = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
_TYPED = "application/x-www-form-urlencoded"
_PARTIAL = ("X-SPARQL-MaxRows", "X-SQL-State")
"""by these Virtuoso says that an answer was cut: after `ResultSetMaxRows` rows, or after a time"""
_WRITE_SECONDS = 600.0
_NOWHERE = "urn:uuid:00000000-0000-0000-0000-000000000000"

Stopped = Callable[[], bool]
_log = logging.getLogger("jichi.engine")


@dataclass(frozen=True)
class Login:
    user: str
    password: str

    @classmethod
    def read(cls, path: Path) -> Login:
        """From a file of one line `user:password`, so that neither stands in a list of processes."""
        user, colon, password = path.read_text(encoding="utf-8").strip().partition(":")
        if not colon or not user:
            raise MisuseError("login-form", path.name)
        return cls(user, password)


@dataclass(frozen=True)
class Answered:
    """What an engine answered: a media type, and the bytes from their beginning."""

    kind: str
    body: IO[bytes]


class Engine:
    """One server at one address. Thread-safe; connections are kept and used again."""

    def __init__(self, url: str, login: Login | None = None) -> None:
        self.url = url
        parts = checked(url)
        self._target = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        self._host, self._port, self._scheme = parts.hostname or "", parts.port, parts.scheme
        self._login = login
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections that are kept; it can go on being used."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def query(
        self, text: str, accept: str, data: Sequence[tuple[str, str]] = (), seconds: float = 30.0, limit: int = 1 << 30,
        stopped: Stopped = lambda: False,
    ) -> Answered:
        """The whole answer to a query; `data` are parameters of the Protocol that name its data set.

        QueryError: `query-timeout`, `query-cancelled`, `answer-too-large`, `engine-refused` (it does not take the
        query), `engine-failed` (it cannot be reached, or its answer is cut, partial or none).
        """
        body = urlencode([("query", text), *data]).encode()
        headers = {"Accept": accept, "Content-Type": _TYPED, "User-Agent": "jichi"}
        if self._login is not None:
            headers["Authorization"] = _basic(self._login)
        until = time.monotonic() + seconds
        for attempt in (0, 1):
            connection, kept = self._connection(seconds)
            try:
                connection.request("POST", self._target, body, headers)
                _wait_for(connection, until, stopped)
                response = connection.getresponse()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
                connection.close()
                if kept and attempt == 0:
                    # The other side had closed it while it was idle: nothing was evaluated. So may be the rest.
                    self.close()
                    continue
                raise _failure(error, seconds) from None
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                raise _failure(error, seconds) from None
            except QueryError as error:
                connection.close()
                raise _with_seconds(error, seconds) from None
            return self._received(connection, response, until, seconds, limit, stopped)
        raise QueryError("engine-failed")

    def _received(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, until: float, seconds: float,
        limit: int, stopped: Stopped,
    ) -> Answered:
        body: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115
        try:
            size = 0
            while part := _part(connection, response, until):
                size += len(part)
                if size > limit:
                    raise QueryError("answer-too-large", limit=limit)
                if stopped():
                    raise QueryError("query-cancelled")
                body.write(part)
            if response.status != 200 or any(response.headers.get(name) for name in _PARTIAL):
                raise _refusal(response, body)
        except (OSError, http.client.HTTPException) as error:
            _drop(body, response, connection)
            raise _failure(error, seconds) from None
        except QueryError:
            _drop(body, response, connection)
            raise
        self._keep(connection, response)
        body.seek(0)
        return Answered(response.headers.get_content_type(), body)

    def _connection(self, seconds: float) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it was used before."""
        with self._lock:
            if self._idle:
                connection = self._idle.pop()
                if connection.sock is not None:
                    connection.sock.settimeout(seconds)
                    return connection, True
        return _SCHEMES[self._scheme](self._host, self._port, timeout=seconds), False

    def _keep(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        response.close()
        with self._lock:
            if connection.sock is not None and not response.will_close and len(self._idle) < _IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()



class GraphStore:
    """The Graph Store HTTP Protocol (SPARQL 1.1) at one address; Basic and Digest authentication."""

    def __init__(self, url: str, login: Login | None = None) -> None:
        checked(url)
        self.url = url
        self._login = login
        self._challenge: tuple[str, dict[str, str]] | None = None
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if login is not None:
            passwords.add_password(None, url, login.user, login.password)  # type: ignore[arg-type]
        self._digest = urllib.request.AbstractDigestAuthHandler(passwords)
        self._opener = urllib.request.build_opener(_NoRedirects())

    def put(self, graph: str | None, triples: bytes) -> None:
        """Replace a graph, None for the default graph, by N-Triples. ReleaseError `load-failed` where it is refused."""
        self._send("PUT", graph, triples)

    def delete(self, graph: str) -> None:
        """Remove a graph; one that is not there is none to remove."""
        self._send("DELETE", graph, None)

    def _send(self, method: str, graph: str | None, data: bytes | None) -> None:
        try:
            answer = self._open(method, graph, data)
            if answer.status == 401 and self._login is not None:
                # Asked before the body is sent: Virtuoso closes the connection on a body that has no name to it.
                self._challenge = self._challenged()
                answer = self._open(method, graph, data)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise ReleaseError("load-failed", self.url, graph=graph or "-", detail=str(reason)) from None
        if answer.status >= 300 and not (method == "DELETE" and answer.status == 404):
            raise ReleaseError("load-failed", self.url, graph=graph or "-", detail=f"{answer.status} {answer.reason}")

    def _open(self, method: str, graph: str | None, data: bytes | None) -> _Said:
        where = "default" if graph is None else f"graph={quote(graph, safe='')}"
        url = f"{self.url}{'&' if '?' in self.url else '?'}{where}"
        headers = {"Content-Type": "application/n-triples", "User-Agent": "jichi"}
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310
        if self._login is not None:
            self._challenge = self._challenge or self._challenged()
            request.add_unredirected_header("Authorization", self._authorization(request, *self._challenge))
        return self._said(request)

    def _challenged(self) -> tuple[str, dict[str, str]]:
        """How the server wants to be told who asks: seen by removing, without a name, a graph that is not there."""
        url = f"{self.url}{'&' if '?' in self.url else '?'}graph={quote(_NOWHERE, safe='')}"
        said = self._said(urllib.request.Request(url, method="DELETE"))  # noqa: S310
        scheme, _, rest = said.challenge.partition(" ")
        return scheme.lower(), urllib.request.parse_keqv_list(urllib.request.parse_http_list(rest))

    def _authorization(self, request: urllib.request.Request, scheme: str, values: dict[str, str]) -> str:
        if scheme == "digest":
            return f"Digest {self._digest.get_authorization(request, values)}"
        return _basic(self._login)

    def _said(self, request: urllib.request.Request) -> _Said:
        try:
            with self._opener.open(request, timeout=_WRITE_SECONDS) as answer:
                answer.read(_PART)
                return _Said(answer.status, answer.reason, "")
        except urllib.error.HTTPError as error:
            with error:
                return _Said(error.code, error.reason, error.headers.get("WWW-Authenticate", "Basic"))


@dataclass(frozen=True)
class _Said:
    status: int
    reason: str
    challenge: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def _basic(login: Login | None) -> str:
    pair = f"{login.user}:{login.password}" if login else ":"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def checked(url: str):  # noqa: ANN201
    """The parts of an address; MisuseError for one that is no http or https address, or that holds a password."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0 and url.isascii()
        fine = fine and parts.username is None and not parts.fragment and not any(c.isspace() for c in url)
    except ValueError:
        fine = False
    if not fine:
        raise MisuseError("engine-address", found=url.rpartition("@")[2])
    return parts


def _wait_for(connection: http.client.HTTPConnection, until: float, stopped: Stopped) -> None:
    """Wait for the first byte, looking every now and then whether anybody still does."""
    assert connection.sock is not None
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    while True:
        left = until - time.monotonic()
        if poll.poll(max(0.0, min(left, _GLANCE)) * 1000):
            connection.sock.settimeout(max(0.001, left))
            return
        if left <= 0:
            raise QueryError("query-timeout")
        if stopped():
            raise QueryError("query-cancelled")


def _part(connection: http.client.HTTPConnection, response: http.client.HTTPResponse, until: float) -> bytes:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if connection.sock is not None:
        connection.sock.settimeout(left)
    part = response.read1(_PART)
    if not part and response.length:
        # It promised more: the other side hung up within its answer.
        raise http.client.IncompleteRead(b"", response.length)
    return part


def _drop(*opened: IO[bytes] | http.client.HTTPResponse | http.client.HTTPConnection) -> None:
    for one in opened:
        one.close()


def _refusal(response: http.client.HTTPResponse, body: IO[bytes]) -> QueryError:
    body.seek(0)
    said = body.read(2000).decode("utf-8", "replace").strip().partition("\n")[0][:200]
    if response.status in (400, 413, 414):
        return QueryError("engine-refused", status=response.status, said=said or "-")
    if response.status == 200:
        return QueryError("engine-partial")
    _log.warning("the engine answered %d: %s", response.status, said or "-")
    return QueryError("engine-failed")


def _failure(error: Exception, seconds: float) -> QueryError:
    if isinstance(error, TimeoutError | socket.timeout):
        return QueryError("query-timeout", seconds=f"{seconds:g}")
    _log.warning("the engine does not answer: %s", error or type(error).__name__)
    return QueryError("engine-failed")


def _with_seconds(error: QueryError, seconds: float) -> QueryError:
    return QueryError(error.code, seconds=f"{seconds:g}")
