"""Work queues over all accounts that a person's tokens see, from what a walk found. Nothing here asks Altostrat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription
from billing.services.actor import Actor
from billing.services.billing_accounts.status import (
    CARD_SOON_DAYS,
    KNOWN,
    TRIAL_SOON_DAYS,
    Code,
    Statement,
    account_status,
    days_until,
)
from billing.services.scans import results as found
from billing.services.scans import store, tasks
from billing.services.scans.account_filter import Filter
from billing.services.scans.directory import Entry, account_entry

_STATUSES: Final = KNOWN | {"none", "unknown"} | {code.value for code in Code if code is not Code.NEXT_BILL}
_CARDS: Final = frozenset({Code.CARD_EXPIRED, Code.CARD_EXPIRES_BEFORE_NEXT_BILL, Code.CARD_EXPIRES_SOON})


@dataclass(frozen=True, slots=True)
class Standing:
    """How one account stood at `read_at`, worst news first. `has_older`: not all of its invoices were looked at."""

    entry: Entry
    statements: tuple[Statement, ...]
    statuses: frozenset[str]
    read_at: datetime | None
    has_older: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: what in an account's standing puts it there."""

    key: str
    title: str
    about: str
    wants: Callable[[Statement, datetime], bool]

    def reason(self, standing: Standing, now: datetime) -> Statement | None:
        """The first statement that puts an account into this queue; None when none does."""
        return next((one for one in standing.statements if self.wants(one, now)), None)


@dataclass(frozen=True, slots=True)
class Row:
    """An account in a queue, and why it is there; of the queue of all, its worst news, if there is any."""

    standing: Standing
    reason: Statement | None

    @property
    def order(self) -> tuple[str, str, str]:
        """Where it stands among rows of which nothing else tells: by name, equal names by id."""
        entry = self.standing.entry
        return entry.name.casefold(), entry.id, entry.workspace_id


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of all accounts, so far."""

    standings: tuple[Standing, ...]
    progress: found.Progress

    def rows(self, queue: Queue, wanted: Filter, now: datetime) -> list[Row]:
        """The accounts of a queue that fit a filter, in their order."""
        rows = [
            Row(standing, queue.reason(standing, now))
            for standing in self.standings
            if wanted.fits(standing.entry, standing.statuses)
        ]
        if queue.key != ALL:
            rows = [row for row in rows if row.reason is not None]
        return sorted(rows, key=lambda row: row.order)

    def not_read(self, wanted: Filter) -> tuple[found.NotRead, ...]:
        """What could not be read and may fit the filter: a workspace may hold anything."""
        return tuple(
            one
            for one in self.progress.not_read
            if one.account is None or wanted.may_fit(account_entry(one.account))
        )

    def counts(self, wanted: Filter, now: datetime) -> dict[str, int]:
        """How many accounts that fit a filter are in each queue."""
        return {key: len(self.rows(queue, wanted, now)) for key, queue in QUEUES.items()}

    @property
    def statuses(self) -> frozenset[str] | None:
        """What `status:` may ask for: what is documented or said, and what occurs; None before all of it is known."""
        if not self.progress.is_finished:
            return None
        return _STATUSES.union(*(standing.statuses for standing in self.standings))


def known(actor: Actor, now: datetime) -> Facts:
    """What the walk over all accounts found so far; days are those of the zone of `now`. Raises `store.ScanLost`."""
    progress = found.progress(actor, store.FACTS)
    standings = tuple(_standing(item, now) for item in found.items(actor, progress))
    return Facts(standings, progress)


def _standing(item: Mapping[str, Any], now: datetime) -> Standing:
    subscriptions = _read(item["subscriptions"], Subscription.from_json)
    statements = account_status(
        None,
        subscriptions,
        _read(item["invoices"], Invoice.from_json),
        _read(item["payment_methods"], PaymentMethod.from_json),
        now,
        newest=tasks.INVOICES_ASKED if item["has_older"] else None,
    )
    statuses = {one.status or "unknown" for one in subscriptions} or {"none"}
    return Standing(
        account_entry(item["account"]),
        statements,
        frozenset(statuses | {one.code.value for one in statements}),
        datetime.fromisoformat(item["read_at"]) if item["read_at"] else None,
        bool(item["has_older"]),
    )


def _read(documents: Sequence[Any], from_json: Callable[[object], Any]) -> tuple[Any, ...]:
    return tuple(from_json(document) for document in documents)


def _within(days: int) -> Callable[[Statement, datetime], bool]:
    return lambda one, now: one.at is not None and days_until(one.at, now) <= days


ALL: Final = "all"

QUEUES: Final[Mapping[str, Queue]] = MappingProxyType(
    {
        queue.key: queue
        for queue in (
            Queue(
                ALL,
                "All accounts",
                "Every account that your tokens see, and its worst news.",
                lambda *_: True,
            ),
            Queue(
                "past-due",
                "Past due",
                "An open invoice behind its due date, or a subscription past due or unpaid.",
                lambda one, now: one.code is Code.PAST_DUE,
            ),
            Queue(
                "trials",
                "Trial ending",
                "A trial that ends within seven days.",
                lambda one, now: one.code is Code.TRIAL_ENDS and _within(TRIAL_SOON_DAYS)(one, now),
            ),
            Queue(
                "cards",
                "Card expiring",
                "The default card has expired, or does so within thirty days.",
                lambda one, now: one.code in _CARDS and _within(CARD_SOON_DAYS)(one, now),
            ),
            Queue(
                "no-default",
                "No default payment method",
                "Nothing that the next bill could be charged to.",
                lambda one, now: one.code is Code.NO_DEFAULT_PAYMENT_METHOD,
            ),
            Queue(
                "drafts",
                "Drafts",
                "Invoices that are not issued yet.",
                lambda one, now: one.code is Code.DRAFT_INVOICE,
            ),
        )
    }
)
