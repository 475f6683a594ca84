"""The pages for single sign-on that failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from billing.failures import Failure, Remedy
from billing.services.sign_in.identities import DenialReason
from billing.sso.errors import Reason

_ASK_OPERATOR: Final = "If it happens again, give the request ID below to the operators of this portal."

UNAVAILABLE: Final = Failure(
    503,
    "api_error",
    "sso_unavailable",
    "The sign-in service is unavailable",
    "Your company's sign-in service could not be reached, or its response could not be used.",
    "Try again in a minute. People who are signed in stay signed in.",
    remedy=Remedy.RETRY,
)
_REFUSED: Final = Failure(
    403,
    "permission_error",
    "sso_refused",
    "You are not signed in",
    "The response of your company's sign-in service was incomplete, expired or already used.",
    f"Sign in again. {_ASK_OPERATOR}",
)
_REASONS: Final = {
    # No retry button: the code in this address is used up.
    Reason.UNAVAILABLE: replace(UNAVAILABLE, remedy=Remedy.NONE),
    Reason.NOT_FRESH: replace(
        _REFUSED,
        code="sso_not_fresh",
        title="You were not asked to sign in again",
        what_failed="This change needs a fresh sign-in, and your company's sign-in service did not confirm one.",
        what_to_do=f"Sign out and sign in again. {_ASK_OPERATOR}",
    ),
    Reason.ANOTHER_PERSON: replace(
        _REFUSED,
        code="sso_another_person",
        title="You used a different account",
        what_failed="The account at your company's sign-in service is not the one that you are signed in with here.",
        what_to_do="Try again with the same account, or sign out first.",
    ),
}
DENIED: Final = {
    DenialReason.NO_ROLE: Failure(
        403,
        "permission_error",
        "sso_no_role",
        "Your account has no role here",
        "Your company account is valid, but none of its groups gives a role in this portal.",
        "Ask an administrator of this portal which group you need, and sign in again once you are a member.",
    ),
    DenialReason.DEACTIVATED: Failure(
        403,
        "permission_error",
        "sso_deactivated",
        "Your account is deactivated here",
        "Your company account is valid, but an administrator of this portal has deactivated your account here.",
        "Ask an administrator of this portal to reactivate it.",
    ),
    DenialReason.SESSIONS_ENDED: Failure(
        403,
        "permission_error",
        "sso_ended",
        "You have been signed out",
        "All your sessions were ended while you were signing in.",
        "Sign in again.",
    ),
}


def of_reason(reason: Reason) -> Failure:
    return _REASONS.get(reason, _REFUSED)
