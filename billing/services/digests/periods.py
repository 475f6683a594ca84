"""What a person has chosen, and when their next digest is due."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from billing.models import Digest
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.dates import in_zone
from billing.services.people.time_zones import zone_of

Frequency = Digest.Frequency


def of(actor: Actor) -> Digest | None:
    """Return the actor's own choice."""
    return Digest.objects.filter(user=actor.user).first()


def choose(actor: Actor, frequency: str, hour: int, *, now: datetime) -> None:
    """Set the frequency, or end the digests if it is empty. The first one is that of the next period.

    Raise NotPermitted.
    """
    actor.require(Permission.BILLING_READ)
    before = of(actor)
    if not frequency:
        if before is not None:
            before.delete()
            audit.record(actor, "digest.choose", audit.Outcome.SUCCEEDED, detail="off")
        return
    if before is not None and (before.frequency, before.hour) == (frequency, hour):
        return
    row = before or Digest(user=actor.user)
    row.user, row.frequency, row.hour = actor.user, frequency, hour
    row.claimed_for = period_of(row, now)
    row.save()
    audit.record(actor, "digest.choose", audit.Outcome.SUCCEEDED, detail=f"{frequency}, {hour}:00")


def period_of(row: Digest, now: datetime) -> date:
    """Return the first day of the last period that has begun, in the person's zone."""
    local = in_zone(now, zone_of(row.user))
    day = local.date() - timedelta(days=local.hour < row.hour)
    return day - timedelta(days=day.weekday()) if row.frequency == Frequency.WEEKLY else day
