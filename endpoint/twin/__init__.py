"""The static twin: the same addresses as plain files, with the rules for servers that are not ours."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

from endpoint import create_app
from endpoint.crews import Load
from endpoint.release import OpenRelease
from endpoint.twin.crawl import Crawl
from endpoint.twin.files import Files
from endpoint.twin.finding import add_search
from endpoint.twin.rules import write_rules
from endpoint.workers import Evaluators, Limits
from kg.errors import MisuseError
from kg.published import DATA
from kg.vocabulary import Vocabulary

MARK = "twin.json"
"""the file by which a folder is known to be a twin that may be replaced"""
_SEARCH = "/static/twin-search.js"
"""what only pages of the twin need"""
SITE = "site"
"""the folder below which the files stand, to be the document root of a server"""


def export_site(
    folder: Path, vocabulary: Vocabulary, target: Path, root: str, progress: Callable[[int], None] = lambda number: None
) -> dict[str, int]:
    """`export`, with evaluators of its own; `root` is an address of the web (MisuseError)."""
    parts = urlsplit(root)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise MisuseError("site-url", root, expected="https://example.org/lod")
    release = folder.resolve()
    evaluators = Evaluators(Load(release / DATA, vocabulary.base, vocabulary.prefixes), Limits(workers=1))
    try:
        return export(release, vocabulary, evaluators, target, root.rstrip("/"), progress)
    finally:
        evaluators.close()


def export(
    folder: Path, vocabulary: Vocabulary, evaluators: Evaluators, target: Path, root: str,
    progress: Callable[[int], None] = lambda number: None,
) -> dict[str, int]:
    """Write the release in `folder` to `target` as it is to stand at `root` (`https://example.org/lod`).

    All of it is there or nothing: it is written beside `target` and renamed. A folder that holds anything but an
    older twin is left alone (MisuseError). Returns how many there are: places, files, redirects.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())) and not (target / MARK).is_file():
        raise MisuseError("folder-not-empty", target.as_posix(), expected=MARK)
    release = OpenRelease.open(folder, vocabulary)
    app = create_app(release, vocabulary, evaluators)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        files = Files(fresh / SITE)
        for number, place in enumerate(Crawl(app, root, vocabulary.base).places(_SEARCH), 1):
            files.add(place)
            progress(number)
        add_search(files, app, app.extensions["site"], root)
        write_rules(fresh, files, app, root)
        counts = {"places": files.places, "files": len(files.objects), "redirects": len(files.moved) + len(files.gone)}
        described = {"release": release.release.version, "root": root, **counts}
        (fresh / MARK).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
        fresh.chmod(0o755)
        _replace(fresh, target)
    finally:
        app.wsgi_app.close()  # type: ignore[attr-defined]
        shutil.rmtree(fresh, ignore_errors=True)
    return counts


def _replace(fresh: Path, target: Path) -> None:
    if not target.exists():
        fresh.rename(target)
        return
    old = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    target.rename(old / target.name)
    fresh.rename(target)
    shutil.rmtree(old)
