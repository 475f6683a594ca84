"""The aging of all accounts: its page and its file."""

from __future__ import annotations

from decimal import Decimal

from django.test import Client
from pytest_django import Settings

from billing.roles import Role
from tests.html import Source, attributes, select, text, texts
from tests.pages.conftest import client_of
from tests.pages.scans.steps import read, rows_of
from tests.plugins.processes import Sandbox
from tests.tokens import SUPPORT

PAGE = "/reports/ageing/"
FILE = f"{PAGE}?format=csv"
WORKSPACE, ACCOUNT = "ws_supportdesk0002", "cus_gmd3htvd7p28fhm1"
COLUMNS = ["Account id", "Invoice id", "Number", "Currency", "Due date", "Days late", "Bucket", "Remaining"]


def amounts(page: Source) -> list[Decimal]:
    """Return the column "Remaining" of the list of invoices."""
    return [
        Decimal(value)
        for value in attributes(page, "#invoices tbody td[data-label=Remaining] data.money", "value")
    ]


def owe(sandbox: Sandbox, *invoices: tuple[str, int]) -> None:
    """Replace the invoices of an account with open ones."""
    rows = [
        {
            "id": f"in_{number}",
            "number": f"A-{number}",
            "status": "open",
            "currency": currency,
            "amount_due": amount,
            "total": amount,
            "created_at": "2020-01-01T00:00:00Z",
            "due_date": "2020-02-01T00:00:00Z",
        }
        for number, (currency, amount) in enumerate(invoices)
    ]
    sandbox.put("invoices", ACCOUNT, *rows)


def test_report_waits_for_all_accounts(carol_unlimited: Client) -> None:
    page = carol_unlimited.get(PAGE)

    assert select(page, "progress")
    assert "Outstanding" not in text(page)
    assert carol_unlimited.get(FILE).status_code == 409


def test_totals_accounts_invoices_and_file_agree(carol_unlimited: Client) -> None:
    read(carol_unlimited)
    page, rows = carol_unlimited.get(PAGE), rows_of(carol_unlimited, FILE)

    assert list(rows[0]) == COLUMNS
    assert {row["Bucket"] for row in rows} <= {"Not due", "1-30", "31-60", "61-90", "Over 90"}
    for row in rows:
        days = int(row["Days late"])
        assert (row["Bucket"] == "Not due") is (days == 0)
        assert (row["Bucket"] == "Over 90") is (days > 90)
    total = sum(Decimal(row["Remaining"]) for row in rows)
    assert len(rows) > 3
    assert {row["Currency"] for row in rows} == {"USD"}
    assert sorted(amounts(page)) == sorted(Decimal(row["Remaining"]) for row in rows)
    assert sum(amounts(page)) == total
    outstanding = [Decimal(value) for value in attributes(page, ".ages tfoot data.money", "value")]
    assert outstanding[0] == outstanding[-1] == total
    assert f"add up to ${total:,.2f} USD outstanding" in text(page).replace("\xa0", " ")
    assert "as of" in text(page).lower()


def test_amounts_of_the_file_have_the_decimals_of_their_currency(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    owe(fresh_sandbox, ("jpy", 1234), ("kwd", 1234), ("usd", 1234), ("xqz", 1234))
    read(carol_unlimited)
    rows = [row for row in rows_of(carol_unlimited, FILE) if row["Account id"] == ACCOUNT]

    assert {row["Currency"]: row["Remaining"] for row in rows} == {
        "JPY": "1234",
        "KWD": "1.234",
        "USD": "12.34",
        "XQZ minor units": "1234",
    }
    assert rows[0]["Due date"] == "2020-02-01"
    assert rows[0]["Bucket"] == "Over 90"


def test_summary_has_the_amounts_of_each_currency(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    owe(fresh_sandbox, ("jpy", 1234), ("kwd", 1234), ("kwd", 1), ("usd", 1234), ("xqz", 1234))
    read(carol_unlimited)
    page = carol_unlimited.get(PAGE)
    summary = "section[aria-labelledby=summary-title] tbody td"
    outstanding = attributes(page, f"{summary}[data-label=Outstanding] data.money", "value")
    others = attributes(page, f"{summary}:not([data-label=Outstanding]) data.money", "value")

    assert sorted(outstanding) == ["1.235", "12.34", "1234", "1234"]
    assert sorted(map(Decimal, others)) == sorted(map(Decimal, outstanding))  # each in one bucket
    assert len(attributes(page, "section[aria-labelledby=summary-title] th a", "href")) == 4


def test_check_tells_late_amounts_from_those_without_a_date(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    invoice = {"status": "open", "currency": "usd", "amount_due": 700, "total": 700}
    late = {"created_at": "2020-01-01T00:00:00Z", "due_date": "2020-02-01T00:00:00Z"}
    fresh_sandbox.put("invoices", ACCOUNT, {**invoice, "id": "in_1"}, {**invoice, **late, "id": "in_2"})
    read(carol_unlimited)
    check = "$0.00 USD not due, $7.00 USD late and $7.00 USD without a date add up to $14.00 USD outstanding."

    assert check in text(carol_unlimited.get(PAGE))
    assert sorted(row["Bucket"] for row in rows_of(carol_unlimited, FILE)) == ["", "Over 90"]


def test_older_invoices_are_included(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    owe(fresh_sandbox, *[("usd", 1)] * 450)
    fresh_sandbox.clear()
    read(carol_unlimited)
    rows = [row for row in rows_of(carol_unlimited, FILE) if row["Account id"] == ACCOUNT]
    calls = [one for one in fresh_sandbox.requests() if f"{ACCOUNT}/invoices" in one["path"]]

    assert len({row["Invoice id"] for row in rows}) == len(rows) == 450
    assert len(calls) == 3
    page = carol_unlimited.get(f"{PAGE}?page=2")
    assert len(amounts(page)) == 100
    assert "only the latest" not in text(carol_unlimited.get("/queues/"))


def test_incomplete_read_has_no_totals(carol_unlimited: Client, fresh_sandbox: Sandbox) -> None:
    fresh_sandbox.fault("status:403", f"{ACCOUNT}/invoices", times=None)
    read(carol_unlimited)
    page = carol_unlimited.get(PAGE)

    assert "No totals, because some data could not be read" in text(page)
    assert not select(page, "svg.chart, tfoot")
    assert text(select(page, ".scan-missing li a")[0])
    assert carol_unlimited.get(FILE).status_code == 409
    assert "Could not be read" in text(carol_unlimited.get(FILE))
    assert "Not included" in rows_of(carol_unlimited, f"{FILE}&partial=yes")[0]


def test_older_invoices_that_cannot_be_read_are_missing(
    carol_unlimited: Client, fresh_sandbox: Sandbox
) -> None:
    owe(fresh_sandbox, *[("usd", 1)] * 250)
    fresh_sandbox.fault("status:403", f"{ACCOUNT}/invoices.*after=", times=None)
    read(carol_unlimited)
    page = carol_unlimited.get(PAGE)

    assert len(select(page, ".scan-missing li")) == 1
    assert not select(page, "tfoot")


def test_bucket_lists_its_invoices(carol_unlimited: Client) -> None:
    read(carol_unlimited)
    (link,) = attributes(carol_unlimited.get(PAGE), 'a[href*="bucket=Over"]', "href")
    rows = [row for row in rows_of(carol_unlimited, FILE) if row["Bucket"] == "Over 90"]
    page = carol_unlimited.get(f"{PAGE}{link}")

    assert rows
    assert sum(amounts(page)) == sum(Decimal(row["Remaining"]) for row in rows)
    assert texts(page, "#invoices-title") == [f"{len(rows)} open invoice{'s' if len(rows) > 1 else ''}"]


def test_report_shows_only_what_the_persons_own_token_sees(
    carol_unlimited: Client, settings: Settings, fresh_sandbox: Sandbox
) -> None:
    read(carol_unlimited)
    other = client_of("dave", Role.VIEWER, SUPPORT)
    page = other.get(PAGE)

    assert select(page, "progress")
    assert not select(page, "data.money")


def test_navigation_leads_to_the_reports(carol_unlimited: Client) -> None:
    page = carol_unlimited.get("/reports/")

    assert attributes(page, '.main-nav a[aria-current="page"]', "href") == ["/reports/"]
    assert PAGE in attributes(page, "main td a", "href")
