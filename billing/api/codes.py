"""The error codes of the API, used by its responses, its schema and its documentation page.

If a page can fail with the same code, the status is that of `billing.failures`, as a test checks. The texts differ,
because these are for programmers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """`meaning` and `remedy` together are the message."""

    status: int
    type: str
    meaning: str
    remedy: str


_ASK_OPERATOR: Final = "If this continues, give the request ID to the operators of this portal."

CODES: Final[Mapping[str, Code]] = {
    "bad_request": Code(
        400,
        "invalid_request_error",
        "The request is malformed.",
        "Check the host, the query and the headers.",
    ),
    "invalid_parameter": Code(
        400,
        "invalid_request_error",
        "An ID in the path is malformed, or a query parameter is unknown, repeated or has an invalid value.",
        "Correct the named parameter and send the request again.",
    ),
    "invalid_json": Code(
        400,
        "invalid_request_error",
        "The request's body is missing or is not strict JSON.",
        "Send a JSON object in UTF-8, without duplicate keys.",
    ),
    "reason_required": Code(
        400,
        "invalid_request_error",
        "This change needs the headers Portal-Reason and Portal-Ticket, or one of them cannot be used.",
        "Send both, URL-encoded, with at most 1000 and 100 characters.",
    ),
    "invalid_idempotency_key": Code(
        400,
        "invalid_request_error",
        "The header Idempotency-Key is malformed or repeated.",
        "Send it once, with 1 to 255 characters of ASCII, without spaces and commas.",
    ),
    "unauthenticated": Code(
        401,
        "authentication_error",
        "The request has no valid portal key.",
        "Send exactly one header 'Authorization: Bearer KEY'.",
    ),
    "owner_sign_in_too_old": Code(
        401,
        "authentication_error",
        "The portal key is valid, but its owner has not signed in by single sign-on for too long.",
        "After the owner signs in to the portal, the key works again immediately.",
    ),
    "forbidden": Code(
        403,
        "permission_error",
        "The scopes of the key or the role of its owner do not include the required permission.",
        "Use a key with this scope whose owner has a role that includes it.",
    ),
    "csrf_failed": Code(
        403,
        "permission_error",
        "The request has a browser session but no valid CSRF token.",
        "Send the X-CSRFToken header, or use a portal key instead of the session.",
    ),
    "key_required": Code(
        403,
        "permission_error",
        "A browser session cannot change billing data through the API.",
        "Use a portal key, or the pages of the portal.",
    ),
    "change_not_found": Code(
        404,
        "invalid_request_error",
        "The owner of the key has no change with this ID.",
        "Compare it with the header Portal-Change of the write.",
    ),
    "unknown_route": Code(
        404,
        "invalid_request_error",
        "This path does not exist.",
        "Compare it with the documentation. Paths do not end with a slash.",
    ),
    "method_not_allowed": Code(
        405,
        "invalid_request_error",
        "This path does not support this method.",
        "Use one of the methods in the Allow header.",
    ),
    "not_acceptable": Code(
        406,
        "invalid_request_error",
        "The Accept header allows no format that the portal has.",
        "Accept application/json.",
    ),
    "idempotency_key_in_use": Code(
        409,
        "invalid_request_error",
        "The first request with this Idempotency-Key is still running.",
        "Send the same request again after a few seconds.",
    ),
    "change_not_applied": Code(
        409,
        "invalid_request_error",
        "The change of this Idempotency-Key was sent, and a later check found that it was not applied.",
        "Send the request with another key to try again.",
    ),
    "length_required": Code(
        411,
        "invalid_request_error",
        "The request's body has no Content-Length.",
        "Send the body with a Content-Length, not chunked.",
    ),
    "body_too_large": Code(
        413,
        "invalid_request_error",
        "The request's body exceeds the size limit.",
        "Send a smaller body.",
    ),
    "unsupported_media_type": Code(
        415,
        "invalid_request_error",
        "The request's body has a media type that the portal does not read.",
        "Send JSON, or no body.",
    ),
    "invalid_fields": Code(
        422,
        "invalid_request_error",
        "The request's body does not fit the documented schema.",
        "Correct all fields in errors. Nothing was sent.",
    ),
    "idempotency_key_reused": Code(
        422,
        "invalid_request_error",
        "This Idempotency-Key was sent before with another request.",
        "Use a new key for each request.",
    ),
    "altostrat_token_missing": Code(
        424,
        "dependency_error",
        "The owner of the key has not stored an Altostrat token for this workspace.",
        "Ask the owner to store one in the portal under 'My tokens'.",
    ),
    "altostrat_token_refused": Code(
        424,
        "dependency_error",
        "Altostrat rejected the token of the key's owner: it is invalid or has expired.",
        "Ask the owner to renew it in the portal under 'My tokens'. Do not retry before that.",
    ),
    "too_many_requests": Code(
        429,
        "rate_limit_error",
        "The caller has sent too many requests to the portal.",
        "Retry after the time in Retry-After, or after a minute.",
    ),
    "altostrat_rate_limited": Code(
        429,
        "rate_limit_error",
        "The Altostrat token has reached the limit of requests per minute.",
        "Retry after the time in Retry-After, or after a minute.",
    ),
    "internal_error": Code(
        500,
        "api_error",
        "The portal had an internal error.",
        f"Retry later. {_ASK_OPERATOR}",
    ),
    "vault_sealed": Code(
        500,
        "api_error",
        "The portal cannot decrypt the Altostrat token of the key's owner.",
        "Contact the operators of this portal. Retrying does not help.",
    ),
    "altostrat_bad_answer": Code(
        502,
        "api_error",
        "Altostrat had an internal error, or its response is not the requested data.",
        f"Retry later. {_ASK_OPERATOR}",
    ),
    "altostrat_unreachable": Code(
        502,
        "api_error",
        "The portal could not connect to Altostrat, or the connection was lost.",
        "Retry after a minute.",
    ),
    "altostrat_unavailable": Code(
        503,
        "api_error",
        "Altostrat cannot handle requests at the moment, or too many requests are waiting for it.",
        "Retry after the time in Retry-After, or after a minute.",
    ),
    "portal_busy": Code(
        503,
        "api_error",
        "The portal is waiting for too many request bodies.",
        "Retry after the time in Retry-After.",
    ),
    "portal_unavailable": Code(
        503,
        "api_error",
        "The portal cannot use its database at the moment.",
        "Retry after the time in Retry-After.",
    ),
    "change_not_sent": Code(
        503,
        "api_error",
        "Another change of the same object is being sent, so this one was not sent.",
        "Retry after a few seconds.",
    ),
    "change_not_recorded": Code(
        503,
        "api_error",
        "The portal cannot record the change in its database, so it did not send it.",
        "Retry after the time in Retry-After.",
    ),
    "result_not_recorded": Code(
        503,
        "api_error",
        "The change was sent, but the portal cannot record its result in its database at the moment.",
        "Do not send it again. The portal records the result later.",
    ),
    "altostrat_outcome_unknown": Code(
        504,
        "api_error",
        "The change was sent, and Altostrat neither confirmed nor refused it.",
        "Do not send it again. Read change_url until it states the outcome.",
    ),
    "altostrat_timeout": Code(
        504,
        "api_error",
        "Altostrat's response did not arrive within the portal's time limit.",
        "Retry after a minute.",
    ),
}
