"""An account here is joined by e-mail only where the operator trusts the issuer's verified addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, Identity, User
from tests.sign_in.sso.forging_provider import ForgingProvider

Dance = Callable[..., Any]
VERIFIED = {"email": "ada@example.com", "email_verified": True}


@pytest.fixture
def local(db: None, settings: Settings) -> User:
    """An account made here, and an operator who trusts."""
    settings.OIDC_TRUST_EMAIL = True
    return User.objects.create_user("a.lovelace", email="ada@example.com", password="a long pass phrase")


def test_it_joins_the_one_account_with_that_address(
    local: User, dance: Dance, forger: ForgingProvider
) -> None:
    forger.claims = {**VERIFIED, "email": "Ada@Example.com"}
    dance()

    assert Identity.objects.get().user == local
    assert User.objects.count() == 1
    entry = AuditEntry.objects.get(verb="staff.change", detail__contains="verified e-mail")
    assert entry.subject == "a.lovelace"


def test_it_knows_the_person_by_subject_from_then_on(
    local: User, client: Client, dance: Dance, forger: ForgingProvider
) -> None:
    forger.claims = VERIFIED
    dance()
    client.post("/accounts/sign-out/")
    forger.claims = {"email": "somebody@example.com", "email_verified": True}
    dance()

    assert AuditEntry.objects.filter(verb="session.sign_in", actor=local).count() == 2


@pytest.mark.parametrize(
    "said",
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
def test_it_joins_nobody_for(
    said: dict[str, Any], local: User, dance: Dance, forger: ForgingProvider
) -> None:
    forger.claims = said
    dance()

    assert not local.identities.exists()


def test_it_joins_nobody_where_two_have_the_address(
    local: User, dance: Dance, forger: ForgingProvider
) -> None:
    User.objects.create_user("ada2", email="ADA@example.com")
    forger.claims = VERIFIED
    dance()

    assert Identity.objects.get().user.username == "ada"


def test_it_joins_nobody_who_has_another_identity_there(
    local: User, dance: Dance, forger: ForgingProvider
) -> None:
    Identity.objects.create(user=local, issuer=forger.url, subject="person-0")
    forger.claims = VERIFIED
    dance()

    assert local.identities.count() == 1


def test_it_joins_nobody_without_a_role(local: User, dance: Dance, forger: ForgingProvider) -> None:
    forger.claims = {**VERIFIED, "groups": []}

    assert dance().status_code == 403
    assert not Identity.objects.exists()


def test_who_is_switched_off_does_not_come_back_as_somebody_new(
    local: User, dance: Dance, forger: ForgingProvider
) -> None:
    User.objects.update(is_active=False)
    forger.claims = VERIFIED

    assert dance().status_code == 403
    assert User.objects.count() == 1


def test_it_is_off_unless_switched_on(
    local: User, dance: Dance, forger: ForgingProvider, settings: Settings
) -> None:
    settings.OIDC_TRUST_EMAIL = False
    forger.claims = VERIFIED
    dance()

    assert not local.identities.exists()
