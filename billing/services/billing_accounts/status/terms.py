"""When and how a subscription bills, from Altostrat's fields and those of Stripe that it may pass on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status.statements import (
    BILLING,
    RUNNING,
    format_day,
    has_happened,
    in_days,
)

# What Stripe does with invoices while collection is paused: https://docs.stripe.com/billing/subscriptions/pause-payment
_BEHAVIORS: Final = {
    "keep_as_draft": "the invoices of a subscription stay drafts",
    "mark_uncollectible": "the invoices of a subscription are marked as uncollectible",
    "void": "the invoices of a subscription are voided",
}
_AUTOMATIC: Final = "charge_automatically"


@dataclass(frozen=True, slots=True)
class Pause:
    """What happens to invoices, as a sentence without its end. `until` is None without a known end."""

    effect: str
    until: datetime | None

    def sentence(self, now: datetime) -> str:
        when = f" until {format_day(self.until, now)}, {in_days(self.until, now)}" if self.until else ""
        return f"Paused: {self.effect}{when}."


def has_ended(one: Subscription, now: datetime) -> bool:
    """Return whether it has ended, whatever its status says."""
    return one.status in {"canceled", "incomplete_expired"} or has_happened(one.stripe.ended_at, now)


def unreadable(one: Subscription) -> str:
    """Return the name of a date of Stripe that is sent and is none, such as "ended_at"; "" if there is none."""
    return next((name for name in ("ended_at", "trial_end", "canceled_at") if one.stripe.extra.get(name)), "")


def is_running(one: Subscription, now: datetime) -> bool:
    return one.status in RUNNING and not has_ended(one, now)


def is_in_trial(one: Subscription, now: datetime) -> bool:
    end = one.stripe.trial_end
    is_active_trial = one.status == "active" and end is not None and end > now
    return not has_ended(one, now) and (one.status == "trialing" or is_active_trial)


def trial_end(one: Subscription) -> datetime | None:
    return one.stripe.trial_end or one.current_period_end


def pause_of(one: Subscription, now: datetime) -> Pause | None:
    """Return the pause of a running subscription: its own status, or that its payments are not collected."""
    if not is_running(one, now):
        return None
    stripe = one.stripe
    sent, pause = bool(one.extra.get("pause_collection")), stripe.pause_collection
    until = pause.resumes_at if pause else None
    is_over = has_happened(until, now)
    if one.status == "paused":
        return Pause("a subscription creates no invoices", None if is_over else until)
    if not sent or is_over:
        return None
    effect = _BEHAVIORS.get((pause.behavior if pause else None) or "", "a subscription is not collected")
    return Pause(effect, until)


def is_ending(one: Subscription, now: datetime) -> bool:
    return is_running(one, now) and one.is_canceled_at_period_end


def ends_at(one: Subscription) -> datetime | None:
    """Return when a canceled subscription ends; None if Altostrat does not say."""
    stripe = one.stripe
    return stripe.cancel_at or (one.current_period_end if stripe.cancel_at_period_end else None)


def next_bill_at(one: Subscription, now: datetime) -> datetime | None:
    """Return when the next bill is due to be made and paid; None if there is none, or Altostrat does not say."""
    if one.status not in BILLING or has_ended(one, now):
        return None
    stripe = one.stripe
    starts = [trial_end(one)] if is_in_trial(one, now) else [one.current_period_end]
    starts += [stripe.next_pending_invoice_item_invoice]
    future = [at for at in starts if at is not None and at > now]
    if not future and stripe.billing_cycle_anchor is not None and stripe.billing_cycle_anchor > now:
        future = [stripe.billing_cycle_anchor]
    at = min(future, default=None)
    if at is None or _ends_by(one, at, now) or is_paused_at(one, at, now):
        return None
    return at


def is_paused_at(one: Subscription, at: datetime | None, now: datetime) -> bool:
    pause = pause_of(one, now)
    return pause is not None and (pause.until is None or at is None or pause.until > at)


def is_charged(one: Subscription, now: datetime) -> bool:
    """Return whether the next bill is charged to the default payment method of its account."""
    stripe = one.stripe
    if one.status not in BILLING or has_ended(one, now) or stripe.collection_method not in (None, _AUTOMATIC):
        return False
    if stripe.default_payment_method or stripe.default_source:
        return False
    bill_at = trial_end(one) if is_in_trial(one, now) else one.current_period_end
    return not _ends_by(one, bill_at, now) and not is_paused_at(one, bill_at, now)


def end_of_trial_without_method(one: Subscription, now: datetime) -> str:
    """Return what happens if the trial ends without a payment method: "canceled", "paused", or "" for neither."""
    settings = one.stripe.trial_settings
    behavior = settings.end_behavior.missing_payment_method if settings and settings.end_behavior else None
    outcomes = {"cancel": "canceled", "pause": "paused"}
    return outcomes.get(behavior or "", "") if is_in_trial(one, now) else ""


def _ends_by(one: Subscription, at: datetime | None, now: datetime) -> bool:
    """Return whether it is canceled and ends before this bill."""
    end = ends_at(one)
    return is_ending(one, now) and (end is None or at is None or end <= at)
