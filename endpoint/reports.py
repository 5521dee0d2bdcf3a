"""Links by which a reader reports an error: the thing, the statement, the page and the release are filled in.

Nothing is sent from here, and nothing is kept: the reader's own mail program or another site takes the report.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, request

from endpoint.site import Site, reader_language
from endpoint.views import Row
from endpoint.words import word

_LONGEST = 400
"""characters of a statement in a link; some mail programs cut links of more than 2,000"""


def is_address(text: str) -> bool:
    """Whether reports can go there: `mailto:` with one address, or an `https:` URL, which keeps its own arguments."""
    if any(c.isspace() or not c.isprintable() or c in "\"<>" for c in text) or "#" in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if parts.scheme == "mailto":
        user, at, host = parts.path.partition("@")
        return bool(user and at and host and not {"@", ","} & set(host)) and not parts.query
    return parts.scheme == "https" and bool(parts.hostname)


def register(app: Flask, site: Site, address: str | None) -> None:
    def link(entity: str, row: Row | None = None) -> str | None:
        return filled(address, _facts(site, entity, row)) if address else None

    app.context_processor(lambda: {"report": link})


def _facts(site: Site, entity: str, row: Row | None) -> dict[str, str]:
    statement = f"{row.hint} {' | '.join(value.text for value in row.values)}"[:_LONGEST] if row else ""
    # Under the name that the site has for itself: a page is the same bytes for whoever asks under another.
    page = f"{site.vocabulary.base}{request.path.lstrip('/')}"
    facts = {"entity": entity, "statement": statement, "page": page, "release": site.release.release.version}
    return {name: value for name, value in facts.items() if value}


def filled(address: str, facts: dict[str, str]) -> str:
    """The link: facts are arguments of an `https:` URL, the subject and the body of a mail."""
    if not address.startswith("mailto:"):
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(facts)}"
    language = reader_language()
    lines = [word("page", "report-page-at" if name == "page" else f"report-{name}", language, value=value) for name, value in facts.items()]
    body = "\r\n".join([*lines, "", word("page", "report-wrong", language), ""])
    subject = word("page", "report-subject", language, entity=facts["entity"])
    # RFC 6068, section 2: percent-encoded, a space is no plus sign there.
    return f"{address}?{urlencode({'subject': subject, 'body': body}, quote_via=quote)}"
