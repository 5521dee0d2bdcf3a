"""BagIt and zip: the same bytes for the same files, whatever the day, the machine and the order.

A bag (BagIt 1.0, RFC 8493) is made here and not by a library: it is three text files, and they must come out the same
each time. The tests have the Library of Congress's `bagit` check what comes out.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable, Mapping
from hashlib import sha256

from kg.published import PAYLOAD

_DECLARATION = "bagit.txt"
_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
_FILE = 0o100644 << 16
"""a plain file that its owner may write"""
_UNIX = 3
_LEVEL = 9


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Lines as sha256sum(1) writes and checks them, by path."""
    return "".join(f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def bag(payload: Mapping[str, bytes], info: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    """The files of a bag around `payload`; `info` are the rows of `bag-info.txt`, the size is added."""
    size = sum(map(len, payload.values()))
    rows = [*info, ("Payload-Oxum", f"{size}.{len(payload)}")]
    wrapped = {f"{PAYLOAD}/{name}": content for name, content in payload.items()}
    tags = {
        _DECLARATION: b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        _INFO: "".join(f"{name}: {' '.join(text.split())}\n" for name, text in rows).encode(),
        MANIFEST: checksums(wrapped),
    }
    return {**wrapped, **tags, TAG_MANIFEST: checksums(tags)}


def packed(content: bytes) -> bytes:
    """gzip without name and time (RFC 1952)."""
    return gzip.compress(content, _LEVEL, mtime=0)


def zipped(files: Mapping[str, bytes], folder: str, day: tuple[int, int, int]) -> bytes:
    """One zip of `files` below `folder`, sorted by path, every entry of midnight of `day`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{folder}/{name}", (*day, 0, 0, 0))
            entry.external_attr, entry.create_system, entry.compress_type = _FILE, _UNIX, zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=_LEVEL)
    return target.getvalue()
