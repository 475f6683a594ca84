"""Subscriptions, payment methods, organizations and members as tables, for files: a row holds one thing and no list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from billing.altostrat.client import Answer
from billing.altostrat.resources import (
    Listing,
    Organization,
    PaymentMethod,
    Subscription,
    SubscriptionItem,
    WorkspaceMember,
)
from billing.pages.tables.table import Column, Kind, Table

_CUT: Final = "Altostrat has more than it listed here."


@dataclass(frozen=True)
class SubscribedProduct:
    """One product of a subscription; a subscription without any has a row of its own."""

    subscription: Subscription
    product: str
    item: SubscriptionItem


@dataclass(frozen=True)
class MeteredProduct:
    """What one organization uses of one product, with everything below it and by itself."""

    organization: Organization
    product: str
    used: int | None
    direct: int | None
    limit: int | None


def subscriptions_table(account_id: str, answer: Answer[Listing[Subscription]]) -> Table[SubscribedProduct]:
    """The products of every subscription of one account."""
    return Table(
        "subscriptions",
        "Subscriptions",
        (
            Column("id", "Subscription", lambda row: row.subscription.id, Kind.ID),
            Column("status", "Status", lambda row: row.subscription.status),
            Column("product", "Product", lambda row: row.product),
            Column("quantity", "Quantity", lambda row: row.item.quantity, Kind.INTEGER),
            Column("interval", "Billed every", lambda row: row.item.interval),
            Column("price", "Price id", lambda row: row.item.price_id, Kind.ID),
            Column("currency", "Currency", lambda row: (row.subscription.currency or "").upper()),
            Column("start", "Period begins", lambda row: row.subscription.current_period_start, Kind.MOMENT),
            Column("end", "Period ends", lambda row: row.subscription.current_period_end, Kind.MOMENT),
            Column("created", "Created", lambda row: row.subscription.created_at, Kind.MOMENT),
        ),
        tuple(_subscribed(answer.value.items)),
        about=(account_id,),
        incomplete=_CUT if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def payment_methods_table(account_id: str, answer: Answer[Listing[PaymentMethod]]) -> Table[PaymentMethod]:
    """What one account pays with."""
    return Table(
        "payment-methods",
        "Payment methods",
        (
            Column("id", "Payment method", lambda row: row.id, Kind.ID),
            Column("type", "Type", lambda row: row.type),
            Column("brand", "Brand", lambda row: row.brand),
            Column("last4", "Last four", lambda row: row.last4),
            Column("month", "Expires in month", lambda row: row.exp_month, Kind.INTEGER),
            Column("year", "Expires in year", lambda row: row.exp_year, Kind.INTEGER),
            Column("default", "Default", lambda row: "yes" if row.is_default else "no"),
            Column("name", "Name", lambda row: row.name),
            Column("bank", "Bank", lambda row: row.bank_name),
        ),
        answer.value.items,
        about=(account_id,),
        incomplete=_CUT if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def organizations_table(workspace_id: str, answer: Answer[Listing[Organization]]) -> Table[MeteredProduct]:
    """What the organizations of one workspace use, product by product."""
    return Table(
        "organizations",
        "Organizations",
        (
            Column("name", "Organization", lambda row: row.organization.name),
            Column("id", "Id", lambda row: row.organization.id, Kind.ID),
            Column("parent", "Parent", lambda row: row.organization.parent_org_id, Kind.ID),
            Column("depth", "Depth", lambda row: row.organization.depth, Kind.INTEGER),
            Column("billed", "Billing account", lambda row: row.organization.billing_account_id, Kind.ID),
            Column("product", "Product", lambda row: row.product),
            Column("used", "Used with everything below", lambda row: row.used, Kind.INTEGER),
            Column("direct", "Used by itself", lambda row: row.direct, Kind.INTEGER),
            Column("limit", "Own limit", lambda row: row.limit, Kind.INTEGER),
        ),
        tuple(_metered(answer.value.items)),
        about=(workspace_id,),
        incomplete=_CUT if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def members_table(workspace_id: str, answer: Answer[Listing[WorkspaceMember]]) -> Table[WorkspaceMember]:
    """Who may act in one workspace, by id."""
    return Table(
        "members",
        "Members",
        (
            Column("user", "User id", lambda row: row.user_id, Kind.ID),
            Column("role", "Role", lambda row: row.role),
            Column("created", "Added", lambda row: row.created_at, Kind.MOMENT),
            Column("updated", "Changed", lambda row: row.updated_at, Kind.MOMENT),
        ),
        answer.value.items,
        about=(workspace_id,),
        incomplete=_CUT if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def _subscribed(subscriptions: tuple[Subscription, ...]) -> Iterator[SubscribedProduct]:
    for subscription in subscriptions:
        products = subscription.product_quantities or {"": SubscriptionItem()}
        for product, item in products.items():
            yield SubscribedProduct(subscription, product, item)


def _metered(organizations: tuple[Organization, ...]) -> Iterator[MeteredProduct]:
    for one in organizations:
        used = (one.usage.subtree_usage if one.usage else None) or {}
        direct = (one.usage.usage if one.usage else None) or {}
        limits = one.limits or {}
        for product in dict.fromkeys((*used, *direct, *limits)) or ("",):
            yield MeteredProduct(one, product, used.get(product), direct.get(product), limits.get(product))
