"""A fault in the data that a mapping reads: raised where a term is made, given its place where the record is known."""

from __future__ import annotations


class DataFault(Exception):
    """`code` and `values` of a message; `kg.rml.engine` adds the mapping, the triples map and the record."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
