"""Payment methods as a table."""

from __future__ import annotations

from billing.altostrat.client import Answer
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.labels import label
from billing.pages.tables.table import TRUNCATED, Column, Kind, Table
from billing.payment_names import card_brand_name, payment_method_type_name


def payment_methods_table(account_id: str, answer: Answer[Listing[PaymentMethod]]) -> Table[PaymentMethod]:
    return Table(
        "payment-methods",
        "Payment methods",
        (
            Column("id", "Payment method", lambda row: row.id, Kind.ID),
            Column("type", "Type", lambda row: payment_method_type_name(row.type)),
            Column("brand", "Brand", lambda row: card_brand_name(row.brand)),
            Column("last4", "Last 4 digits", lambda row: row.last4),
            Column("month", "Expiry month", lambda row: row.exp_month, Kind.INTEGER),
            Column("year", "Expiry year", lambda row: row.exp_year, Kind.INTEGER),
            Column("default", label("default"), lambda row: "yes" if row.is_default else "no"),
            Column("name", label("name"), lambda row: row.name),
            Column("bank", "Bank", lambda row: row.bank_name),
        ),
        answer.value.items,
        about=(account_id,),
        incomplete=TRUNCATED if answer.value.has_more else "",
        as_of=answer.received_at,
    )
