"""The parts of a bill as a table: a row for each organization and product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from billing.amounts import Amount
from billing.labels import PRODUCTS
from billing.pages.frame.account_ids import AccountIds
from billing.pages.rendering.tags import address_of
from billing.pages.tables.table import Column, Kind, Table
from billing.services.costs.division import Part

NOT_ASSIGNED: Final = "Not assigned"


def costs_table(
    parts: Sequence[Part], account: AccountIds, about: Sequence[str], incomplete: str
) -> Table[Part]:
    """Return the table. On the page, it has no columns for amounts that are 0 in all rows."""
    currencies = {part.currency for part in parts}
    columns: tuple[Column[Part], ...] = (
        Column("organization", "Organization", _organization, link=lambda part: _link(part, account)),
        Column("organization_id", "Organization ID", _organization_id, Kind.ID, is_on_page=False),
        Column("product", "Product", _product, note=lambda part: part.reason),
        Column("used", "Used", lambda part: part.used, Kind.INTEGER, empty_label="not known"),
        _amount("charges", "Charges", lambda part: part.charges, is_on_page=True),
        _amount("discount", "Discount", lambda part: part.discount, any(part.discount for part in parts)),
        _amount("tax", "Tax", lambda part: part.tax, any(part.tax for part in parts)),
        _amount("total", "Total", lambda part: part.total, is_on_page=True),
        _amount("credit", "Credit", lambda part: part.credit, any(part.credit for part in parts)),
        _amount("due", "Amount due", lambda part: part.due, any(part.credit for part in parts)),
        Column("reason", "Reason", lambda part: part.reason, is_on_page=False),
    )
    return Table(
        "costs",
        "Costs by organization and product",
        columns,
        parts,
        about=(
            account["billing_account_id"],
            *about,
            *(code.upper() for code in currencies if len(currencies) == 1),
        ),
        incomplete=incomplete,
        names_currency=len(currencies) == 1,
    )


def _organization(part: Part) -> str:
    one = part.organization
    return NOT_ASSIGNED if one is None else one.name or one.id or ""


def _organization_id(part: Part) -> str:
    return (part.organization.id or "") if part.organization else ""


def _product(part: Part) -> str:
    return PRODUCTS.get(part.product, part.product) or part.name


def _link(part: Part, account: AccountIds) -> str:
    one = part.organization
    return address_of("organization", account["workspace_id"], one.id) if one else ""


def _amount(key: str, title: str, value: Callable[[Part], int], is_on_page: bool) -> Column[Part]:
    return Column(
        key, title, lambda part: Amount(value(part), part.currency), Kind.MONEY, is_on_page=is_on_page
    )
