"""An account is linked by email only if the operator trusts the issuer's verified addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, Identity, User
from tests.sign_in.sso.forging_provider import ForgingProvider

SignIn = Callable[..., Any]
VERIFIED = {"email": "ada@example.com", "email_verified": True}


@pytest.fixture
def local(db: None, settings: Settings) -> User:
    """Return an account with a password, and OIDC_TRUST_EMAIL on."""
    settings.OIDC_TRUST_EMAIL = True
    return User.objects.create_user("a.lovelace", email="ada@example.com", password="a long pass phrase")


def test_account_with_the_address_is_linked(
    local: User, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    forger.claims = {**VERIFIED, "email": "Ada@Example.com"}
    sso_sign_in()

    assert Identity.objects.get().user == local
    assert User.objects.count() == 1
    entry = AuditEntry.objects.get(verb="staff.change", detail__contains="verified e-mail")
    assert entry.subject == "a.lovelace"


def test_linked_person_is_found_by_subject(
    local: User, client: Client, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    forger.claims = VERIFIED
    sso_sign_in()
    client.post("/accounts/sign-out/")
    forger.claims = {"email": "somebody@example.com", "email_verified": True}
    sso_sign_in()

    assert AuditEntry.objects.filter(verb="session.sign_in", actor=local).count() == 2


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "ada@example.com"},
        {"email": "ada@example.com", "email_verified": False},
        {"email": "ada@example.com", "email_verified": "true"},
        {"email": "ada@example.com", "email_verified": 1},
        {"email": ["ada@example.com"], "email_verified": True},
        {"email": "", "email_verified": True},
        {"email": "other@example.com", "email_verified": True},
        {"email": "ada@example.com ", "email_verified": True},
        {"email": "ada@ex\u0430mple.com", "email_verified": True},
    ],
    ids=str,
)
def test_account_is_not_linked_for(
    claims: dict[str, Any], local: User, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    forger.claims = claims
    sso_sign_in()

    assert not local.identities.exists()


def test_account_is_not_linked_if_two_have_the_address(
    local: User, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    User.objects.create_user("ada2", email="ADA@example.com")
    forger.claims = VERIFIED
    sso_sign_in()

    assert Identity.objects.get().user.username == "ada"


def test_account_is_not_linked_if_it_has_another_identity(
    local: User, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    Identity.objects.create(user=local, issuer=forger.url, subject="person-0")
    forger.claims = VERIFIED
    sso_sign_in()

    assert local.identities.count() == 1


def test_account_is_not_linked_without_a_role(
    local: User, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    forger.claims = {**VERIFIED, "groups": []}

    assert sso_sign_in().status_code == 403
    assert not Identity.objects.exists()


def test_deactivated_person_does_not_get_a_new_account(
    local: User, sso_sign_in: SignIn, forger: ForgingProvider
) -> None:
    User.objects.update(is_active=False)
    forger.claims = VERIFIED

    assert sso_sign_in().status_code == 403
    assert User.objects.count() == 1


def test_account_is_not_linked_by_default(
    local: User, sso_sign_in: SignIn, forger: ForgingProvider, settings: Settings
) -> None:
    settings.OIDC_TRUST_EMAIL = False
    forger.claims = VERIFIED
    sso_sign_in()

    assert not local.identities.exists()
