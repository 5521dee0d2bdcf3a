"""The SPARQL endpoint: SPARQL 1.1 Protocol, query operation only. The query itself runs in another process."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl

from flask import Flask, Response, request
from werkzeug.wsgi import FileWrapper

from endpoint.coding import LARGE
from endpoint.delivery import FRAMED_POLICY, UNKEPT, clock, sent_as
from endpoint.documents import query_text
from endpoint.errors import Trouble, VisitorError, trouble
from endpoint.frames import Stopped
from endpoint.negotiation import ALIKE, DOCUMENTS, GRAPHS, HTML, RESULTS, Choice, Offer, by_word
from endpoint.operation import fingerprint, note
from endpoint.site import GONE, VARY, Site, bare, chosen, reader_language, wants_page
from endpoint.words import word
from endpoint.workbench import Workbench
from endpoint.workers import Answer, Request
from kg.errors import KgError
from kg.messages import nearest
from kg.model import iri
from kg.query_text import QueryText, inspect
from kg.store import Term, serialise

MAX_QUERY = 64 << 10
"""bytes of a query"""
MAX_BODY = 256 << 10
"""bytes of a request's body; percent signs make a form three times as long as its query"""
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_UPDATE = "application/sparql-update"
_VOLATILE = re.compile(r"\b(NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)
"""functions whose value changes from one evaluation to the next"""
_BLANK = re.compile(r"\[|_:")
"""blank nodes of a template get new labels each time"""


@dataclass(frozen=True)
class Asked:
    """What a request asks: the query (None for none) and the graphs that the protocol names."""

    query: str | None
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    format: str | None


def register(app: Flask, site: Site) -> None:
    workbench = Workbench(site)
    workbench.register(app)
    app.add_url_rule("/sparql", "sparql", lambda: _sparql(site, workbench), methods=["GET", "POST"])
    app.add_url_rule("/sparql/embed", "embed", lambda: _embedded(site, workbench))


def _embedded(site: Site, workbench: Workbench) -> Response:
    """The answer alone, which any page may show in a frame."""
    response = _sparql(site, workbench, "embed.html")
    response.headers["Content-Security-Policy"] = FRAMED_POLICY
    return response


def _sparql(site: Site, workbench: Workbench, template: str = "sparql.html") -> Response:
    asked = _read()
    if asked.query is None:
        return _without_query(site, workbench, template)
    note(query=fingerprint(asked.query))
    try:
        choice, planned = _planned(site, asked)
        tag = _tag(site, planned, choice)
        if tag and (held := next((t for t in (sent_as(tag), tag) if t in request.if_none_match), None)):
            # The release and the query are those of the answer that the client has: nothing to evaluate.
            note(outcome="not-modified")
            return _labelled(Response(b"", 304), choice, held)
        answer = site.evaluators.run(planned, _stopped())
    except KgError as error:
        if not wants_page(request):
            raise
        found = trouble(error, reader_language())
        return _page_of_trouble(workbench.page(asked.query, None, found, template), found)
    clock("query", answer.seconds, answer.lane)
    note(lane=answer.lane)
    if choice.format == HTML:
        page = workbench.page(asked.query, answer, None, template).encode("utf-8")
        tag = sha256(page).hexdigest()[:32] if _is_repeatable(planned, answer.form) else None
        return _labelled(Response(page, content_type=choice.content_type), choice, tag)
    return _labelled(_whole(answer, choice), choice, tag)


def _whole(answer: Answer, choice: Choice) -> Response:
    """The answer, which is complete before its first byte goes out; a large one is read from where it was spooled."""
    if answer.size <= LARGE:
        return Response(answer.body, content_type=choice.content_type)
    response = Response(FileWrapper(answer.file, 1 << 16), content_type=choice.content_type)
    response.content_length = answer.size
    return response


def _stopped() -> Stopped:
    """Whether the visitor has hung up, where the server can tell."""
    return request.environ.get(GONE, lambda: False)


def _labelled(response: Response, choice: Choice, tag: str | None) -> Response:
    if choice.format == HTML:
        response.headers["Content-Language"] = reader_language()
    response.headers["Vary"] = VARY
    response.headers["Link"] = f'<{bare("sparql")}>; rel="service", <{bare("dataset")}>; rel="describedby"'
    if tag is None:
        response.headers["Cache-Control"] = UNKEPT
    else:
        response.set_etag(tag)
    return response


def _tag(site: Site, planned: Request, choice: Choice) -> str | None:
    """The ETag of an answer, known before it is computed: release, query, data set and format decide every byte.

    None where they do not, and for pages, whose words come with the program: those are named by their bytes.
    """
    text = planned.query
    if choice.format == HTML or not _is_repeatable(planned, choice.format.kind):
        return None
    parts = [site.release.release.sha256, choice.content_type, text, planned.default_graphs, planned.named_graphs]
    return sha256(json.dumps(parts).encode("utf-8")).hexdigest()[:32]


def _is_repeatable(planned: Request, kind: str) -> bool:
    """Whether the same request gives the same bytes; a POST is not kept by caches, so nothing is promised of it."""
    volatile = _VOLATILE.search(planned.query) or (kind == "rdf" and _BLANK.search(planned.query))
    return request.method != "POST" and not volatile


def _planned(site: Site, asked: Asked) -> tuple[Choice, Request]:
    """What is to be evaluated, and the form of the answer; a VisitorError for what cannot be."""
    text = asked.query or ""
    if not text.strip():
        raise VisitorError("query-empty")
    if len(text.encode("utf-8")) > MAX_QUERY:
        raise VisitorError("query-too-long", limit=MAX_QUERY)
    scan = inspect(text, site.vocabulary.base)
    _refuse(scan, site)
    choice = _choice(asked, scan)
    return choice, _request(asked, scan, choice)


def _page_of_trouble(page: str, found: Trouble) -> Response:
    """The form again, with the query and what is wrong with it."""
    note(outcome=found.code)
    response = Response(page, found.status, content_type=HTML.content_type())
    response.headers["Vary"] = VARY
    for name, value in found.headers.items():
        response.headers[name] = value
    return response


def _read() -> Asked:
    """SPARQL 1.1 Protocol, section 2.1: GET, POST of a form, POST of the query itself."""
    arguments = _pairs(request.query_string)
    query: str | None = None
    if request.method == "POST":
        if request.content_length is not None and request.content_length > MAX_BODY:
            raise VisitorError("body-too-large", limit=MAX_BODY)
        body = request.stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise VisitorError("body-too-large", limit=MAX_BODY)
        if request.mimetype == _FORM:
            arguments += _pairs(body)
        elif request.mimetype == _DIRECT:
            query = _text(body)
        elif request.mimetype == _UPDATE:
            raise VisitorError("update-refused")
        else:
            raise VisitorError("media-type-unsupported", {"Accept-Post": f"{_FORM}, {_DIRECT}"},
                               found=request.mimetype or "-", expected=f"{_FORM}, {_DIRECT}")
    if any(name == "update" for name, _ in arguments):
        raise VisitorError("update-refused")
    queries = [value for name, value in arguments if name == "query"] + ([query] if query is not None else [])
    if len(queries) > 1:
        raise VisitorError("query-repeated")
    if not queries and request.method == "POST":
        raise VisitorError("query-missing")
    return Asked(
        query=queries[0] if queries else None,
        default_graphs=_graphs(arguments, "default-graph-uri"),
        named_graphs=_graphs(arguments, "named-graph-uri"),
        format=next((value for name, value in arguments if name == "format"), None),
    )


def _pairs(encoded: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=2000)
    except UnicodeDecodeError:
        raise VisitorError("query-encoding") from None
    except ValueError:
        raise VisitorError("request-bad") from None


def _text(body: bytes) -> str:
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise VisitorError("query-encoding")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise VisitorError("query-encoding") from None


def _graphs(arguments: list[tuple[str, str]], name: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(value for key, value in arguments if key == name))
    _check(found)
    return found


def _check(graphs: tuple[str, ...]) -> None:
    for graph in graphs:
        try:
            iri(graph)
        except ValueError:
            raise VisitorError("graph-iri", graph=graph) from None


def _refuse(scan: QueryText, site: Site) -> None:
    if scan.form == "update":
        raise VisitorError("update-refused")
    if scan.calls_service:
        raise VisitorError("service-refused")
    known = site.vocabulary.prefixes
    missing = [prefix for prefix in scan.undeclared if prefix in known]
    if missing:
        lines = [word("page", "prefix-line", "en", prefix=prefix, namespace=known[prefix]) for prefix in missing]
        raise VisitorError("prefix-missing", lines="\n".join(lines), prefix=", ".join(missing))
    if scan.undeclared:
        prefix = scan.undeclared[0]
        raise VisitorError("prefix-unknown", prefix=prefix, nearest=nearest(prefix, known))


def _choice(asked: Asked, scan: QueryText) -> Choice:
    offered = GRAPHS if scan.gives_graph else RESULTS
    named = by_word(asked.format, offered) if asked.format else None
    if named is not None:
        chosen(ALIKE)
    choice = named or chosen(Offer(offered, page=True))
    if choice is None:
        raise VisitorError("not-acceptable", offered=", ".join(f.media_type for f in offered))
    return choice


def _request(asked: Asked, scan: QueryText, choice: Choice) -> Request:
    """The data set of the protocol wins over that of the query (section 2.1.4)."""
    default, named = asked.default_graphs, asked.named_graphs
    if not default and not named:
        default, named = scan.default_graphs, scan.named_graphs
    given = bool(default or named)
    _check(default + named)
    return Request(
        query=asked.query or "",
        results=choice.format.name if choice.format.kind == "results" else "json",
        rdf=choice.format.name if choice.format.kind == "rdf" else "turtle",
        default_graphs=default if given else None,
        named_graphs=named,
    )


def _without_query(site: Site, workbench: Workbench, template: str) -> Response:
    """A form for people; a service description for machines (SPARQL 1.1 Service Description, section 2)."""
    choice = chosen(Offer(DOCUMENTS))
    if choice is None:
        raise VisitorError("not-acceptable", offered=", ".join(f.media_type for f in DOCUMENTS))
    if choice.format == HTML:
        response = Response(workbench.page("", None, None, template), content_type=HTML.content_type())
        response.headers["Content-Language"] = reader_language()
    else:
        lines = site.release.store.construct(query_text("service-description"), {"service": Term(request.base_url)})
        body = serialise(lines, choice.format.name, site.vocabulary.prefixes)
        response = Response(body, content_type=choice.content_type)
    # The description names the service by the address that it was asked at.
    response.headers["Vary"] = f"{VARY}, Host"
    response.headers["Link"] = f'<{bare("dataset")}>; rel="describedby"'
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    return response
