"""Documents made beforehand, in a file beside the release: every form of every document, in every coding.

Pages follow from the release, from the words and shapes of the project and from this program. So they are made by the
service in its idle time when it first serves a release, not by the build, and the file is named by all three: it is
found again after a restart, and another program makes another one. It is complete or not there.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

from endpoint import coding
from endpoint.cache import Address, Page, Rule, asked, address_of, rule_of
from endpoint.front import page_of
from endpoint.negotiation import Offer

FOLDER = ".pages"
_SUFFIX = ".sqlite"
_LOOK_SECONDS = 1.0
_MOST = 512 << 20
"""bytes of a file: what does not fit is made when it is asked for"""
_TABLES = (
    "CREATE TABLE rule (address TEXT PRIMARY KEY, offer TEXT, by_language INTEGER) WITHOUT ROWID",
    "CREATE TABLE page (key TEXT PRIMARY KEY, status INTEGER, headers TEXT, tag TEXT, route TEXT) WITHOUT ROWID",
    "CREATE TABLE body (tag TEXT PRIMARY KEY, plain BLOB, br BLOB, zstd BLOB, gzip BLOB)",
)


class Shelf:
    """Reads the file once it is there. Thread-safe; each process opens it for itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._looked = 0.0

    def rule(self, address: Address) -> Rule | None:
        row = self._one("SELECT offer, by_language FROM rule WHERE address = ?", _place(address))
        if row is None or address.prefix:
            return None
        return Rule(None if row[0] is None else Offer.of(row[0]), bool(row[1]))

    def page(self, address: Address, form: str, language: str, code: str) -> tuple[Page, bytes] | None:
        row = self._one(
            "SELECT status, headers, page.tag, route, plain, br, zstd, gzip FROM page LEFT JOIN body"
            " ON body.tag = page.tag WHERE key = ?", f"{_place(address)}\n{form}\n{language}")
        if row is None or address.prefix:
            return None
        status, headers, tag, route, plain, *packed = row
        codes = dict(zip(coding.CODINGS, packed, strict=True))
        if plain is None and tag is not None:
            # What compresses is not kept in plain: that would be most of the file.
            plain = coding.decode(codes["zstd"], "zstd")
        page = Page(status, tuple(map(tuple, json.loads(headers))), tag, plain or b"", route)
        return page, codes[code] if code and page.packs else page.body

    def _one(self, text: str, key: str) -> tuple | None:
        if self._file is None and not self._open():
            return None
        with self._lock:
            return self._file.execute(text, (key,)).fetchone()  # type: ignore[union-attr]

    def _open(self) -> bool:
        with self._lock:
            if time.monotonic() - self._looked < _LOOK_SECONDS or self._file is not None:
                return self._file is not None
            self._looked = time.monotonic()
            if not self._path.exists():
                return False
            self._file = sqlite3.connect(f"file:{self._path}?immutable=1", uri=True, check_same_thread=False)
            return True


def place_of(out: Path, release: str, *sources: Path, settings: str = "") -> Path:
    """The file for a release, the program with its data files (`sources`), and settings that pages show."""
    digest = sha256(settings.encode())
    for folder in sources:
        for path in sorted(folder.rglob("*")):
            if path.suffix != ".pyc" and path.is_file():
                found = path.stat()
                digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return out / FOLDER / f"{release}-{digest.hexdigest()[:12]}{_SUFFIX}"


def fill(app: Callable, targets: Iterable[tuple[str, str, str]], path: Path) -> int:
    """Ask the WSGI application for every target (address, Accept, language) and put the answers into a file; how many there are.

    The file appears when it is complete. Those of other programs and of releases that are gone are removed.
    """
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    number = 0
    with closing(sqlite3.connect(fresh, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        for table in _TABLES:
            file.execute(table)
        file.execute("BEGIN")
        for target in targets:
            number += _put(file, app, *target)
            if fresh.stat().st_size > _MOST:
                break
        file.execute("COMMIT")
    os.replace(fresh, path)
    for other in path.parent.iterdir():
        is_served = (path.parent.parent / other.name.partition("-")[0]).is_dir()
        if other != path and (not is_served or other.name.startswith(path.name.partition("-")[0])):
            other.unlink(missing_ok=True)
    return number


def _put(file: sqlite3.Connection, app: Callable, target: str, accept: str, language: str) -> bool:
    headers = [(b"accept", accept.encode()), (b"accept-language", language.encode())]
    key = asked(target.encode(), headers)
    page, offer = page_of(app, key, headers)
    rule, address = rule_of(page, offer), address_of(key)
    if rule is None or address is None:
        return False
    form = dict(page.headers).get("Content-Type", "") if rule.offer is not None and rule.offer.formats else ""
    file.execute("INSERT OR IGNORE INTO rule VALUES (?, ?, ?)",
                 (_place(address), None if rule.offer is None else str(rule.offer), rule.by_language))
    file.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?, ?)",
                 (f"{_place(address)}\n{form}\n{language if rule.by_language else ''}", page.status,
                  json.dumps(page.headers), page.tag, page.route))
    if page.tag and not file.execute("SELECT 1 FROM body WHERE tag = ?", (page.tag,)).fetchone():
        packed = [coding.encode(page.body, code, thorough=True) if page.packs else None for code in coding.CODINGS]
        plain = None if page.packs else page.body
        file.execute("INSERT INTO body VALUES (?, ?, ?, ?, ?)", (page.tag, plain, *packed))
    return True


def _place(address: Address) -> str:
    return f"{address.path.decode('latin-1')}?{urlencode(address.query)}"


def targets(paths: Iterable[str], offer: Offer, languages: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Every form of the documents at `paths`, by negotiation and by suffix, and the redirects to them."""
    first, *_ = tongues = tuple(languages)
    for path in paths:
        document = f"doc/{path[3:]}" if path.startswith("id/") else path
        if document != path:
            yield f"/{path}", "*/*", first
        for format in offer.formats:
            for language in tongues if format.kind == "page" else (first,):
                yield f"/{document}", format.media_type, language
                yield f"/{document}.{format.extension}", format.media_type, language
