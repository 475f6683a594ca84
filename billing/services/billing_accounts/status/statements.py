"""Statements about an account, and the facts on which they are based."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services import dates
from billing.services.invoices.settlement import remaining


class Severity(IntEnum):
    """The severity of a statement; the most severe sorts first."""

    BAD = 0
    WARNING = 1
    INFO = 2
    GOOD = 3


class Code(StrEnum):
    """The meaning of a statement, for programs and work queues. People read its sentence."""

    PAST_DUE = "past_due"
    CARD_EXPIRED = "card_expired"
    NO_DEFAULT_PAYMENT_METHOD = "no_default_payment_method"
    CARD_EXPIRES_BEFORE_NEXT_BILL = "card_expires_before_next_bill"
    FIRST_PAYMENT_MISSING = "first_payment_missing"
    TRIAL_ENDS = "trial_ends"
    CANCELS_AT_PERIOD_END = "cancels_at_period_end"
    PAUSED = "paused"
    CHANGE_WAITS = "change_waits"
    CARD_EXPIRES_SOON = "card_expires_soon"
    DRAFT_INVOICE = "draft_invoice"
    UNCOLLECTIBLE = "uncollectible"
    OPEN_WITHOUT_DUE_DATE = "open_without_due_date"
    OPEN_NOT_DUE = "open_not_due"
    DEFAULT_UNKNOWN = "default_unknown"
    DELETED = "deleted"
    DELINQUENT = "delinquent"
    SCHEDULED = "scheduled"
    STATUS_UNKNOWN = "status_unknown"
    NOTHING_SUBSCRIBED = "nothing_subscribed"
    NEXT_BILL = "next_bill"
    PAYING = "paying"


@dataclass(frozen=True, slots=True)
class Statement:
    """`subject` is the id of the invoice, subscription or payment method that the statement is mainly about, and `at`
    the time of the event. Either may be missing."""

    code: Code
    severity: Severity
    sentence: str
    subject: str = ""
    at: datetime | None = None


# Altostrat counts these as running, because they create invoices now or later.
RUNNING: Final = frozenset({"active", "trialing", "past_due", "unpaid", "paused"})
BILLING: Final = frozenset({"active", "trialing", "past_due", "unpaid"})
KNOWN: Final = RUNNING | {"canceled", "incomplete", "incomplete_expired"}
_INVOICES: Final = frozenset({"draft", "open", "paid", "uncollectible", "void"})
PAST_DUE: Final = frozenset({"past_due", "unpaid"})

# The number of days in which "soon" lies, in sentences, warnings and work queues.
TRIAL_SOON_DAYS: Final = 7
CARD_SOON_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an account. `newest` is the number of invoices if there are older ones."""

    subscriptions: Sequence[Subscription]
    invoices: Sequence[Invoice]
    methods: Sequence[PaymentMethod]
    default: PaymentMethod | None
    now: datetime
    newest: int | None = None

    @property
    def scope(self) -> str:
        """The end of a sentence that is not about all invoices: " in the 100 newest invoices"."""
        if self.newest is None:
            return ""
        return " in the newest invoice" if self.newest == 1 else f" in the {self.newest} newest invoices"

    @property
    def unclear_invoices(self) -> Sequence[Invoice]:
        """Invoices of which something may remain, although their status does not say that they are open."""
        return [
            one
            for one in self.invoices
            if (one.status == "paid" and remaining(one))
            or (one.status not in _INVOICES and remaining(one) != 0)
        ]

    @property
    def past_due(self) -> Subscription | None:
        """A subscription that is past due or unpaid, and has not ended."""
        found = (one for one in self.subscriptions if one.status in PAST_DUE)
        return next((one for one in found if not has_happened(one.stripe.ended_at, self.now)), None)


def has_happened(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def format_day(at: datetime, now: datetime) -> str:
    """Return the day of a moment in the time zone of `now`: "12 Oct 2026"."""
    return dates.format_day(day_of(at, now))


def in_days(at: datetime, now: datetime) -> str:
    """Return "today", "tomorrow", "in 12 days", "yesterday", "12 days ago"."""
    days = days_until(at, now)
    known = {0: "today", 1: "tomorrow", -1: "yesterday"}
    return known.get(days) or (f"in {days} days" if days > 0 else f"{-days} days ago")


def days_until(at: datetime, now: datetime) -> int:
    """Return the number of days from `now` to `at`; negative if `at` is in the past."""
    return (day_of(at, now) - day_of(now, now)).days


def day_of(at: datetime, now: datetime) -> date:
    """Return the day of a moment in the time zone of `now`."""
    return dates.in_zone(at, now.tzinfo).date()
