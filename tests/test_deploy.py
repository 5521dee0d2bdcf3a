"""The files in docs/deploy are read by the programs that they are for, or by linters of their language."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, missing

from kg.cli import commands

DEPLOY = ROOT / "docs" / "deploy"


def served_with(text: str) -> set[str]:
    """The options of `kg serve` that a file uses."""
    return set(re.findall(r"(?<![\w-])--[a-z-]+", text))


def test_the_unit_is_understood_by_systemd(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        missing("the Debian package systemd")
    unit = tmp_path / "jichi.service"
    text = (DEPLOY / "jichi.service").read_text(encoding="utf-8")
    # The program stands elsewhere here; all else is as it is.
    unit.write_text(text.replace("/opt/jichi/.venv/bin/kg", str(Path(sys.executable).parent / "kg")), encoding="utf-8")
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert found.returncode == 0 and "jichi.service" not in found.stderr, found.stderr
    wrong = tmp_path / "wrong.service"
    wrong.write_text(text.replace("ProtectSystem=strict", "ProtectSystem=perhaps"), encoding="utf-8")
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", str(wrong)], capture_output=True, text=True, check=False)
    assert "perhaps" in found.stderr, "a wrong setting is found"


def test_the_containerfile_is_clean(tmp_path: Path) -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        missing("hadolint")
    found = subprocess.run([hadolint, "--no-color", str(DEPLOY / "Containerfile")], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")
    wrong = tmp_path / "Containerfile"
    wrong.write_text("FROM python\nRUN cd /tmp && pip install flask\n", encoding="utf-8")
    assert subprocess.run([hadolint, str(wrong)], capture_output=True, check=False).returncode != 0


def test_the_example_for_nginx_is_understood(tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        missing("the Debian package nginx-light")
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8").replace("/var/cache/nginx/jichi", str(tmp_path / "cache"))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{text}\n}}\n", encoding="utf-8")
    found = subprocess.run([nginx, "-t", "-q", "-c", str(whole), "-p", str(tmp_path)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("name", ["jichi.service", "Containerfile"])
def test_the_flags_are_those_of_the_command(name: str) -> None:
    known = {option for parameter in commands("en").commands["serve"].params for option in parameter.opts}
    lines = [line for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines()
             if line.startswith(("ExecStart", "ENTRYPOINT", "CMD")) and "python" not in line]
    used = served_with(" ".join(lines))
    assert len(used) >= 4 and used <= known, used - known
    assert not any(line.startswith(("Environment", "ENV ")) for line in (DEPLOY / name).read_text().splitlines())
    assert shlex.split(lines[0])
