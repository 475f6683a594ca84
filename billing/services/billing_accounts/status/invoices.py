"""Statements about invoices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.subscriptions import Subscription
from billing.amounts import Amount, format_amount, totals
from billing.services.billing_accounts.status import terms
from billing.services.billing_accounts.status.statements import (
    Code,
    Facts,
    Severity,
    Statement,
    days_until,
    format_day,
    in_days,
)
from billing.services.invoices.aging import is_owed
from billing.services.invoices.settlement import remaining

# An invoice that is charged automatically stays open for a few days at most, while the charge is retried.
_OLD_DAYS: Final = 30
_WHILE_PAUSED: Final = {
    "keep_as_draft": ", and stays a draft",
    "mark_uncollectible": ", and is marked as uncollectible",
    "void": ", and is voided",
}


def past_due(facts: Facts, currency: str | None) -> list[Statement]:
    late = [one for one in facts.invoices if is_owed(one) and _is_late(one, facts)]
    late.sort(key=lambda one: one.due_date or one.created_at or facts.now)
    state = "Unpaid" if any(one.status == "unpaid" for one in facts.subscriptions) else "Past due"
    if not late:
        behind = facts.past_due
        if behind is None:
            return []
        why = "the last payment of a subscription failed or is missing"
        return [Statement(Code.PAST_DUE, Severity.BAD, f"{state}: {why}.", behind.id or "")]
    oldest = late[0]
    since = oldest.due_date or oldest.created_at
    count = "1 open invoice" if len(late) == 1 else f"{len(late)} open invoices"
    when = f" since {format_day(since, facts.now)}, {in_days(since, facts.now)}" if since else ""
    sentence = f"{state}{when}: {count}{_money(late, currency, ', ')}{facts.scope}."
    return [Statement(Code.PAST_DUE, Severity.BAD, sentence, oldest.id or "", since)]


def without_due_date(facts: Facts, currency: str | None) -> list[Statement]:
    found = [one for one in facts.invoices if is_owed(one) and one.due_date is None]
    if not found or facts.past_due is not None:  # then they are past due
        return []
    found.sort(key=lambda one: one.created_at or facts.now)
    made = found[0].created_at
    is_old = made is not None and -days_until(made, facts.now) > _OLD_DAYS
    when = f" since {format_day(made, facts.now)}, {in_days(made, facts.now)}" if made else ""
    count = "1 invoice has" if len(found) == 1 else f"{len(found)} invoices have"
    sentence = f"{count} been open without a due date{when}{_money(found, currency, ': ')}{facts.scope}."
    severity = Severity.WARNING if is_old else Severity.INFO
    return [Statement(Code.OPEN_WITHOUT_DUE_DATE, severity, sentence, found[0].id or "", made)]


def not_due(facts: Facts, currency: str | None) -> list[Statement]:
    """State that invoices are open whose due date has not passed: nothing is wrong with them, but they are owed."""
    found = [one for one in facts.invoices if is_owed(one) and one.due_date and not _is_late(one, facts)]
    if not found:
        return []
    found.sort(key=lambda one: one.due_date or facts.now)
    first = found[0].due_date
    assert first is not None
    count = "1 open invoice is" if len(found) == 1 else f"{len(found)} open invoices are"
    due = f"due on {format_day(first, facts.now)}, {in_days(first, facts.now)}"
    when = due if len(found) == 1 else f"not due yet, the first is {due}"
    sentence = f"{count} {when}{_money(found, currency, ': ')}{facts.scope}."
    return [Statement(Code.OPEN_NOT_DUE, Severity.INFO, sentence, found[0].id or "", first)]


def uncollectible(facts: Facts, currency: str | None) -> list[Statement]:
    found = [one for one in facts.invoices if one.status == "uncollectible"]
    if not found:
        return []
    count = "1 invoice is" if len(found) == 1 else f"{len(found)} invoices are"
    sentence = f"{count} marked as uncollectible{_money(found, currency, ': ')}{facts.scope}."
    newest = max((one.created_at for one in found if one.created_at), default=None)
    return [Statement(Code.UNCOLLECTIBLE, Severity.WARNING, sentence, found[0].id or "", newest)]


def unclear(facts: Facts, currency: str | None) -> list[Statement]:
    """State that something remains of invoices that are neither open nor settled, as far as their status says."""
    found = facts.unclear_invoices
    if not found:
        return []
    status, money = found[0].status, _money(found, currency, ": ")
    count = "1 invoice is" if len(found) == 1 else f"{len(found)} invoices are"
    sentence = f"{count} marked as paid, but not everything is{money}{facts.scope}."
    if any(one.status != "paid" for one in found):
        count = "1 invoice has" if len(found) == 1 else f"{len(found)} invoices have"
        named = f" “{status}”" if len(found) == 1 and status else ""
        sentence = f"{count} an unknown status{named}{money}{facts.scope}."
    return [Statement(Code.STATUS_UNKNOWN, Severity.WARNING, sentence, found[0].id or "")]


def drafts(facts: Facts, _: str | None) -> list[Statement]:
    found = [one for one in facts.invoices if one.status == "draft"]
    if not found:
        return []
    count = "1 draft invoice is" if len(found) == 1 else f"{len(found)} draft invoices are"
    sentence = f"{count} not issued yet."
    return [Statement(Code.DRAFT_INVOICE, Severity.INFO, sentence, found[0].id or "", found[0].created_at)]


def next_bill(subscription: Subscription, preview: Invoice, now: datetime) -> Statement:
    """Return the next bill of a subscription, from Altostrat's preview, and what the subscription says about it."""
    at, amount = _bill_at(subscription, preview, now), next_bill_amount(preview)
    money = format_amount(None if amount is None else abs(amount), preview.currency or subscription.currency)
    money = (f"a credit of {money}" if amount is not None and amount < 0 else money) or "unknown amount"
    when = f" on {format_day(at, now)}, {in_days(at, now)}" if at is not None else ""
    end = terms.ends_at(subscription) if terms.is_ending(subscription, now) else None
    if at is not None and days_until(at, now) < 0:
        sentence = f"Next bill was expected{when}: {money}."
    elif amount == 0 and preview.lines == ():
        sentence = f"No further bill{when}."
    else:
        sentence = f"Next bill: {money}{when}{_handling(subscription, at, now)}."
        if end is not None and (at is None or end <= at):
            ends = "ends" if days_until(end, now) >= 0 else "was to end"
            sentence += f" The subscription {ends} on {format_day(end, now)}."
    return Statement(Code.NEXT_BILL, Severity.INFO, sentence, subscription.id or "", at)


def next_bill_amount(preview: Invoice) -> int | None:
    """Return the amount due of a preview, negative for a credit; None if Altostrat does not say."""
    if "amount_due" in preview.extra:
        return None  # it is not an amount, and the total would be another statement
    return preview.total if preview.amount_due is None else preview.amount_due


def _bill_at(subscription: Subscription, preview: Invoice, now: datetime) -> datetime | None:
    """Return the date of the preview if it is in the future, else the end of the trial or of the period."""
    if preview.created_at is not None and preview.created_at > now:
        return preview.created_at
    if terms.is_in_trial(subscription, now):
        return terms.trial_end(subscription)
    anchor = subscription.stripe.billing_cycle_anchor
    is_ahead = anchor is not None and anchor > now
    return subscription.current_period_end or (anchor if is_ahead else None) or preview.created_at


def _handling(subscription: Subscription, at: datetime | None, now: datetime) -> str:
    """Return what happens to the bill instead of a charge."""
    if terms.is_paused_at(subscription, at, now):
        behavior = subscription.stripe.pause_collection
        return _WHILE_PAUSED.get((behavior.behavior if behavior else None) or "", ", and is not collected")
    stripe = subscription.stripe
    if stripe.collection_method != "send_invoice":
        return ""
    days = stripe.days_until_due
    return (
        f", sent as an invoice that is due {days} days later" if days and days > 0 else ", sent as an invoice"
    )


def _is_late(invoice: Invoice, facts: Facts) -> bool:
    """Return whether it is past its due date. Without a due date, it counts as late if a subscription is past due."""
    if invoice.due_date is None:
        return facts.past_due is not None
    return days_until(invoice.due_date, facts.now) < 0


def _money(found: Iterable[Invoice], currency: str | None, before: str) -> str:
    """Return what remains per currency; nothing if it is not known of any of the invoices."""
    sums = totals(Amount(remaining(one), one.currency or currency) for one in found)
    sums_text = " and ".join(format_amount(minor, code or None) for code, minor in sums.items())
    return before + sums_text if sums_text else ""


RULES: Final[tuple[Callable[[Facts, str | None], list[Statement]], ...]] = (
    *(past_due, uncollectible, without_due_date, not_due, unclear, drafts),
)
