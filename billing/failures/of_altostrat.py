"""How each of the client's errors is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.altostrat import errors as altostrat
from billing.failures.failure import Failure, Origin, Remedy

_ASK_OPERATOR: Final = "If it happens again, give the request id below to the people who run this portal."

TABLE: Final[Mapping[type[Exception], Failure]] = {
    altostrat.TokenRejected: Failure(
        424,
        "dependency_error",
        "altostrat_token_refused",
        "Altostrat does not accept your token",
        "Altostrat answered that the token is invalid or has expired.",
        "Renew your token. You stay signed in here.",
        remedy=Remedy.RENEW_TOKEN,
    ),
    altostrat.RateLimited: Failure(
        429,
        "rate_limit_error",
        "altostrat_rate_limited",
        "Altostrat asks for a pause",
        "Too many requests were made with your token within a minute.",
        "Wait a moment, then try again.",
        remedy=Remedy.RETRY,
    ),
    altostrat.Unavailable: Failure(
        503,
        "api_error",
        "altostrat_unavailable",
        "Altostrat is not available",
        "Altostrat answered that it cannot serve requests at the moment.",
        "Try again in a while; nothing here needs repair.",
        remedy=Remedy.RETRY,
    ),
    altostrat.Overloaded: Failure(
        503,
        "api_error",
        "altostrat_unavailable",
        "Altostrat is slow, and too many of us are waiting",
        "Altostrat was not asked: every place for a call to it is taken by calls that are still waiting.",
        "Try again in a few seconds.",
        remedy=Remedy.RETRY,
    ),
    altostrat.ShareTaken: Failure(
        503,
        "api_error",
        "altostrat_unavailable",
        "Your own other pages are still waiting for Altostrat",
        "Altostrat was not asked: as many calls with your token wait for it as one token may have.",
        "Try again in a few seconds.",
        remedy=Remedy.RETRY,
    ),
    altostrat.Refused: Failure(
        400,
        "invalid_request_error",
        "altostrat_refused",
        "Altostrat refused this",
        "Altostrat refused the request.",
        "Its own words below say why.",
        origin=Origin.ALTOSTRAT,
    ),
    altostrat.NotAllowed: Failure(
        403,
        "permission_error",
        "altostrat_refused",
        "Altostrat does not let you see this",
        "Your token is valid, and does not reach this workspace or account.",
        "Ask an owner of the workspace for access, or store another token of yours, if one has it.",
        origin=Origin.ALTOSTRAT,
    ),
    altostrat.NotFound: Failure(
        404,
        "invalid_request_error",
        "altostrat_refused",
        "Altostrat does not know this",
        "Altostrat finds nothing under this id that your token may see.",
        "Check the workspace and the id, or open it from the list of the workspace.",
        origin=Origin.ALTOSTRAT,
    ),
    altostrat.UnexpectedAnswer: Failure(
        502,
        "api_error",
        "altostrat_bad_answer",
        "Altostrat's answer cannot be used",
        "Altostrat answered with something that is not the billing data that was asked for, so it is not shown.",
        f"Try again. {_ASK_OPERATOR}",
        remedy=Remedy.RETRY,
    ),
    altostrat.Broken: Failure(
        502,
        "api_error",
        "altostrat_bad_answer",
        "Altostrat had an error",
        "Altostrat answered with an error of its own.",
        f"Try again. {_ASK_OPERATOR}",
        remedy=Remedy.RETRY,
    ),
    altostrat.Unreachable: Failure(
        502,
        "api_error",
        "altostrat_unreachable",
        "Altostrat cannot be reached",
        "No connection to Altostrat could be made, or it broke before the answer came.",
        f"Try again in a minute. {_ASK_OPERATOR}",
        remedy=Remedy.RETRY,
    ),
    altostrat.DeadlinePassed: Failure(
        504,
        "api_error",
        "altostrat_timeout",
        "Altostrat did not answer in time",
        "Altostrat was asked, and its answer did not arrive within the time that the portal waits.",
        "Try again in a minute.",
        remedy=Remedy.RETRY,
    ),
}
