"""Billing accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing.altostrat.fields import Fields, no_fields


@dataclass(frozen=True, slots=True)
class BillingAddress:
    """A postal address; `country` is a two-letter code."""

    country: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> BillingAddress:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            country=fields.text("country"),
            line1=fields.text("line1"),
            line2=fields.text("line2"),
            city=fields.text("city"),
            state=fields.text("state"),
            postal_code=fields.text("postal_code"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class BillingAccount:
    """A paying entity of a workspace; `id` is its Stripe customer id.

    https://altostrat.io/docs/api/en/billing-accounts/retrieve-a-billing-account
    """

    id: str | None = None
    workspace_id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    description: str | None = None
    currency: str | None = None
    address: BillingAddress | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> BillingAccount:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            workspace_id=fields.text("workspace_id"),
            name=fields.text("name"),
            email=fields.text("email"),
            phone=fields.text("phone"),
            description=fields.text("description"),
            currency=fields.text("currency"),
            address=fields.nested("address", BillingAddress.from_json),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            extra=fields.extra(),
        )
