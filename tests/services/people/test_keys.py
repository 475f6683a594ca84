"""Portal keys: shown once, stored as a digest, with no more permissions than their owner."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from billing.models import AuditEntry, Identity, PortalKey
from billing.roles import Permission, Role
from billing.services.actor import Actor, Door, Lack, NotPermitted
from billing.services.people import key_use, keys
from billing.services.people.networks import InvalidNetwork, parse
from billing.services.storage import recent
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db

READ, WRITE = Permission.BILLING_READ, Permission.BILLING_WRITE


@pytest.fixture
def alice() -> Actor:
    return actor_called("alice")


def authenticate(key: str, address: str | None = None) -> Actor:
    return key_use.authenticate(key, request_id="r", address=address)


def _expiring(days: float) -> keys.Limits:
    return keys.Limits(expires_at=timezone.now() + timedelta(days=days))


def test_key_authenticates_its_owner_with_its_scopes(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    actor = authenticate(key)

    assert actor.user == alice.user
    assert actor.permissions == {READ}
    assert (actor.door, actor.key_prefix) == (Door.API, row.prefix)


def test_key_is_stored_as_a_digest(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    secret = key.removeprefix(row.prefix)

    assert secret.strip("_") not in str(PortalKey.objects.values().get(pk=row.pk))
    assert secret.strip("_") not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("change", [str.upper, lambda key: key[:-1], lambda key: key + "x", lambda key: ""])
def test_changed_key_is_refused(alice: Actor, change: object) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])

    with pytest.raises(key_use.KeyRefused):
        authenticate(change(key))  # type: ignore[operator]


def test_key_cannot_have_a_scope_that_its_owner_lacks() -> None:
    viewer = actor_called("carol", Role.VIEWER)

    with pytest.raises(NotPermitted):
        keys.issue(viewer, name="ERP", scopes=[READ, WRITE])
    assert not PortalKey.objects.exists()


def test_key_loses_permissions_with_its_owner(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ, WRITE])
    alice.user.groups.clear()

    assert authenticate(key).permissions == frozenset()


def test_revoked_key_is_refused_and_revoked_once(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    keys.revoke_as_operator(prefix=row.prefix)
    keys.revoke_as_operator(prefix=row.prefix)

    with pytest.raises(key_use.KeyRefused):
        authenticate(key)
    assert AuditEntry.objects.filter(verb="key.revoke").count() == 1


def test_expired_key_is_refused(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ], limits=_expiring(1))
    PortalKey.objects.filter(pk=row.pk).update(expires_at=timezone.now())

    with pytest.raises(key_use.KeyExpired):
        authenticate(key)


def test_revoked_key_does_not_reveal_that_it_has_expired(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ], limits=_expiring(1))
    PortalKey.objects.filter(pk=row.pk).update(expires_at=timezone.now(), revoked_at=timezone.now())

    with pytest.raises(key_use.KeyRefused) as refused:
        authenticate(key)
    assert not isinstance(refused.value, key_use.KeyExpired)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("2001:db8::1", True),
        ("203.0.113.9", True),
        ("192.0.3.7", False),
        ("2001:db8:1::1", False),
        ("203.0.113.10", False),
        (None, False),
    ],
)
def test_key_works_in_its_networks_only(alice: Actor, address: str | None, is_allowed: bool) -> None:
    limits = keys.Limits(networks=parse(["192.0.2.0/24", "2001:db8::/48", "203.0.113.9"]))
    row, key = keys.issue(alice, name="ERP", scopes=[READ], limits=limits)

    if is_allowed:
        assert authenticate(key, address).address == address
    else:
        with pytest.raises(key_use.OutsideNetworks):
            authenticate(key, address)
    assert (PortalKey.objects.get(pk=row.pk).last_used_at is not None) == is_allowed


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::/0", "::/0"),
        ("2001:db8::/32", "2001:db8::/32"),
    ],
)
def test_network_of_mapped_addresses_is_one_of_ipv4(text: str, network: str) -> None:
    assert [str(one) for one in parse([text])] == [network]


@pytest.mark.parametrize(
    "text", ["", "x", "192.0.2.0/33", "192.0.2.1/24", "1.2.3", "2001:db8::1/64", "fe80::1%eth0"]
)
def test_network_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(InvalidNetwork, match=re.escape(f"“{text}”")):
        parse([text])


def test_read_only_key_cannot_write(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ, WRITE], limits=keys.Limits(is_read_only=True))

    actor = authenticate(key)

    assert actor.permissions == {READ}
    assert actor.lacks == {WRITE: Lack.READ_ONLY}


def test_missing_scope_and_missing_role_are_distinguished(alice: Actor) -> None:
    _, reading = keys.issue(alice, name="ERP", scopes=[READ])
    _, writing = keys.issue(alice, name="ERP", scopes=[READ, WRITE])
    assert authenticate(reading).lacks == {WRITE: Lack.SCOPE}

    alice.user.groups.set([Group.objects.get(name="viewer")])

    assert authenticate(writing).lacks == {WRITE: Lack.ROLE}


def test_changed_limits_apply_immediately_and_are_in_the_audit_log(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    authenticate(key, "192.0.2.7")

    limits = keys.Limits(networks=parse(["198.51.100.0/24"]), is_read_only=True)
    keys.change(alice, row.pk, limits)
    keys.change(alice, row.pk, limits)

    with pytest.raises(key_use.OutsideNetworks):
        authenticate(key, "192.0.2.7")
    entry = AuditEntry.objects.get(verb="key.change")
    assert (entry.subject, entry.detail) == (row.prefix, "never expires, 198.51.100.0/24, read-only")


def test_ended_key_cannot_be_changed(alice: Actor) -> None:
    row, _ = keys.issue(alice, name="ERP", scopes=[READ])
    keys.revoke(alice, row.pk)

    with pytest.raises(keys.KeyEnded):
        keys.change(alice, row.pk, keys.Limits())


def test_key_of_another_person_cannot_be_changed(alice: Actor) -> None:
    row, _ = keys.issue(alice, name="ERP", scopes=[READ])

    with pytest.raises(keys.UnknownKey):
        keys.change(actor_called("bob"), row.pk, keys.Limits())


def test_key_of_a_deactivated_person_is_refused(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    alice.user.is_active = False
    alice.user.save()

    with pytest.raises(key_use.KeyRefused):
        authenticate(key)


def test_last_use_is_recorded_at_most_once_a_minute(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    authenticate(key, "192.0.2.7")
    first = PortalKey.objects.get(pk=row.pk)

    recent.clear_all()
    authenticate(key, "192.0.2.8")

    assert first.last_used_at is not None
    again = PortalKey.objects.get(pk=row.pk)
    assert (again.last_used_at, again.last_used_address) == (first.last_used_at, "192.0.2.7")


def test_unknown_prefix_is_an_error() -> None:
    with pytest.raises(keys.UnknownKey):
        keys.revoke_as_operator(prefix="abp_nothing")


def test_key_cannot_have_a_permission_for_people() -> None:
    admin = actor_called("ada", Role.ADMIN)

    with pytest.raises(NotPermitted):
        keys.issue(admin, name="ERP", scopes=[Permission.PEOPLE_MANAGE])
    assert not PortalKey.objects.exists()


def test_unknown_scope_grants_nothing() -> None:
    row, key = keys.issue(actor_called("ada", Role.ADMIN), name="ERP", scopes=[READ])
    PortalKey.objects.filter(pk=row.pk).update(scopes=["billing:read", "people:manage", "nonsense"])

    assert authenticate(key).permissions == {READ}


def test_same_form_creates_one_key(alice: Actor) -> None:
    form_id = uuid4()
    keys.issue(alice, name="ERP", scopes=[READ], form_id=form_id)

    with pytest.raises(keys.AlreadyIssued):
        keys.issue(alice, name="ERP", scopes=[READ], form_id=form_id)
    assert PortalKey.objects.count() == AuditEntry.objects.filter(verb="key.issue").count() == 1


def test_form_ids_of_different_people_are_independent(alice: Actor) -> None:
    form_id = uuid4()
    keys.issue(alice, name="ERP", scopes=[READ], form_id=form_id)

    keys.issue(actor_called("bob"), name="ERP", scopes=[READ], form_id=form_id)

    assert PortalKey.objects.count() == 2


def test_authentication_takes_one_query(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice.user.groups.add(Group.objects.get(name="auditor"))
    _, key = keys.issue(alice, name="ERP", scopes=[READ, WRITE])
    authenticate(key)  # records the use
    recent.clear_all()

    with django_assert_num_queries(1):
        actor = authenticate(key)
    assert actor.permissions == {READ, WRITE}


def _signed_in_by_sso(actor: Actor, days_ago: float | None, subject: str = "alice") -> None:
    at = None if days_ago is None else timezone.now() - timedelta(days=days_ago)
    Identity.objects.update_or_create(
        issuer="https://id.example", subject=subject, user=actor.user, defaults={"last_sign_in_at": at}
    )


def test_key_is_suspended_until_its_owner_signs_in_again(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    _signed_in_by_sso(alice, 30.01)

    with pytest.raises(key_use.OwnerSignInTooOld):
        authenticate(key)
    _signed_in_by_sso(alice, 29.99)
    assert authenticate(key).user == alice.user


def test_sign_in_with_one_of_several_identities_suffices(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    _signed_in_by_sso(alice, 400, "old")
    _signed_in_by_sso(alice, None, "never")

    with pytest.raises(key_use.OwnerSignInTooOld):
        authenticate(key)
    _signed_in_by_sso(alice, 1, "new")
    assert authenticate(key).permissions == {READ}


def test_revoked_key_does_not_reveal_that_its_owner_is_absent(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    _signed_in_by_sso(alice, 31)
    keys.revoke(alice, row.pk)

    with pytest.raises(key_use.KeyRefused) as refused:
        authenticate(key)
    assert not isinstance(refused.value, key_use.OwnerSignInTooOld)


def test_owner_without_an_identity_need_not_sign_in(alice: Actor) -> None:
    _, key = keys.issue(alice, name="ERP", scopes=[READ])
    alice.user.last_login = timezone.now() - timedelta(days=400)
    alice.user.save()

    assert authenticate(key).user == alice.user


def test_owner_can_revoke_a_key(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    keys.revoke(alice, row.pk)
    keys.revoke(alice, row.pk)

    with pytest.raises(key_use.KeyRefused):
        authenticate(key)
    entry = AuditEntry.objects.get(verb="key.revoke")
    assert (entry.actor_name, entry.subject, entry.detail) == ("alice", row.prefix, "")


def test_editor_cannot_revoke_the_key_of_another_person(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])
    bob = actor_called("bob")

    with pytest.raises(keys.UnknownKey):
        keys.revoke(bob, row.pk)
    with pytest.raises(NotPermitted):
        keys.revoke(bob, row.pk, owner_id=alice.user.pk)
    assert authenticate(key).user == alice.user


def test_admin_can_revoke_any_key(alice: Actor) -> None:
    row, key = keys.issue(alice, name="ERP", scopes=[READ])

    keys.revoke(actor_called("ada", Role.ADMIN), row.pk, owner_id=alice.user.pk)

    with pytest.raises(key_use.KeyRefused):
        authenticate(key)
    entry = AuditEntry.objects.get(verb="key.revoke")
    assert (entry.actor_name, entry.detail) == ("ada", f"of alice (id {alice.user.pk})")


def test_key_expires_soon_in_its_last_two_weeks(alice: Actor) -> None:
    for days in (15, 13, 2):
        keys.issue(alice, name=f"{days}", scopes=[READ], limits=_expiring(days))
    keys.issue(alice, name="never", scopes=[READ])
    keys.revoke(alice, keys.issue(alice, name="revoked", scopes=[READ], limits=_expiring(1))[0].pk)

    assert [row.name for row in keys.expiring_soon(alice)] == ["2", "13"]
