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

from kg.archive import checksums
from kg.errors import ReleaseError
from kg.published import CURRENT, MANIFEST, PAYLOAD

_NEW = ".new-"


def version_of(nquads: bytes) -> str:
    """The id of a build: the first 12 hex digits of the SHA-256 of its sorted N-Quads, the description left out."""
    return hashlib.sha256(nquads).hexdigest()[:12]


def publish(out: Path, version: str, files: Mapping[str, bytes]) -> Path:
    """Write `files` (by relative path) as `out/version` and let `out/current` lead to it; returns the folder."""
    out.mkdir(parents=True, exist_ok=True)
    with _locked(out):
        _clear(out)
        folder = out / version
        complete = {**files, MANIFEST: checksums(files)}
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


def publish_bag(out: Path, number: str, files: Mapping[str, bytes], name: str, packed: bytes) -> tuple[Path, Path]:
    """Write the bag `files` as `out/number` and the zip as `out/name`; `out/current` leads to the data in the bag.

    What stands there already must be the same, else ReleaseError: a release is never changed. Returns the folder of
    the bag and the zip.
    """
    out.mkdir(parents=True, exist_ok=True)
    folder, file = out / number, out / name
    with _locked(out):
        _clear(out)
        if folder.exists():
            if not _holds(folder, files) or len(files) != sum(path.is_file() for path in folder.rglob("*")):
                raise ReleaseError("release-immutable", str(folder))
        else:
            fresh = out / f"{_NEW}{os.getpid()}"
            _write(fresh, files)
            os.rename(fresh, folder)
        if not file.is_file() or file.read_bytes() != packed:
            # After the folder, which is what counts: a build that dies here is done again and comes to the same.
            half = out / f"{_NEW}{os.getpid()}.zip"
            _write_file(half, packed)
            os.replace(half, file)
        _sync(out)
        _point(out, f"{number}/{PAYLOAD}")
    return folder, file


def _clear(out: Path) -> None:
    """Away with what a build that died has left, but for what readers are led to."""
    for left_over in out.glob(f"{_NEW}*"):
        if left_over.is_dir() and not left_over.is_symlink():
            if (out / CURRENT).resolve() != left_over.resolve():
                shutil.rmtree(left_over)
        else:
            left_over.unlink()


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    return folder.is_dir() and all(
        (folder / name).is_file() and (folder / name).read_bytes() == content for name, content in files.items()
    )


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _write_file(folder / name, content)


def _write_file(path: Path, content: bytes) -> None:
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
