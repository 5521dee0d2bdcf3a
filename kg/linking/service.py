"""A reconciliation service (Reconciliation API 0.2, W3C Community Group report of 2023-04-10) as a source of items.

Asked only by a maintainer's command. Every answer is written down before the next question is sent, so that a service
that dies, or a command that is stopped, loses nothing: the next run asks only for the rest.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from kg.errors import MisuseError, ProjectError, SourceError
from kg.linking.offered import Item, Point, Subject
from kg.project import Project, read_toml

PAUSE = 1.0
"""seconds between two requests"""
BATCH = 10
"""queries in one request where the service says nothing; it may say less, and more is not asked for"""
LIMIT = 8 << 20
"""bytes of one answer"""
GIVE_UP = 2
"""requests in a row that fail, each after its retries, before the service is left alone"""
_TIMEOUT = urllib3.Timeout(connect=5, read=30)
_TRIES = {"total": 4, "redirect": 3, "backoff_factor": 0.5, "status_forcelist": (429, 500, 502, 503, 504)}
_POINT = re.compile(r"^\s*(-?[0-9.]+)\s*[,/ ]\s*(-?[0-9.]+)\s*$")
_WKT = re.compile(r"POINT\s*\(\s*(-?[0-9.]+)\s+(-?[0-9.]+)\s*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Profile:
    """Which property of a service says what (a table of `mappings/reference.toml`); all empty for an unknown one."""

    space: str = ""
    names: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    country: str = ""
    area: str = ""
    position: str = ""
    code: str = ""
    ended: str = ""
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def properties(self) -> list[str]:
        single = (self.country, self.area, self.position, self.code, self.ended)
        return [*self.names, *self.former, *(name for name in single if name)]


def profiles(project: Project) -> list[Profile]:
    path = project.mappings / "reference.toml"
    where = project.place(path)
    try:
        return [
            Profile(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
            for entry in read_toml(path, where).get("service", {}).values()
        ]
    except TypeError as error:
        raise ProjectError("reference-register", where, name="service", detail=error) from None


@dataclass
class ServiceSource:
    """One service. `journal` is the file of its answers."""

    name: str
    authority: str
    address: str
    profile: Profile
    journal: Path
    batch: int = BATCH
    pause: float = field(default_factory=lambda: PAUSE)
    extends: bool = False
    complete_for: frozenset[str] = frozenset()
    trouble: str = ""
    """why it was left alone, "" where it answered everything"""
    _http: urllib3.PoolManager = field(default_factory=lambda: _pool(), repr=False)
    _asked: float = 0.0

    def offers(self, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, list[Item] | None]]:
        known = self._answered()
        yield from ((s, known[s.id]) for s in subjects if s.id in known)
        left = [s for s in subjects if s.id not in known]
        try:
            yield from self._asked_for(left)
        finally:
            self._http.clear()

    def _asked_for(self, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, list[Item] | None]]:
        failures = 0
        for at in range(0, len(subjects), self.batch):
            part = list(subjects[at : at + self.batch])
            answers: dict[str, list[Item]] | None = None
            if failures < GIVE_UP:
                try:
                    answers = self._ask(part)
                    failures = 0
                except SourceError as error:
                    failures += 1
                    self.trouble = str(error.values.get("detail", error))
            yield from ((s, answers.get(s.id, []) if answers is not None else None) for s in part)

    def _ask(self, subjects: list[Subject]) -> dict[str, list[Item]]:
        """The items for some subjects, written into the journal."""
        queries = {
            f"{at}.{number}": {"query": name, "limit": 10}
            for at, subject in enumerate(subjects) for number, name in enumerate(_to_ask(subject))
        }  # fmt: skip
        results: dict[str, dict[str, dict[str, Any]]] = {}
        keys = list(queries)
        for start in range(0, len(keys), self.batch):
            answer = self._post("queries", {key: queries[key] for key in keys[start : start + self.batch]})
            for key, value in answer.items():
                for found in _list(value, "result"):
                    if key in queries and isinstance(found, dict) and isinstance(found.get("id"), str):
                        results.setdefault(key.partition(".")[0], {}).setdefault(found["id"], found)
        ids = sorted({id_ for found in results.values() for id_ in found})
        facts = self._facts(ids)
        answers = {
            subject.id: [_item(result, facts.get(id_, {}), self.profile) for id_, result in sorted(results.get(str(at), {}).items())]
            for at, subject in enumerate(subjects)
        }
        self._write(answers)
        return answers

    def _facts(self, ids: list[str]) -> dict[str, Mapping[str, Any]]:
        """What the service says of the items, by data extension; nothing where it does not offer that."""
        wanted = [{"id": name} for name in self.profile.properties]
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(ids) if self.extends and wanted else 0, self.batch):
            rows = self._post("extend", {"ids": ids[start : start + self.batch], "properties": wanted}).get("rows")
            found.update(rows if isinstance(rows, dict) else {})
        return found

    def _post(self, field_: str, content: Mapping[str, Any]) -> dict[str, Any]:
        time.sleep(max(0.0, self._asked + self.pause - time.monotonic()))
        fields = {field_: json.dumps(content, ensure_ascii=False)}
        try:
            return _read(self._http, "POST", self.address, fields)
        finally:
            self._asked = time.monotonic()

    def _answered(self) -> dict[str, list[Item]]:
        """What the journal holds of this service; a last line that was cut off is asked again."""
        found: dict[str, list[Item]] = {}
        lines = self.journal.read_text(encoding="utf-8").split("\n") if self.journal.is_file() else []
        for line in lines:
            try:
                entry = json.loads(line)
                if entry["service"] == self.address:
                    found[entry["subject"]] = [_stored(item) for item in entry["items"]]
            except (ValueError, KeyError, TypeError):
                continue
        return found

    def _write(self, answers: Mapping[str, list[Item]]) -> None:
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        with self.journal.open("a", encoding="utf-8") as file:
            for subject, items in answers.items():
                entry = {"service": self.address, "subject": subject, "items": [_plain(item) for item in items]}
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()


def connect(project: Project, address: str, authorities: Mapping[str, str], journal: Path) -> ServiceSource:
    """The service at an address, by its manifest; `authorities` gives the name of each by the space of its identifiers.

    MisuseError for an address that is no service, SourceError for one that does not answer.
    """
    if not re.match(r"https?://[^\s@]+$", address):
        raise MisuseError("fetch-address", address, expected="http:, https:")
    with _pool() as http:
        manifest = _read(http, "GET", address)
    space = manifest.get("identifierSpace")
    if not {"0.1", "0.2"} & {str(version) for version in _list(manifest, "versions")}:
        raise MisuseError("link-service-version", address, found=", ".join(map(str, _list(manifest, "versions"))) or "-")
    if space not in authorities:
        raise MisuseError("link-service-space", address, found=space or "-", expected=", ".join(authorities))
    profile = next((p for p in profiles(project) if p.space == space), Profile())
    size = manifest.get("batchSize")
    batch = max(1, min(BATCH, size)) if isinstance(size, int) else BATCH
    name = str(manifest.get("name") or address)
    return ServiceSource(name, authorities[space], address, profile, journal, batch, extends="extend" in manifest)


# ---- over the network


def _pool() -> urllib3.PoolManager:
    retry = urllib3.Retry(**_TRIES, allowed_methods=None, raise_on_status=True, retry_after_max=60)
    return urllib3.PoolManager(headers={"User-Agent": "jichi", "Accept": "application/json"}, timeout=_TIMEOUT, retries=retry)


def _read(http: urllib3.PoolManager, method: str, address: str, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The JSON object that a request is answered with; SourceError for no answer, another status, too much, no JSON."""
    try:
        form = {"fields": dict(fields), "encode_multipart": False} if fields else {}
        answer = http.request(method, address, preload_content=False, **form)
        try:
            data = answer.read(LIMIT + 1)
        finally:
            (answer.release_conn if answer.length_remaining == 0 else answer.close)()
    except urllib3.exceptions.HTTPError as error:
        raise SourceError("link-service", address, detail=_reason(error)) from None
    if answer.status != 200:
        raise SourceError("link-service", address, detail=f"HTTP {answer.status}")
    if len(data) > LIMIT:
        raise SourceError("source-too-large", address, bytes=f">{LIMIT}", limit=LIMIT)
    try:
        content = json.loads(data)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise SourceError("link-service", address, detail="no JSON object")
    return content


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason:
        error = error.reason
    return type(error).__name__ if not str(error) else re.sub(r"<.*?>|Object at .*?:", "", str(error)).strip()


# ---- items


def _to_ask(subject: Subject) -> list[str]:
    """The names that are asked for: the first two that differ, Japanese and English."""
    return list(dict.fromkeys(subject.names))[:2] or [subject.label]


def _item(result: Mapping[str, Any], facts: Mapping[str, Any], profile: Profile) -> Item:
    names = [str(result.get("name") or ""), *(text for name in profile.names for text in _texts(facts, name))]
    kinds = {kind for type_ in _list(result, "type") for kind in profile.kinds.get(_id(type_), ())}
    points = tuple(point for text in _texts(facts, profile.position) if (point := _point(text)))
    score = result.get("score")
    return Item(
        result["id"], tuple(dict.fromkeys(name for name in names if name)),
        next((text.lower() for text in _texts(facts, profile.country)), ""),
        frozenset(text.lower() for text in _texts(facts, profile.area)), frozenset(kinds), points,
        frozenset(re.sub(r"[^0-9]", "", text) for text in _texts(facts, profile.code)) - {""},
        tuple(text for name in profile.former for text in _texts(facts, name)),
        min((text[:10] for text in _texts(facts, profile.ended)), default=""),
        score=float(score) if isinstance(score, int | float) else None,
    )  # fmt: skip


def _texts(facts: Mapping[str, Any], name: str) -> Iterator[str]:
    """The values of a property: `str`, `date`, numbers or the name of another item, whichever the service gives."""
    for value in _list(facts, name) if name else ():
        if isinstance(value, dict):
            text = next((value[key] for key in ("str", "date", "float", "int", "name", "id") if value.get(key) not in (None, "")), "")
            if text != "":
                yield str(text)


def _point(text: str) -> Point | None:
    """`43.06,141.35` is latitude and longitude; WKT has them the other way round."""
    if match := _POINT.match(text):
        return float(match[1]), float(match[2])
    match = _WKT.search(text)
    return (float(match[2]), float(match[1])) if match else None


def _list(content: Any, name: str) -> list[Any]:
    value = content.get(name) if isinstance(content, dict) else None
    return value if isinstance(value, list) else []


def _id(type_: Any) -> str:
    return str(type_.get("id")) if isinstance(type_, dict) else str(type_)


def _plain(item: Item) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in item.__dict__.items()}


def _stored(entry: Mapping[str, Any]) -> Item:
    sets = {name: frozenset(entry[name]) for name in ("areas", "kinds", "codes")}
    lists = {name: tuple(entry[name]) for name in ("names", "former")}
    return Item(**{**entry, **sets, **lists, "points": tuple((a, b) for a, b in entry["points"])})
