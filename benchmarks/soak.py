"""Mixed load for a long time, and how memory goes with it.

    python -m benchmarks.soak --minutes 20

Visitors of every kind ask at once: documents in every form, queries old and new, queries that are ended, clients that hang
up, requests that are none. Memory is that of all processes (PSS, what is shared counts once), every few seconds; its slope
is that of a line through what was measured after the first quarter. The byte caches fill for longer than that: what they
say they hold (`jichi_cache_bytes`) is told apart, and what tells of a leak is the slope of the rest.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import random
import socket
import threading
import time
from collections import Counter
from urllib.parse import urlencode

from benchmarks import _floods as floods
from benchmarks import attack

ACCEPTS = ("text/turtle", "text/html", "application/ld+json", "application/rdf+xml", "*/*", "x/y, text/html;q=0.2")
THINGS = 'SELECT DISTINCT ?s WHERE { ?s a ?c FILTER(CONTAINS(STR(?s), "/id/") && !CONTAINS(STR(?s), "#")) } LIMIT 400'
WEB = ("jichi-web", "jichi-release", "python", "kg")
ROWS = ("all processes", "without evaluators", "byte caches", "neither of the two")
Samples = list[tuple[float, float]]
"""seconds since the beginning, and MiB"""


def slope(samples: list[tuple[float, float]]) -> float:
    """Of the least-squares line through (seconds, MiB), in MiB an hour; over all but the first quarter."""
    kept = samples[len(samples) // 4:]
    middle = sum(t for t, _ in kept) / len(kept)
    mean = sum(m for _, m in kept) / len(kept)
    spread = sum((t - middle) ** 2 for t, _ in kept)
    return 3600 * sum((t - middle) * (m - mean) for t, m in kept) / spread if spread else 0.0


def soak(
    host: str, port: int, pid: int, seconds: float, documents: list[str], every: float = 5.0
) -> tuple[Counter[str], dict[str, Samples]]:
    """Answers by kind and status; memory over time by the names of `ROWS`."""
    counts: Counter[str] = Counter()
    end = time.monotonic() + seconds
    visitors = [_reader, _asker, _asker, _heavy, _leaver, _nonsense]
    threads = [threading.Thread(target=visitor, args=(host, port, end, counts, documents, number))
               for number, visitor in enumerate(visitors)]
    for thread in threads:
        thread.start()
    begin = time.monotonic()
    found: dict[str, Samples] = {name: [] for name in ROWS}
    while time.monotonic() < end:
        moment = time.monotonic() - begin
        whole, web, kept = floods.memory_mib(pid), floods.memory_mib(pid, *WEB), _kept_mib(host, port)
        for name, size in zip(ROWS, (whole, web, kept, web - kept), strict=True):
            found[name].append((moment, size))
        time.sleep(min(every, max(0.0, end - time.monotonic())))
    for thread in threads:
        thread.join()
    return counts, found


def _kept_mib(host: str, port: int) -> float:
    """What the byte caches of all processes hold, as they count it."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("jichi_cache_bytes")) / (1 << 20)


def _reader(host: str, port: int, end: float, counts: Counter[str], documents: list[str], seed: int) -> None:
    dice = random.Random(seed)
    tags: dict[str, str] = {}
    connection = http.client.HTTPConnection(host, port, timeout=30)
    while time.monotonic() < end:
        path = dice.choice(documents)
        headers = {"Accept": dice.choice(ACCEPTS), "Accept-Encoding": dice.choice(("gzip", "br", "zstd", "")),
                   "If-None-Match": tags.get(path, '"-"')}
        status, found = _get(connection, dice.choice(("GET", "GET", "HEAD")), path, headers)
        tags[path] = found.get("ETag", '"-"')
        counts[f"document {status}"] += 1
        time.sleep(0.004)
    connection.close()


def _asker(host: str, port: int, end: float, counts: Counter[str], documents: list[str], seed: int) -> None:
    dice = random.Random(seed)
    connection = http.client.HTTPConnection(host, port, timeout=30)
    while time.monotonic() < end:
        new = dice.random() < 0.7
        text = f"SELECT * WHERE {{ ?s ?p ?o }} LIMIT {dice.choice((5, 50, 500))} # {dice.randrange(10**9) if new else 0}"
        path = f"/sparql?{urlencode({'query': text, 'format': dice.choice(('json', 'xml', 'csv'))})}"
        counts[f"query {_get(connection, 'GET', path, {})[0]}"] += 1
        time.sleep(0.004)
    connection.close()


def _heavy(host: str, port: int, end: float, counts: Counter[str], documents: list[str], seed: int) -> None:
    queries = list(attack.hostile().values())
    turn = 0
    while time.monotonic() < end:
        turn += 1
        found = attack.ask(host, port, f"{queries[turn % len(queries)]} # {turn}")
        counts[f"hostile {found.status}" if found.right else f"hostile {found.status} WRONG"] += 1


def _leaver(host: str, port: int, end: float, counts: Counter[str], documents: list[str], seed: int) -> None:
    body = attack.hostile()["cart_count"].encode()
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((host, port), 5) as line:
            line.sendall(floods.request("POST", b"/sparql", body, "application/sparql-query"))
            time.sleep(0.3)
        counts["hung up"] += 1


def _nonsense(host: str, port: int, end: float, counts: Counter[str], documents: list[str], seed: int) -> None:
    dice = random.Random(seed)
    while time.monotonic() < end:
        junk = bytes(dice.randrange(256) for _ in range(200))
        path = dice.choice(floods.PATHS)
        answer = floods.exchange(host, port, dice.choice((junk, floods.request("GET", path))), 2.0)
        counts[f"nonsense {floods.status_of(answer)}"] += 1
        time.sleep(0.1)


def _get(connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0, {}
    return answer.status, dict(answer.getheaders())


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.soak")
    options.add_argument("--minutes", type=float, default=1.0)
    given = options.parse_args()
    with attack.served() as (host, port, process):
        documents = [f"/doc/{iri.split('/id/')[1]}" for iri in attack.answered(host, port, THINGS)]
        counts, found = soak(host, port, process.pid, 60 * given.minutes, documents)
        alive = process.poll() is None
    print(f"{given.minutes:g} minutes; the service {'ran to the end' if alive else 'ENDED'}")
    for name, number in sorted(counts.items()):
        print(f"{name:24}{number:>10}")
    for name, samples in found.items():
        kept = [m for _, m in samples]
        print(f"{name:24}{kept[0]:>7.0f} MiB at first, {max(kept):.0f} at most, {kept[-1]:.0f} at last; "
              f"slope {slope(samples):+.1f} MiB an hour")


if __name__ == "__main__":
    main()
