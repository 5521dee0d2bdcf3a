"""Programs of others that the endpoint is tested with: where they are, and how they are set up."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from conftest import ROOT, missing

CLIENTS = ROOT / "tests" / "clients"
_SECONDS = 300


def program(name: str, package: str) -> str:
    """The path of a program of a Debian package; the test is skipped where it is missing."""
    path = shutil.which(name)
    if path is None:
        missing(f"the Debian package {package}")
    return str(path)


def printed(*command: str | Path) -> str:
    """What a program prints; an error shows what it complained about."""
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8")


def node_modules() -> Path:
    """The npm packages of tests/clients, as its lock file has them, beside the virtual environment."""
    npm = program("npm", "npm")
    lock = (CLIENTS / "package-lock.json").read_bytes()
    folder = Path(sys.prefix) / "test-clients" / hashlib.sha256(lock).hexdigest()[:12]
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, folder)
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=2 * _SECONDS, check=False)
        if done.returncode != 0:
            missing("an index of npm packages")
        (folder / "complete").touch()
    return folder / "node_modules"


@contextmanager
def static(folder: Path) -> Iterator[str]:
    """The files of a folder over HTTP on a port of their own: another origin."""
    handler = functools.partial(_Quiet, directory=os.fspath(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass
