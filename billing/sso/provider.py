"""The OpenID Connect flow. Only this module and `current_provider` import Authlib.

Authlib creates state, nonce and PKCE, exchanges the code and checks the claims of the id_token. What Authlib does not
check is checked in this package: docs/decisions/0009-single-sign-on.md lists it.

https://docs.authlib.org/en/latest/client/django.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import requests
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc.errors import ClaimError, JoseError

from billing.sso import access_tokens, logout_tokens
from billing.sso.access_tokens import AccessClaims
from billing.sso.claims import (
    Claims,
    full_name_in,
    groups_in,
    name_in,
    string_in,
    timestamp_in,
    verified_email_in,
)
from billing.sso.config import SsoConfig
from billing.sso.current_provider import CurrentProvider, Discovered
from billing.sso.errors import LogoutRefused, ProviderUnavailable, Reason, SignInRefused
from billing.sso.keys import ProviderKeys
from billing.sso.logout_tokens import LogoutClaims
from billing.sso.pending import PendingSignIn

LEEWAY_SECONDS: Final = 60
_MAX_SUBJECT_LENGTH: Final = 255
_ASK_AGAIN: Final = {"prompt": "login", "max_age": "0"}
# What the libraries raise for an answer of the wrong shape.
_MALFORMED: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Provider:
    """One provider, for all threads of a process."""

    def __init__(self, config: SsoConfig) -> None:
        self.config = config
        self._current = CurrentProvider(config)

    def authorization(
        self, redirect_uri: str, next_url: str, *, step_up: bool = False
    ) -> tuple[str, PendingSignIn]:
        """Return the address to send the browser to, and what its answer must match. Raise ProviderUnavailable.

        A step-up tells the provider to ask for credentials again, even if the browser has a session there:
        https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
        """
        made = self._current.ready().app.create_authorization_url(
            redirect_uri, **(_ASK_AGAIN if step_up else {})
        )
        pending = PendingSignIn(
            state=made["state"],
            nonce=made["nonce"],
            code_verifier=made["code_verifier"],
            redirect_uri=redirect_uri,
            next_url=next_url,
            started_at=time.time(),
            step_up=step_up,
        )
        return str(made["url"]), pending

    def redeem(self, answer: Mapping[str, str], pending: PendingSignIn) -> Claims:
        """Return the claims of the browser's answer. Raise SignInRefused. The caller uses each `pending` only once."""
        if pending.has_expired or answer.get("state") != pending.state:
            raise SignInRefused(Reason.STATE)
        discovered = self._ready_or_refused()
        named = answer.get("iss")
        if named != self.config.issuer and (named is not None or discovered.metadata.sends_issuer):
            raise SignInRefused(Reason.ISSUER)
        if "error" in answer or not answer.get("code"):
            raise SignInRefused(Reason.PROVIDER_ERROR)
        token = self._exchange(discovered, answer["code"], pending)
        return self._verified_claims(discovered.keys, token, pending)

    def logout_claims(self, logout_token: str) -> LogoutClaims:
        """Return whose sessions to end. Raise LogoutRefused."""
        try:
            discovered = self._current.ready()
            return logout_tokens.checked(
                logout_token,
                keys=discovered.keys,
                issuer=discovered.metadata.issuer,
                client_id=self.config.client_id,
                leeway_seconds=LEEWAY_SECONDS,
            )
        except (ProviderUnavailable, requests.RequestException):
            raise LogoutRefused("the provider's keys could not be fetched", can_retry=True) from None

    def access_claims(self, access_token: str, audience: str) -> AccessClaims:
        """Return for whom a program calls. Raise AccessTokenRefused, ProviderUnavailable."""
        discovered = self._current.ready()
        try:
            return access_tokens.checked(
                access_token, discovered.keys, self.config, audience=audience, leeway_seconds=LEEWAY_SECONDS
            )
        except requests.RequestException:
            raise ProviderUnavailable("the provider's keys could not be fetched") from None

    def end_session_url(self, id_token: str, return_to: str) -> str | None:
        """Return the address that ends the provider's own session; None if the provider has none or cannot be reached.

        https://openid.net/specs/openid-connect-rpinitiated-1_0.html
        """
        try:
            discovered = self._current.ready()
        except ProviderUnavailable:
            return None
        if discovered.metadata.end_session_endpoint is None:
            return None
        made = discovered.app.create_logout_url(return_to, id_token or None, client_id=self.config.client_id)
        return str(made["url"])

    def _exchange(self, discovered: Discovered, code: str, pending: PendingSignIn) -> dict[str, Any]:
        try:
            token = discovered.app.fetch_access_token(
                redirect_uri=pending.redirect_uri, code=code, code_verifier=pending.code_verifier
            )
        except OAuthError:
            self._current.find_moved(
                discovered.keys
            )  # for the next sign-in, because a code is sent only once
            raise SignInRefused(Reason.EXCHANGE) from None
        except _MALFORMED:  # before RequestException: requests' JSON error is both
            self._current.find_moved(discovered.keys)
            raise SignInRefused(Reason.EXCHANGE, "malformed answer") from None
        except requests.RequestException:
            self._current.find_moved(discovered.keys)
            raise SignInRefused(Reason.UNAVAILABLE, "token endpoint") from None
        if not isinstance(token.get("id_token"), str):
            raise SignInRefused(Reason.MISSING)
        return dict(token)

    def _verified_claims(self, keys: ProviderKeys, token: dict[str, Any], pending: PendingSignIn) -> Claims:
        required = {
            "iss": {"essential": True, "values": [self.config.issuer]},
            "aud": {"essential": True, "values": [self.config.client_id]},
        }
        try:
            decoded = keys.decode(token["id_token"])
            claims = CodeIDToken(decoded.claims, decoded.header, required, self._expected(token, pending))
            claims.validate(leeway=LEEWAY_SECONDS)
        except ClaimError as error:
            raise SignInRefused(Reason.INVALID, f"claim {error.claim}") from None
        except JoseError as error:
            raise SignInRefused(Reason.INVALID, error.error) from None
        except requests.RequestException:
            raise SignInRefused(Reason.UNAVAILABLE, "keys") from None
        except _MALFORMED:
            raise SignInRefused(Reason.INVALID, "malformed") from None
        subject = string_in(claims, "sub", _MAX_SUBJECT_LENGTH)
        if not subject:
            raise SignInRefused(Reason.SUBJECT)
        auth_time = timestamp_in(claims, "auth_time")
        if pending.step_up and not _is_fresh(auth_time, pending):
            raise SignInRefused(Reason.NOT_FRESH)
        groups, why_no_groups = groups_in(claims, self.config.groups_claim)
        return Claims(
            issuer=self.config.issuer,
            subject=subject,
            groups=groups,
            why_no_groups=why_no_groups,
            name=name_in(claims),
            full_name=full_name_in(claims),
            verified_email=verified_email_in(claims),
            sid=string_in(claims, "sid"),
            auth_time=auth_time,
            id_token=token["id_token"],
        )

    def _expected(self, token: Mapping[str, Any], pending: PendingSignIn) -> dict[str, Any]:
        return {
            "nonce": pending.nonce,
            "client_id": self.config.client_id,
            "access_token": token.get("access_token"),
        }

    def _ready_or_refused(self) -> Discovered:
        try:
            return self._current.ready()
        except ProviderUnavailable:
            raise SignInRefused(Reason.UNAVAILABLE, "discovery") from None


def _is_fresh(auth_time: int | None, pending: PendingSignIn) -> bool:
    """Return whether the person entered credentials after the redirect. A provider may ignore `prompt`."""
    earliest = pending.started_at - LEEWAY_SECONDS
    return auth_time is not None and earliest <= auth_time <= time.time() + LEEWAY_SECONDS
