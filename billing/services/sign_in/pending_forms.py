"""Forms that wait while their person signs in anew: sealed, for ten minutes, sent on once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils import timezone

from billing.models import HeldForm, UserSession
from billing.services.storage import key_ring
from billing.vault import CannotUnseal

_LIFE: Final = timedelta(minutes=10)
# As many tabs may wait at once; the oldest gives way.
_MOST: Final = 10


class FormGone(LookupError):
    """Nothing is held under this id for this session: sent on already, too old, or of somebody else."""


def hold(session: UserSession, *, path: str, body: str) -> UUID:
    """Keeps what was to be posted to `path`, and gives the id to ask for it with."""
    form_id = uuid4()
    envelope = key_ring.key_ring().seal(json.dumps([path, body]), _context(session, form_id))
    kept = _held(session).order_by("-expires_at").values_list("pk", flat=True)[: _MOST - 1]
    session.held_forms.exclude(pk__in=list(kept)).delete()
    session.held_forms.create(pk=form_id, envelope=envelope, expires_at=timezone.now() + _LIFE)
    return form_id


def path_of(session: UserSession, form_id: UUID) -> str:
    """Where the form was on its way to; it stays. Raises FormGone."""
    return _opened(session, form_id)[0]


def take(session: UserSession, form_id: UUID, *, path: str) -> str:
    """The body that was on its way to `path`; nobody gets it a second time. Raises FormGone."""
    held_path, body = _opened(session, form_id)
    # Of two requests at the same time only one deletes the row.
    if held_path != path or not _held(session).filter(pk=form_id).delete()[0]:
        raise FormGone
    return body


def _opened(session: UserSession, form_id: UUID) -> tuple[str, str]:
    row = _held(session).filter(pk=form_id).first()
    if row is None:
        raise FormGone
    try:
        path, body = json.loads(key_ring.key_ring().unseal(row.envelope, _context(session, form_id)))
    except CannotUnseal:  # the vault's key was taken away meanwhile
        raise FormGone from None
    return path, body


def _held(session: UserSession) -> QuerySet[HeldForm]:
    return HeldForm.objects.filter(session=session, expires_at__gt=timezone.now())


def _context(session: UserSession, form_id: UUID) -> tuple[str, ...]:
    return ("held_form", str(session.user_id), str(form_id))
