"""What the scan of account details could not read, for reports that need all of it."""

from __future__ import annotations

from collections.abc import Iterable

from billing.services.scans.results import NotRead, Progress
from billing.services.scans.store import Document


def missing(progress: Progress, documents: Iterable[Document]) -> tuple[NotRead, ...]:
    """Return what the scan could not read, and the accounts of which it did not read the older invoices."""
    cut = tuple(_cut(one["account"]) for one in documents if one["has_older"]) if progress.is_finished else ()
    return (*progress.not_read, *(one for one in cut if not _is_named(one, progress.not_read)))


def _cut(account: Document) -> NotRead:
    return NotRead(
        account["name"] or account["id"] or "Unnamed",
        workspace_id=account["workspace_id"] or "",
        billing_account_id=account["id"] or "",
        note="Its older invoices were not read",
        account=account,
    )


def _is_named(one: NotRead, others: Iterable[NotRead]) -> bool:
    """Return whether the account is among what could not be read."""
    key = (one.workspace_id, one.billing_account_id)
    return any((other.workspace_id, other.billing_account_id) == key for other in others)
