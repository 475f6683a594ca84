"""Years of invoices from a story. Ids and numbers depend on the period, so they stay the same each day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from billing.sandbox import Document
from billing.sandbox.moments import add_months, parse, short_stamp
from billing.sandbox.prices import amounts, fingerprint, line, tax_per_cent
from billing.sandbox.seeding.story import Plan, Story

_MAX_PERIODS: Final = 60
_NEVER_INVOICED: Final = {"trialing"}


def history(account: Document, story: Story, subscriptions: list[Document]) -> list[Document]:
    pairs = zip(story.plans, subscriptions, strict=True)
    rows = [row for plan, subscription in pairs for row in _invoices(account, story, plan, subscription)]
    rows.sort(key=lambda row: (row["created_at"], row["id"]))
    prefix = fingerprint(account["id"], "numbers")[:8].upper()
    issued = [row for row in rows if row["status"] != "draft"]
    for count, row in enumerate(issued, 1):
        row["number"] = f"{prefix}-{count:04}"
    return rows[::-1]


def _invoices(account: Document, story: Story, plan: Plan, subscription: Document) -> Iterator[Document]:
    if plan.status in _NEVER_INVOICED:
        return
    newest = parse(subscription["current_period_start"])
    months = 12 if plan.interval == "year" else 1
    opened = parse(account["created_at"]).replace(hour=0, minute=0)
    moments = [add_months(newest, -age * months) for age in range(_MAX_PERIODS)]
    moments = [moment for moment in moments if moment >= opened] or [newest]
    if plan.status in {"incomplete", "incomplete_expired"}:
        moments = moments[:1]
    for age, moment in enumerate(moments):
        status = plan.invoices.get(age, "void" if plan.status == "incomplete_expired" else "paid")
        growth = (5 * (len(moments) - age) + 5 * len(moments)) * 100 // (10 * len(moments))
        yield _invoice(account, story, plan, subscription, moment, status, growth)


def _invoice(
    account: Document,
    story: Story,
    plan: Plan,
    subscription: Document,
    moment: datetime,
    status: str,
    growth: int,
) -> Document:
    key = fingerprint(account["id"], subscription["id"], moment.strftime("%Y-%m"))
    rows = {
        product: {**row, "quantity": max(1, row["quantity"] * growth // 100)}
        for product, row in subscription["product_quantities"].items()
        # Products that are paid yearly are on the invoice of one month only.
        if row["interval"] == plan.interval or moment.month == parse(account["created_at"]).month
    }
    lines = [line(key, product, row, account["currency"]) for product, row in rows.items()]
    return finished(account, key, moment, status, lines, story.discount, plan.net_days, plan.partly_paid)


def finished(
    account: Document,
    key: str,
    moment: datetime,
    status: str,
    lines: list[Document],
    discount: tuple[str, int] | None,
    net_days: int | None,
    partly_paid: bool = False,
) -> Document:
    """Return an invoice with these lines and no number."""
    sums = amounts(lines, discount, tax_per_cent((account.get("address") or {}).get("country")))
    paid = sums["total"] if status == "paid" else 0
    if status == "open" and partly_paid and int(key[0], 16) % 2 == 0:
        paid = sums["total"] // 3
    due = moment + timedelta(days=net_days or 0)
    draft = status == "draft"
    return {
        "id": f"in_{key[:24]}",
        "customer_id": account["id"],
        "status": status,
        "amount_due": sums["total"],
        "amount_paid": paid,
        "currency": account["currency"],
        "created_at": short_stamp(moment),
        **sums,
        "lines": lines,
        "due_date": short_stamp(due) if net_days is not None or status == "open" else None,
        "hosted_invoice_url": None
        if draft
        else f"https://invoice.stripe.com/i/acct_1Sandbox/test_{key[24:52]}",
        "invoice_pdf": None
        if draft
        else f"https://pay.stripe.com/invoice/acct_1Sandbox/test_{key[24:52]}/pdf",
        "number": None,
    }
