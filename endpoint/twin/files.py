"""Where each answer stands in the folder of a twin.

A page is `PATH.html` in the language for those who name none, and `PATH.ja.html` in another; a graph is `PATH.ttl` and so
on, the same as its own address at the server. What has a suffix of its own keeps it. What is told of things that are gone
stands below `GONE`, so that no server takes it for a document.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from endpoint.negotiation import HTML
from endpoint.twin.crawl import SUFFIX, Answer, Place, release_of
from endpoint.words import LANGUAGES

FIRST = LANGUAGES[0]
GONE = "/.gone"
_DEFAULT_TYPE = "text/plain; charset=utf-8"
"""of files that may have no suffix"""


@dataclass(frozen=True)
class Object:
    """A file as plain storage needs it: where it stands, what it is, in which language."""

    file: str
    content_type: str
    language: str = ""


@dataclass
class Files:
    """Writes places below a folder, and keeps what the rules of a server have to know."""

    folder: Path
    places: int = 0
    objects: dict[str, Object] = field(default_factory=dict)
    """by the key at which plain storage would keep it"""
    moved: dict[str, Place] = field(default_factory=dict)
    """what is redirected, by path"""
    gone: dict[str, Place] = field(default_factory=dict)
    """what is withdrawn or replaced, and says so, by path"""
    things: bool = False
    """whether there are things whose documents stand at `doc` for `id`"""
    chosen: dict[str, Place] = field(default_factory=dict)
    """what is to be had in several forms, by path"""
    pages: dict[str, Place] = field(default_factory=dict)
    """what is only a page, by path"""
    folders: set[str] = field(default_factory=set)
    """the first part of the paths that have no suffix and are no page; it is the suffix of their files"""
    languages: set[str] = field(default_factory=set)
    """the suffixes of files that there are in several languages"""
    _formats: dict[str, str] = field(default_factory=dict)
    """the type of each format, by extension"""
    _typed: dict[str, str] = field(default_factory=dict)
    """the type of each file that is asked for by its own name, by path"""

    def add(self, place: Place) -> None:
        self.places += 1
        if not place.forms:
            self._move(place)
            return
        if place.status != 200:
            self.gone[place.path] = place
        elif place.table:
            self.chosen[place.path] = place
        elif "" not in place.forms:
            self.pages[place.path] = place
        for extension, answers in place.forms.items():
            for language, answer in answers.items():
                self._write(place, extension, language if len(answers) > 1 else "", answer)

    @cached_property
    def types(self) -> dict[str, str]:
        """The type of each suffix: that of a form which is chosen from Accept, else the usual one."""
        found: dict[str, Counter[str]] = {}
        for path, content_type in self._typed.items():
            if match := SUFFIX.search(path):
                found.setdefault(match[0][1:], Counter())[content_type] += 1
        usual = {suffix: types.most_common(1)[0][0] for suffix, types in sorted(found.items())}
        return usual | self._formats

    @property
    def odd(self) -> dict[str, str]:
        """The type of each file that its suffix does not tell, by path."""

        def usual(path: str) -> str:
            match = SUFFIX.search(path)
            return self.types[match[0][1:]] if match else ""

        return {path: content_type for path, content_type in sorted(self._typed.items()) if usual(path) != content_type}

    def _move(self, place: Place) -> None:
        is_thing = place.status == 303 and "/id/" in place.path and place.location == place.path.replace("/id/", "/doc/", 1)
        self.things = self.things or is_thing
        if not is_thing:
            self.moved[place.path] = place

    def _write(self, place: Place, extension: str, language: str, answer: Answer) -> None:
        stem, suffix = (stem_of(place.path), f".{extension}") if extension else _parted(place.path)
        middle = "" if language in ("", FIRST) else f".{language}"
        if place.status != 200:
            self._put(f"{GONE}{stem}{middle}{suffix}", answer)
            return
        path = f"{stem}{middle}{suffix}"
        if middle:
            self.languages.add(suffix[1:])
        file = path
        if not suffix and answer.content_type != _DEFAULT_TYPE:
            # Below a path without suffix there may be others: its file gets one.
            folder = place.path.removeprefix(release_of(path)).split("/")[1]
            self.folders.add(folder)
            file = f"{path}.{folder}"
        self._typed[file] = answer.content_type
        if extension:
            self._formats[extension] = answer.content_type
        self._put(file, answer)
        self.objects[path.lstrip("/")] = Object(file.lstrip("/"), answer.content_type, language)

    def _put(self, path: str, answer: Answer) -> None:
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer.body)


def stem_of(path: str) -> str:
    """The file of a path without its suffix."""
    return f"{path}index" if path.endswith("/") else path


def _parted(path: str) -> tuple[str, str]:
    match = SUFFIX.search(path)
    return (path[: match.start()], match[0]) if match else (path, "")
