"""The subscriptions of a billing account and its trial eligibility.

https://altostrat.io/docs/api/en/subscriptions
"""

from __future__ import annotations

from typing import Final

from billing.altostrat.operations.operation import Operation, nothing, or_nothing
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.subscriptions import Subscription, TrialEligibility

_ACCOUNT: Final = "/workspaces/{workspaceId}/billing-accounts/{billingAccountId}"
_ONE: Final = _ACCOUNT + "/subscriptions/{subscriptionId}"
_IDENTITY: Final = {"id": "subscriptionId", "billing_account_id": "billingAccountId"}

# https://altostrat.io/docs/api/en/subscriptions/list-subscriptions
LIST_SUBSCRIPTIONS: Final[Operation[Listing[Subscription]]] = Operation(
    name="list_subscriptions",
    method="GET",
    path_template=f"{_ACCOUNT}/subscriptions",
    parse=Listing.reader(Subscription.from_json),
    is_listing=True,
    identity={"billing_account_id": "billingAccountId"},
)

# https://altostrat.io/docs/api/en/subscriptions/create-a-subscription
CREATE_SUBSCRIPTION: Final[Operation[Subscription | None]] = Operation(
    name="create_subscription",
    method="POST",
    path_template=f"{_ACCOUNT}/subscriptions",
    parse=or_nothing(Subscription.from_json),
    identity={"billing_account_id": "billingAccountId"},
)

# https://altostrat.io/docs/api-reference/spa/workspaces/subscriptions/get-subscription-details
RETRIEVE_SUBSCRIPTION: Final[Operation[Subscription]] = Operation(
    name="retrieve_subscription",
    method="GET",
    path_template=_ONE,
    parse=Subscription.from_json,
    identity=_IDENTITY,
)

# https://altostrat.io/docs/api/en/subscriptions/update-a-subscription
UPDATE_SUBSCRIPTION: Final[Operation[Subscription | None]] = Operation(
    name="update_subscription",
    method="PATCH",
    path_template=_ONE,
    parse=or_nothing(Subscription.from_json),
    identity=_IDENTITY,
)

# https://altostrat.io/docs/api/en/subscriptions/cancel-a-subscription
CANCEL_SUBSCRIPTION: Final[Operation[None]] = Operation(
    name="cancel_subscription", method="DELETE", path_template=_ONE, parse=nothing
)

# https://altostrat.io/docs/api/en/subscriptions/check-trial-eligibility
CHECK_TRIAL_ELIGIBILITY: Final[Operation[TrialEligibility]] = Operation(
    name="check_trial_eligibility",
    method="GET",
    path_template=f"{_ACCOUNT}/trial-eligibility",
    parse=TrialEligibility.from_json,
)
