"""Making changes that are to be reviewed. Nothing is sent here; what is sealed in a row never changes before it is
sent, so that what a person reviews in one tab is what that tab sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from billing.models import Change
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes import preconditions, previews
from billing.services.changes.comparison import find_conflicts
from billing.services.changes.current_state import read_current_state
from billing.services.changes.errors import NothingToChange, NotReady
from billing.services.changes.kind import Draft, Kind
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.payload import Payload
from billing.services.changes.preconditions import HAPPENED
from billing.services.changes.queries import fingerprint, get_own, is_id, payload_of
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
    """The row of an intended write, after one read of what is there now.

    `replaces` is an earlier one whose place it takes: what it undoes, its reason and its ticket go along, and it is
    abandoned if nothing was sent.

    `change_id` is the form's: the same form sent again gives the same row, whatever has become of it; sent again with
    other values, it makes another row, and the one before is abandoned if nothing was sent. What moves money gets a
    fresh preview of what it costs. Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError, NothingToChange,
    NotReady.
    """
    actor.require(Permission.BILLING_WRITE)
    kind, draft = kind_of(draft.verb), draft.without_untouched()
    if kind.is_mergeable and draft.opened is not None and not draft.wanted:
        raise NothingToChange
    earlier = Change.objects.filter(pk=change_id).first() if change_id else None
    if earlier is not None and earlier.user_id != actor.user.pk:
        earlier = change_id = None  # somebody else's stays theirs, and nobody hears of it
    if earlier is not None:
        if _is_of(earlier, actor, draft):
            return earlier
        change_id = None
    before = read_current_state(actor, kind, draft.ids)
    payload = _complete(kind, draft, before)
    if not kind.changes_something(payload):
        raise NothingToChange
    obstacle = preconditions.of_kind(kind, payload)
    if obstacle:
        raise NotReady(obstacle)
    payload = with_preview(actor, kind, payload)
    if earlier is not None and earlier.state == State.PREPARED:
        replaces = replaces or earlier
    row = store(actor, kind, payload, change_id=change_id, undoes=undoes, replaces=replaces)
    for replaced in filter(None, (earlier, replaces)):
        _abandon(replaced)
    return row


def resolve(actor: Actor, change_id: UUID, choices: Mapping[str, str]) -> Change:
    """A change as its person wants it after the three-way comparison: `choices` says "now" or "yours", field by field.

    Raises as `prepare`; NothingToChange when everything is to stay as Altostrat has it.
    """
    change = get_own(actor, change_id)
    payload = payload_of(actor, change)
    names = {row.name for row in find_conflicts(kind_of(change.verb), payload) if not row.is_fact}
    yours = {name: payload.wanted.get(name, (payload.opened or {}).get(name)) for name in names}
    chosen = {name: value for name, value in yours.items() if choices.get(name) == "yours"}
    draft = Draft(change.verb, payload.ids, chosen, opened=payload.before)
    return prepare(actor, draft, replaces=change)


def repeat(actor: Actor, change_id: UUID, *, reason: str = "", ticket: str = "") -> Change:
    """The same once more, with a fresh preview, as a change of its own; what was typed goes along.

    Raises as `prepare`.
    """
    change = get_own(actor, change_id)
    if reason or ticket:
        keep_typed(change, reason, ticket)
    payload = payload_of(actor, change)
    opened = payload.before if kind_of(change.verb).is_mergeable else None
    draft = Draft(change.verb, payload.ids, payload.wanted, opened=opened)
    return prepare(actor, draft, replaces=change)


def keep_typed(change: Change, reason: str, ticket: str) -> None:
    """Keeps why and with which ticket, before anything that may fail. It is signed only when it is sent: until then
    this fills the fields of the review, and of whatever takes its place."""
    change.reason, change.ticket = reason.strip()[:1000], ticket.strip()[:100]
    same = Change.objects.filter(pk=change.pk, state=State.PREPARED, attempts=change.attempts)
    same.update(reason=change.reason, ticket=change.ticket)


def undo(actor: Actor, change_id: UUID) -> Change:
    """The change that brings back what was before. Raises as `prepare`, and NotReady when there is no way back."""
    change = get_own(actor, change_id)
    draft = find_inverse(change, payload_of(actor, change))
    if draft is None:
        raise NotReady(
            "It was taken back already."
            if change.undone_by.filter(HAPPENED).exists()
            else "This cannot be undone."
        )
    return prepare(actor, draft, undoes=change)


def find_inverse(change: Change, payload: Payload) -> Draft | None:
    """The draft that undoes a change that has happened; None when there is none, or when it was taken back already."""
    has_happened = change.state == State.SUCCEEDED or change.found == Change.Found.APPLIED
    if not has_happened or change.undone_by.filter(HAPPENED).exists():
        return None
    return kind_of(change.verb).inverse(payload)


def undoable(actor: Actor, change_ids: Iterable[str]) -> frozenset[str]:
    """Those of the actor's own changes that have happened, have a way back, and were not taken back yet."""
    ids = [UUID(text) for text in change_ids if is_id(text)]
    back = [verb for verb, kind in KINDS.items() if kind.can_be_undone]
    taken_back = Change.objects.filter(HAPPENED, undoes__in=ids).values("undoes")
    rows = Change.objects.filter(HAPPENED, user=actor.user, pk__in=ids, verb__in=back).exclude(envelope="")
    return frozenset(str(row.pk) for row in rows.exclude(pk__in=taken_back) if _has_inverse(row))


def _has_inverse(change: Change) -> bool:
    """Whether this very change has a way back: not every one of its kind does."""
    try:
        return kind_of(change.verb).inverse(Payload.of(change)) is not None
    except CannotUnseal:
        return False


def abandon(actor: Actor, change_id: UUID) -> Change:
    """Puts a change aside that was not sent; of any other nothing is changed. Raises ChangeNotFound."""
    _abandon(get_own(actor, change_id))
    return get_own(actor, change_id)


def store(
    actor: Actor,
    kind: Kind,
    payload: Payload,
    *,
    change_id: UUID | None = None,
    undoes: Change | None = None,
    replaces: Change | None = None,
) -> Change:
    """The row. Of two at the same time with one id, both get the one that came first."""
    row_id = change_id or uuid4()
    row = Change(
        id=row_id,
        user=actor.user,
        verb=kind.verb,
        operation=kind.operation.name,
        ids=payload.ids,
        workspace_id=payload.ids.get("workspace_id", ""),
        billing_account_id=payload.ids.get("billing_account_id", ""),
        fingerprint=fingerprint(
            actor.user.pk, kind.operation.name, kind.operation.path(payload.ids), payload.body
        ),
        undoes=undoes or (replaces.undoes if replaces else None),
        reason=replaces.reason if replaces else "",
        ticket=replaces.ticket if replaces else "",
    )
    row.envelope = payload.sealed_for(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return get_own(actor, row_id)
    return row


def with_preview(actor: Actor, kind: Kind, payload: Payload) -> Payload:
    """With a fresh preview of what it costs, where it moves money. Raises NoToken, AltostratError."""
    body = previews.required_body(kind, payload)
    if body is None or (kind.is_mergeable and find_conflicts(kind, payload)):
        return payload  # what is chosen after the comparison is previewed then
    return payload.with_(preview=previews.create(actor, payload.ids, body))


def _complete(kind: Kind, draft: Draft, before: dict[str, Any]) -> Payload:
    payload = Payload(ids=draft.ids, before=before, wanted=draft.wanted, opened=draft.opened)
    return payload.with_(body=kind.body(payload))


def _is_of(earlier: Change, actor: Actor, draft: Draft) -> bool:
    """Whether a row came from this very form, with these very values."""
    payload = payload_of(actor, earlier)
    sent = (draft.verb, draft.ids, draft.wanted, draft.opened)
    return sent == (earlier.verb, payload.ids, payload.wanted, payload.opened)


def _abandon(change: Change) -> None:
    Change.objects.filter(pk=change.pk, state=State.PREPARED).update(state=State.ABANDONED)
