"""Subscriptions as a table: one row for each product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from billing.altostrat.client import Answer
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.subscriptions import Subscription, SubscriptionItem
from billing.labels import label
from billing.pages.tables.table import TRUNCATED, Column, Kind, Table


@dataclass(frozen=True)
class SubscribedProduct:
    """One product of a subscription. A subscription without products has one row."""

    subscription: Subscription
    product: str
    item: SubscriptionItem


def subscriptions_table(account_id: str, answer: Answer[Listing[Subscription]]) -> Table[SubscribedProduct]:
    """Return a table with one row for each product of each subscription."""
    return Table(
        "subscriptions",
        "Subscriptions",
        (
            Column("id", "Subscription", lambda row: row.subscription.id, Kind.ID),
            Column("status", label("status"), lambda row: row.subscription.status),
            Column("product", "Product", lambda row: row.product),
            Column("quantity", "Quantity", lambda row: row.item.quantity, Kind.INTEGER),
            Column("interval", "Billed every", lambda row: row.item.interval),
            Column("price", "Price ID", lambda row: row.item.price_id, Kind.ID),
            Column("currency", label("currency"), lambda row: (row.subscription.currency or "").upper()),
            Column("start", "Period start", lambda row: row.subscription.current_period_start, Kind.MOMENT),
            Column("end", "Period end", lambda row: row.subscription.current_period_end, Kind.MOMENT),
            Column("created", label("created_at"), lambda row: row.subscription.created_at, Kind.MOMENT),
        ),
        tuple(_subscribed(answer.value.items)),
        about=(account_id,),
        incomplete=TRUNCATED if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def _subscribed(subscriptions: tuple[Subscription, ...]) -> Iterator[SubscribedProduct]:
    for subscription in subscriptions:
        products = subscription.product_quantities or {"": SubscriptionItem()}
        for product, item in products.items():
            yield SubscribedProduct(subscription, product, item)
