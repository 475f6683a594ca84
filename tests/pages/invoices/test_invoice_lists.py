"""Lists of invoices: what remains, how late it is, totals per currency, and a currency that is named once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from billing.altostrat.resources.invoices import Invoice
from billing.pages.rendering.invoices import invoice_tag
from tests.html import attributes, one, select, text, texts
from tests.pages.addresses import DOCUMENTED, panel
from tests.pages.invoices.conftest import PutInvoices

INVOICES = f"{DOCUMENTED}invoices/"
MONEY = ["Total", "Paid", "Remaining"]


def days(count: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=count):%Y-%m-%dT%H:%M:%SZ}"


def totals(page: object) -> list[str]:
    return attributes(page, ".ages td.figure data", "value")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "due", "paid", "title"),
    [
        ("open", -12, 0, "Past due 12 days"),
        ("open", -1, 400, "Past due 1 day"),
        ("open", 0, 0, "Open"),
        ("open", 3, 0, "Open"),
        ("open", -12, 1000, "Open"),
        ("open", None, 0, "Open"),
        ("paid", -12, 1000, "Paid"),
        ("uncollectible", -12, 0, "Uncollectible"),
    ],
)
def test_invoice_is_past_due_if_something_remains(
    status: str, due: int | None, paid: int, title: str
) -> None:
    at = None if due is None else datetime.now(UTC) + timedelta(days=due)
    tag = invoice_tag(Invoice(status=status, amount_due=1000, amount_paid=paid, due_date=at))

    assert tag.title == title
    assert ("tag-red" in tag.css) is (title.startswith("Past due") or status == "uncollectible")


def test_list_shows_what_remains_with_totals_and_names_one_currency_once(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(
        {"id": "in_1", "total": 37800, "amount_due": 37800, "amount_paid": 12600, "due_date": days(-12)},
        {
            "id": "in_2",
            "status": "paid",
            "total": 100,
            "amount_due": 100,
            "amount_paid": 100,
            "due_date": None,
        },
    )
    page = alice.get(INVOICES)
    table = select(page, "table.rows")[0]

    assert texts(table, "td[data-label=Status] .tag") == ["Past due 12 days", "Paid"]
    assert [texts(table, f"td[data-label={name}]") for name in MONEY] == [
        ["378.00", "1.00"],
        ["126.00", "1.00"],
        ["252.00", "0.00"],
    ]
    assert text(one(page, ".table-unit")) == "Amounts in USD"
    assert text(select(table, "td[data-label=Due]")[1]).startswith("—")
    assert totals(page) == ["379.00", "127.00", "252.00"]
    assert texts(alice.get(panel(DOCUMENTED, "invoices")), "td[data-label=Status] .tag") == [
        "Past due 12 days",
        "Paid",
    ]
    assert "Past due 12 days" in text(alice.get(panel(DOCUMENTED, "timeline")))


def test_currencies_are_named_and_added_apart(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(
        *(
            {"id": f"in_{number}", "currency": code, "total": 1234, "amount_due": 1234, "amount_paid": 34}
            for number, code in enumerate(("jpy", "kwd", "jpy"))
        )
    )
    page = alice.get(INVOICES)

    assert not select(page, ".table-unit")
    assert "¥1,234\xa0JPY" in page.text
    assert totals(page) == ["2468", "68", "2400", "1.234", "0.034", "1.200"]
