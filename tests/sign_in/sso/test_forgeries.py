"""Forged answers: each is refused, without a session and with one audit row."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from billing.models import AuditEntry, User
from tests.sign_in.sso.conftest import finish, start
from tests.sign_in.sso.forging_provider import (
    CLIENT_ID,
    ForgingProvider,
    a_key,
    encoded,
    signed,
    signed_with,
    signed_with_the_public_key,
    unsigned,
    with_a_bad_signature,
)

NOW = int(time.time())

SIGNATURES = {
    "alg none": unsigned,
    "HS256 with the public key": signed_with_the_public_key,
    "unknown kid": lambda claims, key: signed(claims, key, kid="another"),
    "bad signature": with_a_bad_signature,
    "another key, no kid": lambda claims, key: signed(claims, a_key("x"), kid="first"),
    "PS256, not announced": lambda claims, key: signed(claims, _free(key), alg="PS256"),
    "its own key in the header": lambda claims, key: signed(
        claims, other := a_key("own"), jwk=other.as_dict(private=False)
    ),
    "HS256 with an empty secret": lambda claims, key: signed_with(b"", claims, key),
    "a header too deep": lambda claims, key: encoded(b'{"a":' * 100_000) + ".e30.AA",
    "no JWT": lambda claims, key: "not.a.token",
    "not even dots": lambda claims, key: "rubbish",
    "empty": lambda claims, key: "",
}
CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "another-client"},
    "audiences without us": {"aud": ["a", "b"]},
    "audience blank": {"aud": ""},
    "another audience, our azp": {"aud": "another-client", "azp": CLIENT_ID},
    "several audiences, no azp": {"aud": [CLIENT_ID, "b"]},
    "another issuer": {"iss": "https://evil.example"},
    "issuer with a slash": {"iss": "http://127.0.0.1/"},
    "another party": {"azp": "another-client"},
    "another nonce": {"nonce": "another-nonce"},
    "nonce blank": {"nonce": ""},
    "expired": {"iat": NOW - 900, "exp": NOW - 600},
    "not yet valid": {"nbf": NOW + 86_400},
    "issued in the future": {"iat": NOW + 86_400},
    "expiry no number": {"exp": "tomorrow"},
    "expiry not a number": {"exp": float("nan")},
    "subject blank": {"sub": ""},
    "subject a space": {"sub": " "},
    "subject a number": {"sub": 7},
    "subject null": {"sub": None},
    "subject too long": {"sub": "x" * 256},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}
ANSWERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no id_token": lambda said: {"access_token": "a", "token_type": "Bearer"},
    "id_token null": lambda said: {**said, "id_token": None},
    "id_token a list": lambda said: {**said, "id_token": [said["id_token"]]},
    "a list": lambda said: [said],
    "no JSON": lambda said: b"<html>",
    "nothing": lambda said: b"",
    "too deep": lambda said: b"[" * 100_000,
    "too long": lambda said: b" " * 2_000_000,
    "an error": lambda said: {"error": "invalid_grant", "error_description": "SECRET-WORDS"},
}


def _free(key: Any) -> Any:
    bare = {name: value for name, value in key.as_dict(private=True).items() if name not in {"alg", "use"}}
    return type(key).import_key(bare)


def _assert_refused(answer: Any, client: Client) -> None:
    assert answer.status_code in {403, 503}
    assert "_auth_user_id" not in client.session
    assert client.get("/").status_code == 302
    assert not User.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.outcome) == ("session.sign_in", "refused")
    assert entry.detail.startswith("single sign-on: ")


def test_same_answer_without_forgery_is_accepted(sso_sign_in: Callable[..., Any]) -> None:
    assert sso_sign_in().status_code == 302


@pytest.mark.parametrize("name", SIGNATURES)
def test_invalid_signature_is_refused(
    name: str, sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    forger.sign = SIGNATURES[name]

    _assert_refused(sso_sign_in(), client)


@pytest.mark.parametrize("name", CLAIMS)
def test_invalid_claim_is_refused(
    name: str, sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    forger.claims = CLAIMS[name]

    _assert_refused(sso_sign_in(), client)


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "exp", "iat", "nonce"])
def test_missing_claim_is_refused(
    claim: str, sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    forger.omitted = (claim,)

    _assert_refused(sso_sign_in(), client)


@pytest.mark.parametrize("name", ANSWERS)
def test_malformed_token_answer_is_refused(
    name: str, sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    forger.answer = ANSWERS[name]
    answer = sso_sign_in()

    _assert_refused(answer, client)
    assert "SECRET-WORDS" not in answer.text


@pytest.mark.parametrize("status", [302, 400, 401, 500])
def test_error_status_of_the_token_endpoint_is_refused(
    status: int, sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    forger.status["/token"] = status
    forger.answer = lambda said: {} if status != 302 else said

    _assert_refused(sso_sign_in(), client)


def test_missing_state_is_refused(client: Client, forger: ForgingProvider) -> None:
    start(client)

    _assert_refused(finish(client, code="a-code"), client)
    assert "/token" not in forger.requested


def test_state_of_another_browser_is_refused(client: Client, forger: ForgingProvider) -> None:
    theirs = start(Client())
    start(client)

    _assert_refused(finish(client, code="a-code", state=theirs["state"]), client)
    assert "/token" not in forger.requested


def test_used_state_is_refused(
    client: Client, sso_sign_in: Callable[..., Any], forger: ForgingProvider
) -> None:
    forger.answer = ANSWERS["an error"]
    asked = start(client)
    finish(client, code="a-code", state=asked["state"])
    first = AuditEntry.objects.count()
    forger.nonce, forger.answer = asked["nonce"], lambda said: said
    answer = finish(client, code="a-code", state=asked["state"])

    assert answer.status_code == 403
    assert AuditEntry.objects.count() == first + 1
    assert client.get("/").status_code == 302
    assert forger.requested.count("/token") == 1


def test_used_code_is_refused(client: Client, forger: ForgingProvider) -> None:
    first = start(client)
    forger.nonce = first["nonce"]
    finish(client, code="once-1", state=first["state"])
    rows = AuditEntry.objects.count()
    other = Client()
    asked = start(other)
    forger.nonce = asked["nonce"]
    answer = finish(other, code="once-1", state=asked["state"])

    assert answer.status_code == 403
    assert other.get("/").status_code == 302
    assert AuditEntry.objects.count() == rows + 1


def test_code_of_another_person_with_our_state_is_refused(client: Client, forger: ForgingProvider) -> None:
    theirs = start(Client())
    ours = start(client)
    forger.nonce = theirs["nonce"]

    _assert_refused(finish(client, code="their-code", state=ours["state"]), client)


def test_expired_state_is_refused(
    client: Client, forger: ForgingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.sso.pending.LIFETIME_SECONDS", -1.0)
    asked = start(client)
    forger.nonce = asked["nonce"]

    _assert_refused(finish(client, code="a-code", state=asked["state"]), client)


def test_answer_that_names_another_issuer_is_refused(
    sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    _assert_refused(sso_sign_in(iss="https://evil.example"), client)
    assert "/token" not in forger.requested


def test_answer_without_an_issuer_is_refused_if_the_provider_always_sends_it(
    sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    forger.discovery = {"authorization_response_iss_parameter_supported": True}

    _assert_refused(sso_sign_in(), client)


def test_error_text_of_the_provider_is_not_shown(sso_sign_in: Callable[..., Any], client: Client) -> None:
    answer = sso_sign_in(error="access_denied", error_description="SECRET-WORDS")

    _assert_refused(answer, client)
    assert "SECRET-WORDS" not in answer.text
    assert "SECRET-WORDS" not in AuditEntry.objects.get().detail


def test_forged_answer_does_not_sign_anyone_out(sso_sign_in: Callable[..., Any], client: Client) -> None:
    sso_sign_in()
    answer = finish(client, code="a-code", state="forged")

    assert answer.status_code == 403
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "header", ["X-Forwarded-User", "Remote-User", "X_Forwarded_User", "X-Remote-User", "X-Auth-Request-User"]
)
def test_headers_do_not_sign_anyone_in(header: str, client: Client, forger: ForgingProvider) -> None:
    User.objects.create_superuser("root")
    answer = client.get("/", headers={header: "root"})

    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("header", ["X-Forwarded-User", "Remote-User", "X_Forwarded_User"])
def test_headers_do_not_change_the_person(
    header: str, sso_sign_in: Callable[..., Any], client: Client, forger: ForgingProvider
) -> None:
    User.objects.create_superuser("root")
    sso_sign_in()
    client.get("/", headers={header: "root"})

    assert client.session["_auth_user_id"] == str(User.objects.get(username="ada").pk)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"token_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user:password@evil.example/"},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"id_token_signing_alg_values_supported": None},
    ],
    ids=str,
)
def test_unsafe_discovery_document_is_refused(
    change: dict[str, Any], client: Client, forger: ForgingProvider
) -> None:
    forger.discovery = change

    assert client.get("/accounts/sso/").status_code == 503


@pytest.mark.parametrize("member", ["verify", "proxies", "jwks", "scope", "prompt", "state"])
def test_other_members_of_the_discovery_document_are_ignored(
    member: str, sso_sign_in: Callable[..., Any], forger: ForgingProvider
) -> None:
    forger.discovery = {member: {"keys": []} if member == "jwks" else "evil"}

    assert sso_sign_in().status_code == 302
