"""What all operations share: error responses with examples, headers, and the schemas that they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from billing.api.codes import CODES
from billing.api.headers import CHALLENGE, CHANGE, JSON, ORIGIN, REPLAYED, UPSTREAM_REQUEST_ID
from billing.api.openapi import contract
from billing.api.openapi.portal_error import PORTAL_ERROR_SCHEMA, example_of

_PORTAL_ERROR: Final = {"$ref": "#/components/schemas/PortalError"}
# The known bodies of Altostrat's 4xx responses, which the portal relays unchanged.
_RELAYED: Final = [
    {"$ref": f"#/components/schemas/{name}"} for name in ("Error", "MessageError", "ValidationError")
]
_RELAYED_TEXT: Final = "Altostrat's own error, unchanged. Portal-Origin is altostrat."
_RELAYED_EXAMPLE: Final = {"summary": _RELAYED_TEXT, "value": {"message": "Not found."}}
# Altostrat's 401 and 429 become other responses, and 424 is the portal's own.
_NEVER_RELAYED: Final = frozenset({401, 424, 429})
# Responses to a body, or to a write.
_OF_BODIES: Final = frozenset({409, 411, 412, 413, 415, 422, 428})


def _header(text: str, example: Any, is_required: bool = False, **schema: Any) -> dict[str, Any]:
    return {
        "description": text,
        "required": is_required,
        "schema": {"type": "string", **schema},
        "example": example,
    }


HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "X-Request-ID": _header(
        "The ID of the request, also in the portal's log and audit log.",
        "77bdd7dd33ac40c1913bcc6812c55f74",
        is_required=True,
        pattern="^[0-9a-f]{32}$",
    ),
    ORIGIN: _header("The author of the response.", "portal", is_required=True, enum=["altostrat", "portal"]),
    "Cache-Control": _header("Always `no-store`.", "no-store", is_required=True, enum=["no-store"]),
    UPSTREAM_REQUEST_ID: _header("Altostrat's ID of its response, if any.", "req_8f14e45f"),
    "ETag": _header(
        "Changes with the body. Send it as If-None-Match to get a 304 without a body.",
        '"5d41402abc4b2a76b9719d911017c592"',
        pattern='^"[0-9a-f]{32}"$',
    ),
    CHALLENGE: _header(
        "The authentication scheme, and why a key or token was not enough. On 403 only for a missing scope.",
        'Bearer realm="altostrat-billing-portal", error="invalid_token"',
    ),
    "Allow": _header("The methods of the path.", "GET, HEAD, OPTIONS", is_required=True),
    "Age": _header(
        "Seconds since Altostrat answered, if this is a short copy.", 12, type="integer", minimum=0
    ),
    "RateLimit-Policy": _header(
        "The limits of the caller and of the Altostrat token: `q` requests in `w` seconds.",
        '"caller";q=600;w=60, "token";q=60;w=60',
    ),
    "RateLimit": _header(
        "What is left of each limit (`r`), and for how many seconds (`t`).",
        '"caller";r=599;t=35, "token";r=59;t=35',
    ),
    "Retry-After": _header("Seconds to wait, if known.", 30, type="integer", minimum=0),
    CHANGE: _header(
        "The ID of the change, see `/api/v1/changes/{change_id}`.",
        "0b0c3a52-6a3d-4a1e-9d0c-7f6a5b4c3d2e",
        format="uuid",
    ),
    REPLAYED: _header("The answer is that of an earlier request.", "true", enum=["true"]),
}
_ALWAYS: Final = ("X-Request-ID", ORIGIN, "Cache-Control", "RateLimit-Policy", "RateLimit")
_OF_WRITES: Final = (CHANGE, REPLAYED)
_OF_STATUS: Final[Mapping[int, tuple[str, ...]]] = {
    200: ("ETag", "Age"),
    304: ("ETag", "Age"),
    401: (CHALLENGE,),
    403: (CHALLENGE,),
    405: ("Allow",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
# https://spec.openapis.org/oas/v3.1.0#link-object
_LINKS: Final = {
    "change": {
        "operationId": "retrieve_change",
        "parameters": {"change_id": f"$response.header.{CHANGE}"},
        "description": "The outcome of the change.",
    }
}


def complete(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add errors, headers and schemas to the operations of drf-spectacular: its postprocessing hook."""
    for path in result["paths"].values():
        for method, operation in path.items():
            _complete(operation, is_read=method == "get")
    components = result["components"]
    components["headers"] = dict(HEADERS)
    components["responses"] = {
        **{f"Error{status}": _error(status) for status in _error_statuses()},
        "AltostratError": _altostrat_error(),
    }
    schemas = components.setdefault("schemas", {})
    schemas["PortalError"] = PORTAL_ERROR_SCHEMA
    schemas.update(sorted(contract.schemas(result["paths"], components["responses"]).items()))
    return result


def _complete(operation: dict[str, Any], *, is_read: bool) -> None:
    if "requestBody" in operation:
        operation["requestBody"]["required"] = True
    is_write = any(row["name"] == "Idempotency-Key" for row in operation.get("parameters", ()))
    responses = operation["responses"]
    for status, response in responses.items():
        of_status = _OF_WRITES if is_write else _OF_STATUS.get(int(status), ()) if is_read else ()
        response["headers"] = _references((*_ALWAYS, UPSTREAM_REQUEST_ID, *of_status))
        if is_write:
            response["links"] = _LINKS
    for status in _error_statuses():
        if not (is_read and status in _OF_BODIES):
            responses[str(status)] = {"$ref": f"#/components/responses/Error{status}"}
    responses["4XX"] = {"$ref": "#/components/responses/AltostratError"}


def _error_statuses() -> Iterator[int]:
    yield from sorted({row.status for row in CODES.values()})


def _error(status: int) -> dict[str, Any]:
    codes = {code: row for code, row in CODES.items() if row.status == status}
    lines = [f"- `{code}`: {row.meaning} {row.remedy}" for code, row in codes.items()]
    examples: dict[str, Any] = {code: {"value": example_of(code)} for code in codes}
    schema: dict[str, Any] = _PORTAL_ERROR
    content: dict[str, Any] = {}
    if 400 <= status < 500 and status not in _NEVER_RELAYED:
        lines.append(f"- {_RELAYED_TEXT}")
        examples["altostrat"] = _RELAYED_EXAMPLE
        schema = {"anyOf": [_PORTAL_ERROR, *_RELAYED]}
        content = _plain_text()
    return {
        "description": "\n".join([HTTPStatus(status).phrase, "", *lines]),
        "headers": _references((*_ALWAYS, UPSTREAM_REQUEST_ID, *_OF_STATUS.get(status, ()), *_OF_WRITES)),
        "content": {JSON: {"schema": schema, "examples": examples}, **content},
    }


def _altostrat_error() -> dict[str, Any]:
    return {
        "description": _RELAYED_TEXT,
        "headers": _references((*_ALWAYS, UPSTREAM_REQUEST_ID, *_OF_WRITES)),
        "content": {
            JSON: {"schema": {"anyOf": _RELAYED}, "examples": {"altostrat": _RELAYED_EXAMPLE}},
            **_plain_text(),
        },
    }


def _plain_text() -> dict[str, Any]:
    # An error of Altostrat that is not JSON.
    return {"text/plain": {"schema": {"type": "string"}, "example": "Not found."}}


def _references(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
