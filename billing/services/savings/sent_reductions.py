"""Reductions that were sent in this portal, and that Altostrat may not show before the next period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.resources.subscriptions import Subscription
from billing.models import Change
from billing.services.changes import preconditions
from billing.services.changes.errors import PayloadDeleted
from billing.services.changes.kinds.subscriptions import REMOVE, REPLACE
from billing.services.changes.kinds.subscriptions.quantities import changed_quantities
from billing.services.changes.payload import Payload
from billing.vault import CannotUnseal

_NEWEST: Final = 50


@dataclass(frozen=True, slots=True)
class SentReduction:
    before: int
    after: int
    at: datetime | None


def sent_reductions(
    workspace_id: str, billing_account_id: str, subscriptions: Iterable[Subscription]
) -> dict[tuple[str, str], SentReduction]:
    """Return the reductions of this period by subscription and product, also those of unknown outcome, by anyone.

    A reduction counts as long as Altostrat still shows the former quantity. The caller must have read the account.
    """
    starts = {one.id: one.current_period_start for one in subscriptions if one.id}
    quantities = {
        (one.id, product): item.quantity
        for one in subscriptions
        for product, item in (one.product_quantities or {}).items()
    }
    rows = Change.objects.exclude(envelope="").filter(
        preconditions.HAPPENED_OR_OPEN,
        verb__in=(REPLACE.verb, REMOVE.verb),
        workspace_id=workspace_id,
        billing_account_id=billing_account_id,
    )
    found: dict[tuple[str, str], SentReduction] = {}
    for row in rows.order_by("-sent_at")[:_NEWEST]:
        subscription_id = row.ids.get("subscription_id", "")
        start = starts.get(subscription_id)
        if subscription_id not in starts or (start and row.sent_at and row.sent_at < start):
            continue
        for product, (before, after) in _quantities(row).items():
            if after < before == quantities.get((subscription_id, product)):
                found.setdefault((subscription_id, product), SentReduction(before, after, row.sent_at))
    return found


def _quantities(row: Change) -> dict[str, tuple[int, int]]:
    try:
        return changed_quantities(Payload.of(row))
    except (CannotUnseal, PayloadDeleted):
        return {}
