"""Why a caller is not authenticated, if the caller may learn it."""

from __future__ import annotations

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
