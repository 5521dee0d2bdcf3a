"""endpoint/workers.py: a query in a process that can be killed. The real processes run; nothing is replaced."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from endpoint_support import BASE, alive, fixture_lines

from endpoint.crews import can_fork
from endpoint.workers import Answer, Evaluators, Limits, Load, QueueFull, Request
from kg.errors import QueryError, ReleaseError

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
HUNGRY = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l } ORDER BY ?c"
LIMITS = Limits(workers=2, queue=2, deadline=1.0, patience=5.0, memory=128 << 20, answer=2 << 20, fast_workers=3,
                fast_deadline=0.2)
WAYS = [False, *([True] if can_fork() else [])]
"""spawned everywhere, forked where the system can"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "jichi.nq"
    path.write_text("".join(f"{line}\n" for line in fixture_lines()))
    return path


@pytest.fixture(scope="module", params=WAYS, ids=lambda fork: "forked" if fork else "spawned")
def evaluators(data: Path, request: pytest.FixtureRequest) -> Iterator[Evaluators]:
    with Evaluators(Load(data, BASE), replace(LIMITS, fork=request.param)) as pool:
        assert set(pool._lanes) == ({"fast", "slow"} if request.param else {"slow"})
        yield pool


def code_of(pool: Evaluators, query: str) -> str:
    with pytest.raises(QueryError) as raised:
        pool.run(Request(query))
    assert raised.value.text("ja") and raised.value.text("en")
    return raised.value.code


def answers(pool: Evaluators) -> bool:
    return b'"115"' in pool.run(Request(COUNT)).body


def test_an_answer(evaluators: Evaluators) -> None:
    begin = time.monotonic()
    answer = evaluators.run(Request(COUNT, results="csv"))
    assert (answer.form, answer.body) == ("results", b"n\r\n115\r\n")
    assert 0 < answer.seconds < time.monotonic() - begin
    graph = evaluators.run(Request("CONSTRUCT { <a> <b> 1 } WHERE {}", rdf="ntriples"))
    assert graph.form == "rdf" and graph.body.startswith(f"<{BASE}a> <{BASE}b> ".encode())


def test_a_deadline_kills_and_the_next_query_is_answered(evaluators: Evaluators) -> None:
    before = evaluators.killed
    assert code_of(evaluators, ENDLESS) == "query-timeout"
    assert evaluators.killed == before + len(evaluators._lanes), "one in each lane"
    assert answers(evaluators) and answers(evaluators)


def test_a_query_that_the_engine_refuses_ends_no_evaluator(evaluators: Evaluators) -> None:
    before, pids = evaluators.killed, evaluators.pids()
    assert code_of(evaluators, "SELECT (<https://example.org/no-such-function>(1) AS ?x) {}") == "query-unsupported"
    assert (evaluators.killed, evaluators.pids()) == (before, pids)


def test_both_workers_may_be_killed_at_once(evaluators: Evaluators) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(code_of(evaluators, ENDLESS))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["query-timeout"] * 2
    assert answers(evaluators) and answers(evaluators)


def test_memory_is_bounded(evaluators: Evaluators) -> None:
    assert code_of(evaluators, HUNGRY) in ("query-memory", "query-timeout")
    assert answers(evaluators)


def test_little_memory_ends_a_query_for_that_reason(data: Path) -> None:
    limits = Limits(workers=1, queue=1, deadline=20.0, memory=64 << 20, fast_workers=1)
    with Evaluators(Load(data, BASE), limits) as pool:
        assert code_of(pool, HUNGRY) == "query-memory"
        assert answers(pool)


def test_nested_braces_are_answered(evaluators: Evaluators) -> None:
    """Ten kilobytes of this end Oxigraph's own server. Here they are evaluated, or refused and the worker replaced."""
    for query in ("ASK " + "{" * 5000 + "}" * 5000, "ASK { FILTER(" + "!" * 60000 + "true) }"):
        assert b"true" in evaluators.run(Request(query)).body
    deep = "ASK " + "{" * 2_000_000 + "}" * 2_000_000
    assert code_of(evaluators, deep) in ("query-crash", "query-timeout", "query-memory")
    assert answers(evaluators) and answers(evaluators)


def test_a_worker_that_dies_is_replaced(evaluators: Evaluators) -> None:
    pids = evaluators.pids()
    for pid in pids:
        os.kill(pid, signal.SIGSEGV)
    time.sleep(0.3)
    # At the same time, so that none of the dead is left over.
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(answers(evaluators))) for _ in pids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * len(pids), "nobody is given to one that died while it had nothing to do"


@pytest.mark.skipif(not can_fork(), reason="only where there is a process to fork from")
def test_a_zygote_that_is_killed_is_started_again(data: Path) -> None:
    with Evaluators(Load(data, BASE), LIMITS) as pool:
        pids = pool.pids()
        pool._crew._process.kill()
        until = time.monotonic() + 20
        while not (pool.ready and not set(pool.pids()) & set(pids)) and time.monotonic() < until:
            time.sleep(0.05)
        assert answers(pool)


def test_who_hangs_up_frees_the_evaluator(evaluators: Evaluators) -> None:
    gone = time.monotonic() + 0.4
    with pytest.raises(QueryError) as raised:
        evaluators.run(Request(ENDLESS), lambda: time.monotonic() > gone)
    assert raised.value.code == "query-cancelled"
    assert answers(evaluators)


def test_a_large_answer_is_spooled_to_disk(evaluators: Evaluators) -> None:
    query = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } LIMIT 5500"
    answer = evaluators.run(Request(query, results="csv"))
    assert answer.size > 1 << 20 and len(answer.body) == answer.size and answer.body.count(b"\r\n") >= 5501


def test_an_answer_is_bounded_and_the_worker_lives(evaluators: Evaluators) -> None:
    before = evaluators.killed
    assert code_of(evaluators, "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f }") == "answer-too-large"
    assert evaluators.killed == before


def test_a_syntax_error_keeps_its_place(evaluators: Evaluators) -> None:
    with pytest.raises(QueryError) as raised:
        evaluators.run(Request("SELECT * WHERE {\n  ?s ?p }"))
    assert (raised.value.code, raised.value.values["line"]) == ("query-syntax", 2)


@pytest.mark.parametrize("silent", ["", "SILENT"])
def test_no_connection_leaves_the_process(evaluators: Evaluators, silent: str) -> None:
    """Even for a SERVICE that no scan has refused: there is no descriptor for a socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        query = f"ASK {{ SERVICE {silent} <http://127.0.0.1:{listener.getsockname()[1]}/> {{ ?s ?p ?o }} }}"
        for _ in range(3):
            if silent:
                evaluators.run(Request(query))
            else:
                assert code_of(evaluators, query) == "service-refused"
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_full_queue_is_refused_at_once(data: Path) -> None:
    limits = Limits(workers=1, queue=1, deadline=1.5, patience=10.0, fork=False)
    with Evaluators(Load(data, BASE), limits) as pool:
        outcomes: list[object] = []

        def ask(query: str) -> None:
            try:
                outcomes.append(pool.run(Request(query)))
            except (QueryError, QueueFull) as error:
                outcomes.append(error.code)

        running = threading.Thread(target=ask, args=(ENDLESS,))
        running.start()
        time.sleep(0.3)
        waiting = threading.Thread(target=ask, args=(COUNT,))
        waiting.start()
        time.sleep(0.3)
        with pytest.raises(QueueFull) as raised:
            pool.run(Request(COUNT))
        assert running.is_alive() and waiting.is_alive(), "it is refused at once"
        assert raised.value.retry_after >= 1
        running.join()
        waiting.join()
        assert outcomes[0] == "query-timeout"
        assert isinstance(outcomes[1], Answer)


def test_who_waits_too_long_is_told_so(data: Path) -> None:
    limits = Limits(workers=1, queue=4, deadline=2.0, patience=0.3, fork=False)
    with Evaluators(Load(data, BASE), limits) as pool:
        running = threading.Thread(target=code_of, args=(pool, ENDLESS))
        running.start()
        time.sleep(0.3)
        with pytest.raises(QueueFull):
            pool.run(Request(COUNT))
        running.join()


@pytest.mark.parametrize("fork", WAYS)
def test_data_that_cannot_be_loaded(tmp_path: Path, fork: bool) -> None:
    broken = tmp_path / "broken.nq"
    broken.write_text("this is not N-Quads\n")
    with pytest.raises(ReleaseError, match="evaluator-start"):
        Evaluators(Load(broken, BASE), Limits(workers=1, fork=fork))


@pytest.mark.parametrize("fork", WAYS)
def test_closing_ends_every_process(data: Path, fork: bool) -> None:
    pool = Evaluators(Load(data, BASE), replace(LIMITS, fork=fork))
    pids = pool.pids()
    assert pids and all(alive(pid) for pid in pids)
    pool.close()
    until = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert not [pid for pid in pids if alive(pid)]
    with pytest.raises(QueueFull):
        pool.run(Request(COUNT))


def test_the_data_set_of_a_request(evaluators: Evaluators) -> None:
    graphs = tuple(f"{BASE}graph/{name}" for name in ("inferred", "rec/900-2021-lisbon"))
    query = f"SELECT ?s WHERE {{ ?s <{BASE}def#hostedBy> <{BASE}id/lg/jp-asagiri-shi> }}"
    answer = evaluators.run(Request(query, results="csv", default_graphs=graphs))
    assert answer.body.count(b"2021-lisbon") == 1, "a triple of both graphs gives one row"
    assert evaluators.run(Request(query, results="csv", default_graphs=())).body == b"s\r\n"
