"""Invoices that are created while the sandbox runs, and previews of invoices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from billing.sandbox import Document
from billing.sandbox.moments import parse
from billing.sandbox.prices import PRODUCTS, TIMES, fingerprint, line, price_id, unit_amount
from billing.sandbox.seeding.invoices import finished
from billing.sandbox.state import State


def charge(state: State, account: Document, subscription: Document, now: datetime) -> None:
    """Create a paid invoice for the first period of a subscription."""
    key = fingerprint(subscription["id"], now.isoformat())
    rows = subscription["product_quantities"].items()
    lines = [line(key, product, row, subscription["currency"]) for product, row in rows]
    invoice = finished(account, key, now, "paid", lines, state.discounts.get(account["id"]), None)
    own = state.invoices.setdefault(account["id"], [])
    numbered = sum(row["number"] is not None for row in own)
    invoice["number"] = f"{fingerprint(account['id'], 'numbers')[:8].upper()}-{numbered + 1:04}"
    own.insert(0, invoice)


def upcoming(
    state: State,
    account: Document,
    key: str,
    moment: datetime,
    lines: list[Document],
) -> Document:
    """Return a preview: a draft without number and links, dated when the invoice would be created."""
    invoice = finished(account, key, moment, "draft", lines, state.discounts.get(account["id"]), None)
    return invoice | {"id": f"upcoming_in_{key[:24]}"}


def prorations(subscription: Document, wanted: Mapping[str, int], now: datetime) -> list[Document]:
    """Return lines for the rest of the period if a quantity increases. A decrease takes effect in the next period."""
    if not subscription["current_period_start"] or not subscription["current_period_end"]:
        return []  # the period is unknown
    start, end = parse(subscription["current_period_start"]), parse(subscription["current_period_end"])
    total_seconds = max(1, int((end - start).total_seconds()))
    seconds_left = min(total_seconds, max(0, int((end - now).total_seconds())))
    rows = subscription["product_quantities"]
    lines = []
    for product, quantity in wanted.items():
        row = rows.get(product) or {"quantity": 0, "interval": "month"}
        more = quantity - row["quantity"]
        if more <= 0 or product not in PRODUCTS:
            continue
        unit = unit_amount(product, subscription["currency"], row["interval"])
        lines.append(
            {
                "id": f"il_{fingerprint(subscription['id'], product, 'proration', quantity)[:24]}",
                "description": f"Remaining time on {more} {TIMES} {PRODUCTS[product]} after {now:%d %b %Y}",
                "amount": (unit * more * seconds_left + total_seconds // 2) // total_seconds,
                "currency": subscription["currency"],
                "quantity": more,
                "price_id": price_id(product, subscription["currency"], row["interval"]),
                "unit_amount": unit,
                "product_name": PRODUCTS[product],
            }
        )
    return lines
