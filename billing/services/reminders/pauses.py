"""A promise to pay pauses reminders to the end of its day: one is sent only if the person confirms it."""

from __future__ import annotations

from datetime import datetime

from billing.services.actor import Actor
from billing.services.follow_ups import store
from billing.services.follow_ups.promises import Promise, State, progress
from billing.services.reminders.prepare import Draft


def promised_currencies(actor: Actor, draft: Draft, ids: tuple[str, str], now: datetime) -> frozenset[str]:
    """Return the currencies of an open promise of which something is left. Days are those of the zone of `now`."""
    promise = store.of_account(actor, *ids).promise
    if promise is None:
        return frozenset()
    found = draft.invoice_list
    state = progress(promise, found.invoices, found.received_at, zone=now.tzinfo, now=now)
    if state.state is not State.OPEN:
        return frozenset()
    return frozenset(state.left or _covered(promise))


def _covered(promise: Promise) -> set[str]:
    return set(promise.amounts) or {one.currency for one in promise.invoices.values()}
