"""The reader's side: pages, documents in RDF, SPARQL. It opens a release read-only and never imports a writing step."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from endpoint.release import OpenRelease
    from endpoint.workers import Evaluators
    from kg.vocabulary import Vocabulary


def create_app(
    release: OpenRelease, vocabulary: Vocabulary, evaluators: Evaluators, copies: Path | None = None,
    report_to: str | None = None,
) -> Flask:
    """The WSGI application for one open release. The caller closes `evaluators`.

    `copies`: a folder with copies of its documents, whose text pages then show. `report_to`: where readers report
    errors, a `mailto:` or `https:` URL; without it pages have no such link.
    """
    # Imported here because `python -m endpoint.evaluator` runs this file too and must not load Flask for a query.
    from endpoint.app import build_app

    return build_app(release, vocabulary, evaluators, copies=copies, report_to=report_to)
