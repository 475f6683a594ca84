"""The API's addresses, times every kind of portal key, times every method."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from billing.models import AltostratToken, Identity, PortalKey, User
from billing.roles import KEY_SCOPES, Permission, Role
from billing.services.actor import Actor, Door, granted_to
from billing.services.people import keys
from tests.access.routes import ROUTES, Call, NoRoute
from tests.access.test_matrix import Caller, by_key, made, walk

READ, WRITE = Permission.BILLING_READ, Permission.BILLING_WRITE
API = {key: patterns for key, patterns in by_key().items() if isinstance(ROUTES[key], Call | NoRoute)}


def issued(owner: User, *scopes: Permission) -> tuple[PortalKey, Caller]:
    """A key of that person's, and the program that holds it: it may what the key says, if the owner may."""
    row, key = keys.issue(Actor(owner, Door.COMMAND, granted_to(owner)), name="matrix", scopes=scopes)
    client = Client(headers={"Authorization": f"Bearer {key}"})
    return row, Caller(client, frozenset(scopes), is_known=True)


def of_nobody(caller: Caller) -> Caller:
    """The same program, once its key is worth nothing."""
    return replace(caller, permissions=frozenset(), is_known=False)


@pytest.fixture
def owner(db: None, static_files: None, altostrat_url: str) -> User:
    """An editor with a token."""
    return made("owner", Role.EDITOR)[0]


@pytest.mark.parametrize("scopes", [{READ}, {WRITE}, KEY_SCOPES], ids=["read", "write", "both"])
def test_a_key_may_what_its_scopes_say(owner: User, scopes: set[Permission]) -> None:
    assert walk(issued(owner, *scopes)[1], API) == []


@pytest.mark.parametrize("role", Role)
def test_a_key_may_no_more_than_its_owners_role(owner: User, role: Role) -> None:
    _, caller = issued(owner, *KEY_SCOPES)
    owner.groups.set([made(role.value, role)[0].groups.get()])

    assert walk(replace(caller, permissions=granted_to(owner) & KEY_SCOPES), API) == []


def test_an_expired_key_is_nobodys(owner: User) -> None:
    row, caller = issued(owner, READ)
    PortalKey.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert walk(of_nobody(caller), API) == []


def test_a_revoked_key_is_nobodys(owner: User) -> None:
    row, caller = issued(owner, READ)
    keys.revoke_as_operator(prefix=row.prefix)

    assert walk(of_nobody(caller), API) == []


def test_the_key_of_somebody_deactivated_is_nobodys(owner: User) -> None:
    _, caller = issued(owner, READ)
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert walk(of_nobody(caller), API) == []


def test_the_key_of_somebody_absent_is_nobodys(owner: User) -> None:
    _, caller = issued(owner, READ)
    long_ago = timezone.now() - timedelta(days=31)
    Identity.objects.create(user=owner, issuer="https://id.example", subject="1", last_sign_in_at=long_ago)

    assert walk(of_nobody(caller), API) == []


def test_anothers_token_serves_no_key(owner: User) -> None:
    penniless = made("penniless", Role.ADMIN)[0]
    AltostratToken.objects.filter(owner=penniless).delete()
    _, caller = issued(penniless, READ)

    assert walk(replace(caller, has_token=False), API) == []
    assert AltostratToken.objects.filter(owner=owner).exists()


def test_a_key_opens_no_page(owner: User) -> None:
    _, caller = issued(owner, READ)
    pages = {key: patterns for key, patterns in by_key().items() if key not in API}

    assert walk(of_nobody(caller), pages) == []
