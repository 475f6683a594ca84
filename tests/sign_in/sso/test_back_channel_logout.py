"""Back-channel logout: tokens that the provider has signed are accepted once, all others are refused."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from billing.models import AuditEntry, User
from billing.sso import keys
from billing.sso.logout_tokens import EVENT
from tests.clock import Clock
from tests.sign_in.sso.conftest import finish, start
from tests.sign_in.sso.forging_provider import (
    CLIENT_ID,
    ForgingProvider,
    a_key,
    signed,
    signed_with_the_public_key,
    unsigned,
    with_a_bad_signature,
)

ADDRESS = "/accounts/sso/back-channel-logout/"
Sign = Callable[..., str]
NOW = int(time.time())

CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "another-client"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": NOW - 600},
    "without end": {"exp": 10**400},
    "far too long": {"exp": NOW + 90_000},
    "not a number": {"exp": float("nan")},
    "issued in the future": {"iat": NOW + 36_000},
    "not yet valid": {"nbf": NOW + 36_000},
    "a nonce": {"nonce": "n"},
    "a nonce, empty": {"nonce": None},
    "another event": {"events": {"http://schemas.openid.net/event/other": {}}},
    "the event a text": {"events": {EVENT: "yes"}},
    "events a list": {"events": [EVENT]},
    "subject blank": {"sub": " "},
    "subject a number": {"sub": 7},
    "sid a list": {"sid": ["s"]},
    "id blank": {"jti": ""},
    "id a number": {"jti": 7},
}
SIGNATURES: dict[str, Sign] = {
    "alg none": unsigned,
    "HS256 with the public key": signed_with_the_public_key,
    "unknown kid": lambda claims, key: signed(claims, key, kid="another"),
    "bad signature": with_a_bad_signature,
    "its own key in the header": lambda claims, key: signed(
        claims, other := a_key("own"), jwk=other.as_dict(private=False)
    ),
    "another kind of token": lambda claims, key: signed(claims, key, typ="at+jwt"),
    "no JWT": lambda claims, key: "not.a.token",
    "nothing": lambda claims, key: "",
    "too long": lambda claims, key: "a" * 20_000,
}


def _token(forger: ForgingProvider, sign: Sign = signed, without: str = "", **claims: Any) -> str:
    now = int(time.time())  # not NOW, because the tests may have been collected long ago
    said = {
        **{"iss": forger.url, "aud": CLIENT_ID, "sub": "person-1", "iat": now, "exp": now + 120},
        **{"jti": secrets.token_hex(8), "events": {EVENT: {}}},
        **claims,
    }
    said.pop(without, None)
    return sign(said, forger.key)


def _send(token: str) -> Any:
    return Client(enforce_csrf_checks=True).post(ADDRESS, {"logout_token": token})


@pytest.fixture
def signed_in(sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider) -> Client:
    """Return a person whose session at the provider is `browser-1`."""
    forger.claims = {"sid": "browser-1"}
    sso_sign_in()
    return client


def _assert_refused(answer: Any, client: Client, rows: int = 1) -> None:
    assert answer.status_code == 400
    assert json.loads(answer.content)["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/").status_code == 200, "somebody was signed out"
    refused = AuditEntry.objects.filter(outcome="refused")
    assert [row.verb for row in refused] == ["session.end"] * rows


def test_every_session_of_the_person_ends(signed_in: Client, forger: ForgingProvider) -> None:
    other_browser = Client()
    asked = start(other_browser)
    forger.nonce = asked["nonce"]
    finish(other_browser, code="a-code", state=asked["state"])
    answer = _send(_token(forger))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert signed_in.get("/").status_code == 302
    assert other_browser.get("/").status_code == 302
    entry = AuditEntry.objects.get(verb="session.end")
    assert (entry.outcome, entry.subject, entry.detail) == ("succeeded", "ada", "back-channel logout")


def test_session_ends_for_api_and_admin_as_well(signed_in: Client, forger: ForgingProvider) -> None:
    User.objects.update(is_superuser=True, is_staff=True)
    assert signed_in.get("/admin/").status_code == 200
    _send(_token(forger))

    assert signed_in.get("/api/v1/workspaces").status_code == 401
    assert signed_in.get("/admin/").status_code == 302


def test_person_can_sign_in_again_immediately(
    signed_in: Client, sso_sign_in: Callable[..., Any], forger: ForgingProvider
) -> None:
    _send(_token(forger))
    sso_sign_in()

    assert signed_in.get("/").status_code == 200


def test_sign_in_in_flight_ends_too(signed_in: Client, forger: ForgingProvider) -> None:
    other_browser = Client()
    asked = start(other_browser)
    forger.nonce = asked["nonce"]
    _send(_token(forger))
    answer = finish(other_browser, code="a-code", state=asked["state"])

    assert answer.status_code == 403
    assert other_browser.get("/").status_code == 302


def test_other_people_stay_signed_in(signed_in: Client, forger: ForgingProvider) -> None:
    assert _send(_token(forger, sub="person-2")).status_code == 200
    assert _send(_token(forger, without="sub", sid="browser-2")).status_code == 200
    assert signed_in.get("/").status_code == 200


def test_session_id_of_the_provider_suffices(signed_in: Client, forger: ForgingProvider) -> None:
    assert _send(_token(forger, without="sub", sid="browser-1")).status_code == 200
    assert signed_in.get("/").status_code == 302


@pytest.mark.parametrize("kind", ["logout+jwt", "JWT", None])
def test_known_token_types_are_accepted(kind: str | None, signed_in: Client, forger: ForgingProvider) -> None:
    header = {"typ": kind} if kind else {}

    assert _send(_token(forger, lambda claims, key: signed(claims, key, **header))).status_code == 200


@pytest.mark.parametrize("name", CLAIMS)
def test_invalid_claim_is_refused(name: str, signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_send(_token(forger, **CLAIMS[name])), signed_in)


@pytest.mark.parametrize("claim", ["iss", "aud", "iat", "exp", "jti", "events", "sub"])
def test_missing_claim_is_refused(claim: str, signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_send(_token(forger, without=claim)), signed_in)


@pytest.mark.parametrize("name", SIGNATURES)
def test_invalid_signature_is_refused(name: str, signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_send(_token(forger, SIGNATURES[name])), signed_in)


def test_id_token_is_refused(signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_send(forger.id_tokens[-1]), signed_in)


def test_token_works_only_once(
    signed_in: Client, sso_sign_in: Callable[..., Any], forger: ForgingProvider
) -> None:
    token = _token(forger)
    assert _send(token).status_code == 200
    sso_sign_in()

    _assert_refused(_send(token), signed_in)


@pytest.mark.parametrize("successor", [a_key("second"), a_key("first", "successor")], ids=["new", "same"])
def test_rotated_keys_are_fetched(successor: Any, signed_in: Client, forger: ForgingProvider) -> None:
    forger.key = successor

    assert _send(_token(forger)).status_code == 200


def test_provider_should_retry_if_its_keys_cannot_be_fetched(
    signed_in: Client, forger: ForgingProvider, clock: Clock
) -> None:
    forger.key = a_key("second")
    forger.status["/keys"] = 500
    token = _token(forger)
    assert _send(token).status_code == 503
    assert AuditEntry.objects.filter(verb="session.end", outcome="refused").count() == 1

    forger.status.clear()
    assert _send(token).status_code == 503
    clock.now += keys.RETRY_SECONDS
    assert _send(token).status_code == 200


def test_get_is_refused(client: Client, forger: ForgingProvider) -> None:
    assert client.get(ADDRESS).status_code == 405


def test_url_does_not_exist_without_an_issuer(db: None, client: Client) -> None:
    assert client.post(ADDRESS, {"logout_token": "x"}).status_code == 404
