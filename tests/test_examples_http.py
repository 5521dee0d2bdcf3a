"""Every example query, asked of the served endpoint over a socket, gives what the store gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conftest import ROOT
from endpoint_support import Server, running
from kg.published import DATA, current
from kg.query_text import inspect
from kg.store import Store

EXAMPLES = sorted((ROOT / "endpoint" / "examples").glob("*.rq"))


@pytest.fixture(scope="module")
def store(built, sources) -> Store:
    return Store.load(current(built) / DATA, sources.vocabulary.prefixes, sources.vocabulary.base)


@pytest.fixture(scope="module")
def server(built) -> Iterator[Server]:
    with running(built / "current", project=ROOT) as found:
        yield found


def declared(text: str, store: Store) -> str:
    """The query with the PREFIX lines that a client writes."""
    used = inspect(text, store.base or "").undeclared
    return "\n".join([*(f"PREFIX {name}: <{store.prefixes[name]}>" for name in used), text])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_the_endpoint_answers_as_the_store_does(path, server, store):
    text = path.read_text(encoding="utf-8")
    reply = server.post_form(declared(text, store), accept="application/sparql-results+json")
    assert reply.status == 200, reply.text
    served = [{n: v["value"] for n, v in row.items()} for row in reply.json()["results"]["bindings"]]
    ours = [{n: v.value for n, v in row.items()} for row in store.select(text)]
    assert ours and sorted(served, key=repr) == sorted(ours, key=repr)


def test_the_counts_that_the_readme_promises(server, store):
    for pattern, number in (
        ("?s a jichi:Seminar", 48), ("?s a jichi:Seminar ; jichi:hostedBy ?h", 51), ("?s jichi:theme ?t", 53),
        ("?s a jichi:ReportedActivity", 17), ("?s jichi:reportedBy ?g", 20),
    ):  # fmt: skip
        query = declared(f"SELECT (COUNT(*) AS ?n) WHERE {{ {pattern} }}", store)
        (row,) = server.query(query, accept="application/sparql-results+json").json()["results"]["bindings"]
        assert row["n"]["value"] == str(number)


def test_a_seminar_in_turtle_says_when_who_and_where_it_is_said(server):
    reply = server.get("/doc/seminar/2018-london", accept="text/turtle")
    for part in ('"2019-01-20"', '"Miyagi Prefecture"@en', "jichi:firstLine 29", "jichi:lastLine 30"):
        assert part in reply.text
