"""Deactivating and reactivating people."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.altostrat.operations.workspaces import LIST_WORKSPACES
from billing.models import AuditEntry, User
from billing.roles import Role
from billing.services import tokens
from billing.services.actor import Actor, NotPermitted
from billing.services.people import staff
from billing.services.reads import Read, read_live
from billing.services.tokens import manage as token_changes
from tests.services.cast import actor_called
from tests.tokens import FINANCE

pytestmark = pytest.mark.django_db

WORKSPACES = Read(LIST_WORKSPACES)


@pytest.fixture
def ada() -> Actor:
    """Return an administrator."""
    return actor_called("ada", Role.ADMIN)


def _entries() -> list[tuple[str, str, str, str]]:
    return list(
        AuditEntry.objects.filter(verb__startswith="staff.")
        .order_by("pk")
        .values_list("actor_name", "verb", "subject", "outcome")
    )


def test_each_change_of_status_leaves_one_audit_row(ada: Actor) -> None:
    bob = actor_called("bob").user

    for use_case in (staff.deactivate, staff.deactivate, staff.activate, staff.activate):
        use_case(ada, bob.pk)

    bob.refresh_from_db()
    assert bob.is_active
    assert _entries() == [
        ("ada", "staff.deactivate", "bob", "succeeded"),
        ("ada", "staff.activate", "bob", "succeeded"),
    ]


def test_ended_session_does_not_continue_after_reactivation(ada: Actor, static_files: None) -> None:
    bob = actor_called("bob").user
    browser = Client()
    browser.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    before = browser.get("/account/").status_code

    staff.deactivate(ada, bob.pk)
    staff.activate(ada, bob.pk)

    assert (before, browser.get("/account/").status_code) == (200, 302)


def test_nobody_can_deactivate_themselves(ada: Actor) -> None:
    with pytest.raises(staff.StatusChangeRefused, match="yourself"):
        staff.deactivate(ada, ada.user.pk)

    assert User.objects.get(username="ada").is_active
    assert _entries() == [("ada", "staff.deactivate", "ada", "refused")]


def test_only_superusers_can_deactivate_a_superuser(ada: Actor) -> None:
    root = User.objects.create_superuser("root")

    with pytest.raises(staff.StatusChangeRefused, match="superuser"):
        staff.deactivate(ada, root.pk)
    ada.user.is_superuser = True
    staff.deactivate(ada, root.pk)

    assert [entry[3] for entry in _entries()] == ["refused", "succeeded"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.AUDITOR])
def test_permission_is_required(role: Role) -> None:
    bob = actor_called("bob").user

    with pytest.raises(NotPermitted):
        staff.deactivate(actor_called("eve", role), bob.pk)
    assert User.objects.get(username="bob").is_active


def test_unknown_person_is_an_error(ada: Actor) -> None:
    with pytest.raises(staff.UnknownPerson):
        staff.deactivate(ada, 4711)
    with pytest.raises(staff.UnknownPerson):
        staff.deactivate_as_operator("nobody")


def test_request_in_flight_loses_the_token(altostrat_url: str) -> None:
    alice = actor_called("alice")
    row, _ = token_changes.save(alice, text=FINANCE, label="t", verify=False)
    assert read_live(alice, "", WORKSPACES).value.items

    staff.deactivate_as_operator("alice")  # alice is the Actor of a request that started earlier

    with pytest.raises(tokens.NoToken):
        read_live(alice, "", WORKSPACES)
    with pytest.raises(tokens.UnknownToken):
        token_changes.check(alice, row.pk)


def test_role_from_an_operator_replaces_the_groups_of_the_previous_role() -> None:
    bob = actor_called("bob", Role.VIEWER).user
    User.objects.filter(pk=bob.pk).update(role_sources={"viewer": ["finance"]})

    staff.create_or_change(username="bob", role=Role.VIEWER)

    bob.refresh_from_db()
    assert bob.role_sources == {}
