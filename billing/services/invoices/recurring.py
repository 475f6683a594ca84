"""What invoices bill for subscriptions: the lines that recur, by price, and how often a price recurs.

Prorations, and what is billed beside a subscription, do not recur. Amounts are integers in the smallest unit, before
discounts and tax.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.subscriptions import SubscriptionItem
from billing.services.invoices.line_kinds import is_invoice_item, is_proration
from billing.services.invoices.pairs import NOT_CHARGED

# How many of these intervals a month has.
_PER_MONTH: Final[Mapping[str, Fraction]] = MappingProxyType(
    {"day": Fraction(365, 12), "week": Fraction(52, 12), "month": Fraction(1), "year": Fraction(1, 12)}
)
_DAYS: Final[Mapping[str, int]] = MappingProxyType({"day": 1, "week": 7})
# Stripe bills at least every three years: https://docs.stripe.com/api/prices/create#create_price-recurring
MAX_MONTHS: Final = 36
_MAX_COUNT: Final = 3 * 365


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often a price is billed: every `count` intervals."""

    interval: str
    count: int = 1

    @property
    def per_month(self) -> Fraction:
        """How many times a month has this interval: 1/12 for a year, 52/12 for a week."""
        return _PER_MONTH[self.interval] / self.count

    @property
    def is_short(self) -> bool:
        """Whether it is billed at least every month."""
        return self.per_month >= 1

    def months(self, billed_at: datetime) -> range:
        """Return the months at whose end the price is in force, as `month_number` counts, if it was billed then."""
        first = month_number(billed_at)
        if self.interval in _DAYS:
            return range(first, month_number(billed_at + timedelta(days=_DAYS[self.interval] * self.count)))
        return range(first, first + self.count * (12 if self.interval == "year" else 1))


def frequency_of(item: SubscriptionItem) -> Frequency | None:
    """Return how often a product is billed; None if its interval is missing or not known."""
    count = item.extra.get("interval_count", 1)
    interval = item.interval or ""
    if interval not in _PER_MONTH or type(count) is not int or not 0 < count <= _MAX_COUNT:
        return None
    return Frequency(interval, count)


def month_number(at: datetime) -> int:
    """Return the number of months since the year 0, in UTC, so that a month is the same for every reader."""
    day = at.astimezone(UTC)
    return day.year * 12 + day.month - 1


@dataclass(frozen=True, slots=True)
class Billed:
    """What a line billed, which recurs with its price. `amount` is None if Altostrat does not say."""

    currency: str
    price_id: str
    at: datetime
    amount: int | None


def billed(invoices: Iterable[Invoice]) -> Iterator[Billed]:
    """Yield what recurs on these invoices, without drafts, voided invoices and those without a possible date."""
    for invoice in invoices:
        at = invoice.created_at
        if at is None or not 1990 < at.year < 2190 or invoice.status in NOT_CHARGED:
            continue
        for line in invoice.lines or ():
            if not is_proration(line) and not is_invoice_item(line):
                currency = (line.currency or invoice.currency or "").lower()
                yield Billed(currency, line.price_id or "", at, line.amount)
