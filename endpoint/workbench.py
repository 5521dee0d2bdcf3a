"""The query workbench: what the page at `/sparql` shows of a query, its answer and its examples, and what its editor asks.

Without scripts it is a form, an answer with readable names, downloads and programs to copy. Scripts only add to it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

from flask import Flask, Response, render_template, request
from rdflib import XSD

from endpoint import snippets
from endpoint.completion import Completion, plain
from endpoint.documents import query_text
from endpoint.editions import citation
from endpoint.errors import Trouble, VisitorError
from endpoint.negotiation import GRAPHS, RESULTS
from endpoint.site import Site, local, reader_language
from endpoint.words import catalogue
from endpoint.workers import Answer
from kg.query_text import inspect
from kg.store import Term

MOST_ROWS = 1000
"""rows of an answer on the page; the files hold all"""
OTHER_TOPIC = "other"
_FORM = "application/x-www-form-urlencoded"
VIEWS = ("table", "chart", "map", "timeline")
_NUMBERS = {str(XSD[name]) for name in ("integer", "decimal", "double", "float", "nonNegativeInteger", "int", "long")}


@dataclass(frozen=True)
class Cell:
    """One value as the table shows it; `value` is what it is sorted by and drawn from."""

    text: str
    value: str
    href: str | None = None
    hint: str = ""
    language: str | None = None
    number: bool = False


@dataclass(frozen=True)
class Example:
    name: str
    question: str
    query: str
    topic: str
    place: int
    """of its topic among the topics"""
    view: str
    needs: str = ""
    """address of the service of others without which it has no answer"""


@dataclass(frozen=True)
class Fault:
    """Where a query went wrong: the line (from 1) and its text, up to the column and from there."""

    line: int
    column: int
    before: str
    after: str


class Workbench:
    """The page of one release."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._completion = Completion(site)

    def register(self, app: Flask) -> None:
        snippets.register(app)
        app.add_url_rule("/sparql/vocabulary", "vocabulary", lambda: _json(self._completion.vocabulary))
        app.add_url_rule("/sparql/hints", "hints", self._hints, methods=["GET", "POST"])

    def _hints(self) -> Response:
        """Remarks on a query, and the query with the PREFIX lines that it lacks."""
        if request.method == "POST" and request.mimetype != _FORM:
            raise VisitorError("media-type-unsupported", expected=_FORM, found=request.mimetype or "-")
        text = request.values.get("query", "")
        if not text:
            raise VisitorError("query-missing")
        remarks = self._completion.remarks(text, reader_language())
        return _json({"remarks": [plain(remark) for remark in remarks], "completed": self._completion.completed(text)})

    def page(self, text: str, answer: Answer | None, found: Trouble | None, template: str) -> str:
        """The page for a query ("" for none), its answer, or what went wrong."""
        examples = self._examples()
        chosen = next((e for e in examples if not text and e.name == request.args.get("example")), None)
        text = chosen.query if chosen else text
        form = inspect(text, self._site.vocabulary.base).form if text else None
        view = request.args.get("view") or (chosen.view if chosen else "table")
        shared = {key: value for key, value in (("query", text), ("lang", request.args.get("lang")), ("view", view))
                  if value and (key, value) != ("view", "table")}
        service = request.url_root.rstrip("/") + "/sparql"
        return render_template(
            template,
            query=text,
            chosen=chosen,
            examples=examples,
            trouble=found,
            fault=_fault(text, found),
            repaired=self._completion.completed(text) if found and found.code == "prefix-missing" else None,
            remarks=self._completion.remarks(text, reader_language()) if answer else [],
            view=view if view in VIEWS else "table",
            views=VIEWS,
            form=form,
            formats=GRAPHS if answer is not None and answer.form != "results" else RESULTS,
            shown=MOST_ROWS,
            share=f"{service}?{urlencode(shared)}",
            framed=f"{service}/embed?{urlencode(shared)}",
            cite=citation(request.url_root, self._site.release.release.version, text),
            programs=snippets.snippets(text, form, service) if answer else [],
            prefixes=self._site.vocabulary.prefixes,
            action=local("sparql"),
            words=_words_of_scripts(),
            **self._shown(answer),
        )

    def _shown(self, answer: Answer | None) -> dict[str, object]:
        if answer is None:
            return {"answered": False}
        told = {"answered": True, "seconds": answer.seconds}
        if answer.form != "results":
            return {**told, "graph": answer.body.decode("utf-8")}
        table = json.loads(answer.body)
        if "boolean" in table:
            return {**told, "truth": table["boolean"]}
        names, rows = table["head"]["vars"], table["results"]["bindings"]
        views = self._site.views()
        shown = [[self._cell(row.get(name), views.href) for name in names] for row in rows[:MOST_ROWS]]
        return {**told, "names": names, "rows": shown, "total": len(rows)}

    def _cell(self, term: dict[str, str] | None, href) -> Cell:
        if term is None:
            return Cell("", "")
        language, value = reader_language(), term["value"]
        if term["type"] == "uri":
            name = self._site.labels.name(value, language)
            return Cell(name, value, href(value), self._site.vocabulary.curie(value).strip("<>"))
        datatype = term.get("datatype")
        text = self._site.labels.literal(Term(value, "literal", term.get("xml:lang"), datatype), language)
        hint = self._site.vocabulary.curie(datatype) if datatype else ""
        return Cell(text, value, None, hint, term.get("xml:lang"), datatype in _NUMBERS)

    def _examples(self) -> list[Example]:
        """The example queries of the release, as its data describe them, in the reader's language and by topic."""
        language = reader_language()
        known = list(catalogue()["topic"])
        found: dict[str, Example] = {}
        for row in self._site.release.store.select(query_text("examples")):
            name = row["example"].value.rpartition("/")[2]
            about = tuple(row["about"].value.split(" | "))
            topic = next((word for word in known if word in about), OTHER_TOPIC)
            view = next((word for word in about if word in VIEWS), "table")
            if row["question"].language == language or name not in found:
                found[name] = Example(name, row["question"].value, row["text"].value.strip(), topic, known.index(topic), view,
                                      row["needs"].value if "needs" in row else "")
        return list(found.values())


def _words_of_scripts() -> str:
    """The words that the scripts of the page need, as JSON."""
    language = reader_language()
    return json.dumps({key: texts[language] for key, texts in catalogue()["script"].items()}, ensure_ascii=False)


def _fault(text: str, found: Trouble | None) -> Fault | None:
    line, column = (found.values.get(name) for name in ("line", "column")) if found else (None, None)
    lines = text.splitlines()
    if not isinstance(line, int) or not isinstance(column, int) or not 1 <= line <= len(lines):
        return None
    return Fault(line, column, lines[line - 1][: column - 1], lines[line - 1][column - 1:])


def _json(content: object) -> Response:
    body = json.dumps(content, ensure_ascii=False).encode("utf-8")
    response = Response(body, content_type="application/json")
    response.headers["Vary"] = "Accept-Language"
    response.set_etag(sha256(body).hexdigest()[:32])
    return response
