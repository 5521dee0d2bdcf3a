"""The reference tables: keys, codes, names and sources agree with each other, the mapping and the authority."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest
from rdflib import RDF, Graph, Namespace

from kg.project import read_csv

ROOT = Path(__file__).resolve().parent.parent
MAPPINGS = ROOT / "mappings"
LOOKUPS = MAPPINGS / "lookups"
SHARED = ROOT.parent / "shared"
AUTHORITY = SHARED / "authority" / "jp_local_governments.csv"

KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
HIRAGANA = re.compile(r"[ぁ-ゖー]+")
PASSAGE = re.compile(r"00[0-4]:[1-9][0-9]*")
SUFFIX_OF_KIND = {"designated-city": {"shi"}, "city": {"shi"}, "town": {"cho", "machi"}, "village": {"mura", "son"}}
KINDS_ABROAD = {"first-level", "intermediate", "municipality"}
PATH_OF_TABLE = {
    "local-governments": "lg", "countries": "country", "places": "place", "offices": "office", "organisations": "org",
}
GRAPH_OF_TABLE = {
    "local-governments": "local-governments", "changes": "local-governments", "former-codes": "local-governments", "local-government-names": "local-governments",
    "countries": "places", "country-names": "places", "places": "places",
    "offices": "organisations", "organisations": "organisations", "organisation-names": "organisations",
    "coordinates": "coordinates",
}
FISCAL_YEAR_COLUMNS = {"fy", "ja", "en", "alsoJa", "begin", "end"}


def table(name: str) -> list[dict[str, str]]:
    return [row for _, row in read_csv(LOOKUPS / f"{name}.csv", name)]


def key_of(row: dict[str, str]) -> str:
    return row.get("key") or row["cc"]


def registry() -> dict[str, dict[str, str]]:
    return {row["key"]: row for _, row in read_csv(MAPPINGS / "registry.csv", "registry")}


def repeated(items: list) -> set:
    return {item for item in items if items.count(item) > 1}


def japanese() -> list[dict[str, str]]:
    return [row for row in table("local-governments") if row["country"] == "jp"]


def check_digit(code5: str) -> str:
    """The sixth digit of a local public entity code: weights 6 to 2, eleven minus the rest, its last digit."""
    rest = sum(int(digit) * weight for digit, weight in zip(code5, (6, 5, 4, 3, 2), strict=True)) % 11
    return str((11 - rest) % 10)


# ---- keys


@pytest.mark.parametrize("name", PATH_OF_TABLE)
def test_keys_are_unique_slugs(name):
    keys = [key_of(row) for row in table(name)]
    assert keys
    assert not repeated(keys)
    assert not [key for key in keys if not KEY.fullmatch(key)]


def test_all_local_governments_are_there():
    rows = table("local-governments")
    assert len([row for row in rows if row["country"] == "jp"]) == 85
    named_nowhere = {row["key"] for row in rows if row["note_en"].startswith("Named in no document")}
    assert named_nowhere == {"jp-mie-ken", "jp-nara-ken", "jp-hiroshima-ken", "jp-kumamoto-ken"}
    assert {row["cc"] for row in table("countries") if row["note_en"]} == {"au", "sg"}
    assert len(table("countries")) == 23


@pytest.mark.parametrize("row", japanese(), ids=key_of)
def test_key_and_name_of_a_japanese_local_government(row):
    assert HIRAGANA.fullmatch(row["kana"])
    if row["key"] == "jp-hokkaido":  # its reading is its English name, which an altLabel must not repeat
        assert (row["kind"], row["romaji"], row["name_en"]) == ("prefecture", "", "Hokkaido")
        return
    base, suffix = row["romaji"].rsplit("-", 1)
    assert row["romaji"].isascii()
    if row["kind"] == "prefecture":
        assert not row["prefecture"]
        assert suffix in {"ken", "fu", "to"}
        assert row["key"] == f"jp-{row['romaji'].lower()}"
        assert row["name_en"] == base + (" Metropolis" if suffix == "to" else " Prefecture")
    else:
        assert suffix in SUFFIX_OF_KIND[row["kind"]]
        prefecture = row["prefecture"].removesuffix("-ken").removesuffix("-fu")
        assert row["key"] == f"{prefecture}-{row['romaji'].lower()}"
        assert row["name_en"] == base + (" City" if suffix == "shi" else " Town")


@pytest.mark.parametrize("row", [r for r in table("local-governments") if r["country"] != "jp"], ids=key_of)
def test_key_and_kind_of_a_local_government_abroad(row):
    assert row["kind"] in KINDS_ABROAD
    assert row["key"].startswith(f"{row['country']}-")
    assert not (row["code5"] or row["code6"] or row["prefecture"] or row["kana"] or row["romaji"])
    subdivision = row["key"].split("-")[1]
    if row["kind"] != "first-level":  # rule 4: the subdivision part of ISO 3166-2 stands before the name
        assert re.fullmatch(r"[a-z0-9]{1,3}", subdivision)
        assert row["key"].count("-") >= 2


def test_foreign_keys_lead_somewhere():
    governments = {row["key"]: row for row in table("local-governments")}
    countries = {row["cc"] for row in table("countries")}
    places = {row["key"] for row in table("places")}
    for row in governments.values():
        assert row["country"] in countries
        if row["kind"] not in KINDS_ABROAD | {"prefecture"}:
            home = governments[row["prefecture"]]
            assert home["kind"] == "prefecture"
            assert home["code5"][:2] == row["code5"][:2]
    assert {row["country"] for row in table("places")} <= countries
    assert {row["place"] for row in table("offices")} <= places
    assert {row["key"] for row in table("local-government-names")} <= set(governments)
    assert {row["cc"] for row in table("country-names")} <= countries
    assert {f"{row['kind']}/{row['key']}" for row in table("organisation-names")} <= set(registry())


# ---- codes


@pytest.mark.parametrize(("code5", "digit"), [("01100", "2"), ("01000", "6"), ("01101", "1"), ("13101", "6")])
def test_check_digit_by_hand(code5, digit):
    assert check_digit(code5) == digit


def test_codes():
    rows = japanese()
    assert not repeated([row["code5"] for row in rows])
    wrong = [row["key"] for row in rows if row["code6"] != row["code5"] + check_digit(row["code5"])]
    assert not wrong
    assert all(row["iso"] == row["cc"].upper() and len(row["iso"]) == 2 for row in table("countries"))


@pytest.mark.skipif(not AUTHORITY.exists(), reason="the authority files are not beside the project")
def test_japanese_rows_agree_with_the_authority():
    with AUTHORITY.open(encoding="utf-8", newline="") as lines:
        authority = {row["code5"]: row for row in csv.DictReader(lines)}
    for row in japanese():
        theirs = authority[row["code5"]]
        assert (row["code6"], row["name_ja"], row["kana"]) == (theirs["code6"], theirs["name_ja"], theirs["name_kana"])
        assert (row["kind"] == "designated-city") == (theirs["designated_city"] == "1")
        assert (row["kind"] == "prefecture") == theirs["type"].startswith("prefecture")
        if theirs["name_romaji_gsi"]:
            assert row["romaji"].replace("-", " ").lower() == theirs["name_romaji_gsi"].lower()


# ---- names


def test_every_thing_has_one_name_a_language_and_no_two_things_share_both():
    for name in ("local-governments", "countries", "places", "offices"):
        rows = table(name)
        assert all(row["name_ja"] and row["name_en"] for row in rows)
        assert not repeated([(row["name_ja"], row["name_en"]) for row in rows])
    assert all(bool(row["note_en"]) == bool(row["note_ja"]) for row in table("local-governments") + table("countries"))


@pytest.mark.parametrize(
    ("names", "things"),
    [
        ("local-government-names", ["local-governments"]),
        ("country-names", ["countries"]),
        ("organisation-names", ["offices", "organisations"]),
    ],
)
def test_other_names_repeat_nothing(names, things):
    taken: dict[str, set[str]] = {}
    for thing in things:
        for row in table(thing):
            words = {row.get(field, "") for field in ("name_ja", "name_en", "kana", "romaji")} - {""}
            taken.setdefault(key_of(row), set()).update(words)
    rows = table(names)
    assert not [row for row in rows if row["name"] in taken[key_of(row)]]
    assert not repeated([(key_of(row), row["name"], row["language"]) for row in rows])
    assert not [row for row in rows if not LANGUAGE.fullmatch(row["language"])]


def test_readings_repeat_no_name():
    for row in table("local-governments"):
        words = [word for word in (row["name_ja"], row["name_en"], row["kana"], row["romaji"]) if word]
        assert not repeated(words), row["key"]


def test_an_alias_leads_to_one_registered_key():
    rows = table("aliases")
    assert not repeated([(r["surface"], r["language"], r["country"], r["container"], r["kind"]) for r in rows])
    keys = registry()
    assert not [row for row in rows if f"{row['kind']}/{row['key']}" not in keys]
    governments = {row["key"]: row for row in table("local-governments")}
    for row in rows:
        if row["kind"] == "lg":
            assert row["country"] == governments[row["key"]]["country"]
            assert not row["container"] or row["container"] in governments


@pytest.mark.skipif(not (SHARED / "documents").exists(), reason="the documents are not beside the project")
def test_an_alias_stands_in_the_lines_that_it_names():
    lines = {p.name[:3]: p.read_text(encoding="utf-8").split("\n") for p in (SHARED / "documents").glob("*.txt")}
    for row in table("aliases"):
        for place in row["source"].split():
            document, line = place.split(":")
            assert row["surface"] in lines[document][int(line) - 1], (row["surface"], place)


# ---- sources, registry, curation, mapping


def test_every_row_names_its_sources_and_every_source_is_used():
    known = {(row["token"], row["graph"]) for row in table("sources")}
    used = set()
    for name, graph in GRAPH_OF_TABLE.items():
        for row in table(name):
            tokens = row["source"].split()
            assert tokens, (name, key_of(row))
            if name == "organisations" and not row["name_ja"]:
                assert all(PASSAGE.fullmatch(token) for token in tokens)  # named by curation, not here
                continue
            used |= {(token.split(":")[0] if PASSAGE.fullmatch(token) else token, graph) for token in tokens}
    assert used == known
    addresses = {(row["token"], row["url"], row["licence"], row["title"]) for row in table("sources")}
    assert len(addresses) == len({row["token"] for row in table("sources")})
    assert {row["graph"] for row in table("sources")} < {row["graph"] for row in table("reference-graphs")}
    assert all(PASSAGE.fullmatch(token) for row in table("aliases") for token in row["source"].split())


def test_the_registry_is_sorted_and_holds_every_key():
    rows = [row for _, row in read_csv(MAPPINGS / "registry.csv", "registry")]
    keys = [row["key"] for row in rows]
    assert keys == sorted(set(keys))
    assert all(re.fullmatch(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", row["minted"]) for row in rows)
    named = registry()
    for name, path in PATH_OF_TABLE.items():
        for row in table(name):
            entry = named[f"{path}/{key_of(row)}"]
            if row["name_ja"]:
                assert (entry["label_ja"], entry["label_en"]) == (row["name_ja"], row["name_en"])
            if "class" in row:
                assert row["class"].endswith(f"#{entry['class']}")
    assert len([key for key in keys if key.startswith("seminar/")]) == 48
    assert len([key for key in keys if key.startswith("activity/")]) == 17


def test_curation_names_each_thing_once_and_as_the_registry_does():
    entries = tomllib.loads((MAPPINGS / "curation" / "004.toml").read_text(encoding="utf-8"))["curate"]
    named = registry()
    labels = [label for entry in entries if entry["field"] == "norm.labels" for label in entry["set"]]
    things = [f"{label['kind']}/{label['slug']}" for label in labels]
    assert not repeated(things)
    assert len([thing for thing in things if thing.startswith("activity/")]) == 17
    for thing, label in zip(things, labels, strict=True):
        assert (named[thing]["label_ja"], named[thing]["label_en"]) == (label["ja"], label["en"])
    for entry in entries:
        if entry["field"] == "norm.altLabels":
            for other in entry["set"]:
                preferred = named[f"{other['kind']}/{other['slug']}"]
                assert other["name"] not in (preferred["label_ja"], preferred["label_en"])
    for field in ("norm.abstractJa", "norm.abstractEn"):
        assert len({entry["record"] for entry in entries if entry["field"] == field}) == 17
    assert not repeated([(entry["record"], entry["field"]) for entry in entries])
    assert all(entry["expect_absent"] and entry["reason"].keys() == {"en", "ja"} for entry in entries)
    hashes = {(entry["record"], entry["when"]["passages.description.sha256"]) for entry in entries}
    assert len(hashes) == len({digest for _, digest in hashes}) == 17
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for _, digest in hashes)


@pytest.mark.parametrize("mapping", ["reference", "reference-sources"])
def test_the_mapping_reads_columns_that_exist(mapping):
    rml = Namespace("http://w3id.org/rml/")
    graph = Graph().parse(MAPPINGS / f"{mapping}.rml.ttl", format="turtle")
    maps = list(graph.subjects(RDF.type, rml.TriplesMap))
    assert maps
    for triples_map in maps:
        source = graph.value(graph.value(triples_map, rml.logicalSource), rml.source)
        name = Path(str(graph.value(source, rml.path))).stem
        columns = FISCAL_YEAR_COLUMNS if name == "fiscal-years" else set(table(name)[0])
        read = {column for text in _texts(graph, rml, triples_map) for column in re.findall(r"\$\.(\w+)", text)}
        assert read, triples_map
        assert read <= columns, (triples_map, read - columns)


def _texts(graph, rml, node):
    """Every template and reference below a triples map."""
    for predicate, value in graph.predicate_objects(node):
        if predicate in (rml.reference, rml.template):
            yield str(value)
        elif predicate != rml.logicalSource:
            yield from _texts(graph, rml, value)
