"""The tree of organizations contains each one exactly once, whatever their parents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.altostrat.resources.organizations import Organization, OrganizationUsage
from billing.services.workspaces.organization_tree import Meter, in_order, meters, total_usage

pytestmark = pytest.mark.sqlite_only

_ids = st.sampled_from(["a", "b", "c", "d", "e", "f", None])
_organizations = st.lists(
    st.builds(Organization, id=_ids, name=_ids, parent_org_id=_ids | st.just("elsewhere")), max_size=12
)


@given(_organizations)
def test_each_organization_occurs_once(organizations: list[Organization]) -> None:
    nodes = in_order(organizations)

    assert sorted(id(node.organization) for node in nodes) == sorted(map(id, organizations))


@given(_organizations)
def test_children_follow_their_parent_one_level_deeper(organizations: list[Organization]) -> None:
    depth_of: dict[int, int] = {}
    for node in in_order(organizations):
        if node.parent is not None:
            assert node.organization.parent_org_id == node.parent.id
            assert node.depth == depth_of[id(node.parent)] + 1
        else:
            assert node.depth == 0
        depth_of[id(node.organization)] = node.depth


def test_siblings_are_sorted_by_name() -> None:
    names = [Organization(id=name, name=name, parent_org_id="top") for name in ("b", "A", "c")]

    nodes = in_order([*names, Organization(id="top", name="Top")])

    assert [node.organization.name for node in nodes] == ["Top", "A", "b", "c"]


def test_meters_of_limited_and_unlimited_products() -> None:
    usage = OrganizationUsage(usage={"users": 1}, subtree_usage={"users": 4, "sso": 1})
    found = meters(Organization(usage=usage, limits={"users": 3, "sso": None, "locations": 0}))

    assert found == (
        Meter("locations", None, None, 0),
        Meter("sso", 1, None, None),
        Meter("users", 4, 1, 3),
    )
    assert [meter.is_over for meter in found] == [False, False, True]
    assert found[2].per_cent == 100


def test_total_usage_is_unknown_if_one_quantity_is_missing() -> None:
    def using(amount: int | None) -> Organization:
        return Organization(usage=OrganizationUsage(usage={"users": amount}))

    assert total_usage([using(2), using(3)]) == {"users": 5}
    assert total_usage([using(2), using(None), using(3)]) == {"users": None}
    assert total_usage([Organization()]) == {}
