"""A provider that publishes its keys, or redeems codes, at another address than an hour ago."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
from django.test import Client

from billing.sso import current_provider
from tests.clock import Clock, stopped_clock
from tests.sign_in.sso.forging_provider import ForgingProvider, a_key, with_a_bad_signature

SignIn = Callable[..., Any]

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def minutes(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that limits how often the discovery document is fetched."""
    return stopped_clock(monkeypatch, current_provider)


def _move_keys(forger: ForgingProvider) -> None:
    """Publish a new key at a new address. The old one keeps the old key."""
    old = forger.keys()
    forger.documents = {"/keys": old}
    forger.key = a_key("second", "successor")
    forger.discovery = {"jwks_uri": f"{forger.url}/new-keys"}
    forger.documents["/new-keys"] = forger.keys()


def _gone(out: BinaryIO) -> None:
    out.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("old_address", [200, 404])
def test_keys_at_another_address_are_found(
    old_address: int, sso_sign_in: SignIn, client: Client, forger: ForgingProvider, minutes: Clock
) -> None:
    if old_address == 200:
        sso_sign_in()
        client.post("/accounts/sign-out/")
    else:  # the keys are fetched for the first time
        client.get("/accounts/sso/")
        forger.status["/keys"] = 404
    _move_keys(forger)
    minutes.now += current_provider.AGAIN_SECONDS

    assert sso_sign_in().status_code == 302
    assert forger.requested.count(DISCOVERY) == 2
    assert forger.requested.count("/new-keys") == 1


def test_document_is_fetched_once_a_minute_at_most(
    sso_sign_in: SignIn, forger: ForgingProvider, minutes: Clock
) -> None:
    forger.sign = with_a_bad_signature
    for _ in range(3):
        assert sso_sign_in().status_code == 403
    assert forger.requested.count(DISCOVERY) == 1

    minutes.now += current_provider.AGAIN_SECONDS
    for _ in range(3):
        assert sso_sign_in().status_code == 403
    assert forger.requested.count(DISCOVERY) == 2


@pytest.mark.parametrize("answer", [{"status": 404}, {"issuer": "https://other.example"}])
def test_known_document_is_used_while_a_new_one_cannot_be(
    answer: dict[str, Any], sso_sign_in: SignIn, client: Client, forger: ForgingProvider, minutes: Clock
) -> None:
    forger.sign = with_a_bad_signature
    minutes.now += current_provider.AGAIN_SECONDS
    client.get("/accounts/sso/")
    minutes.now += current_provider.AGAIN_SECONDS
    if "status" in answer:
        forger.status[DISCOVERY] = answer["status"]
    else:
        forger.discovery = answer
    assert sso_sign_in().status_code == 403
    assert forger.requested.count(DISCOVERY) == 2

    forger.sign = None
    assert sso_sign_in().status_code == 302


def test_next_sign_in_uses_another_token_endpoint(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider, minutes: Clock
) -> None:
    client.get("/accounts/sso/")
    forger.raw_answers["/token"] = _gone
    forger.discovery = {"token_endpoint": f"{forger.url}/new-token"}
    minutes.now += current_provider.AGAIN_SECONDS

    assert sso_sign_in().status_code == 503
    assert forger.requested.count("/token") == 1
    assert sso_sign_in().status_code == 302
    assert (forger.requested.count("/token"), forger.requested.count("/new-token")) == (1, 1)
