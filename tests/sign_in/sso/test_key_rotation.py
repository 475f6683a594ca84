"""The provider's keys: replaced under another id, the same id or none, and published beside keys of any other kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from joserfc.jwk import ECKey

from billing.sso import keys
from tests.clock import Clock
from tests.sign_in.sso.forging_provider import (
    ForgingProvider,
    a_key,
    signed,
    signed_without_kid,
    with_a_bad_signature,
)

SignIn = Callable[..., Any]
Sign = Callable[..., str]

ROTATIONS: dict[str, tuple[Sign, str]] = {
    "another id": (signed, "second"),
    "the same id": (signed, "first"),
    "no id in the token": (signed_without_kid, "first"),
}
UNKNOWN: dict[str, Any] = {
    "an unknown curve": {"kty": "EC", "crv": "brainpoolP256r1", "x": "AAAA", "y": "AAAA", "kid": "first"},
    "an unknown Edwards curve": {"kty": "OKP", "crv": "Ed999", "x": "AAAA"},
    "an unknown type": {"kty": "AKP", "alg": "ML-DSA-65", "pub": "AAAA", "kid": "first"},
    "a point that is not on the curve": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
    "a type that is a list": {"kty": ["RSA"]},
    "half of a key": {"kty": "RSA", "n": "AQAB", "kid": "first"},
    "an id that is a number": {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": 7},
    "no key": {},
    "a text": "key",
    "null": None,
    "a secret": {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "first"},
}


def _without_kid(key: Any) -> dict[str, Any]:
    return {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}


@pytest.mark.parametrize("name", ROTATIONS)
def test_rotated_keys_are_fetched(
    name: str, sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    forger.sign, kid = ROTATIONS[name]
    sso_sign_in()
    client.post("/accounts/sign-out/")
    forger.key = a_key(kid, "successor")

    assert sso_sign_in().status_code == 302
    assert forger.requested.count("/keys") == 2


def test_key_of_another_type_under_the_same_id_is_fetched(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider
) -> None:
    forger.discovery = {"id_token_signing_alg_values_supported": ["RS256", "ES256"]}
    sso_sign_in()
    client.post("/accounts/sign-out/")
    successor: Any = ECKey.generate_key("P-256", {"kid": "first"})
    forger.key, forger.sign = successor, lambda claims, key: signed(claims, key, alg="ES256")

    assert sso_sign_in().status_code == 302


@pytest.mark.parametrize("name", UNKNOWN)
def test_other_keys_do_not_matter(name: str, sso_sign_in: SignIn, forger: ForgingProvider) -> None:
    forger.other_keys = (UNKNOWN[name],)

    assert sso_sign_in().status_code == 302
    assert forger.requested.count("/keys") == 1


@pytest.mark.parametrize("sign", [signed, signed_without_kid])
def test_each_key_is_tried_that_the_token_may_mean(
    sign: Sign, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    other: Any = ECKey.generate_key("P-256", {"kid": "first"})
    former = a_key("first", "predecessor")
    forger.other_keys = (
        other.as_dict(private=False),
        former.as_dict(private=False),
        _without_kid(a_key("third")),
    )
    forger.sign = sign

    assert sso_sign_in().status_code == 302
    assert forger.requested.count("/keys") == 1


def test_published_key_without_an_id_verifies_any_token(
    sso_sign_in: SignIn, forger: ForgingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forger, "keys", lambda: {"keys": [_without_kid(forger.key)]})

    assert sso_sign_in().status_code == 302


def test_published_secret_signs_nothing(sso_sign_in: SignIn, forger: ForgingProvider) -> None:
    forger.other_keys = (UNKNOWN["a secret"],)
    forger.sign = with_a_bad_signature

    assert sso_sign_in().status_code == 403


@pytest.mark.parametrize(
    ("sign", "pause"),
    [
        (with_a_bad_signature, keys.REFETCH_SECONDS),
        (lambda claims, key: signed(claims, key, kid="another"), keys.RETRY_SECONDS),
    ],
    ids=["bad signature", "unknown key"],
)
def test_keys_are_fetched_again_after_a_pause_only(
    sign: Sign, pause: float, sso_sign_in: SignIn, forger: ForgingProvider, clock: Clock
) -> None:
    forger.sign = sign
    for _ in range(5):
        assert sso_sign_in().status_code == 403
    assert forger.requested.count("/keys") == 2

    clock.now += pause - 1
    sso_sign_in()
    assert forger.requested.count("/keys") == 2

    clock.now += 1
    sso_sign_in()
    assert forger.requested.count("/keys") == 3


def test_forged_tokens_delay_a_rotated_key_by_a_minute_at_most(
    sso_sign_in: SignIn, forger: ForgingProvider, clock: Clock
) -> None:
    forger.sign = with_a_bad_signature
    sso_sign_in()
    forger.key, forger.sign = a_key("first", "successor"), None
    assert sso_sign_in().status_code == 403

    clock.now += keys.REFETCH_SECONDS
    assert sso_sign_in().status_code == 302


@pytest.mark.parametrize("document", [[], {}, {"keys": {}}, {"keys": None}, b"no JSON", b"[" * 100_000])
def test_document_without_keys_says_that_the_provider_is_unavailable(
    document: Any,
    sso_sign_in: SignIn,
    forger: ForgingProvider,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(forger, "keys", lambda: document)
        assert sso_sign_in().status_code == 503
        assert sso_sign_in().status_code == 503
        assert forger.requested.count("/keys") == 1

    clock.now += keys.RETRY_SECONDS
    assert sso_sign_in().status_code == 302
