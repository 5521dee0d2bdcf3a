"""News lists: titles paired with blurbs by their form, keys that do not move, prose that is not kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction_support import PROJECT, needs_documents, read_page
from kg.errors import SourceError
from kg.extract import load_register, records

TITLE = "Lamps on the Quay"
BLURB = "The lamps are lit from the quay up to the hills, and for three nights the trams […]"
OTHER = "A book of tides has been printed by two harbour towns together, and schools will […]"


def read(*lines: str):
    return read_page("\n".join(lines), "news-list")


@needs_documents
def test_the_list_at_hand_is_read_as_its_records_by_hand_say():
    """Ten items, seven titled: the layout finds by itself which lines are an item, and gives it the same key."""
    document = load_register(PROJECT)["003"]
    from extraction_support import DOCUMENTS

    found = read_page((DOCUMENTS / document.file).read_bytes(), "news-list", document)
    path = PROJECT.mappings / "records" / "003-by-hand.jsonl"
    by_hand = {record.id: record for record in records.read(path, path.name)}
    assert [r.norm["n"] for r in found.records] == list(range(1, 11))
    assert sum("title" in r.norm for r in found.records) == 7 and found.problems == []
    for record in found.records:
        assert record.place.lines == by_hand[record.id].place.lines
        assert record.verbatim.get("title") == next(iter(by_hand[record.id].verbatim.get("titles", [])), None)


def test_two_blurbs_in_a_row_mean_that_the_second_has_no_title():
    found = read(TITLE, BLURB, OTHER, TITLE + " again", BLURB)
    assert [r.verbatim.get("title") for r in found.records] == [TITLE, None, TITLE + " again"]


@pytest.mark.parametrize("end", ["[…]", "[...]", "[ … ]", "［…］", "[…] Read more", "[…] Continue reading →"])
def test_the_end_of_a_blurb_has_many_forms(end):
    found = read(TITLE, BLURB.replace("[…]", end), OTHER)
    assert [r.verbatim.get("title") for r in found.records] == [TITLE, None]


def test_a_wrapped_blurb_is_no_title_and_is_told():
    first, second = BLURB[:60], BLURB[60:].lstrip()
    found = read(TITLE, first, second)
    assert [(r.verbatim, r.place.lines) for r in found.records] == [({"title": TITLE}, (1, 3))]
    assert [p.code for p in found.problems] == ["blurb-wrapped"]
    found = read("the trams go up the hill,", second)
    assert found.records[0].verbatim == {}


BYLINE = "Posted on 10 May 2019 by JLGC"


@pytest.mark.parametrize("lines", [(TITLE, BYLINE, BLURB), (BYLINE, TITLE, BLURB), (TITLE, BLURB, BYLINE)])
def test_who_posted_an_item_is_no_part_of_it(lines):
    found = read(*lines, "« Prev | 1 2 3 … 14 | Next »", "© 2019 A Centre. All rights reserved", "10 11")
    (record,) = found.records
    assert record.verbatim == {"title": TITLE}, "nothing is mentioned in the line"
    assert [p.code for p in found.problems] == (["byline-left"] if lines[1] == BYLINE else [])
    assert "text-not-taken-apart" in record.norm["issues"]
    assert len(read(TITLE, "Posted on 10 May 2019 in a box of letters, and then […]").records) == 1


def test_the_key_does_not_move_with_the_item():
    keys = {r.key for r in read(TITLE, BLURB, OTHER).records}
    moved = read("Something New", "Since the rain began […]", OTHER, TITLE, BLURB)
    assert keys <= {r.key for r in moved.records}
    assert {r.key for r in read(TITLE + " at Night", BLURB).records}.isdisjoint(keys)


def test_prose_is_not_kept():
    kept = records.dump(read(TITLE, BLURB, OTHER).records)
    assert TITLE in kept and "harbour" not in kept and "three nights" not in kept
    place = read(TITLE, BLURB).records[0].passages["blurb"]
    assert place.sha256 and place.lines == (2, 2)


def test_a_list_that_is_cut_says_so():
    found = read(TITLE, BLURB, "Another Title", "the text of it")
    assert [p.code for p in found.problems] == ["line-unread", "line-unread", "page-cut"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=12))
def test_items_are_paired_whatever_their_order(items):
    lines, wanted = [], []
    for number, (titled, blank) in enumerate(items):
        title = f"Title number {number}" if titled else None
        lines += [title, *[""] * blank] if title else [""] * blank
        lines.append(f"Text {number} begins here and then […]")
        wanted.append(title)
    assert [r.verbatim.get("title") for r in read(*lines).records] == wanted


def test_a_page_without_blurbs_is_refused():
    with pytest.raises(SourceError, match="layout-mismatch"):
        read("A title", "A text that ends.")
