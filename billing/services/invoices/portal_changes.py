"""Changes that people made in this portal, and that an invoice may show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q

from billing.labels import label
from billing.models import AuditEntry
from billing.roles import Permission
from billing.services import audit
from billing.services.actor import Actor
from billing.services.audit import content
from billing.services.audit.content import ContentForged, ContentMissing, ContentPruned
from billing.services.audit.masking import Change, differences
from billing.vault import CannotUnseal

_MAX_SHOWN: Final = 20
# The address decides the tax.
_BILLED: Final = Q(verb__startswith="subscription.") | Q(verb="billing_account.update")


@dataclass(frozen=True, slots=True)
class PortalChange:
    """The audit entry of a change, and the quantities that it changed, such as "Users: 5 → 8"."""

    entry: AuditEntry
    quantities: tuple[str, ...]


def changes_between(
    actor: Actor, workspace_id: str, billing_account_id: str, since: datetime, until: datetime
) -> tuple[PortalChange, ...]:
    """Return the newest changes that succeeded, newest first. Raise NotPermitted.

    The caller must first read the account, to make sure that the actor's own token can see it.
    """
    actor.require(Permission.BILLING_READ)
    entries = AuditEntry.objects.filter(
        _BILLED,
        workspace_id=workspace_id,
        billing_account_id=billing_account_id,
        outcome=audit.Outcome.SUCCEEDED,
        at__gt=since,
        at__lte=until,
    )
    return tuple(PortalChange(one, tuple(_quantities(one))) for one in entries.order_by("-pk")[:_MAX_SHOWN])


def _quantities(entry: AuditEntry) -> Iterator[str]:
    try:
        rows = differences(content.unseal(entry), show_personal=False)
    except (ContentPruned, ContentMissing, ContentForged, CannotUnseal):
        return
    for row in rows:
        if row.field.startswith("product.") and row.change is not Change.SAME and not row.is_hidden:
            yield f"{label(row.field)}: {row.before or 0} → {row.after or 0}"
