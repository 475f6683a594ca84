"""Edit, create and delete an account in Chromium: form, review, sign-in, outcome and undo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.changes.appearance import Axe, check_appearance
from tests.pages.addresses import ACCOUNTS, DOCUMENTED
from tests.plugins.processes import Portal, Sandbox, running_portal
from tests.services.changes.conftest import change_upstream_account
from tests.tokens import FINANCE


@pytest.fixture(scope="module")
def portal(
    sandbox: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    with running_portal(tmp_path_factory.mktemp("portal"), sandbox.url) as running:
        running.staff("alice", "editor", FINANCE)
        running.staff("vic", "viewer", FINANCE)
        yield running


@pytest.fixture
def alice(portal: Portal, page: Page, sandbox: Sandbox) -> Iterator[Page]:
    """Yield an editor, with a reset sandbox."""
    sandbox.reset()
    portal.delete_changes()
    _sign_in(page, portal, "alice")
    yield page
    sandbox.reset()


def _sign_in(page: Page, portal: Portal, name: str) -> None:
    page.goto(f"{portal.url}/accounts/sign-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(portal.passwords[name])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{portal.url}/")


def test_edit_review_sign_in_again_send_and_undo(
    alice: Page, portal: Portal, sandbox: Sandbox, axe: Axe
) -> None:
    page = alice
    page.goto(f"{portal.url}{DOCUMENTED}")
    page.get_by_role("link", name="Edit", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Edit billing account: ACME Corp Billing")
    check_appearance(page, axe, "edit")
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing to change")

    page.get_by_label("Name", exact=True).fill("ACME Corporation")
    page.get_by_label("Phone").fill("")
    page.get_by_label("City").fill("Oakland")
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("row", name="Name")).to_contain_text("ACME Corporation")
    expect(page.locator("pre")).to_contain_text('"phone": null')
    check_appearance(page, axe, "review")
    assert sandbox.writes() == []

    portal.manage(
        "shell",
        "-c",
        "from billing.models import UserSession; from datetime import timedelta; from django.db.models import F;"
        "UserSession.objects.update(signed_in_at=F('signed_in_at') - timedelta(minutes=31))",
    )
    page.get_by_label("Reason").fill("The company moved")
    page.get_by_label("Ticket").fill("FIN-7")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_label("Password").fill(portal.passwords["alice"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing account updated")
    expect(page.get_by_role("row", name="City")).to_contain_text("Oakland")
    check_appearance(page, axe, "outcome")
    page.reload()
    assert len(sandbox.writes()) == 1

    page.goto(f"{portal.url}{DOCUMENTED}history/")
    expect(page.get_by_text("The company moved")).to_be_visible()
    check_appearance(page, axe, "history")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="Name")).to_contain_text("ACME Corp Billing")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing account updated")
    assert [row["body"].get("name") for row in sandbox.writes()] == ["ACME Corporation", "ACME Corp Billing"]
    page.goto(f"{portal.url}/changes/")
    check_appearance(page, axe, "my-changes")


@pytest.mark.parametrize("kind", ["text", "email"])
@pytest.mark.parametrize("email", ["info@müller.example", "Info@FAß.example", "no_host@exa_mple.de"])
def test_fields_that_nobody_touched_are_not_sent(
    email: str, kind: str, alice: Page, portal: Portal, sandbox: Sandbox
) -> None:
    """Chromium rewrites the domain of an address in a field of type email."""
    address = {"country": "US", "line1": "1 Road\nFloor 2", "line2": "\r\nBack\r", "city": " Oak\rland"}
    odd = {"email": email, "description": "\r\none\rtwo\n", "address": address, "phone": "+1\t555\n"}
    change_upstream_account(sandbox, odd)
    page = alice
    page.goto(f"{portal.url}{DOCUMENTED}edit/")
    page.get_by_label("Email").evaluate("(field, kind) => { field.type = kind }", kind)
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing to change")
    page.get_by_label("Email").evaluate("(field, kind) => { field.type = kind }", kind)
    page.get_by_label("Name", exact=True).fill("Typed")
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing account updated")

    assert [row["body"] for row in sandbox.writes()] == [{"name": "Typed"}]


def test_change_by_another_person_is_compared(
    alice: Page, portal: Portal, sandbox: Sandbox, axe: Axe
) -> None:
    page = alice
    page.goto(f"{portal.url}{DOCUMENTED}edit/")
    page.get_by_label("Name", exact=True).fill("Mine")
    change_upstream_account(sandbox, {"name": "Theirs", "phone": "+4930123456"})
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Altostrat has different values now")
    check_appearance(page, axe, "compare")
    page.get_by_role("group", name="Name").get_by_text("Use this value").last.click()
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("row", name="Name")).to_contain_text("Theirs")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing account updated")

    assert [row["body"] for row in sandbox.writes()] == [{"name": "Mine"}]


def test_lost_response_is_an_unknown_outcome(alice: Page, portal: Portal, sandbox: Sandbox, axe: Axe) -> None:
    page = alice
    page.goto(f"{portal.url}{DOCUMENTED}edit/")
    page.get_by_label("Name", exact=True).fill("Lost")
    page.get_by_role("button", name="Continue to review").click()
    sandbox.fault("close_after", method="PATCH")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Outcome unknown")
    expect(page.get_by_text("The change was applied.")).to_be_visible()
    check_appearance(page, axe, "unknown")
    page.get_by_role("button", name="Check status").click()
    expect(page.get_by_text("The change was applied.")).to_be_visible()

    assert len(sandbox.writes()) == 1


def test_refusal_shows_at_its_field_and_the_input_is_kept(
    alice: Page, portal: Portal, sandbox: Sandbox, axe: Axe
) -> None:
    page = alice
    page.goto(f"{portal.url}{DOCUMENTED}edit/")
    page.get_by_label("Email").fill("a@b.c.d@e")
    page.get_by_label("Email").evaluate("field => field.form.noValidate = true")
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("alert")).to_contain_text("Correct the fields marked below.")
    page.get_by_label("Email").fill("billing@acme.example")
    page.get_by_role("button", name="Continue to review").click()
    sandbox.fault("status:422", method="PATCH")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("alert")).to_contain_text("Altostrat refused this change. Nothing was changed.")
    expect(page.get_by_label("Email")).to_have_value("billing@acme.example")
    check_appearance(page, axe, "refused")


def test_delete_requires_a_reason_and_the_name_and_shows_what_prevents_it(
    alice: Page, portal: Portal, sandbox: Sandbox, axe: Axe
) -> None:
    page = alice
    page.goto(f"{portal.url}{DOCUMENTED}")
    page.get_by_text("More actions").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_role("button", name="Delete permanently")).to_be_visible()
    check_appearance(page, axe, "delete")
    page.get_by_label("Reason").fill("Closed")
    page.get_by_label("Ticket").fill("FIN-1")
    page.get_by_label("Type “ACME").fill("acme")
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_text("exactly as shown.")).to_be_visible()
    assert sandbox.writes() == []
    page.get_by_label("Type “ACME").fill("ACME Corp Billing")
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Altostrat refused this change")
    expect(page.get_by_text("Cannot delete billing account with active subscriptions.")).to_be_visible()
    check_appearance(page, axe, "delete-refused")


def test_create_and_delete_an_account(alice: Page, portal: Portal, sandbox: Sandbox, axe: Axe) -> None:
    page = alice
    page.goto(f"{portal.url}{ACCOUNTS}")
    page.get_by_role("link", name="New billing account").click()
    page.get_by_label("Name", exact=True).fill("Fresh GmbH")
    page.get_by_label("Email").fill("rechnung@fresh.example")
    page.get_by_label("Currency").select_option("eur")
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Continue to review").click()
    expect(page.get_by_text("Addresses in this country need this field.").first).to_be_visible()
    check_appearance(page, axe, "new")
    page.get_by_label("Address line 1").fill("Unter den Linden 1")
    page.get_by_label("City").fill("Berlin")
    page.get_by_label("Postal code").fill("10117")
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_role("button", name="Create billing account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing account created")
    check_appearance(page, axe, "created")
    page.get_by_role("button", name="Undo").click()
    page.get_by_label("Reason").fill("A test")
    page.get_by_label("Ticket").fill("FIN-1")
    page.get_by_label("Type “Fresh").fill("Fresh GmbH")
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Billing account deleted")

    assert [(row["method"], row["status"]) for row in sandbox.writes()] == [("POST", 201), ("DELETE", 204)]


def test_button_explains_that_the_billing_mode_allows_no_more_accounts(
    alice: Page, portal: Portal, sandbox: Sandbox, axe: Axe
) -> None:
    page = alice
    page.goto(f"{portal.url}/workspaces/{_single(sandbox)}/billing-accounts/new/")

    expect(page.get_by_role("button", name="Continue to review")).to_be_disabled()
    expect(page.get_by_role("status").filter(has_text="one billing account")).to_be_visible()
    check_appearance(page, axe, "new-not-possible")


def test_viewer_sees_why_the_buttons_are_disabled(portal: Portal, page: Page, axe: Axe) -> None:
    _sign_in(page, portal, "vic")
    page.goto(f"{portal.url}{DOCUMENTED}")

    expect(page.get_by_role("button", name="Edit")).to_be_disabled()
    expect(page.get_by_text("Your role is read-only.").first).to_be_visible()
    assert axe(page) == []


def _single(sandbox: Sandbox) -> str:
    """Return a workspace in single mode that already has its account."""
    import requests

    headers = {"Authorization": f"Bearer {FINANCE}"}
    for row in requests.get(f"{sandbox.url}/workspaces", headers=headers, timeout=5).json()["data"]:
        if row["billing_mode"] == "single" and not row.get("archived"):
            address = f"{sandbox.url}/workspaces/{row['id']}/billing-accounts"
            if requests.get(address, headers=headers, timeout=5).json()["data"]:
                return str(row["id"])
    raise AssertionError("the sandbox has none")
