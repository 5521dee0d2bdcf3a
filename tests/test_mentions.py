"""Names found by dictionary in texts that are not taken apart."""

from __future__ import annotations

from dataclasses import replace

from kg.extract import decode, extract, load_layout, load_lookups, load_register
from kg.extract.mentions import Dictionary, labels
from kg.normalise import explain


def found(names: list[str], text: str) -> list[tuple[str, int]]:
    return [(m.name, m.start) for m in Dictionary(tuple(names)).find(text)]


def test_the_longest_name_wins():
    assert found(["Tokyo", "Tokyo 2020", "東京", "東京都"], "Tokyo 2020 in 東京都, Tokyo") == [
        ("Tokyo 2020", 0), ("東京都", 14), ("Tokyo", 19),
    ]  # fmt: skip


def test_a_name_within_a_word_is_none():
    assert found(["Oman", "MJ"], "A woman of Romania at the MJ's desk, MJ2, Oman.") == [("MJ", 26), ("Oman", 42)]


def test_japanese_needs_no_boundary():
    assert found(["堺市", "しずおかし"], "大阪府堺市としずおかし") == [("堺市", 3), ("しずおかし", 6)]


def test_a_part_of_a_longer_name_is_none():
    assert found(["東アジア", "Japan"], "東アジア文化都市と東アジア, the Embassy of Japan in Japan") == [("東アジア", 9), ("Japan", 39)]
    assert found(["日本"], "日本国大使館、日本大使館、日本の大使館") == [("日本", 13)]


def test_nothing_to_look_for():
    assert found([], "text") == []


def test_every_language_is_in_the_dictionary(project):
    known = {row["name"]: row["key"] for row in labels(project)}
    assert known["神戸市"] == known["Kobe City"] == known["こうべし"] == "lg/jp-hyogo-kobe-shi"
    assert known["英国"] == known["UK"] == "country/gb"
    assert not [row for row in labels(project) if row["key"].startswith(("statement/", "activity/", "seminar/"))]


def read_news(project, text: str):
    document = replace(load_register(project)["003"], layout="news-list")
    layout, lookups = load_layout(project, "news-list"), load_lookups(project)
    return explain(extract(document, text, layout, lookups).records, layout, lookups)


def test_a_mention_has_its_span_and_is_said_once(project):
    text = "Harbour lights\nA boat of Kobe City met a boat of 釜山広域市; Kobe City waved […]\n"
    (record,), problems = read_news(project, text)
    assert problems == []
    assert [f"{m['kind']}/{m['slug']}" for m in record.norm["mentions"]] == ["lg/jp-hyogo-kobe-shi", "lg/kr-busan"]
    for number, name in enumerate(record.verbatim["mentions"], 1):
        start, end = record.passages[f"mention-{number}"].chars
        assert text[start:end] == name


def test_a_name_of_several_things_is_reported_and_not_chosen(project):
    (record,), problems = read_news(project, "A letter from Singapore was read aloud in the hall […]\n")
    assert "mentions" not in record.norm
    ((code, where),) = [(p.code, p.where) for p in problems]
    assert (code, where) == ("mention-ambiguous", "003:1")
    assert "country/sg" in problems[0].text() and "place/sg-singapore" in problems[0].text()


def test_what_the_dictionary_finds_in_the_news_is_stated_by_hand_too(project, documents, graphs, sources):
    """The ten items were taken apart by hand; the machine finds nothing in them that the graph does not say."""
    text = decode((documents / load_register(project)["003"].file).read_bytes(), "003")
    records, _ = read_news(project, text)
    base = sources.vocabulary.base
    stated = {tuple(q.split(" ")[0:3:2]) for q in graphs.lines if "schema.org/mentions>" in q}
    found_there = {
        (f"<{base}id/article/003-{r.key}>", f"<{base}id/{m['kind']}/{m['slug']}>")
        for r in records for m in r.norm.get("mentions", [])
    }  # fmt: skip
    assert len(found_there) > 25 and found_there - stated == set()
