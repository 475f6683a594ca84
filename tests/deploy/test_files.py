"""The files in deploy/: what the container copies is enough, and systemd accepts the units."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.plugins.processes import ROOT

pytestmark = [pytest.mark.sqlite_only]

DEPLOY: Final = ROOT / "deploy"
CONTAINERFILE: Final = (DEPLOY / "container" / "Containerfile").read_text()


def copied() -> list[str]:
    """Return what the image has of the repository."""
    return [
        name
        for line in re.findall(r"^COPY (?!--from)(.+)$", CONTAINERFILE, re.MULTILINE)
        for name in line.split()[:-1]
    ]


def test_the_ignore_file_lets_exactly_these_pass() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert "*" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied())


def test_the_portal_starts_with_the_copied_files(tmp_path: Path) -> None:
    for name in copied():
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    (tmp_path / "staticfiles").mkdir()
    (tmp_path / "staticfiles" / "staticfiles.json").write_text('{"version": "1.1", "paths": {}, "hash": ""}')
    code = (
        "from portal.wsgi import application; from billing.api.openapi import guide;"
        "assert 'curl' in guide.as_html();"
        # Celery takes time and memory, so that only those load it who use it.
        "import sys; assert not {'celery', 'kombu', 'billiard'} & set(sys.modules)"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
    }
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 0, finished.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    units = [path for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer")]
    for unit in units:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/billing-portal", str(ROOT)))
    finished = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / unit.name) for unit in units)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(units) == 7
    assert (finished.returncode, finished.stderr) == (0, "")


def test_services_have_no_privileges_and_do_not_see_the_history_of_the_source() -> None:
    for unit in DEPLOY.glob("*.service"):
        lines = unit.read_text().splitlines()

        assert {"User=billing", "NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes"} <= set(lines)
        assert "InaccessiblePaths=-/opt/billing-portal/.git" in lines
