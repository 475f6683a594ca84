"""Reading the audit, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from billing.models import AuditEntry
from billing.roles import Permission
from billing.services.actor import Actor

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries to list. Empty texts ask for nothing; `before` is the id of the last entry of the page above."""

    verb: str = ""
    person: str = ""
    outcome: str = ""
    before: int | None = None


def list_all(actor: Actor, wanted: Wanted) -> tuple[tuple[AuditEntry, ...], int | None]:
    """One page of entries, and where the next one begins: None at the end. Raises NotPermitted.

    `verb` is a whole verb or the beginning of one (`token`), `person` the name or a part of it.
    """
    actor.require(Permission.AUDIT_READ)
    # By id: entries are only ever added, so no entry moves from one page to another while somebody reads.
    entries = AuditEntry.objects.order_by("-pk")
    if wanted.verb:
        entries = entries.filter(verb__istartswith=wanted.verb)
    if wanted.person:
        entries = entries.filter(actor_name__icontains=wanted.person)
    if wanted.outcome:
        entries = entries.filter(outcome=wanted.outcome)
    if wanted.before is not None:
        entries = entries.filter(pk__lt=wanted.before)
    rows = tuple(entries[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    return shown, shown[-1].pk if len(rows) > PAGE_SIZE else None
