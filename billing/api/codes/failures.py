"""Codes of failures of the portal or of Altostrat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.api.codes.code import Code

_ASK_OPERATOR: Final = "If this continues, give the request ID to the operators of this portal."

FAILURES: Final[Mapping[str, Code]] = {
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
    "identity_provider_unavailable": Code(
        503,
        "api_error",
        "The identity provider cannot be reached, so the access token cannot be checked.",
        "Retry after the time in Retry-After, or use a portal key.",
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
        "Altostrat's response did not arrive within the time limit of the portal or of a server in between.",
        "Retry after a minute.",
    ),
}
