"""Seats bought against seats used: pure, from subscriptions, organizations and the workspace's billing mode.

    single      all organizations of the workspace are billed here
    assigned    those that name this account
    pooled      all accounts of the workspace pay for seats that all organizations share: what is bought here is a part

https://altostrat.io/docs/api/en/workspaces (billing modes are permanent)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing.altostrat.resources.organizations import Organization
from billing.altostrat.resources.subscriptions import Subscription
from billing.altostrat.resources.workspaces import Workspace
from billing.services.billing_accounts.status import RUNNING


@dataclass(frozen=True, slots=True)
class Bar:
    """One product: `used` of `bought`, either None when it is not told; `limit` is the organization's own."""

    product: str
    used: int | None
    bought: int | None
    limit: int | None = None

    @property
    def most(self) -> int | None:
        """What is full when it is reached: the organization's limit where there is one, else what was bought."""
        return self.limit if self.limit is not None else self.bought

    @property
    def is_over(self) -> bool:
        """Whether more is used than there is."""
        return self.used is not None and self.most is not None and self.used > self.most

    @property
    def is_near(self) -> bool:
        """Whether nine tenths are used, and not more than all."""
        if self.used is None or not self.most or self.is_over:
            return False
        return self.used * 10 >= self.most * 9


@dataclass(frozen=True, slots=True)
class Share:
    """What one organization uses itself, without those below it: they have rows of their own."""

    organization: Organization
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Seats:
    """`total` has a bar for each product that is bought or used; `shares` the organizations, by their place in the
    tree. `is_pooled`: `used` is what the whole workspace uses, `bought` what this account adds to the pool."""

    mode: str
    total: tuple[Bar, ...]
    shares: tuple[Share, ...]

    @property
    def is_pooled(self) -> bool:
        """Whether seats are shared with the other accounts of the workspace."""
        return self.mode == "pooled"


def seats_of(
    workspace: Workspace,
    billing_account_id: str,
    subscriptions: Iterable[Subscription],
    organizations: Iterable[Organization],
) -> Seats:
    """The seats of one account. Nothing is guessed: a quantity that was not sent leaves the sum unknown."""
    mode = workspace.billing_mode or ""
    billed = [
        one for one in organizations if mode != "assigned" or one.billing_account_id == billing_account_id
    ]
    billed.sort(key=lambda one: (f"{one.path or ''}#{one.id or ''}", one.name or ""))
    bought = _bought(subscriptions)
    used = _sum([_used(one) for one in billed])
    total = tuple(Bar(name, used.get(name, 0), bought.get(name, 0)) for name in _names([bought, used]))
    return Seats(mode, total, tuple(_share(one) for one in billed))


def _share(organization: Organization) -> Share:
    used, limits = _used(organization), dict(organization.limits or {})
    names = _names([used, limits])
    return Share(organization, tuple(Bar(name, used.get(name), None, limits.get(name)) for name in names))


def _used(organization: Organization) -> dict[str, int | None]:
    usage = organization.usage
    return dict(usage.usage or {}) if usage is not None else {}


def _bought(subscriptions: Iterable[Subscription]) -> dict[str, int | None]:
    running = (one for one in subscriptions if one.status in RUNNING)
    return _sum(
        [{name: item.quantity for name, item in (one.product_quantities or {}).items()} for one in running]
    )


def _sum(parts: Sequence[dict[str, int | None]]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for part in parts:
        for name, amount in part.items():
            known = found.get(name, 0)
            found[name] = None if known is None or amount is None else known + amount
    return found


def _names(maps: Sequence[dict[str, int | None]]) -> list[str]:
    return list(dict.fromkeys(name for one in maps for name in one))
