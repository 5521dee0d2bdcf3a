"""`kg verify`: whether a copy of a release is whole, file by file, and whether its data are those of the release.

A bag is held against `manifest-sha256.txt` and `tagmanifest-sha256.txt`, the folder of its data or a build against
`SHA256SUMS`. Then the data are read, and the hash of their canonical form is compared with the one that the release
names and, where the project's register knows the number, with that one. A local copy needs no network.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from kg import copies
from kg.archive import MANIFEST, TAG_MANIFEST
from kg.copies import Copy
from kg.errors import ProjectError, ReleaseError
from kg.model import Line, Problem
from kg.published import DATA, FACTS, PAYLOAD
from kg.published import MANIFEST as SUMS
from kg.store import parse

_ROW = re.compile(r"^([0-9a-fA-F]{64}) [ *](.+)$")
_INFO = "bag-info.txt"
_HASH_ROW = re.compile(r"^Canonical-N-Quads-SHA256: ([0-9a-f]{64})$", re.MULTILINE)
_SMALL = 64 << 20
"""bytes of a manifest or a JSON file, at most"""


@dataclass(frozen=True)
class Verified:
    """What was found; `problems` name every file that differs."""

    version: str
    files: int
    sha256: str
    """of the canonical form of the data that were read; "" where they could not be"""
    problems: tuple[Problem, ...]

    @property
    def whole(self) -> bool:
        return not self.problems


def verify(source: str, known: Mapping[str, str] | None = None, allow_local: bool = False) -> Verified:
    """Check the copy at a path or an address; `known`: canonical hashes of releases by number.

    ReleaseError for what is no copy of a release, or is not fit to be opened; MisuseError for an address that is not
    fetched.
    """
    with copies.opened(source, allow_local) as copy:
        return _verified(copy, source, known or {})


def _verified(copy: Copy, source: str, known: Mapping[str, str]) -> Verified:
    manifests = _manifests(copy, source)
    inner = f"{PAYLOAD}/" if MANIFEST in manifests else ""
    problems: list[Problem] = []
    listed: dict[str, str] = {}
    for name in manifests:
        listed |= _rows(copy, name, problems)
    for name, digest in sorted(listed.items()):
        problems += _file(copy, name, digest)
    if copy.names is not None:
        accounted = listed.keys() | set(manifests)
        problems += [Problem("verify-extra", name) for name in copy.names if name not in accounted]
    facts = _facts(copy, f"{inner}{FACTS}", problems)
    version = str(facts.get("version", "-"))
    found = _data(copy, inner, problems)
    named = _named(copy, inner, facts)
    if version in known:
        named["register"] = known[version]
    if found:
        problems += [
            Problem("verify-hash", where, {"expected": hash_[:12], "found": found[:12]})
            for where, hash_ in sorted(named.items()) if hash_ != found
        ]  # fmt: skip
    return Verified(version, len(listed), found, tuple(dict.fromkeys(problems)))


def _manifests(copy: Copy, source: str) -> tuple[str, ...]:
    """The manifests that count: those of a bag, or else the sums of a build."""
    def has(name: str) -> bool:
        if copy.names is not None:
            return name in copy.names
        try:
            copies.read(copy, name, _SMALL)
        except KeyError:
            return False
        return True

    if has(MANIFEST):
        return (MANIFEST, TAG_MANIFEST)
    if has(SUMS):
        return (SUMS,)
    raise ReleaseError("verify-no-manifest", source, expected=f"{MANIFEST}, {SUMS}")


def _rows(copy: Copy, manifest: str, problems: list[Problem]) -> dict[str, str]:
    """What a manifest lists. A row that is none, or that leads outside, is a problem and not followed."""
    try:
        text = copies.read(copy, manifest, _SMALL).decode("utf-8")
    except KeyError:
        problems.append(Problem("verify-missing", manifest))
        return {}
    except UnicodeDecodeError:
        problems.append(Problem("verify-row", manifest, {"found": "-"}))
        return {}
    found: dict[str, str] = {}
    for number, row in enumerate(text.splitlines(), 1):
        match = _ROW.match(row)
        if match is None or not copies.is_safe(match[2]) or match[2] in found:
            problems.append(Problem("verify-row", f"{manifest}:{number}", {"found": _shown(row)}))
        else:
            found[match[2]] = match[1].lower()
    return found


def _file(copy: Copy, name: str, digest: str) -> Iterable[Problem]:
    try:
        found = copies.digest(copy, name)
    except KeyError:
        yield Problem("verify-missing", name)
    except ReleaseError as error:
        yield Problem("verify-unreadable", name, {"detail": error.values.get("detail", error.code)})
    else:
        if found != digest:
            yield Problem("verify-changed", name, {"expected": digest[:12], "found": found[:12]})


def _facts(copy: Copy, name: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        found = json.loads(copies.read(copy, name, _SMALL))
    except (KeyError, ReleaseError):
        return {}
    except (ValueError, RecursionError):
        problems.append(Problem("verify-unreadable", name, {"detail": "JSON"}))
        return {}
    return found if isinstance(found, dict) else {}


def _named(copy: Copy, inner: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """The canonical hash as the files of the copy name it."""
    named = {f"{inner}{FACTS}": str(facts.get("sha256", "-"))} if facts else {}
    if not inner:
        return named
    try:
        match = _HASH_ROW.search(copies.read(copy, _INFO, _SMALL).decode("utf-8", "replace"))
    except (KeyError, ReleaseError):
        return named
    return {**named, _INFO: match[1]} if match else named


def _data(copy: Copy, inner: str, problems: list[Problem]) -> str:
    """The canonical hash of the data, "" where they cannot be read; the compressed form must hold the same bytes."""
    name = f"{inner}{DATA}"
    try:
        content = copies.read(copy, name)
        lines = parse(content, "nquads", where=name)
    except (KeyError, ReleaseError):
        return ""
    except ProjectError as error:
        problems.append(Problem("verify-unreadable", error.where or name, {"detail": error.values.get("detail", "-")}))
        return ""
    if any(_has_blank_node(line) for line in lines):
        # Without blank nodes the canonical form is the sorted lines; with them it may take for ever to find.
        problems.append(Problem("verify-blank", name))
        return ""
    packed = f"{name}.gz"
    if copy.names is not None and packed in copy.names and _unpacked(copy, packed, len(content)) != content:
        problems.append(Problem("verify-forms", packed, {"other": name}))
    return sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _unpacked(copy: Copy, name: str, size: int) -> bytes | None:
    """The content of a gzip file, read no further than one byte beyond `size`; None where it is none or is cut."""
    reader = zlib.decompressobj(wbits=31)
    try:
        content = reader.decompress(copies.read(copy, name), size + 1)
    except (zlib.error, ReleaseError):
        return None
    return content if reader.eof and not reader.unused_data else None


def _has_blank_node(line: Line) -> bool:
    """Of a canonical line: subject, object or graph. A literal ends with a quote, a tag or a datatype."""
    subject, _, rest = line.split(" ", 2)
    last = rest[:-2].rpartition(" ")[2]
    return subject.startswith("_:") or rest.startswith("_:") or (last.startswith("_:") and '"' not in last)


def _shown(row: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in row)[:200]
