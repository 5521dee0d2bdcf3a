"""Publishes small releases without end, and says after each which it was: the process that `test_publishing.py` kills.

`python tests/publisher.py OUT KILLS SEED [DATA]` forks such processes one after the other, kills each at a random
moment, and looks at what is there; it prints what it saw as JSON. DATA: N-Quads that every release has.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from kg import published, release
from kg.archive import checksums

VERSIONS = 4
TARGETS = ("previous", "000000000000", "2026.11.0")
BASE = [b""]
"""N-Quads that every release has"""


def files_of(version: str, number: int, issued: str | None = None) -> dict[str, bytes]:
    """A release that says its version and a number, both in the data."""
    data = BASE[0] + f'<urn:version> <urn:is> "{version}" <urn:g> .\n<urn:number> <urn:is> "{number}" <urn:g> .\n'.encode()
    facts = {"version": version, "sha256": hashlib.sha256(data).hexdigest(), "counts": {"quads": 1}, "sources": "-", "issued": issued}
    return {"jichi.nq": data, "release.json": json.dumps(facts).encode(), "records/a.json": b"x" * 50_000}


def bag_of(number: str) -> dict[str, bytes]:
    payload = files_of(number, 0, "2026-11-21")
    files = {f"data/{name}": content for name, content in {**payload, "SHA256SUMS": checksums(payload)}.items()}
    return {**files, "bagit.txt": b"bag"}


def publish_for_ever(out: Path, seed: int, say: int) -> None:
    chance = random.Random(seed)
    for number in itertools.count(seed * 1000):
        what = chance.random()
        if what < 0.7:
            version = f"{chance.randrange(VERSIONS):012x}"
            folder = release.publish(out, version, files_of(version, number))
        elif what < 0.8:
            folder, _ = release.publish_bag(out, "2026.11.0", bag_of("2026.11.0"), "jichi.zip", b"zip" * 9999)
        else:
            folder = release.republish(out, chance.choice(TARGETS))
        os.write(say, f"{folder.name}\n".encode())


def kill_one(out: Path, seed: int, seconds: float) -> str:
    """Let one process publish for so long, then kill it; what it said."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        publish_for_ever(out, seed, writing)
        os._exit(0)
    os.close(writing)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "it ended by itself"
    with os.fdopen(reading) as said:
        return said.read()


def main(out: Path, kills: int, seed: int) -> None:
    begin = time.monotonic()
    for version in ("000000000000", "000000000001"):
        release.publish(out, version, files_of(version, 0))
    release.publish_bag(out, "2026.11.0", bag_of("2026.11.0"), "jichi.zip", b"zip" * 9999)
    usual = (time.monotonic() - begin) / 3
    known, done, aside = {"000000000000", "000000000001", "2026.11.0"}, 0, 0
    chance, seen = random.Random(seed), set()
    for kill in range(kills):
        said = kill_one(out, seed * kills + kill + 1, chance.uniform(0.0, min(0.1, 3 * usual))).split()
        done += len(said)
        known |= {name.replace("data", "2026.11.0") for name in said if not name.startswith(".")}
        current = published.current(out)
        aside += current.name.startswith(".new-")
        seen.add(current.parent.name if current.name == "data" else current.name)
        # Every release that was ever published is there and whole: at its place, or where readers were led aside.
        there = {*published.releases(out), published.facts(current).version}
        assert known <= there, (kill, known, there)
        for folder in published.releases(out).values():
            published.checksums(folder)
    release.publish(out, "00000000000f", files_of("00000000000f", 1))
    before = published.history(out)[-1].previous
    back = release.republish(out, "previous")
    left = sorted(path.name for path in out.iterdir() if path.name.startswith(".new-"))
    print(json.dumps({
        "kills": kills, "published": done, "aside": aside, "seen": sorted(seen), "left": left,
        "back": back.relative_to(out.resolve()).as_posix(), "before": before,
    }))  # fmt: skip


if __name__ == "__main__":
    if sys.argv[4:]:
        BASE[0] = Path(sys.argv[4]).read_bytes()
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
