"""The schema of the portal's own errors, and an example of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from billing.api.bodies import MAX_ERRORS
from billing.api.codes import CODES

_HOST: Final = "https://billing.example"


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
            "description": "\n".join(["The error code, for programs.", "", *map(_line, CODES)]),
        },
        "message": {"type": "string", "description": "For people: what failed and what to do. May change."},
        "doc_url": {"type": "string", "description": "The documentation of the code."},
        "request_id": {
            "type": "string",
            "description": "The value of X-Request-ID, also in the portal's log.",
        },
        "errors": {
            "type": "array",
            "maxItems": MAX_ERRORS,
            "description": "With `invalid_fields`: each field, its limit, and what was sent.",
            "items": {
                "type": "object",
                "required": ["field", "limit", "sent"],
                "properties": {"field": {"type": "string"}, "limit": {"type": "string"}, "sent": {}},
            },
        },
        "change_url": {
            "type": "string",
            "description": "With `altostrat_outcome_unknown` and `change_not_applied`: where the outcome of the "
            "change is shown.",
        },
    },
}
_CHANGE_URL: Final = {"change_url": f"{_HOST}/api/v1/changes/0b0c3a52-6a3d-4a1e-9d0c-7f6a5b4c3d2e"}
_MEMBERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "invalid_fields": {"errors": [{"field": "name", "limit": "at most 100 characters", "sent": "A very …"}]},
    "altostrat_outcome_unknown": _CHANGE_URL,
    "change_not_applied": _CHANGE_URL,
}


def example_of(code: str) -> dict[str, Any]:
    """Return the body of a response with this code."""
    row = CODES[code]
    return {
        "type": row.type,
        "code": code,
        "message": f"{row.meaning} {row.remedy}",
        "doc_url": f"{_HOST}/api/docs/#{code}",
        "request_id": "77bdd7dd33ac40c1913bcc6812c55f74",
        **_MEMBERS.get(code, {}),
    }
