"""Recurring revenue of all accounts: page, accounts of a month, and files."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.test import Client
from django.utils import timezone

from tests.html import attributes, select, text, texts
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox

PAGE = "/reports/revenue/"
FILE = f"{PAGE}?format=csv"
MOVEMENTS = ["New", "Reactivation", "Expansion", "Contraction", "Churn"]
ACCOUNT = "cus_gmd3htvd7p28fhm1"


def test_months_add_up_on_page_and_in_file_and_open_into_accounts(carol_scanned: Client) -> None:
    page, rows = carol_scanned.get(PAGE), rows_of(carol_scanned, FILE)

    assert list(rows[0]) == [
        *("Month", "State", "Currency", "Start"),
        *MOVEMENTS,
        *("End", "Past due", "Customers"),
    ]
    assert {row["Currency"] for row in rows} == {"USD"}
    assert [row["State"] for row in rows] == ["complete"] * (len(rows) - 1) + ["month to date"]
    for number, row in enumerate(rows):
        assert Decimal(row["Start"]) + sum(Decimal(row[one]) for one in MOVEMENTS) == Decimal(row["End"])
        assert number == 0 or row["Start"] == rows[number - 1]["End"]
    ends = [Decimal(value) for value in attributes(page, "td[data-label=End] data", "value")]
    assert ends == [Decimal(row["End"]) for row in reversed(rows)]
    # Locations at 15 and users at 3 dollars a month: 34, 420 and one single sign-on at 99, and 15 and 70, past due.
    assert (rows[-1]["End"], rows[-1]["Past due"]) == ("2304.00", "435.00")
    accounts = rows_of(carol_scanned, f"{FILE}&month={rows[-1]['Month']}")
    assert sum(Decimal(row["End"]) for row in accounts) == Decimal(rows[-1]["End"])
    assert "before discounts" in text(page)
    assert "As of" in text(page)


def test_rounded_accounts_may_differ_from_their_month_and_the_page_says_so(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    line = {"amount": 100, "quantity": 1, "unit_amount": 100, "price_id": "price_year", "currency": "usd"}
    product = {"price_id": "price_year", "quantity": 1, "interval": "year"}
    for account in (ACCOUNT, "cus_5vtsx1yplybgiqt3"):
        invoice = {
            "id": f"in_{account}",
            "status": "paid",
            "created_at": "2026-01-01T12:00:00Z",
            "currency": "usd",
        }
        fresh_sandbox.put("invoices", account, {**invoice, "lines": [line]})
        subscription = {"id": f"sub_{account}", "status": "active", "currency": "usd"}
        fresh_sandbox.put(
            "subscriptions", account, {**subscription, "product_quantities": {"locations": product}}
        )
    read(carol_unlimited)
    now = rows_of(carol_unlimited, FILE)[-1]
    accounts = rows_of(carol_unlimited, f"{FILE}&month={now['Month']}")

    # 1.00 a year is 0.08333 a month: twice that is 0.17, and not 0.16.
    assert now["End"] == "0.17"
    assert [row["End"] for row in accounts] == ["0.08", "0.08"]
    assert "rounded once, where it is shown" in text(carol_unlimited.get(PAGE))


def test_movement_lists_its_accounts(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    line = {"amount": 700, "quantity": 1, "unit_amount": 700, "price_id": "price_123abc", "currency": "usd"}
    created = timezone.now() - timedelta(days=40)
    first = {
        "id": "in_1",
        "status": "paid",
        "created_at": created.isoformat(),
        "currency": "usd",
        "lines": [line],
    }
    fresh_sandbox.put("invoices", ACCOUNT, first)
    read(carol_unlimited)
    (link,) = attributes(carol_unlimited.get(PAGE), "td[data-label=New] a", "href")
    page = carol_unlimited.get(f"{PAGE}{link}")

    assert texts(page, "td[data-label=Movement] .tag") == ["New"]
    assert attributes(page, "td[data-label=Change] data", "value") == ["7.00"]


def test_incomplete_read_has_no_totals(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    assert carol_unlimited.get(FILE).status_code == 409
    fresh_sandbox.fault("status:403", f"{ACCOUNT}/invoices", times=None)
    read(carol_unlimited)
    page = carol_unlimited.get(PAGE)

    assert "No totals, because some data could not be read" in text(page)
    assert not select(page, "svg.chart, td[data-label=End]")
    assert carol_unlimited.get(FILE).status_code == 409
