"""The rules by which other servers answer as ours does: nginx, Apache, and a list for plain object storage."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, render_template

from endpoint.delivery import CROSS_ORIGIN
from endpoint.errors import VisitorError, trouble
from endpoint.negotiation import DOCUMENTS, FORMATS, HTML
from endpoint.twin.crawl import ANY, AWAY, NO, OTHERS, Place
from endpoint.twin.files import FIRST, GONE, Files, stem_of
from endpoint.words import LANGUAGES

_TEMPLATES = {"nginx.conf": "twin/nginx.conf", "site/.htaccess": "twin/htaccess", "README.md": "twin/README.md",
              "README.ja.md": "twin/README.ja.md"}
_OBJECTS = "objects.tsv"
PROBLEM = "problem"
"""the suffix of what machines are told of an error"""
_ERRORS = {
    404: VisitorError("not-in-copy"),
    406: VisitorError("not-acceptable", offered=", ".join(format.media_type for format in DOCUMENTS)),
}


@dataclass(frozen=True)
class Table:
    """How a form is chosen from Accept: the first of `rows` of which a media type is named."""

    rows: tuple[tuple[str, str], ...]
    """a regular expression for media types, and what they get: an extension, NO or AWAY"""
    any: str
    others: str

    @classmethod
    def of(cls, table: dict[str, str]) -> Table:
        """Pages come first: browsers name other types, too."""
        offered = [f for f in (HTML, *FORMATS) if table.get(f.extension, NO) != NO]
        names = {f.media_type for f in offered}
        rows = {
            f.extension: "|".join(re.escape(t) for t in (f.media_type, *f.aliases) if t == f.media_type or t not in names)
            for f in offered
        }  # fmt: skip
        return cls(tuple((pattern, table[name]) for name, pattern in rows.items()), table[ANY], table[OTHERS])


def write_rules(folder: Path, files: Files, app: Flask, root: str) -> None:
    numbers = _numbered(files.chosen.values())
    usual = next(iter(numbers), None)
    values = {
        "prefix": urlsplit(root).path.rstrip("/"),
        "root": root,
        "types": {**files.types, PROBLEM: "application/problem+json"},
        "documents": DOCUMENTS,
        "first": DOCUMENTS[0],
        "html": HTML,
        "languages": [language for language in LANGUAGES if language != FIRST],
        "first_language": FIRST,
        "moved": sorted(files.moved.items()),
        "gone": sorted(files.gone.items()),
        "gone_folder": GONE,
        "pages": [(path, stem_of(path)) for path in sorted(files.pages)],
        "tables": list(numbers),
        "chosen": [(path, stem_of(path), numbers[table], place.location) for path, place in sorted(files.chosen.items())
                   if (table := Table.of(place.table)) != usual],
        "no": NO,
        "away": AWAY,
        "problem": PROBLEM,
        "odd": files.odd.items(),
        "things": files.things,
        "folders": sorted(files.folders),
        "bilingual": sorted(files.languages),
        "cross_origin": sorted(CROSS_ORIGIN.items()),
    }  # fmt: skip
    for name, template in _TEMPLATES.items():
        (folder / name).write_text(app.jinja_env.get_template(template).render(values), encoding="utf-8")
    _write_errors(folder / "site" / ".errors", app, root)
    rows = ["key\tfile\tContent-Type\tContent-Language"]
    rows += [f"{key}\t{found.file}\t{found.content_type}\t{found.language}" for key, found in sorted(_keys(files))]
    (folder / _OBJECTS).write_text("\n".join(rows) + "\n", encoding="utf-8")


def _numbered(places: Iterable[Place]) -> dict[Table, int]:
    """The ways to choose; that of most places, 0, needs no rule for each of them."""
    counts = Counter(Table.of(place.table) for place in places)
    return {table: number for number, (table, _) in enumerate(counts.most_common())}


def _write_errors(folder: Path, app: Flask, root: str) -> None:
    """What a server shows where it has nothing to give: a page in each language, and a problem for machines."""
    folder.mkdir(parents=True)
    for status, error in _ERRORS.items():
        problem = trouble(error, FIRST).problem_json(f"{root}/errors")
        (folder / f"{status}.{PROBLEM}").write_bytes(problem)
        for language in LANGUAGES:
            suffix = "" if language == FIRST else f".{language}"
            with app.test_request_context(base_url=f"{root}/", query_string={"lang": language} if suffix else None):
                page = render_template("error.html", trouble=trouble(error, language))
            (folder / f"{status}{suffix}.{HTML.extension}").write_text(page, encoding="utf-8")


def _keys(files: Files) -> list:
    """Each file at its own address, and each page also at the address without suffix, where its links lead to."""
    found = list(files.objects.items())
    for key, item in files.objects.items():
        stem = key.removesuffix(f".{HTML.extension}")
        if stem != key and item.language in ("", FIRST) and stem not in files.objects:
            found.append((stem.removesuffix("index"), item))
    return found
