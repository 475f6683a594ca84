"""Why the bill changed, in the summary for a ticket."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.html import one
from tests.pages.addresses import ACCOUNT, DOCUMENTED, panel
from tests.plugins.processes import Sandbox

SHARE = panel(DOCUMENTED, "share")


def _invoice(number: int, quantity: int, amount_due: int, **fields: Any) -> dict[str, Any]:
    amount = quantity * 1000
    line = {"amount": amount, "quantity": quantity, "unit_amount": 1000, "price_id": "price_1"}
    return {
        "id": f"in_{number}",
        "number": f"A-{number}",
        "status": "paid",
        "currency": "usd",
        "created_at": f"2026-0{number}-01T00:00:00Z",
        "lines": [{**line, "product_name": "Users", "description": "Users of Jane Doe"}],
        "discount_names": ["Deal with Jane Doe"],
        "total": amount,
        "amount_due": amount_due,
        **fields,
    }


@pytest.fixture
def ticket(alice: Client, fresh_sandbox: Sandbox) -> Any:
    """Return a function that replaces the invoices and returns the summary."""

    def summary(*rows: dict[str, Any]) -> str:
        fresh_sandbox.put("invoices", ACCOUNT, *rows)
        return one(alice.get(SHARE), "#ticket pre").text()

    return summary


def test_ticket_explains_the_newest_bill(ticket: Any) -> None:
    summary = ticket(_invoice(2, 8, 8500), _invoice(1, 10, 7000))

    assert (
        "**Why the bill changed**\n\n"
        "Invoice A-2 of 1 Feb 2026 asks for $85.00 USD, $15.00 USD more than invoice A-1 of 1 Jan 2026.\n\n"
        "- Quantity Users: -$20.00 USD. From 10 to 8, at $10.00 USD.\n"
        "- Credit: +$35.00 USD. Credit reduces the amount due: by -$5.00 USD, formerly by $30.00 USD.\n"
    ) in summary


def test_ticket_has_no_free_text(ticket: Any) -> None:
    lines = [{"amount": 9000, "quantity": 9, "price_id": "price_1", "description": "Jane Doe"}]
    old = _invoice(1, 10, 9000, lines=lines, discount_amount=0, total=9000)
    summary = ticket(_invoice(2, 10, 9000, discount_amount=1000, total=9000), old)

    assert "- Quantity Users: +$10.00 USD." in summary
    assert "- Discount: -$10.00 USD. Begins with invoice A-2." in summary
    assert "Jane" not in summary


def test_ticket_says_nothing_about_bills_that_cannot_be_compared(ticket: Any) -> None:
    summary = ticket(_invoice(2, 8, 8000, currency="eur"), _invoice(1, 10, 10000))

    assert "Why the bill changed" not in summary


def test_ticket_of_the_same_bill(ticket: Any) -> None:
    assert "- no differences" in ticket(_invoice(2, 8, 8000), _invoice(1, 8, 8000))
