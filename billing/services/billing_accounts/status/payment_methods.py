"""Statements about payment methods."""

from __future__ import annotations

import calendar
from datetime import date, datetime

from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.payment_names import payment_method_name
from billing.services import dates
from billing.services.billing_accounts.status.statements import (
    BILLING,
    CARD_SOON_DAYS,
    Code,
    Facts,
    Severity,
    Statement,
    day_of,
    format_day,
)


def last_day(method: PaymentMethod) -> date | None:
    """The last day on which a card can be charged; None for methods that do not expire."""
    if method.exp_year is None or method.exp_month is None or not 1 <= method.exp_month <= 12:
        return None
    if not 1 <= method.exp_year <= 9998:
        return None
    return date(method.exp_year, method.exp_month, calendar.monthrange(method.exp_year, method.exp_month)[1])


def is_soon(end: date, today: date) -> bool:
    return (end - today).days <= CARD_SOON_DAYS


def name_of(method: PaymentMethod) -> str:
    """ "Visa ending in 4242", or the part of it that is known."""
    name = payment_method_name(method.brand, method.type)
    return f"{name} ending in {method.last4}" if method.last4 else name


def payment_method_rules(facts: Facts, *, knows_subscriptions: bool) -> list[Statement]:
    bills = any(one.status in BILLING for one in facts.subscriptions)
    method = facts.default
    if method is None:
        what = "No default payment method" if facts.has_methods else "No payment method"
        if bills:
            sentence, severity = f"{what}: the next bill cannot be charged.", Severity.BAD
        else:
            sentence = f"{what}."
            severity = Severity.INFO if knows_subscriptions else Severity.WARNING
        return [Statement(Code.NO_DEFAULT_PAYMENT_METHOD, severity, sentence)]
    end, today = last_day(method), day_of(facts.now, facts.now)
    if end is None:
        return []
    card, last = f"The default card ({name_of(method)})", dates.format_day(end)
    at = datetime(end.year, end.month, end.day, tzinfo=facts.now.tzinfo)
    if end < today:
        severity = Severity.BAD if bills else Severity.WARNING
        sentence = f"{card} expired on {last}."
        return [Statement(Code.CARD_EXPIRED, severity, sentence, method.id or "", at)]
    bill = facts.next_bill_at
    if bill is not None and end < day_of(bill, facts.now):
        sentence = f"{card} expires on {last}, before the next bill on {format_day(bill, facts.now)}."
        return [
            Statement(Code.CARD_EXPIRES_BEFORE_NEXT_BILL, Severity.WARNING, sentence, method.id or "", at)
        ]
    if is_soon(end, today):
        sentence = f"{card} expires on {last}."
        return [Statement(Code.CARD_EXPIRES_SOON, Severity.INFO, sentence, method.id or "", at)]
    return []
