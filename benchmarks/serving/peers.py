"""The servers that are measured, installed by this benchmark into a folder of its own and started on this machine.

Nothing of them becomes a dependency of the project: Python packages go into a virtual environment there, npm packages
into a node_modules there, Debian packages are unpacked there and not installed.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.serving import load

ROOT = Path(__file__).resolve().parent.parent.parent
PROBE = "/?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"
GRAPH = "http://example.org/all"
"""the graph that holds all of it in Virtuoso, which has no default graph"""
_OURS = """
import sys
from pathlib import Path
from endpoint.workers import Limits
from endpoint.wsgi import serve
from kg.project import Project
from kg.vocabulary import Vocabulary
project, folder, port, pages = sys.argv[1:]
serve(Path(folder), Vocabulary(Project(Path(project))), port=int(port), pages=pages == "pages")
"""
_VIRTUOSO = """
[Database]
DatabaseFile = {folder}/virtuoso.db
TransactionFile = {folder}/virtuoso.trx
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = {folder}
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = 32
[SPARQL]
ResultSetMaxRows = 1000000
"""
_NGINX = """
user {user};
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
daemon off;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=20000; etag on; default_type text/turtle;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  map $http_accept $suffix {{ default .ttl; ~text/html .html; ~ld\\+json .jsonld; }}
  server {{
    listen 127.0.0.1:{port};
    root {root};
    add_header Vary "Accept, Accept-Language, Accept-Encoding";
    add_header Cache-Control "public, max-age=300";
    add_header Access-Control-Allow-Origin *;
    location / {{ try_files $uri$suffix =404; }}
  }}
}}
"""


@dataclass
class Peer:
    """A server: how to start it on a port, and the path and headers of its SPARQL endpoint."""

    name: str
    start: Callable[[int], list[str]]
    path: str = ""
    ready: Callable[[int], None] = lambda port: None
    """loads the data where the server starts empty"""
    headers: dict[str, str] = field(default_factory=lambda: {"Accept": "application/sparql-results+json, text/turtle;q=0.9"})
    extra: str = ""
    """arguments that each query needs there"""
    folder: Path | None = None

    def sparql(self, encoded: str) -> str:
        return f"{self.path}?{self.extra}query={encoded}"


@contextmanager
def running(peer: Peer, log: Path) -> Iterator[tuple[str, int, float]]:
    """The address, the process and the seconds until the first answer (with the data loaded)."""
    port = _free_port()
    begin = time.monotonic()
    with log.open("ab") as errors:
        # Compiled once and kept, as it is for who installs a server.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(peer.start(port), stdout=errors, stderr=errors, cwd=peer.folder, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        peer.ready(port)
        if not load.wait_for(f"{address}{peer.sparql('ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D')}", 300, peer.headers):
            raise OSError(f"{peer.name} does not answer; see {log}")
        yield address, process.pid, time.monotonic() - begin
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ours(out: Path, pages: bool = False, name: str = "jichi") -> Peer:
    return Peer(name, lambda port: [sys.executable, "-c", _OURS, str(ROOT), str(out / "current"), str(port),
                                    "pages" if pages else ""], "/sparql", folder=ROOT)


def oxigraph(scratch: Path, data: Path, in_memory: bool) -> Peer:
    """The server of the engine that we use, on disk and read-only, or in memory."""
    program = str(_venv(scratch, "oxigraph", ["oxigraph"]) / "oxigraph")
    if in_memory:
        def fill(port: int) -> None:
            _until_open(port)
            subprocess.run(["curl", "-sf", "-X", "POST", "-H", "Content-Type: application/n-triples", "-T", str(data),
                            f"http://127.0.0.1:{port}/store?default"], check=True)

        return Peer("oxigraph, memory", lambda port: [program, "serve", "--bind", f"127.0.0.1:{port}"], "/query", fill)
    store = scratch / f"oxigraph-{data.stem}"
    if not store.exists():
        subprocess.run([program, "load", "--location", str(store), "--file", str(data)], check=True, capture_output=True)
        subprocess.run([program, "optimize", "--location", str(store)], check=True, capture_output=True)
    return Peer("oxigraph, read-only", lambda port: [program, "serve-read-only", "--location", str(store), "--bind",
                                                     f"127.0.0.1:{port}"], "/query")


def rdflib_endpoint(scratch: Path, data: Path) -> Peer:
    program = _venv(scratch, "rdflib", ["rdflib-endpoint[cli]", "uvicorn", "httptools", "uvloop"]) / "rdflib-endpoint"
    return Peer("rdflib-endpoint", lambda port: [str(program), "serve", "--host", "127.0.0.1", "--port", str(port), str(data)],
                "/", headers={"Accept": "application/sparql-results+json"})


def trifid(scratch: Path, data: Path) -> Peer:
    folder = scratch / "trifid"
    if not (folder / "node_modules" / "trifid").exists():
        folder.mkdir(exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), "trifid",
                        "trifid-handler-fetch", "@zazuko/trifid-entity-renderer"], check=True, capture_output=True)
    settings = folder / "config.json"
    base = "https://w3id.org/jichi/"

    def start(port: int) -> list[str]:
        settings.write_text(json.dumps({
            "globals": {"datasetBaseUrl": base, "endpoints": {"default": {"url": "/query"}}},
            "server": {"listener": {"port": port}, "logLevel": "error"},
            "plugins": {
                "renderer": {"module": "@zazuko/trifid-entity-renderer", "config": {"followRedirects": True}},
                "store": {"module": "trifid-handler-fetch", "paths": "/query", "config": {
                    "url": str(data), "contentType": "application/n-triples", "baseIRI": base,
                    "graphName": GRAPH, "unionDefaultGraph": True}},
            },
        }), encoding="utf-8")
        return ["node", str(folder / "node_modules" / "trifid" / "server.js"), "-c", str(settings), "-p", str(port)]

    return Peer("trifid", start, "/query", folder=folder)


def virtuoso(scratch: Path, data: Path) -> Peer:
    """Virtuoso of Debian, unpacked here, with the data in one graph."""
    root = scratch / "virtuoso"
    if not (root / "usr").exists():
        root.mkdir(exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", "virtuoso-opensource-7-bin"], check=True, cwd=root, capture_output=True)
        for package in root.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(root)], check=True)
    program = next(root.glob("usr/bin/virtuoso-t*"))
    folder = scratch / f"virtuoso-{data.stem}"
    folder.mkdir(exist_ok=True)
    sql = _free_port()
    isql = next(root.glob("usr/bin/isql-vt*"))

    def start(port: int) -> list[str]:
        (folder / "virtuoso.ini").write_text(_VIRTUOSO.format(folder=folder, port=port, sql=sql), encoding="utf-8")
        return [str(program), "+foreground", "+configfile", str(folder / "virtuoso.ini")]

    def fill(port: int) -> None:
        _until_open(port)
        if (folder / "loaded").exists():
            return
        shutil.copy(data, folder / "data.nt")
        commands = (f"ld_dir('{folder}', 'data.nt', '{GRAPH}'); rdf_loader_run(); checkpoint; "
                    'grant select on "DB.DBA.SPARQL_SINV_2" to "SPARQL"; checkpoint;')
        subprocess.run([str(isql), f"127.0.0.1:{sql}", "dba", "dba", f"exec={commands}"], check=False, capture_output=True)
        (folder / "loaded").touch()

    return Peer("Virtuoso 7", start, "/sparql", fill, extra=f"default-graph-uri={GRAPH}&", folder=folder)


def nginx(scratch: Path, root: Path) -> Peer:
    """Files of the same bytes: the limit."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        raise OSError("nginx is not installed")
    folder = scratch / "nginx"
    folder.mkdir(exist_ok=True)
    # Its workers would give up the rights by which the files are read.
    user = pwd.getpwuid(os.geteuid()).pw_name

    def start(port: int) -> list[str]:
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, root=root, user=user), encoding="utf-8")
        return [program, "-c", str(folder / "nginx.conf"), "-p", str(folder)]

    return Peer("nginx", start, "/ready", headers={"Accept": "text/turtle"})


def _venv(scratch: Path, name: str, packages: list[str]) -> Path:
    """The programs of a virtual environment with these packages."""
    folder = scratch / f"venv-{name}"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        (folder / "done").touch()
    return folder / "bin"


def _until_open(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.005)
    raise OSError(f"nothing listens at {port}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def scratch_folder(given: str | None) -> Path:
    folder = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "jichi-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()
