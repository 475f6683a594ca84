"""Rules about texts that people see."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.plugins.processes import ROOT

CURLY = re.compile(r"\w’(?:s|t|re|ll|ve|d|m)\b|s’(?=\s)")  # a name such as O’Hara may have one
KINDS = {".py", ".html", ".js", ".mjs", ".md"}


def test_apostrophes_are_straight() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in tracked.splitlines() if Path(name).suffix in KINDS]
    paths = [ROOT / name for name in names if (ROOT / name).exists()]
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in paths
        for match in CURLY.finditer(path.read_text())
    ]

    assert paths
    assert not wrong, f"Write ' in place of ’: {wrong}"
