"""Workspaces, organizations and members as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from billing.altostrat.client import Answer
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization
from billing.altostrat.resources.workspaces import Workspace, WorkspaceMember
from billing.labels import label
from billing.pages.rendering.tags import address_of, billing_mode
from billing.pages.tables.table import TRUNCATED, TRUNCATED_NAMED, Column, Kind, Table, yes_or_no
from billing.services.workspaces.organization_tree import direct_usage


def workspaces_table(answer: Answer[Listing[Workspace]]) -> Table[Workspace]:
    return Table(
        "workspaces",
        "Workspaces",
        (
            Column(
                "name",
                "Workspace",
                lambda row: row.name,
                link=lambda row: address_of("billing-accounts", row.id),
                note=lambda row: row.description or "",
                template="billing/workspaces/name.html",
            ),
            Column("description", label("description"), lambda row: row.description, is_on_page=False),
            Column(
                "mode",
                label("billing_mode"),
                lambda row: row.billing_mode,
                show=lambda row: billing_mode(row.billing_mode or ""),
                empty_label="not provided",
            ),
            Column("archived", label("archived"), lambda row: yes_or_no(row.archived), is_on_page=False),
            Column("created", label("created_at"), lambda row: row.created_at, Kind.MOMENT, is_on_page=False),
            Column("id", "ID", lambda row: row.id, Kind.ID, empty_label="not provided"),
        ),
        answer.value.items,
        incomplete=TRUNCATED_NAMED.format("workspaces") if answer.value.has_more else "",
        as_of=answer.received_at,
    )


@dataclass(frozen=True)
class MeteredProduct:
    """The usage of one product by one organization: `used` includes its child organizations."""

    organization: Organization
    product: str
    used: int | None
    direct: int | None
    limit: int | None


def organizations_table(workspace_id: str, answer: Answer[Listing[Organization]]) -> Table[MeteredProduct]:
    """Return a table with one row for each product of each organization."""
    return Table(
        "organizations",
        "Organizations",
        (
            Column("name", "Organization", lambda row: row.organization.name),
            Column("id", "ID", lambda row: row.organization.id, Kind.ID),
            Column("parent", "Parent", lambda row: row.organization.parent_org_id, Kind.ID),
            Column("depth", "Depth", lambda row: row.organization.depth, Kind.INTEGER),
            Column(
                "billed",
                label("billing_account_id"),
                lambda row: row.organization.billing_account_id,
                Kind.ID,
            ),
            Column("product", "Product", lambda row: row.product),
            Column("used", "Used, with children", lambda row: row.used, Kind.INTEGER),
            Column("direct", "Used directly", lambda row: row.direct, Kind.INTEGER),
            Column("limit", "Own limit", lambda row: row.limit, Kind.INTEGER),
        ),
        tuple(_metered(answer.value.items)),
        about=(workspace_id,),
        incomplete=TRUNCATED if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def members_table(workspace_id: str, answer: Answer[Listing[WorkspaceMember]]) -> Table[WorkspaceMember]:
    return Table(
        "members",
        "Members",
        (
            Column("user", label("user_id"), lambda row: row.user_id, Kind.ID),
            Column("role", label("role"), lambda row: row.role),
            Column("created", "Added", lambda row: row.created_at, Kind.MOMENT),
            Column("updated", "Changed", lambda row: row.updated_at, Kind.MOMENT),
        ),
        answer.value.items,
        about=(workspace_id,),
        incomplete=TRUNCATED if answer.value.has_more else "",
        as_of=answer.received_at,
    )


def _metered(organizations: tuple[Organization, ...]) -> Iterator[MeteredProduct]:
    for one in organizations:
        used = (one.usage.subtree_usage if one.usage else None) or {}
        direct = direct_usage(one)
        limits = one.limits or {}
        for product in dict.fromkeys((*used, *direct, *limits)) or ("",):
            yield MeteredProduct(one, product, used.get(product), direct.get(product), limits.get(product))
