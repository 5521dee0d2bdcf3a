"""Publishing, switching and rolling back while readers read: no state in between is ever seen, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

import publisher
from conftest import ROOT
from endpoint.following import LOOK_SECONDS, Target
from endpoint.workers import Limits
from endpoint_support import Server, fixture_lines, running
from kg import published, release
from kg.errors import MisuseError, ReleaseError
from test_cli import kg

LIMITS = Limits(workers=1, deadline=8.0, fast_workers=1, fast_deadline=0.2)
VERSION = "SELECT ?version ?number { <urn:version> <urn:is> ?version . <urn:number> <urn:is> ?number }"
SLOW = "SELECT (COUNT(*) AS ?n) (SAMPLE(?v) AS ?version) { <urn:version> <urn:is> ?v . ?a ?b ?c . ?d ?e ?f . ?g ?h ?i VALUES ?k { 1 2 3 4 } }"


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> bytes:
    data = "".join(f"{line}\n" for line in sorted(set(fixture_lines()))).encode()
    monkeypatch.setattr(publisher, "BASE", [data])
    return data


def published_as(out: Path, version: str, number: int = 0) -> Path:
    return release.publish(out, version, publisher.files_of(version, number))


def until(condition, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.01)
    return met


def version_of(server: Server) -> str:
    return server.query(VERSION).values("version")[0]


# ---- killed


def killed(out: Path, kills: int, seed: int, *data: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "publisher.py"), str(out), str(kills), str(seed), *data],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_killed_at_250_random_moments_nothing_is_lost(tmp_path):
    """After each, `current` is whole, and so is every release that was ever published; a later build cleans up."""
    said, errors = killed(tmp_path / "out", 250, 11).communicate(timeout=240)
    assert said, errors.decode()
    seen = json.loads(said)
    assert seen["kills"] == 250 and seen["published"] > 50 and seen["aside"] > 0
    assert len([name for name in seen["seen"] if not name.startswith(".")]) > 2
    assert seen["left"] == [] and seen["back"] == seen["before"]


def test_a_server_answers_while_publishers_are_killed(tmp_path, base):
    out, data = tmp_path / "out", tmp_path / "data.nq"
    data.write_bytes(base)
    published_as(out, "000000000000")
    with running(out / published.CURRENT, limits=LIMITS) as server:
        publishing = killed(out, 60, 5, str(data))
        answers = []
        while publishing.poll() is None:
            reply = server.query(VERSION)
            assert reply.status == 200, reply.text
            [row] = reply.json()["results"]["bindings"]
            answers.append((row["version"]["value"], row["number"]["value"]))
        said, errors = publishing.communicate()
        assert publishing.returncode == 0, errors.decode()
        assert len(set(answers)) > 1
        last = json.loads(said)["back"]
        assert until(lambda: version_of(server) == published.facts(out / last).version)


# ---- switched


def test_a_new_release_is_served_soon_after_the_rename(tmp_path, base):
    """Looking is a small part of a second; what opening takes is measured against a first opening on this machine."""
    out = tmp_path / "out"
    published_as(out, "000000000000")
    begin = time.monotonic()
    with running(out / published.CURRENT, limits=LIMITS) as server:
        version_of(server)
        start = time.monotonic() - begin
        taken = []
        for number in range(1, 4):
            published_as(out, f"{number:012x}")
            begin = time.monotonic()
            assert until(lambda: version_of(server) == f"{number:012x}")  # noqa: B023
            taken.append(time.monotonic() - begin)
        assert LOOK_SECONDS < 0.2 and min(taken) < max(1.0, start)


def test_a_request_that_runs_is_answered_by_the_release_it_came_to(tmp_path, base):
    out = tmp_path / "out"
    published_as(out, "00000000000a")
    with running(out / published.CURRENT, limits=replace(LIMITS, deadline=60.0)) as server:
        found = []
        asking = threading.Thread(target=lambda: found.append(server.query(SLOW)))
        asking.start()
        assert until(lambda: server.get("/ready").status == 200)
        time.sleep(0.3)
        published_as(out, "00000000000b")
        assert until(lambda: version_of(server) == "00000000000b")
        still_running = asking.is_alive()
        asking.join(60)
        assert still_running, "the query was too quick to tell"
        assert (found[0].status, found[0].values("version")) == (200, ["00000000000a"])


def test_a_broken_release_is_refused_until_it_is_whole(tmp_path, base):
    out, log = tmp_path / "out", tmp_path / "log"
    published_as(out, "00000000000a")
    with running(out / published.CURRENT, limits=LIMITS, log=log) as server:
        broken = published_as(tmp_path / "aside", "00000000000b")
        whole = (broken / "jichi.nq").read_bytes()
        for spoil in (
            lambda: (broken / "jichi.nq").write_bytes(whole[:-9]), lambda: (broken / "release.json").unlink(),
            lambda: (broken / "SHA256SUMS").write_bytes(b"\xff\xfe"),
        ):  # fmt: skip
            spoil()
            refused = log.read_text().count("not taken up")
            os.symlink(broken, out / "next")
            os.replace(out / "next", out / published.CURRENT)
            (broken / "SHA256SUMS").touch()
            assert until(lambda: log.read_text().count("not taken up") > refused)  # noqa: B023
            assert version_of(server) == "00000000000a"
        for name, content in {**publisher.files_of("00000000000b", 0)}.items():
            (broken / name).write_bytes(content)
        (broken / "SHA256SUMS").write_bytes(publisher.checksums(publisher.files_of("00000000000b", 0)))
        assert until(lambda: version_of(server) == "00000000000b"), "the same folder, repaired, is taken up"


def test_exchanged_files_of_a_version_are_another_target(tmp_path, base):
    out = tmp_path / "out"
    published_as(out, "00000000000a", 1)
    first = Target.of(out / published.CURRENT)
    assert Target.of(out / published.CURRENT) == first
    published_as(out, "00000000000a", 2)
    second = Target.of(out / published.CURRENT)
    assert second.folder == first.folder and second != first
    assert sorted(path.name for path in out.iterdir()) == [".lock", ".published", "00000000000a", "current"]


# ---- rolled back


def test_rolling_back_is_one_command(tmp_path):
    out = tmp_path / "out"
    for version in ("00000000000a", "00000000000b", "00000000000c"):
        published_as(out, version)
    done = kg("build", "--publish", "previous", "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "") and "00000000000b" in done.stdout
    assert published.current(out).name == "00000000000b" and published.is_chosen(out)
    assert release.republish(out, "previous").name == "00000000000a"
    done = kg("build", "--publish", "previous", "--out", str(out), "--lang", "ja")
    assert done.returncode == 2 and "現在のリリースより前のリリースがありません" in done.stderr
    assert release.republish(out, "00000000000c").name == "00000000000c"
    assert release.republish(out, "previous").name == "00000000000a", "the one that was there before it was chosen"
    published_as(out, "00000000000d")
    assert not published.is_chosen(out)
    assert release.republish(out, "previous").name == "00000000000a"


def test_a_release_with_a_number_is_rolled_back_to(tmp_path):
    out = tmp_path / "out"
    release.publish_bag(out, "2026.11.0", publisher.bag_of("2026.11.0"), "jichi.zip", b"zip")
    published_as(out, "00000000000a")
    folder = release.republish(out, "previous")
    assert folder == (out / "2026.11.0" / "data").resolve() == published.current(out)
    published_as(out, "00000000000b")
    assert release.republish(out, "2026.11.0") == folder


def test_what_is_not_whole_or_not_there_is_not_published(tmp_path):
    out = tmp_path / "out"
    published_as(out, "00000000000a")
    published_as(out, "00000000000b")
    (out / "00000000000a" / "jichi.nq").write_bytes(b"cut")
    for named, error in (("00000000000a", ReleaseError), ("previous", ReleaseError), ("zzzz", MisuseError), ("..", MisuseError)):
        with pytest.raises(error):
            release.republish(out, named)
    elsewhere = published_as(tmp_path / "aside", "00000000000c")
    with pytest.raises(MisuseError, match="release-elsewhere"):
        release.republish(out, str(elsewhere))
    with pytest.raises(MisuseError):
        release.republish(tmp_path / "nowhere", "previous")
    assert published.current(out).name == "00000000000b"


def test_a_line_that_was_cut_is_no_line(tmp_path):
    out = tmp_path / "out"
    published_as(out, "00000000000a")
    with (out / published.HISTORY).open("ab") as file:
        file.write(b'{"name": "0000')
    published_as(out, "00000000000b")
    assert [row.name for row in published.history(out)] == ["00000000000a", "00000000000b"]
    assert release.republish(out, "previous").name == "00000000000a"
