"""Where each answer stands in the folder of a twin.

A page is `PATH.html` in the language for those who name none, and `PATH.ja.html` in another; a graph is `PATH.ttl` and so
on, the same as its own address at the server. What has a suffix of its own keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from endpoint.negotiation import FORMATS, HTML
from endpoint.twin.crawl import Answer, Place
from endpoint.words import LANGUAGES

FIRST = LANGUAGES[0]
PLAIN = "plain"
"""the suffix of files whose address has none"""
_TYPES = {format.extension: format.content_type() for format in FORMATS}


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
    moved: dict[str, Answer] = field(default_factory=dict)
    """what is redirected or gone, by path"""
    things: bool = False
    """whether there are things whose documents stand at `doc` for `id`"""
    pages_only: dict[str, Place] = field(default_factory=dict)
    """what is only a page, by path"""
    folders: dict[str, str] = field(default_factory=dict)
    """the type of what has no suffix and is no page, by the first part of its path; its files end in `PLAIN`"""
    odd: dict[str, str] = field(default_factory=dict)
    """the type of each file that its suffix does not tell, by path"""

    def add(self, place: Place) -> None:
        self.places += 1
        if place.moved is not None:
            self._move(place.path, place.moved)
            return
        for language, answer in place.pages.items():
            suffix = "" if language == FIRST else f".{language}"
            self._write(f"{_stem(place.path)}{suffix}.{HTML.extension}", answer, language)
        for extension, answer in place.forms.items():
            if extension:
                self._write(f"{_stem(place.path)}.{extension}", answer)
            else:
                self._add_plain(place.path, answer)
        if place.pages and not place.negotiated:
            self.pages_only[place.path] = place

    def _move(self, path: str, answer: Answer) -> None:
        is_thing = path.startswith("/id/") and answer.status == 303 and answer.location == f"/doc/{path[4:]}"
        self.things = self.things or is_thing
        if not is_thing:
            self.moved[path] = answer

    def _add_plain(self, path: str, answer: Answer) -> None:
        """What has one form only. Below a path without suffix there may be others: its file gets one."""
        folder, _, rest = path.lstrip("/").partition("/")
        is_nested = answer.content_type.endswith("+json") and "." not in rest
        if not is_nested or self.folders.setdefault(folder, answer.content_type) != answer.content_type:
            self._write(path, answer)
            return
        self._write(f"{path}.{PLAIN}", answer)
        name = f"{path}.{PLAIN}".lstrip("/")
        self.objects[path.lstrip("/")] = self.objects.pop(name)
        del self.odd[f"{path}.{PLAIN}"]

    def _write(self, path: str, answer: Answer, language: str = "") -> None:
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer.body)
        self.objects[path.lstrip("/")] = Object(path.lstrip("/"), answer.content_type, language)
        if _TYPES.get(path.rpartition(".")[2]) != answer.content_type:
            self.odd[path] = answer.content_type


def _stem(path: str) -> str:
    return f"{path}index" if path.endswith("/") else path
