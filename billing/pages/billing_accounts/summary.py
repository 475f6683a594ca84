"""The summary at the top of an account's page: what remains, contact, address, and the default payment method."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from billing.amounts import Amount
from billing.pages.billing_accounts.account_data import AccountData
from billing.pages.rendering.paths import path_of
from billing.services.billing_accounts.reads import ACCOUNT, INVOICES, PAYMENT_METHODS
from billing.services.billing_accounts.status.payment_methods import default_of, name_of
from billing.services.invoices.owed import owed_on


@dataclass(frozen=True, slots=True)
class Summary:
    """Values are None if they could not be read. `owed` is empty if nothing remains to be paid."""

    owed: tuple[Amount, ...] | None
    without_amount: int
    email: str | None
    phone: str | None
    country: str | None
    address: tuple[str, ...]
    has_account: bool
    default: str | None
    is_masked: bool
    remind_url: str


def summary_of(data: AccountData) -> Summary:
    account, invoices = data.value(ACCOUNT), data.items(INVOICES)
    methods = data.items(PAYMENT_METHODS)
    owed = None if invoices is None else owed_on(invoices, timezone.get_current_timezone(), data.now)
    default = None if methods is None else default_of(methods, account)
    address = account.address if account is not None else None
    return Summary(
        None if owed is None else tuple(Amount(minor, code) for code, minor in owed.amounts.items()),
        owed.without_amount if owed is not None else 0,
        account.email if account is not None else None,
        account.phone if account is not None else None,
        address.country if address is not None else None,
        data.address_lines,
        account is not None,
        None if methods is None else "" if default is None else name_of(default),
        data.actor.is_masked,
        path_of("reminder", *data.ids) if owed is not None and owed.amounts else "",
    )
