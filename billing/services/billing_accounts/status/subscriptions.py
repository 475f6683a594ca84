"""Statements about subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from billing.services.billing_accounts.status.statements import (
    KNOWN,
    RUNNING,
    TRIAL_SOON_DAYS,
    Code,
    Facts,
    Severity,
    Statement,
    days_until,
    format_day,
    in_days,
)


def _first_payments(facts: Facts) -> list[Statement]:
    return [
        Statement(
            Code.FIRST_PAYMENT_MISSING,
            Severity.WARNING,
            "A subscription has not started: its first payment is missing.",
            one.id or "",
            one.created_at,
        )
        for one in facts.subscriptions
        if one.status == "incomplete"
    ]


def _trials(facts: Facts) -> list[Statement]:
    found = []
    for one in facts.subscriptions:
        if one.status != "trialing":
            continue
        end = one.current_period_end
        when = (
            f"ends on {format_day(end, facts.now)}, {in_days(end, facts.now)}"
            if end
            else "ends on an unknown date"
        )
        is_near = end is not None and days_until(end, facts.now) <= TRIAL_SOON_DAYS
        severity = Severity.WARNING if is_near else Severity.INFO
        found.append(Statement(Code.TRIAL_ENDS, severity, f"Trial {when}.", one.id or "", end))
    return found


def _cancellations(facts: Facts) -> list[Statement]:
    found = []
    for one in facts.subscriptions:
        if one.status in RUNNING and one.is_canceled_at_period_end:
            end = one.current_period_end
            when = f" on {format_day(end, facts.now)}, {in_days(end, facts.now)}" if end else ""
            sentence = f"Canceled: a subscription ends with its period{when}."
            found.append(Statement(Code.CANCELS_AT_PERIOD_END, Severity.WARNING, sentence, one.id or "", end))
    return found


def _paused(facts: Facts) -> list[Statement]:
    sentence = "Paused: a subscription creates no invoices."
    return [
        Statement(Code.PAUSED, Severity.WARNING, sentence, one.id or "", one.updated_at)
        for one in facts.subscriptions
        if one.status == "paused"
    ]


def _unknown(facts: Facts) -> list[Statement]:
    return [
        Statement(
            Code.STATUS_UNKNOWN,
            Severity.INFO,
            f"A subscription has the unknown status “{one.status}”."
            if one.status
            else "A subscription has no status.",
            one.id or "",
        )
        for one in facts.subscriptions
        if one.status not in KNOWN
    ]


def _nothing(facts: Facts) -> list[Statement]:
    if any(one.status in RUNNING | {"incomplete"} or one.status not in KNOWN for one in facts.subscriptions):
        return []
    if any(one.status == "canceled" for one in facts.subscriptions):
        sentence = "No active subscription: the last one has ended."
    elif facts.subscriptions:
        sentence = "No active subscription: a first payment was not made in time."
    else:
        sentence = "No subscription yet."
    return [Statement(Code.NOTHING_SUBSCRIBED, Severity.INFO, sentence)]


RULES: Final[tuple[Callable[[Facts], list[Statement]], ...]] = (
    *(_first_payments, _trials, _cancellations, _paused, _unknown, _nothing),
)
