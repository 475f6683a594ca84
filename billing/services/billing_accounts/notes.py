"""Internal notes on a billing account, sealed in the database, for everyone whose own token can read the account.

To check that, `require_account` reads the account before a note is written, and the page before notes are shown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from billing import masks
from billing.folding import has_words
from billing.models import Note
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.billing_accounts.access import require_account
from billing.services.people import people
from billing.services.storage import key_ring, statements
from billing.vault import CannotUnseal

MAX_LENGTH: Final = 2000
MAX_SHOWN: Final = 10
# Each view of an account needs them, and the ORM takes 1,000 calls to make the query.
_NEWEST: Final = (
    "LEFT JOIN billing_user ON billing_user.id = author_id"
    " WHERE workspace_id = %s AND billing_account_id = %s ORDER BY created_at DESC LIMIT %s"
)


class NoteNotFound(LookupError):
    """The account has no such note, or it belongs to someone else."""


class AlreadyAdded(Exception):
    """The note is stored already: the same form was submitted twice."""


@dataclass(frozen=True, slots=True)
class OpenNote:
    """An unsealed note; `text` is None if the vault cannot open it."""

    id: UUID
    author_name: str
    text: str | None
    created_at: datetime
    edited_at: datetime | None
    is_own: bool


def newest(actor: Actor, workspace_id: str, billing_account_id: str) -> tuple[OpenNote, ...]:
    """Return the newest notes, newest first; at most MAX_SHOWN. Raise NotPermitted.

    The caller must have read the account with the actor's own token.
    """
    actor.require(Permission.BILLING_READ)
    parameters = (workspace_id, billing_account_id, MAX_SHOWN)
    rows = statements.instances(Note, _NEWEST, parameters, author_full_name=people.FULL_NAME)
    return tuple(_opened(actor, row) for row in rows)


def last_of_accounts(actor: Actor, accounts: Collection[tuple[str, str]]) -> dict[tuple[str, str], OpenNote]:
    """Return the last note of each of these workspace and account IDs that has one. Raise NotPermitted.

    The caller must have read the accounts with the actor's own tokens.
    """
    actor.require(Permission.BILLING_READ)
    same_account = Note.objects.filter(
        workspace_id=OuterRef("workspace_id"), billing_account_id=OuterRef("billing_account_id")
    )
    rows = _named().filter(
        billing_account_id__in={account_id for _, account_id in accounts},
        pk=Subquery(same_account.order_by("-created_at", "-pk").values("pk")[:1]),
    )
    found = {(row.workspace_id, row.billing_account_id): row for row in rows}
    return {key: _opened(actor, row) for key, row in found.items() if key in accounts}


def count_older(actor: Actor, workspace_id: str, billing_account_id: str) -> int:
    """Return the number of notes that `newest` leaves out."""
    return max(_rows(actor, workspace_id, billing_account_id).count() - MAX_SHOWN, 0)


def search(actor: Actor, workspace_id: str, billing_account_id: str, words: str) -> tuple[OpenNote, ...]:
    """Return the notes that contain all of the words in text or author, newest first.

    Texts are compared as people type them. Raise as `newest`.
    """
    is_match = has_words(words)
    rows = _rows(actor, workspace_id, billing_account_id).iterator(chunk_size=500)
    notes = ((_opened(actor, row), row.author_name) for row in rows)
    return tuple(
        note for note, username in notes if is_match(f"{note.text or ''} {note.author_name} {username}")
    )


def add(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str, text: str) -> None:
    """Add a note of 1 to 2,000 characters. Raise NotPermitted, AlreadyAdded, and as `require_account`.

    If the same form is submitted again with another text, it adds another note.
    """
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    stored = Note.objects.filter(pk=note_id).first()
    if stored is not None:
        is_own = stored.author_id == actor.user.pk
        is_same_account = (stored.workspace_id, stored.billing_account_id) == (
            workspace_id,
            billing_account_id,
        )
        if is_own and is_same_account and _opened(actor, stored).text == text:
            raise AlreadyAdded
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
        raise AlreadyAdded from None


def get_own(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str) -> OpenNote:
    """Return one of the actor's own notes. Raise NotPermitted, NoteNotFound, and as `require_account`."""
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    return _opened(actor, _own_row(actor, note_id, workspace_id, billing_account_id))


def edit(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str, text: str) -> None:
    """Replace the text of one of the actor's own notes. Raise as `get_own`."""
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    with transaction.atomic():
        row = _own_row(actor, note_id, workspace_id, billing_account_id, lock=True)
        _seal(row, text)
        row.edited_at = timezone.now()
        row.save(update_fields=("envelope", "edited_at"))
        _record(actor, "note.edit", row)


def delete(actor: Actor, *, note_id: UUID, workspace_id: str, billing_account_id: str) -> None:
    """Delete one of the actor's own notes. Raise as `get_own`."""
    actor.require(Permission.BILLING_WRITE)
    require_account(actor, workspace_id, billing_account_id)
    with transaction.atomic():
        row = _own_row(actor, note_id, workspace_id, billing_account_id, lock=True)
        Note.objects.filter(pk=row.pk).delete()
        _record(actor, "note.delete", row)


def reseal(row: Note) -> bool:
    """Seal one note with the first key; False if it was changed or deleted in the meantime.

    Raise `vault.CannotUnseal`.
    """
    resealed = key_ring.resealed(row.envelope, _context(row))
    return bool(Note.objects.filter(pk=row.pk, envelope=row.envelope).update(envelope=resealed))


def _rows(actor: Actor, workspace_id: str, billing_account_id: str) -> QuerySet[Note]:
    actor.require(Permission.BILLING_READ)
    return _named().filter(workspace_id=workspace_id, billing_account_id=billing_account_id)


def _named() -> QuerySet[Note]:
    return Note.objects.annotate(author_full_name=people.full_name_of("author"))


def _own_row(
    actor: Actor, note_id: UUID, workspace_id: str, billing_account_id: str, *, lock: bool = False
) -> Note:
    rows = Note.objects.select_for_update() if lock else Note.objects.all()
    row = rows.filter(
        pk=note_id, author=actor.user, workspace_id=workspace_id, billing_account_id=billing_account_id
    ).first()
    if row is None:
        raise NoteNotFound
    return row


def _seal(row: Note, text: str) -> None:
    key_ring.remember_first_key()
    row.envelope = key_ring.key_ring().seal(text, _context(row))


def _opened(actor: Actor, row: Note) -> OpenNote:
    try:
        text = key_ring.key_ring().unseal(row.envelope, _context(row))
    except CannotUnseal:
        text = None
    is_own = row.author_id == actor.user.pk
    if text and actor.is_masked and not is_own:
        text = masks.free_text(text)
    author = getattr(row, "author_full_name", "") or row.author_name
    return OpenNote(row.pk, author, text, row.created_at, row.edited_at, is_own)


def _context(row: Note) -> tuple[str, ...]:
    return ("note", str(row.pk), row.workspace_id, row.billing_account_id)


def _record(actor: Actor, verb: str, row: Note) -> None:
    # Never the text: a deleted note must not survive in the audit log.
    audit.record(
        actor,
        verb,
        audit.Outcome.SUCCEEDED,
        subject=str(row.pk),
        workspace_id=row.workspace_id,
        billing_account_id=row.billing_account_id,
    )
