"""Forms that wait, sealed, while their person signs in again: for ten minutes, to be sent once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db.models import QuerySet
from django.utils import timezone

from billing.models import PendingForm, UserSession
from billing.services.storage import key_ring
from billing.vault import CannotUnseal

_LIFETIME: Final = timedelta(minutes=10)
# One for each open tab. Beyond that, the oldest is deleted.
_LIMIT: Final = 10


class NoPendingForm(LookupError):
    """This session has no pending form with this id. It was sent, has expired, or belongs to another session."""


def save(session: UserSession, *, path: str, body: str) -> UUID:
    """Save what was posted to `path`, and return its id."""
    form_id = uuid4()
    envelope = key_ring.key_ring().seal(json.dumps([path, body]), _context(session, form_id))
    newest = _pending(session).order_by("-expires_at").values_list("pk", flat=True)[: _LIMIT - 1]
    session.pending_forms.exclude(pk__in=list(newest)).delete()
    session.pending_forms.create(pk=form_id, envelope=envelope, expires_at=timezone.now() + _LIFETIME)
    return form_id


def path_of(session: UserSession, form_id: UUID) -> str:
    """Return the path that the form was posted to. Raise NoPendingForm."""
    return _unsealed(session, form_id)[0]


def take(session: UserSession, form_id: UUID, *, path: str) -> str:
    """Delete the form and return its body, once. Raise NoPendingForm, also if it was posted to another path."""
    posted_to, body = _unsealed(session, form_id)
    # Of two concurrent requests only one deletes the row.
    if posted_to != path or not _pending(session).filter(pk=form_id).delete()[0]:
        raise NoPendingForm
    return body


def _unsealed(session: UserSession, form_id: UUID) -> tuple[str, str]:
    form = _pending(session).filter(pk=form_id).first()
    if form is None:
        raise NoPendingForm
    try:
        path, body = json.loads(key_ring.key_ring().unseal(form.envelope, _context(session, form_id)))
    except CannotUnseal:  # its vault key was removed meanwhile
        raise NoPendingForm from None
    return path, body


def _pending(session: UserSession) -> QuerySet[PendingForm]:
    return PendingForm.objects.filter(session=session, expires_at__gt=timezone.now())


def _context(session: UserSession, form_id: UUID) -> tuple[str, ...]:
    return ("held_form", str(session.user_id), str(form_id))
