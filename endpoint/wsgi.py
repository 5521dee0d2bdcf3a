"""Serving over HTTP with waitress."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path

from waitress.server import create_server

from endpoint import create_app
from endpoint.release import OpenRelease
from endpoint.workers import Evaluators, Limits, Load
from kg.errors import MisuseError
from kg.vocabulary import Vocabulary

_MAX_BODY = 1 << 20
"""bytes; waitress answers 413 beyond it, the application well before"""


def serve(
    folder: Path,
    vocabulary: Vocabulary,
    host: str = "127.0.0.1",
    port: int = 8000,
    limits: Limits | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Serve the release in `folder` until interrupted. `port` 0 takes a free one; `say` gets the address.

    ReleaseError when there is no release, MisuseError when the address is taken.
    """
    release = OpenRelease.open(folder, vocabulary)
    load = Load(release.data, vocabulary.base, vocabulary.prefixes)
    limits = limits or Limits()
    with Evaluators(load, limits) as evaluators:
        app = create_app(release, vocabulary, evaluators)
        threads = limits.workers + limits.queue + 4
        try:
            server = create_server(
                app, host=host, port=port, threads=threads, max_request_body_size=_MAX_BODY, ident="jichi",
                clear_untrusted_proxy_headers=True,
            )
        except OSError as error:
            raise MisuseError("address-taken", f"{host}:{port}", detail=error.strerror or error) from None
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _stop)
        say(f"http://{_shown(host)}:{server.effective_port}/")
        try:
            server.run()
        finally:
            server.close()


def _stop(number: int, _: object) -> None:
    """End as Ctrl-C does: answers are finished, evaluators ended."""
    raise SystemExit(0)


def _shown(host: str) -> str:
    """The host as it stands in a URL."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
