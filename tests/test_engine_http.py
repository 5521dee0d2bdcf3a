"""kg/engine.py against servers that behave badly, over a socket: every exchange has an end, and no part of one is an answer."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kg.engine import Engine, GraphStore, Login
from kg.errors import MisuseError, QueryError, ReleaseError
from kg.remote import RemoteStore, Size

BASE = "https://example.org/towns/"
JSON = b"application/sparql-results+json"
ROWS = b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"7"}}]}}'
SELECT = "SELECT ?n WHERE { ?s ?p ?n }"


def answer(body: bytes, kind: bytes = JSON, status: bytes = b"200 OK", extra: bytes = b"", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, kind, size, extra, body)


@contextmanager
def saying(*answers: bytes | Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers, one a connection, and what it was asked."""
    asked: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        for given in answers:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                asked.append(whole_request(connection))
                if callable(given):
                    given(connection)
                else:
                    connection.sendall(given)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/sparql", asked
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def whole_request(connection: socket.socket) -> bytes:
    """With its body: a server that closes on unread bytes resets the connection."""
    data = b""
    while part := connection.recv(1 << 16):
        data += part
        head, found, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if found and len(body) >= int(length[1] if length else 0):
            break
    return data


def dripping(connection: socket.socket) -> None:
    connection.sendall(answer(b"", length=10_000))
    try:
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.05)
    except OSError:
        pass


def silent(connection: socket.socket) -> None:
    connection.settimeout(5)
    try:
        connection.recv(1)
    except OSError:
        pass


@pytest.mark.parametrize("given, code", [
    (answer(ROWS, length=5000), "engine-failed"), (answer(ROWS[:-20]), "engine-partial"), (answer(ROWS + b"cancelled"), "engine-partial"),
    (answer(b"<html>busy</html>", b"text/html"), "engine-partial"), (answer(b'{"head":{},"boolean":true}'), "engine-partial"),
    (answer(b"", status=b"302 Found", extra=b"Location: http://127.0.0.1:9/\r\n"), "engine-failed"),
    (answer(b"no such thing", b"text/plain", b"400 Bad Request"), "engine-refused"),
    (answer(b"", status=b"401 Unauthorized"), "engine-failed"), (answer(b"", status=b"503 Busy"), "engine-failed"),
    (answer(ROWS, extra=b"X-SPARQL-MaxRows: 1\r\n"), "engine-partial"), (b"nonsense\r\n\r\n", "engine-failed"), (b"", "engine-failed"),
    (dripping, "query-timeout"), (silent, "query-timeout"),
])  # fmt: skip
def test_what_is_no_whole_answer_is_an_error(given: bytes | Callable[[socket.socket], None], code: str) -> None:
    from kg.remote import Asking

    with saying(given) as (url, _), Engine(url) as engine:
        with pytest.raises(QueryError) as raised:
            RemoteStore(engine, BASE, asking=Asking(seconds=0.6)).select(SELECT)
    assert raised.value.code == code
    assert raised.value.text("ja") and raised.value.text("en")


def test_an_answer_within_its_bounds() -> None:
    with saying(answer(ROWS), answer(b" " * 5000)) as (url, asked), Engine(url) as engine:
        store = RemoteStore(engine, BASE, {"x": "http://example.org/"})
        assert [row["n"].value for row in store.select("SELECT ?n WHERE { ?s x:p ?n }")] == ["7"]
        assert b"PREFIX+x%3A+%3Chttp" in asked[0] and b"Authorization" not in asked[0]
        with pytest.raises(QueryError) as raised:
            engine.query(SELECT, "*/*", limit=4000)
    assert raised.value.code == "answer-too-large"


def test_nobody_waits_any_more() -> None:
    with saying(silent) as (url, _), Engine(url) as engine:
        begin = time.monotonic()
        with pytest.raises(QueryError) as raised:
            engine.query(SELECT, "*/*", seconds=30, stopped=lambda: time.monotonic() - begin > 0.2)
    assert raised.value.code == "query-cancelled"


def test_a_name_and_a_password_come_from_a_file_and_go_to_the_engine(tmp_path: Path) -> None:
    file = tmp_path / "login"
    file.write_text("reader:s3:cret\n")
    with saying(answer(ROWS)) as (url, asked), Engine(url, Login.read(file)) as engine:
        engine.query(SELECT, "*/*").body.close()
    assert b"Authorization: Basic cmVhZGVyOnMzOmNyZXQ=" in asked[0]
    file.write_text("reader\n")
    with pytest.raises(MisuseError, match="login-form"):
        Login.read(file)


@pytest.mark.parametrize("url", [
    "engine:7878", "ftp://engine/", "http://", "http://user:secret@engine/", "http://engine:0/", "http://engine/ x", "http://エンジン/",
    "http://engine:x/", "file:///etc/passwd", "http://engine/#x",
])  # fmt: skip
def test_what_is_no_address_of_an_engine(url: str) -> None:
    with pytest.raises(MisuseError) as raised:
        Engine(url)
    assert raised.value.code == "engine-address" and "secret" not in str(raised.value)


def test_a_graph_store_that_refuses() -> None:
    refusal = answer(b"", status=b"403 Forbidden", extra=b"Connection: close\r\n")
    with saying(refusal, refusal) as (url, asked):
        with pytest.raises(ReleaseError) as raised:
            GraphStore(url).put(f"{BASE}graph/inferred", b"<a:a> <a:b> <a:c> .\n")
        with pytest.raises(ReleaseError):
            GraphStore(url).delete(f"{BASE}graph/inferred")
    assert raised.value.values["detail"] == "403 Forbidden"
    assert asked[0].startswith(b"PUT /sparql?graph=https%3A%2F%2Fexample.org%2Ftowns%2Fgraph%2Finferred HTTP/1.1")
    with pytest.raises(ReleaseError, match="refused"):
        GraphStore(url).put(None, b"")


def test_the_size_of_a_release_counts_each_triple_once(tmp_path: Path) -> None:
    data = tmp_path / "x.nq"
    data.write_text('<a:a> <a:b> "x <y>" <a:g> .\n<a:a> <a:b> "x <y>" <a:h> .\n<a:a> <a:b> "x <y>"@ja <a:g> .\n')
    assert Size.of(data) == Size(2, 3)
