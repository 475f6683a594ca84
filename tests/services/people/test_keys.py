"""Portal keys: shown once, kept as a digest, never wider than their owner."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from billing.models import AuditEntry, Identity, PortalKey
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, NotPermitted
from billing.services.people import keys
from billing.services.storage import recent
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


def test_no_key_carries_what_is_for_people_alone() -> None:
    admin = actor_called("ada", Role.ADMIN)

    with pytest.raises(NotPermitted):
        keys.issue(admin, name="ERP", scopes=[Permission.PEOPLE_MANAGE])
    assert not PortalKey.objects.exists()


def test_a_scope_that_is_none_any_more_grants_nothing() -> None:
    row, key = keys.issue(actor_called("ada", Role.ADMIN), name="ERP", scopes=[READ])
    PortalKey.objects.filter(pk=row.pk).update(scopes=["billing:read", "people:manage", "nonsense"])

    assert recognise(key).permissions == {READ}


def test_the_same_form_makes_one_key(alice: Actor) -> None:
    form_id = uuid4()
    keys.issue(alice, name="ERP", scopes=[READ], form_id=form_id)

    with pytest.raises(keys.IssuedBefore):
        keys.issue(alice, name="ERP", scopes=[READ], form_id=form_id)
    assert PortalKey.objects.count() == AuditEntry.objects.filter(verb="key.issue").count() == 1


def test_another_persons_form_is_another_form(alice: Actor) -> None:
    form_id = uuid4()
    keys.issue(alice, name="ERP", scopes=[READ], form_id=form_id)

    keys.issue(actor_called("bob"), name="ERP", scopes=[READ], form_id=form_id)

    assert PortalKey.objects.count() == 2


def test_it_takes_one_query_to_recognise_a_key(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice.user.groups.add(Group.objects.get(name="auditor"))
    _, key = keys.issue(alice, name="ERP", scopes=[READ, WRITE])
    recognise(key)  # notes the use
    recent.clear_all()

    with django_assert_num_queries(1):
        actor = recognise(key)
    assert actor.permissions == {READ, WRITE}


def _came_by_single_sign_on(actor: Actor, days_ago: float | None, subject: str = "alice") -> None:
    at = None if days_ago is None else timezone.now() - timedelta(days=days_ago)
    Identity.objects.update_or_create(
        issuer="https://id.example", subject=subject, user=actor.user, defaults={"last_sign_in_at": at}
    )


def test_a_key_rests_until_its_owner_signs_in_again(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    _came_by_single_sign_on(alice, 30.01)

    with pytest.raises(keys.OwnerSignInTooOld):
        recognise(key)
    _came_by_single_sign_on(alice, 29.99)
    assert recognise(key).user == alice.user


def test_it_takes_one_identity_that_came_by(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    _came_by_single_sign_on(alice, 400, "old")
    _came_by_single_sign_on(alice, None, "never")

    with pytest.raises(keys.OwnerSignInTooOld):
        recognise(key)
    _came_by_single_sign_on(alice, 1, "new")
    assert recognise(key).permissions == {READ}


def test_a_dead_key_of_an_absent_owner_tells_nothing(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    _came_by_single_sign_on(alice, 31)
    keys.revoke(alice, row.pk)

    with pytest.raises(keys.KeyRefused) as refused:
        recognise(key)
    assert not isinstance(refused.value, keys.OwnerSignInTooOld)


def test_who_has_no_identity_at_a_provider_need_not_come_by(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    alice.user.last_login = timezone.now() - timedelta(days=400)
    alice.user.save()

    assert recognise(key).user == alice.user


def test_one_revokes_ones_own_key(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    keys.revoke(alice, row.pk)
    keys.revoke(alice, row.pk)

    with pytest.raises(keys.KeyRefused):
        recognise(key)
    entry = AuditEntry.objects.get(verb="key.revoke")
    assert (entry.actor_name, entry.subject, entry.detail) == ("alice", row.prefix, "")


def test_another_persons_key_is_unknown_to_an_editor(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    bob = actor_called("bob")

    with pytest.raises(keys.UnknownKey):
        keys.revoke(bob, row.pk)
    with pytest.raises(NotPermitted):
        keys.revoke(bob, row.pk, owner_id=alice.user.pk)
    assert recognise(key).user == alice.user


def test_an_admin_revokes_anybodys(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    keys.revoke(actor_called("ada", Role.ADMIN), row.pk, owner_id=alice.user.pk)

    with pytest.raises(keys.KeyRefused):
        recognise(key)
    entry = AuditEntry.objects.get(verb="key.revoke")
    assert (entry.actor_name, entry.detail) == ("ada", "of alice")


def test_it_warns_in_the_last_two_weeks(alice: Actor) -> None:
    for days in (15, 13, 2):
        keys.issue(alice, name=f"{days}", scopes=[READ], expires_after=timedelta(days=days))
    keys.issue(alice, name="never", scopes=[READ])
    keys.revoke(
        alice, keys.issue(alice, name="revoked", scopes=[READ], expires_after=timedelta(days=1))[0].pk
    )

    assert [row.name for row in keys.ending_soon(alice)] == ["2", "13"]
