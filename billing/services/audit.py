"""One line for every act, refusals and failures included."""

from __future__ import annotations

from billing.models import AuditEntry
from billing.services.actor import Actor, Door

Outcome = AuditEntry.Outcome


def record(
    actor: Actor,
    verb: str,
    outcome: AuditEntry.Outcome,
    *,
    subject: str = "",
    workspace_id: str = "",
    detail: str = "",
) -> AuditEntry:
    """Writes one entry. `verb` is dotted (`token.save`); `subject` and `detail` never hold a secret."""
    return AuditEntry.objects.create(
        actor=actor.user,
        actor_name=actor.user.get_username(),
        door=actor.door.value,
        key_prefix=actor.key_prefix,
        address=actor.address,
        request_id=actor.request_id,
        verb=verb,
        subject=subject[:200],
        workspace_id=workspace_id[:255],
        outcome=outcome,
        detail=detail[:200],
    )


def record_unattended(
    verb: str,
    outcome: AuditEntry.Outcome,
    *,
    door: Door,
    subject: str = "",
    detail: str = "",
    request_id: str = "",
    address: str | None = None,
) -> AuditEntry:
    """Writes one entry for an act of nobody we know: the operator's command line, or a failed sign-in.

    The name tried at sign-in is not kept: people type passwords into that field.
    """
    return AuditEntry.objects.create(
        actor=None,
        actor_name="command line" if door is Door.COMMAND else "",
        door=door.value,
        address=address,
        request_id=request_id,
        verb=verb,
        subject=subject[:200],
        outcome=outcome,
        detail=detail[:200],
    )
