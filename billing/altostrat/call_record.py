"""What is known about a call after it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What logs and metrics may contain about a call: no token, no customer ids, no URL.

    `outcome` is the status as text ("200") or the name of the error class. `attempts` is 0 if nothing was sent.
    """

    operation: str
    method: str
    path_template: str
    status: int | None
    outcome: str
    request_id: str | None
    duration_seconds: float
    attempts: int
