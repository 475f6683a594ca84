"""What the portal itself refused, as the audit has it: enough of it to be seen, and too little to fill a disk with."""

from __future__ import annotations

import time
from typing import Final

from django.core.cache import cache

from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor, Door
from billing.services.storage import idempotency

REFUSED: Final = "access.refused"
_STEP_SECONDS: Final = 60
_COUNTED_FOR_SECONDS: Final = 24 * 3600


def record(actor: Actor, permission: Permission) -> None:
    """Notes that a permission was missing: once a minute for each person, door and permission."""
    minute = int(time.time() // _STEP_SECONDS)
    what = (REFUSED, str(actor.user.pk), actor.door.value, actor.key_prefix, permission.value, str(minute))
    if idempotency.is_first_use(*what, expires_at=(minute + 1) * _STEP_SECONDS):
        audit.record(actor, REFUSED, audit.Outcome.REFUSED, detail=permission.value)


def record_unknown(door: Door, why: str, *, request_id: str, address: str | None) -> None:
    """Notes that nobody we know was refused: once a minute for each address, with the number of those since the last
    time. They are counted in the cache: whoever tries many keys causes no write for each."""
    entry, others = (f"{REFUSED}:{door.value}:{address}:{what}" for what in ("entry", "others"))
    if not cache.add(entry, 1, _STEP_SECONDS):
        if not cache.add(others, 1, _COUNTED_FOR_SECONDS):
            cache.incr(others)
        return
    count = cache.get(others, 0)
    cache.delete(others)
    more = f", and {count} more from this address before" if count else ""
    audit.record_unattended(
        REFUSED,
        audit.Outcome.REFUSED,
        door=door,
        detail=f"{why}{more}",
        request_id=request_id,
        address=address,
    )
