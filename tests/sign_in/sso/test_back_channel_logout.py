"""The provider's word that somebody has signed out: believed when it is the provider's, and once."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from billing.models import AuditEntry, User
from billing.sso.logout_tokens import EVENT
from tests.sign_in.sso.conftest import come_back, leave
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
    now = int(time.time())  # not when the tests were collected: that may be long ago
    said = {
        **{"iss": forger.url, "aud": CLIENT_ID, "sub": "person-1", "iat": now, "exp": now + 120},
        **{"jti": secrets.token_hex(8), "events": {EVENT: {}}},
        **claims,
    }
    said.pop(without, None)
    return sign(said, forger.key)


def _tell(token: str) -> Any:
    return Client(enforce_csrf_checks=True).post(ADDRESS, {"logout_token": token})


@pytest.fixture
def signed_in(dance: Callable[..., Any], client: Client, forger: ForgingProvider) -> Client:
    """A person with a session of the provider's session `browser-1`."""
    forger.claims = {"sid": "browser-1"}
    dance()
    return client


def _assert_refused(answer: Any, client: Client, rows: int = 1) -> None:
    assert answer.status_code == 400
    assert json.loads(answer.content)["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get("/").status_code == 200, "nobody was signed out"
    refused = AuditEntry.objects.filter(outcome="refused")
    assert [row.verb for row in refused] == ["session.end"] * rows


def test_it_ends_every_session_of_the_person_at_once(signed_in: Client, forger: ForgingProvider) -> None:
    elsewhere = Client()
    asked = leave(elsewhere)
    forger.nonce = asked["nonce"]
    come_back(elsewhere, code="a-code", state=asked["state"])
    answer = _tell(_token(forger))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert signed_in.get("/").status_code == 302
    assert elsewhere.get("/").status_code == 302
    entry = AuditEntry.objects.get(verb="session.end")
    assert (entry.outcome, entry.subject, entry.detail) == ("succeeded", "ada", "back-channel logout")


def test_it_ends_the_session_for_the_api_and_the_admin_as_well(
    signed_in: Client, forger: ForgingProvider
) -> None:
    User.objects.update(is_superuser=True, is_staff=True)
    assert signed_in.get("/admin/").status_code == 200
    _tell(_token(forger))

    assert signed_in.get("/api/v1/workspaces").status_code == 401
    assert signed_in.get("/admin/").status_code == 302


def test_the_person_can_sign_in_again_at_once(
    signed_in: Client, dance: Callable[..., Any], forger: ForgingProvider
) -> None:
    _tell(_token(forger))
    dance()

    assert signed_in.get("/").status_code == 200


def test_a_sign_in_under_way_ends_too(signed_in: Client, forger: ForgingProvider) -> None:
    elsewhere = Client()
    asked = leave(elsewhere)
    forger.nonce = asked["nonce"]
    _tell(_token(forger))
    answer = come_back(elsewhere, code="a-code", state=asked["state"])

    assert answer.status_code == 403
    assert elsewhere.get("/").status_code == 302


def test_it_leaves_everybody_else_alone(signed_in: Client, forger: ForgingProvider) -> None:
    assert _tell(_token(forger, sub="person-2")).status_code == 200
    assert _tell(_token(forger, without="sub", sid="browser-2")).status_code == 200
    assert signed_in.get("/").status_code == 200


def test_it_knows_the_person_by_the_providers_session_alone(
    signed_in: Client, forger: ForgingProvider
) -> None:
    assert _tell(_token(forger, without="sub", sid="browser-1")).status_code == 200
    assert signed_in.get("/").status_code == 302


@pytest.mark.parametrize("kind", ["logout+jwt", "JWT", None])
def test_it_takes_the_kinds_that_providers_write(
    kind: str | None, signed_in: Client, forger: ForgingProvider
) -> None:
    header = {"typ": kind} if kind else {}

    assert _tell(_token(forger, lambda claims, key: signed(claims, key, **header))).status_code == 200


@pytest.mark.parametrize("name", CLAIMS)
def test_it_refuses_the_claim(name: str, signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_tell(_token(forger, **CLAIMS[name])), signed_in)


@pytest.mark.parametrize("claim", ["iss", "aud", "iat", "exp", "jti", "events", "sub"])
def test_it_refuses_a_token_without(claim: str, signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_tell(_token(forger, without=claim)), signed_in)


@pytest.mark.parametrize("name", SIGNATURES)
def test_it_refuses_the_signature(name: str, signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_tell(_token(forger, SIGNATURES[name])), signed_in)


def test_it_refuses_an_id_token(signed_in: Client, forger: ForgingProvider) -> None:
    _assert_refused(_tell(forger.id_tokens[-1]), signed_in)


def test_it_refuses_the_same_token_again(
    signed_in: Client, dance: Callable[..., Any], forger: ForgingProvider
) -> None:
    token = _token(forger)
    assert _tell(token).status_code == 200
    dance()

    _assert_refused(_tell(token), signed_in)


def test_it_follows_a_rotation_of_keys(signed_in: Client, forger: ForgingProvider) -> None:
    forger.key = a_key("second")

    assert _tell(_token(forger)).status_code == 200


def test_it_asks_to_be_told_again_when_the_keys_cannot_be_had(
    signed_in: Client, forger: ForgingProvider
) -> None:
    forger.key = a_key("second")
    forger.status["/keys"] = 500
    token = _token(forger)
    assert _tell(token).status_code == 503
    assert AuditEntry.objects.filter(verb="session.end", outcome="refused").count() == 1

    forger.status.clear()
    assert _tell(token).status_code in {200, 400}


def test_it_takes_no_question(client: Client, forger: ForgingProvider) -> None:
    assert client.get(ADDRESS).status_code == 405


def test_it_is_not_there_without_an_issuer(db: None, client: Client) -> None:
    assert client.post(ADDRESS, {"logout_token": "x"}).status_code == 404
