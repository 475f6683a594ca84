"""Sealed copies of the last answer to each read, for when Altostrat is unavailable. They are deleted with the token.

A copy opens only for its owner, the token that read it, and the same read: see `_context`. It never replaces a refusal.
A 403 or 404 deletes the copy of that read, and a 401 deletes all copies of the token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from billing.altostrat.client import Answer
from billing.altostrat.errors import (
    AltostratError,
    Broken,
    DeadlinePassed,
    Overloaded,
    RateLimited,
    TimedOut,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
)
from billing.altostrat.operations.operation import Operation
from billing.models import AltostratToken, KeptCopy
from billing.services.storage import key_ring
from billing.services.storage.recent import Recent
from billing.services.tokens import packing, upstream
from billing.services.tokens.read_digests import digest_of
from billing.vault import CannotUnseal

T = TypeVar("T")

# While Altostrat sends the same body, its copy is rewritten at most this often.
_REWRITE_AFTER: Final = timedelta(minutes=1)
# Failures of Altostrat or the network. Any other error is an answer, which a copy would contradict.
_UNAVAILABLE: Final = (
    *(Unreachable, DeadlinePassed, Overloaded, UnexpectedAnswer),
    *(RateLimited, Unavailable, TimedOut, Broken),
)


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """One read: an operation and its arguments. `path` holds the parameters of the path template."""

    operation: Operation[T]
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class _Saved:
    """A copy that this process has saved at `saved_at`, and the time of the last answer with the same body."""

    body_digest: bytes
    saved_at: datetime
    confirmed_at: datetime


_saved: Recent[Key, _Saved] = Recent(seconds=_REWRITE_AFTER.total_seconds())


def key_of(token: AltostratToken, read: Read[Any]) -> Key:
    """Return a key that identifies the read and the stored token. It changes when the token is renewed."""
    return token.envelope, _digest(token, read)


def can_replace(error: AltostratError) -> bool:
    """Return whether a page may show a copy instead of this error."""
    return isinstance(error, _UNAVAILABLE)


def is_enabled() -> bool:
    """Return whether copies are kept: KEEP_COPY_HOURS is not 0."""
    return settings.KEEP_COPY_HOURS > 0


def save(token: AltostratToken, answers: Iterable[tuple[Read[Any], Answer[Any]]]) -> None:
    """Save copies of these answers in place of earlier copies of the same reads, and delete the token's expired ones.

    Do nothing if the token was renewed, refused or deleted, or its owner deactivated, since `token` was loaded. Skip
    answers that are too large, and those that this process has saved with the same body less than a minute ago.
    """
    if not is_enabled():
        if KeptCopy.objects.filter(token=token).exists():
            delete(token)
        return
    changed = [(read, answer) for read, answer in answers if not _is_saved(token, read, answer)]
    rows = [row for read, answer in changed if (row := _row(token, read, answer)) is not None]
    if not rows:
        return
    with transaction.atomic():
        current = AltostratToken.objects.filter(pk=token.pk, envelope=token.envelope, owner__is_active=True)
        if not current.exclude(status=AltostratToken.Status.REFUSED).select_for_update(of=("self",)).exists():
            return
        KeptCopy.objects.filter(token=token, received_at__lt=_oldest()).delete()
        KeptCopy.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=("token", "digest"),
            update_fields=("envelope", "received_at", "needed_at"),
        )
    for read, answer in changed:
        saved = _Saved(_body_digest(answer), answer.received_at, answer.received_at)
        _saved.keep(key_of(token, read), saved, _REWRITE_AFTER.total_seconds())


def find(
    token: AltostratToken, reads: Mapping[str, Read[Any]], *, since: datetime | None = None
) -> dict[str, Answer[Any]]:
    """Return the copies of these reads, by name, each as the Answer it was. Skip copies that the vault cannot open.

    With `since`, only those that are as good as a new answer: received since then, and since their read last failed.
    """
    if not is_enabled() or not reads:
        return {}
    names = {_digest(token, read): name for name, read in reads.items()}
    found = {}
    for row in KeptCopy.objects.filter(token=token, digest__in=names, received_at__gte=_oldest()):
        answer = _answer(token, reads[names[row.digest]], row)
        if answer and (since is None or answer.received_at >= max(since, row.needed_at or since)):
            found[names[row.digest]] = answer
    return found


def names(
    token: AltostratToken, reads: Mapping[str, Read[Any]], *, since: datetime | None = None
) -> set[str]:
    """Return the names of the reads that have a copy, received `since` then."""
    if not is_enabled() or not reads:
        return set()
    digests = {_digest(token, read): name for name, read in reads.items()}
    oldest = max(_oldest(), since or _oldest())
    rows = KeptCopy.objects.filter(token=token, digest__in=digests, received_at__gte=oldest)
    return {digests[digest] for digest in rows.values_list("digest", flat=True)}


def mark_needed(token: AltostratToken, reads: Iterable[Read[Any]]) -> None:
    """Record that these reads failed or are late, so that their copies are not taken for new answers."""
    digests = [_digest(token, read) for read in reads]
    KeptCopy.objects.filter(token=token, digest__in=digests).update(needed_at=timezone.now())


def delete(token: AltostratToken, reads: Iterable[Read[Any]] | None = None) -> None:
    """Delete the copies of these reads; without `reads`, all copies made with this token."""
    rows = KeptCopy.objects.filter(token_id=token.pk)
    if reads is not None:
        rows = rows.filter(digest__in=[_digest(token, read) for read in reads])
    rows.delete()
    _saved.clear()


def delete_for_user(user_id: int) -> None:
    KeptCopy.objects.filter(token__owner=user_id).delete()
    _saved.clear()


def delete_expired() -> int:
    """Delete copies older than KEEP_COPY_HOURS, or all copies if it is 0. Return how many were deleted."""
    rows = KeptCopy.objects.filter(received_at__lt=_oldest()) if is_enabled() else KeptCopy.objects.all()
    return rows.delete()[0]


def reseal(row: KeptCopy) -> bool:
    """Seal one copy with the first key; False if it was changed in the meantime. Delete a copy that does not open."""
    context = _context(AltostratToken.objects.get(pk=row.token_id), row.digest)
    same = KeptCopy.objects.filter(pk=row.pk, envelope=row.envelope)
    try:
        resealed = key_ring.resealed(row.envelope, context)
    except CannotUnseal:
        same.delete()
        return False
    return bool(same.update(envelope=resealed))


def _oldest() -> datetime:
    return timezone.now() - timedelta(hours=settings.KEEP_COPY_HOURS)


def _digest(token: AltostratToken, read: Read[Any]) -> str:
    return digest_of(token.id, read.operation.name, read.path, read.query, read.body)


def _context(token: AltostratToken, digest: str) -> tuple[str, ...]:
    return ("kept-copy", str(token.owner_id), upstream.transport().origin, str(token.pk), digest)


def _is_saved(token: AltostratToken, read: Read[Any], answer: Answer[Any]) -> bool:
    """Return whether the copy of this read is recent and has the same body. If so, record the confirmation."""
    key = key_of(token, read)
    saved = _saved.find(key)
    left = timedelta() if saved is None else saved.saved_at + _REWRITE_AFTER - answer.received_at
    if saved is None or left <= timedelta() or saved.body_digest != _body_digest(answer):
        return False
    confirmed = replace(saved, confirmed_at=max(saved.confirmed_at, answer.received_at))
    _saved.keep(key, confirmed, left.total_seconds())
    return True


def _body_digest(answer: Answer[Any]) -> bytes:
    return hashlib.sha256(answer.body).digest()


def _confirmed_at(token: AltostratToken, read: Read[Any], row: KeptCopy) -> datetime:
    """Return when Altostrat last sent the body of a copy, as far as this process knows."""
    saved = _saved.find(key_of(token, read))
    return saved.confirmed_at if saved is not None and saved.saved_at == row.received_at else row.received_at


def _row(token: AltostratToken, read: Read[Any], answer: Answer[Any]) -> KeptCopy | None:
    text, digest = packing.pack(answer), _digest(token, read)
    if text is None:
        return None
    envelope = key_ring.key_ring().seal(text, _context(token, digest))
    return KeptCopy(token=token, digest=digest, envelope=envelope, received_at=answer.received_at)


def _answer(token: AltostratToken, read: Read[T], row: KeptCopy) -> Answer[T] | None:
    try:
        text = key_ring.key_ring().unseal(row.envelope, _context(token, row.digest))
    except CannotUnseal:
        return None
    return packing.unpack(text, read.operation, read.path, read.body, _confirmed_at(token, read, row))
