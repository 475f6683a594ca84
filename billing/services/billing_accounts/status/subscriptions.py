"""Statements about subscriptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status import terms
from billing.services.billing_accounts.status.statements import (
    KNOWN,
    TRIAL_SOON_DAYS,
    Code,
    Facts,
    Severity,
    Statement,
    days_until,
    format_day,
    in_days,
)

# A schedule in one of these states changes nothing any more.
FINISHED_SCHEDULES: Final = frozenset({"completed", "released", "canceled"})


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
        if one.status == "incomplete" and not terms.has_ended(one, facts.now)
    ]


def _trials(facts: Facts) -> list[Statement]:
    found = []
    for one in facts.subscriptions:
        if not terms.is_in_trial(one, facts.now):
            continue
        end = terms.trial_end(one)
        if end is None:
            when = "ends on an unknown date"
        else:
            verb = "was to end" if days_until(end, facts.now) < 0 else "ends"
            when = f"{verb} on {format_day(end, facts.now)}, {in_days(end, facts.now)}"
        is_near = end is not None and days_until(end, facts.now) <= TRIAL_SOON_DAYS
        severity = Severity.WARNING if is_near else Severity.INFO
        found.append(Statement(Code.TRIAL_ENDS, severity, f"Trial {when}.", one.id or "", end))
    return found


def _cancellations(facts: Facts) -> list[Statement]:
    return [
        Statement(
            Code.CANCELS_AT_PERIOD_END,
            Severity.WARNING,
            f"Canceled: a subscription {_end(one, facts)}.",
            one.id or "",
            terms.ends_at(one),
        )
        for one in facts.subscriptions
        if terms.is_ending(one, facts.now)
    ]


def _canceled(facts: Facts) -> list[Statement]:
    """Return the cancellations without an end: Stripe removes the date of one that was reverted."""
    return [
        Statement(
            Code.CANCELS_AT_PERIOD_END,
            Severity.WARNING,
            f"Canceled on {format_day(at, facts.now)}: a subscription ends on an unknown date.",
            one.id or "",
        )
        for one in facts.subscriptions
        if (at := one.stripe.canceled_at) is not None
        and terms.is_running(one, facts.now)
        and not one.is_canceled_at_period_end
    ]


def _end(one: Subscription, facts: Facts) -> str:
    """Return when it ends, which need not be at the end of its period."""
    end, is_with_period = terms.ends_at(one), one.stripe.cancel_at_period_end
    if end is None:
        return "ends with its period" if is_with_period else "ends on an unknown date"
    when = f"on {format_day(end, facts.now)}, {in_days(end, facts.now)}"
    if days_until(end, facts.now) < 0:
        return f"was to end {when}"
    return f"ends with its period {when}" if end == one.current_period_end else f"ends {when}"


def _paused(facts: Facts) -> list[Statement]:
    return [
        Statement(Code.PAUSED, Severity.WARNING, pause.sentence(facts.now), one.id or "", pause.until)
        for one in facts.subscriptions
        if (pause := terms.pause_of(one, facts.now)) is not None
    ]


def _changes(facts: Facts) -> list[Statement]:
    """Return what may change a subscription without a further step."""
    found = []
    for one in facts.subscriptions:
        schedule = one.stripe.schedule
        if not terms.is_running(one, facts.now):
            continue
        if one.stripe.pending_update is not None:
            sentence = "A change of a subscription waits for its payment."
            found.append(Statement(Code.CHANGE_WAITS, Severity.WARNING, sentence, one.id or ""))
        if schedule is not None and schedule.status not in FINISHED_SCHEDULES:
            what = "end" if schedule.end_behavior == "cancel" else "change"
            sentence = f"A schedule will {what} a subscription."
            if schedule.end_behavior is None:
                sentence = "A schedule can change or end a subscription."
            found.append(Statement(Code.SCHEDULED, Severity.INFO, sentence, one.id or ""))
    return found


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
        if one.status not in KNOWN and not terms.has_ended(one, facts.now)
    ]


def _unreadable(facts: Facts) -> list[Statement]:
    return [
        Statement(
            Code.STATUS_UNKNOWN, Severity.INFO, f"A subscription has no valid date as “{name}”.", one.id or ""
        )
        for one in facts.subscriptions
        if terms.is_running(one, facts.now)
        and (name := terms.unreadable(one))
        and not (name == "trial_end" and one.status == "trialing")  # the trial has a statement of its own
    ]


def _nothing(facts: Facts) -> list[Statement]:
    if not all(terms.has_ended(one, facts.now) for one in facts.subscriptions):
        return []
    ended = [one for one in facts.subscriptions if one.status != "incomplete_expired"]
    days = [at for one in ended if (at := one.stripe.ended_at) is not None and at <= facts.now]
    if ended and len(days) == len(ended):
        day = max(days)
        sentence = (
            f"No active subscription: the last one ended on {format_day(day, facts.now)}, "
            f"{in_days(day, facts.now)}."
        )
    elif ended:
        sentence = "No active subscription: the last one has ended."
    elif facts.subscriptions:
        sentence = "No active subscription: a first payment was not made in time."
    else:
        sentence = "No subscription yet."
    return [Statement(Code.NOTHING_SUBSCRIBED, Severity.INFO, sentence)]


RULES: Final[tuple[Callable[[Facts], list[Statement]], ...]] = (
    *(
        _first_payments,
        _trials,
        _cancellations,
        _canceled,
        _paused,
        _changes,
        _unknown,
        _unreadable,
        _nothing,
    ),
)
