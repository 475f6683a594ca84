"""Groups that OIDC_ROLE_MAP maps to superuser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from billing.models import AuditEntry, User
from billing.roles import KEY_SCOPES, Permission
from billing.services.sign_in.identity_provider import granted_by_groups
from tests import html
from tests.sign_in.sso.forging_provider import ForgingProvider

SignIn = Callable[..., Any]


@pytest.fixture
def sign_in_with(
    sso_sign_in: SignIn, client: Client, forger: ForgingProvider, settings: Settings
) -> Callable[..., User]:
    """Return a function that signs the person in with these groups, and returns them."""
    settings.OIDC_ROLE_MAP = "staff=viewer, root=superuser"

    def sign_in(*groups: str) -> User:
        client.cookies.clear()
        forger.claims = {"groups": list(groups)}
        sso_sign_in()
        return User.objects.get(username="ada")

    return sign_in


def test_group_makes_a_superuser_until_it_goes(
    sign_in_with: Callable[..., User], client: Client, static_files: None
) -> None:
    ada = sign_in_with("staff", "root")
    assert ada.is_superuser
    assert ada.role_sources == {"superuser": ["root"], "viewer": ["staff"]}
    assert client.get("/admin/").status_code == 200
    assert html.facts(client.get("/account/"))["Superuser"].startswith("From the group root ")

    assert not sign_in_with("staff").is_superuser
    assert client.get("/admin/").status_code == 302
    details = AuditEntry.objects.filter(verb="staff.change").order_by("pk").values_list("detail", flat=True)
    assert list(details) == ["roles superuser, viewer, from groups", "roles viewer, from groups"]


def test_superuser_needs_no_other_group(sign_in_with: Callable[..., User], client: Client) -> None:
    assert sign_in_with("root").is_superuser
    assert client.get("/").status_code == 200

    sign_in_with("chess")
    assert not User.objects.get().is_superuser
    assert client.get("/").status_code == 302


def test_superuser_of_an_operator_stays_one(sign_in_with: Callable[..., User]) -> None:
    sign_in_with("staff")
    User.objects.update(is_superuser=True)

    assert sign_in_with("staff").is_superuser


def test_access_token_without_the_group_has_the_permissions_of_its_groups(
    sign_in_with: Callable[..., User],
) -> None:
    ada = sign_in_with("root")

    assert granted_by_groups(ada, ["root"]) >= KEY_SCOPES
    assert granted_by_groups(ada, ["staff"]) == {Permission.BILLING_READ}
    assert granted_by_groups(ada, []) == frozenset()
