"""The unit price of a subscription is never the amount of a proration."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.html import attributes, rows, text
from tests.pages.addresses import DOCUMENTED, panel
from tests.pages.invoices.conftest import PutInvoices

SUBSCRIPTION = f"{DOCUMENTED}subscriptions/sub_a1b2c3d4e5f6g7h8/"
PRICE = "price_123abc"
CREDIT = {"price_id": PRICE, "quantity": 1, "unit_amount": -6000, "amount": -6000}
REST = {**CREDIT, "unit_amount": 4000, "amount": 4000, "description": "Remaining time on Locations"}
WHOLE = {"price_id": PRICE, "quantity": 10, "unit_amount": 1500, "amount": 15000}


@pytest.mark.parametrize(
    ("lines", "price"),
    [
        ([CREDIT], None),
        ([CREDIT, WHOLE], None),
        ([{**CREDIT, "proration": True}, REST], None),
        ([{**CREDIT, "proration": True}, REST, WHOLE], "$15.00 USD"),
        ([WHOLE, {**WHOLE, "unit_amount": 1400, "amount": 14000}], None),
    ],
    ids=["a credit", "a credit and a charge", "prorations", "prorations and a whole period", "two amounts"],
)
def test_unit_price(
    lines: list[dict[str, Any]], price: str | None, alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices({"status": "paid", "lines": lines})

    (row,) = (row for row in rows(alice.get(panel(DOCUMENTED, "subscriptions"))) if row[0] == "Locations")
    detail = next(row for row in rows(alice.get(SUBSCRIPTION)) if row[0].startswith("Locations"))

    assert row[2] == (price or "— not known")
    assert detail[4].startswith(price or "not known from recent invoices")


def test_price_names_its_invoice(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(
        {"status": "paid", "number": "A-2", "lines": [{**CREDIT, "proration": True}]},
        {"status": "paid", "number": "A-1", "lines": [WHOLE]},
    )

    page = alice.get(SUBSCRIPTION)

    assert "$15.00 USD as on A-1" in text(page)
    assert f"{DOCUMENTED}invoices/in_2/" in attributes(page, "td a", "href")
