"""Altostrat tokens: which one a person acts with, and the only code that turns a sealed token into a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, Refused, TimedOut, TokenRejected
from billing.altostrat.identifiers import checked
from billing.models import AltostratToken, Scan, User
from billing.services import audit
from billing.services.actor import Actor
from billing.services.storage import connections, key_ring, statements
from billing.services.storage.recent import Recent
from billing.services.tokens import kept_copies, upstream

_LAST_USED_INTERVAL: Final = timedelta(minutes=1)
_Columns = tuple[Any, ...]
_CANDIDATES: Final = (
    "JOIN billing_user ON billing_user.id = owner_id"
    " WHERE owner_id = %s AND billing_user.is_active AND (is_default OR workspace_id = %s)"
)


_recent_tokens: Recent[tuple[int, str], tuple[AltostratToken, BearerToken]] = Recent(seconds=1)
# With the columns that they were opened from.
_opened_for_writes: Recent[tuple[int, str], tuple[list[_Columns], AltostratToken, BearerToken]] = Recent(
    seconds=1
)


class NoToken(Exception):
    """The person has no stored Altostrat token that applies."""


class UnknownToken(LookupError):
    """The actor has no token with this id."""


def of(actor: Actor) -> QuerySet[AltostratToken]:
    """Return the actor's own tokens; none if the actor has been deactivated."""
    return AltostratToken.objects.filter(owner=actor.user, owner__is_active=True)


def get(actor: Actor, token_id: UUID) -> AltostratToken:
    """Return one of the actor's own tokens. Raise UnknownToken."""
    row = of(actor).filter(pk=token_id).first()
    if row is None:
        raise UnknownToken
    return row


def choose(user: User, workspace_id: str = "") -> AltostratToken:
    """Return the workspace's own token, or else the person's default token.

    Raise NoToken, also for deactivated people, and InvalidIdentifier if `workspace_id` is not a workspace id.
    """
    return _chosen(_candidates(user, workspace_id), workspace_id)


def _candidates(user: User, workspace_id: str) -> list[_Columns]:
    if workspace_id:  # PostgreSQL does not accept NUL characters in a query
        checked("workspace_id", workspace_id, "ws_")
    return statements.rows_of(AltostratToken, _CANDIDATES, [user.pk, workspace_id or None])


def _chosen(candidates: list[_Columns], workspace_id: str) -> AltostratToken:
    found = [statements.instance_of(AltostratToken, columns) for columns in candidates]
    rows = {row.workspace_id == workspace_id and workspace_id != "": row for row in found}
    chosen = rows.get(True) or rows.get(False)
    if chosen is None:
        raise NoToken
    return chosen


def seal(token: BearerToken, row: AltostratToken) -> None:
    """Seal `token` into `row`, bound to its owner, its id and the API's origin, and set the fields that pages show."""
    row.envelope = key_ring.key_ring().seal(token.reveal(), _context(row))
    row.masked = token.masked
    row.kind = token.kind.value
    row.expires_at = token.expires_at


def unseal(row: AltostratToken) -> BearerToken:
    """Return the token. Raise `vault.CannotUnseal`."""
    return BearerToken(key_ring.key_ring().unseal(row.envelope, _context(row)))


def reseal(row: AltostratToken) -> bool:
    """Reseal one row with the first key. Return False if the token was renewed or deleted in the meantime.

    Raise `vault.CannotUnseal`.
    """
    old = row.envelope
    fresh = key_ring.key_ring().seal(unseal(row).reveal(), _context(row))
    return bool(AltostratToken.objects.filter(pk=row.pk, envelope=old).update(envelope=fresh))


@contextmanager
def client_for(
    actor: Actor, workspace_id: str = "", *, is_for_write: bool = False
) -> Iterator[AltostratClient]:
    """Give a client that calls with the actor's own token for this workspace, and record the token's status.

    `is_for_write` also applies to reads that belong to a write: other reads cannot delay them. Raise NoToken,
    `vault.CannotUnseal`, and the AltostratError of the call.
    """
    opened = _open_for_write if is_for_write else open_recent
    row, token = opened(actor.user, workspace_id)
    client = client_with(actor, row, token, is_for_write=is_for_write)
    try:
        yield client
    except AltostratError as error:
        record_result(actor, row, error)
        raise
    else:
        record_result(actor, row)


def client_with(
    actor: Actor,
    row: AltostratToken,
    token: BearerToken,
    *,
    is_for_write: bool = False,
    counted: str = "",
) -> AltostratClient:
    """Return a client for calls now, with an open token. The caller has to `record_result`.

    `counted` is the name of the token's budget if the calls are counted already.
    """
    client = upstream.client(
        token,
        share=str(row.id),
        request_id=actor.request_id,
        caller=actor.caller,
        is_for_write=is_for_write,
        counted=counted,
    )
    connections.release_connection()
    return client


def _open(user: User, workspace_id: str) -> tuple[AltostratToken, BearerToken]:
    row = choose(user, workspace_id)
    return row, unseal(row)


def _open_for_write(user: User, workspace_id: str) -> tuple[AltostratToken, BearerToken]:
    """Open a token as `_open` does, except that the second call of a write reuses what the first one opened.

    Each of them asks the database. It is opened again unless every column is the same.
    """
    candidates, key = _candidates(user, workspace_id), (user.pk, workspace_id)
    kept = _opened_for_writes.find(key)
    if kept is not None and kept[0] == candidates:
        return kept[1], kept[2]
    row = _chosen(candidates, workspace_id)
    token = unseal(row)
    _opened_for_writes.keep(key, (candidates, row, token), 1)
    return row, token


def open_recent(user: User, workspace_id: str) -> tuple[AltostratToken, BearerToken]:
    """Open a token as `_open` does, for reads: the opened token stays in this process for a second."""
    return _recent_tokens.get((user.id, workspace_id), lambda: _open(user, workspace_id))


def record_result(actor: Actor, row: AltostratToken, error: AltostratError | None = None) -> None:
    """Update the token's status after a call that was made with it."""
    if isinstance(error, TokenRejected):
        _record_refused(actor, row)
    elif isinstance(error, TimedOut):
        return  # Altostrat may not have seen the token
    elif error is None or (isinstance(error, Refused) and error.status is not None and error.status < 500):
        # With other 4xx answers, too, Altostrat has accepted the token itself.
        _record_accepted(row)


def describe_result(error: AltostratError) -> str:
    """Describe a failed call in a few words, for the token's row."""
    return type(error).__name__ if error.status is None else f"{type(error).__name__} ({error.status})"


def _context(row: AltostratToken) -> tuple[str, ...]:
    return ("altostrat-token", str(row.owner_id), upstream.transport().origin, str(row.pk))


def is_refused(actor: Actor) -> bool:
    """Return whether Altostrat refused the actor's default token at the last call."""
    return of(actor).filter(is_default=True, status=AltostratToken.Status.REFUSED).exists()


def _record_accepted(row: AltostratToken) -> None:
    now = datetime.now(UTC)
    is_recent = row.last_used_at is not None and row.last_used_at > now - _LAST_USED_INTERVAL
    if row.status == AltostratToken.Status.ACCEPTED and is_recent:
        return
    # The filter includes `envelope`, because the answer does not apply to a token renewed in the meantime.
    AltostratToken.objects.filter(pk=row.pk, envelope=row.envelope).update(
        status=AltostratToken.Status.ACCEPTED, last_result="Accepted", checked_at=now, last_used_at=now
    )
    # Requests of the next second may share this row, and need not write the same again.
    row.status, row.last_used_at = AltostratToken.Status.ACCEPTED, now


def _record_refused(actor: Actor, row: AltostratToken) -> None:
    if not AltostratToken.objects.filter(pk=row.pk, envelope=row.envelope).exists():
        return  # the token was renewed or deleted in the meantime, so the answer does not apply to the new one
    kept_copies.delete(row)
    Scan.objects.filter(token=row).delete()
    changed = (
        AltostratToken.objects.filter(pk=row.pk, envelope=row.envelope)
        .exclude(status=AltostratToken.Status.REFUSED)
        .update(status=AltostratToken.Status.REFUSED, last_result="Refused (401)", checked_at=timezone.now())
    )
    if changed:
        audit.record(
            actor, "token.refused", audit.Outcome.REFUSED, subject=row.label, workspace_id=row.workspace_id
        )
