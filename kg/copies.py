"""A copy of a release as files by name, wherever it lies: a folder, a zip, an address. For `kg.verify`.

Every copy is taken to be hostile. Nothing is unpacked, no link is followed, no name leads outside, and no file is read
beyond its limit: a zip that would grow out of all proportion is refused before a byte of it is unpacked.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from kg import fetch
from kg.errors import ReleaseError, SourceError

MOST_FILES = 200_000
MOST_BYTES = 4 << 30
"""of all files together, unpacked"""
MOST_RATIO = 200
"""unpacked to packed; the text of a release has about 10"""
MOST_IN_MEMORY = 1 << 30
"""bytes of a file that is read as a whole"""
MOST_FETCHED = 512 << 20
"""bytes of one file from an address"""
_PIECE = 1 << 20


class Copy(Protocol):
    """Files by their path within the copy, with forward slashes."""

    names: tuple[str, ...] | None
    """all files; None where nothing lists them (an address)"""

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a file; KeyError where there is none, ReleaseError where it cannot be read as it should."""
        ...


@contextmanager
def opened(source: str, allow_local: bool = False) -> Iterator[Copy]:
    """The copy at a path or an address; ReleaseError where there is none, or where it is not fit to be opened."""
    path = Path(source)
    if fetch.is_url(source):
        if source.endswith(".zip"):
            yield Zip(io.BytesIO(fetch.fetch(source, allow_local, (), MOST_FETCHED).data), source)
        else:
            yield Address(source, allow_local)
    elif path.is_dir():
        yield Folder(path)
    elif path.is_file():
        with path.open("rb") as file:
            yield Zip(file, path.name)
    else:
        raise ReleaseError("verify-nothing", source)


def read(copy: Copy, name: str, limit: int = MOST_IN_MEMORY) -> bytes:
    """A file as a whole; KeyError where there is none, ReleaseError where it is larger than `limit`."""
    found = bytearray()
    for piece in copy.pieces(name):
        found += piece
        if len(found) > limit:
            raise ReleaseError("verify-large", name, limit=limit)
    return bytes(found)


def digest(copy: Copy, name: str) -> str:
    """SHA-256 of a file; KeyError where there is none."""
    total = sha256()
    for piece in copy.pieces(name):
        total.update(piece)
    return total.hexdigest()


def is_safe(name: str) -> bool:
    """Whether a name leads to a file within the copy on every system: no drive, no root, no `..`, nothing invisible."""
    parts = name.split("/")
    return bool(name) and name.isprintable() and not {"", ".", ".."} & set(parts) and not set(name) & set('\\:*?"<>|')


class Folder:
    """A folder. Links and what is no plain file are refused, wherever they lead."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.names = tuple(sorted(self._walk(root)))

    def _walk(self, folder: Path) -> Iterator[str]:
        for number, entry in enumerate(sorted(os.scandir(folder), key=lambda entry: entry.name)):
            name = Path(entry.path).relative_to(self._root).as_posix()
            if number > MOST_FILES:
                raise ReleaseError("verify-many", str(self._root), limit=MOST_FILES)
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield name
            else:
                raise ReleaseError("verify-link", name)

    def pieces(self, name: str) -> Iterator[bytes]:
        if name not in self.names:
            raise KeyError(name)
        with (self._root / name).open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


class Zip:
    """A zip; its one top folder, where it has one, is taken off the names.

    `zipfile` raises NotImplementedError for a way of packing that it does not know.
    """

    def __init__(self, file: BinaryIO, where: str) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
            entries = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError) as error:
            raise ReleaseError("verify-zip", where, detail=error) from None
        _check(entries, where)
        tops = {entry.filename.partition("/")[0] for entry in entries if "/" in entry.filename}
        flat = any("/" not in entry.filename for entry in entries)
        top = f"{tops.pop()}/" if len(tops) == 1 and not flat else ""
        self._entries = {entry.filename.removeprefix(top): entry for entry in entries}
        self.names = tuple(sorted(self._entries))

    def pieces(self, name: str) -> Iterator[bytes]:
        entry = self._entries[name]
        try:
            with self._archive.open(entry) as file:
                while piece := file.read(_PIECE):
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise ReleaseError("verify-zip", name, detail=error or type(error).__name__) from None


def _check(entries: list[zipfile.ZipInfo], where: str) -> None:
    """Before anything is unpacked: names, kinds and sizes as the directory of the zip gives them."""
    if len(entries) > MOST_FILES:
        raise ReleaseError("verify-many", where, limit=MOST_FILES)
    for entry in entries:
        if not is_safe(entry.orig_filename):
            raise ReleaseError("verify-path", where, name=_shown(entry.orig_filename))
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise ReleaseError("verify-link", f"{where}/{_shown(entry.filename)}")
        if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ReleaseError("verify-coding", f"{where}/{_shown(entry.filename)}")
    # On many systems two names that differ in case only are one file.
    often = Counter(entry.filename.casefold() for entry in entries)
    twice = next((name for name, number in often.items() if number > 1), None)
    if twice:
        raise ReleaseError("verify-twice", where, name=_shown(twice))
    unpacked, packed = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if unpacked > MOST_BYTES or unpacked > MOST_RATIO * max(packed, 1) or any(
        entry.file_size > MOST_RATIO * max(entry.compress_size, 100) for entry in entries
    ):
        raise ReleaseError("verify-bomb", where, unpacked=unpacked, packed=packed)


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[:200]


class Address:
    """The folder at an address: only what its manifest lists can be asked for."""

    names = None

    def __init__(self, address: str, allow_local: bool) -> None:
        self._address, self._allow_local = address.rstrip("/"), allow_local

    def pieces(self, name: str) -> Iterator[bytes]:
        try:
            yield fetch.fetch(f"{self._address}/{name}", self._allow_local, (), MOST_FETCHED).data
        except SourceError as error:
            if str(error.values.get("detail", "")).startswith(("404", "410")):
                raise KeyError(name) from None
            raise
