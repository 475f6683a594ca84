"""Seats bought and used in each billing mode."""

from __future__ import annotations

from dataclasses import replace

import pytest

from billing.altostrat.resources.organizations import Organization, OrganizationUsage
from billing.altostrat.resources.subscriptions import Subscription, SubscriptionItem
from billing.altostrat.resources.workspaces import Workspace
from billing.services.billing_accounts.seats import Bar, seats_of

pytestmark = pytest.mark.sqlite_only


def organization(
    name: str, users: int | None, account: str | None = None, limit: int | None = None
) -> Organization:
    limits = {} if limit is None else {"users": limit}
    usage = OrganizationUsage(usage={"users": users}, subtree_usage={"users": 999})
    return Organization(
        id=f"org_{name}", name=name, billing_account_id=account, usage=usage, limits=limits, path=""
    )


def subscription(status: str, users: int | None) -> Subscription:
    return Subscription(status=status, product_quantities={"users": SubscriptionItem(quantity=users)})


RUNNING = [subscription("active", 50), subscription("paused", 10), subscription("canceled", 500)]
TWO = [organization("b", 12, "cus_1"), organization("a", 7, "cus_2", limit=7)]


def test_assigned_workspace_counts_organizations_of_the_account() -> None:
    seats = seats_of(Workspace(billing_mode="assigned"), "cus_1", RUNNING, TWO)

    assert seats.total == (Bar("users", 12, 60),)
    assert [share.organization.name for share in seats.shares] == ["b"]


def test_assigned_workspace_counts_organizations_below_those_of_the_account() -> None:
    child = replace(organization("c", 5), parent_org_id="org_b")
    other = replace(organization("d", 3), parent_org_id="org_a")
    without = replace(organization("e", 1), parent_org_id="org_not_listed")
    seats = seats_of(Workspace(billing_mode="assigned"), "cus_1", RUNNING, [*TWO, child, other, without])

    assert seats.total == (Bar("users", 17, 60),)


def test_single_workspace_counts_all_organizations() -> None:
    seats = seats_of(Workspace(billing_mode="single"), "cus_1", RUNNING, TWO)

    assert seats.total == (Bar("users", 19, 60),)
    assert [share.organization.name for share in seats.shares] == ["a", "b"]
    assert seats.shares[0].bars == (Bar("users", 7, None, 7),)


def test_pooled_workspace() -> None:
    assert seats_of(Workspace(billing_mode="pooled"), "cus_1", RUNNING, TWO).is_pooled


def test_missing_quantity_makes_the_sum_unknown() -> None:
    seats = seats_of(Workspace(), "cus_1", [subscription("active", None)], [organization("a", None)])

    assert seats.total == (Bar("users", None, None),)


def test_bar_is_nearly_full_or_over_its_maximum() -> None:
    assert Bar("users", 9, 10).is_near
    assert not Bar("users", 8, 10).is_near
    assert Bar("users", 11, 10).is_over
    assert Bar("users", 3, 10, limit=2).is_over
    assert Bar("users", 1, 0).is_over
    assert not Bar("users", None, 10).is_over
