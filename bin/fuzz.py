"""Check the running portal against its OpenAPI document with schemathesis, all checks on: `python -m bin.fuzz`.

It fails if schemathesis finds anything, or if it sent fewer requests than `--cases`.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import requests

# The settings read the environment of the tests.
import tests.plugins.environment  # noqa: F401
from tests.plugins.processes import ROOT, running_portal, running_sandbox
from tests.tokens import COMPANY

_COMMAND: Final = Path(sys.executable).with_name("schemathesis")
# The phases before the random one send at least this many requests.
_OTHER_CASES: Final = 1200
# A busy machine may delay the sandbox, and a late answer is no finding.
_PATIENCE: Final = {"ALTOSTRAT_READ_TIMEOUT": "60", "ALTOSTRAT_DEADLINE": "60"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bin.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="the least number of requests")
    parser.add_argument("--seed", type=int, help="repeat a run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running_sandbox() as sandbox:
        report = Path(folder) / "report.ndjson"
        with running_portal(Path(folder), sandbox.url, **_PATIENCE) as portal:
            portal.staff("alice", "editor", COMPANY)
            key = portal.key("alice", "billing:read", "billing:write")
            code = _run(portal.url, key, report, options.cases, options.seed)
        sent = _count(report)
    print(f"{sent} requests.")
    sys.exit(code or (f"Fewer than {options.cases} requests." if sent < options.cases else 0))


def _run(url: str, key: str, report: Path, cases: int, seed: int | None) -> int:
    paths = requests.get(f"{url}/api/schema/", timeout=20).json()["paths"]
    operations = sum(len(methods) for methods in paths.values())
    each = max(1, math.ceil((cases - _OTHER_CASES) / operations))
    command = [str(_COMMAND), "--config-file", str(ROOT / "bin" / "fuzz.toml"), "run", f"{url}/api/schema/"]
    command += ["--header", f"Authorization: Bearer {key}", "--max-examples", str(each)]
    command += ["--report", "ndjson", "--report-ndjson-path", str(report)]
    command += [] if seed is None else ["--seed", str(seed)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _count(report: Path) -> int:
    """Return the number of requests in a report."""
    with report.open(encoding="utf-8") as lines:
        events = [json.loads(line) for line in lines]
    finished = [event["ScenarioFinished"] for event in events if "ScenarioFinished" in event]
    return sum(len(scenario["recorder"]["cases"]) for scenario in finished if "cases" in scenario["recorder"])


if __name__ == "__main__":
    main()
