"""Lockouts: who, from where, since and until when, and that a lifted one no longer counts in any process."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from billing.models import AuditEntry, Lockout, User
from billing.roles import Role
from tests import html
from tests.pages.conftest import client_of

PASSWORD = "Xy9-abcdefgh-77"


@pytest.fixture
def ada(db: None, static_files: None) -> Client:
    """Return an administrator."""
    cache.clear()
    return client_of("ada", Role.ADMIN, None)


@pytest.fixture
def bob(db: None) -> User:
    """Return a viewer with a password."""
    client_of("bob", Role.VIEWER, None)
    user = User.objects.get(username="bob")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(password: str, username: str = "bob", address: str = "192.0.2.1") -> int:
    client = Client(REMOTE_ADDR=address)
    return client.post("/accounts/sign-in/", {"username": username, "password": password}).status_code


def lock_out(username: str = "bob") -> None:
    statuses = [sign_in(f"wrong {number}", username) for number in range(10)]
    assert statuses == [*[422] * 9, 429]


def test_lockout_is_listed_and_lifted(ada: Client, bob: User) -> None:
    lock_out()
    assert sign_in(PASSWORD) == 429
    assert sign_in(PASSWORD, address="192.0.2.2") == 302

    row = Lockout.objects.get()
    assert (row.user, row.address) == (bob, "192.0.2.1")
    assert row.ends_at - row.locked_at == timedelta(minutes=15)
    page = ada.get("/people/lockouts/")
    assert html.rows(page)[0][:2] == ["bob", "192.0.2.1"]
    assert "Locked out" in html.text(ada.get(f"/people/{bob.pk}/"))
    (lift,) = html.attributes(page, ".row-act a", "href")
    assert ada.post(lift).status_code == 422
    answer = ada.post(lift, {"reason": "called"}, follow=True)

    assert html.alerts(answer) == ["bob can enter their password again."]
    assert html.texts(answer, ".nothing-title") == ["Nobody is locked out"]
    assert sign_in(PASSWORD) == 302
    entry = AuditEntry.objects.get(verb="lockout.lift")
    assert (entry.subject, entry.detail, entry.reason) == (f"bob (id {bob.pk})", "from 192.0.2.1", "called")


def test_lifted_lockout_counts_in_a_process_with_its_own_cache(ada: Client, bob: User) -> None:
    lock_out()
    Lockout.objects.update(lifted_at=timezone.now())  # by another process, whose cache is not this one

    assert sign_in("wrong again") == 422
    assert sign_in(PASSWORD) == 302


def test_next_lockout_has_to_be_lifted_again(ada: Client, bob: User) -> None:
    lock_out()
    ada.post(f"/people/lockouts/{Lockout.objects.get().pk}/lift/", {"reason": "called"})
    lock_out()

    assert sign_in(PASSWORD) == 429
    assert Lockout.objects.get().lifted_at is None


def test_name_that_nobody_has_is_not_stored(ada: Client) -> None:
    lock_out("my-secret-password")
    page = ada.get("/people/lockouts/")

    assert html.rows(page)[0][0] == "a username that nobody has"
    assert html.attributes(page, ".row-act a", "href") == []
    assert "my-secret-password" not in repr(Lockout.objects.values())
    assert ada.get(f"/people/lockouts/{Lockout.objects.get().pk}/lift/").status_code == 404


def test_lockout_that_has_ended_is_not_listed(ada: Client, bob: User) -> None:
    lock_out()
    Lockout.objects.update(ends_at=timezone.now())

    assert html.texts(ada.get("/people/lockouts/"), ".nothing-title") == ["Nobody is locked out"]
