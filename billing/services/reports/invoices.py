"""A selection of all invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from billing import amounts
from billing.services.scans.invoice_export import AccountInvoice


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that an invoice must all match; empty ones match every invoice.

    `since` and `until` limit the creation, without `until` itself. `minimum` and `maximum` limit the total, in units of
    the invoice's currency.
    """

    status: str = ""
    currency: str = ""
    workspace_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def matches(self, row: AccountInvoice) -> bool:
        return (
            self.status in ("", row.invoice.status)
            and self.currency in ("", currency_of(row))
            and self.workspace_id in ("", row.account.workspace_id)
            and self._matches_date(row.invoice.created_at)
            and self._matches_amount(_total_in_units(row))
        )

    def _matches_date(self, at: datetime | None) -> bool:
        if at is None:
            return self.since is None and self.until is None
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)

    def _matches_amount(self, total: Decimal | None) -> bool:
        if total is None:
            return self.minimum is None and self.maximum is None
        is_large = self.minimum is None or self.minimum <= total
        return is_large and (self.maximum is None or total <= self.maximum)


def currency_of(row: AccountInvoice) -> str:
    return (row.invoice.currency or "").lower()


def _total_in_units(row: AccountInvoice) -> Decimal | None:
    total = row.invoice.total
    if total is None:
        return None
    exact = amounts.exact(total, row.invoice.currency)
    return Decimal(total) if exact is None else exact
