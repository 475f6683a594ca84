"""What invoices tell."""

from __future__ import annotations

from datetime import datetime

from billing.altostrat.resources import Invoice, Subscription
from billing.amounts import Amount, format_amount, totals
from billing.services.standing.statements import (
    BEHIND,
    Code,
    Facts,
    Severity,
    Statement,
    day_of,
    in_days,
    written,
)


def past_due(facts: Facts, currency: str | None) -> list[Statement]:
    today = day_of(facts.now, facts.now)
    late = [
        one
        for one in facts.invoices
        if one.status == "open"
        and ((one.due_date is not None and day_of(one.due_date, facts.now) < today) or facts.is_behind)
    ]
    late.sort(key=lambda one: one.due_date or one.created_at or facts.now)
    state = "Unpaid" if any(one.status == "unpaid" for one in facts.subscriptions) else "Past due"
    if not late:
        behind = next((one for one in facts.subscriptions if one.status in BEHIND), None)
        if behind is None:
            return []
        why = "the last payment of a subscription failed or is missing"
        return [Statement(Code.PAST_DUE, Severity.BAD, f"{state}: {why}.", behind.id or "")]
    oldest = late[0]
    since = oldest.due_date or oldest.created_at
    owed = totals(
        Amount(
            None if one.amount_due is None else one.amount_due - (one.amount_paid or 0),
            one.currency or currency,
        )
        for one in late
    )
    money = " and ".join(format_amount(minor, code or None) for code, minor in owed.items())
    count = "1 open invoice" if len(late) == 1 else f"{len(late)} open invoices"
    when = f" since {written(since, facts.now)}, {in_days(since, facts.now)}" if since else ""
    return [
        Statement(
            Code.PAST_DUE,
            Severity.BAD,
            f"{state}{when}: {count}{f', {money}' if money else ''}.",
            oldest.id or "",
            since,
        )
    ]


def drafts(facts: Facts) -> list[Statement]:
    found = [one for one in facts.invoices if one.status == "draft"]
    if not found:
        return []
    count = "1 draft invoice is" if len(found) == 1 else f"{len(found)} draft invoices are"
    sentence = f"{count} not issued yet."
    return [Statement(Code.DRAFT_INVOICE, Severity.INFO, sentence, found[0].id or "", found[0].created_at)]


def next_bill(subscription: Subscription, preview: Invoice, now: datetime) -> Statement:
    """What Altostrat says the next bill of a subscription will be: the day is that of the preview, else the end of the
    period."""
    at = preview.created_at or subscription.current_period_end
    if at is None or at <= now:
        at = subscription.current_period_end
    amount = preview.total if preview.amount_due is None else preview.amount_due
    money = format_amount(amount, preview.currency or subscription.currency) or "an amount that is not told"
    when = f" on {written(at, now)}, {in_days(at, now)}" if at is not None else ""
    if amount == 0 and not preview.lines:
        sentence = f"Nothing more is to be billed{when}."
    else:
        sentence = f"Next bill: {money}{when}."
    return Statement(Code.NEXT_BILL, Severity.INFO, sentence, subscription.id or "", at)
