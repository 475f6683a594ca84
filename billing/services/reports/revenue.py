"""Recurring revenue per currency and month, with its movements, from the details that a scan stores.

A past month is what invoices billed for its end. The current month is what active and past due subscriptions cost per
month. Amounts are exact fractions of the smallest unit, before discounts and tax, and are rounded where they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from math import floor

from billing.services.actor import Actor
from billing.services.invoices.recurring import month_number
from billing.services.reports.missing import missing
from billing.services.reports.recurring_amounts import AccountRevenue, NotCounted, account_revenues
from billing.services.scans import details, results, store
from billing.services.scans.results import NotRead, Progress
from billing.services.scans.search_index import Entry
from billing.services.scans.summaries import REPORT_MONTHS


class Movement(StrEnum):
    """Why the revenue of a customer differs from the month before."""

    NEW = "new"
    REACTIVATION = "reactivation"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"


@dataclass(frozen=True, slots=True)
class AccountMonth:
    """The revenue of an account at the end of the month before, and of this one. `at_risk` is past due."""

    account: Entry
    before: Fraction
    after: Fraction
    movement: Movement | None
    at_risk: Fraction

    @property
    def change(self) -> Fraction:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a month, rounded: `start` and all movements add up to `end`."""

    start: int
    movements: Mapping[Movement, int]
    end: int
    at_risk: int

    @property
    def change(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class MonthRevenue:
    """A month of one currency, and the accounts with revenue then or before. A month is a `month_number`."""

    currency: str
    month: int
    accounts: tuple[AccountMonth, ...]
    is_current: bool

    @property
    def start(self) -> Fraction:
        return sum((one.before for one in self.accounts), Fraction())

    @property
    def end(self) -> Fraction:
        return sum((one.after for one in self.accounts), Fraction())

    @property
    def movements(self) -> Mapping[Movement, Fraction]:
        """The exact amounts. They are negative for contraction and churn, and add up to the difference."""
        found = dict.fromkeys(Movement, Fraction())
        for one in self.accounts:
            if one.movement is not None:
                found[one.movement] += one.change
        return found

    @property
    def customers(self) -> int:
        return sum(one.after > 0 for one in self.accounts)

    @property
    def figures(self) -> Figures:
        start, end = rounded(self.start), rounded(self.end)
        at_risk = sum((one.at_risk for one in self.accounts), Fraction())
        return Figures(start, _rounded_parts(self.movements, end - start), end, rounded(at_risk))


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """The months by currency code, oldest first. `missing` is what could not be read: then there are no totals."""

    progress: Progress
    months: tuple[MonthRevenue, ...]
    not_counted: tuple[NotCounted, ...]
    missing: tuple[NotRead, ...]

    @property
    def is_complete(self) -> bool:
        return self.progress.is_finished and not self.missing


def load(actor: Actor, now: datetime) -> RevenueReport:
    """Return the report from the scan so far. Raise `store.ScanLost`."""
    progress = results.progress(actor, store.ACCOUNT_DETAILS)
    documents = details.load(actor, progress)
    revenues, not_counted = account_revenues(documents, now)
    months = tuple(months_of(revenues, month_number(now)))
    return RevenueReport(progress, months, not_counted, missing(progress, documents))


def months_of(revenues: Iterable[AccountRevenue], current: int) -> Iterator[MonthRevenue]:
    """Yield the last months of each currency, without those before its first revenue."""
    by_currency: dict[str, list[AccountRevenue]] = {}
    for one in revenues:
        by_currency.setdefault(one.currency, []).append(one)
    for currency in sorted(by_currency):
        has_begun = False
        for month in range(current - REPORT_MONTHS + 1, current + 1):
            accounts = [_account_month(one, month, current) for one in by_currency[currency]]
            found = tuple(one for one in accounts if one.before or one.after)
            has_begun = has_begun or bool(found)
            if has_begun:
                yield MonthRevenue(currency, month, found, month == current)


def _account_month(one: AccountRevenue, month: int, current: int) -> AccountMonth:
    before, after = one.in_month(month - 1), one.in_month(month)
    at_risk = one.at_risk if month == current else Fraction()
    return AccountMonth(one.account, before, after, _movement(one, month, before, after), at_risk)


def _movement(one: AccountRevenue, month: int, before: Fraction, after: Fraction) -> Movement | None:
    if before == after:
        return None
    if not after:
        return Movement.CHURN
    if before:
        return Movement.EXPANSION if after > before else Movement.CONTRACTION
    return Movement.REACTIVATION if one.was_billed_before(month) else Movement.NEW


def rounded(amount: Fraction) -> int:
    """Return the nearest integer, half away from zero."""
    whole = floor(abs(amount) + Fraction(1, 2))
    return whole if amount >= 0 else -whole


def _rounded_parts(parts: Mapping[Movement, Fraction], total: int) -> Mapping[Movement, int]:
    """Return each part rounded up or down, so that the parts add up to a total, which is itself rounded.

    Those with the largest remainders are rounded up. Whole parts stay as they are.
    """
    result = {name: floor(part) for name, part in parts.items()}
    by_remainder = sorted(parts, key=lambda name: result[name] - parts[name])
    for name in by_remainder[: total - sum(result.values())]:
        result[name] += 1
    return result
