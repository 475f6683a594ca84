"""The rows of the benchmark: their targets, and the ratios of the last release."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_COMMITTED: Final = Path(__file__).with_name("ratios.json")
_TOLERANCE: Final = 1.15


@dataclass(frozen=True)
class Row:
    """A measured ratio or number, with its target: `at_least` or `at_most`."""

    title: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_reached(self) -> bool:
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )

    def is_worse_than(self, committed: float) -> bool:
        """Return whether this is more than 15 % worse than the committed value."""
        if self.at_least is not None:
            return self.value * _TOLERANCE < committed
        return self.value > committed * _TOLERANCE

    @property
    def target(self) -> str:
        return f">= {self.at_least:g}" if self.at_least is not None else f"<= {self.at_most:g}"

    def __str__(self) -> str:
        return (
            f"{self.title:62}{self.value:10.2f}   {self.target:9}{'' if self.is_reached else ' falls short'}"
        )


def report(rows: Iterable[Row], *, compare: bool) -> tuple[list[Row], bool]:
    """Print each row. Return the rows, and whether none is more than 15 % worse than its committed value."""
    committed: dict[str, float] = json.loads(_COMMITTED.read_text()) if _COMMITTED.exists() else {}
    measured = list(rows)
    print()
    for row in measured:
        print(row)
    short = sum(not row.is_reached for row in measured)
    print(f"\n{len(measured) - short} of {len(measured)} targets reached")
    worse = [row for row in measured if row.title in committed and row.is_worse_than(committed[row.title])]
    for row in worse if compare else ():
        print(f"Worse than before: {row.title}: {row.value:.2f}, it was {committed[row.title]:.2f}")
    return measured, not (compare and worse)


def commit(rows: Iterable[Row]) -> None:
    """Write the values with which the next runs are compared."""
    values = {row.title: round(row.value, 2) for row in rows}
    _COMMITTED.write_text(json.dumps(values, indent=2) + "\n")
