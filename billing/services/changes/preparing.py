"""Preparing changes for review. Nothing is sent here.

A payload never changes before it is sent, so each tab sends exactly what it showed for review.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from billing.models import Change
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes import preconditions, previews
from billing.services.changes.attempt import Attempt
from billing.services.changes.comparison import find_conflicts
from billing.services.changes.current_state import read_current_state
from billing.services.changes.errors import NothingToChange, NotReady
from billing.services.changes.kind import Draft, Kind
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.payload import Payload
from billing.services.changes.preconditions import HAPPENED
from billing.services.changes.queries import get_own, is_id
from billing.vault import CannotUnseal

State = Change.State


def prepare(
    actor: Actor,
    draft: Draft,
    *,
    change_id: UUID | None = None,
    undoes: Change | None = None,
    replaces: Change | None = None,
) -> Change:
    """Store an intended change for review, after one read of the present state.

    `change_id` comes from the form. If the same form is sent again, the same change is returned, even if it was sent.
    With other values, another change is created, and the earlier one is abandoned unless it was sent.

    `replaces` is an earlier change, which is abandoned unless it was sent. Its reason, its ticket and `undoes` are
    copied. A change that moves money gets a fresh preview.

    Raise NotPermitted, NoToken, InvalidIdentifier, AltostratError, NothingToChange, NotReady.
    """
    actor.require(Permission.BILLING_WRITE)
    draft = draft.without_untouched()
    if kind_of(draft.verb).is_mergeable and draft.opened is not None and not draft.wanted:
        raise NothingToChange
    earlier = Change.objects.filter(pk=change_id).first() if change_id else None
    if earlier is not None and earlier.user_id != actor.user.pk:
        earlier = change_id = None  # another person's change, whose existence is not disclosed
    if earlier is not None:
        if _is_of(Attempt.of(actor, earlier), draft):
            return earlier
        change_id = None
    attempt = _new_attempt(actor, draft)
    if not attempt.kind.changes_something(attempt.payload):
        raise NothingToChange
    blocked_reason = preconditions.of_kind(attempt.kind, attempt.payload)
    if blocked_reason:
        raise NotReady(blocked_reason)
    attempt = previews.with_preview(attempt)
    if earlier is not None and earlier.state == State.PREPARED:
        replaces = replaces or earlier
    row = store(attempt, change_id=change_id, undoes=undoes, replaces=replaces)
    for replaced in filter(None, (earlier, replaces)):
        _abandon(replaced)
    return row


def resolve(actor: Actor, change_id: UUID, choices: Mapping[str, str]) -> Change:
    """Prepare a change again after its comparison. `choices` maps fields to "now" or "yours".

    Raise as `prepare`, and NothingToChange if every field keeps its present value.
    """
    attempt = Attempt.of(actor, get_own(actor, change_id))
    payload = attempt.payload
    names = [
        row.name for row in find_conflicts(attempt) if not row.is_fact and choices.get(row.name) == "yours"
    ]
    chosen = {name: payload.wanted.get(name, (payload.opened or {}).get(name)) for name in names}
    draft = Draft(attempt.kind.verb, payload.ids, chosen, opened=payload.before)
    return prepare(actor, draft, replaces=attempt.change)


def repeat(actor: Actor, change_id: UUID, *, reason: str = "", ticket: str = "") -> Change:
    """Prepare the same change again, with a fresh preview, and keep the reason and the ticket. Raise as `prepare`."""
    change = get_own(actor, change_id)
    if reason or ticket:
        save_reason(change, reason, ticket)
    attempt = Attempt.of(actor, change)
    payload = attempt.payload
    opened = payload.before if attempt.kind.is_mergeable else None
    return prepare(actor, Draft(change.verb, payload.ids, payload.wanted, opened=opened), replaces=change)


def save_reason(change: Change, reason: str, ticket: str) -> None:
    """Store the input of a review, so that a failure does not lose it. It only takes effect once the change is sent."""
    change.reason, change.ticket = reason.strip()[:1000], ticket.strip()[:100]
    same = Change.objects.filter(pk=change.pk, state=State.PREPARED, attempts=change.attempts)
    same.update(reason=change.reason, ticket=change.ticket)


def undo(actor: Actor, change_id: UUID) -> Change:
    """Prepare the change that undoes another one. Raise as `prepare`, and NotReady if it cannot be undone."""
    attempt = Attempt.of(actor, get_own(actor, change_id))
    draft = find_inverse(attempt)
    if draft is None:
        raise NotReady(
            "This change was already undone."
            if _is_undone(attempt.change)
            else "This change cannot be undone."
        )
    return prepare(actor, draft, undoes=attempt.change)


def find_inverse(attempt: Attempt) -> Draft | None:
    """Return the draft that undoes a change; None if it was not applied, is undone, or cannot be undone."""
    change = attempt.change
    has_happened = change.state == State.SUCCEEDED or change.found == Change.Found.APPLIED
    return attempt.kind.inverse(attempt.payload) if has_happened and not _is_undone(change) else None


def undoable(actor: Actor, change_ids: Iterable[str]) -> frozenset[str]:
    """Return those of the actor's changes that were applied, can be undone, and are not undone yet."""
    ids = [UUID(text) for text in change_ids if is_id(text)]
    verbs = [verb for verb, kind in KINDS.items() if kind.can_be_undone]
    undone = Change.objects.filter(HAPPENED, undoes__in=ids).values("undoes")
    rows = Change.objects.filter(HAPPENED, user=actor.user, pk__in=ids, verb__in=verbs).exclude(envelope="")
    return frozenset(str(row.pk) for row in rows.exclude(pk__in=undone) if _has_inverse(row))


def abandon(actor: Actor, change_id: UUID) -> Change:
    """Abandon a change, unless it was sent. Raise ChangeNotFound."""
    _abandon(get_own(actor, change_id))
    return get_own(actor, change_id)


def store(
    attempt: Attempt,
    *,
    change_id: UUID | None = None,
    undoes: Change | None = None,
    replaces: Change | None = None,
) -> Change:
    """Insert the row of an attempt, with the body of its kind.

    If two requests use the same id, both get the row of the first one.
    """
    payload = attempt.payload.with_values(body=attempt.kind.body(attempt.payload))
    row = new_row(attempt.actor, attempt.kind, payload, change_id)
    row.undoes = undoes or (replaces.undoes if replaces else None)
    if replaces is not None:
        row.reason, row.ticket = replaces.reason, replaces.ticket
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return get_own(attempt.actor, row.pk)
    return row


def new_row(actor: Actor, kind: Kind, payload: Payload, change_id: UUID | None = None) -> Change:
    """Return the unsaved row of a change whose payload has its body."""
    row = Change(
        id=change_id or uuid4(),
        user=actor.user,
        verb=kind.verb,
        operation=kind.operation.name,
        ids=payload.ids,
        workspace_id=payload.ids.get("workspace_id", ""),
        billing_account_id=payload.ids.get("billing_account_id", ""),
        fingerprint=_fingerprint(actor, kind, payload),
    )
    row.envelope = payload.sealed_for(row)
    return row


def _new_attempt(actor: Actor, draft: Draft) -> Attempt:
    """Read the present state and return the attempt for `draft`. Nothing is stored."""
    kind = kind_of(draft.verb)
    before = read_current_state(actor, kind, draft.ids)
    payload = Payload(ids=draft.ids, before=before, wanted=draft.wanted, opened=draft.opened)
    return Attempt(actor, kind, payload, Change(user=actor.user, verb=draft.verb, ids=draft.ids))


def _fingerprint(actor: Actor, kind: Kind, payload: Payload) -> str:
    """Return a string that is equal for equal writes of one person. It is keyed, so the write cannot be guessed."""
    write = [actor.user.pk, kind.operation.name, kind.operation.path(payload.ids), payload.body]
    text = json.dumps(write, sort_keys=True)
    return salted_hmac("billing.changes.fingerprint", text, algorithm="sha256").hexdigest()


def _is_of(attempt: Attempt, draft: Draft) -> bool:
    """Return whether a change came from the same form and the same input."""
    payload = attempt.payload
    return draft == Draft(attempt.change.verb, payload.ids, payload.wanted, payload.opened)


def _is_undone(change: Change) -> bool:
    return change.undone_by.filter(HAPPENED).exists()


def _has_inverse(change: Change) -> bool:
    """Return whether this change can be undone. Some changes of a kind with an inverse cannot."""
    try:
        return kind_of(change.verb).inverse(Payload.of(change)) is not None
    except CannotUnseal:
        return False


def _abandon(change: Change) -> None:
    Change.objects.filter(pk=change.pk, state=State.PREPARED).update(state=State.ABANDONED)
