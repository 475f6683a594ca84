"""Why a sign-in came to nothing. None of these texts repeats what the provider or the browser sent."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The kind of refusal, as the audit keeps it."""

    STATE = "state missing, foreign or used"
    ISSUER = "answer of another issuer"
    PROVIDER_ERROR = "the provider answered with an error"
    EXCHANGE = "the provider did not exchange the code"
    NOTHING_SIGNED = "no id_token in the answer"
    NOT_BELIEVED = "id_token not acceptable"
    SUBJECT = "no usable subject"
    NOT_FRESH = "no fresh authentication"
    ANOTHER_PERSON = "another person than is signed in"
    UNAVAILABLE = "the provider could not be reached"


class SignInRefused(Exception):
    """The answer was not believed. `reason` is its kind, `detail` names the claim or check at most."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason} ({detail})" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class ProviderUnavailable(Exception):
    """The provider cannot be reached, or what it announces cannot be used. The text says which."""


class LogoutRefused(Exception):
    """A logout token that ends nothing. `is_ours` when we could not judge it: the sender may try again."""

    def __init__(self, detail: str, *, is_ours: bool = False) -> None:
        super().__init__(detail)
        self.is_ours = is_ours
