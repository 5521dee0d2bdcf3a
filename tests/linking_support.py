"""Reconciliation services for the tests: one that others wrote, and one that misbehaves as it is told."""

from __future__ import annotations

import http.server
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

WIKIDATA = "http://www.wikidata.org/entity/"
COLUMNS = ("qid", "name", "kind", "Lja", "Len", "Aja", "Aen", "P1814", "P17/P297", "P131/P300", "P625", "P429", "P576")
ITEMS = (
    ("Q686775", "府中市", "Q494721", "府中市", "Fuchū", "", "", "ふちゅうし", "JP", "JP-34", "34.568,133.236", "342084", None),
    ("Q208818", "府中市", "Q494721", "府中市", "Fuchū", "", "", "ふちゅうし", "JP", "JP-13", "35.669,139.478", "132063", None),
    ("Q38234", "長崎市", "Q494721", "長崎市", "Nagasaki", "", "", "ながさきし", "JP", "JP-42", "32.75,129.878", "422011", None),
    ("Q169376", "長崎県", "Q50337", "長崎県", "Nagasaki Prefecture", "", "", "ながさきけん", "JP", "", "32.744,129.873", "420000", None),
    ("Q6106", "Portland", "Q515", "ポートランド", "Portland", "", "", None, "US", "US-OR", "45.52,-122.68", None, None),
    ("Q49201", "Portland", "Q515", "ポートランド", "Portland", "", "", None, "US", "US-ME", "43.66,-70.26", None, None),
    ("Q900003", "湖北町", "Q1059478", "湖北町", "Kohoku", "", "", "こほくちょう", "JP", "JP-25", "35.4,136.2", None, "2010-01-01"),
)
"""a slice of Wikidata as its reconciliation service shows it: what the tests ask for, and what could be mistaken for it"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def datasette(folder: Path) -> Iterator[str]:
    """The address of a running datasette-reconcile (Reconciliation API 0.2) over `ITEMS`."""
    base = folder / "wikidata.db"
    with sqlite3.connect(base) as database:
        database.execute(f"create table items ({', '.join(f'[{name}] text' for name in COLUMNS)})")
        database.executemany(f"insert into items values ({', '.join('?' * len(COLUMNS))})", ITEMS)
    database.close()
    plugin = {"id_field": "qid", "name_field": "name", "type_field": "kind", "identifierSpace": WIKIDATA,
              "schemaSpace": "http://www.wikidata.org/prop/direct/"}  # fmt: skip
    settings = folder / "metadata.json"
    settings.write_text(json.dumps({"databases": {"wikidata": {"tables": {"items": {"plugins": {"datasette-reconcile": plugin}}}}}}))
    port = free_port()
    command = [sys.executable, "-m", "datasette", "serve", str(base), "--metadata", str(settings), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/wikidata/items/-/reconcile"
    try:
        _wait(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(10)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.1)
    raise AssertionError(address)


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def told(answer: Callable[[str, str, int], Answer | None]) -> Iterator[tuple[str, list[str]]]:
    """A server that answers what `answer(method, body, number)` says; None hangs up. With it, the bodies received."""
    received: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.respond("GET", "")

        def do_POST(self) -> None:
            self.respond("POST", self.rfile.read(int(self.headers["Content-Length"])).decode())

        def respond(self, method: str, body: str) -> None:
            received.append(body)
            made = answer(method, body, len(received))
            if made is None:
                self.connection.close()
                return
            status, headers, data = made
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
