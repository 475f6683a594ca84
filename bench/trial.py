"""Send writes through two replicas, with faults, retries and killed workers: `python -m bench.trial`.

They run on PostgreSQL and Redis. It fails if a write arrived at the sandbox twice, if an outcome was lost, or if an
answer was wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import sys

os.environ["TEST_SERVICES"] = "on"

# The settings read the environment of the tests.
import tests.plugins.environment  # noqa: F401
from tests.api.writes import trial


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.trial", description=__doc__)
    parser.add_argument("--writes", type=int, default=500)
    parser.add_argument(
        "--seed", type=int, default=random.randrange(10**6), help="repeat the same writes and faults"
    )
    options = parser.parse_args()
    print(f"{options.writes} writes, --seed {options.seed}", flush=True)
    with trial.setting() as (portals, key, sandbox):
        verdict = trial.run(portals, key, sandbox, options.writes, options.seed)
    print(verdict)
    sys.exit(0 if verdict.is_good else 1)


if __name__ == "__main__":
    main()
