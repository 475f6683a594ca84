"""What can be wrong with the database."""

from __future__ import annotations

from enum import StrEnum


class Outage(StrEnum):
    """The state of the database, in the words of the log."""

    FULL = "full"
    LOCKED = "locked"
    READ_ONLY = "read-only"
    STALLED = "stalled"
    DOWN = "down"
    EXHAUSTED = "out of connections"
