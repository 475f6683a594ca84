"""Subscriptions and trial eligibility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

from billing.altostrat.fields import Resource, StripeResource, read_fields


@dataclass(frozen=True, slots=True)
class SubscriptionItem(Resource):
    """The quantity of one metered product, billed every `interval` (such as "month")."""

    price_id: str | None = None
    quantity: int | None = None
    interval: str | None = None

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Accept a bare quantity as well, as in Altostrat's older reference."""
        return cls(**read_fields(cls, {"quantity": document} if type(document) is int else document))


@dataclass(frozen=True, slots=True)
class Reference(Resource):
    """Another object of Stripe, sent as its ID or as the object."""

    id: str | None = None
    status: str | None = None
    end_behavior: str | None = None

    @classmethod
    def from_json(cls, document: object) -> Self:
        return cls(**read_fields(cls, {"id": document} if isinstance(document, str) else document))


@dataclass(frozen=True, slots=True)
class PauseCollection(StripeResource):
    behavior: str | None = None
    resumes_at: datetime | None = None

    @classmethod
    def from_json(cls, document: object) -> Self:
        given = {"behavior": document} if isinstance(document, str) else document
        return super(PauseCollection, cls).from_json(given)


@dataclass(frozen=True, slots=True)
class TrialEnd(Resource):
    missing_payment_method: str | None = None


@dataclass(frozen=True, slots=True)
class TrialSettings(Resource):
    end_behavior: TrialEnd | None = None


@dataclass(frozen=True, slots=True)
class Item(StripeResource):
    current_period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Items(Resource):
    data: tuple[Item, ...] | None = None

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Accept a bare list as well."""
        return cls(**read_fields(cls, {"data": document} if isinstance(document, list) else document))


@dataclass(frozen=True, slots=True)
class StripeSubscription(StripeResource):
    """Fields of Stripe that Altostrat does not document and may pass on:
    https://docs.stripe.com/api/subscriptions/object"""

    billing_cycle_anchor: datetime | None = None
    cancel_at: datetime | None = None
    cancel_at_period_end: bool | None = None
    canceled_at: datetime | None = None
    collection_method: str | None = None
    days_until_due: int | None = None
    default_payment_method: Reference | None = None
    default_source: Reference | None = None
    ended_at: datetime | None = None
    items: Items | None = None
    next_pending_invoice_item_invoice: datetime | None = None
    pause_collection: PauseCollection | None = None
    pending_update: Reference | None = None
    schedule: Reference | None = None
    trial_end: datetime | None = None
    trial_settings: TrialSettings | None = None


_NO_SUBSCRIPTION_FIELDS: Final = StripeSubscription()


@dataclass(frozen=True, slots=True)
class Subscription(StripeResource):
    """https://altostrat.io/docs/api/en/subscriptions/list-subscriptions

    `product_quantities` maps a metered product (such as "locations") to its subscribed quantity.
    """

    id: str | None = None
    billing_account_id: str | None = None
    status: str | None = None
    currency: str | None = None
    product_quantities: Mapping[str, SubscriptionItem] | None = None
    metadata: Mapping[str, object] | None = None
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Take the period from the items if only they have it, as Stripe's since 2025."""
        found = super(Subscription, cls).from_json(document)
        if found.current_period_end is not None or not (items := found.stripe.items):
            return found
        ends = [one.current_period_end for one in items.data or () if one.current_period_end is not None]
        if not ends or "current_period_end" in found.extra:
            return found
        return replace(found, current_period_end=min(ends))

    @property
    def stripe(self) -> StripeSubscription:
        return StripeSubscription.from_json(dict(self.extra)) if self.extra else _NO_SUBSCRIPTION_FIELDS

    @property
    def is_canceled_at_period_end(self) -> bool:
        """The answer of Stripe's fields, which Altostrat may pass on. It documents no field for this."""
        return self.stripe.cancel_at_period_end is True or bool(self.extra.get("cancel_at"))


@dataclass(frozen=True, slots=True)
class TrialInfo(Resource):
    trial_days: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class TrialEligibility(Resource):
    """https://altostrat.io/docs/api/en/subscriptions/check-trial-eligibility

    `requirements` are sentences from Altostrat that say what is missing.
    """

    trial_eligible: bool | None = None
    has_payment_method: bool | None = None
    can_create_subscription: bool | None = None
    trial_info: TrialInfo | None = None
    requirements: tuple[str, ...] | None = None
