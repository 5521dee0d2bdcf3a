"""Run every benchmark of this folder, one after the other: each prints its own figures."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__).parse_args()
folder = Path(__file__).parent
for path in sorted([*folder.glob("*.py"), *(found.parent for found in folder.glob("*/__main__.py"))]):
    if not path.name.startswith("_"):
        print(f"\n== {path.stem}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{path.stem}"], check=True)
