"""The way to the provider and back. The only module that names Authlib.

Authlib makes state, nonce and PKCE, exchanges the code and checks the id_token. What it leaves to its caller is
done here and in `billing.sso.discovery`: docs/decisions/0009-single-sign-on.md lists it.

https://docs.authlib.org/en/latest/client/django.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Final

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import DjangoIntegration, DjangoOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import ClaimError, JoseError

from billing.sso import bounded
from billing.sso.claims import Claims, groups_in, moment_in, name_in, text_in, verified_email_in
from billing.sso.config import SsoConfig
from billing.sso.discovery import Metadata, discover
from billing.sso.errors import LogoutRefused, ProviderUnavailable, Reason, SignInRefused
from billing.sso.logout_tokens import LogoutClaims, checked_logout
from billing.sso.pending import Pending

LEEWAY_SECONDS: Final = 60
KEEP_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 3.0
KEYS_PAUSE_SECONDS: Final = 5.0
_LONGEST_SUBJECT: Final = 255
_NAME: Final = "sso"
_ANEW: Final = {"prompt": "login", "max_age": "0"}
# How an answer of the wrong shape shows itself inside the library.
_MISSHAPEN: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class _Session(OAuth2Session):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bounded.bind(self)


class _App(DjangoOAuth2App):  # type: ignore[misc]
    """Follows a rotation of keys, and asks for keys no oftener than every few seconds."""

    client_cls = _Session
    _asked_again_at = float("-inf")

    def fetch_jwk_set(self, force: bool = False) -> Any:
        if force and time.monotonic() - self._asked_again_at < KEYS_PAUSE_SECONDS:
            return self.server_metadata["jwks"]
        if force:
            self._asked_again_at = time.monotonic()
        return super().fetch_jwk_set(force)


class Provider:
    """One provider, for all threads of a process. Asks it nothing before somebody wants to sign in."""

    def __init__(self, config: SsoConfig) -> None:
        self.config = config
        self._lock = threading.Lock()
        self._known: tuple[_App, Metadata] | None = None
        self._ask_again_at = float("-inf")

    def way_there(self, redirect_uri: str, goal: str, *, step_up: bool = False) -> tuple[str, Pending]:
        """Where to send the browser, and what its answer must fit. Raises ProviderUnavailable.

        For a step-up the provider is told to ask for the password again, whatever session it has:
        https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest
        """
        app, _ = self._ready()
        made = app.create_authorization_url(redirect_uri, **(_ANEW if step_up else {}))
        pending = Pending(
            state=made["state"],
            nonce=made["nonce"],
            code_verifier=made["code_verifier"],
            redirect_uri=redirect_uri,
            goal=goal,
            started_at=time.time(),
            step_up=step_up,
        )
        return str(made["url"]), pending

    def redeem(self, answer: Mapping[str, str], pending: Pending) -> Claims:
        """Whom the browser's answer speaks of. Raises SignInRefused. A pending sign-in is redeemed once: the caller
        sees to that."""
        if pending.is_over or answer.get("state") != pending.state:
            raise SignInRefused(Reason.STATE)
        app, metadata = self._ready_or_refused()
        named = answer.get("iss")
        if named != self.config.issuer and (named is not None or metadata.always_names_itself):
            raise SignInRefused(Reason.ISSUER)
        if "error" in answer or not answer.get("code"):
            raise SignInRefused(Reason.PROVIDER_ERROR)
        token = self._exchange(app, answer["code"], pending)
        return self._believed(app, token, pending)

    def logout_claims(self, logout_token: str) -> LogoutClaims:
        """Whose sessions to end. Raises LogoutRefused."""
        try:
            app, metadata = self._ready()
            return checked_logout(
                logout_token,
                keys=app.fetch_jwk_set,
                issuer=metadata.issuer,
                client_id=self.config.client_id,
                algorithms=metadata.algorithms,
                leeway_seconds=LEEWAY_SECONDS,
            )
        except (ProviderUnavailable, requests.RequestException):
            raise LogoutRefused("the provider's keys could not be had", is_ours=True) from None

    def end_session_url(self, id_token: str, return_to: str) -> str | None:
        """Where the provider's own session ends and the browser is sent back; None when it has no such place.

        https://openid.net/specs/openid-connect-rpinitiated-1_0.html
        """
        try:
            app, metadata = self._ready()
        except ProviderUnavailable:
            return None
        if metadata.end_session_endpoint is None:
            return None
        made = app.create_logout_url(return_to, id_token or None, client_id=self.config.client_id)
        return str(made["url"])

    def _exchange(self, app: _App, code: str, pending: Pending) -> dict[str, Any]:
        try:
            token = app.fetch_access_token(
                redirect_uri=pending.redirect_uri, code=code, code_verifier=pending.code_verifier
            )
        except OAuthError:
            raise SignInRefused(Reason.EXCHANGE) from None
        except _MISSHAPEN:  # before the next one: requests' JSON error is of both families
            raise SignInRefused(Reason.EXCHANGE, "answer misshapen") from None
        except requests.RequestException:
            raise SignInRefused(Reason.UNAVAILABLE, "token endpoint") from None
        if not isinstance(token.get("id_token"), str):
            raise SignInRefused(Reason.NOTHING_SIGNED)
        return dict(token)

    def _believed(self, app: _App, token: dict[str, Any], pending: Pending) -> Claims:
        only = {
            "iss": {"essential": True, "values": [self.config.issuer]},
            "aud": {"essential": True, "values": [self.config.client_id]},
        }
        try:
            said = app.parse_id_token(token, pending.nonce, claims_options=only, leeway=LEEWAY_SECONDS)
        except ClaimError as error:
            raise SignInRefused(Reason.NOT_BELIEVED, f"claim {error.claim}") from None
        except JoseError as error:
            raise SignInRefused(Reason.NOT_BELIEVED, error.error) from None
        except requests.RequestException:
            raise SignInRefused(Reason.UNAVAILABLE, "keys") from None
        except _MISSHAPEN:
            raise SignInRefused(Reason.NOT_BELIEVED, "misshapen") from None
        subject = text_in(said, "sub", _LONGEST_SUBJECT)
        if not subject:
            raise SignInRefused(Reason.SUBJECT)
        auth_time = moment_in(said, "auth_time")
        if pending.step_up and not _is_fresh(auth_time, pending):
            raise SignInRefused(Reason.NOT_FRESH)
        return Claims(
            issuer=self.config.issuer,
            subject=subject,
            groups=groups_in(said, self.config.groups_claim),
            name=name_in(said),
            verified_email=verified_email_in(said),
            sid=text_in(said, "sid"),
            auth_time=auth_time,
            id_token=token["id_token"],
        )

    def _ready_or_refused(self) -> tuple[_App, Metadata]:
        try:
            return self._ready()
        except ProviderUnavailable:
            raise SignInRefused(Reason.UNAVAILABLE, "discovery") from None

    def _ready(self) -> tuple[_App, Metadata]:
        with self._lock:
            now = time.monotonic()
            if now < self._ask_again_at:
                if self._known is None:
                    raise ProviderUnavailable("it could not be reached a moment ago")
                return self._known
            try:
                metadata = discover(self.config.issuer)
            except ProviderUnavailable:
                # Those who wait for this lock meanwhile are told at once, and do not ask again one by one.
                self._known, self._ask_again_at = None, time.monotonic() + RETRY_SECONDS
                raise
            self._known = (_app(self.config, metadata), metadata)
            self._ask_again_at = time.monotonic() + KEEP_SECONDS
            return self._known


def _app(config: SsoConfig, metadata: Metadata) -> _App:
    # Only these: Authlib hands all that is announced to its session, where `verify` or `proxies` mean something.
    announced = {
        "issuer": metadata.issuer,
        "authorization_endpoint": metadata.authorization_endpoint,
        "token_endpoint": metadata.token_endpoint,
        "jwks_uri": metadata.jwks_uri,
        "end_session_endpoint": metadata.end_session_endpoint,
        "id_token_signing_alg_values_supported": list(metadata.algorithms),
    }
    return _App(
        DjangoIntegration(_NAME),
        client_id=config.client_id,
        client_secret=config.client_secret,
        client_kwargs={
            "scope": config.scopes,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": metadata.auth_method,
        },
        **announced,
    )


def _is_fresh(auth_time: int | None, pending: Pending) -> bool:
    """Whether the person has proved who they are since we asked. No provider is taken at its word for `prompt`."""
    earliest = pending.started_at - LEEWAY_SECONDS
    return auth_time is not None and earliest <= auth_time <= time.time() + LEEWAY_SECONDS
