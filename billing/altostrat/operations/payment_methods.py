"""The payment methods of a billing account. https://altostrat.io/docs/api/en/payment-methods"""

from __future__ import annotations

from typing import Final

from billing.altostrat.operations.operation import Operation, nothing
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.payment_methods import PaymentMethod, SetupIntent

_ALL: Final = "/workspaces/{workspaceId}/billing-accounts/{billingAccountId}/payment-methods"
_ONE: Final = _ALL + "/{paymentMethodId}"

# https://altostrat.io/docs/api/en/payment-methods/list-payment-methods
LIST_PAYMENT_METHODS: Final[Operation[Listing[PaymentMethod]]] = Operation(
    name="list_payment_methods",
    method="GET",
    path_template=_ALL,
    parse=Listing.reader(PaymentMethod.from_json),
    is_listing=True,
)

# https://altostrat.io/docs/api/en/payment-methods/create-a-setup-intent
CREATE_SETUP_INTENT: Final[Operation[SetupIntent]] = Operation(
    name="create_setup_intent", method="POST", path_template=_ALL, parse=SetupIntent.from_json
)

# https://altostrat.io/docs/api/en/payment-methods/set-default-payment-method
SET_DEFAULT_PAYMENT_METHOD: Final[Operation[None]] = Operation(
    name="set_default_payment_method", method="PUT", path_template=_ONE, parse=nothing
)

# https://altostrat.io/docs/api/en/payment-methods/detach-a-payment-method
DETACH_PAYMENT_METHOD: Final[Operation[None]] = Operation(
    name="detach_payment_method", method="DELETE", path_template=_ONE, parse=nothing
)
