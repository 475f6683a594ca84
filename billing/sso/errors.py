"""The reasons why a sign-in or a logout was refused. No text repeats what the provider or the browser sent."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why an answer of the provider was refused. The audit stores these texts."""

    STATE = "state missing, foreign or used"
    ISSUER = "answer of another issuer"
    PROVIDER_ERROR = "the provider answered with an error"
    EXCHANGE = "the provider did not exchange the code"
    MISSING = "no id_token in the answer"
    INVALID = "id_token not acceptable"
    SUBJECT = "no usable subject"
    NOT_FRESH = "no fresh authentication"
    ANOTHER_PERSON = "another person than is signed in"
    UNAVAILABLE = "the provider could not be reached"


class SignInRefused(Exception):
    """The provider's answer is not valid. `detail` names at most the claim or the check."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason} ({detail})" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class ProviderUnavailable(Exception):
    """The provider cannot be reached, or its discovery document cannot be used. The text says which."""


class AccessTokenRefused(Exception):
    """An access token is not valid. The text names at most the claim or the check."""


class LogoutRefused(Exception):
    """A logout token was refused. `can_retry` if it could not be checked, so the provider may send it again."""

    def __init__(self, detail: str, *, can_retry: bool = False) -> None:
        super().__init__(detail)
        self.can_retry = can_retry
