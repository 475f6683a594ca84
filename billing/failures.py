"""One table: what went wrong -> how each door answers. The doors translate; nobody else decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from billing.altostrat import errors as altostrat
from billing.altostrat.identifiers import InvalidIdentifier
from billing.services.actor import NotPermitted
from billing.services.changes import Forgotten
from billing.services.scan.store import ScanLost
from billing.services.tokens import NoToken
from billing.vault import CannotUnseal


class Origin(StrEnum):
    """Who speaks in an answer: the value of the Portal-Origin header."""

    ALTOSTRAT = "altostrat"
    PORTAL = "portal"


class Remedy(StrEnum):
    """The one thing that the page offers to do next."""

    NONE = ""
    RETRY = "retry"
    STORE_TOKEN = "store-token"
    RENEW_TOKEN = "renew-token"


@dataclass(frozen=True, slots=True)
class Failure:
    """How a failure is told. `title` and the sentences are for people, `type` and `code` for programs."""

    status: int
    type: str
    code: str
    title: str
    what_failed: str
    what_to_do: str
    changed: str = "Nothing was changed."
    remedy: Remedy = Remedy.NONE
    origin: Origin = Origin.PORTAL
    retry_after_seconds: int | None = None
    upstream_request_id: str | None = None
    upstream_message: str | None = None
    upstream_status: int | None = None
    doc_url: str | None = None


_ASK_OPERATOR: Final = "If it happens again, give the request id below to the people who run this portal."

_FORGOTTEN: Final = (
    *("invalid_request_error", "change_forgotten", "Removed by retention"),
    "What was sent, and what was there before, is kept here for a limited time, which is over.",
)
_TABLE: Final[dict[type[Exception], Failure]] = {
    NotPermitted: Failure(
        403,
        "permission_error",
        "forbidden",
        "You may not do this",
        "This needs a permission that your role, or the portal key you use, does not include.",
        "Ask an administrator of this portal for a role or a key that includes it.",
    ),
    InvalidIdentifier: Failure(
        400,
        "invalid_request_error",
        "invalid_parameter",
        "That is not an Altostrat id",
        "The address holds an id that Altostrat cannot have made.",
        "Check the id: it has letters, digits and a few signs, and nothing else.",
    ),
    NoToken: Failure(
        424,
        "dependency_error",
        "altostrat_token_missing",
        "You have not stored an Altostrat token yet",
        "The portal asks Altostrat in your name, and has no token of yours to do so.",
        "Store your token, and this page opens.",
        remedy=Remedy.STORE_TOKEN,
    ),
    CannotUnseal: Failure(
        500,
        "api_error",
        "vault_sealed",
        "Your Altostrat token cannot be opened",
        "The portal's vault does not open your stored token: its key or Altostrat's address has changed.",
        "Tell the people who run this portal. Storing your token again also helps, once the vault is in order.",
    ),
    ScanLost: Failure(
        503,
        "api_error",
        "list_lost",
        "The list could not be read",
        "What the portal had read of Altostrat for it is not there any more, or not all of it.",
        "Open the list again: it is read anew, and then there is a file, too.",
        remedy=Remedy.RETRY,
    ),
    Forgotten: Failure(410, *_FORGOTTEN, "Begin a new change."),
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
        "Ask an owner of the workspace for access, or store a token of a person who has it and is you.",
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

_TABLE[altostrat.ShareTaken] = replace(
    _TABLE[altostrat.Overloaded],
    title="Your own other pages are still waiting for Altostrat",
    what_failed="Altostrat was not asked: as many calls with your token wait for it as one token may have.",
)

HANDLED: Final = (
    *(NotPermitted, InvalidIdentifier, NoToken, CannotUnseal, ScanLost, Forgotten),
    altostrat.AltostratError,
)


def describe(error: Exception) -> Failure:
    """The row for an error of one of the HANDLED families, filled with what this one carries."""
    row = next(_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE)
    if isinstance(error, altostrat.AltostratError):
        row = replace(row, upstream_request_id=error.request_id, upstream_status=error.status)
    for kind, fill in _FILLERS:
        if isinstance(error, kind):
            row = fill(row, error)
    return row


def is_relayed(error: Exception) -> bool:
    """True when a program gets Altostrat's own status and body: a 4xx that is neither 401 nor 429."""
    return isinstance(error, altostrat.Refused) and describe(error).origin is Origin.ALTOSTRAT


def _with_refusal(row: Failure, error: Exception) -> Failure:
    assert isinstance(error, altostrat.Refused)
    if row.origin is not Origin.ALTOSTRAT:
        return row
    status = error.status or row.status
    return replace(row, status=status, upstream_message=error.message, doc_url=error.doc_url)


def _with_pause(row: Failure, error: Exception) -> Failure:
    if (seconds := getattr(error, "retry_after_seconds", None)) is None:
        return row
    words = f"Try again in {seconds} second{'' if seconds == 1 else 's'}."
    return replace(row, retry_after_seconds=seconds, what_to_do=words)


def _with_name(row: Failure, error: Exception) -> Failure:
    name = error.permission if isinstance(error, NotPermitted) else error
    return replace(row, what_failed=f"{row.what_failed[:-1]}: {name}.")


_FILLERS: Final = (
    (altostrat.Refused, _with_refusal),
    ((altostrat.RateLimited, altostrat.Unavailable, altostrat.Overloaded), _with_pause),
    (InvalidIdentifier, _with_name),
    (NotPermitted, _with_name),
)
