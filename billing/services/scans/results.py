"""The results and the progress of scans, from the database alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from django.utils import timezone

from billing.models import AltostratToken, Scan
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.scans import store
from billing.services.scans.store import Document


@dataclass(frozen=True, slots=True)
class NotRead:
    """Something that a scan could not read: its name and ids, and either an error or a note.

    `account` is the summary of an account, if it is one.
    """

    what: str
    error: str = ""
    status: int | None = None
    workspace_id: str = ""
    billing_account_id: str = ""
    note: str = ""
    account: Document | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of all scans of one kind, one for each token. `total` grows while the scan finds more to read.

    `wait_seconds` is set while the scan has to wait, for the next minute's budget or because of the error `trouble`.
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
    query: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    scans: frozenset[UUID] = frozenset()
    # Whether a worker does the steps.
    is_in_background: bool = False

    @property
    def is_complete(self) -> bool:
        return self.is_finished and not self.not_read


def progress(actor: Actor, kind: str) -> Progress:
    """Return the progress of a kind of scan.

    It has begun only if every usable token has a scan, because the results would be incomplete otherwise.
    """
    rows = list(store.scans_of(actor, kind))
    records = [record for row in rows if (record := store.open_record(row)) is not None]
    if len(records) < len(rows) or not _has_every_token(actor, rows):
        return Progress(kind)
    troubles = [record.trouble for record in records if record.trouble]
    failed = [_not_read(one) for record in records for one in record.failed]
    refused = _of_refused_tokens(actor)
    finished = [row.finished_at for row in rows if row.finished_at]
    is_running = any(row.state == Scan.State.RUNNING for row in rows)
    return Progress(
        kind,
        done=sum(row.done for row in rows),
        total=sum(row.total for row in rows),
        has_begun=True,
        is_finished=all(row.state == Scan.State.FINISHED for row in rows),
        is_stopped=not is_running and any(row.state == Scan.State.STOPPED for row in rows),
        wait_seconds=_wait_seconds(rows),
        not_read=(*refused, *(one for one in failed if one not in refused)),
        trouble=_not_read({"what": "", **troubles[0]}) if troubles else None,
        query=next((record.sought for record in records if record.sought), ""),
        started_at=min(row.started_at for row in rows),
        finished_at=max(finished) if finished else None,
        scans=frozenset(row.pk for row in rows),
    )


def rows(actor: Actor, progress: Progress) -> list[Scan]:
    """Return the current rows of the scans of a progress. Raise `store.ScanLost` if they have been replaced."""
    found = list(store.scans_of(actor, progress.kind)) if progress.has_begun else []
    if {row.pk for row in found} != progress.scans:
        raise store.ScanLost
    return found


def items(actor: Actor, progress: Progress) -> Iterator[Document]:
    """Yield all results so far, by token, in the order in which they were found.

    May raise `store.ScanLost` in the middle, if some of them no longer exist.
    """
    for row in rows(actor, progress):
        for part in store.open_parts(row):
            yield from part


def _has_every_token(actor: Actor, rows: Sequence[Scan]) -> bool:
    usable, _ = store.usable_tokens(actor)
    return bool(rows) and {token.pk for token in usable} <= {row.token_id for row in rows}


def _wait_seconds(rows: Sequence[Scan]) -> int:
    """Return the time until the first scan resumes; 0 if any of them can continue now."""
    resume_times = [row.resume_at for row in rows if row.state == Scan.State.RUNNING]
    times = [at for at in resume_times if at is not None]
    if not times or len(times) < len(resume_times):
        return 0
    return max(0, ceil((min(times) - timezone.now()).total_seconds()))


def _of_refused_tokens(actor: Actor) -> list[NotRead]:
    refused = tokens.of(actor).filter(status=AltostratToken.Status.REFUSED, is_default=False)
    return [
        NotRead(f"The workspace of your token “{row.label}”", "TokenRejected", 401, row.workspace_id)
        for row in refused.exclude(workspace_id="")
    ]


def _not_read(stored: Document) -> NotRead:
    return NotRead(
        str(stored["what"]),
        str(stored.get("error") or ""),
        stored.get("status"),
        str(stored.get("workspace_id") or ""),
        str(stored.get("billing_account_id") or ""),
        str(stored.get("note") or ""),
        stored.get("account"),
    )
