"""Access tokens of the provider: those that it has signed for the API act for their person, all others are refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from billing.models import AuditEntry, Identity, User
from billing.roles import Permission
from billing.services.sign_in import access_tokens, sessions
from billing.services.storage import recent
from tests.sign_in.sso.forging_provider import (
    CLIENT_ID,
    ForgingProvider,
    a_key,
    signed,
    signed_with_the_public_key,
    unsigned,
    with_a_bad_signature,
)

AUDIENCE = "https://billing.example/api"
# This change does not exist: the portal answers it after authentication and before a call to Altostrat.
PATH = "/api/v1/changes/0b0c3a52-6a3d-4a1e-9d0c-7f6a5b4c3d2e"
NOW = int(time.time())
Sign = Callable[..., str]

CLAIMS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": CLIENT_ID},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": NOW - 600},
    "not a number": {"exp": float("nan")},
    "issued in the future": {"iat": NOW + 36_000},
    "not yet valid": {"nbf": NOW + 36_000},
    "subject blank": {"sub": " "},
    "subject a number": {"sub": 7},
    "client a list": {"client_id": ["c"]},
}
SIGNATURES: dict[str, Sign] = {
    "alg none": unsigned,
    "HS256 with the public key": signed_with_the_public_key,
    "unknown kid": lambda claims, key: signed(claims, key, typ="at+jwt", kid="another"),
    "bad signature": with_a_bad_signature,
    "its own key in the header": lambda claims, key: signed(
        claims, other := a_key("own"), typ="at+jwt", jwk=other.as_dict(private=False)
    ),
    "an ID token": lambda claims, key: signed(claims, key, typ="JWT"),
    "no type": lambda claims, key: signed(claims, key),
    "no JWT": lambda claims, key: "not.a.token",
    "too long": lambda claims, key: f"{'a' * 20_000}.a.a",
}


def at_jwt(claims: dict[str, Any], key: Any) -> str:
    """Sign as the provider does."""
    return signed(claims, key, typ="at+jwt")


@pytest.fixture
def provider(forger: ForgingProvider, settings: Settings) -> ForgingProvider:
    """Return a provider whose access tokens the API accepts. It knows ada, who has signed in."""
    settings.OIDC_API_AUDIENCE = AUDIENCE
    ada = User.objects.create(username="ada")
    Identity.objects.create(user=ada, issuer=forger.url, subject="person-1")
    return forger


def token(provider: ForgingProvider, sign: Sign = at_jwt, without: str = "", **claims: Any) -> str:
    """Return an access token of ada, who is an editor."""
    now = int(time.time())
    said = {
        **{"iss": provider.url, "aud": ["other", AUDIENCE], "sub": "person-1", "iat": now, "exp": now + 300},
        **{"client_id": "erp-import", "groups": ["editors"]},
        **claims,
    }
    said.pop(without, None)
    return sign(said, provider.key)


def call(value: str) -> Any:
    """Call the API. A known caller learns that the change does not exist."""
    return Client(headers={"Authorization": f"Bearer {value}"}).get(PATH)


def code(answer: Any) -> tuple[int, str]:
    """Return status and code of an error."""
    return answer.status_code, answer.json()["code"]


def test_token_acts_for_its_person_with_the_role_of_its_groups(provider: ForgingProvider) -> None:
    actor = access_tokens.authenticate(token(provider), request_id="r", address="192.0.2.7")

    assert actor.user.get_username() == "ada"
    assert actor.permissions == {Permission.BILLING_READ, Permission.BILLING_WRITE}
    assert (actor.request_id, actor.address, actor.key_prefix) == ("r", "192.0.2.7", "at:erp-import")
    assert code(call(token(provider))) == (404, "change_not_found")
    assert not actor.user.groups.exists()


@pytest.mark.parametrize(
    ("client_id", "name"),
    [
        ("a" * 17, "at:" + "a" * 17),
        ("billing-import-for-erp", "at:billing-im~c6fd81"),
        ("billing-import-for-crm", "at:billing-im~9e131b"),
        ("Zürich ERP", "at:Z_rich_ERP~cc52ec"),
    ],
)
def test_program_has_a_name_of_its_own(provider: ForgingProvider, client_id: str, name: str) -> None:
    actor = access_tokens.authenticate(token(provider, client_id=client_id), request_id="", address=None)

    assert actor.key_prefix == name


def test_token_of_an_administrator_has_scopes_of_keys_only(provider: ForgingProvider) -> None:
    actor = access_tokens.authenticate(token(provider, groups="bosses"), request_id="", address=None)

    assert actor.permissions == {Permission.BILLING_READ, Permission.BILLING_WRITE}


def test_groups_may_be_nested(provider: ForgingProvider, settings: Settings) -> None:
    settings.OIDC_GROUPS_CLAIM = "realm_access.roles"

    nested = token(provider, groups=[], realm_access={"roles": ["editors"]})
    assert code(call(nested)) == (404, "change_not_found")
    assert code(call(token(provider))) == (403, "forbidden")


@pytest.mark.parametrize("claims", [{"groups": ["staff"]}, {"groups": []}, {"groups": None}])
def test_token_without_a_group_that_may_do_this_is_forbidden(
    provider: ForgingProvider, claims: dict[str, Any]
) -> None:
    assert code(call(token(provider, **claims))) == (403, "forbidden")


@pytest.mark.parametrize("name", CLAIMS)
def test_wrong_claims_are_refused_without_a_reason(provider: ForgingProvider, name: str) -> None:
    assert code(call(token(provider, **CLAIMS[name]))) == (401, "unauthenticated")


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "sub", "client_id"])
def test_claims_are_required(provider: ForgingProvider, name: str) -> None:
    assert code(call(token(provider, without=name))) == (401, "unauthenticated")


@pytest.mark.parametrize("name", SIGNATURES)
def test_wrong_signatures_are_refused_without_a_reason(provider: ForgingProvider, name: str) -> None:
    assert code(call(token(provider, SIGNATURES[name]))) == (401, "unauthenticated")


def test_nobody_is_created(provider: ForgingProvider) -> None:
    assert code(call(token(provider, sub="person-2"))) == (401, "person_unknown")
    assert User.objects.count() == 1
    assert AuditEntry.objects.get().detail == "access token without a person"


def test_token_of_a_deactivated_person_is_refused_at_once(provider: ForgingProvider) -> None:
    value = token(provider)
    assert code(call(value)) == (404, "change_not_found")
    ada = User.objects.get()
    ada.is_active = False
    ada.save()

    assert code(call(value)) == (401, "unauthenticated")


def test_token_from_before_the_sessions_were_ended_is_refused(provider: ForgingProvider) -> None:
    value = token(provider)
    sessions.end_of_user(User.objects.get())
    recent.clear_all()

    assert code(call(value)) == (401, "unauthenticated")
    assert code(call(token(provider, iat=int(timezone.now().timestamp()) + 30))) == (404, "change_not_found")


def test_without_an_audience_no_token_is_accepted(provider: ForgingProvider, settings: Settings) -> None:
    settings.OIDC_API_AUDIENCE = ""

    assert code(call(token(provider))) == (401, "unauthenticated")
    assert provider.requested == []


def test_unreachable_provider_is_not_the_fault_of_the_caller(provider: ForgingProvider) -> None:
    provider.status["/keys"] = 500

    answer = call(token(provider))

    assert code(answer) == (503, "identity_provider_unavailable")
    assert answer.headers["Retry-After"]


def test_recognized_token_needs_no_query(
    provider: ForgingProvider, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    value = token(provider)
    access_tokens.authenticate(value, request_id="", address=None)

    with django_assert_num_queries(0):
        access_tokens.authenticate(value, request_id="", address=None)
