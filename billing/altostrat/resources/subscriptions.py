"""Subscriptions, and whether a trial is possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing.altostrat.fields import Fields, anything, no_fields


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """What is subscribed of one metered product, each `interval` (as "month")."""

    price_id: str | None = None
    quantity: int | None = None
    interval: str | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> SubscriptionItem:
        """Raises WrongShape unless `document` is an object, or a bare quantity, as the older reference has it."""
        if isinstance(document, int) and not isinstance(document, bool):
            return cls(quantity=document)
        fields = Fields(document)
        return cls(
            price_id=fields.text("price_id"),
            quantity=fields.integer("quantity"),
            interval=fields.text("interval"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class Subscription:
    """https://altostrat.io/docs/api/en/subscriptions/list-subscriptions

    `product_quantities` maps a metered product (as "locations") to what is subscribed of it.
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
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> Subscription:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            billing_account_id=fields.text("billing_account_id"),
            status=fields.text("status"),
            currency=fields.text("currency"),
            product_quantities=fields.mapping("product_quantities", SubscriptionItem.from_json),
            metadata=fields.mapping("metadata", anything),
            current_period_start=fields.moment("current_period_start"),
            current_period_end=fields.moment("current_period_end"),
            created_at=fields.moment("created_at"),
            updated_at=fields.moment("updated_at"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class TrialInfo:
    """How long a trial lasts, and why it is or is not possible."""

    trial_days: int | None = None
    message: str | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> TrialInfo:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            trial_days=fields.integer("trial_days"),
            message=fields.text("message"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class TrialEligibility:
    """https://altostrat.io/docs/api/en/subscriptions/check-trial-eligibility

    `requirements` are sentences of Altostrat's about what is missing.
    """

    trial_eligible: bool | None = None
    has_payment_method: bool | None = None
    can_create_subscription: bool | None = None
    trial_info: TrialInfo | None = None
    requirements: tuple[str, ...] | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> TrialEligibility:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            trial_eligible=fields.flag("trial_eligible"),
            has_payment_method=fields.flag("has_payment_method"),
            can_create_subscription=fields.flag("can_create_subscription"),
            trial_info=fields.nested("trial_info", TrialInfo.from_json),
            requirements=fields.texts("requirements"),
            extra=fields.extra(),
        )
