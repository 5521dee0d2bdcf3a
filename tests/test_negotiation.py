"""endpoint/negotiation.py and the reader's language: RFC 9110 section 12."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoint.negotiation import DOCUMENTS, FORMATS, GRAPHS, HTML, RESULTS, by_extension, by_word, names, negotiate
from endpoint.words import catalogue, choose_language
from kg.store import RDF_FORMATS, RESULT_FORMATS

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize("accept,expected", [
    (None, "turtle"),
    ("", "turtle"),
    ("*/*", "turtle"),
    (BROWSER, "html"),
    ("text/html, */*", "html"),
    ("text/turtle", "turtle"),
    ("TEXT/TURTLE", "turtle"),
    ("Text/Turtle;charset=UTF-8", "turtle"),
    ("text/turtle ; q=0.5 , application/ld+json", "jsonld"),
    ("text/turtle;q=0.5, application/ld+json;q=0.4", "turtle"),
    ("text/*", "turtle"),
    ("text/*, text/turtle;q=0", "html"),
    ("text/*;q=0.3, text/html;q=0.7", "html"),
    ("application/*", "jsonld"),
    ("application/*, application/ld+json;q=0.1", "ntriples"),
    ("*/*;q=0.1, application/rdf+xml;q=0.2", "rdfxml"),
    ("application/json", "jsonld"),
    ("application/json;q=0.9, text/turtle;q=0.8", "jsonld"),
    ("application/rdf+xml, text/turtle", "turtle"),
    ("text/html, text/turtle", "turtle"),
    ("application/trig", "trig"),
    ("application/n-triples;q=1.0, */*;q=0.001", "ntriples"),
    ("image/png", None),
    ("image/png, text/turtle;q=0", None),
    ("*/*;q=0", None),
    ("*/*, text/turtle;q=0, application/*;q=0", "html"),
    ("nonsense", None),
    ("nonsense, text/turtle", "turtle"),
    ("text/turtle;q=high", None),
    ("text/turtle;q=-1, text/html;q=0.1", "html"),
    ("text/turtle;q=9, application/ld+json", "turtle"),
    ("*/turtle", None),
    (",,;;,text/turtle", "turtle"),
])  # fmt: skip
def test_documents(accept: str | None, expected: str | None) -> None:
    choice = negotiate(accept, DOCUMENTS)
    assert (choice.format.name if choice else None) == expected


@pytest.mark.parametrize("accept,name,content_type", [
    (None, "json", "application/sparql-results+json"),
    ("*/*", "json", "application/sparql-results+json"),
    ("application/json", "json", "application/json"),
    ("application/sparql-results+json, application/json;q=0.9", "json", "application/sparql-results+json"),
    ("application/xml", "xml", "application/xml"),
    ("text/csv", "csv", "text/csv; charset=utf-8"),
    ("text/*", "csv", "text/csv; charset=utf-8"),
    ("text/tab-separated-values", "tsv", "text/tab-separated-values; charset=utf-8"),
    ("application/*", "json", "application/sparql-results+json"),
])  # fmt: skip
def test_results_keep_the_name_that_was_asked_for(accept: str | None, name: str, content_type: str) -> None:
    choice = negotiate(accept, RESULTS)
    assert choice is not None
    assert (choice.format.name, choice.content_type) == (name, content_type)


def test_graphs_by_default_in_turtle() -> None:
    choice = negotiate("*/*", GRAPHS)
    assert choice is not None and choice.content_type == "text/turtle; charset=utf-8"


@given(st.text(max_size=200))
def test_no_header_breaks_it(accept: str) -> None:
    choice = negotiate(accept, DOCUMENTS)
    assert choice is None or choice.format in DOCUMENTS
    assert choose_language(None, accept) in ("en", "ja")


def test_the_table_is_sound() -> None:
    """Every format has a serialiser, and within what is offered together no two share a name or a media type."""
    for format in FORMATS:
        assert format.name in {"rdf": RDF_FORMATS, "results": RESULT_FORMATS, "page": {"html"}, "table": {"table"}}[format.kind]
    assert {f.name for f in FORMATS if f.kind == "rdf"} == set(RDF_FORMATS)
    assert {f.name for f in FORMATS if f.kind == "results"} == set(RESULT_FORMATS)
    for offered in (DOCUMENTS, GRAPHS, RESULTS, (*RESULTS, HTML)):
        types = [t for f in offered for t in (f.media_type, *f.aliases)]
        extensions = [f.extension for f in offered]
        assert len(set(types)) == len(types) and len(set(extensions)) == len(extensions)
    assert by_extension("ttl", DOCUMENTS) is not None and by_extension("exe", DOCUMENTS) is None


@pytest.mark.parametrize("word,expected", [
    ("csv", "csv"), ("CSV", "csv"), ("srj", "json"), ("application/sparql-results+json", "json"), ("pdf", None),
])  # fmt: skip
def test_a_person_may_name_the_format(word: str, expected: str | None) -> None:
    choice = by_word(word, RESULTS)
    assert (choice.format.name if choice else None) == expected


def test_who_is_a_browser() -> None:
    assert names(BROWSER, "text/html")
    assert not names("*/*", "text/html")
    assert not names("text/html;q=0", "text/html")


@pytest.mark.parametrize("asked,header,expected", [
    ("ja", "en", "ja"), ("fr", "ja", "ja"), (None, None, "en"), (None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
    (None, "en;q=0.4, ja;q=0.5", "ja"), (None, "de, fr", "en"), (None, "ja;q=0, en;q=0.1", "en"), (None, "*", "en"),
])  # fmt: skip
def test_language(asked: str | None, header: str | None, expected: str) -> None:
    assert choose_language(asked, header) == expected


def test_every_text_is_in_both_languages_with_the_same_values() -> None:
    import re

    for section, table in catalogue().items():
        for key, entry in table.items():
            assert sorted(entry) == ["en", "ja"], f"{section}.{key}"
            assert all(entry.values()), f"{section}.{key}"
            found = [set(re.findall(r"\{(\w+)\}", text)) for text in entry.values()]
            if section != "page":  # some pages name a month in one language and its number in the other
                assert found[0] == found[1], f"{section}.{key}"
