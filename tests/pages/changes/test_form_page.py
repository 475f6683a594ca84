"""Forms and buttons that lead to a review: workspaces, organizations, members, payment methods."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import Change
from billing.roles import Role
from tests import html
from tests.pages.addresses import DOCUMENTED
from tests.pages.conftest import client_of
from tests.pages.forms import form_values, review_of, submit
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE

ACME, BAY, SINGLE = "ws_a1b2c3d4e5f6g7h8", "ws_ex6v0f7oxkpivd8q", "ws_ivtfhggaz5creums"
ROLE = f"/workspaces/{ACME}/members/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5/role/"
METHODS = f"{DOCUMENTED}payment-methods/"


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("/workspaces/new/", {"name": "New", "billing_mode": "single"}),
        (f"/workspaces/{BAY}/edit/", {"name": "Table Bay", "description": "Networks"}),
        (
            f"/workspaces/{BAY}/organizations/new/",
            {"name": "New", "billing_account_id": "cus_4w5g778bg26zcp1c", "limit_users": "0"},
        ),
        (f"/workspaces/{ACME}/organizations/new/", {"name": "New"}),
        (f"/workspaces/{ACME}/organizations/org_aBcDeFg123456789/children/new/", {"name": "New"}),
        (f"/workspaces/{ACME}/members/new/", {"user_id": "auth0|0123", "role": "viewer"}),
        (ROLE, {"role": "viewer"}),
    ],
    ids=["workspace", "rename", "organization", "pooled", "child", "member", "role"],
)
def test_form_leads_to_review_and_sends_nothing(
    address: str, typed: dict[str, str], alice: Client, fresh_sandbox: Sandbox
) -> None:
    review = review_of(alice, address, typed)
    page = alice.get(review)
    assert "Nothing has been sent yet" in html.text(page)

    (back,) = [link for link in html.attributes(page, "a", "href") if link.startswith(f"{address}?change=")]
    kept = form_values(alice.get(back))
    assert {name: kept[name] for name in typed} == typed
    assert fresh_sandbox.writes() == []


@pytest.mark.parametrize(
    ("address", "typed", "message"),
    [
        ("/workspaces/new/", {"name": "x" * 51, "billing_mode": "single"}, "at most 50 characters"),
        ("/workspaces/new/", {"name": "x"}, "Choose a billing mode; it cannot be changed later."),
        (f"/workspaces/{BAY}/edit/", {"name": "x", "description": "x" * 201}, "at most 200 characters"),
        (f"/workspaces/{BAY}/organizations/new/", {"name": "x"}, "Choose a billing account."),
        (f"/workspaces/{ACME}/organizations/new/", {"name": "x", "limit_sso": "-1"}, "Enter 0 or more"),
        (f"/workspaces/{ACME}/members/new/", {"user_id": "eve@acme.com", "role": "viewer"}, "not a user ID"),
        (f"/workspaces/{ACME}/members/new/", {"user_id": "auth0|1", "role": "king"}, "Select a valid choice"),
        (ROLE, {"role": "admin"}, "Nothing to change"),
    ],
    ids=["name", "mode", "description", "account", "limit", "no-bar", "no-role", "same"],
)
def test_documented_limits_are_checked_before_the_call(
    address: str, typed: dict[str, str], message: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    response = submit(alice, address, typed)

    assert response.status_code == 422
    assert message in " ".join(html.texts(response, ".field-error, .note-error"))
    assert fresh_sandbox.writes() == []
    assert not Change.objects.exists()


def test_only_a_pooled_workspace_asks_for_no_billing_account(alice: Client) -> None:
    pooled = alice.get(f"/workspaces/{ACME}/organizations/new/")
    assigned = alice.get(f"/workspaces/{BAY}/organizations/new/")

    assert "billing_account_id" not in form_values(pooled)
    assert "billing_account_id" in form_values(assigned)


def test_organization_form_explains_limits(alice: Client) -> None:
    page = html.text(alice.get(f"/workspaces/{ACME}/organizations/new/"))

    assert "Leave empty for no limit. 0 turns the product off." in page


def test_without_a_billing_account_the_form_says_why_it_is_disabled(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    page = alice.get("/workspaces/ws_d7ubc5fz7oj1a1wf/organizations/new/")
    button = html.button(page, "Continue to review").attributes

    assert "needs a billing account. Create one first." in html.text(html.one(page, "#why-not"))
    assert "disabled" in button
    assert button["aria-describedby"] == "why-not"


def test_expired_form_keeps_its_input(alice: Client, fresh_sandbox: Sandbox) -> None:
    address = f"/workspaces/{BAY}/edit/"
    response = submit(alice, address, {"snapshot": "of another key", "name": "Typed"})

    assert response.status_code == 422
    assert "opened too long ago" in html.alerts(response)[0]
    assert form_values(response)["name"] == "Typed"
    assert alice.post(address, form_values(response)).status_code == 302


@pytest.mark.parametrize(
    ("address", "heading"),
    [
        (f"/workspaces/{BAY}/archive/", "Table Bay Networks: archive workspace"),
        (
            f"/workspaces/{ACME}/organizations/org_aBcDeFg123456789/delete/",
            ": delete organization",
        ),
        (
            f"/workspaces/{ACME}/members/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5/remove/",
            ": remove member",
        ),
    ],
    ids=["workspace", "organization", "member"],
)
def test_button_leads_to_review_that_needs_reason_and_name(
    address: str, heading: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    review = alice.post(address, follow=True)

    assert html.text(html.one(review, "h1")).endswith(heading)
    assert "required" in html.one(review, "textarea[name=reason]").attributes
    assert "required" in html.one(review, "input[name=confirmation]").attributes
    assert fresh_sandbox.writes() == []


def test_default_payment_method_of_a_subscription_cannot_be_detached(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    page = alice.get(METHODS)

    assert "disabled" in html.button(page, "Detach: 4242").attributes
    assert "disabled" not in html.button(page, "Detach: 5454").attributes
    assert "default of active subscriptions. Make another payment method the default first" in html.text(page)


def test_last_owner_cannot_be_removed(alice: Client) -> None:
    page = alice.get(f"/workspaces/{ACME}/members/")
    buttons = [one for one in html.select(page, "main button") if html.text(one).startswith("Remove")]

    assert html.text(page).count("A workspace needs an owner") == 1
    assert ["disabled" in button.attributes for button in buttons].count(True) == 1
    assert len(buttons) == 5


@pytest.mark.parametrize(
    "address", ["/workspaces/", f"/workspaces/{BAY}/", f"/workspaces/{BAY}/members/", METHODS]
)
def test_viewer_sees_that_the_role_is_read_only(
    address: str, db: None, static_files: None, altostrat_url: str
) -> None:
    page = client_of("vic", Role.VIEWER, FINANCE).get(address)

    assert "Your role is read-only." in html.text(page)
    # Saving a view of the list is the reader's own business.
    assert set(html.attributes(page, 'main form[method="post"]', "action")) <= {"/views/"}


def test_viewer_cannot_archive(db: None, static_files: None, altostrat_url: str) -> None:
    viewer = client_of("vic", Role.VIEWER, FINANCE)

    assert viewer.post(f"/workspaces/{BAY}/archive/").status_code == 403
