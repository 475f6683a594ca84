"""Why a request is refused before anything is read: the caller, as far as they may learn it, or what they sent."""

from __future__ import annotations

from typing import Any

from rest_framework import exceptions

from billing.services.actor import Actor


class SignInTooOld(exceptions.AuthenticationFailed):
    """The key is valid, but its owner has to sign in before it can be used again."""

    why = "owner signed in too long ago"


class ExpiredKey(exceptions.AuthenticationFailed):
    """The key was valid until its expiry date."""

    why = "expired portal key"


class RefusedNetwork(exceptions.PermissionDenied):
    """The key is valid, but may not be used from the address of the caller."""

    def __init__(self, actor: Actor) -> None:
        super().__init__()
        self.actor = actor


class NoPerson(exceptions.AuthenticationFailed):
    """The access token is valid, but its person has never signed in to the portal."""

    why = "access token without a person"


class ProviderDown(exceptions.APIException):
    """The identity provider cannot be reached, so an access token cannot be checked."""


class InvalidParameter(Exception):
    """A query parameter is unknown, repeated or has an invalid value. The message names it."""


class InvalidFields(Exception):
    """The body does not fit the documented schema. `errors` has the field, its limit and what was sent."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors


class UnusableHeader(Exception):
    """Portal-Reason or Portal-Ticket cannot be used. The message says why."""


class KeyRequired(Exception):
    """The request has a browser session instead of a portal key."""


class InvalidIdempotencyKey(Exception):
    """The header Idempotency-Key is malformed or repeated."""


class PreconditionRequired(Exception):
    """The operator requires If-Match for this write."""
