"""What the provider's discovery document makes possible, for all threads of a process, until it changes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from authlib.integrations.django_client import DjangoIntegration, DjangoOAuth2App
from authlib.integrations.requests_client import OAuth2Session

from billing.sso import bounded
from billing.sso.config import SsoConfig
from billing.sso.discovery import Metadata, discover
from billing.sso.errors import ProviderUnavailable
from billing.sso.keys import ProviderKeys

LIFETIME_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 3.0
AGAIN_SECONDS: Final = 60.0
_NAME: Final = "sso"


class _Session(OAuth2Session):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bounded.bind(self)


class App(DjangoOAuth2App):  # type: ignore[misc]
    client_cls = _Session


@dataclass(frozen=True, slots=True)
class Discovered:
    """What the discovery document makes possible."""

    app: App
    keys: ProviderKeys
    metadata: Metadata


class CurrentProvider:
    """The provider as its document describes it. The first use makes the first request to it.

    The document is fetched once an hour, and when a key or an endpoint fails, then at most once a minute.
    """

    def __init__(self, config: SsoConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._discovered: Discovered | None = None
        self._discover_at = float("-inf")
        self._discovered_at = float("-inf")

    def ready(self) -> Discovered:
        """Return what the document describes. Raise ProviderUnavailable."""
        with self._lock:
            now = time.monotonic()
            if now < self._discover_at:
                if self._discovered is None:
                    raise ProviderUnavailable("it could not be reached a moment ago")
                return self._discovered
            try:
                metadata = discover(self._config.issuer)
            except ProviderUnavailable:
                # Requests that wait for this lock fail immediately, instead of trying one after the other.
                self._discovered, self._discover_at = None, time.monotonic() + RETRY_SECONDS
                raise
            return self._keep(metadata)

    def find_moved(self, known: ProviderKeys) -> ProviderKeys | None:
        """Return the keys that a new document names, or None if it is the same or was fetched in the last minute.

        While the document cannot be fetched, the known one remains in use.
        """
        with self._lock:
            discovered = self._discovered
            if discovered is None:
                return None
            if discovered.keys is not known:
                return discovered.keys  # another thread has found them
            if time.monotonic() < self._discovered_at + AGAIN_SECONDS:
                return None
            self._discovered_at = time.monotonic()
        try:
            metadata = discover(self._config.issuer)  # others need not wait for it
        except ProviderUnavailable:
            return None
        if metadata == discovered.metadata:
            return None
        with self._lock:
            return self._keep(metadata).keys

    def _keep(self, metadata: Metadata) -> Discovered:
        keys = ProviderKeys(metadata.jwks_uri, metadata.algorithms, self.find_moved)
        self._discovered = Discovered(_app(self._config, metadata), keys, metadata)
        self._discovered_at = time.monotonic()
        self._discover_at = self._discovered_at + LIFETIME_SECONDS
        return self._discovered


def _app(config: SsoConfig, metadata: Metadata) -> App:
    # Only these members, because Authlib passes all of them to its session, where `verify` or `proxies` have an effect.
    announced = {
        "issuer": metadata.issuer,
        "authorization_endpoint": metadata.authorization_endpoint,
        "token_endpoint": metadata.token_endpoint,
        "end_session_endpoint": metadata.end_session_endpoint,
    }
    return App(
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
