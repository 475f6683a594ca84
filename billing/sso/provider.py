"""The way to the provider and back. The only module that names Authlib.

Authlib makes state, nonce and PKCE, exchanges the code and checks the id_token. What it leaves to its caller is
done here and in `billing.sso.discovery`: docs/decisions/0009-single-sign-on.md lists it.

https://docs.authlib.org/en/latest/client/django.html
"""

from __future__ import annotations

import threading
import time
from typing import Any, Final

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import DjangoIntegration, DjangoOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from django.http import HttpRequest
from joserfc.errors import ClaimError, JoseError

from billing.sso import bounded
from billing.sso.claims import Claims, groups_in, name_in
from billing.sso.config import SsoConfig
from billing.sso.discovery import Metadata, discover
from billing.sso.errors import ProviderUnavailable, Reason, SignInRefused

LEEWAY_SECONDS: Final = 60
KEEP_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 3.0
KEYS_PAUSE_SECONDS: Final = 5.0
PENDING_SECONDS: Final = 3600.0
_LONGEST_SUBJECT: Final = 255
_PENDING_AT_MOST: Final = 20
_NAME: Final = "sso"
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

    def authorization_url(self, request: HttpRequest, redirect_uri: str, goal: str) -> str:
        """Where to send the browser; what its answer must match is left in the session.

        Raises ProviderUnavailable.
        """
        app, _ = self._ready()
        made = app.create_authorization_url(redirect_uri)
        _forget_oldest(request)
        expires_at = time.time() + PENDING_SECONDS
        app.save_authorize_data(request, redirect_uri=redirect_uri, goal=goal, expires_at=expires_at, **made)
        return str(made["url"])

    def redeem(self, request: HttpRequest) -> Claims:
        """Who the browser's answer speaks of. Raises SignInRefused; the state is used up in either case."""
        state = request.GET.get("state", "")
        pending = _take(request, state)
        app, metadata = self._ready_or_refused()
        named = request.GET.get("iss")
        if named != self.config.issuer and (named is not None or metadata.always_names_itself):
            raise SignInRefused(Reason.ISSUER)
        if "error" in request.GET or not request.GET.get("code"):
            raise SignInRefused(Reason.PROVIDER_ERROR)
        token = self._exchange(app, request.GET["code"], pending)
        return self._believed(app, token, pending)

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

    def _exchange(self, app: _App, code: str, pending: dict[str, Any]) -> dict[str, Any]:
        try:
            token = app.fetch_access_token(
                redirect_uri=pending["redirect_uri"], code=code, code_verifier=pending["code_verifier"]
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

    def _believed(self, app: _App, token: dict[str, Any], pending: dict[str, Any]) -> Claims:
        only = {
            "iss": {"essential": True, "values": [self.config.issuer]},
            "aud": {"essential": True, "values": [self.config.client_id]},
        }
        try:
            said = app.parse_id_token(token, pending["nonce"], claims_options=only, leeway=LEEWAY_SECONDS)
        except ClaimError as error:
            raise SignInRefused(Reason.NOT_BELIEVED, f"claim {error.claim}") from None
        except JoseError as error:
            raise SignInRefused(Reason.NOT_BELIEVED, error.error) from None
        except requests.RequestException:
            raise SignInRefused(Reason.UNAVAILABLE, "keys") from None
        except _MISSHAPEN:
            raise SignInRefused(Reason.NOT_BELIEVED, "misshapen") from None
        subject = said.get("sub")
        if not isinstance(subject, str) or not subject.strip() or len(subject) > _LONGEST_SUBJECT:
            raise SignInRefused(Reason.SUBJECT)
        return Claims(
            issuer=self.config.issuer,
            subject=subject,
            groups=groups_in(said, self.config.groups_claim),
            name=name_in(said),
            goal=pending["goal"],
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


def _take(request: HttpRequest, state: str) -> dict[str, Any]:
    """What was left in the session under this state, once. Saved at once, so that a second answer finds nothing."""
    integration = DjangoIntegration(_NAME)
    pending = integration.get_state_data(request.session, state) if state else None
    if not pending:
        raise SignInRefused(Reason.STATE)
    integration.clear_state_data(request.session, state)
    request.session.save()
    if pending["expires_at"] < time.time():
        raise SignInRefused(Reason.STATE)
    return dict(pending)


def _forget_oldest(request: HttpRequest) -> None:
    """Many tabs may be on their way to the provider; not without end."""
    pending = [key for key in request.session.keys() if key.startswith(f"_state_{_NAME}_")]  # noqa: SIM118
    pending.sort(key=lambda key: request.session[key]["exp"])
    for key in pending[: max(0, len(pending) - _PENDING_AT_MOST + 1)]:
        del request.session[key]
