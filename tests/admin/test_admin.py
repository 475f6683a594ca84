"""The admin: for superusers only, read-only, and without secrets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page

from billing.models import AltostratToken, ContractDrift, Identity, User
from billing.services.tokens import manage as token_changes
from tests import html
from tests.plugins.processes import Portal
from tests.services.cast import actor_called
from tests.tokens import FINANCE

MODELS = ("altostrattoken", "identity", "contractdrift")


@pytest.fixture
def rows(db: None) -> dict[str, object]:
    """Return a token, an identity and a difference from the contract."""
    alice = actor_called("alice")
    token, _ = token_changes.save(alice, text=FINANCE, label="Finance", verify=False)
    identity = Identity.objects.create(user=alice.user, issuer="https://id.example", subject="1")
    drift = ContractDrift.objects.create(operation="listInvoices", path="data[].new", kind="new", count=1)
    return {"altostrattoken": token, "identity": identity, "contractdrift": drift}


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


def test_differences_from_the_contract_are_listed(superuser: Client, rows: dict[str, object]) -> None:
    listed = html.rows(superuser.get(reverse("admin:billing_contractdrift_changelist")))

    assert listed[-1][-6:-2] == ["listInvoices", "data[].new", "new field", "1"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("action", ["add", "delete", "change"])
def test_rows_are_read_only(superuser: Client, rows: dict[str, object], model: str, action: str) -> None:
    arguments = [] if action == "add" else [rows[model].pk]  # type: ignore[attr-defined]

    answer = superuser.post(reverse(f"admin:billing_{model}_{action}", args=arguments), {"post": "yes"})

    assert answer.status_code == 403
    assert AltostratToken.objects.count() == Identity.objects.count() == 1


def test_what_has_a_page_is_not_here_too(superuser: Client) -> None:
    models = {
        row["object_name"] for app in superuser.get("/admin/").context["app_list"] for row in app["models"]
    }

    assert models == {"AltostratToken", "ContractDrift", "Identity"}
    assert "Recent actions" not in superuser.get("/admin/").text


def test_editor_cannot_open_the_admin(client: Client, rows: dict[str, object]) -> None:
    client.force_login(User.objects.get(username="alice"))

    assert client.get(reverse("admin:billing_altostrattoken_changelist")).status_code == 302


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
