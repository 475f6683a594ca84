"""Every URL of the API with every kind of portal key and every method."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from billing.models import AltostratToken, Identity, PortalKey, User
from billing.roles import KEY_SCOPES, Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from tests.access.matrix import Caller, create_person, patterns_by_key, unexpected
from tests.access.routes import ROUTES, Call, NoRoute

READ, WRITE = Permission.BILLING_READ, Permission.BILLING_WRITE
API = {
    key: patterns for key, patterns in patterns_by_key().items() if isinstance(ROUTES[key], Call | NoRoute)
}


def issue(owner: User, *scopes: Permission) -> tuple[PortalKey, Caller]:
    """Issue a key. Return it and the program that calls with it."""
    row, key = keys.issue(Actor(owner, Door.COMMAND, granted_to(owner)), name="matrix", scopes=scopes)
    client = Client(headers={"Authorization": f"Bearer {key}"})
    return row, Caller(client, frozenset(scopes), is_known=True, has_key=True)


def unknown(caller: Caller) -> Caller:
    """Return the same program, expecting that its key is refused."""
    return replace(caller, permissions=frozenset(), is_known=False)


@pytest.fixture
def owner(db: None, static_files: None, altostrat_url: str, short_failure_pages: None) -> User:
    """Return an editor with a token."""
    return create_person("owner", Role.EDITOR)[0]


@pytest.mark.parametrize("scopes", [{READ}, {WRITE}, KEY_SCOPES], ids=["read", "write", "both"])
def test_key_may_do_what_its_scopes_allow(owner: User, scopes: set[Permission]) -> None:
    assert unexpected(issue(owner, *scopes)[1], API) == []


@pytest.mark.parametrize("role", Role)
def test_key_may_do_no_more_than_its_owner(owner: User, role: Role) -> None:
    _, caller = issue(owner, *KEY_SCOPES)
    owner.groups.set([create_person(role.value, role)[0].groups.get()])

    assert unexpected(replace(caller, permissions=granted_to(owner) & KEY_SCOPES), API) == []


def test_key_of_a_person_who_sees_masks_may_read_and_write_nothing(owner: User, settings: Settings) -> None:
    settings.MASKED_ROLES = ["editor"]
    _, caller = issue(owner, *KEY_SCOPES)

    assert unexpected(replace(caller, permissions=frozenset()), API) == []


def test_expired_key_is_refused(owner: User) -> None:
    row, caller = issue(owner, READ)
    PortalKey.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert unexpected(unknown(caller), API) == []


def test_revoked_key_is_refused(owner: User) -> None:
    row, caller = issue(owner, READ)
    keys.revoke_as_operator(prefix=row.prefix)

    assert unexpected(unknown(caller), API) == []


def test_key_of_a_deactivated_person_is_refused(owner: User) -> None:
    _, caller = issue(owner, READ)
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert unexpected(unknown(caller), API) == []


def test_key_is_refused_if_its_owner_has_not_signed_in_for_long(owner: User) -> None:
    _, caller = issue(owner, READ)
    long_ago = timezone.now() - timedelta(days=31)
    Identity.objects.create(user=owner, issuer="https://id.example", subject="1", last_sign_in_at=long_ago)

    assert unexpected(unknown(caller), API) == []


def test_key_never_uses_the_token_of_another_person(owner: User) -> None:
    penniless = create_person("penniless", Role.ADMIN)[0]
    AltostratToken.objects.filter(owner=penniless).delete()
    _, caller = issue(penniless, READ)

    assert unexpected(replace(caller, has_token=False), API) == []
    assert AltostratToken.objects.filter(owner=owner).exists()


def test_key_opens_no_page(owner: User) -> None:
    _, caller = issue(owner, READ)
    pages = {key: patterns for key, patterns in patterns_by_key().items() if key not in API}

    assert unexpected(unknown(caller), pages) == []
