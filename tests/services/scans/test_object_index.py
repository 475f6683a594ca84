"""The search for invoices, subscriptions and payment methods in what a scan stores."""

from __future__ import annotations

from typing import Any

import pytest

from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.services.scans import object_index, summaries
from billing.services.scans.object_index import ObjectIndex

pytestmark = pytest.mark.sqlite_only

TOKEN = "test_YWNjdF8xTjBCUmVMa2Rk2JtLF9TZ"


def invoice(number: str | None, invoice_id: str = "in_1", **more: Any) -> list[object]:
    sent = {"id": invoice_id, "number": number, "status": "paid", "total": 1234, "currency": "KWD", **more}
    return summaries.searched(Invoice.from_json(sent))


def index(*invoices: list[object], **more: Any) -> ObjectIndex:
    account = summaries.account(BillingAccount(id="cus_1", name="ACME"), {"id": "ws_1"})
    return ObjectIndex(
        object_index.objects_of([{"account": account, "all_invoices": list(invoices), **more}])
    )


def why(found: ObjectIndex, text: str) -> list[tuple[str, str]]:
    return [(hit.found.number or hit.found.id, hit.why) for hit in object_index.search(found, text)]


NUMBERS = index(
    invoice("ABC12-0007"), invoice("ABC12-0042", "in_2"), invoice("9000-0142", "in_3"), invoice(None, "in_4")
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ABC12-0007", [("ABC12-0007", "Number")]),
        ("#abc12-0007", [("ABC12-0007", "Number")]),
        ("abc12 0007", [("ABC12-0007", "Number")]),
        ("abc12\u20110007", [("ABC12-0007", "Number")]),
        (" aBc120007 ", [("ABC12-0007", "Number")]),
        ("0042", [("ABC12-0042", "End of the number")]),
        ("#0042", [("ABC12-0042", "End of the number")]),
        ("142", [("9000-0142", "End of the number")]),
        ("abc12", [("ABC12-0007", "Beginning of the number"), ("ABC12-0042", "Beginning of the number")]),
        ("2-0042", [("ABC12-0042", "End of the number")]),
        ("0000", [("9000-0142", "Part of the number")]),
        ("in_4", [("in_4", "ID")]),
        ("\u2068 in_\u200b4\u00a0\u2069", [("in_4", "ID")]),
        ("42", []),
        ("%", []),
        ("in_", []),
        ("in_5", []),
        ("acme", []),
        ("", []),
    ],
)
def test_invoice_is_found_by_number_end_and_id(text: str, found: list[tuple[str, str]]) -> None:
    assert why(NUMBERS, text) == found


def test_four_digits_are_the_end_of_a_card_and_of_a_number() -> None:
    visa = {"id": "pm_1", "type": "card", "brand": "visa", "last4": "4242"}
    found = index(invoice("X-14242"), payment_methods=[visa])

    assert why(found, "4242") == [
        ("X-14242", "End of the number"),
        ("Visa ending in 4242", "Last digits of the card"),
    ]


def test_result_has_status_amount_and_date() -> None:
    (hit,) = object_index.search(index(invoice("A-1", created_at="2026-03-01T00:00:00Z")), "a-1")

    assert hit.is_exact
    assert (hit.found.status, hit.found.amount, hit.found.currency) == ("paid", 1234, "kwd")
    assert str(hit.found.at) == "2026-03-01 00:00:00+00:00"
    assert hit.found.account.name == "ACME"


@pytest.mark.parametrize(
    "address",
    [
        f"https://invoice.stripe.com/i/acct_1/{TOKEN}",
        f"https://invoice.stripe.com/i/acct_1/{TOKEN}?s=ap",
        f"https://pay.stripe.com/invoice/acct_1/{TOKEN}/pdf",
    ],
)
def test_link_to_the_payment_page_finds_its_invoice_and_is_not_stored(address: str) -> None:
    stored = invoice("A-1", hosted_invoice_url=f"https://invoice.stripe.com/i/acct_1/{TOKEN}?s=ap")

    assert TOKEN not in str(stored)
    assert why(index(stored, invoice("A-2")), summaries.link_key(address)) == [("A-1", "Link to the invoice")]


def test_same_number_in_two_accounts_is_found_twice() -> None:
    found = index(invoice("DUP-0001"), invoice("DUP-0001", "in_2"))

    assert [hit.found.id for hit in object_index.search(found, "dup-0001")] == ["in_1", "in_2"]
