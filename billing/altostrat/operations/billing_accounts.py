"""The billing accounts of a workspace. https://altostrat.io/docs/api/en/billing-accounts"""

from __future__ import annotations

from typing import Final

from billing.altostrat.operations.operation import Operation, nothing, or_nothing
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.listing import Listing

_ALL: Final = "/workspaces/{workspaceId}/billing-accounts"
_ONE: Final = _ALL + "/{billingAccountId}"
_IDENTITY: Final = {"id": "billingAccountId", "workspace_id": "workspaceId"}

# https://altostrat.io/docs/api/en/billing-accounts/list-billing-accounts
LIST_BILLING_ACCOUNTS: Final[Operation[Listing[BillingAccount]]] = Operation(
    name="list_billing_accounts",
    method="GET",
    path_template=_ALL,
    parse=Listing.reader(BillingAccount.from_json),
    is_listing=True,
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/billing-accounts/create-a-billing-account
CREATE_BILLING_ACCOUNT: Final[Operation[BillingAccount | None]] = Operation(
    name="create_billing_account",
    method="POST",
    path_template=_ALL,
    parse=or_nothing(BillingAccount.from_json),
    identity={"workspace_id": "workspaceId"},
)

# https://altostrat.io/docs/api/en/billing-accounts/retrieve-a-billing-account
RETRIEVE_BILLING_ACCOUNT: Final[Operation[BillingAccount]] = Operation(
    name="retrieve_billing_account",
    method="GET",
    path_template=_ONE,
    parse=BillingAccount.from_json,
    identity=_IDENTITY,
)

# https://altostrat.io/docs/api/en/billing-accounts/update-a-billing-account
UPDATE_BILLING_ACCOUNT: Final[Operation[BillingAccount | None]] = Operation(
    name="update_billing_account",
    method="PATCH",
    path_template=_ONE,
    parse=or_nothing(BillingAccount.from_json),
    identity=_IDENTITY,
)

# https://altostrat.io/docs/api/en/billing-accounts/delete-a-billing-account
DELETE_BILLING_ACCOUNT: Final[Operation[None]] = Operation(
    name="delete_billing_account", method="DELETE", path_template=_ONE, parse=nothing
)
