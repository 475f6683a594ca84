"""What a scan keeps of an invoice says the same as the invoice."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.invoices import Invoice
from billing.services.invoices import settlement
from billing.services.scans import summaries

pytestmark = pytest.mark.sqlite_only

values = st.none() | st.integers(-10, 10**30) | st.just("100") | st.just(Decimal("1.5"))
documents = st.fixed_dictionaries(
    {"status": st.sampled_from(["open", "paid", "draft", "void", "uncollectible", "odd", None])},
    optional={
        **dict.fromkeys(("total", "amount_due", "amount_paid", "amount_remaining"), values),
        "pre_payment_credit_notes_amount": values,
        "post_payment_credit_notes_amount": values,
        "paid_out_of_band": st.booleans() | st.none() | st.just("yes"),
    },
)


@given(documents)
def test_settlement_of_a_summary_is_that_of_the_invoice(document: dict[str, Any]) -> None:
    invoice = Invoice.from_json(document)
    kept = Invoice.from_json(json.loads(json.dumps(summaries.invoice(invoice))))

    for figure in (settlement.remaining, settlement.credit, settlement.credited_later, settlement.overpaid):
        assert figure(kept) == figure(invoice)
