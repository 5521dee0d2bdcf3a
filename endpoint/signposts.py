"""Signposts for machines (signposting.org, FAIR level 1 and 2): typed links of a document, in `Link` and as a linkset.

The links of a document are the same in the header of every form of it and in its linkset (RFC 9264), which is for who
wants them all without the document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from rdflib import RDF

from endpoint.documents import Document
from endpoint.negotiation import DOCUMENTS, HTML, Format
from endpoint.site import Site, bare
from kg.published import DESCRIPTION
from kg.store import terms
from kg.texts import media_of

LINKSET_JSON = "application/linkset+json"
LINKSET = "application/linkset"
_PAGE = "https://schema.org/AboutPage"
_DATASET = "https://schema.org/Dataset"
_TYPE = str(RDF.type)


@dataclass(frozen=True)
class Signpost:
    """One link from a document: `target` as it stands in a header."""

    target: str
    relation: str
    attributes: dict[str, str] = field(default_factory=dict, hash=False)

    def header(self) -> str:
        """RFC 8288, section 3."""
        more = "".join(f'; {name}="{value}"' for name, value in self.attributes.items())
        return f'<{self.target}>; rel="{self.relation}"{more}'


def place(document: Document) -> str:
    """The path of the document itself: that of its thing with `doc` for `id`."""
    return f"doc/{document.path[3:]}" if document.path.startswith("id/") else document.path


def signposts(site: Site, document: Document, format: Format) -> list[Signpost]:
    """What a form of a document leads to: what it describes, how that is cited, its licence, kind and other forms."""
    found = [Signpost(document.iri, "describes"), Signpost(document.iri, "cite-as")]
    found += [Signpost(kind, "type") for kind in _kinds(site, document, format)]
    if document.path != site.names.path_of(site.vocabulary.dataset):
        found.append(Signpost(site.vocabulary.dataset, "collection"))
    licence = site.documents.licence(document)
    if licence:
        found.append(Signpost(licence, "license"))
    if site.vocabulary.publisher:
        found.append(Signpost(site.vocabulary.publisher, "author"))
    for other in DOCUMENTS:
        target = f"{bare(place(document))}.{other.extension}"
        if format == HTML and other != HTML:
            found.append(Signpost(target, "alternate describedby", {"type": other.media_type}))
        elif other != format:
            found.append(Signpost(target, "alternate", {"type": other.media_type}))
    found += _items(site, document)
    found.append(Signpost(bare(f"linkset/{place(document)}"), "linkset", {"type": LINKSET_JSON}))
    return found


def _kinds(site: Site, document: Document, format: Format) -> list[str]:
    """The classes of what is described; a page is also said to be one."""
    statements = [terms(line) for line in document.own if line.startswith(f"<{document.iri}> <{_TYPE}>")]
    kinds = site.vocabulary.most_specific(value.value for _, _, value, _ in statements)
    if _describes_data(site, document):
        kinds = [_DATASET, *kinds]
    return [*([_PAGE] if format == HTML else []), *kinds]


def _describes_data(site: Site, document: Document) -> bool:
    return document.iri == site.vocabulary.dataset or document.iri.startswith(f"{site.vocabulary.dataset}/")


def _items(site: Site, document: Document) -> list[Signpost]:
    """The whole data set in one file each: items of its own document only."""
    if document.iri != site.vocabulary.dataset:
        return []
    whole = [name for name in sorted(site.release.files) if name.startswith("jichi.")] if DESCRIPTION in site.release.files else []
    return [Signpost(bare(f"dump/{name}"), "item", {"type": media_of(name)}) for name in whole]


def linkset_json(anchor: str, links: Iterable[Signpost], root: str) -> bytes:
    """RFC 9264, section 4.2: one link context; targets are absolute below `root`."""
    context: dict[str, object] = {"anchor": anchor}
    for link in links:
        for relation in link.relation.split():
            targets = context.setdefault(relation, [])
            targets.append({"href": _absolute(link.target, root), **link.attributes})  # type: ignore[attr-defined]
    return (json.dumps({"linkset": [context]}, indent=1) + "\n").encode()


def linkset_text(anchor: str, links: Iterable[Signpost], root: str) -> bytes:
    """RFC 9264, section 4.1: the value of a Link header, each link with its anchor."""
    rows = [
        Signpost(_absolute(link.target, root), link.relation, {**link.attributes, "anchor": anchor}).header()
        for link in links
    ]
    return (",\n".join(rows) + "\n").encode()


def _absolute(target: str, root: str) -> str:
    return f"{root}{target}" if target.startswith("/") else target

