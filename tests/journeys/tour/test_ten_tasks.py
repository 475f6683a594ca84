"""The ten tasks of docs/tour.md in a real browser. The document states their clicks, and this counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.journeys.tour.walker import Walker, documented
from tests.plugins.chromium import Chromium, watched_page
from tests.plugins.processes import Portal, Sandbox, running_portal, running_sandbox
from tests.tokens import COMPANY

TALLINN: Final = "cus_balticport000ee1"
WORKSPACE: Final = "ws_balticharbour001"
# These accounts owe nothing in the sandbox. With them, more than ten are past due.
OTHERS: Final = (
    *("cus_balticport000lv1", "cus_balticport000pl1", "cus_balticport000fi1", "cus_balticport000dk1"),
    *("cus_gmd3htvd7p28fhm1", "cus_5vtsx1yplybgiqt3", "cus_rcgb4ok7isxsyxlb", "cus_71trzn2xyzqvuw5b"),
)
pytestmark = pytest.mark.postgresql_only


def _past_due(account: str, number: int) -> dict[str, Any]:
    due = datetime.now(UTC) - timedelta(days=20 + number)
    return {
        "id": f"in_tour{number}",
        "customer_id": account,
        "number": f"TOUR-{number:04}",
        "status": "open",
        "currency": "eur",
        "amount_due": 10000 + number,
        "amount_paid": 0,
        "total": 10000 + number,
        "created_at": (due - timedelta(days=14)).isoformat(),
        "due_date": due.isoformat(),
        "hosted_invoice_url": f"https://invoice.stripe.com/i/acct_1/tour_{number}",
        "lines": [],
    }


@pytest.fixture(scope="module")
def company() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        for number, account in enumerate(OTHERS):
            sandbox.put("invoices", account, _past_due(account, number))
        yield sandbox


@pytest.fixture(scope="module")
def desk(company: Sandbox, static_files: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder = tmp_path_factory.mktemp("tour")
    with running_portal(folder, company.url, ALTOSTRAT_REQUESTS_PER_MINUTE="6000") as portal:
        portal.staff("tina", "editor", COMPANY)
        portal.staff("umar", "editor", COMPANY)
        yield portal


@pytest.fixture(scope="module")
def person(desk: Portal, chromium: Chromium) -> Iterator[Page]:
    """Yield the browser of tina, who is signed in and whose accounts have been read."""
    with watched_page(chromium.browser(), viewport={"width": 1440, "height": 900}) as page:
        page.set_default_timeout(30_000)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{desk.url}/accounts/sign-in/?next=/queues/past-due/")
        page.get_by_label("Username").fill("tina")
        page.get_by_label("Password", exact=True).fill(desk.passwords["tina"])
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".row-main a").first).to_be_visible(timeout=120_000)
        expect(page.locator(".scan-bar")).to_have_count(0, timeout=120_000)
        yield page


def who_owes_most(walker: Walker, _: Sandbox) -> None:
    walker.navigate("Reports")
    walker.link("Aging")
    walker.sees("Accounts, largest amount first")
    table = walker.page.get_by_role("table", name="Outstanding by account, in EUR")
    amounts = [
        Decimal(cell.get_attribute("value") or "")
        for cell in table.locator("tbody td[data-label=Outstanding] data").all()
    ]
    assert len(amounts) > 3
    assert amounts == sorted(amounts, reverse=True)


def remind_them(walker: Walker, _: Sandbox) -> None:
    walker.click(walker.page.locator(".queue-counts a", has_text="Past due"))
    walker.click(walker.page.locator(".row-main a").first)
    walker.link("Remind")
    walker.button("Copy text")
    walker.sees("Recorded as")
    assert "Amount remaining: " in walker.page.evaluate("navigator.clipboard.readText()")


def find_an_invoice_by_number(walker: Walker, company: Sandbox) -> None:
    number = _number(company)
    walker.find(number)
    expect(walker.page.get_by_role("heading", name=number)).to_be_visible()


def explain_a_bill(walker: Walker, company: Sandbox) -> None:
    walker.find(_number(company))
    walker.link("Compare with the one before")
    walker.sees("Difference, the sum of all parts")


def reduce_unused_seats(walker: Walker, _: Sandbox) -> None:
    walker.find(TALLINN)
    walker.link("What could be saved?")
    walker.link("Reduce quantities")
    walker.button("Continue to review")
    walker.page.get_by_label("Reason").fill("Nobody uses these seats")
    walker.page.get_by_label("Ticket").fill("FIN-12")
    walker.button("Change quantities")
    walker.sees("Quantities changed")


def aging_file_at_month_end(walker: Walker, _: Sandbox) -> None:
    walker.navigate("Reports")
    walker.link("Aging")
    walker.click(walker.page.locator("summary", has_text="Download"))
    with walker.page.expect_download() as download:
        walker.link("CSV")
    assert download.value.path().read_text("utf-8-sig").startswith("Account")


def last_months_revenue(walker: Walker, _: Sandbox) -> None:
    walker.navigate("Reports")
    walker.link("Recurring revenue")
    last = datetime.now(UTC).replace(day=1) - timedelta(days=1)
    table = walker.page.get_by_role("table", name="Recurring revenue by month, in USD")
    expect(table.get_by_role("row", name=f"{last:%B %Y}")).to_be_visible()


def who_opened_this_account(walker: Walker, _: Sandbox) -> None:
    walker.find(TALLINN)
    walker.link("History")
    walker.sees("Recently opened by")


def hand_over_an_account_with_a_note(walker: Walker, _: Sandbox) -> None:
    walker.find(TALLINN)
    walker.link("Add note")
    walker.page.get_by_role("textbox", name="Note").fill("Asked for fewer seats; please watch the next bill.")
    walker.button("Save note")
    walker.link("Follow up")
    walker.page.get_by_role("combobox", name="Assignee").select_option(label="umar")
    walker.button("Save assignee")
    walker.sees("umar")


def ten_reminders_in_a_row(walker: Walker, _: Sandbox) -> None:
    walker.click(walker.page.locator(".queue-counts a", has_text="Past due"))
    walker.click(walker.page.locator(".row-main a").first)
    walker.link("Remind")
    for number in range(10):
        walker.button("Copy text")
        walker.sees("Recorded as")
        if number < 9:
            heading = walker.page.locator(".kind").inner_text()
            walker.link("Next")
            expect(walker.page.locator(".kind")).not_to_have_text(heading)


TASKS: Final[dict[str, Callable[[Walker, Sandbox], None]]] = {
    "Who owes most": who_owes_most,
    "Remind them": remind_them,
    "Find an invoice by number": find_an_invoice_by_number,
    "Explain a bill": explain_a_bill,
    "Reduce unused seats": reduce_unused_seats,
    "Aging file at month end": aging_file_at_month_end,
    "Last month's revenue": last_months_revenue,
    "Who opened this account": who_opened_this_account,
    "Hand over an account with a note": hand_over_an_account_with_a_note,
    "Ten reminders in a row": ten_reminders_in_a_row,
}


def test_document_has_these_tasks() -> None:
    assert list(documented()) == list(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_task_takes_the_documented_clicks(desk: Portal, company: Sandbox, person: Page, task: str) -> None:
    walker = Walker(person, desk)
    walker.start()
    TASKS[task](walker, company)

    assert walker.clicks == documented()[task][1]


def _number(company: Sandbox) -> str:
    """Return the number of the newest invoice of an account with several."""
    path = f"/workspaces/{WORKSPACE}/billing-accounts/{TALLINN}/invoices"
    answer = requests.get(f"{company.url}{path}", headers={"Authorization": f"Bearer {COMPANY}"}, timeout=5)
    return str(answer.json()["data"][0]["number"])
