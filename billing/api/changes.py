"""The outcome of a change that the owner of a key has made."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from billing.api import query
from billing.api.base import ApiView, LazySchema
from billing.api.headers import CHANGE, JSON
from billing.models import Change
from billing.roles import Permission
from billing.services import changes
from billing.services.actor import Actor

SCOPE = Permission.BILLING_WRITE


class ChangeView(ApiView):
    """GET one change. If its outcome is unknown, this reads from Altostrat whether it was applied."""

    http_method_names = ["get", "head", "options"]
    schema = LazySchema("billing.api.openapi.change_schema.ChangeSchema")

    def get(self, request: Request, change_id: str) -> HttpResponse:
        actor = cast(Actor, request.auth)
        actor.require(SCOPE)
        query.documented(request, ())
        return response_of(changes.check_status(actor, _id(change_id)))


def response_of(change: Change) -> HttpResponse:
    """Return a change as a response."""
    headers = {CHANGE: str(change.pk)}
    return HttpResponse(json.dumps(document(change)), content_type=JSON, headers=headers)


def document(change: Change) -> dict[str, Any]:
    """Return a change as JSON: what it was sent to, and its outcome, without what was sent."""
    return {
        "id": str(change.pk),
        "verb": change.verb,
        "operation": change.operation,
        "ids": change.ids,
        "outcome": outcome(change),
        "reason": change.reason,
        "ticket": change.ticket,
        "sent_at": _moment(change, "sent_at"),
        "checked_at": _moment(change, "looked_at"),
        "altostrat_status": change.upstream_status,
        "altostrat_request_id": change.upstream_request_id,
        "request_id": change.request_id,
    }


def outcome(change: Change) -> str:
    """Return the outcome: `sending`, `succeeded`, `refused`, `unknown` or `not_sent`.

    After a check, an unknown outcome is `applied`, or `not_applied` if the change can no longer arrive.
    """
    state = changes.effective_state(change)
    if state == Change.State.UNKNOWN and change.found == Change.Found.APPLIED:
        return "applied"
    if state == Change.State.UNKNOWN and changes.is_certainly_not_applied(change):
        return "not_applied"
    if state in (Change.State.PREPARED, Change.State.ABANDONED):
        return "not_sent"
    return state.value


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise changes.ChangeNotFound from None


def _moment(change: Change, name: str) -> str | None:
    moment = getattr(change, name)
    return None if moment is None else moment.isoformat()
