"""The open invoices that a promise to pay covers, from live answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from billing.altostrat.resources.invoices import Invoice
from billing.services.actor import Actor
from billing.services.follow_ups.promises import Promised, covered_invoices
from billing.services.invoices.read_all import read_invoices


@dataclass(frozen=True, slots=True)
class OpenInvoices:
    """Invoices of an account. If they are not complete, older ones may be open too."""

    invoices: tuple[Invoice, ...]
    is_complete: bool
    zone: tzinfo | None
    now: datetime

    def covered(self, day: date) -> dict[str, Promised]:
        """Return the invoices that are due by a day."""
        return covered_invoices(self.invoices, day, self.zone, self.now)

    @property
    def owed(self) -> dict[str, int]:
        """What remains of all open invoices, by currency code, sorted."""
        sums: dict[str, int] = {}
        for one in self.covered(date.max).values():
            sums[one.currency] = sums.get(one.currency, 0) + one.remaining
        return dict(sorted(sums.items()))


def open_invoices(actor: Actor, ids: tuple[str, str], *, zone: tzinfo | None, now: datetime) -> OpenInvoices:
    """Read the invoices. Raise NotPermitted, NoToken, AltostratError, also where only a copy could be shown."""
    found = read_invoices(actor, workspace_id=ids[0], billing_account_id=ids[1])
    if found.copy_error is not None:
        raise found.copy_error
    return OpenInvoices(found.invoices, found.is_complete, zone, now)
