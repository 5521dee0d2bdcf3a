"""The Flask application: routes of `resources` and `sparql`, headers on every answer, one form for every error."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, Response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from endpoint import (
    assets, codes, dataset, delivery, feed, gone, lists, memento, openapi, operation, overview, past, reports, resources,
    search, sparql,
)  # fmt: skip
from endpoint.editions import Edition, Editions
from endpoint.errors import VisitorError, Trouble, code_of_status, trouble
from endpoint.release import OpenRelease
from endpoint.site import VARY, Site, bare, local, reader_language, wants_page
from endpoint.words import LANGUAGES, word
from endpoint.workers import Evaluators
from kg.errors import KgError
from kg.vocabulary import Vocabulary

_PLAIN = re.compile(r"^[A-Za-z0-9/._~-]*$")
"""a path that may stand in a Location header as it is"""


def build_app(
    release: OpenRelease, vocabulary: Vocabulary, evaluators: Evaluators, pinned: Edition | None = None,
    copies: Path | None = None, report_to: str | None = None,
) -> Flask:
    """`pinned`: this is a past release, below `/release/`. `copies`: a folder with copies of the source documents.

    `report_to`: where readers report errors.
    """
    app = Flask("endpoint", static_folder="static", template_folder="templates")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = delivery.KEPT_SECONDS
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    site = app.extensions["site"] = Site.of(release, vocabulary, evaluators, copies)
    resources.register(app, site)
    dataset.register(app, site)
    codes.register(app, site)
    lists.register(app, site)
    search.register(app, site)
    overview.register(app, site)
    reports.register(app, site, report_to)
    openapi.register(app, site)
    sparql.register(app, site)
    assets.register(app)
    # What is registered first comes last after a request: the log sees the answer as it goes out.
    operation.register(app, site)
    delivery.register(app)
    app.before_request(_one_spelling)
    gone.register(app, site)
    editions = Editions(release.folder, site.names)
    memento.register(app, editions, pinned)
    if pinned is None:
        feed.register(app, site, editions)
        past.register(app, site, editions, partial(build_app, copies=copies, report_to=report_to))
    app.register_error_handler(KgError, _answer_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.context_processor(lambda: _template_words(site))
    return app


def _one_spelling() -> Response | None:
    """308 from a trailing slash or capitals to the one spelling of an address (keys are lower case)."""
    path = request.path
    raw = request.environ.get("REQUEST_URI", "").partition("?")[0]
    if "%2f" in raw.lower():
        # Decoded it would look like a separator, and one thing would have two addresses (RFC 3986, section 2.2).
        raise VisitorError("not-found", path=raw, nearest="-")
    plain = path.rstrip("/") if path != "/dump/" else path
    if plain.lower().startswith(("/id/", "/doc/", "/graph/", "/vocab/")):
        plain = plain.lower()
    if path in ("/", "/dump/") or plain == path or not _PLAIN.match(path):
        return None
    query = request.query_string.decode("latin-1")
    target = f"{request.script_root}/{plain.lstrip('/')}"
    return redirect(f"{target}?{query}" if query else target, 308)  # type: ignore[return-value]


def _template_words(site: Site) -> dict[str, object]:
    language = reader_language()

    def text(key: str, section: str = "page", **values: object) -> str:
        return word(section, key, language, **values)

    return {
        "lang": language,
        "text": text,
        "local": local,
        "local_plain": bare,
        "release": site.release.release,
        "dataset_iri": site.vocabulary.dataset,
        "switch": [(code, word("page", "language-name", code), _switched(code)) for code in LANGUAGES],
    }


def _switched(language: str) -> str:
    """This page in another language: the same arguments but for `lang`."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return f"{request.script_root}{request.path}?{urlencode([*kept, ('lang', language)])}"


def _answer_error(error: KgError) -> Response:
    return _written(trouble(error, reader_language()))


def _answer_http_error(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    found = VisitorError(code_of_status(error.code or 500), path=request.path, methods="GET, HEAD, POST", nearest="-")
    response = _written(trouble(found, reader_language()))
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _written(found: Trouble) -> Response:
    operation.note(outcome=found.code)
    if wants_page(request):
        body: str | bytes = render_template("error.html", trouble=found)
        response = Response(body, found.status, content_type="text/html; charset=utf-8")
    else:
        body = found.problem_json(f"{request.url_root}errors")
        response = Response(body, found.status, content_type="application/problem+json")
    response.headers["Content-Language"] = reader_language()
    response.headers["Vary"] = VARY
    for name, value in found.headers.items():
        response.headers[name] = value
    return response
