"""What remains of an invoice is shown wherever the invoice is, and explains its total."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from tests.html import facts, one, rows, text, texts
from tests.pages.addresses import DOCUMENTED, panel
from tests.pages.invoices.conftest import PutInvoices
from tests.pages.invoices.test_invoices import csv_rows
from tests.pages.invoices.test_spend import cents

INVOICES = f"{DOCUMENTED}invoices/"
INVOICE = f"{INVOICES}in_1/"
PART_PAID = {"total": 37800, "amount_due": 37800, "amount_paid": 12600}
CREDITED = {"status": "paid", "total": 50000, "amount_due": 30000, "amount_paid": 30000}


def days(count: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=count):%Y-%m-%dT%H:%M:%SZ}"


def test_part_paid_invoice_shows_what_remains_everywhere(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({**PART_PAID, "due_date": days(-3), "created_at": days(-33), "number": "A-1"})

    assert facts(one(alice.get(INVOICE), ".sums"))["Remaining"] == "$252.00 USD"
    assert "$252.00 USD of $378.00 USD remains to be paid." in text(alice.get(INVOICE))
    assert cents(alice.get(INVOICES), "Remaining") == [25200, 25200]  # the row and the total
    assert csv_rows(alice.get(f"{INVOICES}?format=csv"))[0]["Remaining"] == "252.00"
    assert cents(alice.get(panel(DOCUMENTED, "invoices")), "Remaining") == [25200]
    contents = alice.get(f"{INVOICE}contents/", headers={"HX-Request": "true"})
    assert facts(one(contents, ".sums"))["Remaining"] == "$252.00 USD"
    assert "$378.00 USD ($252.00 USD remaining)" in text(alice.get(panel(DOCUMENTED, "timeline")))
    assert "1 open invoice, $252.00 USD" in text(alice.get(panel(DOCUMENTED, "headline")))
    assert "$252.00 USD" in text(alice.get(panel(DOCUMENTED, "aging")))
    assert cents(alice.get(f"{DOCUMENTED}aging/"), "Remaining")[-1] == 25200
    (row,) = csv_rows(alice.get(f"{DOCUMENTED}aging/?format=csv"))
    assert (row["Days late"], row["Total"], row["Paid"], row["Remaining"]) == (
        "3",
        "378.00",
        "126.00",
        "252.00",
    )
    assert (
        ", $378.00 USD, $252.00 USD remaining"
        in one(alice.get(panel(DOCUMENTED, "share")), "#ticket pre").text()
    )


def test_file_of_open_invoices_has_the_days_late_of_the_page(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices({"status": "open", "total": 1000, "amount_due": 1000, "due_date": days(9)})
    page, (row,) = alice.get(f"{DOCUMENTED}aging/"), csv_rows(alice.get(f"{DOCUMENTED}aging/?format=csv"))

    assert texts(page, "td[data-label='Days late']") == [row["Days late"]] == ["0"]


def test_spend_counts_only_the_rest_as_open(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({**PART_PAID, "created_at": days(0)}, {**CREDITED, "created_at": days(0)})

    page = alice.get(f"{DOCUMENTED}spend/")
    total = {name: cents(page, name)[-1] for name in ("Paid", "Open", "Total")}

    assert total == {"Paid": 62600, "Open": 25200, "Total": 87800}
    row = csv_rows(alice.get(f"{DOCUMENTED}spend/?format=csv"))[0]
    assert (row["Paid"], row["Open"], row["Total"]) == ("626.00", "252.00", "878.00")


def test_spend_says_what_it_cannot_split(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(
        {"total": 100, "created_at": days(0)},
        {**CREDITED, "post_payment_credit_notes_amount": 700, "created_at": days(0)},
    )

    note = text(one(alice.get(f"{DOCUMENTED}spend/"), ".card-note"))

    assert "Of 1 invoice, Altostrat does not say what remains: the total counts as unpaid." in note
    assert "1 paid invoice was credited later, which is not deducted." in note


def test_open_rows_add_up_to_the_headline(alice: Client, put_invoices: PutInvoices) -> None:
    late = {"due_date": days(-3)}
    put_invoices(
        {**PART_PAID, **late},
        {"total": 125100, "amount_due": 125100, "amount_paid": 0, **late},
        {**CREDITED, **late},
        {"status": "void", "total": 900, "amount_due": 900, "amount_paid": 0, **late},
    )

    *remaining, total = cents(alice.get(INVOICES), "Remaining")

    assert remaining == [25200, 125100, 0, 0]
    assert total == sum(remaining)
    assert "2 open invoices, $1,503.00 USD" in text(alice.get(panel(DOCUMENTED, "headline")))
    assert sum(cents(alice.get(f"{DOCUMENTED}aging/"), "Remaining")[-2:]) == sum(remaining)


@pytest.mark.parametrize(
    ("fields", "note", "sums"),
    [
        (
            CREDITED,
            "Paid in full: $300.00 USD, and $200.00 USD of credit.",
            {
                "Total": "$500.00 USD",
                "Credit applied": "\N{MINUS SIGN}$200.00 USD",
                "Amount due": "$300.00 USD",
            },
        ),
        (
            {**CREDITED, "amount_due": 50000, "amount_paid": 50000},
            "Paid in full.",
            {"Remaining": "$0.00 USD"},
        ),
        ({**CREDITED, "amount_due": 0, "amount_paid": 0}, "Covered by $500.00 USD of credit.", {}),
        (
            {**CREDITED, "pre_payment_credit_notes_amount": 15000},
            "Paid in full: $300.00 USD, and $200.00 USD of credit.",
            {"Credit notes": "\N{MINUS SIGN}$150.00 USD", "Credit applied": "\N{MINUS SIGN}$50.00 USD"},
        ),
        (
            {**CREDITED, "post_payment_credit_notes_amount": 700},
            "of credit. $7.00 USD was credited later.",
            {"Credited after the payment": "$7.00 USD"},
        ),
        ({"status": "paid", "total": 500}, "Paid.", {"Remaining": "$0.00 USD"}),
        (
            {"status": "paid", "total": 500, "amount_due": 500, "amount_paid": 0},
            "Marked as paid, with $0.00 USD of $5.00 USD paid.",
            {},
        ),
        (
            {
                **{"status": "paid", "total": 500, "amount_due": 500, "amount_paid": 0},
                **{"paid_out_of_band": True},
            },
            "Marked as paid outside of Stripe.",
            {"Remaining": "$0.00 USD"},
        ),
        (
            {"status": "paid", "total": 500, "amount_paid": 100, "amount_remaining": 400},
            "Marked as paid, but $4.00 USD remains.",
            {"Remaining": "$4.00 USD"},
        ),
        (
            {"total": 500, "amount_due": 800, "amount_paid": 0},
            "$8.00 USD remains to be paid, including an earlier balance of $3.00 USD.",
            {"Earlier balance": "$3.00 USD", "Remaining": "$8.00 USD"},
        ),
        (
            {"total": 500, "amount_due": 500, "amount_paid": 600},
            "Issued, and nothing remains to be paid.",
            {"Paid beyond the amount due": "$1.00 USD", "Remaining": "$0.00 USD"},
        ),
        (
            {"status": "paid", "total": -500, "amount_due": 0, "amount_paid": 0},
            "Paid in full.",
            {"Credit from this invoice": "$5.00 USD"},
        ),
        (
            {"status": "uncollectible", "total": 500, "amount_due": 500, "amount_paid": 100},
            "$4.00 USD remains, and no payment is expected.",
            {"Remaining": "$4.00 USD"},
        ),
        (
            {"total": 500, "amount_due": 500, "amount_paid": "100"},
            "Issued, and not paid in full.",
            {"Remaining": "— not known"},
        ),
        ({"status": "draft", "total": 500, "amount_due": 500}, "", {"Remaining": "— not issued yet"}),
        ({"status": "void", "total": 500, "amount_due": 500}, "nothing is owed", {"Remaining": "$0.00 USD"}),
    ],
)
def test_parts_explain_the_total(
    fields: dict[str, Any], note: str, sums: dict[str, str], alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(fields)

    page = alice.get(INVOICE)

    assert note in text(one(page, ".lead"))
    shown = facts(one(page, ".sums"))
    assert {name: shown.get(name) for name in sums} == sums


def test_unknown_remainder_is_not_a_number(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({"total": 500, "amount_due": 500, "amount_paid": "100", "due_date": days(-2)})

    assert csv_rows(alice.get(f"{INVOICES}?format=csv"))[0]["Remaining"] == ""
    assert cents(alice.get(INVOICES), "Remaining") == []
    headline = text(alice.get(panel(DOCUMENTED, "headline")))
    assert "1 open invoice." in headline


def test_amounts_in_two_currencies_are_not_added(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({**PART_PAID, "due_date": days(-3)}, {**PART_PAID, "currency": "eur", "due_date": days(-3)})

    page = alice.get(f"{DOCUMENTED}aging/")

    assert texts(page, ".spend-title .currency") == ["EUR", "USD"]
    assert [row[-1] for row in rows(page) if row[0].startswith("in_")] == ["252.00", "252.00"]
    assert "€252.00 EUR and $252.00 USD" in text(alice.get(panel(DOCUMENTED, "headline")))
