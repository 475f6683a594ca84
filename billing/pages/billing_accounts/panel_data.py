"""The data of each panel of a billing account's page, for its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.amounts import Amount
from billing.countries import country_name
from billing.pages.billing_accounts.account_data import AccountData
from billing.pages.billing_accounts.money_panels import aging, spend
from billing.pages.billing_accounts.timeline import timeline
from billing.pages.rendering.facts import UndocumentedField, facts_of, sent_object, undocumented_fields
from billing.services.billing_accounts import notes
from billing.services.billing_accounts.reads import (
    ACCOUNT,
    INVOICES,
    INVOICES_READ,
    ORGANIZATIONS,
    PAYMENT_METHODS,
    SUBSCRIPTIONS,
    TRIAL,
    WORKSPACE,
)
from billing.services.billing_accounts.seats import seats_of
from billing.services.billing_accounts.status import is_soon, last_day
from billing.services.billing_accounts.status.statements import RUNNING
from billing.services.changes.kinds.subscriptions import MAX_RUNNING
from billing.services.follow_ups.promises import progress
from billing.services.invoices.page import has_end
from billing.services.invoices.unit_prices import UnitAmount, unit_amounts
from billing.services.personal_data.reveal import Field

INVOICES_SHOWN: Final = 5
# Of other lists, the page shows this many rows and links to the list.
ROWS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a list, with its undocumented fields."""

    value: Any
    more: tuple[UndocumentedField, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """One product of a subscription. `unit` is its unit price, if an invoice has it."""

    name: str
    quantity: int | None
    interval: str | None
    price_id: str | None
    unit: Amount | None


@dataclass(frozen=True, slots=True)
class SubscriptionRow(Row):
    value: Subscription
    products: tuple[Product, ...]


@dataclass(frozen=True, slots=True)
class MethodRow(Row):
    """A payment method. `expiry` is "", "expired" or "soon"."""

    value: PaymentMethod
    expiry: str


def details(data: AccountData) -> Mapping[str, Any]:
    """Return every field of the account."""
    answer = data.results[ACCOUNT].answer
    assert answer is not None  # the panel is built only with all that it needs
    account, address = answer.value, answer.value.address
    return {
        "account": account,
        "reveal": _reveal_links(data),
        "facts": facts_of(account, sent_object(answer.body)),
        "address_facts": facts_of(address, sent_object(answer.body, "address")) if address else {},
        "address_lines": data.address_lines,
        "phone_country": address.country if address else None,
        "country": country_name(address.country) if address else "",
        "more": undocumented_fields(account.extra),
        "more_address": undocumented_fields(address.extra) if address else (),
    }


def _reveal_links(data: AccountData) -> Mapping[str, str]:
    """Return the address of the page that reveals each masked field; none if the person sees them."""
    if not data.actor.is_masked:
        return {}
    return {field: reverse("billing-account-reveal", args=[*data.ids, field]) for field in Field}


def subscriptions(data: AccountData) -> Mapping[str, Any]:
    """Return the subscriptions in Altostrat's order, which lists the running ones first."""
    units, found = unit_amounts(data.items(INVOICES) or ()), data.items(SUBSCRIPTIONS) or ()
    rows = [
        SubscriptionRow(one, undocumented_fields(one.extra), _products(one, units))
        for one in found[:ROWS_SHOWN]
    ]
    is_full = sum(one.status in RUNNING for one in found) >= MAX_RUNNING
    more = undocumented_fields(data.value(SUBSCRIPTIONS).extra)
    return {"rows": rows, "count": len(found), "more": more, "is_full": is_full}


def invoices(data: AccountData) -> Mapping[str, Any]:
    """Return the newest invoices."""
    found = data.items(INVOICES) or ()
    rows = [Row(one, undocumented_fields(one.extra)) for one in found[:INVOICES_SHOWN]]
    extra = {
        name: value
        for name, value in data.value(INVOICES).extra.items()
        if name not in {"next_cursor", "previous_cursor"}
    }
    currencies = {row.value.currency for row in rows}
    return {
        "rows": rows,
        # Empty if there are several.
        "currency": currencies.pop() if len(currencies) == 1 else "",
        "count": len(found),
        "has_older": not has_end(data.value(INVOICES), INVOICES_READ),
        "more": undocumented_fields(extra),
    }


def payment_methods(data: AccountData) -> Mapping[str, Any]:
    found = data.items(PAYMENT_METHODS) or ()
    rows = [
        MethodRow(one, undocumented_fields(one.extra), _expiry(one, data.now)) for one in found[:ROWS_SHOWN]
    ]
    return {"rows": rows, "count": len(found), "more": undocumented_fields(data.value(PAYMENT_METHODS).extra)}


def seats(data: AccountData) -> Mapping[str, Any]:
    found = seats_of(
        data.value(WORKSPACE),
        data.billing_account_id,
        data.items(SUBSCRIPTIONS) or (),
        data.items(ORGANIZATIONS) or (),
    )
    return {"seats": found, "shares": found.shares[:ROWS_SHOWN], "workspace": data.value(WORKSPACE)}


def trial(data: AccountData) -> Mapping[str, Any]:
    eligibility = data.value(TRIAL)
    return {"trial": eligibility, "more": undocumented_fields(eligibility.extra)}


def own_notes(data: AccountData) -> Mapping[str, Any]:
    is_full = len(data.notes) == notes.MAX_SHOWN
    follow_up, result = data.follow_up, data.results.get(INVOICES)
    answer = None if result is None else result.answer
    return {
        "notes": data.notes,
        "older": notes.count_older(data.actor, *data.ids) if is_full else 0,
        "follow_up": follow_up,
        "is_snoozed": follow_up.is_snoozed(data.now.date()),
        "progress": follow_up.promise
        and progress(
            follow_up.promise,
            data.items(INVOICES),
            answer.received_at if answer is not None else None,
            zone=data.now.tzinfo,
            now=data.now,
        ),
    }


PANEL_DATA: Final[Mapping[str, Callable[[AccountData], Mapping[str, Any]]]] = {
    "subscriptions": subscriptions,
    "invoices": invoices,
    "spend": spend,
    "aging": aging,
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
