"""A release of invented data, and the real server over a real socket, for the tests of `endpoint/`."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from endpoint.workers import Limits
from kg.model import Line
from kg.project import Project
from kg.store import parse, serialise
from kg.vocabulary import Vocabulary

ROOT = Path(__file__).resolve().parent.parent
FIXTURE = Path(__file__).resolve().parent / "endpoint_fixture"
BASE = "https://example.org/towns/"
_SERVER = """
import json, sys
from pathlib import Path
from endpoint.gate import Rate
from endpoint.workers import Limits
from endpoint.wsgi import serve
from kg.engine import Engine
from kg.project import Project
from kg.vocabulary import Vocabulary
project, folder, limits, settings = sys.argv[1:]
settings = json.loads(settings)
if "engine" in settings:
    settings["engine"] = Engine(settings["engine"])
if "copies" in settings:
    settings["copies"] = Path(settings["copies"])
settings["rate"] = Rate(**settings.get("rate", {}))
serve(Path(folder), Vocabulary(Project(Path(project))), port=0, limits=Limits(**json.loads(limits)),
      say=lambda line: print(line, flush=True), **settings)
"""
_DESCRIPTION = """
<{base}dataset> a <http://www.w3.org/ns/dcat#Dataset> ; <http://www.w3.org/ns/dcat#hasVersion> <{base}dataset/{number}> .
<{base}dataset/{number}> a <http://www.w3.org/ns/dcat#Dataset> ; <http://www.w3.org/ns/dcat#version> "{number}" ;
  <http://www.w3.org/ns/dcat#distribution> <{base}dataset/{number}#quads> .
<{base}dataset/{number}#quads> <http://www.w3.org/ns/dcat#downloadURL> <{base}release/{number}/dump/jichi.nq> .
"""


def vocabulary() -> Vocabulary:
    return Vocabulary(Project(FIXTURE / "project"))


def fixture_lines() -> list[Line]:
    return parse((FIXTURE / "data.trig").read_bytes(), "trig")


def write_release(out: Path, lines: list[Line], words: Vocabulary, number: str = "", issued: str | None = None) -> Path:
    """The folder that `kg build` would write, with a link `current` to it; with a number that of `kg release`."""
    data = "".join(f"{line}\n" for line in sorted(set(lines))).encode()
    digest = hashlib.sha256(data).hexdigest()
    version = number or digest[:12]
    described = {"version": version, "sha256": digest, "sources": digest, "counts": {"quads": len(lines)}, "issued": issued}
    files = {
        "jichi.nq": data,
        "jichi.ttl": serialise(lines, "turtle", words.prefixes),
        "jichi.trig": serialise(lines, "trig", words.prefixes),
        "jichi.jsonld": serialise(lines, "jsonld"),
        "records/seminar.json": b"[]\n",
        "release.json": json.dumps(described).encode(),
    }
    if number:
        files["dataset.ttl"] = _DESCRIPTION.format(base=words.base, number=number).encode()
        files["tables/a.csv"] = b"a,b\n1,2\n"
        (out / f"jichi-{number}.zip").write_bytes(data)
    folder = out / version / "data" if number else out / version
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    (folder / "SHA256SUMS").write_text(sums)
    (folder / "secret.txt").write_text("not listed, not served")
    (out / "current").unlink(missing_ok=True)
    (out / "current").symlink_to(folder.relative_to(out))
    return out / "current"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    """names in lower case"""
    body: bytes

    @property
    def type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def json(self) -> dict:
        return json.loads(self.body)

    def values(self, name: str) -> list[str]:
        """The values of one variable of a SELECT in JSON."""
        return [row[name]["value"] for row in self.json()["results"]["bindings"]]


class Server:
    """The server in a process of its own; requests go over the socket, one connection each."""

    def __init__(self, address: str, pid: int = 0) -> None:
        self.pid = pid
        parts = urlsplit(address)
        self.address = address.rstrip("/")
        self._host, self._port = parts.hostname or "", parts.port

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Reply:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=30)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()

    def get(self, path: str, accept: str | None = None, **headers: str) -> Reply:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", path, {**({"Accept": accept} if accept is not None else {}), **given})

    def query(self, text: str, accept: str | None = None, **arguments: str) -> Reply:
        return self.get(f"/sparql?{urlencode({'query': text, **arguments})}", accept)

    def post_form(self, text: str, accept: str | None = None, path: str = "/sparql") -> Reply:
        headers = {"Content-Type": "application/x-www-form-urlencoded", **({"Accept": accept} if accept else {})}
        return self.request("POST", path, headers, urlencode({"query": text}).encode())

    def post_direct(self, text: str | bytes, accept: str | None = None, path: str = "/sparql", **headers: str) -> Reply:
        body = text.encode() if isinstance(text, str) else text
        given = {"Content-Type": "application/sparql-query", **({"Accept": accept} if accept else {})}
        return self.request("POST", path, {**given, **{k.replace("_", "-"): v for k, v in headers.items()}}, body)


@contextmanager
def running(
    folder: Path, project: Path = FIXTURE / "project", limits: Limits | None = None,
    log: Path = Path(os.devnull), **settings: object,
) -> Iterator[Server]:
    """The server for a release, its log in a file; it ends on SIGTERM: a test fails if it does not within ten seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    # Documents are made beforehand only where a test asks for it: it takes time that most have no use for.
    arguments = [sys.executable, "-c", _SERVER, str(project), str(folder), json.dumps(asdict(limits or Limits())),
                 json.dumps({"pages": False, **settings})]
    with log.open("ab") as errors:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, env=environment, cwd=folder.parent)
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], 30)
        assert ready, "the server did not start"
        address = process.stdout.readline().decode().strip()
        assert address, "the server ended at once"
        yield Server(address, process.pid)
    finally:
        process.terminate()
        begin = time.monotonic()
        process.wait(10)
        process.stdout.close()
        assert time.monotonic() - begin < 10


def alive(pid: int) -> bool:
    """Whether a process is there and not merely waited for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
