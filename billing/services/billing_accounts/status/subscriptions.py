"""What subscriptions tell."""

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
    in_days,
    written,
)


def _first_payments(facts: Facts) -> list[Statement]:
    return [
        Statement(
            Code.FIRST_PAYMENT_MISSING,
            Severity.WARNING,
            "The first payment of a subscription has not been made, so it has not started.",
            one.id or "",
            one.created_at,
        )
        for one in facts.subscriptions
        if one.status == "incomplete"
    ]


def _trials(facts: Facts) -> list[Statement]:
    said = []
    for one in facts.subscriptions:
        if one.status != "trialing":
            continue
        end = one.current_period_end
        when = (
            f"ends on {written(end, facts.now)}, {in_days(end, facts.now)}"
            if end
            else "ends, and Altostrat does not say when"
        )
        is_near = end is not None and days_until(end, facts.now) <= TRIAL_SOON_DAYS
        severity = Severity.WARNING if is_near else Severity.INFO
        said.append(Statement(Code.TRIAL_ENDS, severity, f"Trial {when}.", one.id or "", end))
    return said


def _cancellations(facts: Facts) -> list[Statement]:
    said = []
    for one in facts.subscriptions:
        # Stripe's names: Altostrat documents none, and passes on fields of Stripe's.
        is_ending = one.extra.get("cancel_at_period_end") is True or bool(one.extra.get("cancel_at"))
        if one.status in RUNNING and is_ending:
            end = one.current_period_end
            when = f" on {written(end, facts.now)}, {in_days(end, facts.now)}" if end else ""
            sentence = f"Cancelled: a subscription ends with its period{when}."
            said.append(Statement(Code.CANCELS_AT_PERIOD_END, Severity.WARNING, sentence, one.id or "", end))
    return said


def _paused(facts: Facts) -> list[Statement]:
    sentence = "Paused: a subscription makes no invoices for now."
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
            f"A subscription has the status “{one.status}”, which nobody documented."
            if one.status
            else "Altostrat does not say the status of a subscription.",
            one.id or "",
        )
        for one in facts.subscriptions
        if one.status not in KNOWN
    ]


def _nothing(facts: Facts) -> list[Statement]:
    if any(one.status in RUNNING | {"incomplete"} or one.status not in KNOWN for one in facts.subscriptions):
        return []
    if any(one.status == "canceled" for one in facts.subscriptions):
        said = "Nothing is subscribed any more: what there was has ended."
    elif facts.subscriptions:
        said = (
            "Nothing is subscribed: a subscription never began, since its first payment was not made in time."
        )
    else:
        said = "Nothing is subscribed yet."
    return [Statement(Code.NOTHING_SUBSCRIBED, Severity.INFO, said)]


RULES: Final[tuple[Callable[[Facts], list[Statement]], ...]] = (
    *(_first_payments, _trials, _cancellations, _paused, _unknown, _nothing),
)
