"""The next bills of all subscriptions within ninety days, from Altostrat's previews, which a scan requests.

A preview exists of the next bill only, so later bills of the same subscription are not included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.actor import Actor
from billing.services.billing_accounts.status import days_until, next_bill_amount
from billing.services.billing_accounts.status.statements import KNOWN, format_day
from billing.services.billing_accounts.status.terms import has_ended, is_ending, next_bill_at, pause_of
from billing.services.scans import results, store
from billing.services.scans.search_index import Entry, account_entry

WINDOWS: Final = (30, 90)


@dataclass(frozen=True, slots=True)
class ExpectedBill:
    """`amount` is negative for a credit, and None if Altostrat does not say. `days` are calendar days from today."""

    account: Entry
    subscription: Subscription
    at: datetime
    days: int
    amount: int | None
    currency: str


@dataclass(frozen=True, slots=True)
class WithoutDate:
    """A subscription that continues, but whose next bill has no date, and why."""

    account: Entry
    subscription: Subscription
    why: str


@dataclass(frozen=True, slots=True)
class WindowTotal:
    """The bills of one currency within a number of days, and of how many the amount is not known."""

    currency: str
    days: int
    count: int
    amount: int
    without_amount: int


def start(actor: Actor, now: datetime) -> None:
    """Request the previews. Do nothing before all accounts have been read."""
    if not results.progress(actor, store.ACCOUNT_DETAILS).is_finished:
        return
    store.discard(actor, store.PREVIEWS)
    for row in store.scans_of(actor, store.ACCOUNT_DETAILS):
        record = store.open_record(row)
        items = (item for part in store.open_parts(row) for item in part if "account" in item)
        tasks = [task for item in items for task in _tasks(item, now)]
        # What is missing there is recorded here as well, because the accounts may expire first.
        failed = record.failed if record else ()
        store.start(actor, row.token, store.PREVIEWS, tasks, failed=failed)


def expected_bills(actor: Actor, progress: results.Progress, now: datetime) -> tuple[ExpectedBill, ...]:
    """Return the bills, soonest first. Days are those of the zone of `now`. Raise `store.ScanLost`."""
    found = (_expected_bill(item, now) for item in results.items(actor, progress))
    return tuple(sorted((bill for bill in found if bill is not None), key=lambda bill: bill.at))


def without_date(actor: Actor, now: datetime) -> tuple[WithoutDate, ...]:
    """Return the subscriptions that are not previewed, because it is not known when they are billed next.

    Empty if the accounts are no longer known. Raise `store.ScanLost`.
    """
    progress = results.progress(actor, store.ACCOUNT_DETAILS)
    found = results.items(actor, progress) if progress.is_finished else ()
    pairs = ((item, Subscription.from_json(document)) for item in found for document in item["subscriptions"])
    return tuple(
        WithoutDate(account_entry(item["account"]), one, _why(one, now))
        for item, one in pairs
        if next_bill_at(one, now) is None and not _has_no_next_bill(one, now)
    )


def _why(one: Subscription, now: datetime) -> str:
    if one.status not in KNOWN:
        return f"Its status “{one.status}” is not known" if one.status else "Its status is not known"
    end = one.current_period_end
    return f"Its bill was expected on {format_day(end, now)}" if end else "Its period has no end"


def _has_no_next_bill(one: Subscription, now: datetime) -> bool:
    is_over = has_ended(one, now) or one.status == "incomplete"
    return is_over or is_ending(one, now) or pause_of(one, now) is not None


def totals(bills: Iterable[ExpectedBill]) -> tuple[WindowTotal, ...]:
    """Return the totals of each currency, sorted by code, and window."""
    rows = tuple(bills)
    currencies = sorted({row.currency for row in rows})
    return tuple(_total(rows, currency, days) for currency in currencies for days in WINDOWS)


def _total(rows: Iterable[ExpectedBill], currency: str, days: int) -> WindowTotal:
    found = [row.amount for row in rows if row.currency == currency and row.days <= days]
    return WindowTotal(currency, days, len(found), sum(amount or 0 for amount in found), found.count(None))


def _tasks(item: store.Document, now: datetime) -> Iterator[store.Task]:
    for document in item["subscriptions"]:
        at = next_bill_at(Subscription.from_json(document), now)
        if at is not None and days_until(at, now) <= WINDOWS[-1]:
            yield {"do": store.PREVIEWS, "account": item["account"], "subscription": document}


def _expected_bill(item: store.Document, now: datetime) -> ExpectedBill | None:
    """Return the bill; None if it has become due since it was previewed."""
    subscription, preview = Subscription.from_json(item["subscription"]), Invoice.from_json(item["preview"])
    at = next_bill_at(subscription, now)
    if at is None:
        return None
    return ExpectedBill(
        account_entry(item["account"]),
        subscription,
        at,
        days_until(at, now),
        next_bill_amount(preview),
        (preview.currency or subscription.currency or "").lower(),
    )
