"""Invoices. Every amount is an integer in the smallest unit of its currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing.altostrat.fields import Fields, no_fields


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line. `amount` and `unit_amount` are in the smallest unit of `currency`."""

    id: str | None = None
    description: str | None = None
    amount: int | None = None
    currency: str | None = None
    quantity: int | None = None
    price_id: str | None = None
    unit_amount: int | None = None
    product_name: str | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> InvoiceLine:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            description=fields.text("description"),
            amount=fields.integer("amount"),
            currency=fields.text("currency"),
            quantity=fields.integer("quantity"),
            price_id=fields.text("price_id"),
            unit_amount=fields.integer("unit_amount"),
            product_name=fields.text("product_name"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class Invoice:
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
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> Invoice:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            customer_id=fields.text("customer_id"),
            status=fields.text("status"),
            amount_due=fields.integer("amount_due"),
            amount_paid=fields.integer("amount_paid"),
            currency=fields.text("currency"),
            created_at=fields.moment("created_at"),
            subtotal=fields.integer("subtotal"),
            total=fields.integer("total"),
            tax=fields.integer("tax"),
            discount_amount=fields.integer("discount_amount"),
            discount_names=fields.texts("discount_names"),
            lines=fields.items("lines", InvoiceLine.from_json),
            due_date=fields.moment("due_date"),
            hosted_invoice_url=fields.text("hosted_invoice_url"),
            invoice_pdf=fields.text("invoice_pdf"),
            number=fields.text("number"),
            extra=fields.extra(),
        )
