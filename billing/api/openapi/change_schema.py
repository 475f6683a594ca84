"""Describes the view of a change for drf-spectacular."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from billing.api import changes


class ChangeSchema(AutoSchema):
    """The description of a ChangeView."""

    def get_operation_id(self) -> str:
        return "retrieve_change"

    def get_tags(self) -> list[str]:
        return ["Changes"]

    def get_summary(self) -> str:
        return "Retrieve a change and its outcome"

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular's, not DRF's
        return f"An operation of the portal. If the outcome is unknown, it is checked.\n\nNeeds `{changes.SCOPE}`."

    def get_override_parameters(self) -> list[Any]:
        schema = {"type": "string", "format": "uuid", "example": _EXAMPLE["id"]}
        text = "The value of the header Portal-Change of a write."
        return [OpenApiParameter("change_id", schema, OpenApiParameter.PATH, description=text)]

    def get_request_serializer(self) -> None:
        return None

    def get_response_serializers(self) -> Any:
        return {200: response("The change.")}


def response(description: str) -> OpenApiResponse:
    """Return the description of a response with a change."""
    example = OpenApiExample("change", value=_EXAMPLE, response_only=True)
    return OpenApiResponse(_CHANGE_SCHEMA, description=description, examples=[example])


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
