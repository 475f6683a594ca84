"""The recurring revenue of each account: what its invoices billed for past months, and what its subscriptions cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final

from billing.altostrat.resources.subscriptions import Subscription, SubscriptionItem
from billing.services.billing_accounts.status import terms
from billing.services.invoices.recurring import Frequency, frequency_of, month_number
from billing.services.scans.search_index import Entry, account_entry
from billing.services.scans.store import Document
from billing.services.scans.summaries import REPORT_MONTHS

_PAST_DUE: Final = "past_due"
_COUNTED: Final = frozenset({"active", _PAST_DUE})

# Currency and price ID.
_Price = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NotCounted:
    """What recurs, but is not part of the revenue. `subscription_id` is empty for a price on invoices."""

    account: Entry
    subscription_id: str
    what: str
    why: str


@dataclass(slots=True)
class AccountRevenue:
    """The revenue of one account in one currency by month, and the month of its first one, if it has been billed."""

    account: Entry
    currency: str
    first: int | None
    months: dict[int, Fraction] = field(default_factory=dict)
    at_risk: Fraction = field(default_factory=Fraction)

    def in_month(self, month: int) -> Fraction:
        return self.months.get(month, Fraction())

    def was_billed_before(self, month: int) -> bool:
        return self.first is not None and self.first < month


def account_revenues(
    documents: Sequence[Document], now: datetime
) -> tuple[list[AccountRevenue], tuple[NotCounted, ...]]:
    """Return the revenue in each currency of each account, and what is not counted."""
    prices = _Prices(documents)
    accounts = [_Account(document, prices, now) for document in documents]
    return (
        [revenue for one in accounts for revenue in one.revenues.values()],
        tuple(dict.fromkeys(missed for one in accounts for missed in one.not_counted)),
    )


class _Prices:
    """What all accounts together say about prices, which they share."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._frequencies: dict[str, Frequency | None] = {}
        self._units: dict[_Price, int] = {}
        for document in documents:
            for subscription in map(Subscription.from_json, document["subscriptions"]):
                for item in (subscription.product_quantities or {}).values():
                    self._add(item)
            for price_id, (minor, currency) in document["recurring"]["units"].items():
                self._units.setdefault((currency, price_id), minor)

    def _add(self, item: SubscriptionItem) -> None:
        found, price_id = frequency_of(item), item.price_id or ""
        if price_id and self._frequencies.setdefault(price_id, found) != found:
            self._frequencies[price_id] = None  # contradictory

    def frequency(self, price_id: str) -> Frequency | None:
        return self._frequencies.get(price_id)

    def unit(self, price: _Price, own: Mapping[str, Sequence[object]]) -> int | None:
        """Return the unit amount on the account's own invoices, otherwise on those of others."""
        minor, currency = own.get(price[1]) or (None, "")
        return minor if isinstance(minor, int) and currency == price[0] else self._units.get(price)


class _Account:
    def __init__(self, document: Document, prices: _Prices, now: datetime) -> None:
        self.revenues: dict[str, AccountRevenue] = {}
        self.not_counted: list[NotCounted] = []
        self._entry = account_entry(document["account"])
        self._recurring, self._prices, self._now = document["recurring"], prices, now
        self._current = month_number(now)
        self._last_billed: dict[_Price, Fraction] = {}
        for currency, price_id, billed in self._recurring["billed"]:
            self._add_billed((currency, price_id), billed)
        for subscription in map(Subscription.from_json, document["subscriptions"]):
            if self._is_counted(subscription):
                self._add_subscription(subscription)

    def _add_billed(self, price: _Price, billed: Iterable[tuple[int, int | None]]) -> None:
        frequency = self._prices.frequency(price[1])
        for seconds, amount in billed:
            at = datetime.fromtimestamp(seconds, UTC)
            if frequency is None or amount is None:
                if month_number(at) >= self._current - REPORT_MONTHS:
                    self._miss("", f"Invoices with {price[1] or 'lines without a price'}", _why(frequency))
                continue
            for month in frequency.months(at):
                self._add_month(price, month, amount * frequency.per_month)

    def _add_month(self, price: _Price, month: int, amount: Fraction) -> None:
        if month < self._current:
            revenue = self._revenue(price[0])
            revenue.months[month] = revenue.in_month(month) + amount
        elif month == self._current:
            self._last_billed[price] = self._last_billed.get(price, Fraction()) + amount

    def _is_counted(self, one: Subscription) -> bool:
        return (
            one.status in _COUNTED
            and not terms.has_ended(one, self._now)
            and not terms.is_in_trial(one, self._now)
            and terms.pause_of(one, self._now) is None
        )

    def _add_subscription(self, one: Subscription) -> None:
        currency = (one.currency or self._entry.currency).lower()
        for product, item in (one.product_quantities or {}).items():
            amount = self._monthly_amount(currency, item)
            if amount is None:
                self._miss(one.id or "", f"{item.quantity} {product}", _why(frequency_of(item)))
                continue
            revenue = self._revenue(currency)
            revenue.months[self._current] = revenue.in_month(self._current) + amount
            if one.status == _PAST_DUE:
                revenue.at_risk += amount

    def _monthly_amount(self, currency: str, item: SubscriptionItem) -> Fraction | None:
        """Return the quantity at its unit amount. Without one, as with tiers, what was billed last counts, once."""
        price, frequency = (currency, item.price_id or ""), frequency_of(item)
        unit = self._prices.unit(price, self._recurring["units"])
        if frequency is None:
            return None
        if unit is None or item.quantity is None:
            return self._last_billed.pop(price, None)
        return item.quantity * unit * frequency.per_month

    def _revenue(self, currency: str) -> AccountRevenue:
        first_at = self._recurring["first_at"]
        first = None if first_at is None else month_number(datetime.fromtimestamp(first_at, UTC))
        return self.revenues.setdefault(currency, AccountRevenue(self._entry, currency, first))

    def _miss(self, subscription_id: str, what: str, why: str) -> None:
        self.not_counted.append(NotCounted(self._entry, subscription_id, what, why))


def _why(frequency: Frequency | None) -> str:
    return "How often it is billed is not known" if frequency is None else "Its price is not known"
