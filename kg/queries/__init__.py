"""Queries of the pipeline, one `.rq` file each; prefixes come from `ontology/prefixes.ttl`."""

from functools import cache
from importlib.resources import files


@cache
def text_of(name: str) -> str:
    """The text of the query `name`."""
    return (files("kg.queries") / f"{name}.rq").read_text(encoding="utf-8")
