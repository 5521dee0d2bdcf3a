"""`kg reference import`: a registered table, checked, becomes quads of a graph of its own, in a file of N-Quads.

The cells are made into things by the shape of the table (`local-governments`, `changes`); the RML maps of the project
write them. Things that the project names itself keep their key and their names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from kg import pipeline, tables
from kg.errors import MisuseError, ProjectError
from kg.forms import kanji
from kg.model import Line, Problem, graph_of
from kg.names import Names
from kg.project import Project, read_csv
from kg.queries import text_of
from kg.romaji import hepburn, hiragana
from kg.store import Store, serialise
from kg.tables import Row, Table

FOLDER = Path("reference")
_SUFFIXES = ("shi", "ku", "cho", "machi", "son", "mura")
_KANA_SUFFIXES = {"し": "shi", "く": "ku", "ちょう": "cho", "まち": "machi", "そん": "son", "むら": "mura"}
_KINDS = {"city": "city", "town": "town", "village": "village", "special ward": "special-ward"}
_WORDS = {"city": "City", "designated-city": "City", "town": "Town", "village": "Village", "special-ward": "Ward"}
_PREFECTURES = {"県": ("ken", " Prefecture"), "府": ("fu", " Prefecture"), "都": ("to", " Metropolis"), "道": ("", "")}
_SHARED_KEYS = frozenset({"jp-hokkaido-esashi-cho", "jp-hokkaido-tomari-mura"})
"""within a prefecture only these two names of the same kind are read alike: their keys end in the code"""

Thing = dict[str, Any]


def import_table(project: Project, file: Path, name: str, out: Path) -> tuple[Path | None, int, list[Problem]]:
    """Check `file` as the table `name` and write `out/<name>.nq`; nothing is written where a row is wrong."""
    table = tables.find(project, name)
    rows, problems = tables.read(file, table)
    if any(problem.severity == "violation" for problem in problems):
        return None, len(rows), problems
    sources = pipeline.load(project)
    lines = quads(sources, table, rows, keys_by_code(sources, out))
    problems += [*_disagreements(sources, lines), *_names(sources, table, file.name, rows)]
    if any(problem.severity == "violation" for problem in problems):
        return None, len(rows), problems
    out.mkdir(parents=True, exist_ok=True)
    written = out / f"{name}.nq"
    written.write_bytes(serialise(lines, "nquads"))
    return written, len(rows), problems


def quads(sources: pipeline.Sources, table: Table, rows: list[Row], known: Mapping[str, str]) -> set[Line]:
    """The quads of checked rows: the table's own graph, its links, and where both are from.

    `known` are the keys of municipalities by code that other tables brought.
    """
    keys = {row["code5"]: row["key"] for row in sources.lookups["local-governments"] if "code5" in row}
    match table.shape:
        case "local-governments":
            things = local_governments(sources, rows)
        case "changes":
            things = changes(sources, rows, {**keys, **known})
        case "codes":
            things = code_list(rows, {**keys, **known})
        case "places":
            things = positions(sources, rows)
        case shape:
            raise MisuseError("reference-not-imported", table.name, found=shape)
    about = {
        "table": table.name, "title_en": table.title_en, "title_ja": table.title_ja, "licence": table.licence,
        "obtained_en": table.obtained_en, "obtained_ja": table.obtained_ja,
    }  # fmt: skip
    arrays = {
        f"reference/{table.shape}.json": [{**thing, "table": table.name} for thing in things],
        "reference/table.json": [about],
        "reference/source.json": [{"table": table.name, "source": source} for source in table.source],
        "reference/link-source.json": [
            {"authority": authority, "source": source}
            for source in table.link_source for authority in ("wikidata", "geonames")
        ],
    }  # fmt: skip
    mappings = [m for m in sources.mappings if all(path.startswith("reference/") for path in m.sources)]
    return {line for mapping in mappings for line in mapping.run(lambda path: arrays.get(path, []))}


def keys_by_code(sources: pipeline.Sources, folder: Path) -> dict[str, str]:
    """The keys of the local governments that the tables imported into `folder` brought, by standard area code."""
    lines = pipeline.imported(sources.names, folder) if any(folder.glob("*.nq")) else set()
    if not lines:
        return {}
    rows = Store.load(lines, sources.vocabulary.prefixes).select(text_of("codes"))
    return {row["code"].value: row["government"].value.rpartition("/")[2] for row in rows}


OPTIONAL = (
    "alternative", "kana", "romaji", "prefecture", "lat", "long", "wkt", "located", "qid", "geonames", "note_en", "note_ja",
)  # fmt: skip
"""fields that a thing may lack"""


def fields() -> dict[str, dict[str, None]]:
    """What the mappings may refer to, by the path of the array."""
    of_government = ("table", "key", "name_ja", "name_en", "kind", "code5", "code6", *OPTIONAL)
    of_code = ("table", "key", "code5", "code6", "kana")
    of_position = ("table", "kind", "key", "lat", "long")
    of_change = ("table", "event", "key", "type", "on", "former_name", "former_kana", "page")
    return {
        "reference/local-governments.json": dict.fromkeys(of_government),
        "reference/changes.json": dict.fromkeys(of_change),
        "reference/codes.json": dict.fromkeys(of_code),
        "reference/places.json": dict.fromkeys(of_position),
        "reference/table.json": dict.fromkeys(("table", "title_en", "title_ja", "licence", "obtained_en", "obtained_ja")),
        "reference/source.json": dict.fromkeys(("table", "source")),
        "reference/link-source.json": dict.fromkeys(("authority", "source")),
    }


# ---- local governments


def local_governments(sources: pipeline.Sources, rows: Iterable[Row]) -> list[Thing]:
    """One thing a row: key by the rules of the contract, names in the form that the project uses."""
    named = {row["code5"]: row for row in sources.lookups["local-governments"] if "code5" in row}
    readings = _readings(sources.project)
    rows = list(rows)
    prefectures = {row["code5"][:2]: _prefecture_key(row) for row in rows if row["code5"].endswith("000")}
    things = [_local_government(row, named.get(row["code5"], {}), prefectures, readings) for row in rows]
    placed = _placed(sources)
    return [thing if f"lg/{thing['key']}" not in placed else _without_point(thing) for thing in things]


def _placed(sources: pipeline.Sources) -> set[str]:
    """What the project gives a position itself: one thing has one."""
    return {f"{row['kind']}/{row['key']}" for row in sources.lookups.get("coordinates", ())}


def _readings(project: Project) -> dict[str, str]:
    """Readings that no table gives, by name: entered by hand in `mappings/reference/readings.csv`.

    The code is that of the municipality, or of the one that a former municipality became part of.
    """
    path = project.mappings / "reference" / "readings.csv"
    rows = read_csv(path, project.place(path), ("code5", "name", "kana", "source"))
    return {f"{row['code5']} {row['name']}": row["kana"] for _, row in rows}


def _local_government(row: Row, named: Row, prefectures: Mapping[str, str], readings: Mapping[str, str]) -> Thing:
    kana = row.get("kana") or readings.get(f"{row['code5']} {row['name_ja']}", "")
    is_prefecture = row["code5"].endswith("000")
    stem, suffix = ("", "") if is_prefecture else romaji_of(row.get("romaji", ""), kana, row["code5"])
    kind = "prefecture" if is_prefecture else _KINDS[re.sub(r" \(.*", "", row["type"])]
    kind = "designated-city" if kind == "city" and row.get("designated") == "1" else kind
    key = named.get("key") or (_prefecture_key(row) if is_prefecture else _key(row, stem, suffix, prefectures))
    # The table names a prefecture with its kind in one column and without in the other.
    english = _bare(row["prefecture_en"] if is_prefecture else row.get("english") or hepburn(kana.removesuffix(_kana_suffix(kana))).capitalize())
    name_en = named.get("name_en") or english + (_PREFECTURES[row["name_ja"][-1]][1] if is_prefecture else f" {_WORDS[kind]}")
    thing = {
        "key": key, "name_ja": row["name_ja"], "name_en": name_en, "kind": kind, "code5": row["code5"], "code6": row["code6"],
        "kana": kana, "romaji": named.get("romaji") or (f"{stem.capitalize()}-{suffix}" if stem else ""),
        "alternative": sorted({english, row.get("english", "")} - {name_en, ""}),
        "prefecture": "" if is_prefecture else prefectures[row["code5"][:2]],
        "qid": row.get("qid", ""), "geonames": row.get("geonames", ""), **_point(row, key),
    }  # fmt: skip
    if "not administered" in row["type"]:
        thing["note_en"] = "Not administered by Japan at present; readings in common use."
        thing["note_ja"] = "現在、日本の施政が及んでいない。よみは通用のもの。"
    return {name: value for name, value in thing.items() if value}


def romaji_of(printed: str, kana: str, code: str) -> tuple[str, str]:
    """Stem and kind of a municipality in romaji: as the gazetteer prints it, the kind from the reading where it is not.

    `("Sapporo Shi", "さっぽろし")` gives sapporo, shi; `("Akamura", "あかむら")` gives aka, mura.
    """
    words = printed.lower().split()
    if len(words) > 1 and words[-1] in _SUFFIXES:
        return "-".join(words[:-1]), words[-1]
    ending = _kana_suffix(kana)
    if not ending:
        raise ProjectError("reference-reading", code, found=printed or kana or "-")
    suffix = _KANA_SUFFIXES[ending]
    if not printed:
        return hepburn(kana.removesuffix(ending)), suffix
    return "-".join(words).removesuffix(suffix), suffix


def _kana_suffix(kana: str) -> str:
    return next((ending for ending in sorted(_KANA_SUFFIXES, key=len, reverse=True) if kana.endswith(ending)), "")


def _key(row: Row, stem: str, suffix: str, prefectures: Mapping[str, str]) -> str:
    area = re.sub(r"-(ken|fu|to)$", "", prefectures[row["code5"][:2]])
    key = f"{area}-{Names.slug(stem)}-{suffix}"
    return f"{key}-{row['code5']}" if key in _SHARED_KEYS else key


def _prefecture_key(row: Row) -> str:
    kind = _PREFECTURES[row["name_ja"][-1]][0]
    stem = Names.slug(row["prefecture_en"])
    return f"jp-{stem}-{kind}" if kind else f"jp-{stem}"


def _bare(text: str) -> str:
    """Without macrons and accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _point(row: Row, key: str) -> Thing:
    if "lat" not in row or "long" not in row:
        return {}
    lat, long = decimal(row["lat"]), decimal(row["long"])
    return {"lat": lat, "long": long, "wkt": f"POINT({long} {lat})", "located": key}


def _without_point(thing: Thing) -> Thing:
    return {name: value for name, value in thing.items() if name not in ("lat", "long", "wkt", "located")}


def decimal(text: str) -> str:
    """The canonical form of xsd:decimal that every tool gives back."""
    plain = f"{Decimal(text):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


# ---- changes of municipalities


def changes(sources: pipeline.Sources, rows: Iterable[Row], keys: Mapping[str, str]) -> list[Thing]:
    """One thing a place that ceased or changed; rows of one day and one result belong to one event.

    `keys` are those of the municipalities by code; a row whose municipality has no page here is left out.
    """
    readings = _readings(sources.project)
    placed = [(row, keys[row["code5"]]) for row in rows if row.get("code5") in keys]
    names: dict[str, list[Row]] = {}
    for row, key in placed:
        names.setdefault(f"{row['on']}-{key}", []).append(row)
    return [
        {
            "event": event, "key": event[11:], "on": row["on"], "type": kind_of_change(group), "former_name": name,
            "page": row["page"], **_reading(readings, row["code5"], name),
        }
        for event, group in sorted(names.items()) for row in group for name in names_before(row["before"])
    ]  # fmt: skip


def _reading(readings: Mapping[str, str], code5: str, name: str) -> Thing:
    kana = readings.get(f"{code5} {name}")
    return {"former_kana": kana} if kana else {}


def names_before(text: str) -> list[str]:
    """`西彼杵郡香焼町・伊王島町` are two towns of one district."""
    district, _, places = text.rpartition("郡")
    return [f"{district}郡{place}" if district else place for place in places.split("・")]


def kind_of_change(rows: list[Row]) -> str:
    """One town that keeps its name as a city changes its kind; one that changes its name alone is renamed; else a merger."""
    if len(rows) > 1:
        return "merger"
    before, after = (re.sub(r"^.*郡", "", rows[0][field]) for field in ("before", "after"))
    return "promotion" if before[:-1] == after[:-1] and before[-1] != after[-1] else "merger"


# ---- codes and positions of what is known already


def code_list(rows: Iterable[Row], keys: Mapping[str, str]) -> list[Thing]:
    """The codes and readings of the ministry's list for the governments that have a page here, in hiragana.

    A row without a municipality is that of its prefecture. A list gives no keys: what it names and nobody else does is
    left out.
    """
    found = []
    for row in rows:
        code5 = row["code6"][:5]
        if code5 in keys:
            kana = hiragana(row.get("kana") or row.get("prefecture_kana", "")).replace(" ", "")
            thing = {"key": keys[code5], "code5": code5, "code6": row["code6"], "kana": kana}
            found.append({name: value for name, value in thing.items() if value})
    return found


def positions(sources: pipeline.Sources, rows: Iterable[Row]) -> list[Thing]:
    """The position of each thing that the project links to an item of the table; of a country none, for it has no one point.

    What the project places itself keeps its position.
    """
    authority = sources.links.authorities["geonames"]
    linked = {row.object: row.subject for row in sources.links.rows if row.accepted and row.authority == authority.name}
    placed, found = _placed(sources), []
    for row in rows:
        subject = linked.get(authority.template.replace("{id}", row.get("geonames", "")), "")
        kind, _, key = subject.removeprefix(f"{sources.names.base}id/").partition("/")
        if key and kind != "country" and f"{kind}/{key}" not in placed:
            found.append({"kind": kind, "key": key, "lat": decimal(row["lat"]), "long": decimal(row["long"])})
    return found


# ---- against what the project says itself


def _names(sources: pipeline.Sources, table: Table, where: str, rows: Iterable[Row]) -> Iterator[Problem]:
    """A list of codes that gives the code of one municipality to another is refused."""
    named = {row["code6"]: row["name_ja"] for row in sources.lookups["local-governments"] if "code6" in row}
    column = next((c.column for c in table.columns if c.field == "name_ja"), "")
    for row in rows if table.shape == "codes" else ():
        found, expected = row.get("name_ja") or row["prefecture_ja"], named.get(row["code6"])
        if expected and kanji(found) != kanji(expected):
            values = {"column": " ".join(column.split()), "found": found, "expected": expected}
            yield Problem("reference-name", f"{where}:{row[tables.LINE]}", values)


def _disagreements(sources: pipeline.Sources, lines: set[Line]) -> list[Problem]:
    """A table that links a thing elsewhere than the project does, or as a row of the project denies, is refused."""
    accepted = {(row.subject, row.authority): row for row in sources.links.rows if row.accepted}
    denied = {(row.subject, row.object): row for row in sources.links.rows if row.negative}
    problems = []
    for line in sorted(lines):
        graph = graph_of(line)
        if not graph.startswith(sources.names.graph("link", "wikidata")):
            continue
        subject, _, object_ = (term.strip("<>") for term in line.split(" ")[:3])
        own = accepted.get((subject, "wikidata"))
        if own and own.object != object_:
            problems.append(Problem("reference-link", own.place("object_id"), {"found": object_, "expected": own.object}))
        if (subject, object_) in denied:
            row = denied[subject, object_]
            problems.append(Problem("link-denied", row.place("object_id"), {"object": object_}))
    return problems

