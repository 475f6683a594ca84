"""Payment methods: what may be shown of a card or a bank account, never its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.altostrat.fields import Fields, no_fields


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """https://altostrat.io/docs/api/en/payment-methods/list-payment-methods"""

    id: str | None = None
    type: str | None = None
    is_default: bool | None = None
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    name: str | None = None
    bank_name: str | None = None
    account_holder_type: str | None = None
    account_type: str | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> PaymentMethod:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            id=fields.text("id"),
            type=fields.text("type"),
            is_default=fields.flag("is_default"),
            brand=fields.text("brand"),
            last4=fields.text("last4"),
            exp_month=fields.integer("exp_month"),
            exp_year=fields.integer("exp_year"),
            name=fields.text("name"),
            bank_name=fields.text("bank_name"),
            account_holder_type=fields.text("account_holder_type"),
            account_type=fields.text("account_type"),
            extra=fields.extra(),
        )


@dataclass(frozen=True, slots=True)
class SetupIntent:
    """https://altostrat.io/docs/api/en/payment-methods/create-a-setup-intent

    `client_secret` is for Stripe.js in the browser of the person who asked, and for nothing else: no log, no row.
    """

    client_secret: str | None = field(default=None, repr=False)
    publishable_key: str | None = None
    extra: Mapping[str, object] = field(default_factory=no_fields)

    @classmethod
    def from_json(cls, document: object) -> SetupIntent:
        """Raises WrongShape unless `document` is an object."""
        fields = Fields(document)
        return cls(
            client_secret=fields.text("client_secret"),
            publishable_key=fields.text("publishable_key"),
            extra=fields.extra(),
        )
