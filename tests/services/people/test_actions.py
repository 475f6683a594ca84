"""What administrators do to people, each with a reason."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import AuditEntry, PortalKey, User
from billing.roles import Permission, Role
from billing.services.actor import Actor, NotPermitted
from billing.services.people import actions, keys, staff
from billing.services.people.actions import Action
from tests.services.cast import actor_called

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Actor:
    """Return an administrator."""
    return actor_called("ada", Role.ADMIN)


def entries(*verbs: str) -> list[tuple[str, str, str, str, str]]:
    rows = AuditEntry.objects.filter(verb__in=verbs).order_by("pk")
    return list(rows.values_list("actor_name", "verb", "subject", "outcome", "reason"))


def test_each_change_of_status_leaves_one_audit_row_with_its_reason(ada: Actor) -> None:
    bob = actor_called("bob").user

    for action in (Action.DEACTIVATE, Action.DEACTIVATE, Action.ACTIVATE, Action.ACTIVATE):
        actions.run(ada, action, [bob.pk], "left")

    bob.refresh_from_db()
    assert bob.is_active
    subject = f"bob (id {bob.pk})"
    assert entries("staff.deactivate", "staff.activate") == [
        ("ada", "staff.deactivate", subject, "succeeded", "left"),
        ("ada", "staff.activate", subject, "succeeded", "left"),
    ]


def test_ended_session_does_not_continue_after_reactivation(ada: Actor, static_files: None) -> None:
    bob = actor_called("bob").user
    browser = Client()
    browser.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    before = browser.get("/account/").status_code

    actions.run(ada, Action.DEACTIVATE, [bob.pk], "left")
    actions.run(ada, Action.ACTIVATE, [bob.pk], "back")

    assert (before, browser.get("/account/").status_code) == (200, 302)


def test_sessions_end_and_are_counted(ada: Actor, static_files: None) -> None:
    bob = actor_called("bob").user
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")

    (result,) = actions.run(ada, Action.END_SESSIONS, [bob.pk], "lost laptop")

    assert result.count == 2
    assert [browser.get("/account/").status_code for browser in browsers] == [302, 302]
    entry = AuditEntry.objects.get(verb="session.end_all")
    assert (entry.subject, entry.detail, entry.reason) == (f"bob (id {bob.pk})", "2 open", "lost laptop")


def test_all_working_keys_of_several_people_are_revoked(ada: Actor) -> None:
    bob, eve = actor_called("bob"), actor_called("eve")
    for actor in (bob, bob, eve):
        keys.issue(actor, name="k", scopes=[Permission.BILLING_READ])
    keys.revoke(bob, PortalKey.objects.filter(owner=bob.user).latest("pk").pk)

    results = actions.run(ada, Action.REVOKE_KEYS, [eve.user.pk, bob.user.pk], "leaked")

    assert {result.user.username: result.count for result in results} == {"bob": 1, "eve": 1}
    assert not PortalKey.objects.filter(revoked_at=None).exists()
    details = AuditEntry.objects.filter(verb="key.revoke", reason="leaked").values_list("detail", flat=True)
    assert set(details) == {f"of bob (id {bob.user.pk})", f"of eve (id {eve.user.pk})"}


@pytest.mark.parametrize("action", Action)
def test_nobody_does_this_to_themselves(ada: Actor, action: Action) -> None:
    (result,) = actions.run(ada, action, [ada.user.pk], "x")

    assert result.refusal
    assert User.objects.get(username="ada").is_active
    assert AuditEntry.objects.get().outcome == "refused"


def test_only_superusers_act_on_a_superuser(ada: Actor) -> None:
    root = User.objects.create_superuser("root")

    assert "superuser" in actions.run(ada, Action.DEACTIVATE, [root.pk], "x")[0].refusal
    User.objects.filter(pk=ada.user.pk).update(is_superuser=True)
    assert actions.run(ada, Action.DEACTIVATE, [root.pk], "x")[0].refusal == ""

    assert [entry[3] for entry in entries("staff.deactivate")] == ["refused", "succeeded"]


def test_administrators_who_deactivate_each_other_leave_one(ada: Actor) -> None:
    other = actor_called("other", Role.ADMIN)  # this actor's request started before
    actions.run(ada, Action.DEACTIVATE, [other.user.pk], "x")

    with pytest.raises(NotPermitted):
        actions.run(other, Action.DEACTIVATE, [ada.user.pk], "x")
    assert User.objects.get(username="ada").is_active


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.AUDITOR])
def test_permission_is_required(role: Role) -> None:
    bob = actor_called("bob").user

    with pytest.raises(NotPermitted):
        actions.run(actor_called("eve", role), Action.DEACTIVATE, [bob.pk], "x")
    assert User.objects.get(username="bob").is_active


def test_nothing_changes_if_one_person_is_unknown(ada: Actor) -> None:
    bob = actor_called("bob").user

    with pytest.raises(staff.UnknownPerson):
        actions.run(ada, Action.DEACTIVATE, [bob.pk, 4711], "x")
    assert User.objects.get(username="bob").is_active
