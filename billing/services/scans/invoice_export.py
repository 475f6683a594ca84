"""Every invoice of many accounts: read page by page in a walk, then given as one list, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.altostrat.resources.invoices import Invoice
from billing.services.actor import Actor
from billing.services.scans import queues, store
from billing.services.scans import results as found
from billing.services.scans import run as walk
from billing.services.scans.account_filter import Filter
from billing.services.scans.directory import Entry, account_entry
from billing.services.scans.queues import Queue


@dataclass(frozen=True, slots=True)
class Line:
    """An invoice, and whose it is."""

    account: Entry
    invoice: Invoice


def begin(actor: Actor, queue: Queue, wanted: Filter, name: str, now: datetime) -> None:
    """Starts reading the invoices of the accounts of a queue, under a name; another export of this person's ends.

    Of the queue of all accounts, those whose standing could not be read are tried, too. What else could not be read may
    belong to the queue, so it is missing in the export. Does nothing before the accounts have been read.
    """
    facts = queues.known(actor, now)
    if not facts.progress.is_finished:
        return
    ids = {(row.standing.entry.workspace_id, row.standing.entry.id) for row in facts.rows(queue, wanted, now)}
    unread = facts.not_read(wanted)
    if queue.key == queues.ALL:
        ids |= {(one.workspace_id, one.billing_account_id) for one in unread if one.account is not None}
        unread = tuple(one for one in unread if one.account is None)

    def is_wanted(account: dict[str, Any]) -> bool:
        return (account["workspace_id"] or "", account["id"] or "") in ids

    walk.begin_over_accounts(actor, store.INVOICES, name, is_wanted, unread, source=store.FACTS)


def under_way(actor: Actor, name: str) -> found.Progress | None:
    """The export of that name, if it is the one that was begun last."""
    progress = found.progress(actor, store.INVOICES)
    return progress if progress.has_begun and progress.sought == name else None


def lines(actor: Actor, progress: found.Progress) -> Iterator[Line]:
    """What was read, one step of the walk in memory at a time. Raises `store.ScanLost`, perhaps in the middle."""
    for item in found.items(actor, progress):
        yield Line(account_entry(item["account"]), Invoice.from_json(item["invoice"]))
