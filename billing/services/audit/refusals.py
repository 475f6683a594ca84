"""Refusals in the audit log: enough entries to show an attack, too few to fill a disk.

Anyone on the network can cause refusals without limit, and each row briefly locks the end of the audit chain. So each
network gets a few rows per minute. Its other refusals of that minute are counted and become summary rows, which the
next use of the audit log writes: a refusal, a sign-in, a view of the log, or `clear_sessions`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from django.core.cache import cache
from redis.exceptions import RedisError

from billing.services import audit
from billing.services.actor import Actor, Door
from billing.services.audit.refusal_counts import RefusalCounts, Tally, network_of
from billing.services.storage import idempotency
from billing.services.storage.process_cache import process_cache

REFUSED: Final = "access.refused"

# Without the shared cache each process counts on its own.
_COUNTS: Final = (
    RefusalCounts(cache),
    RefusalCounts(process_cache()),
)


def record(actor: Actor, what: str) -> None:
    """Record what was refused, such as a permission, once a minute for each person, door and key."""
    minute = current_minute()
    key = (REFUSED, str(actor.user.pk), actor.door.value, actor.key_prefix, str(what), str(minute))
    if idempotency.claim(*key, expires_at=(minute + 1) * 60):
        audit.record(actor, REFUSED, audit.Outcome.REFUSED, detail=str(what))


def record_unknown(
    verb: str, *, door: Door, detail: str = "", request_id: str = "", address: str | None = None
) -> None:
    """Record that an unknown caller was refused: in a row of its own, or as part of this minute's summary."""
    write_summaries()
    if _admit(Tally(current_minute(), network_of(address), verb, door.value)):
        audit.record_unattended(
            verb, audit.Outcome.REFUSED, door=door, detail=detail, request_id=request_id, address=address
        )


def write_summaries() -> None:
    """Write one row for each past minute, network, verb and door that had more refusals than rows."""
    for counts in _COUNTS:
        try:
            for tally in counts.pending(current_minute()):
                _write_summary(counts, tally)
        except RedisError:
            continue  # the counts stay in the cache


def current_minute() -> int:
    """Return the number of minutes since 1970."""
    return int(time.time()) // 60


def _admit(tally: Tally) -> bool:
    shared, local = _COUNTS
    try:
        return shared.admit(tally)
    except RedisError:
        return local.admit(tally)


def _write_summary(counts: RefusalCounts, tally: Tally) -> None:
    minute = datetime.fromtimestamp(tally.minute * 60, UTC)
    origin = f" from {tally.network}" if "/" in tally.network else ""
    with counts.claim(tally) as count:
        if count:
            audit.record_unattended(
                tally.verb,
                audit.Outcome.REFUSED,
                door=Door(tally.door),
                detail=f"{count} more refused{origin} in the minute of {minute:%Y-%m-%d %H:%M} UTC",
                address=tally.network.partition("/")[0] or None,
            )
