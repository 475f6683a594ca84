"""Payment methods. They contain what may be shown of a card or bank account, never its number."""

from __future__ import annotations

from dataclasses import dataclass, field

from billing.altostrat.fields import Resource


@dataclass(frozen=True, slots=True)
class PaymentMethod(Resource):
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


@dataclass(frozen=True, slots=True)
class SetupIntent(Resource):
    """https://altostrat.io/docs/api/en/payment-methods/create-a-setup-intent

    `client_secret` is only for Stripe.js in the browser of the person who requested it. Never log or store it.
    """

    client_secret: str | None = field(default=None, repr=False)
    publishable_key: str | None = None
