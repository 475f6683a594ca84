"""The two invoices of an account to compare."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from billing.altostrat.resources.invoices import Invoice
from billing.services.actor import Actor
from billing.services.invoices.read_all import InvoiceList, read_invoices

# A draft can still change, and a voided invoice was a mistake.
NOT_CHARGED: Final = frozenset({"draft", "void"})


@dataclass(frozen=True, slots=True)
class Pair:
    """Two invoices, each None if it was not found, and the list that was read."""

    old: Invoice | None
    new: Invoice | None
    invoice_list: InvoiceList

    @property
    def is_whole(self) -> bool:
        return self.old is not None and self.new is not None


def find_pair(
    actor: Actor, *, workspace_id: str, billing_account_id: str, old_id: str = "", new_id: str = ""
) -> Pair:
    """Return the invoices with these ids. The default is the newest finalized invoice, and the finalized one before it.

    Read no further than necessary. Raise what `read_invoices` raises.
    """
    read = partial(read_invoices, actor, workspace_id=workspace_id, billing_account_id=billing_account_id)
    last = old_id or new_id
    first = read(until=last) if last else read(max_pages=1)
    found = _pair(first, old_id, new_id)
    return found if found.is_whole or first.is_complete else _pair(read(), old_id, new_id)


def finalized(invoices: tuple[Invoice, ...]) -> tuple[Invoice, ...]:
    """Return those that have been charged, without drafts and voided ones."""
    return tuple(one for one in invoices if one.status not in NOT_CHARGED)


def newest_pair(
    invoices: tuple[Invoice, ...], old_id: str = "", new_id: str = ""
) -> tuple[Invoice | None, ...]:
    """Return the former and the present invoice, from a list with the newest one first."""
    rows = finalized(invoices)
    new = next((one for one in (invoices if new_id else rows) if new_id in ("", one.id)), None)
    if old_id or new is None:
        return next((one for one in invoices if old_id and one.id == old_id), None), new
    older = invoices[invoices.index(new) + 1 :]
    return next(iter(finalized(older)), None), new


def _pair(found: InvoiceList, old_id: str, new_id: str) -> Pair:
    old, new = newest_pair(found.invoices, old_id, new_id)
    return Pair(old, new, found)
