"""Audit entries: one for each action, including refused and failed ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from billing.altostrat.errors import AltostratError, Refused, TimedOut
from billing.models import AuditEntry
from billing.roles import roles_among
from billing.services.actor import Actor, Door, group_names
from billing.services.audit import chain
from billing.services.audit.content import JsonMap
from billing.services.storage.recent import Recent

Outcome = AuditEntry.Outcome

READ: Final = "billing_account.read"
FROM_COPY: Final = "shown from a copy"
# Repeated reads of one account within this time are one entry.
_READ_INTERVAL: Final = timedelta(minutes=5)


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
    """Write one entry. `verb` is dotted, such as `token.save`. No text may hold a secret or personal data.

    `before` and `after` are JSON objects; they are sealed and may hold personal data. Inside a transaction, call this
    last: see `chain.append`.
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
    """Write one entry without an actor: for the command line, or for an unknown caller such as a failed sign-in.

    The name entered at sign-in is not stored, because people type passwords into that field.
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


def record_read(
    actor: Actor,
    workspace_id: str,
    billing_account_id: str,
    *,
    outcome: AuditEntry.Outcome = Outcome.SUCCEEDED,
    is_copy: bool = False,
    upstream_status: int | None = None,
    upstream_request_id: str | None = None,
) -> None:
    """Record that a person read a billing account: one entry in five minutes for each person, account and outcome.

    `is_copy` means that the person saw only a stored copy. It is not recorded if a live read was in those five minutes.
    """
    read = _ReadOfAccount(actor.user.id, workspace_id, billing_account_id, outcome, is_copy)
    if _recorded_reads.find(read):
        return
    recorded_at = read.recorded_at()
    if recorded_at is None:
        with transaction.atomic():
            chain.lock()
            recorded_at = read.recorded_at()  # another request may have recorded it in the meantime
            if recorded_at is None:
                recorded_at = record(
                    actor,
                    READ,
                    outcome,
                    workspace_id=workspace_id,
                    billing_account_id=billing_account_id,
                    detail=FROM_COPY if is_copy else "",
                    upstream_status=upstream_status,
                    upstream_request_id=upstream_request_id,
                ).at
    _recorded_reads.keep(read, True, (recorded_at + _READ_INTERVAL - timezone.now()).total_seconds())


class _ReadOfAccount(NamedTuple):
    user_id: int
    workspace_id: str
    billing_account_id: str
    outcome: AuditEntry.Outcome
    is_copy: bool

    def recorded_at(self) -> datetime | None:
        """Return when this read was last recorded, within the interval."""
        entries = AuditEntry.objects.filter(
            actor=self.user_id,
            verb=READ,
            workspace_id=self.workspace_id,
            billing_account_id=self.billing_account_id,
            outcome=self.outcome,
            at__gt=timezone.now() - _READ_INTERVAL,
        )
        entries = entries if self.is_copy else entries.exclude(detail=FROM_COPY)
        return entries.order_by("-at").values_list("at", flat=True).first()


# A busy program reads the same account many times a second.
_recorded_reads: Recent[_ReadOfAccount, bool] = Recent(seconds=_READ_INTERVAL.total_seconds())


def outcome_of(error: AltostratError) -> AuditEntry.Outcome:
    """Return "refused" if Altostrat answered with a 4xx status other than a timeout, otherwise "failed"."""
    is_refusal = isinstance(error, Refused) and error.status is not None and error.status < 500
    is_refusal = is_refusal and not isinstance(error, TimedOut)
    return Outcome.REFUSED if is_refusal else Outcome.FAILED


def _role_of(actor: Actor) -> str:
    if actor.user.is_superuser:
        return "superuser"
    return " ".join(actor.roles or roles_among(group_names(actor.user)))
