"""Attacks on the connection rather than by a query: what `python -m benchmarks.attack` prints besides.

Each attack runs while a good client asks small questions; what counts is that it is answered, that attackers are shown the
door, and that memory stays where it was.
"""

from __future__ import annotations

import contextlib
import errno
import random
import resource
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlencode

PATHS = [
    b"/id/x%3E%7D%20UNION%20%7B?s%20?p%20?o%7D", b"/doc/seminar/..%2f..%2f..%2fetc%2fpasswd", b"/dump/../../../etc/passwd",
    b"/dump/%2e%2e/%2e%2e/etc/passwd", b"/static/../app.py", b"/static/%2e%2e/app.py", b"/dump/.pages", b"//etc/passwd",
    b"/doc/seminar/x%00.ttl", b"/doc/%c0%ae%c0%ae/x", b"/id/seminar/%ff%fe", b"/doc/seminar/\xff\xfe", b"/graph/%0d%0aX: y",
    b"/doc/seminar/x.ttl%0d%0aSet-Cookie:%20a=b", b"/" + b"a/" * 20000, b"/" + b"%41" * 60000,
]  # fmt: skip
"""addresses that must not be served"""
BROKEN = [
    ("GET", b"/sparql?query=%ff%fe%fd", b"", ""),
    ("GET", b"/sparql?query=ASK%20%7B%7D%80&lang=%ff", b"", ""),
    ("POST", b"/sparql", b"query=%ff%fe", "application/x-www-form-urlencoded"),
    ("POST", b"/sparql", b"ASK {} # \xff\xfe", "application/sparql-query"),
    ("POST", b"/sparql", b"\xff\xfe\x00\x00", "application/x-www-form-urlencoded; charset=\xff"),
]  # fmt: skip
"""requests that are not UTF-8"""


def exchange(host: str, port: int, data: bytes, seconds: float = 20.0) -> bytes:
    """What comes back for some bytes, until the server closes or `seconds` are over."""
    found = b""
    with contextlib.suppress(OSError), socket.create_connection((host, port), 5) as line:
        line.settimeout(seconds)
        with contextlib.suppress(OSError):
            line.sendall(data)
        while part := line.recv(1 << 16):
            found += part
    return found


def status_of(answer: bytes) -> int:
    parts = answer.split(b" ", 2)
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


def request(method: str, path: bytes, body: bytes = b"", kind: str = "", headers: str = "") -> bytes:
    head = f" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}".encode("latin-1")
    if body or method == "POST":
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n".encode("latin-1")
    return method.encode() + b" " + path + head + b"\r\n" + body


def paths(host: str, port: int) -> dict[int, int]:
    """Statuses for addresses that must not be served."""
    return dict(Counter(status_of(exchange(host, port, request("GET", path))) for path in PATHS))


def broken_utf8(host: str, port: int) -> dict[int, int]:
    return dict(Counter(status_of(exchange(host, port, request(m, p, b, k))) for m, p, b, k in BROKEN))


def header_flood(host: str, port: int) -> dict[int, int]:
    """A long header, many headers, a head that never ends, a long chain of requests on one connection."""
    heads = [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (1 << 20) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(50_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"Accept: text/turtle\r\n" * 100_000,
        b"GET /" + b"a" * (1 << 21) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ]
    return dict(Counter(status_of(exchange(host, port, head)) for head in heads))


def giant_bodies(host: str, port: int) -> dict[int, int]:
    """A length of ten gigabytes, a chunk that does not end, a body that is longer than it says."""
    kind = "Content-Type: application/sparql-query\r\n"
    start = f"POST /sparql HTTP/1.1\r\nHost: x\r\n{kind}".encode()
    bodies = [
        start + b"Content-Length: 10000000000\r\n\r\n" + b"x" * 1000,
        start + b"Transfer-Encoding: chunked\r\n\r\n" + b"100000\r\n" + b"x" * 0x100000 + b"\r\n100000\r\n" + b"x" * 0x100000,
        start + b"Content-Length: 300000\r\n\r\n" + b"x" * 300000,
    ]
    return dict(Counter(status_of(exchange(host, port, body)) for body in bodies))


def slow_heads(host: str, port: int, number: int, seconds: float) -> tuple[int, int]:
    """Slow-loris: heads of which a byte comes now and then. How many connections there were, and are left."""
    lines = _open(host, port, number)
    opened = len(lines)
    until = time.monotonic() + seconds
    while time.monotonic() < until and lines:
        for line in list(lines):
            try:
                line.sendall(b"GET / HTTP/1.1\r\nX"[:1] if random.random() < 0.5 else b"G")
            except OSError:
                lines.remove(line)
                line.close()
        time.sleep(0.5)
    left = _still_open(lines)
    _close(lines)
    return opened, left


def idle(host: str, port: int, number: int, meanwhile: Callable[[], None]) -> tuple[int, int]:
    """Connections that say nothing. How many could be opened, and how many are left after `meanwhile`.

    Fewer than `number` where this process may not have as many descriptors, or where opening takes over a minute.
    """
    _allow_files(number + 500)
    lines = _open(host, port, number)
    meanwhile()
    opened, left = len(lines), _still_open(lines)
    _close(lines)
    return opened, left


def cache_flood(host: str, port: int, seconds: float, path: str, threads: int = 4) -> Counter[int]:
    """Requests whose Accept, query and arguments are new each time."""
    import http.client

    found: Counter[int] = Counter()

    def flood(seed: int) -> None:
        dice = random.Random(seed)
        connection = http.client.HTTPConnection(host, port, timeout=30)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            word = f"{dice.randrange(10**9)}"
            text = f"SELECT * WHERE {{ ?s ?p ?o }} LIMIT 20 # {word}"
            target, accept = dice.choice([
                (path, f"text/turtle;q=0.{word}, x/{word}"), (f"{path}?x={word}", "text/html"),
                (f"/sparql?{urlencode({'query': text})}", f"text/csv, a/{word};q=0.1"), (f"/doc/{word}/{quote(word)}", "*/*"),
            ])  # fmt: skip
            try:
                connection.request("GET", target, headers={"Accept": accept, "Accept-Language": f"x{word}, ja"})
                answer = connection.getresponse()
                answer.read()
                found[answer.status] += 1
            except (OSError, http.client.HTTPException):
                found[0] += 1
                connection.close()
        connection.close()

    workers = [threading.Thread(target=flood, args=(seed,)) for seed in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found


def memory_mib(root: int, *names: str) -> float:
    """Proportional memory of the processes below one that have one of these names (all: none given)."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    found, fresh = {root}, {root}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found |= fresh
    total = 0
    for pid in found:
        with contextlib.suppress(OSError, StopIteration):
            if not names or Path(f"/proc/{pid}/comm").read_text().strip() in names:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])
    return total / 1024


def _allow_files(number: int) -> None:
    """Ask for so many descriptors: past the hard limit only who administers the machine gets them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= number:
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, max(hard, number)))
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _open(host: str, port: int, number: int, seconds: float = 60.0) -> list[socket.socket]:
    lines = []
    until = time.monotonic() + seconds
    while len(lines) < number and time.monotonic() < until:
        try:
            lines.append(socket.create_connection((host, port), 5))
        except OSError as error:
            if error.errno == errno.EMFILE:
                break
    return lines


def _still_open(lines: list[socket.socket]) -> int:
    left = 0
    for line in lines:
        line.setblocking(False)
        try:
            left += line.recv(1) != b""
        except BlockingIOError:
            left += 1
        except OSError:
            continue
    return left


def _close(lines: list[socket.socket]) -> None:
    for line in lines:
        line.close()
