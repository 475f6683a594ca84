"""The steps of a scan, with its owner's tokens."""

from __future__ import annotations

import time
from typing import Final

from billing.altostrat.errors import TokenRejected
from billing.services.actor import NotPermitted
from billing.services.scans import background, invoice_export, run, store
from billing.services.task_queue import runs
from billing.services.task_queue.celery_app import app
from billing.services.task_queue.runs import Failed, Lease, Stopped
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal

# A scan that takes longer returns to the end of the queue, so that others get their turn.
_TURN_SECONDS: Final = 60.0
# A scan that has to wait longer for Altostrat's rate limit does not keep a worker.
_PAUSE_SECONDS: Final = 2.0


@app.task(name=background.TASK)
def scan(task_id: str) -> None:
    runs.run(task_id, _advance)


class Turn:
    """The time that a scan has in a worker. `seconds` is how long it waits for its next turn; None if it needs none."""

    def __init__(self, lease: Lease) -> None:
        self._lease, self._ends_at = lease, time.monotonic() + _TURN_SECONDS
        self.seconds: float | None = None

    def pause(self, seconds: float) -> bool:
        """Wait before the next step, or return False if another turn has to do it."""
        if seconds > _PAUSE_SECONDS:
            self.seconds = seconds
        else:
            time.sleep(seconds)
            if not self._lease.is_held or time.monotonic() >= self._ends_at:
                self.seconds = 0.0
        return self.seconds is None


def _advance(lease: Lease) -> float | None:
    actor, turn = lease.actor, Turn(lease)
    if lease.is_second_attempt:
        background.release_claims(actor)
    try:
        progress = run.complete(actor, lease.row.subject, turn.pause)
    except (NoToken, NotPermitted, TokenRejected) as error:
        raise Stopped from error
    except CannotUnseal as error:
        store.stop(actor, lease.row.subject)  # the page would wait for it
        raise Failed from error
    if progress.kind == store.INVOICES and progress.is_finished:
        invoice_export.announce(actor)
    return turn.seconds
