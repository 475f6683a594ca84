"""Forms and buttons that lead to a review: workspaces, organizations, members, payment methods."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from billing.models import Change
from billing.roles import Role
from tests.pages.addresses import DOCUMENTED
from tests.pages.conftest import client_of
from tests.plugins.processes import Sandbox
from tests.tokens import FINANCE

ACME, BAY, SINGLE = "ws_a1b2c3d4e5f6g7h8", "ws_ex6v0f7oxkpivd8q", "ws_ivtfhggaz5creums"
ROLE = f"/workspaces/{ACME}/members/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5/role/"
METHOD = f"{DOCUMENTED}payment-methods/"


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    tags = re.findall(r'<input type="hidden" name="(change_id|snapshot)"([^>]*)>', page)
    values = {name: re.search(r'value="([^"]*)"', rest) for name, rest in tags}
    return {name: html.unescape(found[1]) for name, found in values.items() if found}


def filled(client: Client, address: str, **values: str) -> tuple[int, str, str]:
    """The form sent: status, where it leads, the page."""
    answer = client.post(address, fields(client.get(address).text) | values)
    return answer.status_code, answer.headers.get("Location", ""), answer.text


@pytest.mark.parametrize(
    ("address", "values"),
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
def test_a_form_leads_to_its_review_and_sends_nothing(
    address: str, values: dict[str, str], alice: Client, fresh_sandbox: Sandbox
) -> None:
    status, review, page = filled(alice, address, **values)

    assert (status, review[:9]) == (302, "/changes/"), page
    text = alice.get(review).text
    assert "Nothing has been sent yet" in text
    assert f'href="{address}?change=' in text, "the way back to the input"
    kept = alice.get(f"{address}?change={review.split('/')[2]}").text
    for value in values.values():
        assert re.search(f'(value="|<textarea[^>]*>\\s){re.escape(html.escape(value))}["<]', kept), value
    assert fresh_sandbox.writes() == []


@pytest.mark.parametrize(
    ("address", "values", "words"),
    [
        ("/workspaces/new/", {"name": "x" * 51, "billing_mode": "single"}, "at most 50 characters"),
        ("/workspaces/new/", {"name": "x"}, "Choose a billing mode; it cannot be changed later."),
        (f"/workspaces/{BAY}/edit/", {"name": "x", "description": "x" * 201}, "at most 200 characters"),
        (f"/workspaces/{BAY}/organizations/new/", {"name": "x"}, "Choose a billing account."),
        (f"/workspaces/{ACME}/organizations/new/", {"name": "x", "limit_sso": "-1"}, "Enter 0 or more"),
        (f"/workspaces/{ACME}/members/new/", {"user_id": "eve@acme.com", "role": "viewer"}, "not a user id"),
        (f"/workspaces/{ACME}/members/new/", {"user_id": "auth0|1", "role": "king"}, "Select a valid choice"),
        (ROLE, {"role": "admin"}, "Nothing to change"),
    ],
    ids=["name", "mode", "description", "account", "limit", "no-bar", "no-role", "same"],
)
def test_documented_limits_are_checked_before_the_call(
    address: str, values: dict[str, str], words: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    status, _, page = filled(alice, address, **values)

    assert status == 422
    assert words in page
    assert fresh_sandbox.writes() == []
    assert not Change.objects.exists()


def test_a_pooled_workspace_asks_for_no_account_and_another_says_what_limits_mean(alice: Client) -> None:
    pooled = alice.get(f"/workspaces/{ACME}/organizations/new/").text
    assigned = alice.get(f"/workspaces/{BAY}/organizations/new/").text

    assert 'name="billing_account_id"' not in pooled
    assert 'name="billing_account_id"' in assigned
    assert "Leave it empty for no limit. 0 switches the product off." in pooled


def test_where_no_account_is_the_button_says_why(alice: Client, fresh_sandbox: Sandbox) -> None:
    page = alice.get("/workspaces/ws_d7ubc5fz7oj1a1wf/organizations/new/").text

    assert "needs a billing account, and there is none yet" in page
    assert re.search(r"<button[^>]* disabled[^>]*>Continue to review", page)


def test_a_form_of_long_ago_keeps_what_was_typed(alice: Client, fresh_sandbox: Sandbox) -> None:
    address = f"/workspaces/{BAY}/edit/"
    given = fields(alice.get(address).text) | {"snapshot": "of another key", "name": "Typed"}
    answer = alice.post(address, given)

    assert answer.status_code == 422
    assert "opened too long ago" in answer.text
    assert 'value="Typed"' in answer.text
    review = alice.post(address, fields(answer.text) | {"name": "Typed"})
    assert review.status_code == 302


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (f"/workspaces/{BAY}/archive/", "Archive the workspace: Table Bay Networks"),
        (f"/workspaces/{ACME}/organizations/org_aBcDeFg123456789/delete/", "Delete the organization"),
        (f"/workspaces/{ACME}/members/auth0%7C64f5a6b7c8d9e0f1a2b3c4d5/remove/", "Remove a member"),
    ],
    ids=["workspace", "organization", "member"],
)
def test_a_button_leads_to_a_review_that_wants_reason_and_name(
    address: str, says: str, alice: Client, fresh_sandbox: Sandbox
) -> None:
    review = alice.post(address, follow=True)

    assert says in review.text
    assert re.search(r'<textarea name="reason"[^>]* required', review.text)
    assert re.search(r'<input type="text" name="confirmation"[^>]* required', review.text)
    assert fresh_sandbox.writes() == []


def test_a_payment_method_that_cannot_go_has_a_disabled_button_that_says_why(
    alice: Client, fresh_sandbox: Sandbox
) -> None:
    page = alice.get(METHOD).text
    buttons = re.findall(r"<button([^>]*)>Detach<span class=\"visually-hidden\">: (\d+)", page)
    assert [("disabled" in attributes, last4) for attributes, last4 in buttons] == [
        (True, "4242"),
        (False, "5454"),
    ]
    assert "there are active subscriptions: make another one the default first" in page

    refused = alice.post(f"{METHOD}pm_a1b2c3d4e5f6g7h8/detach/", follow=True)
    assert refused.request["PATH_INFO"] == METHOD
    assert "Nothing was sent." in refused.text
    assert not Change.objects.exists()


def test_the_last_owner_has_disabled_buttons(alice: Client) -> None:
    page = alice.get(f"/workspaces/{ACME}/members/").text

    assert page.count("The last owner stays") == 1
    assert len(re.findall(r"<button[^>]* disabled [^>]*>Remove", page)) == 1
    assert len(re.findall(r"<button type=\"submit\"[^>]*>Remove", page)) == 4


def test_who_only_reads_sees_why_the_buttons_are_off(
    db: None, static_files: None, altostrat_url: str
) -> None:
    viewer = client_of("vic", Role.VIEWER, FINANCE)
    for address in ("/workspaces/", f"/workspaces/{BAY}/", f"/workspaces/{BAY}/members/", METHOD):
        page = viewer.get(address).text
        assert "Your role is read-only." in page, address
        assert not re.search(r"<form method=\"post\" action=\"/workspaces/", page), address
    assert viewer.post(f"/workspaces/{BAY}/archive/").status_code == 403
