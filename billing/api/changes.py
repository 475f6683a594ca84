"""The outcome of a change that the owner of a key has made."""

from __future__ import annotations

import json
from typing import Any, Final, cast
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework.request import Request

from billing.api import query
from billing.api.base import ApiView
from billing.api.headers import CHANGE, JSON
from billing.models import Change
from billing.roles import Permission
from billing.services import changes
from billing.services.actor import Actor

SCOPE = Permission.BILLING_WRITE


class ChangeSchema(AutoSchema):
    """The description of a ChangeView."""

    def get_operation_id(self) -> str:
        return "retrieve_change"

    def get_tags(self) -> list[str]:
        return ["Changes"]

    def get_summary(self) -> str:
        return "Retrieve a change and its outcome"

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular's, not DRF's
        return f"An operation of the portal. If the outcome is unknown, it is checked.\n\nNeeds `{SCOPE}`."

    def get_override_parameters(self) -> list[Any]:
        schema = {"type": "string", "format": "uuid", "example": _EXAMPLE["id"]}
        text = "The value of the header Portal-Change of a write."
        return [OpenApiParameter("change_id", schema, OpenApiParameter.PATH, description=text)]

    def get_request_serializer(self) -> None:
        return None

    def get_response_serializers(self) -> Any:
        example = OpenApiExample("change", value=_EXAMPLE, response_only=True)
        return {200: OpenApiResponse(_CHANGE_SCHEMA, description="The change.", examples=[example])}


_OUTCOMES: Final = ("sending", "succeeded", "refused", "unknown", "applied", "not_applied", "not_sent")
_TEXT_OR_NULL: Final = {"type": ["string", "null"]}
_CHANGE_SCHEMA: Final = {
    "type": "object",
    "required": ["id", "verb", "operation", "ids", "outcome"],
    "properties": {
        **{
            name: {"type": "string"} for name in ("id", "verb", "operation", "reason", "ticket", "request_id")
        },
        "ids": {"type": "object", "additionalProperties": {"type": "string"}},
        "outcome": {"type": "string", "enum": list(_OUTCOMES)},
        "sent_at": _TEXT_OR_NULL,
        "checked_at": _TEXT_OR_NULL,
        "altostrat_status": {"type": ["integer", "null"]},
        "altostrat_request_id": {"type": "string"},
    },
}
_EXAMPLE: Final = {
    "id": "0b0c3a52-6a3d-4a1e-9d0c-7f6a5b4c3d2e",
    "verb": "subscription.update",
    "operation": "update_subscription",
    "ids": {
        "workspace_id": "ws_a1b2c3d4e5f6g7h8",
        "billing_account_id": "cus_a1b2c3d4e5f6g7h8",
        "subscription_id": "sub_a1b2c3d4e5f6g7h8",
    },
    "outcome": "succeeded",
    "reason": "Twelve more people",
    "ticket": "FIN-7",
    "sent_at": "2026-11-29T02:46:07.000000+00:00",
    "checked_at": None,
    "altostrat_status": 200,
    "altostrat_request_id": "req_8f14e45f",
    "request_id": "77bdd7dd33ac40c1913bcc6812c55f74",
}


class ChangeView(ApiView):
    """GET one change. If its outcome is unknown, this reads from Altostrat whether it was applied."""

    http_method_names = ["get", "head", "options"]
    schema = ChangeSchema()

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

    After a check, an unknown outcome is `applied` or `not_applied`.
    """
    state = changes.effective_state(change)
    if state == Change.State.UNKNOWN and change.found in (Change.Found.APPLIED, Change.Found.NOT_APPLIED):
        return change.found.replace(" ", "_")
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
