"""The SPARQL endpoint: SPARQL 1.1 Protocol, query operation only. The query itself runs in another process."""

from __future__ import annotations

from hashlib import sha256

from flask import Flask, Response, request
from werkzeug.wsgi import FileWrapper

from endpoint import questions
from endpoint.coding import LARGE
from endpoint.delivery import FRAMED_POLICY, UNKEPT, clock, sent_as
from endpoint.documents import query_text
from endpoint.errors import Trouble, VisitorError, trouble
from endpoint.negotiation import DOCUMENTS, HTML, Choice, Offer
from endpoint.operation import note
from endpoint.site import GONE, TRIED, VARY, Site, bare, chosen, reader_language, wants_page
from endpoint.workbench import Workbench
from endpoint.workers import Answer
from kg.errors import KgError
from kg.store import Term, serialise

MAX_BODY = 256 << 10
"""bytes of a request's body; percent signs make a form three times as long as its query"""
_FORM = "application/x-www-form-urlencoded"
_DIRECT = "application/sparql-query"
_UPDATE = "application/sparql-update"


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
    note(query=questions.fingerprint(asked.query))
    try:
        plan = questions.plan(asked, request.headers.get("Accept"), site.vocabulary, site.release.release.sha256)
        choice, is_named = chosen(plan.offer, plan.choice), plan.tag is not None and request.method != "POST"
        tag = plan.tag if is_named and site.evaluators.repeats_bytes else None
        if tag and (held := next((t for t in (sent_as(tag), tag) if t in request.if_none_match), None)):
            # The release and the query are those of the answer that the client has: nothing to evaluate.
            note(outcome="not-modified")
            return _labelled(Response(b"", 304), choice, held)
        answer = site.evaluators.run(plan.request, request.environ.get(GONE, _never), request.environ.get(TRIED, False))
    except KgError as error:
        if not wants_page(request):
            raise
        found = trouble(error, reader_language())
        return _page_of_trouble(workbench.page(asked.query, None, found, template), found)
    clock("query", answer.seconds, answer.lane)
    note(lane=answer.lane)
    if choice.format == HTML:
        page = workbench.page(asked.query, answer, None, template).encode("utf-8")
        is_kept = request.method != "POST" and plan.is_repeatable(answer.form)
        return _labelled(Response(page, content_type=choice.content_type), choice, sha256(page).hexdigest()[:32] if is_kept else None)
    response = _whole(answer, choice)
    if is_named and tag is None and answer.size <= LARGE:
        tag = sha256(response.get_data()).hexdigest()[:32]
    return _labelled(response, choice, tag)


def _whole(answer: Answer, choice: Choice) -> Response:
    """The answer, which is complete before its first byte goes out; a large one is read from where it was spooled."""
    if answer.size <= LARGE:
        return Response(answer.body, content_type=choice.content_type)
    response = Response(FileWrapper(answer.file, 1 << 16), content_type=choice.content_type)
    response.content_length = answer.size
    return response


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


def _page_of_trouble(page: str, found: Trouble) -> Response:
    """The form again, with the query and what is wrong with it."""
    note(outcome=found.code)
    response = Response(page, found.status, content_type=HTML.content_type())
    response.headers["Vary"] = VARY
    for name, value in found.headers.items():
        response.headers[name] = value
    return response


def _read() -> questions.Asked:
    """SPARQL 1.1 Protocol, section 2.1: GET, POST of a form, POST of the query itself."""
    pairs = questions.arguments(request.query_string)
    query: str | None = None
    if request.method == "POST":
        if request.content_length is not None and request.content_length > MAX_BODY:
            raise VisitorError("body-too-large", limit=MAX_BODY)
        body = request.stream.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise VisitorError("body-too-large", limit=MAX_BODY)
        if request.mimetype == _FORM:
            pairs += questions.arguments(body)
        elif request.mimetype == _DIRECT:
            query = _text(body)
        elif request.mimetype == _UPDATE:
            raise VisitorError("update-refused")
        else:
            raise VisitorError("media-type-unsupported", {"Accept-Post": f"{_FORM}, {_DIRECT}"},
                               found=request.mimetype or "-", expected=f"{_FORM}, {_DIRECT}")
    asked = questions.read(pairs, query)
    if asked.query is None and request.method == "POST":
        raise VisitorError("query-missing")
    return asked


def _never() -> bool:
    return False


def _text(body: bytes) -> str:
    if request.mimetype_params.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise VisitorError("query-encoding")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise VisitorError("query-encoding") from None


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
