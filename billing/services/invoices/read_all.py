"""Many invoices in one request, with a limit on pages and time. The result says whether there are more."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, DeadlinePassed, UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.services.actor import Actor
from billing.services.invoices import page as invoices
from billing.services.reads import Failed, Kept, Live, Read, find_copies, read

PAGE_SIZE: Final = 200
# Altostrat documents 60 requests per minute and token: this is a sixth of them.
_MAX_PAGES: Final = 10
_MAX_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class InvoiceList:
    """Invoices, newest first and without duplicates.

    `next_after` is the cursor of the remaining invoices, and empty at the end of the list. `received_at` is the time of
    the oldest answer, `last` is the last answer. If some pages are copies, `copy_error` is the reason.
    """

    invoices: tuple[Invoice, ...]
    next_after: str
    received_at: datetime
    last: Answer[Listing[Invoice]]
    copy_error: AltostratError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether there are no older invoices."""
        return not self.next_after

    @property
    def oldest(self) -> datetime | None:
        return next((row.created_at for row in reversed(self.invoices) if row.created_at), None)

    @property
    def request_id(self) -> str | None:
        """Altostrat's id of the last request."""
        return self.last.request_id

    def find(self, invoice_id: str) -> Invoice | None:
        return next((row for row in self.invoices if row.id == invoice_id), None)


def read_invoices(
    actor: Actor,
    *,
    workspace_id: str,
    billing_account_id: str,
    after: str = "",
    until: str = "",
    max_pages: int = _MAX_PAGES,
    max_seconds: float = _MAX_SECONDS,
) -> InvoiceList:
    """Read the invoices after a cursor, or from the newest one, up to the page with the invoice `until`.

    While Altostrat is unavailable, copies are used if there is one of every page. Raise NotPermitted, NoToken,
    AltostratError; UnexpectedAnswer if a page leads back to an earlier one, or has no cursor although there are more.
    """
    cursor, seen, known, order = after, {after} - {""}, set[str](), list[Invoice]()
    answers: list[Answer[Listing[Invoice]]] = []
    ends_at, copy_error = time.monotonic() + max_seconds, None
    for _ in range(max_pages):
        page = invoices.page_of(workspace_id, billing_account_id, limit=PAGE_SIZE, after=cursor)
        try:
            answer, copy_error = _read(actor, workspace_id, page, copy_error)
        except DeadlinePassed:
            if not answers:
                raise
            break  # what was read is shown, and where it continues
        answers.append(answer)
        new = [row for row in answer.value.items if row.id is None or row.id not in known]
        order += new
        known.update(row.id for row in new if row.id)
        cursor = _next_cursor(answer.value, seen, has_new=bool(new))
        if not cursor or until in known or time.monotonic() > ends_at:
            break
    received_at = min(answer.received_at for answer in answers)
    return InvoiceList(tuple(order), cursor, received_at, answers[-1], copy_error)


def _read(
    actor: Actor, workspace_id: str, page: Read[Listing[Invoice]], copy_error: AltostratError | None
) -> tuple[Answer[Listing[Invoice]], AltostratError | None]:
    """Read one page, or its copy and the error. After an error, Altostrat is not called for the remaining pages."""
    reads = {"page": page}
    if copy_error is not None:
        copy = find_copies(actor, workspace_id, reads).get("page")
        if copy is None:
            raise copy_error
        return copy, copy_error
    match read(actor, workspace_id, reads)["page"]:
        case Live(answer):
            return answer, None
        case Kept(answer, error):
            return answer, error
        case Failed(error):
            raise error
    raise TypeError("a read without a time limit is never late")


def _next_cursor(page: Listing[Invoice], seen: set[str], *, has_new: bool) -> str:
    cursor = invoices.next_cursor(page, PAGE_SIZE)
    if (page.has_more and not cursor) or cursor in seen or (cursor and not has_new):
        operation = LIST_INVOICES
        raise operation.error(UnexpectedAnswer, FailureReason.ENDLESS, 200)
    if cursor:
        seen.add(cursor)
    return cursor
