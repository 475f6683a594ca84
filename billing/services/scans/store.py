"""The rows of a scan: opened, claimed by one request at a time, written. Everything found is sealed."""

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

from billing.models import AltostratToken, Scan, ScanPart
from billing.services import tokens
from billing.services.actor import Actor
from billing.services.storage import key_ring
from billing.services.tokens import upstream
from billing.vault import CannotUnseal

Task = dict[str, Any]
Document = dict[str, Any]
State = Scan.State


DIRECTORY: Final = "directory"
FACTS: Final = "facts"
LOOK: Final = "look"
INVOICES: Final = "invoices"


class ScanLost(Exception):
    """What a scan found is not there any more, or not all of it. The next step begins it anew."""


@dataclass(slots=True)
class Head:
    """A scan's own book. `failed` is what could not be read: {"what", ids, "error", "status"}; `trouble` is the error
    for which it waits, alike; `parts` is how many there are, so that one that is missing is missed."""

    queue: list[Task] = field(default_factory=list)
    failed: list[Document] = field(default_factory=list)
    sought: str = ""
    trouble: Document | None = None
    parts: int = 0


@dataclass(slots=True)
class Claim:
    """One scan, for the one request that may write to it now."""

    row: Scan
    queue: deque[Task]
    failed: list[Document]
    sought: str = ""
    trouble: Document | None = None
    parts: int = 0
    found: list[Document] = field(default_factory=list)
    done: int = 0
    resume_at: datetime | None = None
    is_stopped: bool = False

    @property
    def token(self) -> AltostratToken:
        """Whose eyes it has."""
        return self.row.token


def life() -> timedelta:
    """How long what was found is kept."""
    return timedelta(minutes=settings.DIRECTORY_MINUTES)


def of(actor: Actor, kind: str) -> QuerySet[Scan]:
    """The actor's living scans of a kind, the default token's first."""
    return (
        Scan.objects.filter(token__in=tokens.of(actor), kind=kind, expires_at__gt=timezone.now())
        .select_related("token")
        .order_by("-token__is_default", "token__workspace_id")
    )


def usable_tokens(actor: Actor) -> tuple[list[AltostratToken], list[AltostratToken]]:
    """The tokens to walk with, and the refused ones, which are told. The default one is tried even then: a refusal
    may be over."""
    held = [row for row in tokens.of(actor) if row.is_default or row.workspace_id]
    refused = [row for row in held if row.status == AltostratToken.Status.REFUSED and not row.is_default]
    return [row for row in held if row not in refused], refused


def begin(
    token: AltostratToken,
    kind: str,
    tasks: Iterable[Task],
    sought: str = "",
    failed: Sequence[Document] = (),
) -> None:
    """Starts a scan, unless another request just did. `failed` is what is known to be missing before it begins."""
    delete_what_is_over()
    scan_id, queue = uuid4(), list(tasks)
    row = Scan(id=scan_id, token=token, kind=kind, total=len(queue), expires_at=timezone.now() + life())
    _seal_head(row, Head(queue, list(failed), sought))
    if not queue:
        row.state, row.finished_at = State.FINISHED, timezone.now()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # the other tab, or the token has just been forgotten
        return


def delete_what_is_over() -> int:
    """Deletes what is kept no longer, anybody's; tells how many walks it were."""
    return Scan.objects.filter(expires_at__lte=timezone.now()).delete()[1].get("billing.Scan", 0)


def discard(actor: Actor, *kinds: str) -> None:
    """Forgets what was found, so that the next step begins anew."""
    Scan.objects.filter(token__owner=actor.user, kind__in=kinds).delete()


def stop(actor: Actor, kind: str) -> None:
    """Holds what is running. A step that is under way keeps what it finds."""
    of(actor, kind).filter(state=State.RUNNING).update(state=State.STOPPED)


def go_on(actor: Actor, kind: str) -> None:
    """Lets what was stopped go on."""
    of(actor, kind).filter(state=State.STOPPED).update(state=State.RUNNING)


def claim(row: Scan) -> Claim | None:
    """The right to do the next step; None while another request does one, or there is nothing to do."""
    now, mine = timezone.now(), uuid4()
    free = Q(claim=None) | Q(claimed_until__lte=now)
    until = now + timedelta(seconds=settings.ALTOSTRAT_DEADLINE * 3 + 10)
    if not Scan.objects.filter(free, pk=row.pk, state=State.RUNNING).update(claim=mine, claimed_until=until):
        return None
    fresh = Scan.objects.select_related("token").filter(pk=row.pk, claim=mine).first()
    if fresh is None:
        return None
    book = head(fresh)
    if book is None:
        return None
    return Claim(fresh, deque(book.queue), book.failed, book.sought, book.trouble, book.parts)


def save(claimed: Claim) -> None:
    """Writes what a step found, and lets the next request go on. Nothing, when the scan is gone meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        mine = Scan.objects.select_for_update().filter(pk=claimed.row.pk, claim=claimed.row.claim)
        row = mine.select_related(None).first()
        if row is None:
            return
        row.done += claimed.done
        row.total = row.done + len(claimed.queue)
        row.claim = row.claimed_until = None
        row.resume_at, row.expires_at = claimed.resume_at, now + life()
        if not claimed.queue:
            row.state, row.finished_at = State.FINISHED, now
        elif claimed.is_stopped:
            row.state = State.STOPPED
        row.token = claimed.token
        count = claimed.parts + bool(claimed.found)
        _seal_head(row, Head(list(claimed.queue), claimed.failed, claimed.sought, claimed.trouble, count))
        row.save(force_update=True)
        if claimed.found:
            part = ScanPart(scan=row, number=claimed.parts)
            part.envelope = _seal(claimed.found, _context(row, part.pk))
            part.save(force_insert=True)


def parts(row: Scan) -> Iterator[list[Document]]:
    """What was found, step by step, as far as the row's own book goes: a step may be adding to it.

    Raises ScanLost when that cannot be read to its end: a part does not open, or the scan is gone meanwhile.
    """
    book = head(row)
    if book is None:
        raise ScanLost
    count = 0
    for part in row.parts.filter(number__lt=book.parts).iterator(chunk_size=50):
        opened = _open(part.envelope, _context(row, part.pk), row)
        if opened is None:
            raise ScanLost
        count += 1
        yield opened
    if count != book.parts:
        _forget(row)
        raise ScanLost


def head(row: Scan) -> Head | None:
    """The scan's own book; None when it does not open any more."""
    opened = _open(row.envelope, _context(row), row)
    return Head(**opened) if isinstance(opened, dict) else None


def reseal(row: Scan) -> bool:
    """Moves a scan's book to the first key; False when it was changed meanwhile, or did not open and is gone: the next
    step begins it anew."""
    return _reseal(Scan.objects.filter(pk=row.pk, envelope=row.envelope), row.envelope, row, None)


def reseal_part(part: ScanPart) -> bool:
    """The same for one part; the scan of one that does not open is gone with it."""
    rows = ScanPart.objects.filter(pk=part.pk, envelope=part.envelope)
    return _reseal(rows, part.envelope, part.scan, part.pk)


def _seal_head(row: Scan, book: Head) -> None:
    row.envelope = _seal(asdict(book), _context(row))


def _seal(value: Any, context: tuple[str, ...]) -> str:
    return key_ring.key_ring().seal(json.dumps(value, separators=(",", ":")), context)


def _open(envelope: str, context: tuple[str, ...], row: Scan) -> Any:
    try:
        return json.loads(key_ring.key_ring().unseal(envelope, context))
    except CannotUnseal:  # the vault's key was taken away, or Altostrat is elsewhere now
        _forget(row)
        return None


def _reseal(same: QuerySet[Any], envelope: str, row: Scan, part: UUID | None) -> bool:
    opened = _open(envelope, _context(row, part), row)
    return opened is not None and bool(same.update(envelope=_seal(opened, _context(row, part))))


def _forget(row: Scan) -> None:
    Scan.objects.filter(pk=row.pk).delete()


def _context(row: Scan, part: UUID | None = None) -> tuple[str, ...]:
    origin = upstream.transport().origin
    return ("scan", str(row.token.owner_id), str(row.token_id), origin, str(row.pk), str(part or ""))
