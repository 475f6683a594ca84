"""Print the page of a billing account in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page

from billing.services.changes.kinds.subscriptions import MAX_RUNNING
from tests.journeys.test_every_page import FULL, LATE, THREE
from tests.pages.addresses import DOCUMENTED
from tests.pages.tables.test_paging import invoice
from tests.plugins.chromium import wait_for_parts
from tests.plugins.processes import Portal, Sandbox

SignIn = Callable[[Page, str], None]


def printed_pages(page: Page, address: str) -> int:
    page.goto(address)
    wait_for_parts(page)
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_account_prints_on_two_pages(portal: Portal, sign_in: SignIn, page: Page) -> None:
    sign_in(page, "alice")

    assert [printed_pages(page, f"{portal.url}{address}") <= 2 for address in (DOCUMENTED, LATE, FULL)] == [
        True
    ] * 3


def test_account_with_long_lists_and_notes_prints_on_two_pages(
    portal: Portal, sign_in: SignIn, page: Page, fresh_sandbox: Sandbox
) -> None:
    account = THREE.split("/")[-2]
    products = {"locations": 10, "users": 50, "sso": 1}
    fresh_sandbox.put("previews", account, {"total": 1000, "amount_due": 1000, "currency": "usd"})
    fresh_sandbox.put(
        "invoices", account, *(invoice(number, customer_id=account) for number in range(1, 101))
    )
    fresh_sandbox.put(
        "subscriptions",
        account,
        *(
            {
                "id": f"sub_{number}",
                "status": "active" if number < MAX_RUNNING else "canceled",
                "currency": "usd",
                "product_quantities": products,
            }
            for number in range(10)
        ),
    )
    fresh_sandbox.put(
        "payment_methods",
        account,
        *({"id": f"pm_{number}", "type": "card", "last4": f"{4240 + number}"} for number in range(5)),
    )
    sign_in(page, "alice")
    for number in range(4):
        page.goto(f"{portal.url}{THREE}notes/")
        page.get_by_label("Note", exact=True).fill(
            f"{number} {uuid4()} " + "They promised to pay next week. " * 50
        )
        page.get_by_role("button", name="Save note").click()
        page.wait_for_url(f"{portal.url}{THREE}#notes")

    assert printed_pages(page, f"{portal.url}{THREE}") == 2
    page.emulate_media(media="print")
    assert page.locator("#timeline, #share, #spend, .head-actions").filter(visible=True).count() == 0
    assert page.get_by_text("The 5 latest of").is_visible()
