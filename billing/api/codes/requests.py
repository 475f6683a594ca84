"""Codes of requests that are wrong in themselves, or do not fit the present state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.api.codes.code import Code

REQUESTS: Final[Mapping[str, Code]] = {
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
    "precondition_failed": Code(
        412,
        "invalid_request_error",
        "The object has changed since it was read: it has none of the ETags in If-Match.",
        "Read it again, and send the change with the new ETag if it is still wanted. Nothing was sent.",
    ),
    "body_too_large": Code(
        413,
        "invalid_request_error",
        "The request's body exceeds the size limit.",
        "Send at most 64 KiB. The documented bodies are much smaller.",
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
    "precondition_required": Code(
        428,
        "invalid_request_error",
        "This portal accepts this change only with If-Match.",
        "Read the object, and send its ETag as If-Match.",
    ),
}
