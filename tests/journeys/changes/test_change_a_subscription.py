"""Change a subscription, preview its cost, undo the change, and cancel a subscription."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.journeys.changes.appearance import Axe, check_appearance
from tests.pages.addresses import DOCUMENTED
from tests.plugins.processes import Portal, Sandbox
from tests.services.changes.kinds.subscriptions import received_writes

SignIn = Callable[[Page, str], None]

BALTIC = "/workspaces/ws_balticharbour001/billing-accounts/cus_balticport000lv1/"
SMALL = "sub_a6d4606b8d632e26"


def test_add_users_with_a_preview_and_undo(
    portal: Portal, sign_in: SignIn, page: Page, fresh_sandbox: Sandbox, axe: Axe
) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{DOCUMENTED}subscriptions/")
    page.get_by_role("link", name="sub_a1b2c3d4e5f6g7h8").click()
    page.get_by_role("link", name="Change").click()
    check_appearance(page, axe, "choose")
    page.get_by_role("link", name="Change quantities").click()
    page.get_by_label("Users").fill("61")
    check_appearance(page, axe, "quantities")
    page.get_by_role("button", name="Continue to review").click()
    preview = page.get_by_role("region", name="Preview of the next invoice")
    expect(preview).to_contain_text("Remaining time on 11")
    check_appearance(page, axe, "review")

    page.get_by_label("Reason").fill("The team grows")
    page.get_by_label("Ticket").fill("FIN-61")
    before = page.url
    page.get_by_role("button", name="Refresh preview").click()
    page.wait_for_url(lambda url: url != before)  # the page of a new change with the same input
    expect(page.get_by_label("Reason")).to_have_value("The team grows")
    expect(page.get_by_label("Ticket")).to_have_value("FIN-61")
    page.get_by_role("button", name="Change quantities").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Quantities changed")
    check_appearance(page, axe, "changed")
    page.reload()
    assert received_writes(fresh_sandbox) == [
        {"PATCH": {"product_quantities": {"locations": 10, "users": 61}}}
    ]

    page.get_by_role("button", name="Undo").click()
    page.get_by_label("Reason").fill("Too many")
    page.get_by_label("Ticket").fill("FIN-62")
    page.get_by_role("button", name="Change quantities").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Quantities changed")
    expect(page.get_by_role("row", name="Users")).to_contain_text("50")
    assert len(received_writes(fresh_sandbox)) == 2


def test_cancel_with_a_lost_response(
    portal: Portal, sign_in: SignIn, page: Page, fresh_sandbox: Sandbox, axe: Axe
) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{BALTIC}subscriptions/{SMALL}/")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_text("when its period ends, and does not renew.")).to_be_visible()
    check_appearance(page, axe, "cancel")
    page.get_by_role("button", name="Continue to review").click()
    page.get_by_label("Reason").fill("The site closes")
    page.get_by_label("Ticket").fill("FIN-70")
    page.get_by_label(f"Type “{SMALL}”").fill(SMALL)
    check_appearance(page, axe, "cancel-review")
    fresh_sandbox.fault("close_after", "/subscriptions/", method="DELETE")
    page.get_by_role("button", name="Cancel at end of period").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Outcome unknown")
    expect(page.get_by_text("The change was applied.")).to_be_visible()
    check_appearance(page, axe, "cancel-unknown")

    page.get_by_role("button", name="Check status").click()
    expect(page.get_by_text("The change was applied.")).to_be_visible()
    assert received_writes(fresh_sandbox) == [{"DELETE": None}]


def test_start_a_trial_with_metadata_by_keyboard(
    portal: Portal, sign_in: SignIn, page: Page, fresh_sandbox: Sandbox, axe: Axe
) -> None:
    account = "/workspaces/ws_supportdesk0001/billing-accounts/cus_71trzn2xyzqvuw5b/"
    sign_in(page, "alice")
    page.goto(f"{portal.url}{account}subscriptions/new/")
    page.get_by_label("Users").focus()
    page.keyboard.type("5")
    page.get_by_label("Key").first.focus()
    page.keyboard.type("po")
    page.keyboard.press("Tab")
    page.keyboard.type("4711")
    check_appearance(page, axe, "new")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(": new subscription$"))
    expect(page.get_by_text("A trial of 14 days begins immediately")).to_be_visible()
    page.get_by_label("Reason").focus()
    page.keyboard.type("They want to try it")
    page.keyboard.press("Tab")
    page.keyboard.type("SUP-5")
    check_appearance(page, axe, "new-review")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Subscription created")
    check_appearance(page, axe, "created")

    assert received_writes(fresh_sandbox) == [
        {"POST": {"product_quantities": {"users": 5}, "metadata": {"po": "4711"}}}
    ]


def test_preview_the_cost_of_a_subscription(
    portal: Portal, sign_in: SignIn, page: Page, fresh_sandbox: Sandbox, axe: Axe
) -> None:
    sign_in(page, "alice")
    page.goto(f"{portal.url}{DOCUMENTED}preview/")
    page.get_by_label("Users").fill("80")
    page.get_by_role("button", name="Preview invoice").click()
    expect(page.get_by_text("Remaining time on 30")).to_be_visible()
    check_appearance(page, axe, "preview")

    assert received_writes(fresh_sandbox) == []
