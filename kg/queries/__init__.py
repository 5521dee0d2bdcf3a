"""Queries of the pipeline, one `.rq` file each; prefixes come from `ontology/prefixes.ttl`."""

from functools import cache
from importlib.resources import files


@cache
def text_of(name: str, suffix: str = "rq") -> str:
    """The text of the query `name`; "ru" for an update."""
    return (files("kg.queries") / f"{name}.{suffix}").read_text(encoding="utf-8")
