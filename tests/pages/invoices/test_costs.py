"""The page that divides a bill among organizations, and its file."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.html import Source, attributes, rows, text
from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE
from tests.pages.invoices.conftest import PutInvoices
from tests.plugins.processes import Sandbox

COSTS = f"{DOCUMENTED}costs/"
HEADINGS = [
    *("Organization", "Organization ID", "Product", "Used", "Charges", "Discount", "Tax", "Total"),
    *("Credit", "Amount due", "Reason"),
]


def _invoice(number: str, *lines: tuple[str, str, int], **fields: Any) -> dict[str, Any]:
    """Return an invoice with lines of a price, a product and an amount."""
    named = [
        {"price_id": price, "product_name": product, "amount": amount} for price, product, amount in lines
    ]
    total = sum(amount for _, _, amount in lines) + fields.get("tax", 0)
    sums = {"number": number, "lines": named, "total": total, "amount_due": total}
    return sums | {"status": "open", **fields}


USERS = ("price_456def", "Users", 10003)
NEW = _invoice("A-2", USERS, ("price_new", "Setup fee", 2000), tax=2401, created_at="2026-03-09T12:00:00Z")
OLD = _invoice("A-1", USERS, created_at="2026-03-02T12:00:00Z")


@pytest.fixture
def two_organizations(fresh_sandbox: Sandbox) -> None:
    """Put two organizations into the workspace: one uses 49 users, the other one 51."""
    fresh_sandbox.put("organizations", WORKSPACE, _organization("a", 49), _organization("b", 51))


def _organization(key: str, users: int) -> dict[str, Any]:
    usage = {"usage": {"users": users}, "subtree_usage": {"users": users}}
    return {"id": f"org_{key}", "name": f"Org {key}", "workspace_id": WORKSPACE, "usage": usage}


def _file(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def _sums(page: Source) -> list[str]:
    return attributes(page, ".sums data.money", "value")


@pytest.mark.usefixtures("two_organizations")
def test_page_divides_the_newest_invoice_by_use(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(_invoice("A-3", USERS, status="draft"), NEW, OLD)
    page = alice.get(COSTS)

    assert rows(page) == [
        ["Org a", "Users", "49", "49.01", "9.80", "58.81"],
        ["Org b", "Users", "51", "51.02", "10.21", "61.23"],
        [
            "Not assigned",
            "Setup fee Altostrat does not provide the product of this line.",
            "\u2014 not known",
            "20.00",
            "4.00",
            "24.00",
        ],
    ]
    assert _sums(page) == ["120.04", "24.00", "144.04"]
    assert "Invoice A-2, divided by use as of" in text(page)
    assert "Altostrat does not provide the use of earlier months." in text(page)


@pytest.mark.usefixtures("two_organizations")
@pytest.mark.parametrize(
    ("currency", "amounts"),
    [("usd", ["49.01", "51.02"]), ("jpy", ["4901", "5102"]), ("kwd", ["4.901", "5.102"])],
)
def test_file_has_a_row_for_each_organization_and_product(
    alice: Client, put_invoices: PutInvoices, currency: str, amounts: list[str]
) -> None:
    put_invoices({**OLD, "currency": currency})
    answer = alice.get(f"{COSTS}?invoice=in_1&format=csv")

    first, *lines = _file(answer)
    assert first == HEADINGS
    assert [line[:4] for line in lines] == [
        ["Org a", "org_a", "Users", "49"],
        ["Org b", "org_b", "Users", "51"],
    ]
    assert [line[9] for line in lines] == amounts
    assert f"costs-{ACCOUNT}-in_1-{currency.upper()}-" in answer["Content-Disposition"]
    assert alice.get(f"{COSTS}?format=xlsx").getvalue().startswith(b"PK")


@pytest.mark.usefixtures("two_organizations")
def test_credit_notes_are_divided_like_charges(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(_invoice("C-1", ("price_456def", "Users", -10003)))

    assert [line[9] for line in _file(alice.get(f"{COSTS}?format=csv"))[1:]] == ["-49.01", "-51.02"]


@pytest.mark.usefixtures("two_organizations")
def test_invoices_of_a_month_are_added(alice: Client, put_invoices: PutInvoices) -> None:
    april = _invoice("A-4", USERS, created_at="2026-04-01T12:00:00Z")
    put_invoices(april, NEW, _invoice("A-0", USERS, status="void", created_at="2026-03-05T12:00:00Z"), OLD)
    page = alice.get(f"{COSTS}?month=2026-03")

    assert _sums(page) == ["220.07", "24.00", "244.07"]
    assert "Invoices of March 2026: A-2, A-1, divided by use" in text(page)
    links = attributes(alice.get(f"{COSTS}?invoice=in_2"), ".filter-act a", "href")
    assert links == [f"{DOCUMENTED}invoices/in_2/", "?month=2026-03"]


@pytest.mark.usefixtures("two_organizations")
def test_invoices_of_a_month_in_two_currencies_are_not_added(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices({**NEW, "currency": "eur"}, OLD)
    page = alice.get(f"{COSTS}?month=2026-03")

    assert _sums(page) == ["120.04", "24.00", "144.04", "100.03", "0.00", "100.03"]
    assert _file(alice.get(f"{COSTS}?month=2026-03&format=csv"))[0][10] == "Currency"


def test_every_invoice_of_the_sandbox_is_divided_completely(alice: Client) -> None:
    for url in (COSTS, f"{ACCOUNTS}cus_qctd7kt95e167w1b/costs/"):
        for invoice_id in attributes(alice.get(url), "#invoice option", "value")[:6]:
            lines = _file(alice.get(f"{url}?invoice={invoice_id}&format=csv"))[1:]
            page = alice.get(f"{url}?invoice={invoice_id}")

            assert str(sum(Decimal(line[9]) for line in lines)) == _sums(page)[2]
            assert {line[0] for line in lines if Decimal(line[9])} - {"Not assigned"}


@pytest.mark.parametrize(
    ("path", "document", "reason"),
    [
        ("organizations", {"data": [], "has_more": True}, "Altostrat has more organizations than it sent."),
        ("organizations", {"data": []}, "No organization reports use of this product."),
    ],
)
def test_nothing_is_assigned_without_known_use(
    alice: Client, put_invoices: PutInvoices, fresh_sandbox: Sandbox, path: str, document: Any, reason: str
) -> None:
    put_invoices(OLD)
    fresh_sandbox.says(f"/{path}$", document)
    page = alice.get(COSTS)

    assert rows(page) == [["Not assigned", f"Users {reason}", "\u2014 not known", "100.03", "100.03"]]
    assert _sums(page) == ["0.00", "100.03", "100.03"]


@pytest.mark.parametrize(
    ("fields", "query", "problem"),
    [
        ({"status": "void"}, "?invoice=in_1", "Invoice A-1 is void, so nothing is owed for it."),
        ({"status": "draft"}, "", "There is no finalized invoice to divide."),
        ({"lines": None}, "", "Invoice A-1: Altostrat does not provide the lines."),
        ({}, "?month=2025-01", "There is no finalized invoice to divide."),
    ],
)
def test_page_says_why_there_is_nothing_to_divide(
    alice: Client, put_invoices: PutInvoices, fields: dict[str, Any], query: str, problem: str
) -> None:
    put_invoices({**OLD, **fields})

    assert problem in text(alice.get(f"{COSTS}{query}"))
    assert alice.get(f"{COSTS}?{query.removeprefix('?')}&format=csv").status_code == 409


@pytest.mark.parametrize(
    ("query", "status"), [("invoice=in_99", 404), ("invoice=a/b", 404), ("month=2026-13", 404)]
)
def test_wrong_ids(alice: Client, query: str, status: int) -> None:
    assert alice.get(f"{COSTS}?{query}").status_code == status


def test_page_shows_a_copy_and_its_file_does_not(
    alice: Client, put_invoices: PutInvoices, fresh_sandbox: Sandbox
) -> None:
    put_invoices(OLD)
    alice.get(COSTS)
    fresh_sandbox.fault("status:503", "/organizations$", times=None)

    assert "Based on a copy from" in text(alice.get(COSTS))
    assert alice.get(f"{COSTS}?format=csv").status_code == 503
