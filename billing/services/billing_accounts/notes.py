"""Internal notes on a billing account: for everybody here whose own token sees the account, and sealed in the database.

Who may see an account is Altostrat's to say: whoever writes is checked by reading it first (`require_account`), whoever
reads by the page, which has read it already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from billing.models import Note
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.billing_accounts.access import require_account
from billing.services.storage import key_ring
from billing.vault import CannotUnseal

LONGEST: Final = 2000
SHOWN: Final = 200


class UnknownNote(LookupError):
    """There is no such note on this account, or it is somebody else's."""


class WrittenBefore(Exception):
    """A note was stored under this id already: the same form arrived twice."""


@dataclass(frozen=True, slots=True)
class OpenNote:
    """A note that was opened for its reader; `text` is None when the vault does not open it."""

    id: UUID
    author_name: str
    text: str | None
    created_at: datetime
    edited_at: datetime | None
    is_own: bool


def of_account(actor: Actor, workspace_id: str, billing_account_id: str) -> tuple[OpenNote, ...]:
    """The newest 200 notes, newest first. Raises NotPermitted.

    Whether the actor's own token sees the account is for the caller to find out, by reading it first.
    """
    return tuple(_opened(actor, row) for row in _rows(actor, workspace_id, billing_account_id)[:SHOWN])


def older(actor: Actor, workspace_id: str, billing_account_id: str) -> int:
    """How many there are behind those of `of_account`. Raises as it does."""
    return max(_rows(actor, workspace_id, billing_account_id).count() - SHOWN, 0)


def find(
    actor: Actor, workspace_id: str, billing_account_id: str, words: str
) -> tuple[tuple[OpenNote, ...], int]:
    """Of all notes those that hold every one of some words, in text or author, whatever their capitals: the newest 200,
    and how many more there are. Raises as `of_account`."""
    wanted = words.casefold().split()
    found: list[OpenNote] = []
    more = 0
    for row in _rows(actor, workspace_id, billing_account_id).iterator(chunk_size=500):
        note = _opened(actor, row)
        if not all(word in f"{note.text or ''} {note.author_name}".casefold() for word in wanted):
            continue
        if len(found) < SHOWN:
            found.append(note)
        else:
            more += 1
    return tuple(found), more


def add(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str, text: str) -> None:
    """Adds a note of 1 to 2,000 characters. Raises NotPermitted, WrittenBefore, and what `require_account` raises.

    The form of a stored note, gone back to and sent with another text, is another note: nothing that was written is
    dropped, and nothing that is there is changed.
    """
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    there = Note.objects.filter(pk=note_id).first()
    if there is not None:
        is_own = there.author_id == actor.user.pk
        is_here = (there.workspace_id, there.billing_account_id) == (workspace_id, billing_account_id)
        if is_own and is_here and _opened(actor, there).text == text:
            raise WrittenBefore
        note_id = uuid4()
    row = Note(
        id=note_id,
        workspace_id=workspace_id,
        billing_account_id=billing_account_id,
        author=actor.user,
        author_name=actor.user.get_username(),
    )
    _seal(row, text)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            _record(actor, "note.add", row)
    except IntegrityError:
        raise WrittenBefore from None


def own(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str) -> OpenNote:
    """One of the actor's own notes. Raises NotPermitted, UnknownNote, and what `require_account` raises."""
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    return _opened(actor, _own_row(actor, note_id, workspace_id, billing_account_id))


def edit(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str, text: str) -> None:
    """Puts another text into one of the actor's own notes. Raises as `own`."""
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    with transaction.atomic():
        row = _own_row(actor, note_id, workspace_id, billing_account_id, lock=True)
        _seal(row, text)
        row.edited_at = timezone.now()
        row.save(update_fields=("envelope", "edited_at"))
        _record(actor, "note.edit", row)


def delete(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str) -> None:
    """Deletes one of the actor's own notes, its text included. Raises as `own`."""
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    with transaction.atomic():
        row = _own_row(actor, note_id, workspace_id, billing_account_id, lock=True)
        Note.objects.filter(pk=row.pk).delete()
        _record(actor, "note.delete", row)


def reseal(row: Note) -> bool:
    """Moves one note to the first key; False when it was changed or deleted meanwhile. Raises `vault.CannotUnseal`."""
    ring, context = key_ring.key_ring(), _context(row)
    fresh = ring.seal(ring.unseal(row.envelope, context), context)
    return bool(Note.objects.filter(pk=row.pk, envelope=row.envelope).update(envelope=fresh))


def _rows(actor: Actor, workspace_id: str, billing_account_id: str) -> QuerySet[Note]:
    actor.require(Permission.BILLING_READ)
    return Note.objects.filter(workspace_id=workspace_id, billing_account_id=billing_account_id)


def _own_row(
    actor: Actor, note_id: UUID, workspace_id: str, billing_account_id: str, *, lock: bool = False
) -> Note:
    rows = Note.objects.select_for_update() if lock else Note.objects.all()
    row = rows.filter(
        pk=note_id, author=actor.user, workspace_id=workspace_id, billing_account_id=billing_account_id
    ).first()
    if row is None:
        raise UnknownNote
    return row


def _seal(row: Note, text: str) -> None:
    key_ring.remember_first_key()
    row.envelope = key_ring.key_ring().seal(text, _context(row))


def _opened(actor: Actor, row: Note) -> OpenNote:
    try:
        text = key_ring.key_ring().unseal(row.envelope, _context(row))
    except CannotUnseal:
        text = None
    return OpenNote(
        row.pk, row.author_name, text, row.created_at, row.edited_at, row.author_id == actor.user.pk
    )


def _context(row: Note) -> tuple[str, ...]:
    return ("note", str(row.pk), row.workspace_id, row.billing_account_id)


def _record(actor: Actor, verb: str, row: Note) -> None:
    # Never the text: what somebody deletes for good reason must not live on in the audit.
    audit.record(
        actor,
        verb,
        audit.Outcome.SUCCEEDED,
        subject=str(row.pk),
        workspace_id=row.workspace_id,
        billing_account_id=row.billing_account_id,
    )
