"""The status of a billing account in sentences, most severe first, computed from Altostrat's data.

    past_due                       an open invoice is past its due date, or a subscription is past due or unpaid
    card_expired                   the default card can no longer be charged
    no_default_payment_method      no payment method can be charged for the next bill
    card_expires_before_next_bill  the default card will expire before the next bill
    first_payment_missing          a subscription waits for its first payment
    trial_ends                     a trial, and when it ends
    cancels_at_period_end          a subscription ends with its period, or on a date
    paused                         a subscription creates no invoices, or its invoices are not collected
    change_waits                   a change of a subscription is applied after its payment
    card_expires_soon              the default card expires within thirty days
    uncollectible                  invoices are marked as uncollectible
    open_without_due_date          open invoices without a due date; old ones are a warning
    open_not_due                   open invoices whose due date has not passed
    draft_invoice                  invoices are not issued yet
    default_unknown                it is not known which payment method is the default
    delinquent                     Altostrat marks the account so
    scheduled                      a schedule may change or end a subscription
    status_unknown                 a subscription or an invoice has an undocumented status, or a date that is none
    nothing_subscribed             no subscription is running
    next_bill                      the next bill, if a preview was requested: `next_bill`
    paying                         a subscription is active, and no statement above is severe

Fields of Stripe that Altostrat does not document count if they are passed on: pause_collection, trial_end, cancel_at,
ended_at, collection_method, default_payment_method and others in `StripeSubscription`.

Days are those of the time zone of `now`. A card is valid until the last day of its month, as card networks count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status import terms
from billing.services.billing_accounts.status.invoices import RULES as INVOICE_RULES
from billing.services.billing_accounts.status.invoices import next_bill, next_bill_amount
from billing.services.billing_accounts.status.payment_methods import (
    default_of,
    is_soon,
    last_day,
    payment_method_rules,
)
from billing.services.billing_accounts.status.statements import (
    CARD_SOON_DAYS,
    KNOWN,
    RUNNING,
    TRIAL_SOON_DAYS,
    Code,
    Facts,
    Severity,
    Statement,
    days_until,
)
from billing.services.billing_accounts.status.subscriptions import RULES as SUBSCRIPTION_RULES

__all__ = (
    "CARD_SOON_DAYS",
    "KNOWN",
    "RUNNING",
    "TRIAL_SOON_DAYS",
    "Code",
    "Severity",
    "Statement",
    "account_status",
    "days_until",
    "is_soon",
    "last_day",
    "next_bill",
    "next_bill_amount",
)

SUBSCRIPTIONS: Final = "subscriptions"
PAYMENT_METHODS: Final = "payment_methods"
_ORDER: Final = tuple(Code)
_YES: Final = (True, "true")
# What only the whole list can show.
_FROM_WHOLE_LISTS: Final = {
    SUBSCRIPTIONS: {Code.NOTHING_SUBSCRIBED, Code.PAYING},
    PAYMENT_METHODS: {Code.NO_DEFAULT_PAYMENT_METHOD, Code.DEFAULT_UNKNOWN},
}


def account_status(
    account: BillingAccount | None,
    subscriptions: Iterable[Subscription] | None,
    invoices: Iterable[Invoice] | None,
    payment_methods: Iterable[PaymentMethod] | None,
    now: datetime,
    *,
    newest: int | None = None,
    cut: Collection[str] = (),
) -> tuple[Statement, ...]:
    """Return all statements about an account, most severe first.

    An argument is None if it is unknown: statements that need it are left out, and so is `paying`. Amounts without a
    currency get that of `account`. `newest` is the number of these invoices if there are older ones. `cut` names the
    lists (SUBSCRIPTIONS, PAYMENT_METHODS) that Altostrat sent in part: nothing follows from what is not in them.
    """
    methods = None if payment_methods is None else tuple(payment_methods)
    facts = Facts(
        subscriptions=tuple(subscriptions or ()),
        invoices=tuple(invoices or ()),
        methods=methods or (),
        default=default_of(methods or (), account),
        now=now,
        newest=newest,
    )
    currency = account.currency if account is not None else None
    found = [statement for rule in INVOICE_RULES for statement in rule(facts, currency)]
    if subscriptions is not None:
        found += [statement for rule in SUBSCRIPTION_RULES for statement in rule(facts)]
    if methods is not None:
        found += payment_method_rules(facts, knows_subscriptions=subscriptions is not None)
    if account is not None and account.extra.get("deleted") in _YES:
        sentence = "Altostrat marks the account as deleted."
        found.append(Statement(Code.DELETED, Severity.WARNING, sentence))
    elif account is not None and account.extra.get("delinquent") in _YES:
        sentence = "Altostrat marks the account as delinquent: a payment failed or is missing."
        found.append(Statement(Code.DELINQUENT, Severity.WARNING, sentence))
    elif None not in (subscriptions, invoices, payment_methods):
        found += _paying(facts, found)
    unsupported = {code for name in cut for code in _FROM_WHOLE_LISTS[name]}
    supported = (one for one in found if one.code not in unsupported)
    return tuple(sorted(supported, key=lambda one: (one.severity, _ORDER.index(one.code))))


def _paying(facts: Facts, found: Iterable[Statement]) -> list[Statement]:
    now = facts.now
    active = [
        one
        for one in facts.subscriptions
        if one.status == "active"
        and not (terms.has_ended(one, now) or terms.is_in_trial(one, now) or terms.pause_of(one, now))
        and not terms.unreadable(one)
    ]
    if not active or facts.unclear_invoices or any(one.severity is Severity.BAD for one in found):
        return []
    count = "1 active subscription" if len(active) == 1 else f"{len(active)} active subscriptions"
    sentence = f"Paying: {count}, nothing overdue{facts.scope}."
    return [Statement(Code.PAYING, Severity.GOOD, sentence, active[0].id or "")]
