"""What is inside each panel of a billing account's page: the context of its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.amounts import Amount
from billing.pages.billing_accounts.money_panels import ageing, spend
from billing.pages.billing_accounts.panels import Sight
from billing.pages.billing_accounts.timeline import timeline
from billing.pages.rendering.addresses import address_lines, country_name
from billing.pages.rendering.facts import UndocumentedField, facts_of, sent_object, undocumented_fields
from billing.services.billing_accounts import notes
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    INVOICES,
    ORGANIZATIONS,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    TRIAL,
    WORKSPACE,
    answer_of,
)
from billing.services.billing_accounts.seats import seats_of
from billing.services.billing_accounts.status import is_soon, last_day
from billing.services.billing_accounts.status.statements import RUNNING
from billing.services.changes.kinds.subscriptions import MOST_RUNNING
from billing.services.invoices.unit_prices import UnitAmount, unit_amounts

INVOICES_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of a list, with what nobody documented of it."""

    value: Any
    more: tuple[UndocumentedField, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a subscription. `unit` is what one costs, as far as an invoice tells."""

    name: str
    quantity: int | None
    interval: str | None
    price_id: str | None
    unit: Amount | None


@dataclass(frozen=True, slots=True)
class SubscriptionRow(Row):
    """A subscription with its products."""

    value: Subscription
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class MethodRow(Row):
    """A payment method, and how it stands with its expiry: "", "expired" or "soon"."""

    value: PaymentMethod
    expiry: str


def details(sight: Sight) -> Mapping[str, Any]:
    """Every field of the account."""
    answer = answer_of(sight.results[ACCOUNT])
    account, address = answer.value, answer.value.address
    return {
        "account": account,
        "facts": facts_of(account, sent_object(answer.body)),
        "address_facts": facts_of(address, sent_object(answer.body, "address")) if address else {},
        "address_lines": address_lines(address) if address else (),
        "phone_country": address.country if address else None,
        "country": country_name(address.country) if address else "",
        "more": undocumented_fields(account.extra),
        "more_address": undocumented_fields(address.extra) if address else (),
    }


def subscriptions(sight: Sight) -> Mapping[str, Any]:
    """The subscriptions, the running ones first as Altostrat lists them."""
    units, found = unit_amounts(sight.items(INVOICES) or ()), sight.items(SUBSCRIPTIONS) or ()
    rows = [SubscriptionRow(one, undocumented_fields(one.extra), _products(one, units)) for one in found]
    is_full = sum(one.status in RUNNING for one in found) >= MOST_RUNNING
    return {"rows": rows, "more": undocumented_fields(sight.value(SUBSCRIPTIONS).extra), "is_full": is_full}


def invoices(sight: Sight) -> Mapping[str, Any]:
    """The latest ten."""
    found = sight.items(INVOICES) or ()
    rows = [Row(one, undocumented_fields(one.extra)) for one in found[:INVOICES_SHOWN]]
    extra = {
        name: value
        for name, value in sight.value(INVOICES).extra.items()
        if name not in {"next_cursor", "previous_cursor"}
    }
    return {"rows": rows, "count": len(found), "more": undocumented_fields(extra)}


def payment_methods(sight: Sight) -> Mapping[str, Any]:
    """The payment methods, with a warning where one expires."""
    rows = [
        MethodRow(one, undocumented_fields(one.extra), _expiry(one, sight.now))
        for one in sight.items(PAYMENT_METHODS) or ()
    ]
    return {"rows": rows, "more": undocumented_fields(sight.value(PAYMENT_METHODS).extra)}


def seats(sight: Sight) -> Mapping[str, Any]:
    """Seats bought and used."""
    found = seats_of(
        sight.value(WORKSPACE),
        sight.billing_account_id,
        sight.items(SUBSCRIPTIONS) or (),
        sight.items(ORGANIZATIONS) or (),
    )
    return {"seats": found, "workspace": sight.value(WORKSPACE)}


def trial(sight: Sight) -> Mapping[str, Any]:
    """Whether a trial is possible."""
    eligibility = sight.value(TRIAL)
    return {"trial": eligibility, "more": undocumented_fields(eligibility.extra)}


def own_notes(sight: Sight) -> Mapping[str, Any]:
    """What people here wrote. The account was read with their own token: that is what lets them see it."""
    place = (sight.actor, sight.workspace_id, sight.billing_account_id)
    shown = notes.of_account(*place)
    return {"notes": shown, "older": notes.older(*place) if len(shown) == notes.SHOWN else 0}


INSIDES: Final[Mapping[str, Callable[[Sight], Mapping[str, Any]]]] = {
    "subscriptions": subscriptions,
    "invoices": invoices,
    "spend": spend,
    "ageing": ageing,
    "payment-methods": payment_methods,
    "details": details,
    "notes": own_notes,
    "seats": seats,
    "trial": trial,
    "timeline": timeline,
}


def _products(one: Subscription, units: Mapping[str, UnitAmount]) -> tuple[Product, ...]:
    return tuple(
        Product(name, item.quantity, item.interval, item.price_id, _amount(units.get(item.price_id or "")))
        for name, item in (one.product_quantities or {}).items()
    )


def _amount(unit: UnitAmount | None) -> Amount | None:
    return None if unit is None else Amount(unit.minor, unit.currency)


def _expiry(method: PaymentMethod, now: datetime) -> str:
    end, today = last_day(method), now.date()
    if end is None:
        return ""
    if end < today:
        return "expired"
    return "soon" if is_soon(end, today) else ""
