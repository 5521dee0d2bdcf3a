"""What a request to the SPARQL endpoint asks, worked out without the application: SPARQL 1.1 Protocol, query operation.

Everything is refused here that can be refused before a query is evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl

from endpoint.errors import VisitorError
from endpoint.negotiation import ALIKE, GRAPHS, HTML, RESULTS, Choice, Offer, by_word
from endpoint.words import word
from endpoint.workers import Request
from kg.messages import nearest
from kg.model import iri
from kg.query_text import QueryText, inspect
from kg.vocabulary import Vocabulary

MAX_QUERY = 64 << 10
"""bytes of a query"""
_VOLATILE = re.compile(r"\b(NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)
"""functions whose value changes from one evaluation to the next"""
_BLANK = re.compile(r"\[|_:")
"""blank nodes of a template get new labels each time"""


@dataclass(frozen=True)
class Asked:
    """What a request asks: the query (None for none) and the graphs that the protocol names."""

    query: str | None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None


@dataclass(frozen=True)
class Plan:
    """What is to be evaluated, the form of the answer, and what that was chosen from.

    `tag` is the ETag of the answer, known before it is computed: release, query, data set and format decide every byte.
    None where they do not, and for pages, whose words come with the program: those are named by their bytes.
    """

    request: Request
    choice: Choice
    offer: Offer
    tag: str | None

    def is_repeatable(self, kind: str) -> bool:
        """Whether evaluating it again gives the same bytes; `kind` is that of a format."""
        query = self.request.query
        return not (_VOLATILE.search(query) or (kind == "rdf" and _BLANK.search(query)))


def read(pairs: list[tuple[str, str]], query: str | None = None) -> Asked:
    """The arguments of a request, and the query where that is the body; VisitorError for what may not be."""
    if any(name == "update" for name, _ in pairs):
        raise VisitorError("update-refused")
    queries = [value for name, value in pairs if name == "query"] + ([query] if query is not None else [])
    if len(queries) > 1:
        raise VisitorError("query-repeated")
    return Asked(
        query=queries[0] if queries else None,
        default_graphs=_graphs(pairs, "default-graph-uri"),
        named_graphs=_graphs(pairs, "named-graph-uri"),
        format=next((value for name, value in pairs if name == "format"), None),
    )


def fingerprint(query: str) -> str:
    """What the log calls a query."""
    return sha256(query.encode("utf-8")).hexdigest()[:16]


def arguments(encoded: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=2000)
    except UnicodeDecodeError:
        raise VisitorError("query-encoding") from None
    except ValueError:
        raise VisitorError("request-bad") from None


def plan(asked: Asked, accept: str | None, vocabulary: Vocabulary, release: str) -> Plan:
    """What is to be evaluated; VisitorError for what cannot be. `release` is the SHA-256 of what it is asked of."""
    text = asked.query or ""
    if not text.strip():
        raise VisitorError("query-empty")
    if len(text.encode("utf-8")) > MAX_QUERY:
        raise VisitorError("query-too-long", limit=MAX_QUERY)
    scan = inspect(text, vocabulary.base)
    _refuse(scan, vocabulary)
    offered = GRAPHS if scan.gives_graph else RESULTS
    named = by_word(asked.format, offered) if asked.format else None
    offer = Offer(offered, page=True) if named is None else ALIKE
    choice = named or offer.choose(accept)
    if choice is None:
        raise VisitorError("not-acceptable", offered=", ".join(f.media_type for f in offered))
    request = _request(asked, scan, choice)
    found = Plan(request, choice, offer, None)
    if choice.format == HTML or not found.is_repeatable(choice.format.kind):
        return found
    # No IRI holds a control character, so that no two lists of graphs look alike.
    graphs = "\n".join((*(request.default_graphs or ()), "", *request.named_graphs))
    parts = "\0".join((release, choice.content_type, graphs, text))
    return Plan(request, choice, offer, sha256(parts.encode("utf-8")).hexdigest()[:32])


def _graphs(arguments: list[tuple[str, str]], name: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(value for key, value in arguments if key == name))
    _check(found)
    return found


def _check(graphs: tuple[str, ...]) -> None:
    for graph in graphs:
        try:
            iri(graph)
        except ValueError:
            raise VisitorError("graph-iri", graph=graph) from None


def _refuse(scan: QueryText, vocabulary: Vocabulary) -> None:
    if scan.form == "update":
        raise VisitorError("update-refused")
    if scan.calls_service:
        raise VisitorError("service-refused")
    known = vocabulary.prefixes
    missing = [prefix for prefix in scan.undeclared if prefix in known]
    if missing:
        lines = [word("page", "prefix-line", "en", prefix=prefix, namespace=known[prefix]) for prefix in missing]
        raise VisitorError("prefix-missing", lines="\n".join(lines), prefix=", ".join(missing))
    if scan.undeclared:
        prefix = scan.undeclared[0]
        raise VisitorError("prefix-unknown", prefix=prefix, nearest=nearest(prefix, known))


def _request(asked: Asked, scan: QueryText, choice: Choice) -> Request:
    """The data set of the protocol wins over that of the query (section 2.1.4)."""
    default, named = asked.default_graphs, asked.named_graphs
    if not default and not named:
        default, named = scan.default_graphs, scan.named_graphs
    given = bool(default or named)
    _check(default + named)
    return Request(
        query=asked.query or "",
        results=choice.format.name if choice.format.kind == "results" else "json",
        rdf=choice.format.name if choice.format.kind == "rdf" else "turtle",
        default_graphs=default if given else None,
        named_graphs=named,
    )
