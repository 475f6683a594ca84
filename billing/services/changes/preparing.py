"""Making changes that are to be reviewed. Nothing is sent here; what is sealed in a row never changes before it is
sent, so that what a person reviews in one tab is what that tab sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q

from billing.models import Change
from billing.roles import Permission
from billing.services.actor import Actor
from billing.services.changes import contents as sealing
from billing.services.changes import previews
from billing.services.changes.comparing import conflicts_of
from billing.services.changes.contents import Contents
from billing.services.changes.errors import NothingToChange, NotReady
from billing.services.changes.kinds import Draft, Kind, is_same
from billing.services.changes.reading import present
from billing.services.changes.registry import KINDS, kind_of
from billing.services.changes.rows import contents_of, fingerprint, is_id, one_of

State = Change.State


def prepare(
    actor: Actor, draft: Draft, *, change_id: UUID | None = None, undoes: Change | None = None
) -> Change:
    """The row of an intended write, after one read of what is there now.

    `change_id` is the form's: the same form sent again gives the same row, whatever has become of it; sent again with
    other values, it makes another row, and the one before is abandoned if nothing was sent. What moves money gets a
    fresh preview of what it costs. Raises NotPermitted, NoToken, InvalidIdentifier, AltostratError, NothingToChange,
    NotReady.
    """
    actor.require(Permission.BILLING_WRITE)
    kind, draft = kind_of(draft.verb), _without_what_was_left_alone(draft)
    if draft.opened is not None and not draft.wanted:
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
    obstacle = kind.obstacle(contents)
    if obstacle:
        raise NotReady(obstacle)
    contents = _with_preview(actor, kind, contents)
    if earlier is not None:
        _abandon(earlier)
    return store(actor, kind, contents, change_id=change_id, undoes=undoes)


def resolve(actor: Actor, change_id: UUID, choices: Mapping[str, str]) -> Change:
    """A change as its person wants it after the three-way comparison: `choices` says "now" or "yours", field by field.

    Raises as `prepare`; NothingToChange when everything is to stay as Altostrat has it.
    """
    change = one_of(actor, change_id)
    contents = contents_of(actor, change)
    names = {row.name for row in conflicts_of(kind_of(change.verb), contents)}
    yours = {name: contents.wanted.get(name, (contents.opened or {}).get(name)) for name in names}
    chosen = {name: value for name, value in yours.items() if choices.get(name) == "yours"}
    draft = Draft(change.verb, contents.ids, chosen, opened=contents.before)
    following = prepare(actor, draft, undoes=change.undoes)
    _abandon(change)
    return following


def anew(actor: Actor, change_id: UUID, *, reason: str = "", ticket: str = "") -> Change:
    """The same once more, with a fresh preview, as a change of its own; what was typed goes along.

    Raises as `prepare`.
    """
    change = one_of(actor, change_id)
    contents = contents_of(actor, change)
    opened = contents.before if kind_of(change.verb).is_mergeable else None
    draft = Draft(change.verb, contents.ids, contents.wanted, opened=opened)
    following = prepare(actor, draft, undoes=change.undoes)
    if reason or ticket:
        # Signed only when it is sent: until then this fills the review's fields.
        following.reason, following.ticket = reason[:1000], ticket[:100]
        following.save(update_fields=["reason", "ticket"])
    _abandon(change)
    return following


def undo(actor: Actor, change_id: UUID) -> Change:
    """The change that brings back what was before. Raises as `prepare`, and NotReady when there is no way back."""
    change = one_of(actor, change_id)
    draft = inverse_of(change, contents_of(actor, change))
    if draft is None:
        raise NotReady("This cannot be undone.")
    return prepare(actor, draft, undoes=change)


def inverse_of(change: Change, contents: Contents) -> Draft | None:
    """The draft that undoes a change that has happened; None when there is none."""
    has_happened = change.state == State.SUCCEEDED or change.found == Change.Found.APPLIED
    return kind_of(change.verb).inverse(contents) if has_happened else None


def undoable(actor: Actor, change_ids: Iterable[str]) -> frozenset[str]:
    """Those of the actor's own changes that have happened, have a way back, and were not taken back yet."""
    ids = [text for text in change_ids if is_id(text)]
    back = [verb for verb, kind in KINDS.items() if kind.can_be_undone]
    rows = Change.objects.filter(user=actor.user, pk__in=ids, verb__in=back)
    rows = rows.filter(Q(state=State.SUCCEEDED) | Q(found=Change.Found.APPLIED))
    rows = rows.exclude(undone_by__state=State.SUCCEEDED).exclude(envelope="")
    return frozenset(str(pk) for pk in rows.values_list("pk", flat=True))


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
) -> Change:
    """The row. Of two at the same time with one id, both get the one that came first."""
    row_id = change_id or uuid4()
    row = Change(
        id=row_id,
        user=actor.user,
        verb=kind.verb,
        operation=kind.operation.name,
        ids=contents.ids,
        workspace_id=contents.ids.get("workspaceId", ""),
        billing_account_id=contents.ids.get("billingAccountId", ""),
        fingerprint=fingerprint(
            actor.user.pk, kind.operation.name, kind.operation.path(contents.ids), contents.body
        ),
        undoes=undoes,
        envelope=sealing.sealed(contents, row_id, actor.user.pk),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return one_of(actor, row_id)
    return row


def _complete(kind: Kind, draft: Draft, before: sealing.State) -> Contents:
    contents = Contents(ids=draft.ids, before=before, wanted=draft.wanted, opened=draft.opened)
    return replace(contents, body=kind.body(contents))


def _with_preview(actor: Actor, kind: Kind, contents: Contents) -> Contents:
    body = previews.needed(kind, contents)
    if body is None or (kind.is_mergeable and conflicts_of(kind, contents)):
        return contents  # what is chosen after the comparison is previewed then
    return replace(contents, preview=previews.made(actor, contents.ids, body))


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
