"""What an archive wants beside the data: RO-Crate, citation, CodeMeta, DataCite, schema.org, READMEs.

All of it is computed from the release itself, so that no two of these files can disagree. Pure functions: facts in,
bytes out; nothing reads a clock. RO-Crate 1.2, Citation File Format 1.2.0, CodeMeta 3.0, DataCite metadata kernel 4.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from kg.describe import Edition
from kg.model import Document
from kg.texts import LANGUAGES, kind_of, kinds, media_of, readme
from kg.vocabulary import Text, Vocabulary

_CRATE = "https://w3id.org/ro/crate/1.2"
_LICENCE = {
    "name": "Creative Commons Attribution 4.0 International", "short": "CC BY 4.0", "spdx": "CC-BY-4.0",
    "url": "https://creativecommons.org/licenses/by/4.0/",
}  # fmt: skip
CRATE_FILE = "ro-crate-metadata.json"
Words = Mapping[str, str]
"""a text by language"""


@dataclass(frozen=True)
class Source:
    """A source document: its checksum stands for its text, which is not published."""

    id: str
    title: str
    language: str
    url: str | None
    sha256: str
    size: int
    lines: int


@dataclass(frozen=True)
class Statement:
    """One statement of the data, as an example of how to cite one."""

    thing: str
    name: str
    property: str
    value: str
    graph: str
    title: str
    lines: str


@dataclass(frozen=True)
class About:
    """What is said of a release wherever it is described."""

    edition: Edition
    issued: str
    """"" for a build"""
    base: str
    dataset: str
    """IRI of the data set; that of the release is below it"""
    title: Words
    description: Words
    keywords: tuple[str, ...]
    agent: str
    """IRI of the publisher"""
    publisher: Words
    sources: tuple[Source, ...]

    @property
    def release(self) -> str:
        return f"{self.dataset}/{self.edition.version}"

    def citation(self, language: str) -> str:
        """How to cite the release."""
        version = self.edition.version
        if language == "ja":
            year = f"（{self.issued[:4]}）" if self.issued else ""
            return f"{self.publisher['ja']}{year}「{self.title['ja']}」リリース {version}。{self.release} 、{_LICENCE['short']}"
        year = f" ({self.issued[:4]})" if self.issued else ""
        title = f"{self.title['en']}, release {version}"
        return f"{self.publisher['en']}{year}. {title}. {self.release}. {_LICENCE['short']}"


@dataclass(frozen=True)
class Facts(About):
    """The same with what only a release with a number carries."""

    summary: str
    """of the program"""
    sha256: str
    """of the canonical N-Quads"""
    quads: int
    triples: int
    """of the default graph"""
    graphs: int
    questions: int
    example: Statement

    def statement(self, language: str) -> str:
        """How to cite one statement of it."""
        said, version = self.example, self.edition.version
        if language == "ja":
            return f"<{said.thing}> <{said.property}>「{said.value}」。jichi リリース {version}、出典「{said.title}」{said.lines}行。"
        place = f"\"{said.title}\", line{'s' if '-' in said.lines else ''} {said.lines}"
        return f"<{said.thing}> <{said.property}> \"{said.value}\". jichi, release {version}, from {place}."


def about(vocabulary: Vocabulary, documents: Mapping[str, Document], edition: Edition) -> About:
    """What the vocabularies and the register say."""
    agent = vocabulary.publisher or vocabulary.dataset
    return About(
        edition=edition, issued=edition.issued or "", base=vocabulary.base, dataset=vocabulary.dataset,
        title=_words(vocabulary.text(vocabulary.dataset)),
        description=_words(vocabulary.definition(vocabulary.dataset)),
        keywords=vocabulary.keywords, agent=agent, publisher=_words(vocabulary.text(agent)),
        sources=tuple(
            Source(d.id, d.title, d.language, d.url, d.sha256, d.extent, d.lines) for d in documents.values()
        ),
    )  # fmt: skip


def _words(text: Text) -> dict[str, str]:
    return {tag: text.get(tag) or "" for tag in LANGUAGES}


def texts(facts: Facts, others: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files for people and for registries, by path; `others` are those that the release has already."""
    return {
        "CITATION.cff": citation(facts).encode(),
        "codemeta.json": _json(codemeta(facts)),
        "datacite.json": _json(datacite(facts)),
        "README.md": _readme(facts, others, "en"),
        "README.ja.md": _readme(facts, others, "ja"),
    }


def _readme(facts: Facts, others: Mapping[str, bytes], language: str) -> bytes:
    present = {kind_of(name).path for name in (*others, "CITATION.cff", "codemeta.json", "datacite.json", CRATE_FILE)}
    rows = [f"| `{kind.path}` | {kind.words(language)} |" for kind in kinds() if kind.path in present]
    documents = [f"| {s.id} | {_linked(s)} | `{s.sha256}` |" for s in facts.sources]
    return readme(language).substitute(
        title=facts.title[language], version=facts.edition.version, issued=facts.issued,
        description=facts.description[language], quads=facts.quads, triples=facts.triples, graphs=facts.graphs, files="\n".join(rows),
        documents="\n".join(documents), base=facts.base, questions=facts.questions, sha256=facts.sha256,
        citation=facts.citation(language), statement=facts.statement(language), statement_graph=facts.example.graph,
        licence=_LICENCE["short"],
    ).encode()  # fmt: skip


def _linked(source: Source) -> str:
    title = source.title.replace("|", "\\|")
    return f"[{title}]({source.url})" if source.url else title


def citation(facts: Facts) -> str:
    """CITATION.cff: YAML, each value quoted as in JSON, which YAML 1.2 reads."""
    rows: list[tuple[str, Any]] = [
        ("cff-version", "1.2.0"), ("type", "dataset"), ("message", "Cite the release that you used."),
        ("title", facts.title["en"]), ("abstract", facts.description["en"]),
        ("authors", [{"name": facts.publisher["en"]}]), ("version", facts.edition.version),
        ("date-released", facts.issued), ("license", _LICENCE["spdx"]), ("url", facts.release),
        ("identifiers", [{"type": "url", "value": facts.release, "description": "this release"},
                         {"type": "url", "value": facts.dataset, "description": "all releases"}]),
        ("keywords", list(facts.keywords)),
    ]  # fmt: skip
    return "".join(f"{name}:{_plain(value)}\n" for name, value in rows)


def codemeta(facts: Facts) -> dict[str, Any]:
    return {
        "@context": "https://w3id.org/codemeta/3.0", "@type": "SoftwareSourceCode", "name": "jichi",
        "description": facts.summary, "version": facts.edition.software,
        "license": "https://spdx.org/licenses/Apache-2.0", "programmingLanguage": "Python",
        "author": [{"@type": "Organization", "name": facts.publisher["en"]}],
        "supportingData": {"@type": "Dataset", "@id": facts.release, "version": facts.edition.version},
    }  # fmt: skip


def datacite(facts: Facts) -> dict[str, Any]:
    """A record for a registry of DOIs; it has no DOI, since none is registered."""
    agent = {"name": facts.publisher["en"], "nameType": "Organizational"}
    related = [("IsVersionOf", facts.dataset)] + [("IsDerivedFrom", s.url) for s in facts.sources if s.url]
    if facts.edition.past:
        related.append(("IsNewVersionOf", f"{facts.dataset}/{facts.edition.past[-1][0]}"))
    return {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "alternateIdentifiers": [{"alternateIdentifier": facts.release, "alternateIdentifierType": "URL"}],
        "url": facts.release,
        "creators": [agent], "publisher": {"name": facts.publisher["en"]}, "publicationYear": facts.issued[:4],
        "titles": [{"title": facts.title["en"], "lang": "en"},
                   {"title": facts.title["ja"], "lang": "ja", "titleType": "TranslatedTitle"}],
        "types": {"resourceType": "RDF data set", "resourceTypeGeneral": "Dataset"},
        "dates": [{"date": facts.issued, "dateType": "Issued"}], "version": facts.edition.version,
        "subjects": [{"subject": word} for word in facts.keywords],
        "descriptions": [
            {"description": facts.description[tag], "descriptionType": "Abstract", "lang": tag} for tag in LANGUAGES
        ],
        "rightsList": [{
            "rights": _LICENCE["name"], "rightsUri": _LICENCE["url"], "rightsIdentifier": _LICENCE["spdx"],
            "rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/",
        }],
        "formats": ["application/n-quads", "text/turtle", "text/csv"],
        "relatedIdentifiers": [
            {"relationType": relation, "relatedIdentifier": target, "relatedIdentifierType": "URL"}
            for relation, target in related
        ],
    }  # fmt: skip


def schema_org(facts: About, files: Mapping[str, bytes]) -> bytes:
    """`schema-org.json`, a schema.org `Dataset`: embedded in the page of the data set, where search engines look."""
    offered = [name for name in sorted(files) if name.startswith("jichi.")]
    found = {
        "@context": "https://schema.org/", "@type": "Dataset", "@id": facts.release, "url": facts.release,
        "name": facts.title["en"], "alternateName": facts.title["ja"], "description": facts.description["en"],
        "identifier": facts.release, "version": facts.edition.version, "license": _LICENCE["url"],
        "isAccessibleForFree": True, "inLanguage": list(LANGUAGES), "keywords": list(facts.keywords),
        "creator": {"@type": "Organization", "name": facts.publisher["en"]},
        "publisher": {"@type": "Organization", "name": facts.publisher["en"]},
        "creditText": facts.citation("en"),
        "isBasedOn": [s.url or f"{facts.base}id/document/{s.id}" for s in facts.sources],
        "distribution": [
            {"@type": "DataDownload", "name": name, "encodingFormat": media_of(name.removesuffix(".gz")),
             "contentSize": f"{len(files[name])} B", "sha256": sha256(files[name]).hexdigest(),
             "contentUrl": f"{facts.base}release/{facts.edition.version}/dump/{name}"}
            for name in offered
        ],
    }  # fmt: skip
    return _json({**found, **({"datePublished": facts.issued} if facts.issued else {})})


def crate(facts: Facts, files: Mapping[str, bytes]) -> bytes:
    """`ro-crate-metadata.json`: every file of the release with what it is, its size and its checksum."""
    agent = {"@id": facts.agent, "@type": "Organization", "name": facts.publisher["en"]}
    licence = {
        "@id": _LICENCE["url"], "@type": "CreativeWork", "name": _LICENCE["name"], "identifier": _LICENCE["spdx"],
    }  # fmt: skip
    documents = [
        {"@id": f"{facts.base}id/document/{s.id}", "@type": "DigitalDocument", "name": s.title,
         "inLanguage": s.language, "sha256": s.sha256, **({"url": s.url} if s.url else {})}
        for s in facts.sources
    ]  # fmt: skip
    root = {
        "@id": "./", "@type": "Dataset", "name": facts.title["en"], "alternateName": facts.title["ja"],
        "description": facts.description["en"], "datePublished": facts.issued, "version": facts.edition.version,
        "identifier": facts.release, "url": facts.release, "license": {"@id": licence["@id"]},
        "author": {"@id": agent["@id"]}, "publisher": {"@id": agent["@id"]}, "keywords": list(facts.keywords),
        "inLanguage": list(LANGUAGES), "isBasedOn": [{"@id": d["@id"]} for d in documents],
        "hasPart": [{"@id": name} for name in sorted(files)],
    }  # fmt: skip
    described = {
        "@id": CRATE_FILE, "@type": "CreativeWork", "about": {"@id": "./"}, "conformsTo": {"@id": _CRATE},
    }  # fmt: skip
    graph = [described, root, agent, licence, *documents, *(_part(name, files[name]) for name in sorted(files))]
    return _json({"@context": f"{_CRATE}/context", "@graph": graph})


def _part(name: str, content: bytes) -> dict[str, Any]:
    return {
        "@id": name, "@type": "File", "name": name, "description": kind_of(name).en, "encodingFormat": media_of(name),
        "contentSize": str(len(content)), "sha256": sha256(content).hexdigest(),
    }  # fmt: skip


def bag_info(facts: Facts) -> list[tuple[str, str]]:
    """The rows of `bag-info.txt` (RFC 8493, section 2.2.2)."""
    return [
        ("Source-Organization", facts.publisher["en"]), ("External-Description", facts.description["en"]),
        ("External-Identifier", facts.release), ("Bagging-Date", facts.issued),
        ("Bag-Group-Identifier", facts.dataset), ("Canonical-N-Quads-SHA256", facts.sha256),
        ("Internal-Sender-Description", "Read data/README.md first. はじめに data/README.ja.md をお読みください。"),
    ]  # fmt: skip


def _plain(value: Any) -> str:
    """A value of YAML in block style: lists of texts and of mappings, one line each."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(f"\n  - {json.dumps(item, ensure_ascii=False)}" for item in value)
    return f" {json.dumps(value, ensure_ascii=False)}"


def _json(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
