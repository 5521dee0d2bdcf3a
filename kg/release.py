"""Step 8: a release is a folder named by its content, published by one rename.

`OUT/<version>/` holds the files, `OUT/current` is a link to it. The link is replaced, never removed, and always leads
to a complete folder: a build that dies at any moment leaves the old release as it was. `OUT/.published` has a line for
each time that the link was moved, written before it moves: who died in between has moved nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kg import published
from kg.archive import checksums
from kg.errors import MisuseError, ReleaseError
from kg.published import CURRENT, HISTORY, MANIFEST, PAYLOAD, Publication

PREVIOUS = "previous"
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
        if not _holds(folder, complete):
            fresh = out / f"{_NEW}{os.getpid()}"
            _write(fresh, complete)
            if folder.exists():
                # Same data, other files (new pages, new shapes): readers are led aside while the folder is exchanged.
                _point(out, fresh.name)
                _settle(out)
            else:
                os.rename(fresh, folder)
                _sync(out)
        _publish(out, version)
        return folder


def republish(out: Path, named: str) -> Path:
    """Let `out/current` lead to a release that stands there already, and return its folder.

    `named` is its id or the beginning of it, or `previous`: the one before the current one. MisuseError where there is
    none, ReleaseError for one that is not whole; the link then stays.
    """
    if not out.is_dir():
        raise MisuseError("release-unknown", named, nearest="-", known="-")
    out = out.resolve()
    with _locked(out):
        _clear(out)
        here = _target(out)
        if named == PREVIOUS:
            name = published.previous(out, here)
            if name is None:
                raise MisuseError("release-no-previous", str(out))
            folder, before = out / name, published.previous(out, name)
        else:
            folder, before = published.release_at(named, out), here
            if not folder.is_relative_to(out):
                raise MisuseError("release-elsewhere", named, expected=out)
        published.checksums(folder)
        published.facts(folder)
        _publish(out, folder.relative_to(out).as_posix(), before, by_hand=True)
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
        _publish(out, f"{number}/{PAYLOAD}")
    return folder, file


def _clear(out: Path) -> None:
    """Finish what a build that died has begun to exchange, and away with the rest that it left."""
    _settle(out)
    for left_over in out.glob(f"{_NEW}*"):
        if left_over.is_dir() and not left_over.is_symlink():
            shutil.rmtree(left_over)
        else:
            left_over.unlink()


def _settle(out: Path) -> None:
    """Where readers are led aside: bring what they read to the place of its version, and lead them there."""
    aside = _target(out)
    if aside is None or not aside.startswith(_NEW) or not (out / aside / published.FACTS).is_file():
        return
    version = published.facts(out / aside).version
    copy, old = out / f"{_NEW}copy-{os.getpid()}", out / f"{_NEW}old-{os.getpid()}"
    for left_over in (copy, old):
        shutil.rmtree(left_over, ignore_errors=True)
    shutil.copytree(out / aside, copy, copy_function=os.link)
    if (out / version).exists():
        os.rename(out / version, old)
    os.rename(copy, out / version)
    _sync(out)
    _point(out, version)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(out / aside)


def _publish(out: Path, name: str, before: str | None = None, by_hand: bool = False) -> None:
    """Lead readers to `name`, and keep in mind what was there before; nothing where they are there already."""
    here = _target(out)
    if here == name and not by_hand:
        return
    row = json.dumps(Publication(name, before if by_hand else here, by_hand).__dict__) + "\n"
    with (out / HISTORY).open("a+b") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
        # A line that was cut by a death ends here.
        file.write((b"" if file.read() in (b"", b"\n") else b"\n") + row.encode())
        file.flush()
        os.fsync(file.fileno())
    _point(out, name)


def _target(out: Path) -> str | None:
    """Where the link leads, as a path in `out`."""
    link = out / CURRENT
    return os.readlink(link).rstrip("/") if link.is_symlink() else None


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
