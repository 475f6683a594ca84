"""Saved views: the addresses of lists with their filters, under names. A person's own, and those that admins share.

A view has no data: each person who opens it reads the list with their own token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from billing.models import SavedView
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.people import people
from billing.services.storage import key_ring
from billing.vault import CannotUnseal

MAX_NAME: Final = 80
MAX_ADDRESS: Final = 2000
# Of one person, and of all shared ones.
MAX_VIEWS: Final = 50


class ViewNotFound(LookupError):
    """No view has this id, or it belongs to someone else and is not shared."""


class TooManyViews(Exception):
    """The person has MAX_VIEWS views already, or MAX_VIEWS views are shared."""


@dataclass(frozen=True, slots=True)
class View:
    """An opened view; name and address are empty if the vault cannot open it."""

    id: UUID
    name: str
    address: str
    is_shared: bool
    is_own: bool
    owner_name: str
    may_change: bool


def may_share(actor: Actor) -> bool:
    return Permission.PEOPLE_MANAGE in actor.permissions


def visible(actor: Actor) -> tuple[View, ...]:
    """Return the actor's own views and the shared ones, by name."""
    views = (_opened(actor, row) for row in _rows(actor))
    return tuple(sorted(views, key=lambda view: (view.name.casefold(), str(view.id))))


def get(actor: Actor, view_id: UUID) -> View:
    """Return a view that the actor may change. Raise ViewNotFound."""
    return _opened(actor, _row(actor, view_id))


def save(actor: Actor, *, view_id: UUID, name: str, address: str, is_shared: bool = False) -> None:
    """Save a view. The same form, sent again, changes nothing. Raise TooManyViews, NotPermitted."""
    if is_shared:
        actor.require(Permission.PEOPLE_MANAGE)
    if SavedView.objects.filter(pk=view_id).exists():
        return
    row = SavedView(id=view_id, owner=actor.user, is_shared=is_shared)
    _require_room(SavedView.objects.filter(owner=actor.user))
    _seal(row, name, address)
    try:
        with transaction.atomic():
            if is_shared:
                _require_room(SavedView.objects.filter(is_shared=True))
            row.save(force_insert=True)
            if is_shared:
                _record(actor, "view.share", row)
    except IntegrityError:  # the same form was sent twice at the same time
        return


def change(actor: Actor, view_id: UUID, *, name: str, is_shared: bool) -> None:
    """Rename a view, and share it or stop sharing it.

    Raise ViewNotFound, TooManyViews, NotPermitted, `vault.CannotUnseal`.
    """
    with transaction.atomic():
        row = _row(actor, view_id, lock=True)
        was_shared, row.is_shared = row.is_shared, is_shared
        if is_shared and not was_shared:
            actor.require(Permission.PEOPLE_MANAGE)
            _require_room(SavedView.objects.filter(is_shared=True))
        _seal(row, name, _contents(row)[1])
        row.save(update_fields=("is_shared", "envelope"))
        if is_shared or was_shared:
            verb = (
                "view.change" if is_shared and was_shared else "view.share" if is_shared else "view.unshare"
            )
            _record(actor, verb, row)


def delete(actor: Actor, view_id: UUID) -> None:
    """Delete a view. Raise ViewNotFound."""
    with transaction.atomic():
        row = _row(actor, view_id, lock=True)
        SavedView.objects.filter(pk=row.pk).delete()
        if row.is_shared:
            _record(actor, "view.delete", row)


def reseal(row: SavedView) -> bool:
    """Seal one view with the first key; False if it was changed or deleted in the meantime.

    Raise `vault.CannotUnseal`.
    """
    resealed = key_ring.resealed(row.envelope, _context(row))
    return bool(SavedView.objects.filter(pk=row.pk, envelope=row.envelope).update(envelope=resealed))


def _rows(actor: Actor) -> QuerySet[SavedView]:
    rows = SavedView.objects.filter(Q(owner=actor.user) | Q(is_shared=True)).select_related("owner")
    return rows.annotate(owner_full_name=people.full_name_of("owner"))


def _row(actor: Actor, view_id: UUID, *, lock: bool = False) -> SavedView:
    """Return a view that the actor may change: their own, or for an admin also a shared one."""
    allowed = Q(owner=actor.user)
    if may_share(actor):
        allowed |= Q(is_shared=True)
    rows = SavedView.objects.select_for_update() if lock else SavedView.objects.all()
    row = rows.filter(allowed, pk=view_id).first()
    if row is None:
        raise ViewNotFound
    return row


def _require_room(rows: QuerySet[SavedView]) -> None:
    if rows.count() >= MAX_VIEWS:
        raise TooManyViews


def _seal(row: SavedView, name: str, address: str) -> None:
    key_ring.remember_first_key()
    row.envelope = key_ring.key_ring().seal(json.dumps([name, address]), _context(row))


def _opened(actor: Actor, row: SavedView) -> View:
    try:
        name, address = _contents(row)
    except CannotUnseal:
        name = address = ""
    is_own = row.owner_id == actor.user.pk
    owner = getattr(row, "owner_full_name", "") or row.owner.get_username()
    return View(row.pk, name, address, row.is_shared, is_own, owner, is_own or may_share(actor))


def _contents(row: SavedView) -> tuple[str, str]:
    name, address = json.loads(key_ring.key_ring().unseal(row.envelope, _context(row)))
    return name, address


def _context(row: SavedView) -> tuple[str, ...]:
    return ("saved view", str(row.pk), str(row.owner_id))


def _record(actor: Actor, verb: str, row: SavedView) -> None:
    # Only of shared views, which concern others. Never the name or the address.
    audit.record(actor, verb, audit.Outcome.SUCCEEDED, subject=str(row.pk))
