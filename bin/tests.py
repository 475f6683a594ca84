"""Run all tests in two halves at once, and print one summary: `python -m bin.tests [--coverage] [options of pytest]`.

Each half leaves out the tests that only matter in the other one: tests/plugins/halves.py says which.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_PARALLEL: Final = ("-q", "--dist", "loadgroup", "--no-loadscope-reorder")
_COMPILED: Final = _ROOT / "var" / "pycache" / f"compiled-{sys.implementation.cache_tag}-{version('pytest')}"
_FEW: Final = 30
_LARGEST: Final = ("pages", "services")  # about half of the tests
_NOTHING_SELECTED: Final = 5  # pytest.ExitCode.NO_TESTS_COLLECTED


@dataclass
class Half:
    """A run of pytest in this many processes."""

    name: str
    title: str
    services: str
    markers: str
    processes: int
    code: int = 0
    failures: list[str] = field(default_factory=list)
    summary: str = "did not start"

    @property
    def counts(self) -> Counter[str]:
        found = re.findall(r"(\d+) (passed|failed|skipped|error)", self.summary)
        return Counter({outcome: int(number) for number, outcome in found})


def _halves() -> tuple[Half, Half]:
    """Return both halves, which take about as long as each other.

    They have more processes than most machines have cores, because tests often wait for a slow or hostile server.
    """
    return (
        Half("SQLite", "SQLite and the in-process cache", "off", "not postgresql_only", 2),
        Half("PostgreSQL", "PostgreSQL and Redis", "on", "not sqlite_only", 4),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bin.tests", description="Other options go to pytest.")
    parser.add_argument("--coverage", action="store_true", help="measure and report the branches of billing/")
    ours, options = parser.parse_known_args()
    if ours.coverage:
        _coverage("erase")
    halves = _halves()
    with ThreadPoolExecutor() as pool:
        if not options and _is_stale():
            list(pool.map(_compile, (True, False)))
            _COMPILED.touch()
        list(pool.map(lambda half: _run(half, options=options, coverage=ours.coverage), halves))
    code = _report(halves)
    if ours.coverage:
        _coverage("combine", "-q")
        # A selection of tests says nothing about the coverage of all.
        code = _coverage("report", *(["--fail-under=0"] if options else [])) or code
    sys.exit(code)


def _is_stale() -> bool:
    """Return whether many tests are new. Each process of the halves would compile them."""
    _COMPILED.parent.mkdir(parents=True, exist_ok=True)
    compiled_at = _COMPILED.stat().st_mtime if _COMPILED.exists() else 0
    new = [path for path in (_ROOT / "tests").rglob("*.py") if path.stat().st_mtime > compiled_at]
    return len(new) > _FEW


def _compile(largest: bool) -> None:
    """Let pytest compile the largest folders of tests, or the others, so that the processes of the halves need not."""
    folders = [folder for folder in (_ROOT / "tests").iterdir() if (folder.name in _LARGEST) == largest]
    command = [sys.executable, "-m", "pytest", "-qq", "-n", "0", "--collect-only", *map(str, folders)]
    subprocess.run(command, cwd=_ROOT, env=_environment(), stdout=subprocess.DEVNULL, check=False)


def _run(half: Half, *, options: Sequence[str], coverage: bool) -> None:
    prefix = ["-m", "coverage", "run"] if coverage else []
    parallel = [*_PARALLEL, "-n", str(half.processes)]
    command = [sys.executable, *prefix, "-m", "pytest", *parallel, "-m", half.markers, *options]
    environment = _environment() | {"TEST_SERVICES": half.services}
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"{half.name:<10} | {line}", end="", flush=True)
            if line.startswith(("FAILED ", "ERROR ")):
                half.failures.append(line)
            half.summary = line.strip() or half.summary
    half.code = process.returncode


def _environment() -> dict[str, str]:
    # The tests start hundreds of processes, and each would compile every module again.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(_COMPILED.parent)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _report(halves: Sequence[Half]) -> int:
    print()
    for half in halves:
        print(f"==> {half.title}: {half.summary}")
        print(*half.failures, sep="", end="")
    counts = sum((half.counts for half in halves), Counter[str]())
    print(f"{counts['passed']} passed, {counts['failed'] + counts['error']} failed", flush=True)
    codes = {half.code for half in halves}
    return max(codes - {_NOTHING_SELECTED}, default=_NOTHING_SELECTED)


def _coverage(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "coverage", *words], cwd=_ROOT, check=False).returncode


if __name__ == "__main__":
    main()
