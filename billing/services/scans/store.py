"""The rows of scans: started, claimed by one request at a time, saved. All results are sealed."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from billing import masks
from billing.models import AltostratToken, Scan, ScanPart
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.storage import key_ring
from billing.services.tokens import upstream
from billing.vault import CannotUnseal

Task = dict[str, Any]
Document = dict[str, Any]
State = Scan.State

# Kinds of scans. These words are stored, and are part of URLs.
ACCOUNT_LIST: Final = "directory"
ACCOUNT_DETAILS: Final = "facts"
INVOICES: Final = "invoices"
PREVIEWS: Final = "previews"


class ScanLost(Exception):
    """Some results of a scan no longer exist. The next step starts a new scan."""


@dataclass(slots=True)
class ScanRecord:
    """The sealed state of a scan; the names of the fields are stored.

    `failed` is what could not be read ("what", ids, "error" and "status"), `sought` the query, `trouble` the error that
    the scan waits for, and `parts` the number of parts, so that a missing one is noticed.
    """

    queue: list[Task] = field(default_factory=list)
    failed: list[Document] = field(default_factory=list)
    sought: str = ""
    trouble: Document | None = None
    parts: int = 0


@dataclass(slots=True)
class Claim:
    """A scan, for the one request that may currently write to it."""

    row: Scan
    queue: deque[Task]
    failed: list[Document]
    query: str = ""
    trouble: Document | None = None
    parts: int = 0
    found: list[Document] = field(default_factory=list)
    done: int = 0
    resume_at: datetime | None = None
    is_stopped: bool = False

    @property
    def token(self) -> AltostratToken:
        return self.row.token


def lifetime(kind: str) -> timedelta:
    """Return how long the results of a kind of scan are kept."""
    return timedelta(minutes=60 * settings.EXPORT_HOURS if kind == INVOICES else settings.DIRECTORY_MINUTES)


def scans_of(actor: Actor, kind: str) -> QuerySet[Scan]:
    """Return the actor's unexpired scans of a kind, the default token's first."""
    return (
        Scan.objects.filter(token__in=tokens.of(actor), kind=kind, expires_at__gt=timezone.now())
        .filter(is_masked=actor.is_masked)
        .select_related("token")
        .order_by("-token__is_default", "token__workspace_id")
    )


def usable_tokens(actor: Actor) -> tuple[list[AltostratToken], list[AltostratToken]]:
    """Return the tokens to scan with, and the refused ones.

    A refused default token is still used, since it may work again.
    """
    held = [row for row in tokens.of(actor) if row.is_default or row.workspace_id]
    refused = [row for row in held if row.status == AltostratToken.Status.REFUSED and not row.is_default]
    return [row for row in held if row not in refused], refused


def start(
    actor: Actor,
    token: AltostratToken,
    kind: str,
    tasks: Iterable[Task],
    query: str = "",
    failed: Sequence[Document] = (),
) -> None:
    """Start a scan, unless another request just did. `failed` is what is known to be missing from the start."""
    delete_expired()
    queue, masked, expires_at = list(tasks), actor.is_masked, timezone.now() + lifetime(kind)
    Scan.objects.filter(token=token, kind=kind, is_masked=not masked).delete()
    row = Scan(id=uuid4(), token=token, kind=kind, is_masked=masked, total=len(queue), expires_at=expires_at)
    _seal_record(row, ScanRecord(queue, list(failed), query))
    if not queue:
        row.state, row.finished_at = State.FINISHED, timezone.now()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another tab has started it, or the token has just been deleted
        return


def delete_expired() -> int:
    """Delete expired scans of everyone, and return their number."""
    return Scan.objects.filter(expires_at__lte=timezone.now()).delete()[1].get("billing.Scan", 0)


def discard(actor: Actor, *kinds: str) -> None:
    """Delete the actor's scans of these kinds, so that the next step starts again."""
    Scan.objects.filter(token__owner=actor.user, kind__in=kinds).delete()


def stop(actor: Actor, kind: str) -> None:
    """Pause a running scan. A step in progress still saves its results."""
    scans_of(actor, kind).filter(state=State.RUNNING).update(state=State.STOPPED)


def resume(actor: Actor, kind: str) -> None:
    scans_of(actor, kind).filter(state=State.STOPPED).update(state=State.RUNNING)


def claim(row: Scan) -> Claim | None:
    """Claim the next step. Return None if another request has claimed it, or nothing is left to do."""
    now, own_claim = timezone.now(), uuid4()
    is_free = Q(claim=None) | Q(claimed_until__lte=now)
    until = now + timedelta(seconds=upstream.scan_seconds() * 3 + 10)
    free_rows = Scan.objects.filter(is_free, pk=row.pk, state=State.RUNNING)
    if not free_rows.update(claim=own_claim, claimed_until=until):
        return None
    fresh = Scan.objects.select_related("token").filter(pk=row.pk, claim=own_claim).first()
    record = None if fresh is None else open_record(fresh)
    if fresh is None or record is None:
        return None
    return Claim(fresh, deque(record.queue), record.failed, record.sought, record.trouble, record.parts)


def save(claimed: Claim) -> None:
    """Save the results of a step and release the claim. Do nothing if the scan has been deleted."""
    now = timezone.now()
    with transaction.atomic():
        claimed_rows = Scan.objects.select_for_update().filter(pk=claimed.row.pk, claim=claimed.row.claim)
        row = claimed_rows.select_related(None).first()
        if row is None:
            return
        row.done += claimed.done
        row.total = row.done + len(claimed.queue)
        row.claim = row.claimed_until = None
        row.resume_at, row.expires_at = claimed.resume_at, now + lifetime(row.kind)
        if not claimed.queue:
            row.state, row.finished_at = State.FINISHED, now
        elif claimed.is_stopped:
            row.state = State.STOPPED
        row.token = claimed.token
        count = claimed.parts + bool(claimed.found)
        record = ScanRecord(list(claimed.queue), claimed.failed, claimed.query, claimed.trouble, count)
        _seal_record(row, record)
        row.save(force_update=True)
        if claimed.found:
            part = ScanPart(scan=row, number=claimed.parts)
            part.envelope = _seal(claimed.found, row, part.pk)
            part.save(force_insert=True)


def open_parts(row: Scan) -> Iterator[list[Document]]:
    """Yield the results of each step, up to the number in the row's own record, because a step may be adding more.

    Raise ScanLost if a part is missing or does not open, or if the scan has been deleted.
    """
    record = open_record(row)
    if record is None:
        raise ScanLost
    count = 0
    for part in row.parts.filter(number__lt=record.parts).iterator(chunk_size=50):
        opened = _open(part.envelope, _context(row, part.pk), row)
        if opened is None:
            raise ScanLost
        count += 1
        yield opened
    if count != record.parts:
        _delete(row)
        raise ScanLost


def open_record(row: Scan) -> ScanRecord | None:
    """Return the state of a scan; None if it no longer opens."""
    opened = _open(row.envelope, _context(row), row)
    return ScanRecord(**opened) if isinstance(opened, dict) else None


def reseal(row: Scan) -> bool:
    """Reseal a scan's record with the first key. Return False if it has changed, or is deleted as it does not open."""
    return _reseal(Scan.objects.filter(pk=row.pk, envelope=row.envelope), row.envelope, row, None)


def reseal_part(part: ScanPart) -> bool:
    """Reseal one part as `reseal` does, or delete its scan if the part does not open."""
    rows = ScanPart.objects.filter(pk=part.pk, envelope=part.envelope)
    return _reseal(rows, part.envelope, part.scan, part.pk)


def _seal_record(row: Scan, record: ScanRecord) -> None:
    row.envelope = _seal(asdict(record), row)


def _seal(value: Any, row: Scan, part: UUID | None = None) -> str:
    shown = masks.value("", value) if row.is_masked else value  # nothing else is stored
    return key_ring.key_ring().seal(json.dumps(shown, separators=(",", ":")), _context(row, part))


def _open(envelope: str, context: tuple[str, ...], row: Scan) -> Any:
    try:
        return json.loads(key_ring.key_ring().unseal(envelope, context))
    except CannotUnseal:  # the key has been removed, or ALTOSTRAT_API_URL has changed
        _delete(row)
        return None


def _reseal(unchanged: QuerySet[Any], envelope: str, row: Scan, part: UUID | None) -> bool:
    opened = _open(envelope, _context(row, part), row)
    return opened is not None and bool(unchanged.update(envelope=_seal(opened, row, part)))


def _delete(row: Scan) -> None:
    Scan.objects.filter(pk=row.pk).delete()


def _context(row: Scan, part: UUID | None = None) -> tuple[str, ...]:
    origin = upstream.transport().origin
    return ("scan", str(row.token.owner_id), str(row.token_id), origin, str(row.pk), str(part or ""))
