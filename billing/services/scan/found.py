"""Reading what scans found, and how far they are. No call, no budget: everything comes from the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.utils import timezone

from billing.models import AltostratToken, Scan
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.scan import store

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something a scan could not read: its name, its ids, and the name and status of the error; or a `note`. Of an
    account, `account` is what the directory says."""

    what: str
    error: str = ""
    status: int | None = None
    workspace_id: str = ""
    billing_account_id: str = ""
    note: str = ""
    account: Document | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the scans of one kind are, all tokens together. `total` grows as more is discovered.

    `wait_seconds` is above zero while the budget of the minute is used up, `trouble` is the error for which it
    waits, and is tried again.
    """

    kind: str
    done: int = 0
    total: int = 0
    has_begun: bool = False
    is_finished: bool = False
    is_stopped: bool = False
    wait_seconds: int = 0
    not_read: tuple[NotRead, ...] = ()
    trouble: NotRead | None = None
    sought: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def is_complete(self) -> bool:
        """Whether everything there is has been read."""
        return self.is_finished and not self.not_read


def progress(actor: Actor, kind: str) -> Progress:
    """Where the scans of a kind are."""
    rows = list(store.of(actor, kind))
    if not rows:
        return Progress(kind)
    books = [book for row in rows if (book := store.head(row)) is not None]
    waits = [row.resume_at for row in rows if row.state == Scan.State.RUNNING and row.resume_at]
    running = [row for row in rows if row.state == Scan.State.RUNNING]
    left = max(0, ceil((min(waits) - timezone.now()).total_seconds())) if waits else 0
    troubles = [book.trouble for book in books if book.trouble]
    finished = [row.finished_at for row in rows if row.finished_at]
    return Progress(
        kind,
        done=sum(row.done for row in rows),
        total=sum(row.total for row in rows),
        has_begun=True,
        is_finished=all(row.state == Scan.State.FINISHED for row in rows),
        is_stopped=not running and any(row.state == Scan.State.STOPPED for row in rows),
        wait_seconds=left if len(waits) == len(running) else 0,
        not_read=(*of_refused_tokens(actor), *(_not_read(one) for book in books for one in book.failed)),
        trouble=_not_read({"what": "", **troubles[0]}) if troubles else None,
        sought=next((book.sought for book in books if book.sought), ""),
        started_at=min(row.started_at for row in rows),
        finished_at=max(finished) if finished else None,
    )


def of_refused_tokens(actor: Actor) -> list[NotRead]:
    """What no walk reads: it is missing in all of them, for as long as these tokens are refused."""
    refused = tokens.of(actor).filter(status=AltostratToken.Status.REFUSED, is_default=False)
    return [
        NotRead(f"The workspace of your token “{row.label}”", "TokenRejected", 401, row.workspace_id)
        for row in refused.exclude(workspace_id="")
    ]


def items(actor: Actor, kind: str) -> Iterator[Document]:
    """Everything found so far, in the order in which it was found, one token after the other."""
    for row in store.of(actor, kind):
        for part in store.parts(row):
            yield from part


def _not_read(one: Document) -> NotRead:
    return NotRead(
        str(one["what"]),
        str(one.get("error") or ""),
        one.get("status"),
        str(one.get("workspace_id") or ""),
        str(one.get("billing_account_id") or ""),
        str(one.get("note") or ""),
        one.get("account"),
    )
