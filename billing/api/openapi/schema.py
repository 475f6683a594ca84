"""Describes the relayed operations for drf-spectacular, from Altostrat's contract.

`components` adds what all operations share. https://drf-spectacular.readthedocs.io/en/latest/customization.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiRequest, OpenApiResponse

from billing.altostrat import identifiers
from billing.altostrat.operations.operation import Operation, pattern_of
from billing.api.bodies import KEY
from billing.api.headers import JSON
from billing.api.openapi import change_schema, contract
from billing.api.openapi.security import BrowserSessionScheme  # drf-spectacular finds the loaded classes
from billing.api.query import CURSOR
from billing.api.routes import Route
from billing.services.api_writes import kinds_of
from billing.services.contract_drift.contract import described, resolved


class RelaySchema(AutoSchema):
    """The description of a RelayView."""

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

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the schemes. A browser session cannot write."""
        schemes: list[dict[str, Any]] = super().get_auth()
        return [row for row in schemes if not self._route.audit_verbs or BrowserSessionScheme.name not in row]

    def get_request_serializer(self) -> Any:
        schema = contract.request_schema(self._operation)
        if schema is None:
            return None
        examples = self._contract["requestBody"]["content"][JSON]["examples"]
        return {JSON: OpenApiRequest(schema, examples=_examples(examples, is_request=True))}

    def get_override_parameters(self) -> list[Any]:
        parameters = map(resolved, self._contract["parameters"])
        return [*map(_parameter, parameters), *_headers(self._route)]

    def get_response_serializers(self) -> Any:
        responses = self._contract["responses"]
        status = next(status for status in responses if status.startswith("2"))
        success = resolved(responses[status])
        text = f"{success['description']} The body is exactly Altostrat's."
        if status == "200" and self._route.audit_verbs:
            text += f" Or: {_CHANGE_INSTEAD}"
        answers: dict[Any, OpenApiResponse] = {
            (int(status), media_type): OpenApiResponse(
                content["schema"],
                description=text,
                examples=_examples(content.get("examples", {})),
            )
            for media_type, content in success.get("content", {}).items()
        }
        if self.method == "GET":
            answers[304] = OpenApiResponse(description="The body still has the ETag in If-None-Match.")
        if "204" in responses:
            answers[204] = OpenApiResponse(description=resolved(responses["204"])["description"])
        if self._route.audit_verbs:
            answers[202] = OpenApiResponse(description=_ACCEPTED)
            if status != "200":
                answers[200] = change_schema.response(_CHANGE_INSTEAD)
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
        return described(self._operation)


def _examples(examples: Mapping[str, Any], *, is_request: bool = False) -> list[OpenApiExample]:
    """Return examples of the contract."""
    values = {name: resolved(example)["value"] for name, example in examples.items()}
    return [
        OpenApiExample(name, value=value, request_only=is_request, response_only=not is_request)
        for name, value in values.items()
    ]


def _parameter(parameter: dict[str, Any]) -> OpenApiParameter:
    """Return a parameter of the contract, with the pattern that the portal checks."""
    schema = dict(parameter["schema"])
    if "example" in parameter:
        schema["example"] = parameter["example"]
    if parameter["in"] == "path":
        schema |= {"pattern": pattern_of(parameter["name"]), "maxLength": identifiers.MAX_LENGTH}
    elif schema["type"] == "string":
        schema |= {"pattern": f"^{CURSOR.pattern}$", "example": "in_a1b2c3d4e5f6g7h8"}
    return OpenApiParameter(
        parameter["name"],
        schema,
        OpenApiParameter.PATH if parameter["in"] == "path" else OpenApiParameter.QUERY,
        required=parameter["required"],
        description=parameter["description"],
    )


# ASCII without control characters. Everything else, and the percent sign, is URL-encoded; this allows Latin letters.
_SIGN: Final = r"[!-$&-~]|%2[1-9A-Fa-f]|%[3-6][0-9A-Fa-f]|%7[0-9A-Ea-e]|%[Cc]3%[89ABab][0-9A-Fa-f]"
_TEXT_PATTERN: Final = f"^(?:{_SIGN})(?:{_SIGN}| |%20)*$"
_KEY: Final = "The same request with the same key within 24 hours is sent once. Use a new key for each write."

_CHANGE_INSTEAD: Final = (
    "The change, as `retrieve_change` returns it and with the Portal-Origin `portal`, for a repeated Idempotency-Key"
    " whose first answer was lost or must not be stored."
)
_ACCEPTED: Final = (
    "Altostrat has accepted the change. Whether it was applied is not known yet. The body is Altostrat's."
)

_MAX_AGE: Final = "Accepts a copy of at most this many seconds, up to 60. Without it there are no copies."
_IF_NONE_MATCH: Final = (
    "ETags that the caller has. If the body still has one of them, the answer is 304 without it."
)
# Other values have no effect.
_ANY: Final = "^.*$"
_IF_MATCH: Final = "ETags of a read of the same path, or `*`. If it has none of them, nothing is sent (412)."
_ETAGS: Final = r'^(?:\*|(?:W/)?"[!#-+\--~]*"(?:, (?:W/)?"[!#-+\--~]*")*)$'


def _headers(route: Route) -> Iterable[OpenApiParameter]:
    """Return the request headers of an operation."""
    if not route.audit_verbs:
        etag = _header("If-None-Match", _IF_NONE_MATCH, _ANY, '"5d41402abc4b2a76b9719d911017c592"')
        max_age = _header("Cache-Control", _MAX_AGE, _ANY, "max-age=30")
        is_file, is_get = bool(route.operation.media_types), route.operation.method == "GET"
        return (*((etag,) if is_get else ()), *(() if is_file else (max_age,)))
    needs = [kind.needs_reason for kind in kinds_of(route.operation)]
    required = "" if all(needs) or not any(needs) else " Required unless only the metadata changes."
    return (
        _header("Idempotency-Key", _KEY, f"^{KEY.pattern}$", "6f1d2c3b-4a59-4e68-9b70-1c2d3e4f5a6b"),
        _header("If-Match", _IF_MATCH, _ETAGS, '"5d41402abc4b2a76b9719d911017c592"'),
        *(
            _header(name, f"{text} URL-encoded.{required}", _TEXT_PATTERN, example, is_required=all(needs))
            for name, text, example in (
                (
                    "Portal-Reason",
                    "Why, for the audit log; at most 1000 characters.",
                    "Twelve%20more%20people",
                ),
                ("Portal-Ticket", "The ticket, for the audit log; at most 100 characters.", "FIN-7"),
            )
        ),
    )


def _header(name: str, text: str, pattern: str, example: str, is_required: bool = False) -> OpenApiParameter:
    schema = {"type": "string", "pattern": pattern, "example": example}
    return OpenApiParameter(name, schema, OpenApiParameter.HEADER, description=text, required=is_required)
