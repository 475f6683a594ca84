"""The portal in this process, and a provider whose answers a test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from billing.services.sign_in import identity_provider
from billing.sso import keys
from tests.clock import Clock, stopped_clock
from tests.sign_in.sso.forging_provider import CLIENT_ID, CLIENT_SECRET, ForgingProvider, running_forger


@pytest.fixture
def forger(db: None, settings: Settings) -> Iterator[ForgingProvider]:
    """Yield a running provider that this process trusts. Its group `staff` gives the role viewer."""
    with running_forger() as running:
        settings.OIDC_ISSUER = running.url
        settings.OIDC_CLIENT_ID = CLIENT_ID
        settings.OIDC_CLIENT_SECRET = CLIENT_SECRET
        settings.OIDC_ROLE_MAP = "staff=viewer, editors=editor, bosses=admin"
        identity_provider._provider.cache_clear()
        yield running
    identity_provider._provider.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that limits how often keys are fetched."""
    return stopped_clock(monkeypatch, keys)


def start(client: Client, next_url: str = "/") -> dict[str, str]:
    """Start a sign-in, and return the parameters of the redirect to the provider."""
    answer = client.get("/accounts/sso/", {"next": next_url})
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def finish(client: Client, **parameters: str) -> Any:
    """Request the callback, like the browser."""
    return client.get("/accounts/sso/callback/", parameters)


@pytest.fixture
def sso_sign_in(client: Client, forger: ForgingProvider) -> Callable[..., Any]:
    """Return a function that starts and finishes a sign-in, and returns the answer of the callback."""

    def start_and_finish(next_url: str = "/", **more: str) -> Any:
        asked = start(client, next_url)
        forger.nonce = asked["nonce"]
        return finish(client, **{"code": "a-code", "state": asked["state"], **more})

    return start_and_finish
