"""The aging of one currency: chart, buckets and accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from billing.amounts import format_amount
from billing.pages.rendering import charts
from billing.pages.rendering.charts import Chart
from billing.pages.rendering.tags import address_of
from billing.services.invoices.aging import Bucket, Total, sum_of
from billing.services.reports.aging import AccountAging, CurrencyAging

# The names in the file, and in the URL of a list of one bucket.
NAMES: Final[Mapping[Bucket, str]] = MappingProxyType(
    {
        Bucket.NOT_DUE: "Not due",
        Bucket.TO_30: "1-30",
        Bucket.TO_60: "31-60",
        Bucket.TO_90: "61-90",
        Bucket.OVER_90: "Over 90",
        Bucket.NO_DATE: "",
    }
)
_NO_DATE: Final = "No date"
_ACCOUNTS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class BucketRow:
    """`link` lists the invoices of the bucket."""

    name: str
    total: Total
    link: str


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account, or several together: the total of each bucket by name. `credit` is None if it is not known."""

    name: str
    link: str
    buckets: Mapping[str, Total]
    total: Total
    credit: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """`key` is unique on the page. The accounts after the first ones are one row, so that the rows add up."""

    key: str
    aging: CurrencyAging
    charts: tuple[Chart, ...]
    buckets: tuple[BucketRow, ...]
    accounts: tuple[AccountRow, ...]
    sum: AccountRow

    @property
    def not_due(self) -> str:
        return format_amount(self.aging.buckets[Bucket.NOT_DUE].amount, self.aging.currency)

    @property
    def late(self) -> str:
        others = (Bucket.NOT_DUE, Bucket.NO_DATE)
        total = sum(one.amount for bucket, one in self.aging.buckets.items() if bucket not in others)
        return format_amount(total, self.aging.currency)

    @property
    def without_date(self) -> str:
        """Empty if all invoices have a date."""
        found = self.aging.buckets[Bucket.NO_DATE]
        return format_amount(found.amount, self.aging.currency) if found.count else ""


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A currency: its total in each bucket that any currency has, or None."""

    part: Part
    cells: tuple[tuple[str, Total | None], ...]


def summary_of(parts: Sequence[Part]) -> list[SummaryRow]:
    """Return a row for each currency, or nothing if there is only one."""
    names = dict.fromkeys(bucket.name for part in parts for bucket in part.buckets)
    rows = []
    for part in parts:
        totals = {bucket.name: bucket.total for bucket in part.buckets}
        rows.append(SummaryRow(part, tuple((name, totals.get(name)) for name in names)))
    return rows if len(rows) > 1 else []


def part_of(found: CurrencyAging) -> Part:
    shown = [bucket for bucket, total in found.buckets.items() if NAMES[bucket] or total.count]
    buckets = tuple(_bucket_row(found, bucket) for bucket in shown)
    key = "".join(letter for letter in found.currency if letter.isalnum() and letter.isascii()) or "none"
    columns = [(row.name, {"open": row.total.amount}) for row in buckets]
    first, others = found.accounts[:_ACCOUNTS_SHOWN], found.accounts[_ACCOUNTS_SHOWN:]
    rows = [_account_row(account, shown) for account in first]
    if others:
        rows.append(_together(f"{len(others)} other account{'s' if len(others) > 1 else ''}", others, shown))
    return Part(
        key,
        found,
        tuple(charts.column_chart(key, shape, columns, found.currency) for shape in charts.SHAPES),
        buckets,
        tuple(rows),
        _together("Total", found.accounts, shown),
    )


def _bucket_row(found: CurrencyAging, bucket: Bucket) -> BucketRow:
    query = urlencode({"currency": found.currency, "bucket": NAMES[bucket]})
    return BucketRow(NAMES[bucket] or _NO_DATE, found.buckets[bucket], f"?{query}#invoices")


def _account_row(row: AccountAging, shown: Iterable[Bucket]) -> AccountRow:
    link = address_of("aging", row.account.workspace_id, row.account.id)
    buckets = {NAMES[bucket] or _NO_DATE: row.buckets[bucket] for bucket in shown}
    return AccountRow(row.account.name, link, buckets, row.total, row.credit)


def _together(name: str, rows: Iterable[AccountAging], shown: Iterable[Bucket]) -> AccountRow:
    accounts = tuple(rows)
    buckets = {NAMES[bucket] or _NO_DATE: sum_of(row.buckets[bucket] for row in accounts) for bucket in shown}
    known = [row.credit for row in accounts if row.credit is not None]
    return AccountRow(name, "", buckets, sum_of(row.total for row in accounts), sum(known) if known else None)
