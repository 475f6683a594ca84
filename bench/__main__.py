"""Measure the portal. `--quick` sends a few requests only, to show that the benchmark itself works."""

from __future__ import annotations

import argparse
import os

# The settings read the environment of the tests.
import tests.plugins.environment  # noqa: F401

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "WARNING"}

from bench import directory, pages, passthrough


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="take seconds; the numbers mean nothing")
    quick = parser.parse_args().quick
    if quick:
        passthrough.main(rounds=1, requests_each=80)
        pages.main(rounds=1)
        directory.main(answers=1)
    else:
        passthrough.main()
        pages.main()
        directory.main()


if __name__ == "__main__":
    main()
