"""Superusers change people in the admin: every change leaves an audit row and needs a fresh sign-in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models import ProtectedError
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from billing.models import AuditEntry, Change, PendingForm, User, UserSession
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


def roles(*names: str) -> list[int]:
    return [Group.objects.get(name=name).pk for name in names]


def form_of(user: User, **changed: object) -> dict[str, object]:
    """Return the data of a person's form, with these changes."""
    joined = {"0": f"{user.date_joined:%Y-%m-%d}", "1": f"{user.date_joined:%H:%M:%S}"}
    same = {
        "username": user.username,
        "groups": list(user.groups.values_list("pk", flat=True)),
        **{f"{kind}date_joined_{part}": text for part, text in joined.items() for kind in ("", "initial-")},
    }
    return {name: value for name, value in {**same, **changed}.items() if value is not None}


def change(root: Client, user: User, **changed: object) -> None:
    answer = root.post(reverse("admin:billing_user_change", args=[user.pk]), form_of(user, **changed))
    assert answer.status_code == 302, answer.context["errors"]


def staff_entries() -> list[tuple[str, str, str, str, str]]:
    entries = AuditEntry.objects.filter(verb__startswith="staff.").order_by("pk")
    return list(entries.values_list("verb", "actor_name", "door", "subject", "detail"))


@pytest.mark.parametrize(
    ("changed", "detail"),
    [
        ({"groups": ["auditor", "admin"]}, "role admin added; role auditor added; role editor removed"),
        ({"is_superuser": "on"}, "is_superuser on"),
        ({"is_staff": "on", "email": "eve@acme.example"}, "email; is_staff on"),
    ],
    ids=["roles", "superuser", "others"],
)
def test_audit_has_the_names_of_changed_fields_and_roles(
    root: Client, eve: User, changed: dict[str, object], detail: str
) -> None:
    names = changed.get("groups")
    groups = {"groups": roles(*names)} if isinstance(names, list) else {}
    change(root, eve, **{**changed, **groups})

    assert staff_entries() == [("staff.change", "root", "admin", "eve", detail)]


def test_audit_has_the_old_username(root: Client, eve: User) -> None:
    change(root, eve, username="eva")

    assert staff_entries() == [("staff.change", "root", "admin", "eva", "username, was eve")]


def test_unchanged_form_leaves_no_row(root: Client, eve: User) -> None:
    change(root, eve)

    assert staff_entries() == []


def test_new_person_leaves_a_row(root: Client) -> None:
    form = {"username": "ned", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    root.post(reverse("admin:billing_user_add"), form)

    assert staff_entries() == [("staff.create", "root", "admin", "ned", "")]


def test_audit_says_that_a_password_was_set_but_not_which(root: Client, eve: User) -> None:
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    root.post(reverse("admin:auth_user_password_change", args=[eve.pk]), form)
    root.post(reverse("admin:auth_user_password_change", args=[eve.pk]), {**form, "password2": "another"})

    assert staff_entries() == [("staff.change", "root", "admin", "eve", "password set")]
    assert PASSWORD not in repr(AuditEntry.objects.values())


def test_own_password_is_changed_with_the_same_form(root: Client) -> None:
    me = User.objects.get(username="root")
    answer = root.get(reverse("admin:password_change"))

    assert answer.headers["Location"] == reverse("admin:auth_user_password_change", args=[me.pk])


def test_people_cannot_be_deleted(root: Client, eve: User) -> None:
    answer = root.post(reverse("admin:billing_user_delete", args=[eve.pk]), {"post": "yes"})
    root.post(
        reverse("admin:billing_user_changelist"),
        {"action": "delete_selected", "_selected_action": [eve.pk], "post": "yes"},
    )

    assert answer.status_code == 403
    assert User.objects.filter(pk=eve.pk).exists()


def test_person_with_changes_cannot_be_deleted_at_all(eve: User) -> None:
    Change.objects.create(
        user=eve, verb="billing_account.update", operation="x", fingerprint="x", envelope="x"
    )

    with pytest.raises(ProtectedError):
        eve.delete()


def test_roles_cannot_be_edited(root: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_group_changelist")
    assert root.get("/admin/auth/group/").status_code == 404


@pytest.fixture
def late(root: Client) -> Client:
    """Return the superuser, an hour after signing in."""
    UserSession.objects.update(signed_in_at=timezone.now() - timedelta(hours=1))
    return root


def test_change_waits_for_a_fresh_sign_in(late: Client, eve: User) -> None:
    address = reverse("admin:billing_user_change", args=[eve.pk])
    answer = late.post(address, form_of(eve, is_superuser="on"))

    form_id = PendingForm.objects.get().pk
    assert answer.headers["Location"] == reverse("confirm", args=[form_id])
    assert not User.objects.get(pk=eve.pk).is_superuser
    late.post(reverse("confirm-password", args=[form_id]), {"password": PASSWORD})
    late.post(address, {"pending_form": str(form_id)})
    assert User.objects.get(pk=eve.pk).is_superuser
    assert staff_entries() == [("staff.change", "root", "admin", "eve", "is_superuser on")]


def test_actions_wait_but_reading_and_sign_out_do_not(late: Client, eve: User) -> None:
    people = reverse("admin:billing_user_changelist")
    answer = late.post(people, {"action": "deactivate", "_selected_action": [eve.pk]})

    assert answer.headers["Location"].startswith("/accounts/confirm/")
    assert User.objects.get(pk=eve.pk).is_active
    assert late.get(people).status_code == 200
    assert late.post(reverse("admin:logout")).headers["Location"] == "/accounts/sign-in/"


def test_nothing_waits_for_a_person_who_may_not_change_it(client: Client, eve: User) -> None:
    client.force_login(eve, backend="django.contrib.auth.backends.ModelBackend")
    UserSession.objects.update(signed_in_at=timezone.now() - timedelta(hours=1))
    answer = client.post(reverse("admin:billing_user_changelist"), {"action": "deactivate"})

    assert answer.headers["Location"].startswith("/admin/login/")
    assert not PendingForm.objects.exists()


def test_people_are_found_by_every_spelling(root: Client, eve: User) -> None:
    User.objects.filter(pk=eve.pk).update(last_name="Sørensen", first_name="O’Hara")
    address = f"/admin/billing/user/{eve.pk}/change/"

    for query in ("", "sorensen", "o'hara SORENSEN", "\u200beve"):
        assert address in root.get("/admin/billing/user/", {"q": query}).text, query
    assert address not in root.get("/admin/billing/user/", {"q": "sorensen nobody"}).text
