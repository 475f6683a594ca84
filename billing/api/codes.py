"""What the portal itself answers to programs: one row a code, read by the answers, the schema and the docs page.

The statuses of failures that pages have as well are those of `billing.failures`, as a test checks; the words differ,
since here a programmer reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Code:
    """A code with its status and its family; `meaning` and `remedy` make the message."""

    status: int
    type: str
    meaning: str
    remedy: str


_ASK_OPERATOR: Final = "If it goes on, give the request id to the people who run this portal."

CODES: Final[Mapping[str, Code]] = {
    "bad_request": Code(
        400,
        "invalid_request_error",
        "The request cannot be read.",
        "Check the host, the query and the headers that your program sends.",
    ),
    "invalid_parameter": Code(
        400,
        "invalid_request_error",
        "An id in the path is malformed, or the query holds a key that this route does not take or holds it twice.",
        "Correct what is named and send the request again.",
    ),
    "unauthenticated": Code(
        401,
        "authentication_error",
        "The request carries no portal key that is valid now.",
        "Send one as 'Authorization: Bearer KEY', once, and nowhere else.",
    ),
    "owner_sign_in_too_old": Code(
        401,
        "authentication_error",
        "The portal key is valid. Its owner signs in by single sign-on and has not done so for too long, so what "
        "the owner may do now is not known.",
        "The owner signs in to the portal; the key then works again at once.",
    ),
    "forbidden": Code(
        403,
        "permission_error",
        "The key's scopes, or its owner's role, do not include what this route takes.",
        "Use a key with that scope, of an owner with that role.",
    ),
    "csrf_failed": Code(
        403,
        "permission_error",
        "The request came with a browser's session and without a valid CSRF token.",
        "Send the X-CSRFToken header, or a portal key in place of the session.",
    ),
    "unknown_route": Code(
        404,
        "invalid_request_error",
        "The portal passes nothing through at this path.",
        "Check it against the documentation; paths end without a slash.",
    ),
    "method_not_allowed": Code(
        405,
        "invalid_request_error",
        "This path does not take this method.",
        "Use one of those that the Allow header names.",
    ),
    "length_required": Code(
        411,
        "invalid_request_error",
        "The request's body has no Content-Length.",
        "Send the body with its length, not chunked.",
    ),
    "body_too_large": Code(
        413,
        "invalid_request_error",
        "The request's body is larger than the portal takes.",
        "Send less.",
    ),
    "altostrat_token_missing": Code(
        424,
        "dependency_error",
        "The key's owner has stored no Altostrat token that applies here, so Altostrat was not asked.",
        "The owner stores one in the portal, under 'My tokens'.",
    ),
    "altostrat_token_refused": Code(
        424,
        "dependency_error",
        "Altostrat does not accept the token of the key's owner: it is invalid or has expired.",
        "The owner renews it in the portal, under 'My tokens'; until then, do not repeat the request.",
    ),
    "altostrat_rate_limited": Code(
        429,
        "rate_limit_error",
        "Too many requests were made with this Altostrat token within a minute.",
        "Wait for as long as Retry-After says, or else a minute, and send it again.",
    ),
    "internal_error": Code(
        500,
        "api_error",
        "The portal has a fault.",
        f"Send the request again later. {_ASK_OPERATOR}",
    ),
    "vault_sealed": Code(
        500,
        "api_error",
        "The portal's vault does not open the Altostrat token of the key's owner.",
        "Tell the people who run this portal; repeating the request does not help.",
    ),
    "altostrat_bad_answer": Code(
        502,
        "api_error",
        "Altostrat answered with an error of its own, or with something that is not the data asked for.",
        f"Send the request again later. {_ASK_OPERATOR}",
    ),
    "altostrat_unreachable": Code(
        502,
        "api_error",
        "No connection to Altostrat could be made, or it broke before the answer came.",
        "Send the request again in a minute.",
    ),
    "altostrat_unavailable": Code(
        503,
        "api_error",
        "Altostrat cannot serve requests at the moment, or too many calls are waiting for it already.",
        "Wait for as long as Retry-After says, or else a minute, and send it again.",
    ),
    "altostrat_timeout": Code(
        504,
        "api_error",
        "Altostrat's answer did not arrive within the time that the portal waits.",
        "Send the request again in a minute.",
    ),
}
