"""After a restore: what was in flight is settled, and what was ended since the backup does not come back unnoticed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import transaction

from billing.models import AuditHead, PortalKey, User
from billing.services import audit, changes
from billing.services.actor import Door
from billing.services.people import keys
from billing.services.reminders import delivery
from billing.services.sign_in import sessions

_VERB: Final = "database.restore"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was ended or marked. `last_entry` is the last audit entry of the backup, and `keys` the keys that work."""

    last_entry: int
    sessions: int
    changes: int
    reminders: int
    keys: tuple[PortalKey, ...]


def end_what_is_uncertain() -> Restored:
    """End all sessions, mark changes and reminders that may have been sent, and make portal keys read-only.

    Idempotency keys that programs used after the backup are lost, so a repeated request would be a second write.
    """
    head = AuditHead.objects.first()
    marked, reminders = changes.mark_restored(), delivery.mark_restored()
    with transaction.atomic():
        ended = _end_sessions()
        working = _working_keys()
        last_entry = head.entry_id if head else 0
        writing = [key.pk for key in working if not key.is_read_only]
        PortalKey.objects.filter(pk__in=writing).update(is_read_only=True)
        detail = (
            f"last entry {last_entry}; {ended} sessions ended; {marked} changes unknown; "
            f"{reminders} reminders unknown; {len(writing)} keys read-only"
        )
        audit.record_unattended(_VERB, audit.Outcome.SUCCEEDED, door=Door.COMMAND, detail=detail)
    return Restored(last_entry, ended, marked, reminders, working)


def _end_sessions() -> int:
    people = User.objects.filter(browser_sessions__ended_at=None, browser_sessions__isnull=False).distinct()
    return sum(sessions.end_of_user(user) for user in people)


def _working_keys() -> tuple[PortalKey, ...]:
    rows = PortalKey.objects.filter(revoked_at=None, owner__is_active=True).select_related("owner")
    return tuple(row for row in keys.in_display_order(rows) if not row.has_ended)
