"""Reading what scans found, and how far they are. No call, no budget: everything comes from the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

from django.utils import timezone

from billing.models import AltostratToken, Scan
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.scans import store

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
    scans: frozenset[UUID] = frozenset()

    @property
    def is_complete(self) -> bool:
        """Whether everything there is has been read."""
        return self.is_finished and not self.not_read


def progress(actor: Actor, kind: str) -> Progress:
    """Where the scans of a kind are. Not begun, unless there is one for every token that walks: what the others found
    is not all there is."""
    rows = list(store.of(actor, kind))
    books = [book for row in rows if (book := store.head(row)) is not None]
    if len(books) < len(rows) or not _is_whole(actor, rows):
        return Progress(kind)
    waits = [row.resume_at for row in rows if row.state == Scan.State.RUNNING and row.resume_at]
    running = [row for row in rows if row.state == Scan.State.RUNNING]
    left = max(0, ceil((min(waits) - timezone.now()).total_seconds())) if waits else 0
    troubles = [book.trouble for book in books if book.trouble]
    refused = _of_refused_tokens(actor)
    failed = [_not_read(one) for book in books for one in book.failed]
    finished = [row.finished_at for row in rows if row.finished_at]
    return Progress(
        kind,
        done=sum(row.done for row in rows),
        total=sum(row.total for row in rows),
        has_begun=True,
        is_finished=all(row.state == Scan.State.FINISHED for row in rows),
        is_stopped=not running and any(row.state == Scan.State.STOPPED for row in rows),
        wait_seconds=left if len(waits) == len(running) else 0,
        not_read=(*refused, *(one for one in failed if one not in refused)),
        trouble=_not_read({"what": "", **troubles[0]}) if troubles else None,
        sought=next((book.sought for book in books if book.sought), ""),
        started_at=min(row.started_at for row in rows),
        finished_at=max(finished) if finished else None,
        scans=frozenset(row.pk for row in rows),
    )


def rows(actor: Actor, progress: Progress) -> list[Scan]:
    """The scans of a progress, as they are by now. Raises `store.ScanLost` when they are others."""
    found = list(store.of(actor, progress.kind)) if progress.has_begun else []
    if {row.pk for row in found} != progress.scans:
        raise store.ScanLost
    return found


def items(actor: Actor, progress: Progress) -> Iterator[Document]:
    """Everything that the scans of a progress found so far, in the order in which it was found, one token after the
    other.

    Raises `store.ScanLost`, perhaps in the middle, when that is not there any more, or not all of it.
    """
    for row in rows(actor, progress):
        for part in store.parts(row):
            yield from part


def _is_whole(actor: Actor, rows: Sequence[Scan]) -> bool:
    usable, _ = store.usable_tokens(actor)
    return bool(rows) and {token.pk for token in usable} <= {row.token_id for row in rows}


def _of_refused_tokens(actor: Actor) -> list[NotRead]:
    refused = tokens.of(actor).filter(status=AltostratToken.Status.REFUSED, is_default=False)
    return [
        NotRead(f"The workspace of your token “{row.label}”", "TokenRejected", 401, row.workspace_id)
        for row in refused.exclude(workspace_id="")
    ]


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
