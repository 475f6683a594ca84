"""Describes the relayed operations for drf-spectacular, from Altostrat's contract and the error codes.

https://drf-spectacular.readthedocs.io/en/latest/customization.html
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from billing.altostrat.operations.operation import Operation
from billing.api import contract
from billing.api.codes import CODES
from billing.api.headers import CHANGE, JSON, ORIGIN, UPSTREAM_REQUEST_ID
from billing.api.routes import Route

_PORTAL_ERROR: Final = {"$ref": "#/components/schemas/PortalError"}
# The known bodies of Altostrat's 4xx responses, which the portal relays unchanged.
_RELAYED: Final = {
    "anyOf": [
        {"$ref": f"#/components/schemas/{name}"} for name in ("Error", "MessageError", "ValidationError")
    ]
}
_RELAYED_TEXT: Final = "Altostrat's own error with its body unchanged. Portal-Origin is altostrat."

# These do not depend on the operation, so only the list of codes describes them.
_GENERAL_STATUSES: Final = {405, 406, 411, 413, 415}


def _line(code: str) -> str:
    row = CODES[code]
    return f"- `{code}` ({row.status}): {row.meaning} {row.remedy}"


PORTAL_ERROR_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "An error of the portal itself.",
    "required": ["type", "code", "message", "doc_url", "request_id"],
    "properties": {
        "type": {"type": "string", "enum": sorted({row.type for row in CODES.values()})},
        "code": {
            "type": "string",
            "enum": list(CODES),
            "description": "\n".join(
                ["The error code, for programs.", "", *(_line(code) for code in CODES)],
            ),
        },
        "message": {"type": "string", "description": "For people: what failed and what to do. May change."},
        "doc_url": {"type": "string", "description": "The documentation of the code."},
        "request_id": {
            "type": "string",
            "description": "The value of X-Request-ID, also in the portal's log.",
        },
        "errors": {
            "type": "array",
            "description": "With `invalid_fields`: each field, its limit, and what was sent.",
            "items": {
                "type": "object",
                "required": ["field", "limit", "sent"],
                "properties": {"field": {"type": "string"}, "limit": {"type": "string"}, "sent": {}},
            },
        },
        "change_url": {
            "type": "string",
            "description": "With `altostrat_outcome_unknown`: where the outcome of the change is shown.",
        },
    },
}


class RelaySchema(AutoSchema):
    """Describes the operation of a RelayView."""

    def get_operation_id(self) -> str:
        return self._operation.name

    def get_tags(self) -> list[str]:
        return list(self._contract["tags"])

    def get_summary(self) -> str:
        return str(self._contract["summary"])

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular's, not DRF's
        verbs = ", ".join(f"`{verb}`" for verb in self._route.audit_verbs)
        audited = f" In the audit log: {verbs}." if verbs else ""
        source = self._contract["x-source"]
        return f"An operation of Altostrat: {source}\n\nNeeds `{self._route.scope}`.{audited}"

    def get_request_serializer(self) -> Any:
        schema = contract.request_schema(self._operation)
        return None if schema is None else {JSON: schema}

    def get_override_parameters(self) -> list[Any]:
        parameters = map(contract.resolved, self._contract["parameters"])
        headers = _CHANGE_HEADERS if self._route.audit_verbs else ()
        return [*map(_parameter, parameters), *_ANSWER_HEADERS, *headers]

    def get_response_serializers(self) -> Any:
        responses = self._contract["responses"]
        status = next(status for status in responses if status.startswith("2"))
        success = contract.resolved(responses[status])
        text = f"{success['description']} The body is exactly Altostrat's."
        answers: dict[Any, OpenApiResponse] = {
            (int(status), media_type): OpenApiResponse(content["schema"], description=text)
            for media_type, content in success.get("content", {}).items()
        }
        answers |= _errors()
        if self.method == "GET":
            answers[304] = OpenApiResponse(description="The body still has the ETag in If-None-Match.")
        if "204" in responses:
            answers[204] = OpenApiResponse(description=contract.resolved(responses["204"])["description"])
        return answers

    @property
    def _route(self) -> Route:
        route: Route = self.view.routes[self.method]  # type: ignore[attr-defined]
        return route

    @property
    def _operation(self) -> Operation[object]:
        return self._route.operation

    @property
    def _contract(self) -> dict[str, Any]:
        return contract.described(self._operation)


class PortalKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "billing.api.authentication.PortalKeyAuthentication"
    name = "portalKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A portal key (`abp_…`), not an Altostrat token. "
            "It is created under My portal keys or with `manage.py issue_key`.",
        }


class BrowserSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "billing.api.authentication.BrowserSessionAuthentication"
    name = "browserSession"
    priority = 1  # before drf-spectacular's own extension for DRF's class

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of a browser that is signed in to the portal.",
        }


def add_components(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Return a postprocessing hook that adds the schemas to which the operations refer."""
    components = result["components"].setdefault("schemas", {})
    components["PortalError"] = PORTAL_ERROR_SCHEMA
    components.update(sorted(contract.schemas(result["paths"]).items()))
    return result


def _parameter(parameter: dict[str, Any]) -> OpenApiParameter:
    schema = dict(parameter["schema"])
    if "example" in parameter:
        schema["example"] = parameter["example"]
    return OpenApiParameter(
        parameter["name"],
        schema,
        OpenApiParameter.PATH if parameter["in"] == "path" else OpenApiParameter.QUERY,
        required=parameter["required"],
        description=parameter["description"],
    )


def _errors() -> dict[Any, OpenApiResponse]:
    statuses = {row.status for row in CODES.values()} - _GENERAL_STATUSES
    answers: dict[Any, OpenApiResponse] = {status: error_of(status) for status in sorted(statuses)}
    answers["4XX"] = OpenApiResponse(_RELAYED, description=_RELAYED_TEXT)
    answers["4XX", "text/plain"] = OpenApiResponse({"type": "string"}, description=_RELAYED_TEXT)
    return answers


def error_of(status: int) -> OpenApiResponse:
    lines = [_line(code) for code, row in CODES.items() if row.status == status]
    schema: dict[str, Any] = _PORTAL_ERROR
    if 400 <= status < 500 and not {401, 424, 429} & {status}:
        lines.append(f"- {_RELAYED_TEXT}")
        schema = {"anyOf": [_PORTAL_ERROR, *_RELAYED["anyOf"]]}
    return OpenApiResponse(schema, description="\n".join([HTTPStatus(status).phrase, "", *lines]))


def _header(name: str, statuses: list[int], text: str, kind: str = "string") -> OpenApiParameter:
    return OpenApiParameter(
        name, {"type": kind}, OpenApiParameter.HEADER, response=statuses, description=text
    )


# Every response has the first two. They are described only for successes, to keep the schema short.
_ANSWER_HEADERS: Final = (
    _header("X-Request-ID", [200], "The ID of the request, also in the portal's log and audit log."),
    _header(ORIGIN, [200], "The author of the response: `altostrat` or `portal`."),
    _header(UPSTREAM_REQUEST_ID, [200], "Altostrat's ID of its response, if any."),
    _header("ETag", [200], "Changes with the body. Send it as If-None-Match to get a 304 without a body."),
    _header("WWW-Authenticate", [401], "The authentication scheme: Bearer."),
    _header("Retry-After", [429, 503], "Seconds to wait, if known.", "integer"),
)
_REASON: Final = "Required where the pages of the portal require it. URL-encoded."
_KEY: Final = "1 to 255 characters. The same request with the same key within 24 hours is sent once."
_CHANGE_HEADERS: Final = (
    OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description=_KEY),
    OpenApiParameter("Portal-Reason", str, OpenApiParameter.HEADER, description=_REASON),
    OpenApiParameter("Portal-Ticket", str, OpenApiParameter.HEADER, description=_REASON),
    _header(CHANGE, [200, 201, 204], "The ID of the change, see `/api/v1/changes/{id}`."),
)
