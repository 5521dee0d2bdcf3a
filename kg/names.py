"""The only maker of IRIs. The base is data (`void:uriSpace` in `ontology/dataset.ttl`) and is passed in."""

from __future__ import annotations

import re
import unicodedata

_KEY = re.compile(r"^[a-z0-9]+(-+[a-z0-9]+)*$")
_SEGMENT = re.compile(r"^[a-z0-9][a-z0-9-]*$")
_NOT_IN_A_SLUG = re.compile(r"[^a-z0-9]+")


class Names:
    """IRIs below one base, e.g. `Names("https://w3id.org/jichi/")`; keys are `[a-z0-9-]`, never empty."""

    def __init__(self, base: str) -> None:
        if not re.match(r"^https?://[^\s<>\"{}|\\^`]+/$", base):
            raise ValueError(base)
        self.base = base

    def thing(self, kind: str, key: str) -> str:
        """The IRI of a thing: `thing("seminar", "2018-london")`. ValueError for anything that is not a key."""
        if not _SEGMENT.match(kind) or not _KEY.match(key):
            raise ValueError(f"{kind}/{key}")
        return f"{self.base}id/{kind}/{key}"

    def graph(self, *parts: str) -> str:
        """The IRI of a named graph: `graph("rec", "000-2018-london")`, `graph("inferred")`."""
        if not parts or not all(_KEY.match(part) for part in parts):
            raise ValueError("/".join(parts))
        return f"{self.base}graph/{'/'.join(parts)}"

    def path_of(self, iri: str) -> str | None:
        """What follows the base in an IRI of ours (`id/seminar/2018-london`, fragment included), else None."""
        return iri[len(self.base):] if iri.startswith(self.base) and len(iri) > len(self.base) else None

    def of_path(self, path: str) -> str:
        """The IRI that a path below the base stands for: the inverse of `path_of`."""
        return self.base + path.lstrip("/")

    @staticmethod
    def slug(text: str) -> str:
        """`text` as a key: accents and macrons dropped, lower case, everything else a single hyphen.

        A text without a Latin letter or digit has no slug: ValueError, since a key must never be guessed.
        """
        plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
        key = _NOT_IN_A_SLUG.sub("-", plain.casefold()).strip("-")
        if not key:
            raise ValueError(text)
        return key
