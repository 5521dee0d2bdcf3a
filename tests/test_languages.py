"""One chain of languages everywhere, the order of names, and how values are written for a reader."""

from __future__ import annotations

import pytest

from endpoint.words import choose_language
from endpoint.written import span, written
from kg.collation import by_letters, by_reading
from kg.languages import best
from kg.store import Term

XSD = "http://www.w3.org/2001/XMLSchema#"


@pytest.mark.parametrize(
    ("texts", "language", "expected"),
    [
        ([("en", "Hamamatsu City"), ("ja", "浜松市")], "ja", "浜松市"),
        ([("en", "Hamamatsu City"), ("ja", "浜松市")], "en", "Hamamatsu City"),
        ([("en", "Hamamatsu City"), ("ja", "浜松市")], "de", "浜松市"),
        ([("en", "Busan"), ("ko", "부산")], "ja", "Busan"),
        ([("ko", "부산"), ("de", "Pusan")], "ja", "Pusan"),
        ([("ko", "부산"), (None, "Busan")], "en", "Busan"),
        ([("en-gb", "Colour"), ("ja", "色")], "en", "Colour"),
        ([("ja-hrkt", "はままつし"), ("ja-latn", "Hamamatsu-shi")], "ja", None),
        ([("ja-Hrkt", "はままつし"), ("en", "Hamamatsu City")], "ja", "Hamamatsu City"),
        ([("ja-Latn", "Hamamatsu-shi"), ("ko", "하마마쓰시")], "en", "하마마쓰시"),
        ([("en", "first"), ("en", "second")], "en", "first"),
        ([], "en", None),
    ],
)  # fmt: skip
def test_the_name_for_a_reader(texts, language, expected):
    assert best(texts, language) == expected


@pytest.mark.parametrize(
    ("asked", "accept", "expected"),
    [
        (None, "ja", "ja"), (None, "ja-JP", "ja"), (None, "fr,ja;q=0.5", "ja"), (None, "*", "en"), (None, ";;q=x,,", "en"),
        (None, "en;q=0.4, ja;q=0.6", "ja"), (None, "ja;q=0, en;q=0.1", "en"), ("ja", "en", "ja"), ("xx", "ja", "ja"), (None, None, "en"),
    ],
)  # fmt: skip
def test_the_language_of_an_answer(asked, accept, expected):
    assert choose_language(asked, accept) == expected


@pytest.mark.parametrize(
    ("value", "datatype", "english", "japanese"),
    [
        ("2019-01-20", "date", "20 January 2019", "2019年1月20日"),
        ("1955", "gYear", "1955", "1955年"),
        ("2010-10", "gYearMonth", "October 2010", "2010年10月"),
        ("P2Y", "duration", "2 years", "2年"),
        ("P1Y6M", "duration", "1 year 6 months", "1年 6か月"),
        ("1600", "integer", "1600", "1600"),
        ("12345", "integer", "12,345", "12,345"),
        ("not-a-date", "date", "not-a-date", "not-a-date"),
        ("2019-13-01", "date", "2019-13-01", "2019-13-01"),
    ],
)
def test_a_value_is_written_for_the_reader(value, datatype, english, japanese):
    term = Term(value, "literal", datatype=XSD + datatype)
    assert (written(term, "en"), written(term, "ja")) == (english, japanese)


def test_two_days_are_one_expression():
    assert span("2019-01-20", "2019-01-26", "ja") == "2019年1月20日～2019年1月26日"
    assert span("2019-01-20", "2019-01-20", "en") == "20 January 2019"


def test_readings_are_ordered_as_in_a_dictionary():
    """Voiced letters after voiceless ones, small after large, a long mark as the vowel that it lengthens."""
    expected = ["あいち", "アーチ", "いせ", "かがわ", "きた", "ぎふ", "きょうと", "きよす", "はちのへ", "ばば", "ぱぱ", "ロンドン"]
    found = sorted(reversed(expected), key=by_reading)
    assert [name for name in found if name not in ("アーチ", "あいち")] == [name for name in expected if name not in ("アーチ", "あいち")]
    assert by_reading("アーチ")[0] == "ああち"
    assert sorted(["か", "が", "き"], key=by_reading) == ["か", "が", "き"]


def test_letters_are_ordered_without_accents_and_case():
    assert sorted(["Zurich", "Ōtsu", "osaka", "Paris"], key=by_letters) == ["osaka", "Ōtsu", "Paris", "Zurich"]
