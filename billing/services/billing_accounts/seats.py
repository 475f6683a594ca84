"""Seats bought and used, computed from subscriptions, organizations and the workspace's billing mode.

    single      the account pays for all organizations of the workspace
    assigned    the account pays for the organizations that name it, and those below them
    pooled      all accounts of the workspace pay for seats that all organizations share; this account buys a part

https://altostrat.io/docs/api/en/workspaces (billing modes are permanent)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from billing.altostrat.resources.organizations import Organization
from billing.altostrat.resources.subscriptions import Subscription
from billing.altostrat.resources.workspaces import Workspace
from billing.services.billing_accounts.status import RUNNING
from billing.services.workspaces.organization_tree import direct_usage, sum_quantities
from billing.services.workspaces.payers import paid_for


@dataclass(frozen=True, slots=True)
class Bar:
    """One product: `used` of `bought`, each None if unknown; `limit` is the organization's own."""

    product: str
    used: int | None
    bought: int | None
    limit: int | None = None

    @property
    def maximum(self) -> int | None:
        """The organization's limit if it has one, else the bought quantity."""
        return self.limit if self.limit is not None else self.bought

    @property
    def is_over(self) -> bool:
        return self.used is not None and self.maximum is not None and self.used > self.maximum

    @property
    def is_near(self) -> bool:
        """Whether at least 90% but not more than 100% are used."""
        if self.used is None or not self.maximum or self.is_over:
            return False
        return self.used * 10 >= self.maximum * 9


@dataclass(frozen=True, slots=True)
class Share:
    """The direct usage of one organization, without its descendants."""

    organization: Organization
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Seats:
    """`total` has a bar for each product that is bought or used. `shares` has the organizations in tree order.

    If `is_pooled`, `used` is the usage of the whole workspace, and `bought` is what this account adds to the pool.
    """

    mode: str
    total: tuple[Bar, ...]
    shares: tuple[Share, ...]

    @property
    def is_pooled(self) -> bool:
        return self.mode == "pooled"


def seats_of(
    workspace: Workspace,
    billing_account_id: str,
    subscriptions: Iterable[Subscription],
    organizations: Iterable[Organization],
) -> Seats:
    """Return the seats of one account. A missing quantity makes the sum unknown."""
    mode = workspace.billing_mode or ""
    billed = list(paid_for(mode, billing_account_id, organizations).organizations)
    billed.sort(key=lambda one: (f"{one.path or ''}#{one.id or ''}", one.name or ""))
    bought = _bought(subscriptions)
    used = sum_quantities(direct_usage(one) for one in billed)
    total = tuple(Bar(name, used.get(name, 0), bought.get(name, 0)) for name in _names([bought, used]))
    return Seats(mode, total, tuple(_share(one) for one in billed))


def _share(organization: Organization) -> Share:
    used, limits = direct_usage(organization), organization.limits or {}
    names = _names([used, limits])
    return Share(organization, tuple(Bar(name, used.get(name), None, limits.get(name)) for name in names))


def _bought(subscriptions: Iterable[Subscription]) -> dict[str, int | None]:
    running = (one for one in subscriptions if one.status in RUNNING)
    return sum_quantities(
        [{name: item.quantity for name, item in (one.product_quantities or {}).items()} for one in running]
    )


def _names(maps: Sequence[Mapping[str, int | None]]) -> list[str]:
    return list(dict.fromkeys(name for one in maps for name in one))
