"""Load by wrk (Debian), answers by hand, time and memory of processes from /proc."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_SCRIPT = """
local paths = {}
for line in io.lines("%(file)s") do paths[#paths + 1] = line end
local fresh = %(fresh)s
local n = 0
local id = 0
function setup(thread) thread:set("id", id); id = id + 1 end
function init(args) math.randomseed(os.time() + id); n = math.random(#paths) end
function request()
  n = n + 1
  local path = paths[n %% #paths + 1]
  if fresh then path = path .. "%%20%%23%%20" .. n .. "x" .. math.random(1000000000) end
  return wrk.format("GET", path, %(headers)s)
end
"""


@dataclass(frozen=True)
class Measured:
    """`wrong`: answers that were no 2xx or 3xx, or broken connections. `cpu`: microseconds of the server's processes."""

    per_second: float
    p99: float
    wrong: int
    cpu: float


def wrk_missing() -> bool:
    return shutil.which("wrk") is None


def press(
    address: str, paths: list[str], folder: Path, pid: int, connections: int = 16, seconds: int = 1,
    headers: dict[str, str] | None = None, fresh: bool = False,
) -> Measured:
    """Requests for `paths` in turn; `fresh` makes each query a new text by a comment at its end."""
    listed = folder / "paths.txt"
    listed.write_text("\n".join(paths) + "\n", encoding="utf-8")
    table = ", ".join(f'["{name}"] = {_lua(value)}' for name, value in (headers or {}).items())
    script = folder / "load.lua"
    script.write_text(_SCRIPT % {"file": listed, "fresh": str(fresh).lower(), "headers": "{" + table + "}"}, encoding="utf-8")
    before = cpu_seconds(pid)
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "--latency", "-s", str(script), address],
        capture_output=True, text=True, check=True,
    ).stdout
    used = cpu_seconds(pid) - before
    number = int(re.search(r"(\d+) requests in", out)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
    wrong = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", out))
    wrong += sum(int(n) for line in re.findall(r"Socket errors: (.*)", out) for n in re.findall(r"\d+", line))
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    p99 = float(slow[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[slow[2]] if slow else 0.0
    return Measured(rate, p99, wrong, 1e6 * used / max(1, number))


def each_once(address: str, paths: list[str], headers: dict[str, str], seconds: float = 20.0) -> tuple[int, float]:
    """How many of `paths` were asked for within `seconds`, each once, and the answers a second.

    Requests are written many at a time and answers are cut by their Content-Length, so that the client costs little.
    """
    parts = urlsplit(address)
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    begin = time.monotonic()
    number = 0
    for start in range(0, len(paths), 16):
        if time.monotonic() - begin > seconds:
            break
        some = paths[start:start + 16]
        with socket.create_connection((parts.hostname or "", parts.port or 80), 30) as line:
            line.sendall("".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n{told}\r\n" for path in some).encode())
            _count(line, len(some))
        number += len(some)
    return number, number / (time.monotonic() - begin)


def _count(line: socket.socket, number: int) -> None:
    held = b""
    while number:
        held += line.recv(1 << 18)
        while number and (end := held.find(b"\r\n\r\n")) >= 0:
            length = int(re.search(rb"(?i)content-length: (\d+)", held[:end])[1])
            if len(held) < end + 4 + length:
                break
            held = held[end + 4 + length:]
            number -= 1


def fetch(address: str, headers: dict[str, str] | None = None, timeout: float = 60) -> tuple[int, bytes]:
    """One GET: status and body; (0, b"") where there is no answer."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def wait_for(address: str, seconds: float, headers: dict[str, str] | None = None) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if fetch(address, headers, 10)[0] == 200:
            return True
        time.sleep(0.005)
    return False


def family(root: int) -> set[int]:
    """A process and all below it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, fresh = {root}, {root}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh}
        found |= fresh
    return found


def cpu_seconds(root: int) -> float:
    """Of all processes that run now below one."""
    total = 0
    for pid in family(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def memory_mib(root: int) -> float:
    """Proportional set size of all processes: what is shared counts once."""
    total = 0
    for pid in family(root):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)
        total += int(found[1]) if found else 0
    return total / 1024


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
