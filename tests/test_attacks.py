"""The service under attack, over a real socket, in short: benchmarks/attack.py prints the same with times."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
from conftest import ROOT
from endpoint_support import BASE, Server, alive, fixture_lines, running, vocabulary, write_release

from endpoint import protocol
from endpoint.crews import can_fork
from endpoint.workers import Limits
from kg.model import Line


def _benchmark(name: str) -> ModuleType:
    """A module of benchmarks/, which is no package of the project."""
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    return importlib.import_module(f"benchmarks.{name}")


attack = _benchmark("attack")
floods = _benchmark("_floods")
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o }"
LIMITS = Limits(workers=2, queue=6, deadline=0.8, patience=8.0, memory=192 << 20, answer=32 << 20, fast_workers=8,
                fast_deadline=0.2, fast_memory=96 << 20)
pytestmark = pytest.mark.skipif(not can_fork(), reason="the walls are those of Linux")


def many_lines() -> list[Line]:
    graph = f"<{BASE}graph/ref/towns>"
    more = [f"<{BASE}id/lg/jp-town-{n}> <{BASE}def#near> <{BASE}id/lg/jp-town-{n * 7 % 500}> {graph} ." for n in range(500)]
    return [*fixture_lines(), *more]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"), many_lines(), vocabulary())


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    with running(folder, limits=LIMITS) as address:
        yield address


def place(server: Server) -> tuple[str, int]:
    parts = urlsplit(server.address)
    return parts.hostname or "", parts.port or 0


def descendants(pid: int) -> list[tuple[int, float]]:
    """The processes below one, each with the seconds of processor time that it has used."""
    parents: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = (int(fields[1]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))
    found, fresh = [], {pid}
    while fresh:
        fresh = {child for child, (parent, _) in parents.items() if parent in fresh}
        found += [(child, parents[child][1]) for child in fresh]
    return found


def named(server: Server, *names: str) -> set[int]:
    """The processes of the service that have one of these names."""
    found = set()
    for pid, _ in descendants(server.pid):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text().strip() in names:
                found.add(pid)
    return found


@pytest.mark.parametrize("name", attack.hostile())
def test_a_hostile_query_is_answered_rightly(server: Server, name: str) -> None:
    found = attack.ask(*place(server), attack.hostile()[name])
    assert found.right, found
    assert server.query(COUNT).values("n") == ["615"]


def test_c9_no_disguise_of_service_makes_a_connection(server: Server) -> None:
    with attack.listener() as (address, calls):
        for name, text in attack.disguises(address).items():
            assert attack.ask(*place(server), text).right, name
        graph = server.query("ASK { ?s ?p ?o }", **{"default-graph-uri": address})
        assert graph.json()["boolean"] is False
        assert calls() == 0
        socket.create_connection(place(server), 5).close()


def test_c9_what_the_scan_does_not_see_finds_no_descriptor(tmp_path: Path) -> None:
    """The wall behind the scan: the same texts go straight to the evaluators."""
    from endpoint.crews import Load
    from endpoint.workers import Evaluators, Request
    from kg.errors import QueryError

    data = tmp_path / "data.nq"
    data.write_text("".join(f"{line}\n" for line in fixture_lines()))
    with Evaluators(Load(data, BASE), LIMITS) as pool, attack.listener() as (address, calls):
        for text in attack.disguises(address).values():
            try:
                pool.run(Request(text))
            except QueryError as error:
                assert error.code in ("service-refused", "query-syntax", "query-crash"), "it may die, but not call"
        assert calls() == 0


def test_c1_others_are_served_while_eight_heavy_queries_run(server: Server) -> None:
    before = named(server, "jichi-fast", "jichi-slow")
    assert len(before) > (LIMITS.workers + LIMITS.fast_workers) / 2, "evaluators, of which some may just be replaced"
    attackers = [threading.Thread(target=attack.ask, args=(*place(server), f"{ENDLESS} # {n}")) for n in range(8)]
    for attacker in attackers:
        attacker.start()
    times, wrong = attack.good_client(*place(server), 1.0, lambda n: f"ASK {{ ?s ?p {n} }}")
    assert wrong == [] and times
    assert server.get("/health").json() == {"status": "ok"} and server.get("/ready").status == 200
    assert server.get("/doc/lg/jp-asagiri-shi", "text/turtle").status == 200
    for attacker in attackers:
        attacker.join()


def test_c1_sigterm_ends_the_service_while_queries_run(folder: Path) -> None:
    limits = replace(LIMITS, deadline=60.0)
    statuses: list[int] = []
    with running(folder, limits=limits) as server:
        threads = [threading.Thread(target=lambda n=n: statuses.append(attack.ask(*place(server), f"{ENDLESS} # {n}").status))
                   for n in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.8)
        children = [pid for pid, _ in descendants(server.pid)]
        begin = time.monotonic()
        os.kill(server.pid, signal.SIGTERM)
        time.sleep(0.3)
        assert server.get("/ready").status == 503 and server.get("/health").status == 200
        for thread in threads:
            thread.join()
        while Path(f"/proc/{server.pid}/fd").exists() and os.listdir(f"/proc/{server.pid}/fd"):
            assert time.monotonic() - begin < 20
            time.sleep(0.05)
        seconds = time.monotonic() - begin
    assert statuses == [503] * 4, "who waits is told, not cut off"
    assert seconds < 10
    assert len(children) > 4 and not [pid for pid in children if alive(pid)]


def test_c5_a_visitor_who_hangs_up_stops_the_query(folder: Path) -> None:
    with running(folder, limits=replace(LIMITS, deadline=60.0)) as server:
        body = ENDLESS.encode()
        head = (f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        with socket.create_connection(place(server), 5) as visitor:
            visitor.sendall(head + body)
            until = time.monotonic() + 30
            while burned(server) < 0.02 and time.monotonic() < until:
                pass
            assert time.monotonic() < until, "it runs, however little of a busy machine is left to it"
        until = time.monotonic() + 30
        while burned(server) > 0.02 and time.monotonic() < until:
            pass
        assert burned(server) <= 0.02


def burned(server: Server) -> float:
    """Seconds of processor time that the evaluators use in half a second."""
    before = dict(descendants(server.pid))
    time.sleep(0.5)
    return sum(seconds - before[pid] for pid, seconds in descendants(server.pid) if pid in before)


def test_c8_large_answers_are_spooled_not_kept(server: Server) -> None:
    """Many answers of tens of megabytes at a time leave the web process as it was."""
    query = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } LIMIT 40000"
    first = server.query(query, "application/sparql-results+xml")
    assert first.status in (200, 503)
    before = resident(server)
    sizes = [len(server.query(f"{query} # {n}", "text/csv").body) for n in range(6)]
    assert max(sizes) > 4 << 20
    assert resident(server) - before < 48 << 20
    refused = server.query("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }", "application/sparql-results+xml")
    assert refused.status in (400, 503) and refused.json()["code"] in ("answer-too-large", "query-timeout", "query-memory")


def resident(server: Server) -> int:
    """Bytes of memory of the web processes."""
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in named(server, "jichi-web")) * os.sysconf(
        "SC_PAGESIZE")


def test_c10_the_pool_recovers_from_a_flood(server: Server) -> None:
    before = named(server, "jichi-release", "jichi-web")
    assert len(before) == 1 + LIMITS.processes
    codes: list[object] = []
    threads = [threading.Thread(target=lambda n=n: codes.append(attack.ask(*place(server), f"{ENDLESS} # flood {n}")))
               for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found.status == 503 and found.right for found in codes), codes
    assert {found.code for found in codes} <= {"query-timeout", "query-memory", "queue-full"}
    assert server.query(COUNT).values("n") == ["615"]
    assert any(server.get("/ready").json().get("replaced", 0) > 0 for _ in range(50)), "in one of the web processes"
    assert before == named(server, "jichi-release", "jichi-web"), "only evaluators were replaced"


@pytest.mark.parametrize("request_line", [
    b"GARBAGE\r\n\r\n", b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /sparql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01",
])  # fmt: skip
def test_bytes_that_are_no_request(server: Server, request_line: bytes) -> None:
    with socket.create_connection(place(server), 5) as connection:
        connection.sendall(request_line)
        connection.shutdown(socket.SHUT_WR)
        first = connection.recv(100)
    assert first == b"" or first.split()[1][:1] in (b"4", b"5") and not first.startswith(b"HTTP/1.1 500")
    assert server.get("/health").status == 200


def test_idle_connections_do_not_keep_others_out(server: Server) -> None:
    answered: list[int] = []

    def meanwhile() -> None:
        answered.extend(server.query(f"ASK {{ ?s ?p {n} }}").status for n in range(10))

    opened, _ = floods.idle(*place(server), 1500, meanwhile)
    assert opened == 1500 and answered == [200] * 10
    assert server.query(COUNT).values("n") == ["615"]


def test_heads_and_bodies_without_end_are_refused(server: Server) -> None:
    assert set(floods.header_flood(*place(server))) <= {431, 400, 0}
    assert set(floods.giant_bodies(*place(server))) <= {413, 0}
    refused = floods.exchange(*place(server), b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * (40 << 10) + b"\r\n\r\n")
    head, _, body = refused.partition(b"\r\n\r\n")
    assert b"431" in head and b"Access-Control-Allow-Origin: *" in head and b'"code": "request-header-too-large"' in body
    assert server.get("/health").status == 200


def test_addresses_and_letters_that_nobody_has(server: Server) -> None:
    assert set(floods.paths(*place(server))) <= {400, 404, 308, 303, 431}
    assert set(floods.broken_utf8(*place(server))) == {400}
    for path in floods.PATHS:
        answer = floods.exchange(*place(server), floods.request("GET", path))
        assert b"root:" not in answer and b"import" not in answer and b"\r\nSet-Cookie" not in answer and b"\r\nX: y" not in answer


def test_a_flood_of_odd_headers_and_queries_leaves_memory_as_it_was(server: Server) -> None:
    before = resident(server)
    answers = floods.cache_flood(*place(server), 3.0, "/doc/lg/jp-asagiri-shi", threads=3)
    assert set(answers) <= {200, 404} and answers[200] > 10
    assert resident(server) - before < LIMITS.processes * (LIMITS.cache + (24 << 20))


def test_a_slow_head_is_cut_off(folder: Path) -> None:
    """Slow-loris: a byte now and then keeps nobody's place for ever."""
    with running(folder, limits=replace(LIMITS, processes=1)) as server:
        found: list[tuple[int, int]] = []
        loris = threading.Thread(target=lambda: found.append(floods.slow_heads(*place(server), 60, protocol.HEAD_SECONDS + 3)))
        loris.start()
        times, wrong = attack.good_client(*place(server), 2.0, lambda n: f"ASK {{ ?s ?p {n} }}")
        loris.join()
        assert wrong == [] and times
        assert found == [(60, 0)]


def test_requests_in_a_row_on_one_connection_are_answered_in_order(server: Server) -> None:
    """What the cache has does not overtake what it has not."""
    server.get("/doc/lg/jp-asagiri-shi.nt")
    paths = [b"/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20987%20%7D", b"/doc/lg/jp-asagiri-shi.nt", b"/health", b"/doc/lg/none.nt"]
    sent = b"".join(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + (b"Connection: close\r\n" if path == paths[-1] else b"") + b"\r\n"
                    for path in paths)
    answer = floods.exchange(*place(server), sent)
    order = [answer.index(mark) for mark in (b'"boolean"', b"/id/lg/jp-asagiri-shi> <", b'"status": "ok"', b'"not-found"')]
    assert order == sorted(order) and answer.count(b"HTTP/1.1 200") == 3


def test_a_short_soak(folder: Path) -> None:
    """Mixed load in short: nothing is answered wrongly, nobody leaks. `python -m benchmarks.soak` does it for long."""
    soak = _benchmark("soak")
    with running(folder, limits=LIMITS) as server:
        names = [f"/doc/lg/{key}" for key in ("jp-asagiri-shi", "jp-yunagi-cho", "none")]
        counts, found = soak.soak(*place(server), server.pid, 8.0, names, every=0.5)
        assert not [name for name in counts if "WRONG" in name or name.split()[-1] in ("500", "502")], counts
        assert {name.split()[0] for name in counts} == {"document", "query", "hostile", "hung", "nonsense"}
        rest = found["neither of the two"]
        assert len(rest) > 4 and all(memory > 0 for _, memory in rest)
        assert found["byte caches"][-1][1] > 0, "they hold something by then, and say so"
        assert rest[-1][1] - rest[0][1] < 64, "MiB"
        assert len(named(server, "jichi-web")) == LIMITS.processes
