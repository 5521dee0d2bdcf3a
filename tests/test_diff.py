"""`kg diff`: two releases in words and as quads."""

from __future__ import annotations

import json
import re

import pytest

from conftest import ROOT
from kg import diff, published
from kg.errors import MisuseError, ReleaseError
from kg.project import Project
from kg.store import read_lines
from kg.vocabulary import Vocabulary
from test_cli import kg, mistake


@pytest.fixture(scope="module")
def found(releases) -> diff.Difference:
    return diff.compare(*releases, Vocabulary(Project(ROOT)), "en")


def test_things_are_added_removed_and_changed(found):
    said = {thing.iri.rpartition("/id/")[2]: thing for thing in found.things}
    assert said["seminar/2017-paris"].kind == "removed"
    seoul = said["seminar/2018-seoul"]
    assert (seoul.kind, seoul.name, seoul.classes) == ("changed", "Exchange and Cooperation Seminar, Seoul, FY2018", ("exchange and cooperation seminar",))
    assert [(c.removed, c.added) for c in seoul.properties if c.label == "last day"] == [(("2018-05-30",), ("2018-05-31",))]
    hosts = [c for c in said["seminar/2018-sydney"].properties if "Kobe City" in c.added]
    assert hosts and hosts[0].removed == ("Kohoku Town",)
    assert found.counts["exchange and cooperation seminar"] == {"added": 0, "removed": 1, "changed": 2}
    assert not [name for name in said if name.startswith("evidence/")]


def test_quads_are_those_of_the_two_files(found, releases):
    old, new = (set(read_lines(folder / published.DATA)) for folder in releases)
    assert set(found.added) == new - old and set(found.removed) == old - new
    assert found.added and not found.same


def test_the_way_back_is_the_mirror(found, releases):
    back = diff.compare(*releases[::-1], Vocabulary(Project(ROOT)), "en")
    assert (back.added, back.removed) == (found.removed, found.added)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {(t.iri, turned[t.kind]) for t in back.things} == {(t.iri, t.kind) for t in found.things}


def test_a_release_is_the_same_as_itself(releases):
    same = diff.compare(releases[0], releases[0], Vocabulary(Project(ROOT)), "en")
    assert same.same and same.things == () and same.counts == {}


def test_the_command_says_it_in_both_languages(releases):
    old, new = map(str, releases)
    done = kg("diff", old, new)
    assert done.returncode == 1 and done.stderr == ""
    assert re.search(r"- gone: Exchange and Cooperation Seminar, Paris, FY2017 \([a-z ]*seminar\) <https://\S+/seminar/2017-paris>", done.stdout)
    assert "2018-05-30 → 2018-05-31" in done.stdout and "seminar: 0 new, 1 gone, 2 changed" in done.stdout
    japanese = kg("diff", old, new, "--lang", "ja").stdout
    assert "変更: " in japanese and "2018-05-30 → 2018-05-31" in japanese and "追加0、削除1、変更2" in japanese
    same = kg("diff", old, old)
    assert (same.returncode, same.stdout) == (0, "the two releases say the same\n")


def test_quads_and_json(releases, found):
    old, new = map(str, releases)
    lines = kg("diff", old, new, "--quads").stdout.splitlines()
    assert {line[2:] for line in lines if line[0] == "+"} == set(found.added)
    assert {line[2:] for line in lines if line[0] == "-"} == set(found.removed)
    told = json.loads(kg("diff", old, new, "--json").stdout)
    assert told["same"] is False and len(told["things"]) == len(found.things)
    assert len(told["quads"]["added"]) == len(found.added)


def test_a_release_is_named_by_path_or_version(releases, tmp_path):
    folder = releases[0]
    out = folder.parent
    for name in (str(folder), folder.name, folder.name[:6]):
        assert published.release_at(name, out).resolve() == folder
    assert published.release_at(published.CURRENT, out).resolve() == releases[1]
    for name in ("zzz", folder.name[:2], "", str(tmp_path)):
        with pytest.raises(MisuseError, match="release-unknown"):
            published.release_at(name, out)
    assert folder.name in mistake(kg("diff", "nothing", folder.name, "--out", str(out)))


def test_a_damaged_release_is_not_compared(releases, tmp_path):
    import shutil

    folder = tmp_path / "damaged"
    shutil.copytree(releases[0], folder)
    (folder / published.DATA).write_bytes(b"")
    with pytest.raises(ReleaseError, match="release-damaged"):
        diff.compare(releases[0], folder, Vocabulary(Project(ROOT)), "en")
