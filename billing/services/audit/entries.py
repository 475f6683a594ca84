"""One line for every act, refusals and failures included."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from billing.altostrat.errors import AltostratError, Refused
from billing.models import AuditEntry
from billing.roles import roles_among
from billing.services.actor import Actor, Door
from billing.services.audit import chain
from billing.services.audit.content import JsonMap

Outcome = AuditEntry.Outcome

READING: Final = "billing_account.read"
A_COPY: Final = "a kept copy was shown"
# Looking at one account for a while is one reading.
_READING_STEP: Final = timedelta(minutes=5)


def record(
    actor: Actor,
    verb: str,
    outcome: AuditEntry.Outcome,
    *,
    subject: str = "",
    workspace_id: str = "",
    billing_account_id: str = "",
    detail: str = "",
    reason: str = "",
    ticket: str = "",
    before: JsonMap | None = None,
    after: JsonMap | None = None,
    upstream_status: int | None = None,
    upstream_request_id: str | None = None,
) -> AuditEntry:
    """Writes one entry. `verb` is dotted (`token.save`); no text here ever holds a secret or what is personal.

    `before` and `after` are JSON objects of what the act found and left; they are sealed, and may be personal. Inside a
    transaction, record last: see `audit_chain.append`.
    """
    entry = AuditEntry(
        actor=actor.user,
        actor_name=actor.user.get_username(),
        role=_role_of(actor),
        door=actor.door.value,
        key_prefix=actor.key_prefix,
        address=actor.address,
        request_id=actor.request_id,
        verb=verb,
        subject=subject[:200],
        workspace_id=workspace_id[:255],
        billing_account_id=billing_account_id[:255],
        outcome=outcome,
        detail=detail[:200],
        reason=reason[:2000],
        ticket=ticket[:100],
        upstream_status=upstream_status,
        upstream_request_id=(upstream_request_id or "")[:255],
    )
    return chain.append(entry, before=before, after=after)


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
    entry = AuditEntry(
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
    return chain.append(entry)


def record_reading(
    actor: Actor,
    workspace_id: str,
    billing_account_id: str,
    *,
    outcome: AuditEntry.Outcome = Outcome.SUCCEEDED,
    is_copy: bool = False,
    upstream_status: int | None = None,
    upstream_request_id: str | None = None,
) -> None:
    """Notes that somebody read of a billing account: one entry in five minutes for each person, account and outcome.

    `is_copy` says that they saw a kept copy alone; after a live answer that is nothing new.
    """

    def is_known() -> bool:
        known = AuditEntry.objects.filter(
            actor=actor.user,
            verb=READING,
            workspace_id=workspace_id,
            billing_account_id=billing_account_id,
            outcome=outcome,
            at__gt=timezone.now() - _READING_STEP,
        )
        return (known if is_copy else known.exclude(detail=A_COPY)).exists()

    if is_known():
        return
    with transaction.atomic():
        chain.hold()
        if not is_known():  # by another request of theirs, a moment ago
            record(
                actor,
                READING,
                outcome,
                workspace_id=workspace_id,
                billing_account_id=billing_account_id,
                detail=A_COPY if is_copy else "",
                upstream_status=upstream_status,
                upstream_request_id=upstream_request_id,
            )


def outcome_of(error: AltostratError) -> AuditEntry.Outcome:
    """Refused when Altostrat said no; failed when it could not say anything of use."""
    is_no = isinstance(error, Refused) and error.status is not None and error.status < 500
    return Outcome.REFUSED if is_no else Outcome.FAILED


def _role_of(actor: Actor) -> str:
    if actor.user.is_superuser:
        return "superuser"
    return " ".join(roles_among(actor.user.groups.values_list("name", flat=True)))
