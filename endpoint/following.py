"""Which release a link leads to, and whether it is another one than before. Looking costs some microseconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kg.published import MANIFEST

LOOK_SECONDS = 0.05
"""between two looks: with the time that opening takes, a release is taken up within a second"""


@dataclass(frozen=True)
class Target:
    """Where a link leads. The same folder is another target once its files have been exchanged."""

    folder: Path
    inode: int = 0
    written: int = 0
    """time of the last change of its manifest, in nanoseconds; 0 where there is none"""

    @classmethod
    def of(cls, link: Path) -> Target:
        folder = link.resolve()
        try:
            found = (folder / MANIFEST).stat()
        except OSError:
            return cls(folder)
        return cls(folder, found.st_ino, found.st_mtime_ns)
