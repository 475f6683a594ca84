"""Open invoices of all accounts by days late, per currency, with the credit of their customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from billing.altostrat.resources.invoices import Invoice
from billing.services.actor import Actor
from billing.services.invoices.aging import (
    Bucket,
    Item,
    Total,
    bucket_totals,
    items_of,
    most_overdue_first,
    sum_of,
    total_of,
)
from billing.services.reports.missing import missing
from billing.services.scans import details, results, store
from billing.services.scans.results import NotRead, Progress
from billing.services.scans.search_index import Entry, account_entry
from billing.services.scans.store import Document


@dataclass(frozen=True, slots=True)
class OwedInvoice:
    account: Entry
    item: Item


@dataclass(frozen=True, slots=True)
class AccountAging:
    """What one account owes in one currency. `credit` is None if Altostrat does not say."""

    account: Entry
    buckets: Mapping[Bucket, Total]
    total: Total
    credit: int | None


@dataclass(frozen=True, slots=True)
class CurrencyAging:
    """One currency ("" if there is none): the accounts, largest amount first, and their invoices, most overdue first.

    `without_credit` is the number of accounts of which the credit is not known.
    """

    currency: str
    accounts: tuple[AccountAging, ...]
    invoices: tuple[OwedInvoice, ...]

    @property
    def buckets(self) -> Mapping[Bucket, Total]:
        return bucket_totals(one.item for one in self.invoices)

    @property
    def total(self) -> Total:
        return total_of(one.item for one in self.invoices)

    @property
    def without_credit(self) -> int:
        return sum(one.credit is None for one in self.accounts)

    @property
    def is_balanced(self) -> bool:
        """Whether the buckets, and the accounts, add up to the total."""
        accounts = (one.total for one in self.accounts)
        return sum_of(self.buckets.values()) == sum_of(accounts) == self.total


@dataclass(frozen=True, slots=True)
class AgingReport:
    """The currencies sorted by code. `missing` is what could not be read: then the sums are not totals."""

    progress: Progress
    currencies: tuple[CurrencyAging, ...]
    missing: tuple[NotRead, ...]

    @property
    def is_complete(self) -> bool:
        return self.progress.is_finished and not self.missing

    @property
    def invoices(self) -> tuple[OwedInvoice, ...]:
        return tuple(one for part in self.currencies for one in part.invoices)


def load(actor: Actor, zone: tzinfo, now: datetime) -> AgingReport:
    """Return the report from the scan so far. Days are calendar days of the zone. Raise `store.ScanLost`."""
    progress = results.progress(actor, store.ACCOUNT_DETAILS)
    documents = details.load(actor, progress)
    return AgingReport(progress, by_currency(documents, zone, now), missing(progress, documents))


def by_currency(documents: Iterable[Document], zone: tzinfo, now: datetime) -> tuple[CurrencyAging, ...]:
    """Return the open invoices in the details of accounts. Accounts that owe nothing are listed if they have credit."""
    found: dict[str, list[tuple[AccountAging, list[OwedInvoice]]]] = {}
    for document in documents:
        account, credit = account_entry(document["account"]), _credit(document["account"])
        items: dict[str, list[Item]] = {account.currency: []} if credit else {}
        for item in items_of(map(Invoice.from_json, document["invoices"]), zone, now):
            items.setdefault(item.currency, []).append(item)
        for currency, owed in items.items():
            own = credit if currency == account.currency or credit is None else 0
            row = AccountAging(account, bucket_totals(owed), total_of(owed), own)
            found.setdefault(currency, []).append((row, [OwedInvoice(account, item) for item in owed]))
    return tuple(_currency_aging(currency, found[currency]) for currency in sorted(found))


def _currency_aging(currency: str, found: Iterable[tuple[AccountAging, list[OwedInvoice]]]) -> CurrencyAging:
    rows = sorted((row for row, _ in found), key=_largest_first)
    invoices = sorted(
        (one for _, owed in found for one in owed), key=lambda one: most_overdue_first(one.item)
    )
    return CurrencyAging(currency, tuple(rows), tuple(invoices))


def _largest_first(row: AccountAging) -> tuple[int, str, str]:
    return -row.total.amount, row.account.name.casefold(), row.account.id


def _credit(account: Document) -> int | None:
    """Return the credit of a customer. In Stripe's `balance`, a negative amount is credit.

    https://docs.stripe.com/api/customers/object#customer_object-balance
    """
    balance = account.get("balance")
    return max(-balance, 0) if isinstance(balance, int) else None
