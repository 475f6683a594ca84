"""What a scan of account details has read of each account: its latest invoices, or all of them."""

from __future__ import annotations

from billing.services.actor import Actor
from billing.services.scans import results
from billing.services.scans.store import Document


def load(actor: Actor, progress: results.Progress) -> list[Document]:
    """Return the details of each account. Older invoices are included, and `has_older` is false, once all have been
    read.

    Raise `store.ScanLost`.
    """
    found: list[Document] = []
    older: dict[tuple[str, str], list[Document]] = {}
    for item in results.items(actor, progress):
        if "older_of" in item:
            older.setdefault(_key(item["older_of"]), []).append(item)
        else:
            found.append(item)
    return [_merged(details, older.get(_key(details["account"]), [])) for details in found]


def _merged(details: Document, pages: list[Document]) -> Document:
    if not any(page["is_last"] for page in pages):
        return details
    invoices = [*details["invoices"], *(one for page in pages for one in page["invoices"])]
    recurring = _joined([one["recurring"] for one in (details, *pages)])
    return {**details, "invoices": invoices, "recurring": recurring, "has_older": False}


def _joined(newest_first: list[Document]) -> Document:
    """Return what recurs on all pages of invoices. The newest unit amounts count."""
    units: Document = {}
    for page in newest_first:
        units = {**page["units"], **units}
    return {
        "billed": [one for page in newest_first for one in page["billed"]],
        "first_at": min((at for page in newest_first if (at := page["first_at"]) is not None), default=None),
        "units": units,
    }


def _key(account: Document) -> tuple[str, str]:
    return account["workspace_id"] or "", account["id"] or ""
