"""Measure the portal beside its peers, and compare the ratios with their targets and with those of the last release.

`--quick` sends a few requests only, to show that the benchmark itself works.
"""

from __future__ import annotations

import argparse
import os
import sys

# The settings read the environment of the tests.
import tests.plugins.environment  # noqa: F401

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "WARNING"}

from bench import copies, directory, files, hang, memory, pages, reads, results, writes
from bench.report import commit, report
from tests.plugins.processes import collect_static_files


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="take a minute; the numbers mean nothing")
    parser.add_argument(
        "--save", action="store_true", help="write the results to bench/ratios.json and docs/performance.md"
    )
    parser.add_argument(
        "--memory",
        type=int,
        metavar="MINUTES",
        help="measure only memory, under traffic of 30 minutes or fewer",
    )
    parser.add_argument(
        "--hang",
        action="store_true",
        help="measure only what others notice while Altostrat hangs for 12 tokens",
    )
    options = parser.parse_args()
    collect_static_files()
    rounds, seconds, views, answers = (1, 1, 1, 1) if options.quick else (3, 3, 30, 30)
    connections = (16,) if options.quick else (1, 16, 64)
    if options.memory:
        measured, _ = report(memory.rows(options.memory), compare=False)
        if options.save:
            results.write("memory", measured)
        return
    if options.hang:
        measured, _ = report(hang.rows(), compare=False)
        if options.save:
            results.write("hang", measured)
        return
    rows = [
        *reads.rows(rounds, seconds, connections),
        *copies.rows(rounds, seconds),
        *writes.rows(rounds, seconds),
        *files.rows(),
        *pages.rows(views),
        *directory.rows(answers),
    ]
    measured, is_good = report(rows, compare=not (options.quick or options.save))
    if options.save:
        commit(measured)
        results.write("results", measured)
    if not is_good:
        sys.exit(1)


if __name__ == "__main__":
    main()
