"""A clock that stands still unless a test moves it."""

from __future__ import annotations

import time
from types import ModuleType

import pytest


class Clock:
    """The part of the module `time` that deadlines, pauses and budgets use."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now


def stopped_clock(monkeypatch: pytest.MonkeyPatch, module: ModuleType, now: float | None = None) -> Clock:
    """Replace the clock of a module for one test."""
    clock = Clock()
    if now is not None:
        clock.now = now
    monkeypatch.setattr(module, "time", clock)
    return clock
