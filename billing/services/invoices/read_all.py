"""Reading many invoices in one request: so many pages, so many seconds, and an honest word about the rest."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError, UnexpectedAnswer
from billing.altostrat.failure_reasons import FailureReason
from billing.altostrat.operations.invoices import LIST_INVOICES
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.services.actor import Actor
from billing.services.invoices import page as invoices
from billing.services.reads import Failed, Kept, Live, Read, find_copies, read

LONGEST_PAGE: Final = 200
# Altostrat's documented rate is 60 calls a minute and token: a walk takes a sixth of it at most.
_PAGES: Final = 10
_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Walk:
    """What was read, newest first, each invoice once.

    `next_after` is where to go on; empty at the end of the list. `received_at` is when the oldest answer came,
    `last` the answer that came last. `why_kept` is the failure for which copies stand in, from some page on.
    """

    invoices: tuple[Invoice, ...]
    next_after: str
    received_at: datetime
    last: Answer[Listing[Invoice]]
    why_kept: AltostratError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing older is left."""
        return not self.next_after

    @property
    def oldest(self) -> datetime | None:
        """The day up to which was read."""
        return next((row.created_at for row in reversed(self.invoices) if row.created_at), None)

    @property
    def request_id(self) -> str | None:
        """Altostrat's, of the last answer."""
        return self.last.request_id

    def named(self, invoice_id: str) -> Invoice | None:
        """The invoice with that id, if it was read."""
        return next((row for row in self.invoices if row.id == invoice_id), None)


def walk(
    actor: Actor,
    *,
    workspace_id: str,
    billing_account_id: str,
    after: str = "",
    until: str = "",
    pages: int = _PAGES,
    seconds: float = _SECONDS,
) -> Walk:
    """The invoices behind `after`, or from the newest on; with `until`, no page after the one with that invoice.

    While Altostrat is away, from copies, if there is one of each page. Raises NotPermitted, NoToken, AltostratError;
    UnexpectedAnswer when a page leads back, or says that there is more and not where.
    """
    cursor, seen, known, order = after, {after} - {""}, set[str](), list[Invoice]()
    answers: list[Answer[Listing[Invoice]]] = []
    ends_at, why_kept = time.monotonic() + seconds, None
    for _ in range(pages):
        page = invoices.page_of(workspace_id, billing_account_id, limit=LONGEST_PAGE, after=cursor)
        answer, why_kept = _read(actor, workspace_id, page, why_kept)
        answers.append(answer)
        fresh = [row for row in answer.value.items if row.id is None or row.id not in known]
        order += fresh
        known.update(row.id for row in fresh if row.id)
        cursor = _cursor_behind(answer.value, seen, has_fresh=bool(fresh))
        if not cursor or until in known or time.monotonic() > ends_at:
            break
    received_at = min(answer.received_at for answer in answers)
    return Walk(tuple(order), cursor, received_at, answers[-1], why_kept)


def _read(
    actor: Actor, workspace_id: str, page: Read[Listing[Invoice]], why_kept: AltostratError | None
) -> tuple[Answer[Listing[Invoice]], AltostratError | None]:
    """One page, or its copy and why. Altostrat that failed once is not waited for again in the same walk."""
    reads = {"page": page}
    if why_kept is not None:
        copy = find_copies(actor, workspace_id, reads).get("page")
        if copy is None:
            raise why_kept
        return copy, why_kept
    match read(actor, workspace_id, reads)["page"]:
        case Live(answer):
            return answer, None
        case Kept(answer, why):
            return answer, why
        case Failed(error):
            raise error
    raise TypeError("a read without a time limit is never late")


def _cursor_behind(page: Listing[Invoice], seen: set[str], *, has_fresh: bool) -> str:
    """Where the next page begins, or nothing."""
    cursor = invoices.next_cursor(page, LONGEST_PAGE)
    if (page.has_more and not cursor) or cursor in seen or (cursor and not has_fresh):
        operation = LIST_INVOICES
        raise UnexpectedAnswer(operation.method, operation.path_template, 200, None, FailureReason.ENDLESS)
    if cursor:
        seen.add(cursor)
    return cursor
