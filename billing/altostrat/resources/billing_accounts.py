from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.altostrat.fields import Resource


@dataclass(frozen=True, slots=True)
class BillingAddress(Resource):
    """A postal address. `country` is a two-letter code."""

    country: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class BillingAccount(Resource):
    """A paying entity of a workspace. `id` is its Stripe customer id.

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
