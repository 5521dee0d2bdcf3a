"""`kg diff --write`: from one release to the other and back, by patches that other programs apply too; and in words."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph
import pytest
from rdflib import Dataset

from conftest import ROOT
from kg import patch, published
from kg.diff import Changed, Difference, Thing, compare
from kg.errors import ReleaseError
from kg.project import Project
from kg.prose import plural, sentences
from kg.store import canonical_hash, read_lines
from kg.vocabulary import Vocabulary
from test_cli import kg


@pytest.fixture(scope="module")
def words() -> Vocabulary:
    return Vocabulary(Project(ROOT))


@pytest.fixture(scope="module")
def written(releases, tmp_path_factory) -> Path:
    done = kg("diff", *map(str, releases), "--write", str(tmp_path_factory.mktemp("changes") / "of"))
    assert (done.returncode, done.stderr) == (1, "")
    folder = Path(done.stdout.splitlines()[-1].removeprefix("written: "))
    assert folder.name == "..".join(published.facts(release).version for release in releases)
    return folder


@pytest.fixture(scope="module")
def quads(releases) -> list[list[str]]:
    return [read_lines(folder / published.DATA) for folder in releases]


@pytest.mark.parametrize(("name", "start", "end"), [(patch.PATCH, 0, 1), (patch.BACK_PATCH, 1, 0)])
def test_a_patch_leads_to_the_other_release_by_its_canonical_hash(written, quads, name, start, end):
    text = (written / name).read_text(encoding="utf-8")
    after = patch.patched(quads[start], text)
    assert canonical_hash(after) == canonical_hash(quads[end]) != canonical_hash(quads[start])
    with pytest.raises(ReleaseError, match="patch-foreign"):
        patch.patched(after, text)


@pytest.mark.parametrize(("name", "start", "end"), [(patch.UPDATE, 0, 1), (patch.BACK_UPDATE, 1, 0)])
def test_an_update_does_the_same_in_a_store(written, releases, quads, name, start, end):
    store = pyoxigraph.Store()
    store.bulk_load(path=str(releases[start] / published.DATA), format=pyoxigraph.RdfFormat.N_QUADS)
    store.update((written / name).read_text(encoding="utf-8"))
    assert canonical_hash(f"{quad} ." for quad in store) == canonical_hash(quads[end])


def test_rdflib_applies_the_same_patch_and_update(written, quads):
    """On the quads that the two change, since all of them take it long."""
    removed, added = (set(read_lines(written / name)) for name in (patch.REMOVED, patch.ADDED))
    assert (removed, added) == (set(quads[0]) - set(quads[1]), set(quads[1]) - set(quads[0]))
    for form in ("patch", "update"):
        data = Dataset()
        data.parse(data="".join(f"{line}\n" for line in removed), format="nquads")
        if form == "patch":
            data.parse(written / patch.PATCH, format="patch")
        else:
            data.update((written / patch.UPDATE).read_text(encoding="utf-8"))
        assert canonical_hash(data.serialize(format="nquads").splitlines()) == canonical_hash(added)


def test_what_is_written_twice_is_the_same(written, releases, words, tmp_path):
    again = patch.write(tmp_path, releases, words)
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {p.name: p.read_bytes() for p in written.iterdir()}


def test_a_literal_with_every_kind_of_character_survives(tmp_path, words):
    value = 'a "b" \\ c\n\r\t\u2028\u0085 \U00020b9f é'
    quad = pyoxigraph.Quad(*map(pyoxigraph.NamedNode, ("urn:s", "urn:p")), pyoxigraph.Literal(value, language="ja"), pyoxigraph.NamedNode("urn:g"))
    line = f"{quad} ."
    assert patch.patched([], patch.rdf_patch([], [line], "urn:b", "urn:a")) == {line}
    store = pyoxigraph.Store()
    store.update(patch.sparql_update([], [line]))
    assert [q.object.value for q in store] == [value]
    store.update(patch.sparql_update([line], []))
    assert len(store) == 0


# ---- words


def test_the_change_is_told_in_both_languages(written):
    english, japanese = ((written / f"changes.{code}.txt").read_text(encoding="utf-8") for code in ("en", "ja"))
    assert english.startswith("1 exchange and cooperation seminar gone: Exchange and Cooperation Seminar, Paris, FY2017 (replaced by Exchange and Cooperation Seminar, Paris, FY2016)\n")
    assert "Kumamoto Pref.: English label changed\n" in english
    assert "FY2018: last day changed from 2018-05-30 to 2018-05-31" in english
    assert "Sydney, FY2018: host changed from Kohoku Town to Kobe City\n" in english
    assert "熊本県：英語のラベルを変更\n" in japanese
    assert "シドニー：受入自治体を「江北町」から「神戸市」に変更\n" in japanese
    assert "1件を削除：自治体国際交流・協力セミナー 平成29年度 パリ（後継は自治体国際交流・協力セミナー 平成28年度 パリ）\n" in japanese
    assert len(english.splitlines()) == len(japanese.splitlines())
    told = json.loads((written / patch.SUMMARY).read_text(encoding="utf-8"))
    assert told["prose"] == {"en": english.splitlines(), "ja": japanese.splitlines()}
    assert told["quads"]["removed"] == len(read_lines(written / patch.REMOVED))
    assert sum(graph["added"] for graph in told["graphs"].values()) == told["quads"]["added"]


def test_the_command_prints_the_words(releases, written):
    for code in ("en", "ja"):
        done = kg("diff", *map(str, releases), "--prose", "--lang", code)
        assert done.stdout == (written / f"changes.{code}.txt").read_text(encoding="utf-8")


def test_new_things_are_counted_by_class_and_named_up_to_five(releases, words):
    back = compare(*releases[::-1], words, "en")
    assert sentences(back, "en")[0] == "1 new exchange and cooperation seminar: Exchange and Cooperation Seminar, Paris, FY2017"
    things = tuple(Thing("added", f"urn:{n}", f"T{n}", ("seminar",), ()) for n in range(7))
    assert sentences(Difference(things, {}, (), ()), "en") == ["7 new seminars: T0, T1, T2, T3, T4 and 2 more"]
    assert sentences(Difference(things[:3], {}, (), ()), "ja") == ["seminar3件を追加：T0、T1、T2"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (Changed("p", "theme", (), ("Water",)), "theme added: Water"),
        (Changed("p", "theme", ("Water",), ()), "theme removed: Water"),
        (Changed("p", "theme", (), ("Water", "Air")), "theme added"),
        (Changed("p", "theme", ("x" * 61,), ()), "theme removed"),
        (Changed("p", "name", ("a (ja)",), ("b (ja)",), ("ja",)), "Japanese name changed"),
        (Changed("p", "name", ("a (fr)",), ("b (fr)",), ("fr",)), "fr name changed"),
        (Changed("p", "theme", ("a", "b"), ("c",)), "theme changed"),
    ],
)
def test_a_change_of_a_property_in_words(changed, said):
    things = (Thing("changed", "urn:t", "T", (), (changed,)),)
    assert sentences(Difference(things, {}, (), ()), "en") == [f"T: {said}"]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("seminar", "seminars"), ("country", "countries"), ("evidence", "evidence"), ("person", "people"),
        ("common body of local governments", "common bodies of local governments"), ("series of events", "series of events"),
        ("statement about a link", "statements about a link"), ("branch", "branches"), ("railway", "railways"),
    ],
)
def test_an_english_plural(one, many):
    assert plural(one) == many
