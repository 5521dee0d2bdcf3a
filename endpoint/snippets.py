"""A query as a program to copy: curl, Python, R, JavaScript. The programs are templates; here is how each quotes text."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass

from flask import Flask, render_template

from endpoint.negotiation import FORMATS

LANGUAGES = {"curl": "curl", "python": "Python", "r": "R", "javascript": "JavaScript"}
"""template -> name of the language, in the order shown"""
_WANTED = {"SELECT": "csv", "ASK": "json"}
_GRAPH = "turtle"


@dataclass(frozen=True)
class Snippet:
    name: str
    title: str
    text: str


def register(app: Flask) -> None:
    app.jinja_env.filters.update(shell=shlex.quote, python=_python, r=_r, javascript=_javascript)


def snippets(query: str, form: str | None, service: str) -> list[Snippet]:
    """The programs that ask `query` (of SELECT, ASK, CONSTRUCT or DESCRIBE) of the endpoint at the URL `service`."""
    found = []
    for name, title in LANGUAGES.items():
        wanted = _WANTED.get(form or "", _GRAPH)
        if (name, form) == ("javascript", "SELECT"):
            wanted = "json"
        format = next(f for f in FORMATS if f.name == wanted)
        text = render_template(
            f"snippets/{name}.txt", query=query.strip(), form=form, service=service, accept=format.media_type,
            extension=format.extension,
        )
        found.append(Snippet(name, title, text.strip() + "\n"))
    return found


def _python(text: str) -> str:
    """A long string where nothing in the text has to be escaped, else an escaped one."""
    if "\n" in text and '"""' not in text and "\\" not in text and not text.endswith('"'):
        return f'"""{text}"""'
    return repr(text)


def _javascript(text: str) -> str:
    if "\n" in text and not re.search(r"[`\\]|\$\{", text):
        return f"`{text}`"
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _r(text: str) -> str:
    """A raw string (R 4.0) with as many dashes as keep it apart from the text; a plain one where that does."""
    if not re.search(r'[\\"\n]', text):
        return f'"{text}"'
    dashes = "-"
    while f"){dashes}\"" in text:
        dashes += "-"
    return f'r"{dashes}({text}){dashes}"'
