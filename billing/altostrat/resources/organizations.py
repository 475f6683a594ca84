"""Organizations: the tree inside a workspace, with its usage and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.altostrat.fields import Fields, no_fields, whole_or_none


@dataclass(frozen=True, slots=True)
class OrganizationUsage:
    """Metered product to amount: of the organization itself, and with everything below it."""

    usage: Mapping[str, int | None] | None = None
    subtree_usage: Mapping[str, int | None] | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> OrganizationUsage:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            usage=fields.mapping("usage", whole_or_none),
            subtree_usage=fields.mapping("subtree_usage", whole_or_none),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class Organization:
    """https://altostrat.io/docs/api/en/organizations/list-organizations

    `path` holds the ids of the ancestors joined by "#", `depth` is 0 at the top. In `limits`, None or no entry at all
    sets no limit, and 0 switches the product off.
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
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> Organization:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            name=fields.text("name"),
            workspace_id=fields.text("workspace_id"),
            external_id=fields.text("external_id"),
            parent_org_id=fields.text("parent_org_id"),
            path=fields.text("path"),
            depth=fields.integer("depth"),
            billing_account_id=fields.text("billing_account_id"),
            picture=fields.text("picture"),
            usage=fields.nested("usage", OrganizationUsage.from_json),
            limits=fields.mapping("limits", whole_or_none),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class ProductLimit:
    """One metered product: `used` with everything below, `direct` by the organization itself."""

    type: str | None = None
    used: int | None = None
    direct: int | None = None
    free: int | None = None
    org_limit: int | None = None
    total: int | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> ProductLimit:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            type=fields.text("type"),
            used=fields.integer("used"),
            direct=fields.integer("direct"),
            free=fields.integer("free"),
            org_limit=fields.integer("org_limit"),
            total=fields.integer("total"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class LimitsContext:
    """What the numbers are relative to."""

    type: str | None = None
    name: str | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> LimitsContext:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            type=fields.text("type"),
            name=fields.text("name"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class OrganizationLimits:
    """https://altostrat.io/docs/api/en/organizations/retrieve-organization-limits"""

    organization_id: str | None = None
    organization_name: str | None = None
    limits: tuple[ProductLimit, ...] | None = None
    context: LimitsContext | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> OrganizationLimits:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            organization_id=fields.text("organization_id"),
            organization_name=fields.text("organization_name"),
            limits=fields.items("limits", ProductLimit.from_json),
            context=fields.nested("context", LimitsContext.from_json),
            extra=fields.extra(),
        )
