"""The table of ratios: this service beside its peers, on the real graph and on a million invented triples.

    python -m benchmarks.serving [--triples 1000000] [--rounds 2] [--seconds 1] [--only real] [--scratch FOLDER]

Servers take turns within every round, so that a busy machine slows all of them. Figures are medians over the rounds, at 16
connections; ratios are printed with the targets, met or missed. Nothing is asserted. It takes about nine minutes for the
real graph and five for a million triples, and some more the first time, when the peers are installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shutil
import signal
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, urlsplit

from benchmarks.serving import data, load, peers
from kg.project import Project
from kg.release import publish
from kg.vocabulary import Vocabulary

FORMS = {"ttl": "text/turtle", "html": "text/html", "jsonld": "application/ld+json"}
GRAPHS = {"Accept": "text/turtle"}
TARGETS = {
    # name: (at the real graph, at a million)
    "hot documents / nginx": (0.60, 0.60), "304 / nginx": (0.55, 0.55), "cold documents / nginx": (0.25, 0.25),
    "queries / oxigraph, read-only": (1.0, 1.5), "queries / oxigraph, memory": (0.6, None),
    "queries / Virtuoso 7": (4.0, None), "queries / rdflib-endpoint": (14.0, None),
    "repeated queries / oxigraph, read-only": (6.0, 20.0), "documents / trifid": (100.0, None),
}
_WARM_SECONDS = 4.0
COLD_START = {"real": 0.25, "invented": 2.5}
MEMORY = 120.0


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    options.add_argument("--triples", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--seconds", type=int, default=1)
    options.add_argument("--patience", type=float, default=300, help="seconds to wait until documents are made beforehand")
    options.add_argument("--only", choices=("real", "invented"))
    options.add_argument("--without", action="append", default=[], help="a peer that is left out (repeatable)")
    options.add_argument("--scratch", help="folder for the peers and the data; kept for the next run")
    given = options.parse_args()
    # So that the servers are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if load.wrk_missing():
        sys.exit("wrk is needed: apt-get install wrk")
    scratch = peers.scratch_folder(given.scratch)
    for name in ("real", "invented"):
        if given.only in (None, name):
            _measure(name, _release(name, scratch, given.triples), scratch, given)


def _release(name: str, scratch: Path, triples: int) -> Path:
    """The folder of a published release: that of the project, or one of invented triples."""
    out = scratch / (name if name == "real" else f"invented-{triples}")
    if name == "real":
        subprocess.run([sys.executable, "-m", "kg", "build", "--out", str(out)], check=True, cwd=peers.ROOT,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    elif not (out / "current").exists():
        base = Vocabulary(Project(peers.ROOT)).base
        text = "".join(f"{line}\n" for line in sorted(set(data.invented(base, triples)))).encode()
        digest = hashlib.sha256(text).hexdigest()
        facts = {"version": digest[:12], "sha256": digest, "sources": digest, "counts": {"quads": text.count(b"\n")}}
        publish(out, digest[:12], {"jichi.nq": text, "release.json": json.dumps(facts).encode()})
    return out


def _measure(name: str, out: Path, scratch: Path, given: argparse.Namespace) -> None:
    base = Vocabulary(Project(peers.ROOT)).base
    quads = out / "current" / "jichi.nq"
    merged = scratch / f"{name}-{hashlib.sha256(quads.read_bytes()).hexdigest()[:8]}.nt"
    if not merged.exists():
        with quads.open(encoding="utf-8") as lines, merged.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in data.triples(lines))
    with merged.open(encoding="utf-8") as file:
        print(f"\n== {name}: {sum(1 for _ in file)} triples; {given.rounds} rounds of {given.seconds:g} s, 16 connections")
    shape = data.shape_of(quads, base)
    ratios: dict[str, float] = {}
    with ExitStack() as stack:
        started = _started(stack, name, out, merged, scratch, given.without)
        asked = {kind: [quote(text, safe="") for text in texts] for kind, texts in data.queries(shape).items()}
        _compare(started, asked)
        ratios |= _queries(started, asked, scratch, given)
        # A million triples would take hours to be made into pages: documents are then made when they are asked for.
        patience = given.patience if name == "real" else 0.0
        ratios |= _documents(stack, started, base, shape, out, scratch, given, patience)
        _sizes(started, name)
    _verdict(name, ratios)


Started = dict[str, tuple[peers.Peer, str, int, float]]


def _started(stack: ExitStack, name: str, out: Path, merged: Path, scratch: Path, without: list[str]) -> Started:
    makers = [
        lambda: peers.ours(out), lambda: peers.oxigraph(scratch, merged, in_memory=False),
        lambda: peers.oxigraph(scratch, merged, in_memory=True), lambda: peers.virtuoso(scratch, merged),
    ]
    if name == "real":
        # Both hold the graph in slow memory: a million triples would take minutes to load and seconds for a query.
        makers += [lambda: peers.rdflib_endpoint(scratch, merged), lambda: peers.trifid(scratch, merged)]
    found: Started = {}
    for make in makers:
        try:
            peer = make()
            if peer.name in without:
                continue
            address, pid, seconds = stack.enter_context(peers.running(peer, scratch / "log"))
            found[peer.name] = (peer, address, pid, seconds)
        except (OSError, subprocess.CalledProcessError, StopIteration) as error:
            print(f"not measured: {error}")
    return found


def _compare(started: Started, asked: dict[str, list[str]]) -> None:
    """The numbers of solutions or triples have to agree before anything is timed."""
    for kind, texts in asked.items():
        sizes = {name: _size(*load.fetch(f"{address}{peer.sparql(texts[-1])}", GRAPHS if kind == "graph" else peer.headers, 10))
                 for name, (peer, address, _, _) in started.items()}
        if len(set(sizes.values())) > 1:
            print(f"answers differ: {kind}: {sizes}")


def _size(status: int, body: bytes) -> object:
    if status != 200:
        return f"status {status}"
    if not body.lstrip().startswith(b"{"):
        return "graph"
    found = json.loads(body)
    return found.get("boolean", len(found.get("results", {}).get("bindings", ())))


def _queries(started: Started, asked: dict[str, list[str]], scratch: Path, given: argparse.Namespace) -> dict[str, float]:
    rates: dict[tuple[str, str], list[float]] = {}
    slow: dict[str, list[float]] = {}
    wrong: dict[str, int] = {}
    for _ in range(given.rounds):
        for kind, texts in asked.items():
            for name, (peer, address, pid, _) in started.items():
                for column, fresh in ((name, True), *((("jichi, repeated", False),) if name == "jichi" else ())):
                    paths = [peer.sparql(text) for text in texts]
                    headers = GRAPHS if kind == "graph" else peer.headers
                    if not fresh:
                        _warm(address, paths, headers)
                    found = load.press(address, paths, scratch, pid, seconds=given.seconds, headers=headers, fresh=fresh)
                    rates.setdefault((kind, column), []).append(found.per_second)
                    slow.setdefault(column, []).append(found.p99)
                    wrong[column] = wrong.get(column, 0) + found.wrong
    columns = [*started, "jichi, repeated"]
    print(f"\n{'queries, answers a second':28}" + "".join(f"{column:>21}" for column in columns))
    for kind in asked:
        print(f"{kind:28}" + "".join(f"{statistics.median(rates[kind, column]):>21.0f}" for column in columns))
    print(f"{'median p99, ms':28}" + "".join(f"{statistics.median(slow[column]):>21.1f}" for column in columns))
    print(f"{'wrong answers':28}" + "".join(f"{wrong[column]:>21}" for column in columns))
    ratios = {}
    for column in columns[1:-1]:
        for ours, word in (("jichi", "queries"), ("jichi, repeated", "repeated queries")):
            # None within a second counts as one in ten: a ratio needs some number.
            each = [max(0.1, statistics.median(rates[kind, ours])) / max(0.1, statistics.median(rates[kind, column]))
                    for kind in asked]
            ratios[f"{word} / {column}"] = math.exp(statistics.fmean(map(math.log, each)))
    return ratios


def _warm(address: str, paths: list[str], headers: dict[str, str]) -> None:
    """Each of the processes that answer keeps what it answered; connections fall on them by chance. Some seconds at most."""
    until = time.monotonic() + _WARM_SECONDS
    for path in (path for _ in range(4) for path in paths):
        if time.monotonic() > until:
            return
        load.fetch(address + path, headers)


def _documents(
    stack: ExitStack, started: Started, base: str, shape: data.Shape, out: Path, scratch: Path, given: argparse.Namespace,
    patience: float,
) -> dict[str, float]:
    """Documents from nginx and from us: asked for often, once, and by who has them; and from Trifid."""
    _, address, pid, _ = started["jichi"]
    if patience:
        # Those of an older version of the program would be taken for the ones that are waited for.
        shutil.rmtree(out / ".pages", ignore_errors=True)
        peer = peers.ours(out, pages=True, name="jichi with pages")
        address, pid, _ = stack.enter_context(peers.running(peer, scratch / "log"))
        _wait_for_pages(out, patience)
    paths = [f"/doc/{iri.removeprefix(base).removeprefix('id/')}" for iri in shape.things]
    hot, root = paths[:100], scratch / "static"
    tag = _copy(address, hot, root)
    limit_peer = peers.nginx(scratch, root)
    limit, limit_pid, _ = stack.enter_context(peers.running(limit_peer, scratch / "log"))
    limit_tag = _tag(limit + hot[0], {"Accept": FORMS["ttl"]})
    rows: dict[str, list[tuple[load.Measured, load.Measured]]] = {}
    cold = iter(paths[200:])
    for media_type in FORMS.values():
        _warm(address, hot, {"Accept": media_type})
    for _ in range(max(given.rounds, 3)):
        for form, media_type in FORMS.items():
            headers = {"Accept": media_type}
            rows.setdefault(f"hot {form}", []).append((
                load.press(address, hot, scratch, pid, seconds=given.seconds, headers=headers),
                load.press(limit, hot, scratch, limit_pid, seconds=given.seconds, headers=headers)))
        rows.setdefault("304", []).append((
            load.press(address, hot[:1], scratch, pid, seconds=given.seconds, headers={"Accept": FORMS["ttl"], "If-None-Match": tag}),
            load.press(limit, hot[:1], scratch, limit_pid, seconds=given.seconds,
                       headers={"Accept": FORMS["ttl"], "If-None-Match": limit_tag})))
    once = [path for path, _ in zip(cold, range(3000), strict=False)]
    turtle = {"Accept": FORMS["ttl"]}
    number, cold_rate = load.each_once(address, once, turtle)
    _, limit_rate = load.each_once(limit, [hot[n % len(hot)] for n in range(len(once))], turtle)
    print(f"\n{'documents':16}{'jichi':>12}{'nginx':>12}{'ratio':>8}{'p99 ms':>10}{'nginx':>8}{'cpu us':>9}{'nginx':>8}")
    found = {}
    for row, pairs in rows.items():
        mine, theirs = ([pair[i] for pair in pairs] for i in (0, 1))
        found[row] = statistics.median(a.per_second / b.per_second for a, b in pairs)
        print(f"{row:16}{_mid(mine):>12.0f}{_mid(theirs):>12.0f}{found[row]:>8.2f}"
              f"{statistics.median(m.p99 for m in mine):>10.2f}{statistics.median(m.p99 for m in theirs):>8.2f}"
              f"{statistics.median(m.cpu for m in mine):>9.1f}{statistics.median(m.cpu for m in theirs):>8.1f}")
    print(f"{'cold ttl':16}{cold_rate:>12.0f}{limit_rate:>12.0f}{cold_rate / limit_rate:>8.2f}   {number} documents, each once; the client of both is Python")
    hot_mean = math.exp(statistics.fmean(math.log(found[f"hot {form}"]) for form in FORMS))
    ratios = {"hot documents / nginx": hot_mean, "304 / nginx": found["304"], "cold documents / nginx": cold_rate / limit_rate}
    if "trifid" in started:
        theirs = load.press(started["trifid"][1], [urlsplit(iri).path for iri in shape.things[:200]], scratch,
                            started["trifid"][2], seconds=2 * given.seconds, headers={"Accept": FORMS["ttl"]})
        print(f"{'trifid ttl':16}{theirs.per_second:>12.0f}   wrong {theirs.wrong}")
        if not theirs.wrong:
            ratios["documents / trifid"] = _mid([pair[0] for pair in rows["hot ttl"]]) / theirs.per_second
    return ratios


def _wait_for_pages(out: Path, most: float) -> None:
    begin = time.monotonic()
    while not list((out / ".pages").glob("*.sqlite")):
        time.sleep(0.5)
        if time.monotonic() - begin > most:
            print(f"\npages are not made after {most:.0f} s; documents are made when they are asked for")
            return
    print(f"\npages made beforehand: {time.monotonic() - begin:.0f} s, "
          f"{sum(f.stat().st_size for f in (out / '.pages').glob('*.sqlite')) >> 20} MiB")
    time.sleep(1.5)


def _copy(address: str, paths: list[str], root: Path) -> str:
    """The same bytes as files for nginx; returns the ETag of the first in Turtle."""
    shutil.rmtree(root, ignore_errors=True)
    for path in paths:
        for form, media_type in FORMS.items():
            target = root / f"{path[1:]}.{form}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(load.fetch(address + path, {"Accept": media_type})[1])
    (root / "ready.ttl").write_text("ready")
    return _tag(address + paths[0], {"Accept": FORMS["ttl"]})


def _tag(address: str, headers: dict[str, str]) -> str:
    import urllib.request

    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return answer.headers["ETag"]


def _mid(found: list[load.Measured]) -> float:
    return statistics.median(one.per_second for one in found)


def _sizes(started: Started, name: str) -> None:
    print(f"\n{'server':24}{'first answer, s':>16}{'memory, MiB (PSS)':>20}")
    for peer, (_, _, pid, seconds) in started.items():
        print(f"{peer:24}{seconds:>16.2f}{load.memory_mib(pid):>20.0f}")
    print(f"aims: first answer {COLD_START[name]} s" + (f", {MEMORY:.0f} MiB" if name == "real" else ""))


def _verdict(name: str, ratios: dict[str, float]) -> None:
    print(f"\n{'ratio':44}{'measured':>10}{'target':>9}")
    for what, both in TARGETS.items():
        target = both[name != "real"]
        if what in ratios and target is not None:
            print(f"{what:44}{ratios[what]:>10.2f}{target:>9.2f}  {'met' if ratios[what] >= target else 'MISSED'}")
    for what in sorted(set(ratios) - {w for w, both in TARGETS.items() if both[name != 'real'] is not None}):
        print(f"{what:44}{ratios[what]:>10.2f}")


if __name__ == "__main__":
    main()
