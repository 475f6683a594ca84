"""The billing account that pays for an organization. An organization without an account of its own has its parent's.

https://altostrat.io/docs/api/en/organizations/create-a-child-organization
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing.altostrat.resources.organizations import Organization


@dataclass(frozen=True, slots=True)
class PaidFor:
    """The organizations that use what an account buys. `without_payer` is the number of those whose account is not
    known, because Altostrat does not list an organization above them."""

    organizations: tuple[Organization, ...]
    without_payer: int = 0


def account_of(organization: Organization, by_id: Mapping[str | None, Organization]) -> str | None:
    """Return the account of the organization, or of the nearest ancestor that has one.

    Empty if none of them has an account, None if one of them is not listed.
    """
    seen = set[str]()
    one = organization
    while not one.billing_account_id:
        seen.add(one.id or "")
        if not one.parent_org_id:
            return ""
        parent = by_id.get(one.parent_org_id)
        if parent is None or (parent.id or "") in seen:
            return None
        one = parent
    return one.billing_account_id


def paid_for(mode: str, billing_account_id: str, organizations: Iterable[Organization]) -> PaidFor:
    """Return the organizations for which an account pays in a workspace with this billing mode.

    In assigned mode that depends on the organization; otherwise, all accounts pay for all organizations.
    """
    rows = tuple(organizations)
    if mode != "assigned":
        return PaidFor(rows)
    by_id: dict[str | None, Organization] = {one.id: one for one in rows}
    payers = [account_of(one, by_id) for one in rows]
    own = tuple(one for one, payer in zip(rows, payers, strict=True) if payer == billing_account_id)
    return PaidFor(own, payers.count(None))
