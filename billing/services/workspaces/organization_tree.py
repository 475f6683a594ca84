"""The organizations of a workspace as a tree, and their total usage. The list may have any order.

`parent_org_id` names the parent. An organization whose parent is missing or part of a cycle is shown at the top, so
that each organization occurs exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing.altostrat.resources.organizations import Organization


@dataclass(frozen=True, slots=True)
class Node:
    """One organization in the tree: `depth` is 0 at the top, `parent` the organization above it."""

    organization: Organization
    depth: int
    parent: Organization | None


@dataclass(frozen=True, slots=True)
class Meter:
    """One product: `used` by the organization and its descendants, `direct` by itself; None is unknown.

    `limit` is the organization's own: None for no limit, 0 to disable the product.
    """

    product: str
    used: int | None
    direct: int | None
    limit: int | None

    @property
    def per_cent(self) -> int | None:
        """The usage from 0 to 100; None without a limit."""
        if self.used is None or not self.limit:
            return None
        return max(0, min(100, self.used * 100 // self.limit))

    @property
    def is_over(self) -> bool:
        return self.used is not None and self.limit is not None and self.used > self.limit


def in_order(organizations: Iterable[Organization]) -> tuple[Node, ...]:
    """Return all organizations, each after its parent, siblings by name."""
    rows = sorted(organizations, key=lambda one: ((one.name or "").casefold(), one.id or ""))
    named = {one.id: one for one in rows if one.id}
    below: dict[str, list[Organization]] = {}
    tops = []
    for one in rows:
        parent = named.get(one.parent_org_id or "")
        if parent is None or parent is one:
            tops.append(one)
        else:
            below.setdefault(parent.id or "", []).append(one)
    found: list[Node] = []
    seen: set[int] = set()
    for top in (*tops, *rows):  # organizations in a cycle are not below any top
        _add(top, below, named, found, seen)
    return tuple(found)


def _add(
    top: Organization,
    below: Mapping[str, list[Organization]],
    named: Mapping[str, Organization],
    found: list[Node],
    seen: set[int],
) -> None:
    waiting: list[tuple[Organization, int, Organization | None]] = [(top, 0, None)]
    while waiting:
        one, depth, parent = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        found.append(Node(one, depth, parent))
        if (
            named.get(one.id or "") is one
        ):  # if two organizations have the same id, only one gets the children
            waiting += [(child, depth + 1, one) for child in reversed(below.get(one.id or "", []))]


def meters(organization: Organization) -> tuple[Meter, ...]:
    """Return the products that are used or limited, by name."""
    direct = direct_usage(organization)
    subtree = (organization.usage.subtree_usage if organization.usage else None) or {}
    limits = organization.limits or {}
    return tuple(
        Meter(name, subtree.get(name, direct.get(name)), direct.get(name), limits.get(name))
        for name in sorted({*direct, *subtree, *limits})
    )


def total_usage(organizations: Iterable[Organization]) -> dict[str, int | None]:
    """Return the sum of direct usage by product, sorted by name."""
    return dict(sorted(sum_quantities(map(direct_usage, organizations)).items()))


def direct_usage(organization: Organization) -> Mapping[str, int | None]:
    """Return the usage by product of the organization itself, without its descendants."""
    return (organization.usage.usage if organization.usage else None) or {}


def sum_quantities(parts: Iterable[Mapping[str, int | None]]) -> dict[str, int | None]:
    """Return the sum by product; None if one of the quantities is missing."""
    sums: dict[str, int | None] = {}
    for part in parts:
        for name, quantity in part.items():
            known = sums.get(name, 0)
            sums[name] = None if known is None or quantity is None else known + quantity
    return sums
