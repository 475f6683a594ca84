"""How a billing account stands, in words, worst news first: pure, from what Altostrat says of it.

    past_due                       an open invoice behind its due date, or a subscription past due or unpaid
    card_expired                   the default card can no longer be charged
    no_default_payment_method      nothing to charge the next bill to
    card_expires_before_next_bill  the default card can be charged today, and not on the day of the next bill
    first_payment_missing          a subscription that waits for its first payment
    trial_ends                     a trial, and when it ends
    cancels_at_period_end          a subscription that ends with its period
    paused                         a subscription that makes no invoices for now
    card_expires_soon              the default card, within thirty days
    uncollectible                  invoices that were given up
    open_without_due_date          open invoices that nothing says to be late; old ones are a warning
    draft_invoice                  invoices that are not issued yet
    status_unknown                 a status of a subscription that nobody documented
    nothing_subscribed             no subscription that runs
    next_bill                      what the next bill will be, where somebody has asked for a preview: `next_bill`
    paying                         there is one, and none of the bad news above

Days are those of the zone of `now`. A card is good to the last day of its month, as card networks count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.billing_accounts.status.invoices import RULES as INVOICE_RULES
from billing.services.billing_accounts.status.invoices import next_bill
from billing.services.billing_accounts.status.payment_methods import is_soon, last_day, name_of, of_methods
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
    in_days,
    written,
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
    "days_until",
    "in_days",
    "is_soon",
    "last_day",
    "name_of",
    "next_bill",
    "standing_of",
    "written",
)

_ORDER: Final = tuple(Code)


def standing_of(
    account: BillingAccount | None,
    subscriptions: Iterable[Subscription] | None,
    invoices: Iterable[Invoice] | None,
    payment_methods: Iterable[PaymentMethod] | None,
    now: datetime,
    *,
    newest: int | None = None,
) -> tuple[Statement, ...]:
    """Everything that can be said, worst first. None for what is not known: nothing is then said that needs it, and
    `paying` least of all. `account` may give a currency to amounts without one; `newest` is how many invoices there are
    here, when there are older ones."""
    methods = None if payment_methods is None else tuple(payment_methods)
    facts = Facts(
        subscriptions=tuple(subscriptions or ()),
        invoices=tuple(invoices or ()),
        default=next((method for method in methods or () if method.is_default), None),
        has_methods=bool(methods),
        now=now,
        newest=newest,
    )
    currency = account.currency if account is not None else None
    said = [statement for rule in INVOICE_RULES for statement in rule(facts, currency)]
    if subscriptions is not None:
        said += [statement for rule in SUBSCRIPTION_RULES for statement in rule(facts)]
    if methods is not None:
        said += of_methods(facts, knows_subscriptions=subscriptions is not None)
    if None not in (subscriptions, invoices, payment_methods):
        said += _paying(facts, said)
    return tuple(sorted(said, key=lambda one: (one.severity, _ORDER.index(one.code))))


def _paying(facts: Facts, said: Iterable[Statement]) -> list[Statement]:
    active = [one for one in facts.subscriptions if one.status == "active"]
    if not active or any(one.severity is Severity.BAD for one in said):
        return []
    count = "1 active subscription" if len(active) == 1 else f"{len(active)} active subscriptions"
    return [
        Statement(
            Code.PAYING, Severity.GOOD, f"Paying: {count}, nothing overdue{facts.among}.", active[0].id or ""
        )
    ]
