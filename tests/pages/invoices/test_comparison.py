"""The page that explains the difference between two invoices, and its file."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from billing.models import User
from billing.services import audit
from billing.services.actor import Actor, Door
from tests.html import Source, attributes, one, select, text, texts
from tests.pages.addresses import ACCOUNT, ACCOUNTS, DOCUMENTED, WORKSPACE
from tests.pages.invoices.conftest import PutInvoices
from tests.plugins.processes import Sandbox

COMPARE = f"{DOCUMENTED}invoices/compare/"


def _invoice(number: str, *lines: tuple[int, int], **fields: Any) -> dict[str, Any]:
    """Return an invoice with lines of a quantity and a unit amount."""
    rows = [
        {
            "amount": quantity * unit,
            "quantity": quantity,
            "unit_amount": unit,
            "price_id": "price_456def",
            "product_name": "Users",
        }
        for quantity, unit in lines
    ]
    total = sum(quantity * unit for quantity, unit in lines)
    sums = {"number": number, "lines": rows, "subtotal": total, "total": total, "amount_due": total}
    return sums | {"status": "paid", **fields}


NEW = _invoice("A-2", (8, 1200), created_at="2026-03-01T00:00:00Z")
OLD = _invoice("A-1", (10, 1000), created_at="2026-02-01T00:00:00Z")


def _rows(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def _amounts(page: Source) -> list[tuple[str, str]]:
    """Return the causes and amounts. The plus is beside the element of the amount."""
    causes, amounts = (texts(page, f"tbody td[data-label={name}]") for name in ("Cause", "Amount"))
    return [(cause, amount.replace("+ ", "+")) for cause, amount in zip(causes, amounts, strict=True)]


def test_page_explains_the_newest_invoice_and_the_one_before(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(_invoice("A-4", (1, 1), status="draft"), _invoice("A-3", (1, 1), status="void"), NEW, OLD)
    page = alice.get(COMPARE)

    assert _amounts(page) == [("Quantity", "\u221220.00"), ("Price", "+16.00")]
    assert text(one(page, ".card-lead")) == (
        "Invoice A-2 of 1 Mar 2026 asks for $96.00 USD, $4.00 USD less than invoice A-1 of 1 Feb 2026."
    )
    assert "From 10 to 8, at $10.00 USD." in text(page)
    assert "From $10.00 USD to $12.00 USD, for a quantity of 8." in text(page)
    assert "Difference, the sum of all parts \u2212$4.00 USD" in text(one(page, ".sums"))


def test_file_has_three_columns(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(NEW, OLD)
    answer = alice.get(f"{COMPARE}?format=csv")

    assert _rows(answer) == [
        ["Cause", "Item", "Amount"],
        ["Quantity", "Users", "-20.00"],
        ["Price", "Users", "16.00"],
    ]
    assert "-in_2-in_1-USD-" in answer["Content-Disposition"]


@pytest.mark.parametrize(("currency", "amount"), [("jpy", "-2000"), ("kwd", "-2.000")])
def test_file_has_the_decimals_of_the_currency(
    alice: Client, put_invoices: PutInvoices, currency: str, amount: str
) -> None:
    put_invoices({**NEW, "currency": currency}, {**OLD, "currency": currency})

    assert _rows(alice.get(f"{COMPARE}?format=csv"))[1] == ["Quantity", "Users", amount]


def test_invoices_of_the_sandbox_are_explained_without_rest(alice: Client) -> None:
    for url in (COMPARE, f"{ACCOUNTS}cus_qctd7kt95e167w1b/invoices/compare/"):
        ids = attributes(alice.get(url), "#from option", "value")
        assert len(ids) > 5
        for new, old in pairwise(ids):
            query = f"{url}?from={old}&to={new}"
            rows = _rows(alice.get(f"{query}&format=csv"))
            due = [Decimal(value) for value in attributes(alice.get(query), ".sums data.money", "value")]

            assert sum(Decimal(row[2]) for row in rows[1:]) == due[-1] - due[0]
            assert "Unexplained" not in {row[0] for row in rows}


def test_invoices_can_be_chosen(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices(NEW, OLD, _invoice("A-0", (9, 1000), created_at="2026-01-01T00:00:00Z"))

    assert _amounts(alice.get(f"{COMPARE}?to=in_2")) == [("Quantity", "+10.00")]
    assert _amounts(alice.get(f"{COMPARE}?from=in_3")) == [
        ("Quantity", "\u221210.00"),
        ("Price", "+16.00"),
    ]
    assert _amounts(alice.get(f"{COMPARE}?from=in_1&to=in_2")) == [
        ("Quantity", "+24.00"),
        ("Price", "\u221220.00"),
    ]
    assert attributes(alice.get(f"{COMPARE}?from=in_3&to=in_2"), "option[selected]", "value") == [
        "in_3",
        "in_2",
    ]


def test_invoices_in_two_currencies_are_not_compared(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({**NEW, "currency": "eur"}, OLD)
    page = alice.get(COMPARE)

    assert "The invoices are in EUR and USD." in text(page)
    assert not select(page, "tbody")
    assert alice.get(f"{COMPARE}?format=csv").status_code == 409


@pytest.mark.parametrize(
    ("fields", "gap"),
    [
        ({"lines": None}, "Invoice A-2: Altostrat does not provide the lines."),
        ({"amount_due": None}, "Invoice A-2: Altostrat does not provide the amount due."),
        ({"lines": [{"amount": None}, {"amount": 1}]}, "Invoice A-2: 1 of 2 lines has no amount."),
        ({"lines": [{"amount": 1, "currency": "eur"}]}, "Invoice A-2: 1 of 1 lines is in another currency."),
    ],
)
def test_page_says_what_is_missing(
    alice: Client, put_invoices: PutInvoices, fields: dict[str, Any], gap: str
) -> None:
    put_invoices({**NEW, **fields}, OLD)

    assert gap in text(alice.get(COMPARE))
    assert alice.get(f"{COMPARE}?format=csv").status_code == 409


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "There are no two finalized invoices to compare."),
        ("?from=in_1&to=in_1", "Choose two different invoices."),
    ],
)
def test_one_invoice_is_not_compared(
    alice: Client, put_invoices: PutInvoices, query: str, reason: str
) -> None:
    put_invoices(NEW)

    assert reason in text(alice.get(f"{COMPARE}{query}"))


def test_unknown_ids_are_refused(alice: Client) -> None:
    assert alice.get(f"{COMPARE}?from=in_unknown").status_code == 404
    assert alice.get(f"{COMPARE}?to=in_unknown&format=csv").status_code == 404
    assert alice.get(f"{COMPARE}?from=../x").status_code == 404


def test_copy_is_labeled_and_not_downloaded(alice: Client, fresh_sandbox: Sandbox) -> None:
    shown = text(one(alice.get(COMPARE), ".sums"))
    fresh_sandbox.fault("status:503", times=None)
    page = alice.get(COMPARE)

    assert text(one(page, ".sums")) == shown
    assert "Based on a copy from" in text(one(page, ".note-warning"))
    assert alice.get(f"{COMPARE}?format=csv").status_code == 503


def test_invoices_link_to_the_page(alice: Client) -> None:
    invoices = alice.get(f"{DOCUMENTED}invoices/")
    first = next(link for link in attributes(invoices, "a", "href") if "/invoices/in_" in link)
    invoice_id = first.rstrip("/").rpartition("/")[2]

    assert COMPARE in attributes(invoices, "a", "href")
    assert f"{COMPARE}?to={invoice_id}" in attributes(alice.get(first), "a", "href")


def _record(verb: str, outcome: audit.Outcome = audit.Outcome.SUCCEEDED, account: str = ACCOUNT) -> None:
    eve, _ = User.objects.get_or_create(username="eve")
    audit.record(
        Actor(eve, Door.PAGE, frozenset()),
        verb,
        outcome,
        workspace_id=WORKSPACE,
        billing_account_id=account,
        reason=f"{verb} {outcome} {account}",
        ticket="T-7",
        before={"product.users": 10, "_period_end": None},
        after={"product.users": 8, "_period_end": None},
    )


def test_page_names_who_made_a_change_in_this_portal_and_why(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices({**NEW, "created_at": "2999-01-01T00:00:00Z"}, OLD)
    _record("subscription.replace_quantities")
    _record("subscription.replace_quantities", audit.Outcome.REFUSED)
    _record("subscription.replace_quantities", account="cus_other")
    _record("note.add")
    (entry,) = select(alice.get(COMPARE), ".history-entry")

    assert "Change quantities Users: 10 \u2192 8 eve," in text(entry)
    assert f"ticket T-7 subscription.replace_quantities succeeded {ACCOUNT}" in text(entry)


def test_changes_before_and_after_the_two_invoices_are_not_named(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(NEW, OLD)
    _record("subscription.replace_quantities")

    assert not select(alice.get(COMPARE), ".history-entry")


def test_changes_are_unknown_without_the_dates_of_the_invoices(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(NEW, {**OLD, "created_at": None})

    assert "Unknown: Altostrat does not provide the dates of both invoices." in text(alice.get(COMPARE))
