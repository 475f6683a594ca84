"""One's own Altostrat tokens: save, check, renew, make default, delete."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.altostrat.credentials import BearerToken
from billing.altostrat.errors import AltostratError, NotAllowed, NotFound, TokenRejected
from billing.altostrat.identifiers import checked
from billing.models import AltostratToken, Scan, User
from billing.services import audit
from billing.services.actor import Actor
from billing.services.storage import connections, key_ring
from billing.services.tokens import abilities, describe_result, get, kept_copies, of, seal, unseal, upstream
from billing.services.tokens.abilities import Abilities

Status = AltostratToken.Status


class WorkspaceTaken(Exception):
    """The actor already has a token for this workspace."""


class AlreadySaved(Exception):
    """A token with this id exists: the same form was sent twice."""


@dataclass(frozen=True, slots=True)
class Check:
    """The result of checking a token with Altostrat. `workspaces` are the names that the token can see, and `abilities`
    what else it may do, as far as that is known."""

    status: AltostratToken.Status
    workspaces: tuple[str, ...] = ()
    error: AltostratError | None = None
    abilities: Abilities = field(default_factory=Abilities)


def save(
    actor: Actor,
    *,
    text: str,
    label: str,
    workspace_id: str = "",
    default: bool = False,
    verify: bool = True,
    token_id: UUID | None = None,
) -> tuple[AltostratToken, Check]:
    """Store a pasted token, after a few reads unless `verify` is off. The first token becomes the default.

    If Altostrat cannot be reached, the token is stored as unverified. Nothing is stored when this raises:
    MalformedToken; InvalidIdentifier; TokenRejected, NotAllowed or NotFound if Altostrat refuses the token or the
    workspace; WorkspaceTaken; AlreadySaved if the form's `token_id` exists.
    """
    token = BearerToken.parse(text)
    token_id = token_id or uuid4()
    if of(actor).filter(pk=token_id).exists():
        raise AlreadySaved
    if workspace_id:
        checked("workspace_id", workspace_id, "ws_")
        if of(actor).filter(workspace_id=workspace_id).exists():
            raise WorkspaceTaken
    check = (
        _verify(actor, token, workspace_id, verb="token.save", subject=label)
        if verify
        else Check(Status.UNVERIFIED)
    )
    row = AltostratToken(id=token_id, owner=actor.user, label=label, workspace_id=workspace_id)
    _fill(row, token, check)
    try:
        with transaction.atomic():
            _lock_tokens(actor)
            row.is_default = default or not (workspace_id or of(actor).filter(is_default=True).exists())
            if row.is_default:
                of(actor).filter(is_default=True).update(is_default=False)
            row.save(force_insert=True)
            audit.record(
                actor, "token.save", audit.Outcome.SUCCEEDED, subject=label, workspace_id=workspace_id
            )
    except IntegrityError:
        raise (AlreadySaved if of(actor).filter(pk=token_id).exists() else WorkspaceTaken) from None
    return row, check


def renew(actor: Actor, token_id: UUID, *, text: str) -> tuple[AltostratToken, Check]:
    """Replace a token but keep its label, workspace and default. Raise UnknownToken and the errors of `save`."""
    row = get(actor, token_id)
    token = BearerToken.parse(text)
    check = _verify(actor, token, row.workspace_id, verb="token.renew", subject=row.label)
    _fill(row, token, check)
    row.renewed_at = timezone.now()
    with transaction.atomic():
        _lock_tokens(actor)
        # During the call to Altostrat the row may have been deleted or lost its default.
        row.is_default = get(actor, token_id).is_default
        row.save(force_update=True)
        kept_copies.delete(row)  # the new token may see less
        audit.record(
            actor, "token.renew", audit.Outcome.SUCCEEDED, subject=row.label, workspace_id=row.workspace_id
        )
    return row, check


def check(actor: Actor, token_id: UUID) -> Check:
    """Check a stored token with Altostrat and store the result. Raise UnknownToken, `vault.CannotUnseal`."""
    row = get(actor, token_id)
    try:
        found = _verify(actor, unseal(row), row.workspace_id, verb="token.check", subject=row.label)
    except (TokenRejected, NotAllowed, NotFound) as error:
        found = Check(Status.REFUSED, error=error)
        kept_copies.delete(row)
    else:
        audit.record(actor, "token.check", audit.Outcome.SUCCEEDED, subject=row.label)
    of(actor).filter(pk=row.pk, envelope=row.envelope).update(**_status_fields(found))
    if found.status == Status.REFUSED:
        Scan.objects.filter(token=row).delete()
    return found


def make_default(actor: Actor, token_id: UUID) -> AltostratToken:
    """Make a token the default, used where a workspace has no token of its own. Raise UnknownToken."""
    with transaction.atomic():
        _lock_tokens(actor)
        row = get(actor, token_id)
        of(actor).filter(is_default=True).update(is_default=False)
        of(actor).filter(pk=row.pk).update(is_default=True)
        audit.record(actor, "token.make_default", audit.Outcome.SUCCEEDED, subject=row.label)
    return row


def delete(actor: Actor, token_id: UUID) -> AltostratToken:
    """Delete a token. Raise UnknownToken."""
    with transaction.atomic():
        _lock_tokens(actor)
        row = get(actor, token_id)
        of(actor).filter(pk=row.pk).delete()
        audit.record(
            actor, "token.forget", audit.Outcome.SUCCEEDED, subject=row.label, workspace_id=row.workspace_id
        )
    return row


def _lock_tokens(actor: Actor) -> None:
    """Lock the actor's row until the transaction ends, so that a second tab waits.

    Scans are deleted, because the actor's tokens are about to change.
    """
    User.objects.select_for_update().only("pk").get(pk=actor.user.pk)
    Scan.objects.filter(token__owner=actor.user).delete()


def _verify(actor: Actor, token: BearerToken, workspace_id: str, *, verb: str, subject: str) -> Check:
    client = upstream.client(token, share=str(actor.user.pk), request_id=actor.request_id)
    connections.release_connection()
    try:
        if workspace_id:
            seen = [client.retrieve_workspace(workspace_id).value]
        else:
            seen = list(client.list_workspaces().value.items)
    except (TokenRejected, NotAllowed, NotFound) as error:
        audit.record(
            actor,
            verb,
            audit.Outcome.REFUSED,
            subject=subject,
            workspace_id=workspace_id,
            detail=describe_result(error),
        )
        raise
    except AltostratError as error:
        return Check(Status.UNVERIFIED, error=error)
    names = tuple(workspace.name or workspace.id or "?" for workspace in seen)
    return Check(Status.ACCEPTED, names, abilities=abilities.find(client, token, seen))


def _fill(row: AltostratToken, token: BearerToken, check: Check) -> None:
    key_ring.remember_first_key()
    seal(token, row)
    for name, value in _status_fields(check).items():
        setattr(row, name, value)


def _status_fields(check: Check) -> dict[str, object]:
    result = "Accepted" if check.status == Status.ACCEPTED else ""
    if check.error is not None:
        result = describe_result(check.error)
    was_called = check.error is not None or check.status == Status.ACCEPTED
    return {
        "status": check.status,
        "last_result": result,
        "checked_at": timezone.now() if was_called else None,
    }
