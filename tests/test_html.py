"""HTML pages: the same records as the same page in text; tables, lists and hostile markup as lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extraction_support import CASES, layout, read_page
from kg.errors import SourceError
from kg.extract.html import flatten, is_html
from kg.extract.text import LIMIT
from kg.messages import LANGUAGES

PAIRS = sorted(path.parent for path in CASES.glob("*/*/input.html"))
SEMINARS = {"html": {"key": 2}}
FIELDS = {"html": {"key": 1}, "field": [{"label": "団体名"}, {"label": "事業名(活動名称)"}, {"label": "詳細情報"}]}


def lines(markup: str, profile=SEMINARS) -> list[str]:
    return flatten(markup.encode("utf-8"), "900", profile).splitlines()


def test_every_layout_has_a_pair():
    assert {folder.parent.name for folder in PAIRS} == {folder.name for folder in CASES.iterdir()}


@pytest.mark.parametrize("folder", PAIRS, ids=lambda folder: folder.parent.name)
def test_a_page_says_the_same_as_html_and_as_text(folder):
    name = folder.parent.name
    text = read_page((folder / "input.txt").read_bytes(), name)
    page = read_page((folder / "input.html").read_bytes(), name, name="input.html")
    said = [[(r.id, r.type, r.verbatim, r.norm, r.issues) for r in reading.records] for reading in (page, text)]
    assert said[0] == said[1] and len(said[0]) > 1
    codes = [[code.split(" ", 1)[1] for code in reading.codes()] for reading in (page, text)]
    assert codes[0] == codes[1]
    assert "alert" not in page.text and "Secret" not in page.text and "<" not in page.text


@pytest.mark.parametrize("folder", PAIRS, ids=lambda folder: folder.parent.name)
def test_places_are_those_of_the_flattened_text(folder):
    page = read_page((folder / "input.html").read_bytes(), folder.parent.name, name="input.html")
    for record in page.records:
        for words in record.verbatim.values():
            for word in [words] if isinstance(words, str) else words:
                assert word.split()[0] in page.text[slice(*record.place.chars)] or word in page.text
        assert page.lines(*record.place.lines).count("\n") == record.place.lines[1] - record.place.lines[0]


# ---- flattening


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>a  b\n c</p>d<div>e</div>", ["a b c", "d", "e"]),
        ("<p>a<br>b<br/><br>c</p>", ["a", "b", "c"]),
        ("<p>&lt;p&gt; &amp; &#x3042;&nbsp;x</p>", ["<p> & あ\u00a0x"]),
        ("<p>a<!-- b -->c<script>d</script><style>e</style></p><template>f</template>", ["ac"]),
        ("<ruby>東<rp>(</rp><rt>ひがし</rt><rp>)</rp></ruby>", ["東"]),
        ("<pre>a\n  b</pre>c d", ["a", "b", "c d"]),
        ("<p><b>a</b><i> b</i></p>", ["a b"]),
        ("<table><tr><td>a<td>b<tr><td>c<td>d</table>", ["a\tb", "c\td"]),
        ("<table><tr><th>a<br>b<th>c<tr><td>d<br>e<td>f</table>", ["a b\tc", "d", "e\tf"]),
        ("<table><tr><td colspan=3>a<td>b</table>", ["a\tb"]),
        ("<table><tr><td><td>b<tr><td> <td></table>", ["b"]),
        # one spanned cell is repeated, two say that the row goes on
        ("<table><tr><td rowspan=2>a<td>b<td>c<tr><td>d<td>e</table>", ["a\tb\tc", "a\td\te"]),
        ("<table><tr><td rowspan=2>a<td rowspan=2>b<td>c<td>f<tr><td>d</table>", ["a\tb\tc", "d\tf"]),
        ("<table><tr><td rowspan=0>a<td>b<tr><td>c<tr><td>d</table>", ["a\tb", "a\tc", "a\td"]),
        ("<table><tr><td rowspan=99>a<td>b</table><table><tr><td>c</table>", ["a\tb", "c"]),
        ("<table><tr><td rowspan=x colspan=-1>a<td>b</table>", ["a\tb"]),
        # a table that arranges the page is no row of data
        ("<table><tr><td><h2>a</h2><td><table><tr><td>b<td>c</table></table>", ["a", "b\tc"]),
        ("<dl><dt>a<dd>b<dd>c<dt>d<dt>e<dd>f<br>g</dl>", ["a\tb", "c", "d", "e\tf", "g"]),
        ("<dl><dt>a<dd><dl><dt>b<dd>c</dl></dl>", ["a\tb\tc"]),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", ["a", "b", "c"]),
        ("a<td>b</td><li>c", ["ab", "c"]),
        ("<p>a<p hidden>b<p>c", ["a", "c"]),
    ],
)
def test_markup_becomes_lines(markup, expected):
    assert lines(markup) == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<table><tr><th>団体名<td>a<tr><th>詳細情報<td>b<br>c</table>", ["団体名\ta", "詳細情報\tb", "c"]),
        ("<table><tr><td>団体名：<td>a<td>詳細情報<td>b</table>", ["団体名：\ta", "詳細情報\tb"]),
        ("<table><tr><th>事業名<br>（活動名称）<td>a</table>", ["事業名（活動名称）\ta"]),
        ("<table><tr><th rowspan=2>団体名<td>a<tr><td>b</table>", ["団体名\ta", "b"]),
        ("<table><tr><th rowspan=2>①x<th>団体名<td>a<tr><th>詳細情報<td>b</table>", ["①x", "団体名\ta", "詳細情報\tb"]),
        # labels as the heads of columns
        (
            "<table><tr><th>団体名<th>詳細情報<tr><td>a<td>b<tr><td>c<td>d</table>",
            ["団体名\ta", "詳細情報\tb", "団体名\tc", "詳細情報\td"],
        ),
    ],
)
def test_labels_begin_lines(markup, expected):
    assert lines(markup, FIELDS) == expected


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "shift_jis", "euc_jp", "iso2022_jp", "utf-16"])
def test_a_declared_encoding_is_read(codec):
    name = {"shift_jis": "Shift_JIS", "euc_jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP"}.get(codec, "utf-8")
    page = f'<!doctype html><meta charset="{name}"><p>情報提供自治体名</p>'
    data = page.encode(codec)
    assert flatten(data, "900", SEMINARS) == "情報提供自治体名\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "source-empty"),
        (b"<html><body> &nbsp; <script>x</script></body></html>", "source-empty"),
        (b"<p>\xff\xfe</p>", "source-encoding"),
        (b"<meta charset=shift_jis><p>a</p>\x81", "source-encoding"),
        (b"<meta charset=x-klingon><p>a</p>", "html-charset"),
        (b"<p>a\x00b</p>", "source-binary"),
        (b"<p>" + b"x" * LIMIT, "source-too-large"),
    ],
)
def test_what_is_no_page_is_refused(data, code):
    with pytest.raises(SourceError) as caught:
        flatten(data, "900", SEMINARS)
    assert caught.value.code == code and all(code in caught.value.text(language) for language in LANGUAGES)


@pytest.mark.parametrize(
    ("name", "data", "html"),
    [
        ("a.html", b"text", True), ("a.HTM", b"", True), ("a.txt", b"<!DOCTYPE html><p>", True),
        ("a", b"\xef\xbb\xbf\n<!-- x --> <html>", True), ("a.txt", b"a < b", False), ("a.txt", b"<b> is a letter", False),
    ],
)  # fmt: skip
def test_html_is_told_by_its_name_or_its_beginning(name, data, html):
    assert is_html(name, data) is html


def test_markup_without_end_is_read_without_recursion():
    assert lines("<div>" * 50_000 + "x") == ["x"]
    assert lines("<table><tr><td>" * 3_000 + "x") == ["x"]
    assert lines("<dl><dd>" * 3_000 + "x") == ["x"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from([
                "<table>", "</table>", "<tr>", "<td>", "<th>", "<td rowspan=3>", "<td colspan=2>", "</td>", "<dl>", "<dt>",
                "<dd>", "</dl>", "<p>", "<br>", "<pre>", "</pre>", "<h2>", "</h2>", "<ul>", "<li>", "<caption>", "<select>",
                "<svg>", "<!--", "-->", "<script>", "</script>", "&amp;", "団体名", "<form>", "<b>", "</b>", "<body>",
            ]),
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_no_markup_makes_a_crash(pieces):
    for profile in (SEMINARS, FIELDS):
        try:
            found = lines("<p>x</p>" + "".join(pieces), profile)
        except SourceError as refused:
            assert refused.code == "html-charset"
            continue
        assert found[0].startswith("x") and all(line.strip() for line in found)
        assert found == lines("<p>x</p>" + "".join(pieces), profile)


@pytest.mark.parametrize("name", ["seminar-tables", "exchange-records", "news-list"])
def test_a_page_of_another_layout_is_refused_as_html_too(name):
    with pytest.raises(SourceError, match="layout-mismatch"):
        read_page("<!doctype html><h1>Gardens</h1><table><tr><td>Roses<td>red</table>", name)


def test_every_profile_says_how_its_tables_are_read():
    assert all(layout(folder.parent.name)["html"]["key"] >= 1 for folder in PAIRS)
