"""Work queues over all accounts that a person's tokens can access, from the results of a scan.

Nothing here calls Altostrat.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.actor import Actor
from billing.services.billing_accounts.status import (
    CARD_SOON_DAYS,
    KNOWN,
    TRIAL_SOON_DAYS,
    Code,
    Severity,
    Statement,
    account_status,
    days_until,
    terms,
)
from billing.services.invoices.owed import Owed, owed_on, totals_owed
from billing.services.scans import details, results, store, summaries, tasks
from billing.services.scans.account_filter import Filter
from billing.services.scans.search_index import Entry, account_entry

ALL: Final = "all"
_STATUSES: Final = KNOWN | {"none", "unknown"} | {code.value for code in Code if code is not Code.NEXT_BILL}
_URGENCIES: Final[Mapping[Severity, str]] = MappingProxyType(
    {
        Severity.BAD: "act_now",
        Severity.WARNING: "soon",
        Severity.INFO: "note",
        Severity.GOOD: "good",
    }
)
_EXPIRING: Final = frozenset({Code.CARD_EXPIRES_BEFORE_NEXT_BILL, Code.CARD_EXPIRES_SOON})


@dataclass(frozen=True, slots=True)
class ScannedAccount:
    """An account and its status at `read_at`, most severe first. If `has_older`, only its latest invoices were read.

    `is_closed` says that its workspace is archived, or that all of its subscriptions have ended.
    """

    entry: Entry
    statements: tuple[Statement, ...]
    statuses: frozenset[str]
    read_at: datetime | None
    has_older: bool
    owed: Owed
    next_bill_at: datetime | None
    is_closed: bool
    invoices: tuple[Invoice, ...]

    @property
    def filter_statuses(self) -> frozenset[str]:
        """The values of `status:` that match: also the urgency, which pages show."""
        return self.statuses | {_URGENCIES[one.severity] for one in self.statements[:1]}


@dataclass(frozen=True, slots=True)
class Queue:
    """An account is in the queue if one of its statements matches. With `is_for_open`, closed accounts are left out."""

    key: str
    title: str
    about: str
    matches: Callable[[Statement, datetime], bool]
    is_for_open: bool = False

    def reason(self, account: ScannedAccount, now: datetime) -> Statement | None:
        """Return the first statement that matches."""
        if self.is_for_open and account.is_closed:
            return None
        return next((one for one in account.statements if self.matches(one, now)), None)


@dataclass(frozen=True, slots=True)
class Row:
    """An account in a queue, and the reason. In the queue of all accounts, that is the most severe statement."""

    account: ScannedAccount
    reason: Statement | None

    @property
    def order(self) -> tuple[str, str, str]:
        """The sort key of rows that are otherwise equal."""
        entry = self.account.entry
        return entry.name.casefold(), entry.id, entry.workspace_id


@dataclass(frozen=True, slots=True)
class QueueCount:
    """The number of accounts in a queue, and what they owe by currency code."""

    accounts: int
    owed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ScannedAccounts:
    """All accounts that have been read so far."""

    accounts: tuple[ScannedAccount, ...]
    progress: results.Progress

    def rows(self, queue: Queue, account_filter: Filter, now: datetime) -> list[Row]:
        """Return the accounts of a queue that match a filter, in order."""
        rows = [
            Row(account, queue.reason(account, now))
            for account in self.accounts
            if account_filter.matches(account.entry, account.filter_statuses)
        ]
        if queue.key != ALL:
            rows = [row for row in rows if row.reason is not None]
        return sorted(rows, key=lambda row: row.order)

    def not_read(self, account_filter: Filter) -> tuple[results.NotRead, ...]:
        """Return what could not be read and may match the filter. A workspace may contain any account."""

        def may_match(one: results.NotRead) -> bool:
            if one.account is None:
                return account_filter.may_match_workspace(one.workspace_id)
            return account_filter.may_match(account_entry(one.account))

        return tuple(filter(may_match, self.progress.not_read))

    def counts(self, account_filter: Filter, now: datetime) -> dict[str, QueueCount]:
        """Return the number of matching accounts in each queue, and what they owe."""
        rows = {key: self.rows(queue, account_filter, now) for key, queue in QUEUES.items()}
        return {key: QueueCount(len(found), totals(found)) for key, found in rows.items()}

    @property
    def statuses(self) -> frozenset[str] | None:
        """Valid values of `status:`: the documented ones and those that occur. None before the scan is finished."""
        if not self.progress.is_finished:
            return None
        return _STATUSES.union(_URGENCIES.values(), *(account.statuses for account in self.accounts))


def load(actor: Actor, now: datetime) -> ScannedAccounts:
    """Return the results of the scan so far. Days are those of the zone of `now`. Raise `store.ScanLost`."""
    progress = results.progress(actor, store.ACCOUNT_DETAILS)
    accounts = tuple(_scanned_account(item, now) for item in details.load(actor, progress))
    return ScannedAccounts(accounts, progress)


def totals(rows: Iterable[Row]) -> dict[str, int]:
    """Return what the accounts of these rows owe, per currency code, sorted."""
    return totals_owed(row.account.owed for row in rows)


def _scanned_account(item: Mapping[str, Any], now: datetime) -> ScannedAccount:
    subscriptions = _parse(item["subscriptions"], Subscription.from_json)
    marks = {mark: True for mark in summaries.ACCOUNT_MARKS if item["account"].get(mark) is True}
    invoices = _parse(item["invoices"], Invoice.from_json)
    statements = account_status(
        BillingAccount(extra=marks) if marks else None,
        subscriptions,
        invoices,
        _parse(item["payment_methods"], PaymentMethod.from_json),
        now,
        newest=tasks.INVOICES_PER_PAGE if item["has_older"] else None,
        cut=item.get("cut", ()),
    )
    is_cut = "subscriptions" in item.get("cut", ())
    none = set() if is_cut else {"none"}
    has_ended = bool(subscriptions) and all(terms.has_ended(one, now) for one in subscriptions)
    bills = (terms.next_bill_at(one, now) for one in subscriptions)
    statuses = {one.status or "unknown" for one in subscriptions} or none
    return ScannedAccount(
        account_entry(item["account"]),
        statements,
        frozenset(statuses | {one.code.value for one in statements}),
        datetime.fromisoformat(item["read_at"]) if item["read_at"] else None,
        bool(item["has_older"]),
        owed_on(invoices, now.tzinfo, now),
        min((at for at in bills if at is not None), default=None),
        item["account"].get("archived") is True or (has_ended and not is_cut),
        invoices,
    )


def _parse(documents: Sequence[Any], from_json: Callable[[object], Any]) -> tuple[Any, ...]:
    return tuple(from_json(document) for document in documents)


def _is_within(days: int, one: Statement, now: datetime) -> bool:
    return one.at is not None and days_until(one.at, now) <= days


_ALL_QUEUES: Final = (
    Queue(ALL, "All accounts", "All accounts you can access, most urgent first.", lambda *_: True),
    Queue(
        "past-due",
        "Past due",
        "Accounts with an overdue invoice, or with a subscription that is past due or unpaid.",
        lambda one, now: one.code is Code.PAST_DUE,
    ),
    Queue(
        "trials",
        "Trial ending",
        "Accounts whose trial ends within seven days.",
        lambda one, now: one.code is Code.TRIAL_ENDS and _is_within(TRIAL_SOON_DAYS, one, now),
    ),
    Queue(
        "cards-expired",
        "Card expired",
        "Accounts whose default card, or the card of a subscription, has expired.",
        lambda one, now: one.code is Code.CARD_EXPIRED,
        is_for_open=True,
    ),
    Queue(
        "cards",
        "Card expiring",
        "Accounts whose default card, or the card of a subscription, expires within thirty days.",
        lambda one, now: one.code in _EXPIRING and _is_within(CARD_SOON_DAYS, one, now),
        is_for_open=True,
    ),
    Queue(
        "no-default",
        "No default payment method",
        "Accounts without a payment method for the next bill.",
        lambda one, now: one.code is Code.NO_DEFAULT_PAYMENT_METHOD,
        is_for_open=True,
    ),
    Queue(
        "drafts",
        "Drafts",
        "Accounts with invoices that have not been issued yet.",
        lambda one, now: one.code is Code.DRAFT_INVOICE,
    ),
)
QUEUES: Final[Mapping[str, Queue]] = MappingProxyType({queue.key: queue for queue in _ALL_QUEUES})
