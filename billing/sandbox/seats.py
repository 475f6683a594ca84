"""The seats that subscriptions provide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from billing.sandbox import Document

# The statuses in which a subscription counts as active.
RUNNING: Final = frozenset({"active", "trialing", "past_due", "unpaid", "paused"})


def bought(subscriptions: Iterable[Document]) -> dict[str, int]:
    """Return the seats of the active subscriptions, by product."""
    seats: dict[str, int] = {}
    for subscription in subscriptions:
        if subscription["status"] in RUNNING:
            for product, row in subscription["product_quantities"].items():
                seats[product] = seats.get(product, 0) + row["quantity"]
    return seats
