"""Portal keys: shown once, kept as a digest, never wider than their owner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import AuditEntry, PortalKey
from billing.roles import Permission, Role
from billing.services import keys
from billing.services.actor import Actor, Door, NotPermitted
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

READ, WRITE = Permission.BILLING_READ, Permission.BILLING_WRITE


@pytest.fixture
def alice() -> Actor:
    return actor_called("alice")


def recognise(key: str) -> Actor:
    return keys.recognise(key, request_id="r", address=None)


def test_it_recognises_its_owner_and_scopes(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    actor = recognise(key)

    assert actor.user == alice.user
    assert actor.permissions == {READ}
    assert (actor.door, actor.key_prefix) == (Door.API, row.prefix)


def test_it_keeps_a_digest_and_not_the_key(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    secret = key.removeprefix(row.prefix)

    assert secret.strip("_") not in str(PortalKey.objects.values().get(pk=row.pk))
    assert secret.strip("_") not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("spoil", [str.upper, lambda key: key[:-1], lambda key: key + "x", lambda key: ""])
def test_it_refuses_a_key_that_is_not_exactly_right(alice: Actor, spoil: object) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])

    with pytest.raises(keys.KeyRefused):
        recognise(spoil(key))  # type: ignore[operator]


def test_it_issues_no_scope_that_the_owner_lacks() -> None:
    viewer = actor_called("carol", Role.VIEWER)

    with pytest.raises(NotPermitted):
        keys.issue(viewer, name="ERP", scopes=[READ, WRITE])
    assert not PortalKey.objects.exists()


def test_a_key_shrinks_with_its_owners_role(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ, WRITE])
    alice.user.groups.clear()

    assert recognise(key).permissions == frozenset()


def test_it_refuses_a_revoked_key_and_revokes_once(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    keys.revoke_as_operator(prefix=row.prefix)
    keys.revoke_as_operator(prefix=row.prefix)

    with pytest.raises(keys.KeyRefused):
        recognise(key)
    assert AuditEntry.objects.filter(verb="key.revoke").count() == 1


def test_it_refuses_an_expired_key(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ], expires_after=timedelta(days=1))
    PortalKey.objects.filter(pk=row.pk).update(expires_at=timezone.now())

    with pytest.raises(keys.KeyRefused):
        recognise(key)


def test_it_refuses_the_key_of_somebody_deactivated(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    alice.user.is_active = False
    alice.user.save()

    with pytest.raises(keys.KeyRefused):
        recognise(key)


def test_it_notes_the_last_use_at_most_once_a_minute(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    recognise(key)
    first = PortalKey.objects.get(pk=row.pk).last_used_at

    recognise(key)

    assert first is not None
    assert PortalKey.objects.get(pk=row.pk).last_used_at == first


def test_it_says_so_when_no_key_has_the_prefix() -> None:
    with pytest.raises(keys.UnknownKey):
        keys.revoke_as_operator(prefix="abp_nothing")
