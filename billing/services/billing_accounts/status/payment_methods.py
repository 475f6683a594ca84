"""Statements about payment methods."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.payment_names import payment_method_name
from billing.services import dates
from billing.services.billing_accounts.status import terms
from billing.services.billing_accounts.status.statements import (
    CARD_SOON_DAYS,
    Code,
    Facts,
    Severity,
    Statement,
    day_of,
    format_day,
)


def last_day(method: PaymentMethod) -> date | None:
    """Return the last day on which a card can be charged; None for methods that do not expire."""
    if method.exp_year is None or method.exp_month is None or not 1 <= method.exp_month <= 12:
        return None
    if not 1000 <= method.exp_year <= 9998:  # "28" may be 1928 or 2028
        return None
    return date(method.exp_year, method.exp_month, calendar.monthrange(method.exp_year, method.exp_month)[1])


def is_soon(end: date, today: date) -> bool:
    return (end - today).days <= CARD_SOON_DAYS


def name_of(method: PaymentMethod) -> str:
    """Return "Visa ending in 4242", or the part of it that is known."""
    name = payment_method_name(method.brand, method.type)
    return f"{name} ending in {method.last4}" if method.last4 else name


def default_of(methods: Sequence[PaymentMethod], account: BillingAccount | None) -> PaymentMethod | None:
    """Return the default method, according to the methods or to the fields of Stripe's customer."""
    invoice_settings = account.extra.get("invoice_settings") if account else None
    named = [
        invoice_settings.get("default_payment_method") if isinstance(invoice_settings, Mapping) else None,
        account.extra.get("default_payment_method") if account else None,
    ]
    default = next((method for method in methods if method.is_default), None)
    return default or next((method for method in methods if method.id and method.id in named), None)


def payment_method_rules(facts: Facts, *, knows_subscriptions: bool) -> list[Statement]:
    charged = [one for one in facts.subscriptions if terms.is_charged(one, facts.now)]
    if facts.default is None:
        found = [_no_default(facts, charged, knows_subscriptions=knows_subscriptions)]
    else:
        found = _card(facts, facts.default, "The default card", charged)
    by_id = {method.id: method for method in facts.methods}
    for one in facts.subscriptions:
        own = one.stripe.default_payment_method
        method = by_id.get(own.id) if own is not None and own.id else None
        if method is not None and method is not facts.default and terms.is_running(one, facts.now):
            found += _card(facts, method, "The card of a subscription", [one])
    return found


def _no_default(facts: Facts, charged: Sequence[Subscription], *, knows_subscriptions: bool) -> Statement:
    if facts.methods and all(method.is_default is None for method in facts.methods):
        sentence = "Altostrat does not say which payment method is the default."
        return Statement(Code.DEFAULT_UNKNOWN, Severity.WARNING if charged else Severity.INFO, sentence)
    what = "No default payment method" if facts.methods else "No payment method"
    ends = {terms.end_of_trial_without_method(one, facts.now) for one in charged}
    if charged and "" not in ends:
        sentence = f"{what}: a subscription is {' or '.join(sorted(ends))} when its trial ends."
        severity = Severity.WARNING
    elif charged:
        sentence, severity = f"{what}: the next bill cannot be charged.", Severity.BAD
    else:
        sentence = f"{what}."
        severity = Severity.INFO if knows_subscriptions else Severity.WARNING
    return Statement(Code.NO_DEFAULT_PAYMENT_METHOD, severity, sentence)


def _card(
    facts: Facts, method: PaymentMethod, title: str, charged: Sequence[Subscription]
) -> list[Statement]:
    """Return whether a card can pay the next bill of these subscriptions."""
    end, today = last_day(method), day_of(facts.now, facts.now)
    if end is None:
        return []
    card, last = f"{title} ({name_of(method)})", dates.format_day(end)
    at = datetime(end.year, end.month, end.day, tzinfo=facts.now.tzinfo)
    if end < today:
        severity = Severity.BAD if charged else Severity.WARNING
        sentence = f"{card} expired on {last}."
        return [Statement(Code.CARD_EXPIRED, severity, sentence, method.id or "", at)]
    bills = [terms.next_bill_at(one, facts.now) for one in charged]
    bill = min((one for one in bills if one is not None), default=None)
    if bill is not None and end < day_of(bill, facts.now):
        sentence = f"{card} expires on {last}, before the next bill on {format_day(bill, facts.now)}."
        return [
            Statement(Code.CARD_EXPIRES_BEFORE_NEXT_BILL, Severity.WARNING, sentence, method.id or "", at)
        ]
    if is_soon(end, today):
        sentence = f"{card} expires on {last}."
        return [Statement(Code.CARD_EXPIRES_SOON, Severity.INFO, sentence, method.id or "", at)]
    return []
