"""Known paths that look like one that is not known, for who mistyped it. Fast enough to be asked by anyone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_LONGEST = 120
"""characters of a path that is looked up; no key of ours comes near"""
_SHARED = 0.4
"""the part of the pairs of letters that two paths must share to be called alike"""


class Nearest:
    """An index of paths by the runs of three characters in them."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._grams = {path: _grams(path) for path in sorted(set(paths))}
        self._holders: dict[str, list[str]] = {}
        for path, grams in self._grams.items():
            for gram in grams:
                self._holders.setdefault(gram, []).append(path)

    def of(self, path: str, most: int = 3) -> list[str]:
        """The paths most like this one, the best first; none for one that is like nothing."""
        wanted = _grams(path[:_LONGEST].lower())
        shared = Counter(holder for gram in wanted for holder in self._holders.get(gram, ()))
        ranked = sorted((-2 * n / (len(wanted) + len(self._grams[p])), p) for p, n in shared.items())
        return [found for rank, found in ranked[:most] if -rank >= _SHARED]


def _grams(path: str) -> set[str]:
    """Runs of three characters of the last part; the parts before it count as one each, or they would outweigh it."""
    folder, _, key = path.rpartition("/")
    marked = f"^{key}$"
    return {f"{folder}/", *(marked[at:at + 3] for at in range(len(marked) - 2))}
