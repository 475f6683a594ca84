"""Lockouts after too many wrong passwords: who is locked out from where, and until when.

django-axes counts in the cache, which cannot be listed and may be one process's own. So a lockout also has a row, and a
lifted row counts in every process: `lockout_handler` asks `is_lifted`.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from billing.models import Lockout, User
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor


class UnknownLockout(LookupError):
    """No lockout that lasts has this id, or nobody has the username that was entered."""


def record(username: str, address: str | None, lasts: timedelta) -> None:
    """Record that a lockout begins. A name that nobody has is not stored, because people type passwords there."""
    now = timezone.now()
    user = User.objects.filter(username=username).first()
    times = {"locked_at": now, "ends_at": now + lasts, "lifted_at": None}
    with transaction.atomic():
        Lockout.objects.filter(ends_at__lte=now).delete()
        if not Lockout.objects.filter(user=user, address=address).update(**times):
            Lockout.objects.create(user=user, address=address, **times)


def is_lifted(username: str, address: str | None) -> bool:
    """Return whether an administrator has lifted the last lockout of this username from this address."""
    lockouts = Lockout.objects.filter(user__username=username, address=address)
    last = lockouts.values_list("lifted_at", flat=True).first()
    return last is not None


def current(actor: Actor, person_id: int | None = None) -> QuerySet[Lockout]:
    """Return the lockouts that last, newest first, of everyone or of one person. Raise NotPermitted."""
    actor.require(Permission.PEOPLE_MANAGE)
    rows = Lockout.objects.filter(lifted_at=None, ends_at__gt=timezone.now()).select_related("user")
    return rows if person_id is None else rows.filter(user=person_id)


def get(actor: Actor, lockout_id: int) -> Lockout:
    """Return a lockout that can be lifted. Raise NotPermitted, UnknownLockout."""
    row = current(actor).filter(pk=lockout_id, user__isnull=False).first()
    if row is None:
        raise UnknownLockout
    return row


def lift(actor: Actor, lockout_id: int, reason: str) -> Lockout:
    """Lift a lockout, so that the person can enter passwords again. Raise as `get`."""
    row = get(actor, lockout_id)
    assert row.user is not None
    with transaction.atomic():
        if Lockout.objects.filter(pk=row.pk, lifted_at=None).update(lifted_at=timezone.now()):
            audit.record(
                actor,
                "lockout.lift",
                audit.Outcome.SUCCEEDED,
                subject=row.user.audit_name,
                detail=f"from {row.address or 'an unknown address'}",
                reason=reason,
            )
    return row
