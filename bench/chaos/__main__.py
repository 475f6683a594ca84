"""Break each part of the production topology under load, and print what was lost: `python -m bench.chaos`.

It fails if a row of the table misses its target.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

# The settings read the environment of the tests.
import tests.plugins.environment  # noqa: F401

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "WARNING"}

from bench.chaos import experiments, table
from bench.chaos.measure import measure
from bench.chaos.topology import running

_ACCOUNTS: int = 1000  # more than one experiment uses


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="take four minutes")
    parser.add_argument("--only", default="", help="run the experiments whose name has this text")
    parser.add_argument("--seed", type=int, default=1, help="the same requests in the same order")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    chosen = [one for one in experiments.ALL if options.only in one.name]
    seconds, drain = (4, 1) if options.quick else (10, 5)
    rows, started_at = [], time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="portal-chaos-") as name,
        running(Path(name), drain_seconds=drain, extra_tokens="") as topology,
    ):
        for number, experiment in enumerate(chosen):
            print(f"==> {time.monotonic() - started_at:4.0f} s  {experiment.name}", flush=True)
            rows.append(measure(topology, experiment, seconds, chance, first=number * _ACCOUNTS))
    print(table.of(rows))
    sys.exit(1 if any(row.faults for row in rows) else 0)


if __name__ == "__main__":
    main()
