"""Hostile queries against the service over HTTP, and one good client beside eight attackers.

    python -m benchmarks.attack

(about six minutes) builds a release, serves it, and prints a table: what was answered to each query and in how long, whether the service
stayed up, and how many connections a listener on this machine saw. Nothing is asserted: times are of this machine.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
ATTACKERS = 8
SECONDS = 6.0


def hostile() -> dict[str, str]:
    """21 queries that cost time, memory or stack, each of which stopped or killed a server of others."""
    three = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    doubled = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(32))
    values = " ".join(f"VALUES ?v{n} {{ {' '.join(map(str, range(40)))} }}" for n in range(8))
    hashed = "SHA512(" * 12 + "CONCAT(STR(?a), STR(?d), STR(?g))" + ")" * 12
    return {
        "cart_count": f"SELECT (COUNT(*) AS ?n) WHERE {three}",
        "cart_no_rows": "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f FILTER(?a = 1 && ?d = 2) }",
        "cart_order_by": f"SELECT * WHERE {three} ORDER BY ?c ?f ?i",
        "cart_distinct": f"SELECT DISTINCT ?a ?d ?g ?j WHERE {three}",
        "cart_stream": f"SELECT * WHERE {three}",
        "path_any": "SELECT (COUNT(*) AS ?n) WHERE { ?a (!<x:x>|^(!<x:x>))* ?b . ?b (!<x:x>|^(!<x:x>))* ?c }",
        "concat_bomb": f'SELECT (STRLEN(?x32) AS ?n) WHERE {{ BIND("abcdefgh" AS ?x0) {doubled} }}',
        "group_concat": f"SELECT (GROUP_CONCAT(STR(?c)) AS ?x) WHERE {three}",
        "values_cart": f"SELECT (COUNT(*) AS ?n) WHERE {{ {values} }}",
        "regex": 'SELECT ?x WHERE { BIND(REGEX("aaaa", "((((a{60}){60}){60}))") AS ?x) }',
        "hash_loop": f"SELECT (COUNT(?x) AS ?n) WHERE {{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i BIND({hashed} AS ?x) }}",
        "groups_5k": "ASK " + "{" * 5_000 + "}" * 5_000,
        "groups_100k": "ASK " + "{" * 100_000 + "}" * 100_000,
        "parens_100k": "ASK { FILTER(" + "(" * 100_000 + "true" + ")" * 100_000 + ") }",
        "nots_100k": "ASK { FILTER(" + "!" * 100_000 + "true) }",
        "plus_100k": "ASK { FILTER(1" + "+1" * 100_000 + " > 0) }",
        "path_50k": "ASK { ?s " + "(" * 50_000 + "<x:x>" + ")*" * 50_000 + " ?o }",
        "path_long_50k": "ASK { ?s <x:x>" + "/<x:x>" * 50_000 + " ?o }",
        "optionals_2000":
            "SELECT * WHERE { ?s ?p ?o " + " ".join(f"OPTIONAL{{?s ?p{n} ?o{n}}}" for n in range(2_000)) + "}",
        "unions_20k": "SELECT * WHERE { " + " UNION ".join(["{?s ?p ?o}"] * 20_000) + " }",
        "pattern_3000": "SELECT * WHERE { " + " ".join(f"?s{n} ?p ?s{n + 1} ." for n in range(2_500)) + " }",
    }


def disguises(address: str) -> dict[str, str]:
    """The ways to have the service call `address` for the visitor."""
    call = f"SERVICE <{address}> {{ ?s ?p ?o }}"
    return {
        "plain": f"ASK {{ {call} }}",
        "silent": f"ASK {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}",
        "mixed case": f"ASK {{ sErViCe sIlEnT <{address}> {{ ?s ?p ?o }} }}",
        "no blank": f"ASK{{SERVICE<{address}>{{?s ?p ?o}}}}",
        "comment between": f"ASK {{ SERVICE # <http://harmless.example/> {{\n <{address}> {{ ?s ?p ?o }} }}",
        "line breaks": f"ASK {{ SERVICE\r\n\tSILENT\n\n<{address}>\t{{ ?s ?p ?o }} }}",
        "escaped letters": f"ASK {{ \\u0053ERVICE <{address}> {{ ?s ?p ?o }} }}",
        "after a string": f"ASK {{ ?a ?b '''it''s \\''' ''' . {call} }}",
        "prefixed name": f"PREFIX x: <{address}> ASK {{ SERVICE x: {{ ?s ?p ?o }} }}",
        "glued to a name": f"PREFIX x: <{address}> ASK {{ SERVICEx: {{ ?s ?p ?o }} }}",
        "relative to BASE": f"BASE <{address}> ASK {{ SERVICE <> {{ ?s ?p ?o }} }}",
        "bound variable": f"SELECT * WHERE {{ BIND(<{address}> AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}",
        "values": f"SELECT * WHERE {{ VALUES ?e {{ <{address}> }} SERVICE SILENT ?e {{ ?s ?p ?o }} }}",
        "computed": f'SELECT * WHERE {{ BIND(IRI("{address}") AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}',
        "in a sub-select": f"SELECT * WHERE {{ {{ SELECT * WHERE {{ {call} }} }} }}",
        "in OPTIONAL": f"SELECT * WHERE {{ OPTIONAL {{ {call} }} }}",
        "in EXISTS": f"ASK {{ FILTER EXISTS {{ {call} }} }}",
        "in MINUS": f"ASK {{ ?s ?p ?o MINUS {{ {call} }} }}",
        "in GRAPH": f"ASK {{ GRAPH ?g {{ {call} }} }}",
        "in CONSTRUCT": f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {call} }}",
        "in DESCRIBE": f"DESCRIBE ?s WHERE {{ {call} }}",
        "FROM": f"SELECT * FROM <{address}> WHERE {{ ?s ?p ?o }}",
        "FROM NAMED": f"SELECT * FROM NAMED <{address}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "LOAD": f"LOAD <{address}>",
    }


@dataclass(frozen=True)
class Found:
    """An answer: `right` where its status is honest and its body is whole and of the type it says."""

    status: int
    code: str
    seconds: float
    right: bool


def ask(host: str, port: int, query: str, timeout: float = 60.0) -> Found:
    """One query by POST. A connection that breaks has the status 0."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    begin = time.monotonic()
    try:
        connection.request("POST", "/sparql", query.encode(), {"Content-Type": "application/sparql-query"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as error:
        return Found(0, type(error).__name__, time.monotonic() - begin, False)
    finally:
        connection.close()
    return _judged(answer, body, time.monotonic() - begin)


def answered(host: str, port: int, query: str) -> list[str]:
    """The values of the first variable of a SELECT."""
    connection = http.client.HTTPConnection(host, port, timeout=60)
    connection.request("GET", f"/sparql?{urlencode({'query': query})}")
    found = json.loads(connection.getresponse().read())
    connection.close()
    return [row[found["head"]["vars"][0]]["value"] for row in found["results"]["bindings"]]


def _judged(answer: http.client.HTTPResponse, body: bytes, seconds: float) -> Found:
    kind = answer.getheader("Content-Type", "")
    code = "-"
    right = answer.status == 200
    if kind.endswith("json"):
        try:
            found = json.loads(body)
        except ValueError:
            return Found(answer.status, "cut", seconds, False)
        if answer.status != 200:
            code = found.get("code", "-")
            says_when = answer.getheader("Retry-After") is not None
            right = answer.status in (400, 413) or (answer.status == 503 and says_when)
    return Found(answer.status, code, seconds, right)


@contextlib.contextmanager
def listener() -> Iterator[tuple[str, Callable[[], int]]]:
    """A place on this machine that nobody should call: its address, and how many called."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        listening.setblocking(False)

        def calls() -> int:
            number = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    listening.accept()[0].close()
                    number += 1
            return number

        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", calls


def good_client(host: str, port: int, seconds: float, queries: Callable[[int], str]) -> tuple[list[float], list[int]]:
    """Seconds of each answer to a client that asks small questions one after the other, and its failures by status."""
    times, wrong = [], []
    connection = http.client.HTTPConnection(host, port, timeout=30)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic()
        path = f"/sparql?{urlencode({'query': queries(len(times))})}"
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            status = 0
            connection.close()
        times.append(time.monotonic() - begin)
        if status != 200:
            wrong.append(status)
    connection.close()
    return times, wrong


def beside(host: str, port: int, attackers: int, seconds: float) -> tuple[list[float], list[int], Counter[str]]:
    """A good client beside attackers that send heavy queries, each time with another text."""
    codes: Counter[str] = Counter()
    ended = threading.Event()
    heavy = [hostile()["cart_count"], hostile()["cart_distinct"]]

    def attack(number: int) -> None:
        turn = 0
        while not ended.is_set():
            turn += 1
            found = ask(host, port, f"{heavy[turn % 2]} # {number} {turn}")
            codes[f"{found.status} {found.code}"] += 1

    threads = [threading.Thread(target=attack, args=(number,), daemon=True) for number in range(attackers)]
    for thread in threads:
        thread.start()
    time.sleep(0.5 if attackers else 0)
    times, wrong = good_client(host, port, seconds, lambda n: f"SELECT ?s WHERE {{ ?s ?p {n} }} LIMIT 5 # {attackers}")
    ended.set()
    for thread in threads:
        # What they still wait for would stand beside the next measurement.
        thread.join(30)
    return times, wrong, codes


def quantile(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


@contextlib.contextmanager
def served() -> Iterator[tuple[str, int, subprocess.Popen[str]]]:
    """The real graph, built and served in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        verb = [sys.executable, "-m", "kg"] if (ROOT / "kg" / "__main__.py").exists() else [
            sys.executable, "-c", "from kg.cli import main; main()"]
        subprocess.run([*verb, "build", "--out", folder], check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        process = subprocess.Popen([*verb, "serve", "--out", folder, "--port", "0"], cwd=ROOT, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        try:
            _, _, port = process.stdout.readline().strip().rstrip("/").rpartition(":")
            yield "127.0.0.1", int(port), process
        finally:
            begin = time.monotonic()
            process.terminate()
            process.wait(20)
            print(f"\nended {time.monotonic() - begin:.1f} s after SIGTERM")


def print_floods(host: str, port: int, pid: int) -> None:
    """Attacks on the connection, each beside a good client, with the memory of the whole service before and after."""
    from benchmarks import _floods as floods

    document = "/dataset"
    attacks: dict[str, Callable[[], object]] = {
        "paths that are not ours": lambda: floods.paths(host, port),
        "broken UTF-8": lambda: floods.broken_utf8(host, port),
        "heads without end": lambda: floods.header_flood(host, port),
        "giant bodies": lambda: floods.giant_bodies(host, port),
        "random Accept and query": lambda: dict(floods.cache_flood(host, port, SECONDS, document)),
        "500 slow heads": lambda: "%d opened, %d left" % floods.slow_heads(host, port, 500, 20.0),
        "10,000 idle connections": lambda: "%d opened, %d left" % floods.idle(host, port, 10_000, lambda: time.sleep(20)),
    }
    print(f"\n{'beside':26}{'answers':>8}{'errors':>8}{'p50 ms':>9}{'p99 ms':>9}{'MiB':>6}{'after':>7}  attackers got")
    for name, attack in attacks.items():
        times: list[float] = []
        wrong: list[int] = []
        ended = threading.Event()

        def good(
            name: str = name, times: list[float] = times, wrong: list[int] = wrong, ended: threading.Event = ended
        ) -> None:
            while not ended.is_set():
                # New ones each time: what is in the byte cache would be answered whatever else goes on.
                more, bad = good_client(host, port, 0.5, lambda n: f"ASK {{ ?s ?p {n + len(times)} }} # {name}")
                times.extend(more)
                wrong.extend(bad)

        before = floods.memory_mib(pid)
        client = threading.Thread(target=good)
        client.start()
        got = attack()
        ended.set()
        client.join()
        print(f"{name:26}{len(times):>8}{len(wrong):>8}{1000 * quantile(times, 0.5):>9.1f}{1000 * quantile(times, 0.99):>9.1f}"
              f"{before:>6.0f}{floods.memory_mib(pid):>7.0f}  {got}")


def main() -> None:
    with served() as (host, port, process), listener() as (address, calls):
        print(f"{'hostile query':24}{'status':>7}  {'code':18}{'s':>7}  {'right':6}{'next answer, ms':>16}")
        attacks = {**hostile(), **{f"SERVICE: {name}": text for name, text in disguises(address).items()}}
        right = 0
        for name, text in attacks.items():
            found = ask(host, port, text)
            after = ask(host, port, "ASK {}")
            good = found.right and after.status == 200
            right += good
            print(f"{name[:23]:24}{found.status:>7}  {found.code:18}{found.seconds:>7.2f}  {good!s:6}"
                  f"{after.seconds * 1000:>16.1f}")
        print(f"\nanswered rightly: {right} of {len(attacks)}; connections to the listener: {calls()}; "
              f"service {'still runs' if process.poll() is None else 'ENDED'}")
        head = "".join(f"{name:>9}" for name in ("p50 ms", "p99 ms", "max ms"))
        print(f"\n{'good client beside':24}{'answers':>8}{'errors':>8}{head}  attackers got")
        for attackers in (0, 1, ATTACKERS):
            times, wrong, codes = beside(host, port, attackers, SECONDS)
            figures = "".join(f"{1000 * quantile(times, part):>9.1f}" for part in (0.5, 0.99, 1.0))
            print(f"{attackers:>2} attackers{'':12}{len(times):>8}{len(wrong):>8}{figures}  {dict(codes)}")
        print_floods(host, port, process.pid)


if __name__ == "__main__":
    main()
