"""Altostrat tokens: which one a person acts with, and the one place where a sealed token becomes a client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.altostrat.client import AltostratClient
from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, Refused, TokenRejected
from billing.altostrat.identifiers import checked
from billing.models import AltostratToken, Scan, User
from billing.services import audit
from billing.services.actor import Actor
from billing.services.storage import connections, key_ring
from billing.services.tokens import kept_copies, upstream

_LAST_USED_STEP: Final = timedelta(minutes=1)


class NoToken(Exception):
    """The person has stored no Altostrat token that applies here."""


class UnknownToken(LookupError):
    """The actor holds no token of that id."""


def of(actor: Actor) -> QuerySet[AltostratToken]:
    """The actor's own tokens; none once the actor is deactivated, whatever they could do a moment ago."""
    return AltostratToken.objects.filter(owner=actor.user, owner__is_active=True)


def one_of(actor: Actor, token_id: UUID) -> AltostratToken:
    """One of the actor's own tokens; raises UnknownToken."""
    row = of(actor).filter(pk=token_id).first()
    if row is None:
        raise UnknownToken
    return row


def choose(user: User, workspace_id: str = "") -> AltostratToken:
    """The token that applies: the workspace's own if there is one, else the default. Raises NoToken, too for somebody
    who has been deactivated: their tokens are for nobody; InvalidIdentifier for what no workspace can be called."""
    if workspace_id:  # not every text may go into a query: PostgreSQL takes no NUL
        checked("workspaceId", workspace_id, "ws_")
    candidates = AltostratToken.objects.filter(owner=user, owner__is_active=True).filter(
        Q(is_default=True) | (Q(workspace_id=workspace_id) & ~Q(workspace_id=""))
    )
    rows = {row.workspace_id == workspace_id and workspace_id != "": row for row in candidates}
    chosen = rows.get(True) or rows.get(False)
    if chosen is None:
        raise NoToken
    return chosen


def seal(token: BearerToken, row: AltostratToken) -> None:
    """Puts `token` into `row`, bound to its owner, its id and the API's origin, and what may be shown of it."""
    row.envelope = key_ring.key_ring().seal(token.reveal(), _context(row))
    row.masked = token.masked
    row.kind = token.kind.value
    row.expires_at = token.expires_at


def unseal(row: AltostratToken) -> BearerToken:
    """The token inside; raises `vault.CannotUnseal`."""
    return BearerToken(key_ring.key_ring().unseal(row.envelope, _context(row)))


def reseal(row: AltostratToken) -> bool:
    """Moves one row to the first key. False when somebody renewed or forgot the token meanwhile: nothing to do then.

    Raises `vault.CannotUnseal`.
    """
    old = row.envelope
    fresh = key_ring.key_ring().seal(unseal(row).reveal(), _context(row))
    return bool(AltostratToken.objects.filter(pk=row.pk, envelope=old).update(envelope=fresh))


@contextmanager
def client_for(
    actor: Actor, workspace_id: str = "", *, is_for_write: bool = False
) -> Iterator[AltostratClient]:
    """A client acting with the actor's own token for this workspace, good for one call. A read that belongs to a write
    `is_for_write`: other reads cannot hold it up.

    Raises NoToken, `vault.CannotUnseal`, and whatever AltostratError the call raises; keeps book of what Altostrat
    thinks of the token.
    """
    row = choose(actor.user, workspace_id)
    client = upstream.client(
        unseal(row), share=str(row.pk), request_id=actor.request_id, is_for_write=is_for_write
    )
    upstream.spend(str(row.pk))
    connections.let_go()
    try:
        yield client
    except AltostratError as error:
        note(actor, row, error)
        raise
    else:
        note(actor, row)


def note(actor: Actor, row: AltostratToken, error: AltostratError | None = None) -> None:
    """Writes down what a call that was made with a token, and how it ended, tells of the token."""
    if isinstance(error, TokenRejected):
        _note_refused(actor, row)
    elif error is None or (isinstance(error, Refused) and error.status is not None and error.status < 500):
        # A 4xx that is not 401, too: the token itself was accepted.
        _note_accepted(row)


def result_of(error: AltostratError) -> str:
    """A few words on how a call ended, for the token's row."""
    return type(error).__name__ if error.status is None else f"{type(error).__name__} ({error.status})"


def _context(row: AltostratToken) -> tuple[str, ...]:
    return ("altostrat-token", str(row.owner_id), upstream.transport().origin, str(row.pk))


def is_refused(actor: Actor) -> bool:
    """Whether Altostrat refused the actor's default token when it was asked last: only its person can help that."""
    return of(actor).filter(is_default=True, status=AltostratToken.Status.REFUSED).exists()


def _note_accepted(row: AltostratToken) -> None:
    now = timezone.now()
    fresh = row.last_used_at is not None and row.last_used_at > now - _LAST_USED_STEP
    if row.status == AltostratToken.Status.ACCEPTED and fresh:
        return
    # `envelope` in the filter: this answer says nothing about a token that was renewed meanwhile.
    AltostratToken.objects.filter(pk=row.pk, envelope=row.envelope).update(
        status=AltostratToken.Status.ACCEPTED, last_result="Accepted", checked_at=now, last_used_at=now
    )


def _note_refused(actor: Actor, row: AltostratToken) -> None:
    if not AltostratToken.objects.filter(pk=row.pk, envelope=row.envelope).exists():
        return  # renewed or forgotten meanwhile: it says nothing about the token that is there now
    kept_copies.forget(row)
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
