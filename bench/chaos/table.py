"""The table of the results, and what its columns mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bench.chaos.measure import Row

_HEADS: Final = (
    "experiment",
    "requests",
    "errors",
    "lost",
    "duplicated",
    "recovery",
    "audit chain",
    "alerts",
)
_LEGEND: Final = """
errors      answers that are a connection error, 502 or 504 of the proxy, or another 5xx without Retry-After
lost        requests that never got their answer, although they were repeated with the same Idempotency-Key
duplicated  writes that arrived at Altostrat more than once
recovery    seconds from the end of the fault to the start of the last request that did not succeed at once
alerts      of deploy/prometheus/alerts.yaml, with seconds instead of minutes"""


def of(rows: Sequence[Row]) -> str:
    lines = [_HEADS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    printed = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
    faults = [
        f"{row.name}: {fault}" + (f" ({times} times)" if times > 1 else "")
        for row in rows
        for fault, times in Counter(row.faults).items()
    ]
    return "\n".join(["", *printed, _LEGEND, "", *faults])


def _cells(row: Row) -> tuple[str, ...]:
    recovery = "-" if row.recovery is None else f"{row.recovery:.1f} s"
    chain = "intact" if row.has_chain else "BROKEN"
    return (
        row.name,
        *map(str, (row.requests, row.errors, row.lost, row.duplicated)),
        recovery,
        chain,
        row.alerts,
    )
