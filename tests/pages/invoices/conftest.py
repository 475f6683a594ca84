"""Pages about invoices, with the sandbox's documented account holding exactly the invoices of a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.pages.addresses import ACCOUNT
from tests.plugins.processes import Sandbox

PutInvoices = Callable[..., None]

ROW: dict[str, Any] = {
    "id": "in_1",
    "customer_id": ACCOUNT,
    "status": "open",
    "currency": "usd",
    "created_at": "2026-03-01T00:00:00Z",
}


@pytest.fixture
def put_invoices(fresh_sandbox: Sandbox) -> PutInvoices:
    """Return a function that replaces the invoices of the documented account.

    Fields are added to a row without amounts.
    """

    def put(*rows: dict[str, Any]) -> None:
        fresh_sandbox.put(
            "invoices", ACCOUNT, *({**ROW, "id": f"in_{number}", **row} for number, row in enumerate(rows, 1))
        )

    return put
