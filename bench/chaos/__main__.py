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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

# The settings read the environment of the tests.
import tests.plugins.environment  # noqa: F401

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "WARNING"}

from bench.chaos import experiments, people, table
from bench.chaos.load import Source
from bench.chaos.measure import Row, faulty_writes, measure
from bench.chaos.topology import Topology, running

_SHOWN: Final = 5  # faults of a row, until the table has all


@dataclass(frozen=True)
class _Size:
    """How long the faults last, and how much is sent."""

    seconds: float
    drain_seconds: int
    writes: int
    kills: int
    reads: int
    prepared: int  # writes for all experiments together; an experiment without any left fails
    requires_alerts: bool  # short faults may end before their alert fires


_FULL: Final = _Size(
    seconds=10, drain_seconds=5, writes=500, kills=50, reads=1000, prepared=8000, requires_alerts=True
)
_QUICK: Final = _Size(
    seconds=4, drain_seconds=1, writes=40, kills=4, reads=200, prepared=4000, requires_alerts=False
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="take a few minutes")
    parser.add_argument("--only", default="", help="run the experiments whose name has this text")
    parser.add_argument("--seed", type=int, default=1, help="the same requests in the same order")
    options = parser.parse_args()
    size = _QUICK if options.quick else _FULL
    rows, started_at = [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="portal-chaos-") as name:
        folder = Path(name)
        people.write_file(folder / "people.json")
        with running(
            folder,
            drain_seconds=size.drain_seconds,
            people=folder / "people.json",
            extra_tokens=people.tokens(),
        ) as topology:
            for title, run in _steps(topology, size, options.seed):
                if options.only in title:
                    print(f"==> {time.monotonic() - started_at:4.0f} s  {title}", flush=True)
                    rows.append(run())
                    print("\n".join(rows[-1].faults[:_SHOWN]), flush=True)
    print(table.of(rows))
    sys.exit(1 if any(row.faults for row in rows) else 0)


def _steps(topology: Topology, size: _Size, seed: int) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Yield the name of each row and what measures it."""
    source = Source(size.prepared, random.Random(seed))
    source.prepare(topology.sandbox)
    for experiment in experiments.ALL:
        alert = experiment.alert if size.requires_alerts else ""
        yield experiment.name, partial(measure, topology, experiment, size.seconds, source, alert)
    first = source.plan.accounts.stop
    yield "writes with faults", partial(faulty_writes, topology, size.writes, size.kills, seed, first)
    yield "people at once", partial(people.interleave, topology, size.reads, source.chance)


if __name__ == "__main__":
    main()
