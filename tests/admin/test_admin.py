"""The admin: for superusers, without a secret, and read only where history must stand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from billing.models import AltostratToken, AuditEntry, PortalKey, User
from billing.roles import Permission
from billing.services import audit
from billing.services.people import keys
from billing.services.tokens import manage as token_changes
from tests.plugins.processes import Portal
from tests.services.cast import actor_called
from tests.tokens import FINANCE

MODELS = ("altostrattoken", "portalkey", "auditentry")


@pytest.fixture
def rows(db: None) -> dict[str, object]:
    """A token, a key and an audit entry."""
    alice = actor_called("alice")
    token, _ = token_changes.save(alice, text=FINANCE, label="Finance", verify=False)
    key, _ = keys.issue(alice, name="ERP", scopes=[Permission.BILLING_READ])
    entry = audit.record(alice, "token.check", audit.Outcome.SUCCEEDED)
    return {"altostrattoken": token, "portalkey": key, "auditentry": entry}


@pytest.fixture
def superuser(client: Client, db: None) -> Client:
    """A browser with a superuser signed in."""
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_it_lists_and_shows_without_a_secret(superuser: Client, rows: dict[str, object], model: str) -> None:
    row = rows[model]
    changelist = superuser.get(reverse(f"admin:billing_{model}_changelist"))
    detail = superuser.get(reverse(f"admin:billing_{model}_change", args=[row.pk]))  # type: ignore[attr-defined]

    assert (changelist.status_code, detail.status_code) == (200, 200)
    text = changelist.content.decode() + detail.content.decode()
    assert AltostratToken.objects.get().envelope not in text
    assert PortalKey.objects.get().digest not in text


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("act", ["add", "delete", "change"])
def test_it_changes_nothing(superuser: Client, rows: dict[str, object], model: str, act: str) -> None:
    arguments = [] if act == "add" else [rows[model].pk]  # type: ignore[attr-defined]

    answer = superuser.post(reverse(f"admin:billing_{model}_{act}", args=arguments), {"post": "yes"})

    assert answer.status_code == 403
    assert AltostratToken.objects.count() == PortalKey.objects.count() == 1
    assert set(AuditEntry.objects.values_list("verb", flat=True)) >= {
        "token.save",
        "key.issue",
        "token.check",
    }


def _switch(superuser: Client, act: str, *people: User) -> str:
    chosen = [person.pk for person in people]
    answer = superuser.post(
        reverse("admin:billing_user_changelist"), {"action": act, "_selected_action": chosen}, follow=True
    )
    return answer.content.decode()


def test_it_deactivates_people_with_an_audit_row(superuser: Client, rows: dict[str, object]) -> None:
    alice = User.objects.get(username="alice")

    assert "Deactivated: alice" in _switch(superuser, "deactivate", alice)

    alice.refresh_from_db()
    assert not alice.is_active
    entry = AuditEntry.objects.get(verb="staff.deactivate")
    assert (entry.actor_name, entry.door, entry.subject) == ("root", "admin", "alice")
    assert "Activated: alice" in _switch(superuser, "activate", alice)


def test_it_does_not_deactivate_oneself(superuser: Client, rows: dict[str, object]) -> None:
    root = User.objects.get(username="root")

    assert "You cannot switch yourself off" in _switch(superuser, "deactivate", root)
    assert User.objects.get(username="root").is_active


def test_the_active_flag_is_for_the_actions_alone(superuser: Client, rows: dict[str, object]) -> None:
    page = superuser.get(reverse("admin:billing_user_change", args=[User.objects.get(username="alice").pk]))

    assert 'name="username"' in page.content.decode()
    assert 'name="is_active"' not in page.content.decode()


def test_somebody_else_does_not_get_in(client: Client, rows: dict[str, object]) -> None:
    client.force_login(User.objects.get(username="alice"))

    assert client.get(reverse("admin:billing_auditentry_changelist")).status_code == 302


def test_a_visitor_signs_in_where_everybody_does(client: Client, db: None) -> None:
    answer = client.get(reverse("admin:index"), follow=True)

    assert [address.partition("?")[0] for address, _ in answer.redirect_chain] == [
        "/admin/login/",
        "/accounts/sign-in/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_the_policy_holds(
    portal: Portal, page: Page, axe: Callable[[Page], list[str]], scheme: str
) -> None:
    portal.manage(
        "create_staff", "admin", "--role", "admin", "--password-stdin", stdin="pass phrase of admin 4711"
    )
    promote = "User.objects.filter(username='admin').update(is_staff=True, is_superuser=True)"
    portal.manage("shell", "-c", f"from billing.models import User; {promote}")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{portal.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password", exact=True).fill("pass phrase of admin 4711")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.url}/admin/")

    assert axe(page) == []
    page.goto(f"{portal.url}/admin/billing/altostrattoken/")
    assert axe(page) == []
