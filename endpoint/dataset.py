"""The data set as a whole: its page, the well-known address, sitemap, robots.txt, linksets, files by release.

Everything said here is computed when the release is built (`dataset.ttl`, `schema-org.json`) and only shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from flask import Flask, Response, redirect, render_template, request, send_from_directory

from endpoint.delivery import RELEASE
from endpoint.documents import Document, query_text
from endpoint.errors import VisitorError
from endpoint.negotiation import HTML
from endpoint.signposts import LINKSET, LINKSET_JSON, linkset_json, linkset_text, signposts
from endpoint.site import Site, bare, local, reader_language
from endpoint.views import Link
from endpoint.words import word
from kg import published
from kg.store import Store, Term

_MOST_URLS = 40_000
"""in one file of a sitemap; the protocol allows 50,000 and 50 MB"""


@dataclass(frozen=True)
class Count:
    """A row of a table: what is counted, and how many."""

    link: Link
    number: int


@dataclass(frozen=True)
class File:
    link: Link
    size: int
    media: str
    sha256: str


@dataclass(frozen=True)
class Shown:
    """What the page of a data set shows."""

    iri: str
    title: str
    subtitle: str
    description: str
    version: str
    issued: str
    licence: str
    citation: str
    files: tuple[File, ...]
    classes: tuple[Count, ...]
    links: tuple[Count, ...]
    versions: tuple[tuple[Link, str], ...]
    alternates: tuple[Link, ...]
    schema_org: str
    archive: Link | None


def register(app: Flask, site: Site) -> None:
    add = app.add_url_rule
    add("/.well-known/void", "well-known", lambda: redirect(local("dataset"), 303))
    add("/robots.txt", "robots", lambda: _text(render_template("robots.txt", root=_root()), "text/plain; charset=utf-8"))
    add("/sitemap.xml", "sitemap", lambda: _sitemap(site, None))
    add("/sitemap/<int:number>.xml", "sitemap-part", lambda number: _sitemap(site, number))
    add("/linkset/<path:path>", "linkset", lambda path: _linkset(site, path))
    add("/release/<name>.zip", "release-archive", lambda name: _archive(site, name))
    # Registered here and not with the headers that all answers have: it is the release that is named.
    app.after_request(lambda response: _named(response, site.release.release.version))


def _named(response: Response, version: str) -> Response:
    response.headers[RELEASE] = version
    return response


# ---- the page


def is_shown(site: Site, document: Document) -> bool:
    """Whether a document is that of the data set or of one of its releases."""
    return document.iri == site.vocabulary.dataset or document.iri.startswith(f"{site.vocabulary.dataset}/")


def page(site: Site, document: Document, alternates: tuple[Link, ...]) -> str:
    return render_template("dataset.html", data=_shown(site, document, alternates))


def _shown(site: Site, document: Document, alternates: tuple[Link, ...]) -> Shown:
    language = reader_language()
    words, vocabulary = site.views(), site.vocabulary
    store = Store.load(document.own, vocabulary.prefixes)
    about = {"thing": Term(document.iri)}

    def rows(name: str) -> list[dict[str, Term]]:
        return store.select(query_text(name), about)

    facts = next(iter(rows("dataset-facts")), {})
    is_current = document.iri == vocabulary.dataset
    title, other = vocabulary.text(vocabulary.dataset), "ja" if language == "en" else "en"
    version = facts["version"].value if "version" in facts else site.release.release.version
    issued = facts["issued"].value if "issued" in facts else ""
    archive = published.archive_of(site.release.folder) if version == site.release.release.version else None
    return Shown(
        iri=document.iri, title=title.get(language) or document.iri, subtitle=title.get(other) or "",
        description=vocabulary.definition(vocabulary.dataset).get(language) or "", version=version, issued=issued,
        licence=site.documents.licence(document) or "",
        citation=_citation(site, version, issued, language),
        files=tuple(_file_row(row) for row in rows("dataset-files")),
        classes=tuple(
            Count(words.link(row["class"].value), int(row["number"].value))
            for row in rows("dataset-classes") if row["class"].value in vocabulary.fields
        ),
        links=tuple(
            Count(Link(row["target"].value, row["target"].value), int(row["number"].value)) for row in rows("dataset-links")
        ),
        versions=tuple(_version(site, row) for row in rows("dataset-versions")),
        alternates=alternates,
        schema_org=site.release.schema_org() if is_current or version == site.release.release.version else "",
        archive=Link(archive.name, local(f"release/{archive.name}")) if archive else None,
    )  # fmt: skip


def _version(site: Site, row: dict[str, Term]) -> tuple[Link, str]:
    """A release and its day, "" for none."""
    path = site.names.path_of(row["release"].value) or ""
    return Link(row["version"].value, local(path)), row["issued"].value if "issued" in row else ""


def _file_row(row: dict[str, Term]) -> File:
    name, media = row["name"].value, row["media"].value.partition("media-types/")[2]
    link = Link(name, local(f"dump/{name}"))
    return File(link, int(row["bytes"].value), media, row["checksum"].value)


def _citation(site: Site, version: str, issued: str, language: str) -> str:
    vocabulary = site.vocabulary
    publisher = vocabulary.text(vocabulary.publisher or vocabulary.dataset).get(language) or ""
    return word(
        "page", "dataset-citation-dated" if issued else "dataset-citation", language, version=version, year=issued[:4],
        publisher=publisher, iri=f"{vocabulary.dataset}/{version}",
        title=vocabulary.text(vocabulary.dataset).get(language) or "",
    )  # fmt: skip


# ---- for crawlers


def _root() -> str:
    return f"{request.host_url.rstrip('/')}{request.script_root}"


def _sitemap(site: Site, number: int | None) -> Response:
    """All documents; one file, or an index of several where they are many (sitemaps.org, protocol 0.9)."""
    known = (path for path in site.documents.paths() if "." not in path or path.startswith("dataset/"))
    # The others with a dot are names of versions (def/0.1.0), which lead on to what is listed.
    paths = ["", *(f"doc/{path[3:]}" if path.startswith("id/") else path for path in known)]
    parts = [paths[start : start + _MOST_URLS] for start in range(0, len(paths), _MOST_URLS)]
    if number is not None and not 1 <= number <= len(parts):
        raise VisitorError("not-found", path=request.path, nearest="-")
    shown = parts[number - 1] if number else parts[0]
    is_index = number is None and len(parts) > 1
    urls = [f"sitemap/{n}.xml" for n in range(1, len(parts) + 1)] if is_index else shown
    text = render_template("sitemap.xml", root=_root(), index=is_index, urls=urls, day=_changed(site))
    return _text(text, "application/xml; charset=utf-8")


def _changed(site: Site) -> str:
    """The day of the release; of a build that on which its files were written."""
    facts = site.release.release
    if facts.issued:
        return facts.issued
    return datetime.fromtimestamp((site.release.folder / published.FACTS).stat().st_mtime, UTC).date().isoformat()


def _text(text: str, content_type: str) -> Response:
    response = Response(text, content_type=content_type)
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    # The addresses in it are those of the host that was asked.
    response.headers["Vary"] = "Host"
    return response


# ---- links and files


def _linkset(site: Site, path: str) -> Response:
    """All signposts of a document (RFC 9264), as JSON, or as text for who asks for that only."""
    below = f"id/{path[4:]}" if path.startswith("doc/") else path
    document = site.documents.find(below)
    if document is None or path.startswith("id/"):
        raise VisitorError("not-found", path=request.path, nearest="-")
    root = _root().removesuffix(request.script_root)
    links = signposts(site, document, HTML)
    anchor = f"{root}{bare(path)}"
    as_text = LINKSET in request.headers.get("Accept", "").replace(LINKSET_JSON, "")
    body, kind = (linkset_text, LINKSET) if as_text else (linkset_json, LINKSET_JSON)
    response = Response(body(anchor, links, root), content_type=kind)
    response.set_etag(sha256(response.get_data()).hexdigest()[:32])
    response.headers["Vary"] = "Accept, Host"
    return response


def _archive(site: Site, name: str) -> Response:
    """The release as one file."""
    file = published.archive_of(site.release.folder)
    if file is None or file.name != f"{name}.zip":
        raise VisitorError("not-found", path=request.path, nearest="-")
    response = send_from_directory(file.parent, file.name, mimetype="application/zip", etag=False, conditional=False)
    response.set_etag(f"{site.release.release.sha256[:32]}")
    return response
