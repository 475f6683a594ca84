"""Organizations: a tree within a workspace, with usage and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from billing.altostrat.fields import Resource


@dataclass(frozen=True, slots=True)
class OrganizationUsage(Resource):
    """Amounts by metered product, for the organization itself (`usage`) and its whole subtree."""

    usage: Mapping[str, int | None] | None = None
    subtree_usage: Mapping[str, int | None] | None = None


@dataclass(frozen=True, slots=True)
class Organization(Resource):
    """https://altostrat.io/docs/api/en/organizations/list-organizations

    `path` has the ids of the ancestors, joined by "#"; `depth` is 0 at the top. In `limits`, None or no entry means
    no limit, and 0 disables the product.
    """

    id: str | None = None
    name: str | None = None
    workspace_id: str | None = None
    external_id: str | None = None
    parent_org_id: str | None = None
    path: str | None = None
    depth: int | None = None
    billing_account_id: str | None = None
    picture: str | None = None
    usage: OrganizationUsage | None = None
    limits: Mapping[str, int | None] | None = None


@dataclass(frozen=True, slots=True)
class ProductLimit(Resource):
    """The limit of one metered product: `used` in the subtree, `direct` by the organization itself."""

    type: str | None = None
    used: int | None = None
    direct: int | None = None
    free: int | None = None
    org_limit: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class LimitsContext(Resource):
    type: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class OrganizationLimits(Resource):
    """https://altostrat.io/docs/api/en/organizations/retrieve-organization-limits"""

    organization_id: str | None = None
    organization_name: str | None = None
    limits: tuple[ProductLimit, ...] | None = None
    context: LimitsContext | None = None
