"""All invoices of many accounts: a scan reads them page by page, and the list is complete or not available."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from billing.altostrat.resources.invoices import Invoice
from billing.models import User
from billing.services.actor import Actor
from billing.services.scans import queues, results, run, store
from billing.services.scans.account_filter import Filter
from billing.services.scans.queues import Queue
from billing.services.scans.search_index import Entry, account_entry


@dataclass(frozen=True, slots=True)
class AccountInvoice:
    account: Entry
    invoice: Invoice


def name_of(queue_key: str, text: str) -> str:
    """Return the name of an export: its queue, and the filter as typed."""
    return f"{queue_key} {text}"


def start(actor: Actor, queue: Queue, account_filter: Filter, name: str, now: datetime) -> None:
    """Read the invoices of the accounts in a queue. It replaces the person's previous export.

    If the status of an account could not be read, the queue of all accounts includes it. Other queues report it as
    missing, because it may belong to the queue. Do nothing before all accounts have been read.
    """
    accounts = queues.load(actor, now)
    if not accounts.progress.is_finished:
        return
    entries = (row.account.entry for row in accounts.rows(queue, account_filter, now))
    ids = {(entry.workspace_id, entry.id) for entry in entries}
    not_read = accounts.not_read(account_filter)
    if queue.key == queues.ALL:
        ids |= {(one.workspace_id, one.billing_account_id) for one in not_read if one.account is not None}
        not_read = tuple(one for one in not_read if one.account is None)

    def is_included(account: store.Document) -> bool:
        return (account["workspace_id"] or "", account["id"] or "") in ids

    run.start_for_accounts(actor, store.INVOICES, name, is_included, not_read, source=store.ACCOUNT_DETAILS)


def current(actor: Actor, name: str) -> results.Progress | None:
    """Return the export of that name, if it is the person's latest one. If it is ready, they know that now."""
    progress = results.progress(actor, store.INVOICES)
    if not progress.has_begun or progress.query != name:
        return None
    if progress.is_finished and actor.user.export_ready_at is not None:
        User.objects.filter(pk=actor.user.pk).update(export_ready_at=None)
        actor.user.export_ready_at = None
    return progress


def latest_name(actor: Actor) -> str:
    """Return the name of the person's latest export, or "" if there is none any more."""
    progress = results.progress(actor, store.INVOICES)
    return progress.query if progress.has_begun else ""


def announce(actor: Actor) -> None:
    """Let the person's pages say that their export is ready, until they open it."""
    User.objects.filter(pk=actor.user.pk).update(export_ready_at=timezone.now())


def invoices(actor: Actor, progress: results.Progress) -> Iterator[AccountInvoice]:
    """Yield all invoices, with one scan step in memory at a time. May raise `store.ScanLost` in the middle."""
    for item in results.items(actor, progress):
        yield AccountInvoice(account_entry(item["account"]), Invoice.from_json(item["invoice"]))
