"""Invoices. Every amount is an integer in the smallest unit of its currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billing.altostrat.fields import Resource, StripeResource


@dataclass(frozen=True, slots=True)
class InvoiceLine(Resource):
    id: str | None = None
    description: str | None = None
    amount: int | None = None
    currency: str | None = None
    quantity: int | None = None
    price_id: str | None = None
    unit_amount: int | None = None
    product_name: str | None = None


@dataclass(frozen=True, slots=True)
class StripeInvoice(Resource):
    """Fields of Stripe that Altostrat does not document and may pass on: https://docs.stripe.com/api/invoices/object"""

    amount_overpaid: int | None = None
    amount_remaining: int | None = None
    paid_out_of_band: bool | None = None
    pre_payment_credit_notes_amount: int | None = None
    post_payment_credit_notes_amount: int | None = None


_NO_INVOICE_FIELDS: Final = StripeInvoice()


@dataclass(frozen=True, slots=True)
class Invoice(StripeResource):
    """https://altostrat.io/docs/api/en/invoices/list-invoices

    `customer_id` is the billing account. `subtotal` is before discount and tax, `total` after both.
    """

    id: str | None = None
    customer_id: str | None = None
    status: str | None = None
    amount_due: int | None = None
    amount_paid: int | None = None
    currency: str | None = None
    created_at: datetime | None = None
    subtotal: int | None = None
    total: int | None = None
    tax: int | None = None
    discount_amount: int | None = None
    discount_names: tuple[str, ...] | None = None
    lines: tuple[InvoiceLine, ...] | None = None
    due_date: datetime | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    number: str | None = None

    @property
    def stripe(self) -> StripeInvoice:
        return StripeInvoice.from_json(dict(self.extra)) if self.extra else _NO_INVOICE_FIELDS
