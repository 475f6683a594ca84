"""People are changed on the portal's pages only, after a fresh sign-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from billing.models import Change, PendingForm, User, UserSession
from tests.services.cast import actor_called

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("static_files")]

PASSWORD = "Xy9-abcdefgh-77"


@pytest.fixture
def root(client: Client) -> Client:
    """Return a browser in which a superuser has just signed in."""
    user = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def eve() -> User:
    return actor_called("eve").user


@pytest.mark.parametrize("model", ["auth_group", "billing_user", "billing_portalkey", "billing_auditentry"])
def test_admin_has_no_second_page_for_what_has_one(root: Client, model: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(f"admin:{model}_changelist")


def test_own_password_is_changed_on_the_portals_page(root: Client) -> None:
    me = User.objects.get(username="root")
    answer = root.get(reverse("admin:password_change"))

    assert answer.headers["Location"] == reverse("person-password", args=[me.pk])


def test_person_with_changes_cannot_be_deleted_at_all(eve: User) -> None:
    Change.objects.create(
        user=eve, verb="billing_account.update", operation="x", fingerprint="x", envelope="x"
    )

    with pytest.raises(ProtectedError):
        eve.delete()


@pytest.fixture
def late(root: Client) -> Client:
    """Return the superuser, an hour after signing in."""
    UserSession.objects.update(signed_in_at=timezone.now() - timedelta(hours=1))
    return root


def test_change_waits_for_a_fresh_sign_in(late: Client, eve: User) -> None:
    address = reverse("person-edit", args=[eve.pk])
    form = {"username": "eve", "is_superuser": "on", "reason": "promoted"}
    answer = late.post(address, form)

    form_id = PendingForm.objects.get().pk
    assert answer.headers["Location"] == reverse("confirm", args=[form_id])
    assert not User.objects.get(pk=eve.pk).is_superuser
    late.post(reverse("confirm-password", args=[form_id]), {"password": PASSWORD})
    late.post(address, {"pending_form": str(form_id)})
    assert User.objects.get(pk=eve.pk).is_superuser


def test_actions_wait_but_reading_and_sign_out_do_not(late: Client, eve: User) -> None:
    answer = late.post("/people/actions/deactivate/", {"person": eve.pk, "reason": "left"})

    assert answer.headers["Location"].startswith("/accounts/confirm/")
    assert User.objects.get(pk=eve.pk).is_active
    assert late.get("/admin/billing/altostrattoken/").status_code == 200
    assert late.post(reverse("admin:logout")).headers["Location"] == "/accounts/sign-in/"


def test_nothing_waits_for_a_person_who_may_not_change_it(client: Client, eve: User) -> None:
    client.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    UserSession.objects.update(signed_in_at=timezone.now() - timedelta(hours=1))
    answer = client.post("/admin/billing/altostrattoken/", {"action": "x"})

    assert answer.headers["Location"].startswith("/admin/login/")
    assert not PendingForm.objects.exists()
