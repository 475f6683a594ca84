"""The portal in this process, and a provider whose answers the test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from billing.services.sign_in import identity_provider
from tests.sign_in.sso.forging_provider import CLIENT_ID, CLIENT_SECRET, ForgingProvider, running_forger


@pytest.fixture
def forger(db: None, settings: Settings) -> Iterator[ForgingProvider]:
    """Running, and known to this process as its provider; its group `staff` gives viewer."""
    with running_forger() as running:
        settings.OIDC_ISSUER = running.url
        settings.OIDC_CLIENT_ID = CLIENT_ID
        settings.OIDC_CLIENT_SECRET = CLIENT_SECRET
        settings.OIDC_ROLE_MAP = "staff=viewer, editors=editor, bosses=admin"
        identity_provider._provider.cache_clear()
        yield running
    identity_provider._provider.cache_clear()


def leave(client: Client, goal: str = "/") -> dict[str, str]:
    """Goes towards the provider, and gives the parameters of the address that the browser is sent to."""
    answer = client.get("/accounts/sso/", {"next": goal})
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def come_back(client: Client, **parameters: str) -> Any:
    """The callback, as the browser makes it."""
    return client.get("/accounts/sso/callback/", parameters)


@pytest.fixture
def dance(client: Client, forger: ForgingProvider) -> Callable[..., Any]:
    """There and back; gives the callback's answer."""

    def there_and_back(goal: str = "/", **more: str) -> Any:
        asked = leave(client, goal)
        forger.nonce = asked["nonce"]
        return come_back(client, **{"code": "a-code", "state": asked["state"], **more})

    return there_and_back
