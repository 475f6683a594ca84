"""Saving, checking, renewing and forgetting one's own Altostrat tokens."""

from __future__ import annotations

from dataclasses import dataclass
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
from billing.services.tokens import kept_copies, of, one_of, seal, unseal, upstream
from billing.services.tokens.tokens import result_of

Status = AltostratToken.Status


class WorkspaceTaken(Exception):
    """The actor already holds a token for that workspace: renew it, or forget it first."""


class SavedBefore(Exception):
    """A token was saved under this id already: the same form arrived twice."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one live call told about a token. `workspaces` are the names it can see."""

    status: AltostratToken.Status
    workspaces: tuple[str, ...] = ()
    error: AltostratError | None = None


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
    """Stores a pasted token, after one live call unless `verify` is off. The first one becomes the default.

    Kept unverified when Altostrat cannot be asked. Raises, with nothing stored: MalformedToken; InvalidIdentifier;
    TokenRejected, NotAllowed or NotFound when Altostrat refuses the token or the workspace; WorkspaceTaken; and
    SavedBefore when `token_id`, chosen by the form, was saved already.
    """
    token = BearerToken.parse(text)
    token_id = token_id or uuid4()
    if of(actor).filter(pk=token_id).exists():
        raise SavedBefore
    if workspace_id:
        checked("workspaceId", workspace_id, "ws_")
        if of(actor).filter(workspace_id=workspace_id).exists():
            raise WorkspaceTaken
    check = (
        _ask(actor, token, workspace_id, verb="token.save", subject=label)
        if verify
        else Check(Status.UNVERIFIED)
    )
    row = AltostratToken(id=token_id, owner=actor.user, label=label, workspace_id=workspace_id)
    _fill(row, token, check)
    try:
        with transaction.atomic():
            _one_change_at_a_time(actor)
            row.is_default = default or not (workspace_id or of(actor).filter(is_default=True).exists())
            if row.is_default:
                of(actor).filter(is_default=True).update(is_default=False)
            row.save(force_insert=True)
            audit.record(
                actor, "token.save", audit.Outcome.SUCCEEDED, subject=label, workspace_id=workspace_id
            )
    except IntegrityError:
        raise (SavedBefore if of(actor).filter(pk=token_id).exists() else WorkspaceTaken) from None
    return row, check


def renew(actor: Actor, token_id: UUID, *, text: str) -> tuple[AltostratToken, Check]:
    """Puts a new token in place of a stored one; label, workspace, default stay. Raises as `save`, and UnknownToken."""
    row = one_of(actor, token_id)
    token = BearerToken.parse(text)
    check = _ask(actor, token, row.workspace_id, verb="token.renew", subject=row.label)
    _fill(row, token, check)
    row.renewed_at = timezone.now()
    with transaction.atomic():
        _one_change_at_a_time(actor)
        # Altostrat took its time to answer: the row may be gone by now, or no longer the default.
        row.is_default = one_of(actor, token_id).is_default
        row.save(force_update=True)
        kept_copies.forget(row)  # another token may see less
        audit.record(
            actor, "token.renew", audit.Outcome.SUCCEEDED, subject=row.label, workspace_id=row.workspace_id
        )
    return row, check


def check(actor: Actor, token_id: UUID) -> Check:
    """Asks Altostrat again about a stored token and notes the answer. Raises UnknownToken, `vault.CannotUnseal`."""
    row = one_of(actor, token_id)
    try:
        found = _ask(actor, unseal(row), row.workspace_id, verb="token.check", subject=row.label)
    except (TokenRejected, NotAllowed, NotFound) as error:
        found = Check(Status.REFUSED, error=error)
        kept_copies.forget(row)
    else:
        audit.record(actor, "token.check", audit.Outcome.SUCCEEDED, subject=row.label)
    of(actor).filter(pk=row.pk, envelope=row.envelope).update(**_noted(found))
    if found.status == Status.REFUSED:
        Scan.objects.filter(token=row).delete()
    return found


def make_default(actor: Actor, token_id: UUID) -> AltostratToken:
    """Makes one of the actor's tokens the one that is used wherever no workspace has its own. Raises UnknownToken."""
    with transaction.atomic():
        _one_change_at_a_time(actor)
        row = one_of(actor, token_id)
        of(actor).filter(is_default=True).update(is_default=False)
        of(actor).filter(pk=row.pk).update(is_default=True)
        audit.record(actor, "token.make_default", audit.Outcome.SUCCEEDED, subject=row.label)
    return row


def forget(actor: Actor, token_id: UUID) -> AltostratToken:
    """Deletes one of the actor's tokens. Raises UnknownToken."""
    with transaction.atomic():
        _one_change_at_a_time(actor)
        row = one_of(actor, token_id)
        of(actor).filter(pk=row.pk).delete()
        audit.record(
            actor, "token.forget", audit.Outcome.SUCCEEDED, subject=row.label, workspace_id=row.workspace_id
        )
    return row


def _one_change_at_a_time(actor: Actor) -> None:
    """Holds the actor's own row until the transaction ends: their other tab waits.

    What was found with the tokens as they were goes: which token sees what is about to change.
    """
    User.objects.select_for_update().only("pk").get(pk=actor.user.pk)
    Scan.objects.filter(token__owner=actor.user).delete()


def _ask(actor: Actor, token: BearerToken, workspace_id: str, *, verb: str, subject: str) -> Check:
    client = upstream.client(token, share=str(actor.user.pk), request_id=actor.request_id)
    connections.let_go()
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
            detail=result_of(error),
        )
        raise
    except AltostratError as error:
        return Check(Status.UNVERIFIED, error=error)
    return Check(Status.ACCEPTED, tuple(workspace.name or workspace.id or "?" for workspace in seen))


def _fill(row: AltostratToken, token: BearerToken, check: Check) -> None:
    key_ring.remember_first_key()
    seal(token, row)
    for field, value in _noted(check).items():
        setattr(row, field, value)


def _noted(check: Check) -> dict[str, object]:
    result = "Accepted" if check.status == Status.ACCEPTED else ""
    if check.error is not None:
        result = result_of(check.error)
    asked = check.error is not None or check.status == Status.ACCEPTED
    return {"status": check.status, "last_result": result, "checked_at": timezone.now() if asked else None}
