"""`/id/lg-code/{digits}`: a code leads to the local government that has it or had it. A code is no name of a thing."""

from __future__ import annotations

from flask import Flask, Response, redirect, render_template, request

from endpoint.documents import query_text
from endpoint.errors import VisitorError
from endpoint.site import Site, bare, local, reader_language, wants_page
from kg import codes
from kg.store import Term


def register(app: Flask, site: Site) -> None:
    app.add_url_rule("/id/lg-code/<code>", "code", lambda code: _lead(site, code))


def _lead(site: Site, code: str) -> Response:
    """303 to the one local government; 300 with a list where the digits can be read in several ways; 404 for none."""
    found = governments(site, code)
    if not found:
        near = [bare(f"id/lg-code/{meant}") for meant in _meant(site, code)]
        raise VisitorError("not-found", path=request.path, nearest=", ".join(near) or "-", near=near)
    places = [local(site.names.path_of(iri) or iri) for iri in found]
    if len(found) == 1:
        return redirect(places[0], 303)  # type: ignore[return-value]
    links = [site.views().link(iri) for iri in found]
    if wants_page(request):
        response = Response(render_template("choices.html", code=code, links=links), 300, content_type="text/html; charset=utf-8")
        response.headers["Content-Language"] = reader_language()
    else:
        response = Response("".join(f"{iri}\r\n" for iri in found), 300, content_type="text/uri-list; charset=utf-8")
    response.headers["Link"] = ", ".join(f'<{place}>; rel="alternate"' for place in places)
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def governments(site: Site, code: str) -> list[str]:
    """IRIs of those that have or had a code: five digits, or six of which the last checks the others."""
    exact = (code5 for code5, remark in codes.readings(code) if not remark)
    return list(dict.fromkeys(iri for code5 in exact for iri in _with_code(site, code5)))


def _with_code(site: Site, code5: str) -> list[str]:
    rows = site.release.store.select(query_text("code"), {"code": Term(code5, "literal")})
    return [row["government"].value for row in rows]


def _meant(site: Site, code: str) -> list[str]:
    """Codes that somebody has and that differ from this one by a lost zero or a wrong check digit."""
    return [code5 for code5, remark in codes.readings(code) if remark and _with_code(site, code5)]
