"""The page of an invoice reports only sums that are wrong under every convention."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.html import alerts
from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.conftest import PutInvoices

INVOICE = f"{DOCUMENTED}invoices/in_1/"
LINES = [{"amount": 10000, "currency": "usd"}]


@pytest.mark.parametrize(
    "amounts",
    [
        {"subtotal": 8000, "discount_amount": 2000, "tax": 0, "total": 8000, "lines": LINES},
        {"subtotal": 10000, "discount_amount": 2000, "tax": 0, "total": 8000, "lines": LINES},
        {"subtotal": 10000, "tax": None, "total": 11500},
        {"subtotal": 10000, "discount_amount": 0, "total": 11500},
        {"subtotal": 10000, "discount_amount": None, "tax": 0, "total": 9000, "lines": LINES},
        {"subtotal": 10000, "discount_amount": 0, "tax": "1500", "total": 11500, "lines": LINES},
        {"subtotal": 11500, "discount_amount": 0, "tax": 1500, "total": 11500},
        {"subtotal": 10000, "discount_amount": 0, "tax": 1500, "total": 11500, "lines": [{"amount": 11500}]},
        {"subtotal": "8000", "discount_amount": 0, "tax": 0, "total": 1, "lines": [{"amount": "1"}]},
        {
            "subtotal": 5,
            "discount_amount": 0,
            "tax": 0,
            "total": 5,
            "lines": [{"amount": 7, "currency": "eur"}],
        },
    ],
    ids=[
        *("discount within the subtotal", "discount deducted", "tax is null", "tax is missing"),
        *("discount is null", "tax is text", "tax within the subtotal", "tax within the lines"),
        *("amounts are text", "a line in another currency"),
    ],
)
def test_invoice_is_not_accused(amounts: dict[str, Any], alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(amounts)

    assert alerts(alice.get(INVOICE)) == []


@pytest.mark.parametrize(
    ("total", "lines", "shown"),
    [
        (
            7999,
            10000,
            "Subtotal less discount plus tax is $60.00 USD, but Altostrat sent $79.99 USD as total.",
        ),
        (
            8001,
            10000,
            "Subtotal less discount plus tax is $60.00 USD, but Altostrat sent $80.01 USD as total.",
        ),
        (8000, 10001, "The sum of the lines is $100.01 USD, but Altostrat sent $80.00 USD as subtotal."),
    ],
)
def test_one_cent_off_is_reported(
    total: int, lines: int, shown: str, alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(
        {"subtotal": 8000, "discount_amount": 2000, "tax": 0, "total": total, "lines": [{"amount": lines}]}
    )

    (alert,) = alerts(alice.get(INVOICE))
    assert shown in alert
