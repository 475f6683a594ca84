"""Write the measured rows to docs/performance.md, with the date and the machine."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.report import Row

_DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "performance.md"


def write(name: str, rows: Iterable[Row]) -> None:
    """Replace the table between the comments `NAME` and `end of NAME`."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, _, rest = _DOCUMENT.read_text().partition(start)
    after = rest.partition(end)[2]
    _DOCUMENT.write_text(f"{before}{start}\n\n{_table(rows)}\n\n{end}{after}")


def _table(rows: Iterable[Row]) -> str:
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on {_machine()}.",
        "",
        "| row | measured | target | |",
        "|---|---:|---:|---|",
        *(
            f"| {row.title} | {row.value:.2f} | {row.target} | {'' if row.is_reached else 'falls short'} |"
            for row in rows
        ),
    ]
    return "\n".join(lines)


def _machine() -> str:
    """Return the processor, the number of its cores and the system."""
    described = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*: (.+)", described)
    name = found[1] if found else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {platform.system()} {platform.release()}"
