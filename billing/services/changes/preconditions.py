"""What keeps a change from being sent: its kind says, or that it was done before, or its preview."""

from __future__ import annotations

from django.db.models import Q

from billing.models import Change
from billing.services.changes import previews
from billing.services.changes.kind import Kind
from billing.services.changes.payload import Payload
from billing.vault import CannotUnseal

HAPPENED = Q(state=Change.State.SUCCEEDED) | Q(found=Change.Found.APPLIED)


def of_kind(kind: Kind, payload: Payload) -> str:
    """Why a change is not possible, or nothing."""
    return kind.obstacle(payload) or _done_before(kind, payload)


def obstacle(kind: Kind, payload: Payload) -> str:
    """Why a change is not to be sent, for one of all reasons; nothing when it may."""
    return of_kind(kind, payload) or previews.obstacle(kind, payload)


def _done_before(kind: Kind, payload: Payload) -> str:
    """Where no field of Altostrat's tells of it, the portal remembers what was done through it, whoever did it."""
    if not kind.remembers_successes:
        return ""
    ids = payload.ids
    rows = Change.objects.filter(HAPPENED, verb=kind.verb, workspace_id=ids.get("workspace_id", ""))
    for row in rows.filter(billing_account_id=ids.get("billing_account_id", "")):
        if row.ids == ids:
            said = _said(kind, row, payload)
            if said:
                return said
    return ""


def _said(kind: Kind, row: Change, payload: Payload) -> str:
    try:
        earlier = Payload.of(row)
    except CannotUnseal:
        return ""
    return kind.obstacle_after(earlier, payload)
