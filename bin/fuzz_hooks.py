"""What schemathesis sends and checks beyond the OpenAPI document: see bin/fuzz.py.

The document cannot express that an Idempotency-Key is new for each request, that a change of quantities needs a reason,
that `after` and `before` exclude each other, and which ETag an object has.
"""

from __future__ import annotations

import uuid
from typing import Any

import schemathesis
from schemathesis.checks import CheckContext

_REASON = {"Portal-Reason": "A%20reason", "Portal-Ticket": "FIN-7"}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Complete a valid request as the guide describes it."""
    if not _is_valid(case):
        return
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    if case.operation.definition.raw["operationId"] == "update_subscription" and set(case.body) != {
        "metadata"
    }:
        case.headers.update({name: text for name, text in _REASON.items() if name not in case.headers})
    if "If-Match" in case.headers:
        case.headers["If-Match"] = "*"
    if "after" in case.query and "before" in case.query:
        del case.query["before"]


@schemathesis.check
def portal_accepts_documented_requests(ctx: CheckContext, response: Any, case: Any) -> None:
    """Require that the portal accepts valid requests. Altostrat may refuse them, as its rules depend on its data."""
    if _is_valid(case) and response.headers["portal-origin"] == ["portal"]:
        assert response.status_code not in (400, 411, 413, 415, 422), response.text


def _is_valid(case: Any) -> bool:
    """Return whether the request fits the document. A link may have taken null from an answer for an ID."""
    is_positive = case.meta is not None and case.meta.generation.mode.is_positive
    return is_positive and "None" not in case.formatted_path.split("/")
