"""One error code."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """`meaning` and `remedy` together are the message."""

    status: int
    type: str
    meaning: str
    remedy: str
