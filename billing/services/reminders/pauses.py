"""A promise to pay pauses reminders to the end of its day: one is sent only if the person confirms it."""

from __future__ import annotations

from datetime import datetime

from billing.services.follow_ups.promises import Progress, Promise, State, progress
from billing.services.reminders.prepare import Draft


def progress_of(promise: Promise | None, draft: Draft, now: datetime) -> Progress | None:
    """Return how far a promise is kept, by the invoices of a draft. Days are those of the zone of `now`."""
    if promise is None:
        return None
    found = draft.invoice_list
    return progress(promise, found.invoices, found.received_at, zone=now.tzinfo, now=now)


def promised_currencies(promise: Promise | None, found: Progress | None) -> frozenset[str]:
    """Return the currencies of an open promise of which something is left."""
    if promise is None or found is None or found.state is not State.OPEN:
        return frozenset()
    return frozenset(found.left or _covered(promise))


def _covered(promise: Promise) -> set[str]:
    return set(promise.amounts) or {one.currency for one in promise.invoices.values()}
