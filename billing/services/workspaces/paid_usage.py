"""The use that an account pays for, by product and organization. It is only known if every organization reports it.

Altostrat reports present use only, without its history or peak.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import Organization
from billing.altostrat.resources.workspaces import Workspace
from billing.services.workspaces.organization_tree import direct_usage, in_order
from billing.services.workspaces.payers import paid_for

_MODES: Final = frozenset({"single", "assigned", "pooled"})


@dataclass(frozen=True, slots=True)
class Use:
    """The use of one product. `by_organization` has the direct use of each, and `doubt` says why it is not known."""

    total: int = 0
    by_organization: Mapping[str, int] | None = None
    doubt: str = ""


@dataclass(frozen=True)
class PaidUsage:
    """The organizations that use what an account pays for, sorted by ID.

    `doubt` says why they are not all known; then nothing follows from their use.
    """

    mode: str
    organizations: tuple[Organization, ...]
    all_organizations: tuple[Organization, ...]
    doubt: str = ""
    _found: dict[str, Use] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_pooled(self) -> bool:
        return self.mode == "pooled"

    def of(self, product: str) -> Use:
        """Return the use of a product. A product that an organization leaves out is one that it does not use."""
        if product not in self._found:
            self._found[product] = self._use(product)
        return self._found[product]

    def _use(self, product: str) -> Use:
        rows = self.organizations
        silent = sum(_is_silent(one, product) for one in rows)
        doubt = self.doubt
        if not doubt and silent:
            doubt = f"{silent} of {len(rows)} organizations do not report their use."
        if not doubt and not any(product in direct_usage(one) for one in rows):
            doubt = "No organization reports use of this product."
        if not doubt and (totals := _other_totals(self.all_organizations, product)) is not None:
            doubt = f"Altostrat reports {totals[1]} for organizations whose use adds up to {totals[0]}."
        if doubt:
            return Use(doubt=doubt)
        used = {one.id or "": direct_usage(one).get(product) or 0 for one in rows}
        return Use(sum(used.values()), used)


def paid_usage(
    workspace: Workspace, billing_account_id: str, organizations: Listing[Organization]
) -> PaidUsage:
    mode = workspace.billing_mode or ""
    rows = organizations.items
    paid = paid_for(mode, billing_account_id, rows)
    ids = [one.id for one in paid.organizations]
    doubt = ""
    if mode not in _MODES:
        doubt = "The billing mode of the workspace is unknown, and so is who pays for which organization."
    elif organizations.has_more:
        doubt = "Altostrat has more organizations than it sent."
    elif paid.without_payer:
        doubt = f"It is not known who pays for {paid.without_payer} of {len(rows)} organizations."
    elif not all(ids) or len(set(ids)) < len(ids):
        doubt = "Organizations have no ID, or the same ID."
    return PaidUsage(mode, tuple(sorted(paid.organizations, key=lambda one: one.id or "")), rows, doubt)


def _is_silent(organization: Organization, product: str) -> bool:
    """Return whether an organization does not report its use, or something that cannot be use."""
    usage = organization.usage.usage if organization.usage else None
    if usage is None:
        return True
    used = usage.get(product, 0)
    return used is None or used < 0


def _other_totals(organizations: Iterable[Organization], product: str) -> tuple[int, int] | None:
    """Return the direct use below a top organization and Altostrat's total of it, if they differ."""
    found: list[tuple[Organization, int]] = []
    for node in in_order(organizations):
        used = direct_usage(node.organization).get(product) or 0
        if node.depth == 0:
            found.append((node.organization, used))
        else:
            top, before = found[-1]
            found[-1] = top, before + used
    for top, used in found:
        total = ((top.usage.subtree_usage if top.usage else None) or {}).get(product, used)
        if total is not None and total != used:
            return used, total
    return None
