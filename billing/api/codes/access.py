"""Codes of callers that are unknown, may not do this, or do it too often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.api.codes.code import Code

ACCESS: Final[Mapping[str, Code]] = {
    "unauthenticated": Code(
        401,
        "authentication_error",
        "The request has no valid portal key or access token.",
        "Send exactly one header 'Authorization: Bearer KEY'.",
    ),
    "owner_sign_in_too_old": Code(
        401,
        "authentication_error",
        "The portal key is valid, but its owner has not signed in by single sign-on for too long.",
        "After the owner signs in to the portal, the key works again immediately.",
    ),
    "key_expired": Code(
        401,
        "authentication_error",
        "The portal key has expired.",
        "Ask its owner to create another key.",
    ),
    "person_unknown": Code(
        401,
        "authentication_error",
        "The access token is valid, but its person has never signed in to the portal.",
        "After the person has signed in once, the token works.",
    ),
    "forbidden": Code(
        403,
        "permission_error",
        "The role of the person for whom the request is sent does not include the required permission.",
        "Ask an administrator of this portal for a role that includes it.",
    ),
    "key_scope": Code(
        403,
        "permission_error",
        "The scopes of the portal key do not include the required permission.",
        "Use a key with this scope.",
    ),
    "key_read_only": Code(
        403,
        "permission_error",
        "The portal key is read-only.",
        "Use another key, or ask its owner to allow writes with this key.",
    ),
    "personal_data_masked": Code(
        403,
        "permission_error",
        "The role of the person sees personal data masked, and the API returns Altostrat's data unchanged.",
        "Ask an administrator of this portal for a role that sees personal data.",
    ),
    "key_network": Code(
        403,
        "permission_error",
        "The portal key cannot be used from the address of the caller.",
        "Call from one of the networks of the key, or ask its owner to add this network.",
    ),
    "https_required": Code(
        403,
        "invalid_request_error",
        "The portal can only be called with https.",
        "Use https, and replace the portal key or access token that was sent without encryption.",
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
}
