"""Subscriptions from a story."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.sandbox import Document
from billing.sandbox.moments import add_months, parse, short_stamp
from billing.sandbox.prices import fingerprint, item
from billing.sandbox.seeding.story import Plan


def subscription(account: Document, plan: Plan, number: int, now: datetime) -> Document:
    key = fingerprint(account["id"], "subscription", number)
    start, end = _period(account, plan, number, now)
    created = max(parse(account["created_at"]) + timedelta(hours=2 + number), add_months(start, -60))
    updated = max(created, start)
    return {
        "id": plan.id or f"sub_{key[:16]}",
        "billing_account_id": account["id"],
        "status": plan.status,
        "currency": account["currency"],
        "product_quantities": {
            product: item(
                product, quantity, account["currency"], plan.intervals.get(product) or plan.interval
            )
            for product, quantity in plan.quantities.items()
        },
        "metadata": dict(plan.metadata),
        "current_period_start": short_stamp(start),
        "current_period_end": short_stamp(end),
        "created_at": short_stamp(min(created, start)),
        "updated_at": short_stamp(min(updated, now)),
    }


def _period(account: Document, plan: Plan, number: int, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the current or last period."""
    months = 12 if plan.interval == "year" else 1
    if plan.began is not None:
        start = _at_night(now - timedelta(days=plan.began))
        if start > now:
            start = now - timedelta(minutes=20)
        end = add_months(start, months) if plan.ends is None else now + timedelta(days=plan.ends)
        return start, end
    if plan.ends is not None:
        end = _at_night(now + timedelta(days=plan.ends))
        return add_months(end, -months), end
    # The subscription began when the account was created and renews on the same day of the month.
    anchor = _at_night(parse(account["created_at"]))
    steps = ((now.year - anchor.year) * 12 + now.month - anchor.month) // months
    start = add_months(anchor, steps * months)
    while start > now:
        steps -= 1
        start = add_months(anchor, steps * months)
    return start, add_months(anchor, (steps + 1) * months)


def _at_night(moment: datetime) -> datetime:
    return moment.replace(hour=3, minute=15, second=0, microsecond=0)
