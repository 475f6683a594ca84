"""Which two invoices are compared."""

from __future__ import annotations

import pytest

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices.pairs import newest_pair

pytestmark = pytest.mark.sqlite_only


def _rows(*statuses: str) -> tuple[Invoice, ...]:
    return tuple(Invoice(id=f"in_{number}", status=status) for number, status in enumerate(statuses, 1))


@pytest.mark.parametrize(
    ("statuses", "old_id", "new_id", "expected"),
    [
        (("open", "paid"), "", "", ("in_2", "in_1")),
        (("draft", "void", "open", "void", "uncollectible"), "", "", ("in_5", "in_3")),
        (("open", "paid", "paid"), "", "in_2", ("in_3", "in_2")),
        (("open", "paid", "paid"), "in_3", "", ("in_3", "in_1")),
        (("open", "void", "draft"), "in_3", "in_2", ("in_3", "in_2")),
        (("open", "paid"), "in_1", "in_2", ("in_1", "in_2")),
        (("open",), "", "", (None, "in_1")),
        (("open",), "in_9", "", (None, "in_1")),
        (("open",), "", "in_9", (None, None)),
        ((), "", "", (None, None)),
    ],
)
def test_default_is_the_newest_finalized_invoice_and_the_one_before(
    statuses: tuple[str, ...], old_id: str, new_id: str, expected: tuple[str | None, ...]
) -> None:
    found = newest_pair(_rows(*statuses), old_id, new_id)

    assert tuple(one and one.id for one in found) == expected
