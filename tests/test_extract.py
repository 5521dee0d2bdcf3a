"""Steps 1 and 2: the register, profiles, lookups, record files, golden pages of each layout, and hostile pages."""

import json
import random
import re
import shutil
import tomllib
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction_support import (
    CASES, DOCUMENTS, PROJECT, ROOT, layout, lookups, misfits, needs_documents, read_document, read_page, schema,
)
from kg.errors import MisuseError, ProjectError, SourceError
from kg.extract import check_layout, decode, extract, identify, load_lookups, load_register, records
from kg.extract.profile import FIELDS
from kg.extract.text import LIMIT, Page
from kg.letters import fold
from kg.messages import LANGUAGES, catalogue
from kg.model import Document, Place, Record
from kg.project import Project

LAYOUTS = ("seminar-tables", "exchange-records")
"""layouts whose pages have a first and a last line"""
PROFILES = (*LAYOUTS, "news-list")
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/input.txt") if path.parent.parent.name in PROFILES)
ENDING = [folder for folder in FOLDERS if folder.parent.name in LAYOUTS]


# ---- golden pages


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_golden_page(folder):
    reading = read_page((folder / "input.txt").read_bytes(), folder.parent.name)
    assert records.dump(reading.records) == (folder / "expected.jsonl").read_text(encoding="utf-8")
    assert reading.codes() == (folder / "problems.txt").read_text(encoding="utf-8").splitlines()


def test_every_layout_has_golden_pages():
    profiles = {path.stem for path in PROJECT.files("mappings/layouts", "*.toml")}
    assert {folder.parent.name for folder in FOLDERS} == profiles == set(PROFILES)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_golden_records_fit_the_schema_and_their_places_hold_their_words(folder):
    reading = read_page((folder / "input.txt").read_bytes(), folder.parent.name)
    assert misfits(reading.records) == []
    page = Page(reading.text)
    for record in reading.records:
        for place in (record.place, *record.passages.values()):
            assert page.place(*place.chars).lines == place.lines
            assert reading.text[slice(*place.chars)].strip()
        for name, value in record.verbatim.items():
            passage = record.passages.get(name, record.place)
            found = " ".join(reading.text[slice(*passage.chars)].split())
            for words in [value] if isinstance(value, str) else value:
                assert " ".join(words.split()) in found


@pytest.mark.parametrize("name", PROFILES)
def test_blank_lines_change_places_only(name):
    for folder in FOLDERS:
        if folder.parent.name != name:
            continue
        text = (folder / "input.txt").read_text(encoding="utf-8")
        wanted = [(r.key, r.verbatim, r.norm, r.issues) for r in read_page(text, name).records]
        shuffle = random.Random(folder.name)
        for _ in range(5):
            lines = [line for line in text.split("\n") if line.strip()]
            for _ in range(12):
                lines.insert(shuffle.randrange(len(lines) + 1), shuffle.choice(["", " ", "\u00a0", "\u3000", "\r"]))
            again = read_page("\n".join(lines), name)
            assert [(r.key, r.verbatim, r.norm, r.issues) for r in again.records] == wanted


@pytest.mark.parametrize("name", LAYOUTS)
def test_line_ends_and_full_width_forms_change_nothing_but_the_printed_forms(name):
    folder = CASES / name / ("plain" if name == "seminar-tables" else "members")
    text = (folder / "input.txt").read_text(encoding="utf-8")
    wide = {"(": "（", ")": "）", ":": "：", "-": "–", "~": "〜", **{str(d): chr(0xFF10 + d) for d in range(10)}}
    kept = re.compile(r"(https?://\S+|.*Seminar Series)")
    pieces = kept.split(text)
    widened = "".join(p if kept.fullmatch(p) else p.translate(str.maketrans(wide)) for p in pieces)
    assert widened != text
    wanted = [(r.key, r.norm) for r in read_page(text, name).records]
    for variant in (text.replace("\n", "\r\n"), "\ufeff" + text, widened):
        found = [(r.key, r.norm) for r in read_page(variant, name).records]
        assert fold(json.dumps(found, ensure_ascii=False)) == fold(json.dumps(wanted, ensure_ascii=False))


# ---- hostile pages


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "source-empty"),
        (" \n\u00a0\n\u3000\n".encode(), "source-empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "source-encoding"),
        (b"PK\x03\x04 text", "source-binary"),
        (b"Seoul 3-7 May\x00", "source-binary"),
        ("情報提供自治体名 札幌市".encode("shift_jis"), "source-encoding"),
        ("情報提供自治体名 札幌市".encode("utf-16"), "source-encoding"),
        ("情報提供自治体名 札幌市".encode()[:-1], "source-encoding"),
        (b"x" * (LIMIT + 1), "source-too-large"),
    ],
)
def test_what_is_no_page_is_refused_in_both_languages(data, code):
    with pytest.raises(SourceError) as caught:
        decode(data, "900")
    assert caught.value.code == code
    assert all(caught.value.text(language).startswith(f"900: {code}: ") for language in LANGUAGES)


def test_a_file_of_fifty_megabytes_is_refused_at_once():
    with pytest.raises(SourceError, match="source-too-large"):
        decode(b"Outline of the 2020 Seminar Series\n" * (50_000_000 // 35), "900")


@pytest.mark.parametrize(("name", "other"), list(permutations(PROFILES, 2)))
def test_a_page_of_another_layout_is_refused(name, other):
    text = (sorted((CASES / other).iterdir())[0] / "input.txt").read_text(encoding="utf-8")
    with pytest.raises(SourceError, match="layout-mismatch"):
        read_page(text, name)


@pytest.mark.parametrize("folder", ENDING, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_page_cut_anywhere_gives_a_clear_refusal_or_says_that_it_is_cut(folder):
    text = (folder / "input.txt").read_text(encoding="utf-8")
    end = re.compile(layout(folder.parent.name)["end"]["pattern"])
    for length in range(0, len(text), 7):
        try:
            reading = read_page(text[:length], folder.parent.name)
        except SourceError as refusal:
            assert refusal.code in ("source-empty", "layout-mismatch")
            continue
        assert any(p.code == "page-cut" for p in reading.problems) != bool(end.search(text[:length]))
        assert misfits(reading.records) == []


@settings(max_examples=120, deadline=None)
@given(data=st.data(), name=st.sampled_from(LAYOUTS))
def test_no_page_makes_a_crash_and_every_line_is_read_or_reported(data, name):
    """Lines of golden pages, shuffled, cut and mixed with anything: records fit the schema, no line is lost."""
    pool = [line for f in FOLDERS if f.parent.name == name for line in (f / "input.txt").read_text("utf-8").split("\n")]
    start = {"seminar-tables": "Outline of the 2020 Seminar Series", "exchange-records": "情報提供自治体名 北海道/札幌市"}[name]
    line = st.one_of(st.sampled_from(pool), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
    lines = data.draw(st.lists(line, max_size=25))
    reading = read_page("\n".join([start, *lines]), name)
    assert misfits(reading.records) == []
    assert len({record.id for record in reading.records}) == len(reading.records)
    told = {int(problem.where.split(":")[1]) for problem in reading.problems}
    held = {n for r in reading.records for n in range(r.place.lines[0], r.place.lines[1] + 1)}
    for number, text in enumerate(reading.text.split("\n"), start=1):
        if not text.strip() or number in told | held:
            continue
        assert _known_line(text, name) or _in_unread_row(number, reading), text


def _known_line(text, name):
    """True for a line that the profile itself explains: ignored, heading, header cells, end mark."""
    profile = layout(name)
    headings = profile["heading"] if isinstance(profile["heading"], list) else [profile["heading"]]
    patterns = [entry["pattern"] for entry in [*profile["ignore"], *headings, profile["end"]]]
    patterns += [rf"(?:{label})\s*[:.]?" for label in profile["contact"].values()]
    if "header" in profile:
        patterns.append("(?:" + "|".join(profile["header"]["words"]) + r"|\s)+")
    return any(re.fullmatch(pattern, fold(text).strip()) for pattern in patterns)


def _in_unread_row(number, reading):
    rows = [p for p in reading.problems if p.code in ("row-unread", "host-unread", "record-nameless")]
    return any(int(p.where.split(":")[1]) <= number <= p.values["last"] for p in rows)


# ---- rows of seminars: recognised or refused


@pytest.mark.parametrize(
    ("dates", "start", "end"),
    [
        ("Mon 29 July - Wed 7 August", "2019-07-29", "2019-08-07"), ("Monday, 29 July to Wednesday, 7 August", "2019-07-29", "2019-08-07"),
        ("29 July (Mon) - 7 August (Wed.)", "2019-07-29", "2019-08-07"), ("Nov. 18-22", "2019-11-18", "2019-11-22"),
        ("Oct 8-14, 2019", "2019-10-08", "2019-10-14"), ("October 28th - November 2nd", "2019-10-28", "2019-11-02"),
        ("Thurs, January 30 - Sat, February 8 (2020)", "2020-01-30", "2020-02-08"), ("May 3", "2019-05-03", "2019-05-03"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("row", ["Paris {} Kobe City Trams", "Paris\t{}\tKobe City\tTrams"])
def test_dates_are_read_in_either_order_and_with_weekdays(row, dates, start, end):
    page = f"Outline of the 2019 Seminar Series\n{row.format(dates)}\nFor Enquiries\n"
    (record,) = read_page(page, "seminar-tables").records
    assert (record.norm["start"], record.norm["end"], record.norm["themes"]) == (start, end, ["Trams"])
    assert record.verbatim["dates"] == dates


@pytest.mark.parametrize(
    ("rows", "code", "themes"),
    [
        # a row of an office that is not printed again
        ("Seoul 2-6 May Obama City and Kobe City Lamps\n11-15 November Tottori Prefecture Manga", "5 row-unread", ["Lamps"]),
        ("Seoul 2-6 May Kobe City Lamps\nNew York unknown", "5 row-unread", ["Lamps"]),
        # a host whose place is not told, or that stands on a line of its own
        ("Seoul 2-6 May Kobe City Niigata City Gold Mine", "4 row-doubtful", []),
        ("Seoul 2-6 May Kobe City Gold\nNiigata City Mine", "4 row-doubtful", []),
        ("Seoul 2-6 May Kobe City, Hyogo Lamps", "4 row-doubtful", []),
        ("Seoul 2-6 May Kobe City (in part with others) Lamps", "4 row-doubtful", []),
        ("Seoul\t2-6 May\tKobe City with others\tLamps", "4 row-doubtful", []),
        # days that are no range, though another word of the row says that it is online or put off
        ("Seoul\t3, 10 and 17 May\tKobe City\tLamps (held online)", "4 row-unread", []),
        ("Seoul\t3, 10 and 17 May\tKobe City\tLamps (postponed)", "4 row-unread", []),
        ("Seoul 2-6 May Hokkaido Town Planning", "4 name-unresolved", ["Planning"]),
    ],
)  # fmt: skip
def test_what_is_not_recognised_is_refused_and_never_a_theme(rows, code, themes):
    reading = read_page(f"Outline of the 2019 Seminar Series\nTopic\n\n{rows}\nFor Enquiries\n", "seminar-tables")
    assert f"{code} violation" in reading.codes()
    assert [theme for record in reading.records for theme in record.norm["themes"]] == themes


@pytest.mark.parametrize(
    "theme", ["Smart City Planning", "Kobe City's Harbour", "Town Planning for All", "London Calls", "Promoting Kobe City by Lamps"]
)
def test_words_that_are_no_host_begin_a_theme(theme):
    reading = read_page(f"Outline of the 2019 Seminar Series\nSeoul 2-6 May Kobe City {theme}\n*All may change.\nFor Enquiries\n", "seminar-tables")
    assert [record.norm["themes"] for record in reading.records] == [[theme]] and reading.codes() == []


def test_a_long_page_is_read_in_linear_time():
    row = "Seoul 3-7 May Kobe City A Theme that is Long Enough\n"
    reading = read_page("Outline of the 2020 Seminar Series\n" + row * 4000 + "For Enquiries\n", "seminar-tables")
    assert len(reading.records) == 4000
    field = "情報提供自治体名 北海道/札幌市\n事業名(活動名称) 雪\n団体名 " + "あ・" * 1_000_000 + "\n詳細情報 " + "(" * 500_000
    assert "text-unread" in [problem.code for problem in read_page(field, "exchange-records").problems]


# ---- addresses


@pytest.mark.parametrize(
    ("printed", "addresses"),
    [
        ("http://a.example.jp/7,20947,162,684,html", ["http://a.example.jp/7,20947,162,684,html"]),
        ("https://a.example.jp/index.html#nichi(新)", ["https://a.example.jp/index.html#nichi"]),
        ("・題 http://a.example.jp", ["http://a.example.jp"]),
        ("http://a.example.jp/x、http://b.example.jp/y。", ["http://a.example.jp/x", "http://b.example.jp/y"]),
        ('http://a.example.jp/"><script>', ["http://a.example.jp/"]),
        ("http://a.example.jp/<b> http://a.example.jp/{x}", ["http://a.example.jp/"]),
        ("javascript:alert(1) ftp://a.example.jp", []),
        ("http://", []),
        ("http://a.example.jp/a\\b http://a.example.jp/c|d", ["http://a.example.jp/a", "http://a.example.jp/c"]),
    ],
)
def test_addresses_are_cut_where_no_address_goes_on(printed, addresses):
    page = f"情報提供自治体名 北海道/札幌市\n事業名(活動名称) 雪\n詳細情報 {printed}\n"
    assert read_page(page, "exchange-records").records[0].norm["pages"] == addresses


# ---- the register


@needs_documents
def test_the_register_describes_the_documents_as_they_are():
    tables = tomllib.loads(PROJECT.register.read_text(encoding="utf-8"))["document"]
    register = load_register(PROJECT)
    assert list(register) == ["000", "001", "002", "003", "004"]
    for path in sorted(DOCUMENTS.glob("*.txt")):
        data = path.read_bytes()
        document, problems = identify(register, path, data)
        assert (document.id, problems) == (path.name[:3], [])
        assert document.file == path.name and document.extent == len(data)
        lines = data.decode("utf-8").split("\n")
        assert document.lines == len(lines)
        spans = [str(entry).split("-") for entry in tables[document.id]["blank"]]
        blank = {n for span in spans for n in range(int(span[0]), int(span[-1]) + 1)}
        assert blank == {number for number, line in enumerate(lines, start=1) if not line.strip()}


def test_a_file_is_found_by_its_hash_then_by_its_name():
    register = load_register(PROJECT)
    known = register["000"]
    changed, problems = identify(register, Path(known.file), b"another version\n")
    assert (changed.id, changed.extent, changed.lines) == ("000", 16, 2)
    assert changed.sha256 != known.sha256 and [p.code for p in problems] == ["document-changed"]
    with pytest.raises(MisuseError, match=re.escape(known.file)):
        identify(register, Path(known.file.replace("e951", "e952")), b"x")


@needs_documents
def test_a_renamed_file_is_the_same_document():
    data = (DOCUMENTS / load_register(PROJECT)["004"].file).read_bytes()
    assert identify(load_register(PROJECT), Path("page.txt"), data)[0].id == "004"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('layout = "seminar-tables"', 'layuot = "seminar-tables"', "register-key"),
        ("extent = 7141", 'extent = "7141"', "layout-value"),
        ("extent = 7141\n", "", "layout-key-missing"),
        ('sha256 = "090560', 'sha256 = "xyz560', "layout-value"),
        ("[document.000]", "[documents.000]", "register-key"),
        ("extent = 7141\n", "extent = 7141\nextent = 7141\n", "toml-syntax"),
    ],
)
def test_a_wrong_register_is_refused(tmp_path, old, new, code):
    text = PROJECT.register.read_text(encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "documents.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        load_register(Project(tmp_path))
    assert caught.value.code == code


# ---- profiles and lookups


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda p: p.update(famly="x"), "layout-key-unknown", "family"),
        (lambda p: p["parties"].update(seperators="、"), "layout-key-unknown", "parties.separators"),
        (lambda p: p["ignore"][0].update(reasen="x"), "layout-key-unknown", "ignore.reason"),
        (lambda p: p.update(family="table_row"), "layout-family-unknown", "table_rows"),
        (lambda p: p.update(language=3), "layout-value", "language"),
        (lambda p: p["count"].pop("part"), "layout-key-missing", "count.part"),
        (lambda p: p["count"].update(part="(?P<country"), "layout-pattern", "count.part"),
        (lambda p: p["ignore"][0].update(reason="boring"), "layout-reason", "navigation"),
    ],
)
def test_a_wrong_profile_is_refused_with_the_nearest_spelling(change, code, said):
    profile = tomllib.loads(PROJECT.layout("exchange-records").read_text(encoding="utf-8"))
    change(profile)
    with pytest.raises(ProjectError) as caught:
        check_layout(profile, "profile.toml")
    assert caught.value.code == code
    assert said in caught.value.text("en") and caught.value.text("ja")


def test_a_profile_names_no_fact_of_one_page():
    governments = {row["name_ja"] for row in lookups()["local-governments"] if len(row["name_ja"]) > 2}
    activities = {row["name"] for row in lookups()["activities"]}
    for name in PROFILES:
        text = PROJECT.layout(name).read_text(encoding="utf-8")
        assert not [word for word in governments | activities if word in text]
        assert not re.search(r"\b(19|20)\d\d\b", text)


def test_every_known_name_of_a_profile_is_used():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "kg").rglob("*.py"))
    code = code.replace((ROOT / "kg/extract/profile.py").read_text(encoding="utf-8"), "")
    for names in FIELDS.values():
        for name in names:
            last = name.rsplit(".", 1)[-1]
            assert re.search(rf"[\"']{last}[\"']", code) or last in ("reason", "language"), name


@pytest.mark.parametrize(
    ("table", "old", "new", "code"),
    [
        ("aliases", "lg,jp-aomori-ken", "lg,jp-aomori-kne", "lookup-value-unknown"),
        ("activities", "counterparts reporter", "counterpart reporter", "lookup-value-unknown"),
        ("activities", "network:near:北東アジア地域自治体連合", "network:near:北東アジア連合", "lookup-value"),
        ("eras", "1989,2019", "1989,", None),
        ("eras", "令和,R,2019", "令和,R,R1", "lookup-value"),
        ("country-letters", "仏,fr", "仏,ff", "lookup-value-unknown"),
        ("offices", "key,printed", "key,pinted", "csv-header"),
    ],
)
def test_lookups_are_checked_against_each_other(tmp_path, table, old, new, code):
    (tmp_path / "mappings" / "lookups").mkdir(parents=True)
    shutil.copy(ROOT / "mappings" / "registry.csv", tmp_path / "mappings")
    shutil.copytree(ROOT / "mappings" / "reference", tmp_path / "mappings" / "reference")
    for path in (ROOT / "mappings" / "lookups").glob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert path.stem != table or old in text
        text = text.replace(old, new, 1) if path.stem == table else text
        (tmp_path / "mappings" / "lookups" / path.name).write_text(text, encoding="utf-8")
    if code is None:
        assert load_lookups(Project(tmp_path))
        return
    with pytest.raises(ProjectError) as caught:
        load_lookups(Project(tmp_path))
    assert caught.value.code == code and f"mappings/lookups/{table}.csv:" in caught.value.where


def test_fields_may_stand_in_another_order():
    folder = CASES / "exchange-records" / "later"
    text = (folder / "input.txt").read_text(encoding="utf-8")
    # the name of the activity before the reporter, in every record
    moved = re.sub(r"(情報提供自治体名 .*\n実施年度 .*\n)(事業名.*\n(?:（.*\n)?)", r"\2\1", text)
    assert moved != text and moved.index("事業名") < moved.index("情報提供自治体名")
    one, other = (read_page(page, "exchange-records") for page in (text, moved))
    assert [(r.id, r.norm) for r in one.records] == [(r.id, r.norm) for r in other.records]


def test_every_code_has_words_in_both_languages():
    pattern = re.compile(r'(?:Problem|Error|fault|problem)\(\s*"([a-z-]+)"')
    used = {
        code
        for folder in ("extract", "normalise")
        for path in (ROOT / "kg" / folder).glob("*.py")
        for code in pattern.findall(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 30
    assert {code for code in used if set(catalogue().get(code, {})) != set(LANGUAGES)} == set()


# ---- record files


def _record(**changes):
    made = Record("900", "0" * 64, "2020-seoul", "seminar", "table_rows@1", Place((3, 4), (10, 20)), {}, {"a": "b"}, {})
    return replace(made, **changes)


def test_a_record_file_is_the_same_whatever_the_order_of_its_records(tmp_path):
    one, other = _record(), _record(key="2020-paris", place=Place((1, 2), (0, 9)))
    assert records.dump([one, other]) == records.dump([other, one])
    assert [json.loads(line)["key"] for line in records.dump([one, other]).splitlines()] == ["2020-paris", "2020-seoul"]
    path = tmp_path / "900.jsonl"
    records.write(path, [one, other])
    assert records.read(path, "900.jsonl") == [other, one]
    assert path.read_bytes().endswith(b"}\n") and b"\r" not in path.read_bytes()


@pytest.mark.parametrize(
    ("line", "code"),
    [("{", "record-syntax"), ("[]", "record-parts"), ("{}", "record-parts"), ("null", "record-parts")],
)
def test_a_line_that_is_no_record_is_refused_with_its_number(tmp_path, line, code):
    path = tmp_path / "900.jsonl"
    path.write_text(records.dump([_record()]) + line + "\n", encoding="utf-8")
    with pytest.raises(ProjectError) as caught:
        records.read(path, "900.jsonl")
    assert (caught.value.code, caught.value.where) == (code, "900.jsonl:2")


def test_changes_name_the_fields():
    old = [_record(norm={"start": "2020-05-03", "hosts": [{"lg": "a"}]}), _record(key="2020-paris")]
    moved = _record(key="2020-paris", place=Place((5, 6), (30, 40)))
    changed = _record(norm={"start": "2020-05-04", "hosts": [{"lg": "b"}], "end": "2020-05-05"})
    new = [changed, _record(key="2020-london")]
    assert records.changes(old, old) == []
    places = ("chars[0]", "chars[1]", "lines[0]", "lines[1]")
    assert records.changes(old, [old[0], moved]) == [records.Change("changed", "900-2020-paris", places)]
    assert records.changes(old, new) == [
        records.Change("changed", "900-2020-seoul", ("norm.end", "norm.hosts[0].lg", "norm.start")),
        records.Change("added", "900-2020-london"),
        records.Change("removed", "900-2020-paris"),
    ]


@needs_documents
@pytest.mark.parametrize("document", ["000", "004"])
def test_the_committed_records_are_what_the_documents_give(document):
    reading = read_document(document)
    path = PROJECT.records(document)
    assert records.changes(records.read(path, path.name), reading.records) == []
    assert path.read_text(encoding="utf-8") == records.dump(reading.records)


@pytest.mark.parametrize("document", ["000", "004"])
def test_committed_records_fit_their_schema(document):
    path = PROJECT.records(document)
    lines = [(f"{path.name}:{number}", value) for number, value in records.read_lines(path, path.name)]
    assert records.check(lines, schema(lines[0][1]["type"])) == []
    broken = json.loads(json.dumps(lines[0][1]))
    broken["norm"]["invented"] = 1
    assert [p.code for p in records.check([("x:1", broken)], schema(broken["type"]))] == ["record-schema"]


def test_extract_refuses_a_layout_by_family_not_by_name():
    document = Document("900", "Case", None, "en", "0" * 64, "anything", 1)
    with pytest.raises(SourceError, match="anything"):
        extract(document, "Top of page", layout("seminar-tables"), lookups())
