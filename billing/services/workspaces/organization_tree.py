"""The organizations of a workspace as a tree, and what they use together: pure, and true for a list in any order.

Parents are told by `parent_org_id`. One whose parent is not in the list stands at the top, and one in a circle of
parents, too: nobody is left out, and nobody is there twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing.altostrat.resources.organizations import Organization


@dataclass(frozen=True, slots=True)
class Node:
    """One organization at its place: `depth` is 0 at the top of this list, `parent` the one above it here."""

    organization: Organization
    depth: int
    parent: Organization | None


@dataclass(frozen=True, slots=True)
class Meter:
    """One product: `used` with everything below, `direct` by the organization itself; None is not told.

    `limit` is the organization's own; None sets none, and 0 switches the product off.
    """

    product: str
    used: int | None
    direct: int | None
    limit: int | None

    @property
    def per_cent(self) -> int | None:
        """How full it is, from 0 to 100; None without a limit."""
        if self.used is None or not self.limit:
            return None
        return max(0, min(100, self.used * 100 // self.limit))

    @property
    def is_over(self) -> bool:
        """Whether more is used than the limit lets."""
        return self.used is not None and self.limit is not None and self.used > self.limit


def in_order(organizations: Iterable[Organization]) -> tuple[Node, ...]:
    """Every one of them, each behind its parent, siblings by name."""
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
    for top in (*tops, *rows):  # those in a circle are reached from no top
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
        if named.get(one.id or "") is one:  # of two with the same id, one has the children
            waiting += [(child, depth + 1, one) for child in reversed(below.get(one.id or "", []))]


def meters(organization: Organization) -> tuple[Meter, ...]:
    """Every product that is used or limited, by name."""
    usage = organization.usage
    direct = (usage.usage if usage else None) or {}
    whole = (usage.subtree_usage if usage else None) or {}
    limits = organization.limits or {}
    return tuple(
        Meter(name, whole.get(name, direct.get(name)), direct.get(name), limits.get(name))
        for name in sorted({*direct, *whole, *limits})
    )


def used_together(organizations: Iterable[Organization]) -> dict[str, int | None]:
    """What all of them use directly, by product; None when one that uses it does not say how much."""
    sums: dict[str, int | None] = {}
    for one in organizations:
        for name, amount in ((one.usage.usage if one.usage else None) or {}).items():
            known = sums.get(name, 0)
            sums[name] = None if known is None or amount is None else known + amount
    return dict(sorted(sums.items()))
