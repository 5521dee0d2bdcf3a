"""Step 8: a release is a folder named by its content, published by one rename.

`OUT/<version>/` holds the files, `OUT/current` is a link to it. The link is replaced, never removed, and always leads
to a complete folder: a build that dies at any moment leaves the old release as it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kg.published import CURRENT, MANIFEST

_NEW = ".new-"


def version_of(nquads: bytes) -> str:
    """The name of a release: the first 12 hex digits of the SHA-256 of its sorted N-Quads."""
    return hashlib.sha256(nquads).hexdigest()[:12]


def manifest(files: Mapping[str, bytes]) -> bytes:
    """`SHA256SUMS` as sha256sum(1) writes and checks it."""
    rows = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
    return "".join(rows).encode()


def publish(out: Path, version: str, files: Mapping[str, bytes]) -> Path:
    """Write `files` (by relative path) as `out/version` and let `out/current` lead to it; returns the folder."""
    out.mkdir(parents=True, exist_ok=True)
    with _locked(out):
        for left_over in out.glob(f"{_NEW}*"):
            if (out / CURRENT).resolve() != left_over.resolve():
                shutil.rmtree(left_over)
        folder = out / version
        complete = {**files, MANIFEST: manifest(files)}
        if _holds(folder, complete):
            _point(out, version)
            return folder
        fresh = out / f"{_NEW}{os.getpid()}"
        _write(fresh, complete)
        if folder.exists():
            # Same data, other files (new pages, new shapes): readers are led aside while the folder is exchanged.
            _point(out, fresh.name)
            shutil.rmtree(folder)
            shutil.copytree(fresh, folder, copy_function=os.link)
        else:
            os.rename(fresh, folder)
        _sync(out)
        _point(out, version)
        shutil.rmtree(fresh, ignore_errors=True)
        return folder


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    return folder.is_dir() and all(
        (folder / name).is_file() and (folder / name).read_bytes() == content for name, content in files.items()
    )


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _point(out: Path, name: str) -> None:
    link = out / f"{_NEW}link-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(name, target_is_directory=True)
    os.replace(link, out / CURRENT)
    _sync(out)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """One build at a time in a folder; the kernel gives the lock back when a build dies."""
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
