"""What who runs the service relies on: liveness, readiness, the log, a new release without a restart."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from endpoint_support import BASE, Server, alive, fixture_lines, running, vocabulary, write_release
from test_attacks import descendants, named

from endpoint.workers import Limits

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
LIMITS = Limits(workers=1, deadline=0.6, fast_workers=2, fast_deadline=0.2)
MORE = f"<{BASE}id/lg/jp-asagiri-shi> <{BASE}def#near> <{BASE}id/lg/jp-yunagi-cho> <{BASE}graph/ref/towns> ."


def release_of(server: Server) -> str:
    return server.get("/ready").json()["release"]


def until(condition: object, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.1)
    return met


def test_a_new_release_is_taken_up_without_a_restart(tmp_path: Path) -> None:
    link = write_release(tmp_path, fixture_lines(), vocabulary())
    with running(link, limits=LIMITS) as server:
        first, tag = release_of(server), server.query(COUNT).headers["etag"]
        evaluators = [pid for pid, _ in descendants(server.pid)]
        page = server.get("/doc/lg/jp-asagiri-shi.ttl")
        descriptors = len(os.listdir(f"/proc/{server.pid}/fd"))
        link.unlink()
        write_release(tmp_path, [*fixture_lines(), MORE], vocabulary())
        # The old one takes connections until the new one does: for a moment both answer.
        assert until(lambda: all(release_of(server) != first for _ in range(20)))
        fresh = server.query(COUNT)
        assert fresh.values("n") == ["116"] and fresh.headers["etag"] != tag
        changed = server.get("/doc/lg/jp-asagiri-shi.ttl", If_None_Match=page.headers["etag"])
        assert changed.status == 200 and b"near" in changed.body
        assert until(lambda: not [pid for pid in evaluators if alive(pid)]), "the evaluators of the old one have ended"
        assert until(lambda: len(os.listdir(f"/proc/{server.pid}/fd")) <= descriptors + 2), "and their lines are closed"
        link.unlink()
        link.symlink_to("no-such-release")
        time.sleep(1.5)
        assert server.query(COUNT).values("n") == ["116"], "a release that cannot be opened changes nothing"


def test_alive_and_ready(tmp_path: Path) -> None:
    with running(write_release(tmp_path, fixture_lines(), vocabulary()), limits=LIMITS) as server:
        for path in ("/health", "/ready"):
            reply = server.get(path)
            assert (reply.status, reply.type, reply.headers["cache-control"]) == (200, "application/json", "no-store")
            assert server.request("HEAD", path).headers["content-length"] == reply.headers["content-length"]


def test_a_request_is_one_line_of_json_without_personal_data(tmp_path: Path) -> None:
    log = tmp_path / "log"
    secret = "ASK { ?s ?p 'somebody@example.org' }"
    with running(write_release(tmp_path, fixture_lines(), vocabulary()), limits=LIMITS, log=log) as server:
        headers = {"User-Agent": "secret-agent/1", "Referer": "https://secret.example/", "X-Forwarded-For": "203.0.113.9"}
        tag = server.query(secret).headers["etag"]
        server.query(secret)
        server.request("GET", "/id/lg/jp-asagiri-shi?name=secret", headers)
        server.get("/secret/path")
        server.query("SELECT")
        server.query("SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?q }")
        address = tag and server.address
    # Each web process writes its own lines.
    lines = sorted((json.loads(line) for line in log.read_text().splitlines()), key=lambda line: line["time"])
    assert [(line["route"], line["status"], line["outcome"]) for line in lines] == [
        ("sparql", 200, "ok"), ("sparql", 200, "ok"), ("thing", 303, "ok"), ("published", 404, "not-found"),
        ("sparql", 400, "query-syntax"), ("sparql", 503, "query-timeout"),
    ]  # fmt: skip
    assert lines[0]["query"] == lines[1]["query"] != lines[4]["query"] and lines[0]["lane"] == "fast"
    assert all(line["ms"] >= 0 and line["release"] and line["time"].startswith("20") for line in lines)
    text = log.read_text()
    for word in ("somebody", "secret", "203.0.113.9", "127.0.0.1", "asagiri", "ASK", address):
        assert word not in text, word


def test_metrics_count_what_all_processes_answered(tmp_path: Path) -> None:
    with running(write_release(tmp_path, fixture_lines(), vocabulary()), limits=LIMITS) as server:
        for _ in range(12):
            assert server.get("/doc/lg/jp-asagiri-shi", "text/turtle").status == 200
        server.query("SELECT")
        server.query("SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?o ?q }")
        numbers: dict[str, float] = {}

        def told() -> dict[str, float]:
            reply = server.get("/metrics")
            assert (reply.status, reply.type, reply.headers["cache-control"]) == (200, "text/plain", "no-store")
            rows = [line.rpartition(" ") for line in reply.text.splitlines() if not line.startswith("#")]
            numbers.update({name: float(value) for name, _, value in rows})
            return numbers

        documents = 'jichi_requests_total{outcome="ok",route="document",status="200"}'
        assert until(lambda: told().get(documents) == 12), "whichever process answered"
        timeouts = 'jichi_queries_total{lane="-",outcome="query-timeout"}'
        assert until(lambda: told().get(timeouts) == 1)
        assert numbers["jichi_cache_hits_total"] >= 12 - LIMITS.processes * 2
        assert numbers['jichi_requests_total{outcome="query-syntax",route="sparql",status="400"}'] == 1
        assert until(lambda: told()["jichi_evaluators_replaced_total"] >= 2)
        assert any(name.startswith("jichi_release{") and value == 1 for name, value in numbers.items())
        assert "asagiri" not in server.get("/metrics").text


def test_a_web_process_that_dies_is_replaced(tmp_path: Path) -> None:
    with running(write_release(tmp_path, fixture_lines(), vocabulary()), limits=LIMITS) as server:
        before = named(server, "jichi-web")
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        assert until(lambda: len(named(server, "jichi-web") - before) == LIMITS.processes)
        assert server.query(COUNT).values("n") == ["115"]
        assert until(lambda: len(named(server, "jichi-fast")) == LIMITS.fast_workers), "and its evaluators have ended"


def test_without_fork_one_process_answers(tmp_path: Path) -> None:
    """What serves where there is no fork, tested where there is."""
    link = write_release(tmp_path, fixture_lines(), vocabulary())
    with running(link, limits=Limits(workers=1, deadline=1.0, fork=False)) as server:
        assert server.query(COUNT).values("n") == ["115"] and server.get("/ready").status == 200
        assert server.get("/doc/lg/jp-asagiri-shi", "text/html").status == 200
