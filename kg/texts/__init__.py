"""Texts that a release carries: its READMEs, and what each of its files is."""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

LANGUAGES = ("en", "ja")


@dataclass(frozen=True)
class Kind:
    """What the files of one pattern are."""

    path: str
    en: str
    ja: str

    def words(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("kg.texts") / "files.toml").read_text(encoding="utf-8"))


@cache
def kinds() -> tuple[Kind, ...]:
    """The patterns of `files.toml`, in its order."""
    return tuple(Kind(**row) for row in _table()["file"])


def media_of(path: str) -> str:
    """The media type of a file, by the end of its name. One that is not listed is a fault of the program: KeyError."""
    for end in sorted(_table()["media"], key=len, reverse=True):
        if path.endswith(end):
            return str(_table()["media"][end])
    raise KeyError(path)


def kind_of(path: str) -> Kind:
    """What a file is. A file that no pattern fits is a fault of the program: KeyError."""
    for kind in kinds():
        if fnmatch.fnmatchcase(path, kind.path):
            return kind
    raise KeyError(path)


@cache
def readme(language: str) -> Template:
    """The README of a release, with `$name` for what is filled in."""
    return Template((files("kg.texts") / f"readme.{language}.txt").read_text(encoding="utf-8"))
