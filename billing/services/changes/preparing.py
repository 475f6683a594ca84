"""Making changes that are to be reviewed. Nothing is sent here; what is sealed in a row never changes before it is
sent, so that what a person reviews in one tab is what that tab sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from billing.models import Change
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes import payload as sealing
from billing.services.changes import preconditions, previews
from billing.services.changes.comparison import conflicts_of
from billing.services.changes.current_state import present
from billing.services.changes.errors import NothingToChange, NotReady
from billing.services.changes.kind import Draft, Kind, is_same
from billing.services.changes.kinds.registry import KINDS, kind_of
from billing.services.changes.payload import Contents
from billing.services.changes.preconditions import HAPPENED
from billing.services.changes.queries import contents_of, fingerprint, is_id, one_of
from billing.vault import CannotUnseal

State = Change.State


def prepare(
    actor: Actor,
    draft: Draft,
    *,
    change_id: UUID | None = None,
    undoes: Change | None = None,
    instead_of: Change | None = None,
) -> Change:
    """The row of an intended write, after one read of what is there now.

    `instead_of` is an earlier one whose place it takes: what it undoes, its reason and its ticket go along, and it is
    abandoned if nothing was sent.

    `change_id` is the form's: the same form sent again gives the same row, whatever has become of it; sent again with
    other values, it makes another row, and the one before is abandoned if nothing was sent. What moves money gets a
    fresh preview of what it costs. Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError, NothingToChange,
    NotReady.
    """
    actor.require(Permission.BILLING_WRITE)
    kind, draft = kind_of(draft.verb), _without_what_was_left_alone(draft)
    if kind.is_mergeable and draft.opened is not None and not draft.wanted:
        raise NothingToChange
    earlier = Change.objects.filter(pk=change_id).first() if change_id else None
    if earlier is not None and earlier.user_id != actor.user.pk:
        earlier = change_id = None  # somebody else's stays theirs, and nobody hears of it
    if earlier is not None:
        if _is_of(earlier, actor, draft):
            return earlier
        change_id = None
    before = present(actor, kind, draft.ids)
    contents = _complete(kind, draft, before)
    if not kind.changes_something(contents):
        raise NothingToChange
    obstacle = preconditions.of_kind(kind, contents)
    if obstacle:
        raise NotReady(obstacle)
    contents = with_preview(actor, kind, contents)
    if earlier is not None and earlier.state == State.PREPARED:
        instead_of = instead_of or earlier
    row = store(actor, kind, contents, change_id=change_id, undoes=undoes, instead_of=instead_of)
    for replaced in filter(None, (earlier, instead_of)):
        _abandon(replaced)
    return row


def resolve(actor: Actor, change_id: UUID, choices: Mapping[str, str]) -> Change:
    """A change as its person wants it after the three-way comparison: `choices` says "now" or "yours", field by field.

    Raises as `prepare`; NothingToChange when everything is to stay as Altostrat has it.
    """
    change = one_of(actor, change_id)
    contents = contents_of(actor, change)
    names = {row.name for row in conflicts_of(kind_of(change.verb), contents) if not row.is_fact}
    yours = {name: contents.wanted.get(name, (contents.opened or {}).get(name)) for name in names}
    chosen = {name: value for name, value in yours.items() if choices.get(name) == "yours"}
    draft = Draft(change.verb, contents.ids, chosen, opened=contents.before)
    return prepare(actor, draft, instead_of=change)


def anew(actor: Actor, change_id: UUID, *, reason: str = "", ticket: str = "") -> Change:
    """The same once more, with a fresh preview, as a change of its own; what was typed goes along.

    Raises as `prepare`.
    """
    change = one_of(actor, change_id)
    if reason or ticket:
        keep_typed(change, reason, ticket)
    contents = contents_of(actor, change)
    opened = contents.before if kind_of(change.verb).is_mergeable else None
    draft = Draft(change.verb, contents.ids, contents.wanted, opened=opened)
    return prepare(actor, draft, instead_of=change)


def keep_typed(change: Change, reason: str, ticket: str) -> None:
    """Keeps why and with which ticket, before anything that may fail. It is signed only when it is sent: until then
    this fills the fields of the review, and of whatever takes its place."""
    change.reason, change.ticket = reason.strip()[:1000], ticket.strip()[:100]
    same = Change.objects.filter(pk=change.pk, state=State.PREPARED, attempts=change.attempts)
    same.update(reason=change.reason, ticket=change.ticket)


def undo(actor: Actor, change_id: UUID) -> Change:
    """The change that brings back what was before. Raises as `prepare`, and NotReady when there is no way back."""
    change = one_of(actor, change_id)
    draft = inverse_of(change, contents_of(actor, change))
    if draft is None:
        raise NotReady(
            "It was taken back already."
            if change.undone_by.filter(HAPPENED).exists()
            else "This cannot be undone."
        )
    return prepare(actor, draft, undoes=change)


def inverse_of(change: Change, contents: Contents) -> Draft | None:
    """The draft that undoes a change that has happened; None when there is none, or when it was taken back already."""
    has_happened = change.state == State.SUCCEEDED or change.found == Change.Found.APPLIED
    if not has_happened or change.undone_by.filter(HAPPENED).exists():
        return None
    return kind_of(change.verb).inverse(contents)


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
        return kind_of(change.verb).inverse(sealing.opened(change)) is not None
    except CannotUnseal:
        return False


def abandon(actor: Actor, change_id: UUID) -> Change:
    """Puts a change aside that was not sent; of any other nothing is changed. Raises UnknownChange."""
    _abandon(one_of(actor, change_id))
    return one_of(actor, change_id)


def store(
    actor: Actor,
    kind: Kind,
    contents: Contents,
    *,
    change_id: UUID | None = None,
    undoes: Change | None = None,
    instead_of: Change | None = None,
) -> Change:
    """The row. Of two at the same time with one id, both get the one that came first."""
    row_id = change_id or uuid4()
    row = Change(
        id=row_id,
        user=actor.user,
        verb=kind.verb,
        operation=kind.operation.name,
        ids=contents.ids,
        workspace_id=contents.ids.get("workspace_id", ""),
        billing_account_id=contents.ids.get("billing_account_id", ""),
        fingerprint=fingerprint(
            actor.user.pk, kind.operation.name, kind.operation.path(contents.ids), contents.body
        ),
        undoes=undoes or (instead_of.undoes if instead_of else None),
        reason=instead_of.reason if instead_of else "",
        ticket=instead_of.ticket if instead_of else "",
        envelope=sealing.sealed(contents, row_id, actor.user.pk),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return one_of(actor, row_id)
    return row


def with_preview(actor: Actor, kind: Kind, contents: Contents) -> Contents:
    """With a fresh preview of what it costs, where it moves money. Raises NoToken, AltostratError."""
    body = previews.needed(kind, contents)
    if body is None or (kind.is_mergeable and conflicts_of(kind, contents)):
        return contents  # what is chosen after the comparison is previewed then
    return replace(contents, preview=previews.made(actor, contents.ids, body))


def _complete(kind: Kind, draft: Draft, before: sealing.State) -> Contents:
    contents = Contents(ids=draft.ids, before=before, wanted=draft.wanted, opened=draft.opened)
    return replace(contents, body=kind.body(contents))


def _is_of(earlier: Change, actor: Actor, draft: Draft) -> bool:
    """Whether a row came from this very form, with these very values."""
    contents = contents_of(actor, earlier)
    sent = (draft.verb, draft.ids, draft.wanted, draft.opened)
    return sent == (earlier.verb, contents.ids, contents.wanted, contents.opened)


def _without_what_was_left_alone(draft: Draft) -> Draft:
    """A form sends every field: those that its person did not touch are nothing that they want."""
    if draft.opened is None:
        return draft
    opened = draft.opened
    touched = {name: value for name, value in draft.wanted.items() if not is_same(value, opened.get(name))}
    return replace(draft, wanted=touched)


def _abandon(change: Change) -> None:
    Change.objects.filter(pk=change.pk, state=State.PREPARED).update(state=State.ABANDONED)
