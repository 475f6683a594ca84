"""The failures for the errors of the Altostrat client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.altostrat import errors as altostrat
from billing.failures.failure import Failure, Origin, Remedy

_ASK_OPERATOR: Final = "If it happens again, give the request ID below to the operators of this portal."

TABLE: Final[Mapping[type[Exception], Failure]] = {
    altostrat.TokenRejected: Failure(
        424,
        "dependency_error",
        "altostrat_token_refused",
        "Altostrat rejected your token",
        "The token is invalid or has expired.",
        "Renew your token. You stay signed in here.",
        remedy=Remedy.RENEW_TOKEN,
    ),
    altostrat.RateLimited: Failure(
        429,
        "rate_limit_error",
        "altostrat_rate_limited",
        "Too many requests to Altostrat",
        "Your token has reached Altostrat's limit of requests per minute.",
        "Wait a moment, then try again.",
        remedy=Remedy.RETRY,
    ),
    altostrat.Unavailable: Failure(
        503,
        "api_error",
        "altostrat_unavailable",
        "Altostrat is unavailable",
        "Altostrat cannot handle requests at the moment.",
        "Try again later.",
        remedy=Remedy.RETRY,
    ),
    altostrat.Overloaded: Failure(
        503,
        "api_error",
        "altostrat_unavailable",
        "Too many requests are waiting for Altostrat",
        "Altostrat is slow to respond, so the portal did not send another request.",
        "Try again in a few seconds.",
        remedy=Remedy.RETRY,
    ),
    altostrat.ShareTaken: Failure(
        503,
        "api_error",
        "altostrat_unavailable",
        "Your other pages are still waiting for Altostrat",
        "Too many requests with your token are waiting, so the portal did not send another one.",
        "Try again in a few seconds.",
        remedy=Remedy.RETRY,
    ),
    altostrat.CircuitOpen: Failure(
        503,
        "api_error",
        "altostrat_unavailable",
        "Altostrat is not responding",
        "Altostrat did not answer the last requests, so the portal did not send another one.",
        "Try again in a few seconds.",
        remedy=Remedy.RETRY,
    ),
    altostrat.Refused: Failure(
        400,
        "invalid_request_error",
        "altostrat_refused",
        "Altostrat refused the request",
        "Altostrat does not allow this.",
        "Altostrat's message states the reason.",
        origin=Origin.ALTOSTRAT,
    ),
    altostrat.NotAllowed: Failure(
        403,
        "permission_error",
        "altostrat_refused",
        "Your token does not have access",
        "Altostrat accepts your token, but it has no access to this workspace or account.",
        "Ask an owner of the workspace for access, or store a token that has it.",
        origin=Origin.ALTOSTRAT,
    ),
    altostrat.NotFound: Failure(
        404,
        "invalid_request_error",
        "altostrat_refused",
        "Not found in Altostrat",
        "Altostrat has nothing with this ID that your token can access.",
        "Check the workspace and the ID, or open the page from a list.",
        origin=Origin.ALTOSTRAT,
    ),
    altostrat.UnexpectedAnswer: Failure(
        502,
        "api_error",
        "altostrat_bad_answer",
        "Altostrat's response cannot be used",
        "The response is not the requested billing data, so it is not shown.",
        f"Try again. {_ASK_OPERATOR}",
        remedy=Remedy.RETRY,
    ),
    altostrat.Broken: Failure(
        502,
        "api_error",
        "altostrat_bad_answer",
        "Altostrat had an error",
        "Altostrat responded with an internal error.",
        f"Try again. {_ASK_OPERATOR}",
        remedy=Remedy.RETRY,
    ),
    altostrat.Unreachable: Failure(
        502,
        "api_error",
        "altostrat_unreachable",
        "Altostrat cannot be reached",
        "The portal could not connect to Altostrat, or the connection was lost.",
        f"Try again in a minute. {_ASK_OPERATOR}",
        remedy=Remedy.RETRY,
    ),
    altostrat.DeadlinePassed: Failure(
        504,
        "api_error",
        "altostrat_timeout",
        "Altostrat did not respond in time",
        "Altostrat's response did not arrive within the portal's time limit.",
        "Try again in a minute.",
        remedy=Remedy.RETRY,
    ),
    altostrat.TimedOut: Failure(
        504,
        "api_error",
        "altostrat_timeout",
        "Altostrat did not respond in time",
        "A server between the portal and Altostrat stopped waiting for Altostrat's response.",
        "Try again in a minute.",
        remedy=Remedy.RETRY,
    ),
}
