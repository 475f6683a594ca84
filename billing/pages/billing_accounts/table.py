"""The billing accounts of a workspace as a table, for the page and for files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from billing.altostrat.client import Answer
from billing.altostrat.resources.billing_accounts import BillingAccount, BillingAddress
from billing.altostrat.resources.listing import Listing
from billing.countries import country_name
from billing.labels import label
from billing.pages.rendering.tags import address_of
from billing.pages.tables.table import TRUNCATED_NAMED, Column, Kind, Table


def billing_accounts_table(
    workspace_id: str, answer: Answer[Listing[BillingAccount]]
) -> Table[BillingAccount]:
    """Return the billing accounts of one workspace. Files also have the addresses."""
    exported = partial(Column[BillingAccount], is_on_page=False)
    return Table(
        "billing-accounts",
        "Billing accounts",
        (
            Column(
                "name",
                label("name"),
                lambda row: row.name,
                link=lambda row: address_of("billing-account", workspace_id, row.id),
                note=lambda row: row.description or "",
                template="billing/billing_accounts/name.html",
            ),
            exported("description", label("description"), lambda row: row.description),
            Column("email", label("email"), lambda row: row.email),
            exported("phone", label("phone"), lambda row: row.phone),
            Column(
                "currency",
                label("currency"),
                lambda row: (row.currency or "").upper(),
                template="parts/facts/currency.html",
            ),
            exported("line1", label("line1"), _part(lambda address: address.line1)),
            exported("line2", label("line2"), _part(lambda address: address.line2)),
            exported("city", label("city"), _part(lambda address: address.city)),
            exported("state", label("state"), _part(lambda address: address.state)),
            exported("postal_code", label("postal_code"), _part(lambda address: address.postal_code)),
            exported("country", label("country"), _part(lambda address: country_name(address.country))),
            exported("created", label("created_at"), lambda row: row.created_at, Kind.MOMENT),
            exported("updated", label("updated_at"), lambda row: row.updated_at, Kind.MOMENT),
            Column("id", "ID", lambda row: row.id, Kind.ID, empty_label="not provided"),
        ),
        answer.value.items,
        about=(workspace_id,),
        incomplete=TRUNCATED_NAMED.format("billing accounts") if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def _part(read: Callable[[BillingAddress], str | None]) -> Callable[[BillingAccount], str | None]:
    return lambda row: read(row.address) if row.address else None
