"""Serving over HTTP with waitress."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask
from werkzeug.middleware.proxy_fix import ProxyFix

from endpoint import create_app
from endpoint.delivery import CROSS_ORIGIN, UNKEPT
from endpoint.errors import VisitorError, code_of_status, trouble
from endpoint.release import OpenRelease
from endpoint.remote import RemoteEvaluators
from endpoint.crews import Load
from endpoint.switch import Opened, Switch
from endpoint.workers import Evaluators, Limits
from kg.engine import Engine
from kg.errors import MisuseError
from kg.remote import RemoteStore
from kg.vocabulary import Vocabulary

_MAX_BODY = 1 << 20
"""bytes; waitress answers 413 beyond it, the application well before"""


_SPARE = 8
"""threads that no query can hold: documents and /health are answered while every evaluator is busy"""
_CONNECTIONS = 1000
"""open at a time; idle ones cost a descriptor, and are closed after `_IDLE` seconds"""
_IDLE = 30
_ARENA_MAX = -8
"""M_ARENA_MAX of mallopt(3)"""
_GRACE = 2.0
"""seconds that running queries have to come to an end after SIGTERM"""


class _RefusedRequest(ErrorTask):
    """What waitress refuses before the application is asked: too large, or not HTTP. Answered like other errors."""

    def execute(self) -> None:
        error = self.request.error
        values = {"path": "-", "nearest": "-", "methods": "-", "limit": _MAX_BODY}
        found = trouble(VisitorError(code_of_status(error.code), **values), "en")
        body = found.problem_json("/errors")
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [
            ("Content-Type", "application/problem+json"), ("Cache-Control", UNKEPT), *CROSS_ORIGIN.items()]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Parser(HTTPRequestParser):
    """Takes an address whose letters were not encoded: clients send them, and others serve them."""

    def parse_header(self, header_plus: bytes) -> None:
        line, end, rest = header_plus.partition(b"\r\n")
        encoded = b"".join(bytes([byte]) if byte < 0x80 else b"%%%02X" % byte for byte in line)
        super().parse_header(encoded + end + rest)


class _Channel(HTTPChannel):
    error_task_class = _RefusedRequest
    parser_class = _Parser


def placed(app: Callable, prefix: str = "", behind_proxy: bool = False) -> Callable:
    """The application below a path: a fixed `prefix` such as `/lod`, or the one that a trusted proxy names.

    `behind_proxy` believes X-Forwarded-Prefix, -Host and -Proto of one proxy: only where every request comes from it.
    """
    if behind_proxy:
        app = ProxyFix(app, x_for=0, x_proto=1, x_host=1, x_prefix=1)
    if not prefix.strip("/"):
        return app
    mount = f"/{prefix.strip('/')}"

    def below(environ: dict, start_response: Callable) -> Iterable[bytes]:
        """The proxy may pass the prefix on or have taken it off: links carry it either way."""
        path = environ.get("PATH_INFO", "")
        if path == mount or path.startswith(f"{mount}/"):
            environ["PATH_INFO"] = path[len(mount):] or "/"
        environ["SCRIPT_NAME"] = mount
        return app(environ, start_response)

    return below


def serve(
    folder: Path,
    vocabulary: Vocabulary,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    say: Callable[[str], None] = print,
    prefix: str = "",
    behind_proxy: bool = False,
    engine: Engine | None = None,
) -> None:
    """Serve the release that `folder` is, or leads to now and later, until interrupted.

    `port` 0 takes a free one; `say` gets the address; with an `engine` the release is asked there, not loaded here. ReleaseError when there is no release, MisuseError when the
    address is taken.
    """
    limits = limits or Limits()

    def opened(path: Path) -> Opened:
        release = OpenRelease.open(path, vocabulary, engine)
        evaluators = _evaluators(release, vocabulary, limits)
        return Opened(placed(create_app(release, vocabulary, evaluators), prefix, behind_proxy), evaluators, path)

    _log_to_stderr()
    _share_memory_among_threads()
    switch = Switch(folder, opened)
    try:
        server = _listen(switch, host, port, limits, behind_proxy)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: _end(switch))
        switch.watch()
        say(f"http://{_shown(host)}:{server.effective_port}/")
        try:
            server.run()
        finally:
            server.close()
    finally:
        switch.close()


def _evaluators(release: OpenRelease, vocabulary: Vocabulary, limits: Limits) -> Evaluators | RemoteEvaluators:
    if isinstance(release.store, RemoteStore):
        return RemoteEvaluators(release.store, limits)
    return Evaluators(Load(release.data, vocabulary.base, vocabulary.prefixes), limits)


def _listen(app: Callable, host: str, port: int, limits: Limits, behind_proxy: bool) -> BaseWSGIServer:
    try:
        server = create_server(
            app, host=host, port=port, threads=limits.places + _SPARE, max_request_body_size=_MAX_BODY, ident="jichi",
            clear_untrusted_proxy_headers=not behind_proxy, connection_limit=_CONNECTIONS, channel_timeout=_IDLE,
            cleanup_interval=5, asyncore_use_poll=True, channel_request_lookahead=1,
        )
    except OSError as error:
        raise MisuseError("address-taken", f"{host}:{port}", detail=error.strerror or error) from None
    server.channel_class = _Channel
    return server


def _end(switch: Switch) -> None:
    """On SIGTERM: answers are finished, queries that take longer are ended with an answer; then the server stops."""
    signal.signal(signal.SIGTERM, _stop)

    def drain() -> None:
        switch.drain(_GRACE)
        os.kill(os.getpid(), signal.SIGTERM)

    # On a thread, since the server has to go on sending meanwhile.
    threading.Thread(target=drain, daemon=True).start()


def _stop(number: int, _: object) -> None:
    raise SystemExit(0)


def _share_memory_among_threads() -> None:
    """Each thread of glibc keeps freed memory for itself: with many threads, many times the largest answer sent."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if hasattr(library, "mallopt"):
        library.mallopt(_ARENA_MAX, 2)


def _log_to_stderr() -> None:
    """One line each, as it is: the lines of requests are JSON."""
    logger = logging.getLogger("jichi")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    # What waitress says of a full queue is in the lines of the requests.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


def _shown(host: str) -> str:
    """The host as it stands in a URL."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
