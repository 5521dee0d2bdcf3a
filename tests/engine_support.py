"""Other SPARQL servers, for the tests of remote engines: each in a folder of its own, on free ports of this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

VIRTUOSO = shutil.which("virtuoso-t")
ISQL = shutil.which("isql-vt")
OXIGRAPH = Path(sys.executable).with_name("oxigraph")
ROWS_AT_MOST = 20_000
"""of an answer of the Virtuoso that is started here; the release holds more triples"""
_CONFIGURATION = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
CheckpointInterval = 0
DirsAllowed = .
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
ThreadsPerQuery = 1
MaxClientConnections = 20
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 20
MaxClientConnections = 20
MaxKeepAlives = 20
[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryExecutionTime = 20
"""


@dataclass(frozen=True)
class Running:
    """An engine that was started: where it answers queries, where it takes graphs, and its process."""

    query: str
    graph_store: str
    process: subprocess.Popen[bytes]
    folder: Path
    sql_port: int = 0

    def end(self) -> None:
        self.process.kill()
        self.process.wait(20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextmanager
def virtuoso(folder: Path) -> Iterator[Running]:
    sql, http = free_port(), free_port()
    (folder / "virtuoso.ini").write_text(_CONFIGURATION.format(sql=sql, http=http, rows=ROWS_AT_MOST))
    base = f"http://127.0.0.1:{http}"
    command = [str(VIRTUOSO), "-f", "+configfile", "virtuoso.ini"]
    with _process(command, folder, f"{base}/sparql?query=ASK%7B%7D") as process:
        yield Running(f"{base}/sparql", f"{base}/sparql-graph-crud-auth", process, folder, sql)


@contextmanager
def oxigraph(folder: Path, *arguments: str) -> Iterator[Running]:
    base = f"http://127.0.0.1:{free_port()}"
    command = [str(OXIGRAPH), "serve", "-b", base.removeprefix("http://"), *arguments]
    with _process(command, folder, f"{base}/query?query=ASK%7B%7D") as process:
        yield Running(f"{base}/query", f"{base}/store", process, folder)


@contextmanager
def _process(command: list[str], folder: Path, probe: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_up(process, probe)
        yield process
    finally:
        process.kill()
        process.wait(20)


def _wait_until_up(process: subprocess.Popen[bytes], probe: str) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(probe, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the engine did not start: {process.args}")
