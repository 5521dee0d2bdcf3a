"""RML-Core over JSON: Turtle mappings in, canonical N-Quads lines out.

    mapping = compile_mapping(text, "mappings/seminar.rml.ttl", base="https://example.org/")
    lines = set(mapping.run(read))        # read: path of a source -> its parsed JSON

All of RML-Core (draft of 2026-03-16, namespace http://w3id.org/rml/) over one kind of source of RML-IO: a
rml:RelativePathSource below rml:MappingDirectory, read with rml:JSONPath (strict RFC 9535). Every other construct is
refused (`rml.unsupported`), never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kg.model import Line
from kg.rml.description import MapDescription, TermUse, describe_maps
from kg.rml.engine import CompiledMap, compile_maps, run_maps
from kg.rml.reader import read_mapping

__all__ = ["MapDescription", "Mapping", "TermUse", "compile_mapping"]


@dataclass(frozen=True)
class Mapping:
    """A compiled mapping document; it holds no data and may be run any number of times."""

    where: str
    maps: tuple[MapDescription, ...]
    """its triples maps, by name"""
    compiled: tuple[CompiledMap, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The paths of the logical sources as written, each once, sorted."""
        return tuple(sorted({m.source for m in self.maps}))

    def run(self, read: Callable[[str], object]) -> Iterator[Line]:
        """The lines of all triples maps, as a stream; the same quad comes as often as records say it.

        `read` gives the parsed JSON of a source (objects as dict, arrays as list) and is called once a source; its
        FileNotFoundError, or KeyError of the path, becomes the error of a missing source. Data that give no legal
        term (RML-Core: data error) raise MappingError with `where` = source and JSONPath of the record.
        """
        return run_maps(self.compiled, read)


def compile_mapping(turtle: str, where: str, base: str | None = None) -> Mapping:
    """Parse, check and compile a mapping document.

    `where` is its path, for messages. `base` is put before values that are no absolute IRIs (RML-Core 12.2; the
    rml:baseIRI of a triples map takes its place), and resolves relative IRIs of a document without @base.
    Raises MappingError for anything that is not RML-Core as implemented here.
    """
    maps = read_mapping(turtle, where, base)
    compiled = compile_maps(maps, where, base)
    return Mapping(where, describe_maps(maps), compiled)
