"""The payment link of an invoice can be copied while something is owed."""

from __future__ import annotations

from django.test import Client

from tests.html import attributes, page, text
from tests.pages.addresses import DOCUMENTED
from tests.pages.invoices.conftest import PutInvoices

INVOICES = f"{DOCUMENTED}invoices/"
LINK = "https://invoice.example/i/acct_1/live_abc?s=ap&x=1"
OWED = {"total": 1000, "amount_due": 1000, "hosted_invoice_url": LINK}
BUTTON = "button[data-copy^='http']"


def test_only_owed_invoices_with_an_https_link_have_a_button(
    alice: Client, put_invoices: PutInvoices
) -> None:
    put_invoices(
        {**OWED, "number": "A-1"},
        {**OWED, "status": "paid", "amount_paid": 1000},
        {**OWED, "hosted_invoice_url": None},
        {**OWED, "hosted_invoice_url": "javascript:alert(1)"},
    )

    for url in (INVOICES, f"{DOCUMENTED}aging/", f"{INVOICES}in_1/"):
        shown = alice.get(url)
        assert attributes(shown, BUTTON, "data-copy") == [LINK]
        button = page(shown).css_first(BUTTON)
        assert button is not None
        assert text(button) == "Copy payment link of invoice A-1"
    for number in (2, 3, 4):
        assert attributes(alice.get(f"{INVOICES}in_{number}/"), BUTTON, "data-copy") == []


def test_list_without_links_has_no_column_for_them(alice: Client, put_invoices: PutInvoices) -> None:
    put_invoices({**OWED, "hosted_invoice_url": None})

    assert "Payment link" not in text(alice.get(INVOICES))
    assert "Payment link" not in text(alice.get(f"{DOCUMENTED}aging/"))
