"""The admin: for superusers only, without secrets, and read-only except for people."""

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
from tests import html
from tests.plugins.processes import Portal
from tests.services.cast import actor_called
from tests.tokens import FINANCE

MODELS = ("altostrattoken", "portalkey", "auditentry")


@pytest.fixture
def rows(db: None) -> dict[str, object]:
    """Return a token, a key and an audit entry."""
    alice = actor_called("alice")
    token, _ = token_changes.save(alice, text=FINANCE, label="Finance", verify=False)
    key, _ = keys.issue(alice, name="ERP", scopes=[Permission.BILLING_READ])
    entry = audit.record(alice, "token.check", audit.Outcome.SUCCEEDED)
    return {"altostrattoken": token, "portalkey": key, "auditentry": entry}


@pytest.fixture
def superuser(client: Client, db: None) -> Client:
    """Return a browser with a superuser signed in."""
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", MODELS)
def test_pages_show_no_secret(superuser: Client, rows: dict[str, object], model: str) -> None:
    row = rows[model]
    changelist = superuser.get(reverse(f"admin:billing_{model}_changelist"))
    detail = superuser.get(reverse(f"admin:billing_{model}_change", args=[row.pk]))  # type: ignore[attr-defined]

    assert (changelist.status_code, detail.status_code) == (200, 200)
    text = changelist.content.decode() + detail.content.decode()
    assert AltostratToken.objects.get().envelope not in text
    assert PortalKey.objects.get().digest not in text


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("action", ["add", "delete", "change"])
def test_rows_are_read_only(superuser: Client, rows: dict[str, object], model: str, action: str) -> None:
    arguments = [] if action == "add" else [rows[model].pk]  # type: ignore[attr-defined]

    answer = superuser.post(reverse(f"admin:billing_{model}_{action}", args=arguments), {"post": "yes"})

    assert answer.status_code == (302 if (model, action) == ("portalkey", "change") else 403)
    assert AltostratToken.objects.count() == PortalKey.objects.count() == 1
    assert set(AuditEntry.objects.values_list("verb", flat=True)) >= {
        "token.save",
        "key.issue",
        "token.check",
    }


def test_limits_of_a_key_can_be_changed(superuser: Client, rows: dict[str, object]) -> None:
    key = PortalKey.objects.get()
    url = reverse("admin:billing_portalkey_change", args=[key.pk])

    assert superuser.post(url, {"networks": '["192.0.2.1/24"]'}).status_code == 200
    assert superuser.post(url, {"networks": '"192.0.2.0/24"'}).status_code == 200
    superuser.post(url, {"networks": '["192.0.2.0/24"]', "is_read_only": "on", "name": "Other"})

    key.refresh_from_db()
    assert (key.networks, key.is_read_only, key.name) == (["192.0.2.0/24"], True, "ERP")
    entry = AuditEntry.objects.get(verb="key.change")
    assert (entry.actor_name, entry.door) == ("root", "admin")
    assert entry.detail == "never expires, 192.0.2.0/24, read-only of alice"


def test_key_can_be_revoked(superuser: Client, rows: dict[str, object]) -> None:
    key = PortalKey.objects.get()
    data = {"action": "revoke", "_selected_action": [key.pk]}

    superuser.post(reverse("admin:billing_portalkey_changelist"), data)

    key.refresh_from_db()
    assert key.has_ended
    assert AuditEntry.objects.get(verb="key.revoke").detail == "of alice"
    assert superuser.post(reverse("admin:billing_portalkey_change", args=[key.pk])).status_code == 403


def _run(superuser: Client, action: str, *people: User) -> list[str]:
    data = {"action": action, "_selected_action": [person.pk for person in people]}
    answer = superuser.post(reverse("admin:billing_user_changelist"), data, follow=True)
    return html.texts(answer.content.decode(), ".messagelist li")


def test_deactivation_leaves_an_audit_row(superuser: Client, rows: dict[str, object]) -> None:
    alice = User.objects.get(username="alice")

    assert _run(superuser, "deactivate", alice) == ["Deactivated: alice"]

    alice.refresh_from_db()
    assert not alice.is_active
    entry = AuditEntry.objects.get(verb="staff.deactivate")
    assert (entry.actor_name, entry.door, entry.subject) == ("root", "admin", "alice")
    assert _run(superuser, "activate", alice) == ["Reactivated: alice"]


def test_superuser_cannot_deactivate_themselves(superuser: Client, rows: dict[str, object]) -> None:
    root = User.objects.get(username="root")

    assert _run(superuser, "deactivate", root) == [
        "You can't deactivate yourself. Ask another administrator."
    ]
    assert User.objects.get(username="root").is_active


def test_form_does_not_change_the_active_flag(superuser: Client, rows: dict[str, object]) -> None:
    page = superuser.get(reverse("admin:billing_user_change", args=[User.objects.get(username="alice").pk]))
    names = html.attributes(page.content.decode(), "#user_form [name]", "name")

    assert "username" in names
    assert "is_active" not in names


def test_editor_cannot_open_the_admin(client: Client, rows: dict[str, object]) -> None:
    client.force_login(User.objects.get(username="alice"))

    assert client.get(reverse("admin:billing_auditentry_changelist")).status_code == 302


def test_visitor_is_redirected_to_the_portals_sign_in(client: Client, db: None) -> None:
    answer = client.get(reverse("admin:index"), follow=True)

    assert [address.partition("?")[0] for address, _ in answer.redirect_chain] == [
        "/admin/login/",
        "/accounts/sign-in/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_obey_the_content_security_policy(
    portal: Portal, page: Page, axe: Callable[[Page], list[str]], scheme: str
) -> None:
    portal.staff("admin", "admin")
    promote = "User.objects.filter(username='admin').update(is_staff=True, is_superuser=True)"
    portal.manage("shell", "-c", f"from billing.models import User; {promote}")
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(f"{portal.url}/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password", exact=True).fill(portal.passwords["admin"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.url}/admin/")

    assert axe(page) == []
    page.goto(f"{portal.url}/admin/billing/altostrattoken/")
    assert axe(page) == []
