"""Reads of billing accounts, their subscriptions, invoices and payment methods, by the portal's names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from billing.altostrat.operations.billing_accounts import LIST_BILLING_ACCOUNTS, RETRIEVE_BILLING_ACCOUNT
from billing.altostrat.operations.invoices import PREVIEW_INVOICE
from billing.altostrat.operations.payment_methods import LIST_PAYMENT_METHODS
from billing.altostrat.operations.subscriptions import (
    CHECK_TRIAL_ELIGIBILITY,
    LIST_SUBSCRIPTIONS,
    RETRIEVE_SUBSCRIPTION,
)
from billing.altostrat.resources.billing_accounts import BillingAccount
from billing.altostrat.resources.invoices import Invoice
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.payment_methods import PaymentMethod
from billing.altostrat.resources.subscriptions import Subscription, TrialEligibility
from billing.services.invoices.page import page_of
from billing.services.reads import Read
from billing.services.workspaces import reads as workspace_reads

# The reads of an account's page.
ACCOUNT: Final = "account"
SUBSCRIPTIONS: Final = "subscriptions"
INVOICES: Final = "invoices"
PAYMENT_METHODS: Final = "payment_methods"
WORKSPACE: Final = "workspace"
ORGANIZATIONS: Final = "organizations"
TRIAL: Final = "trial"
FIRST_READS: Final = (ACCOUNT, SUBSCRIPTIONS, INVOICES, PAYMENT_METHODS, WORKSPACE, ORGANIZATIONS)

# The page lists ten; the account status is based on as many as one call returns.
INVOICES_READ: Final = 100
_MAX_PREVIEWS: Final = 5
_BILLED_NEXT: Final = frozenset({"active", "trialing", "past_due"})


def billing_accounts(workspace_id: str) -> Read[Listing[BillingAccount]]:
    return Read(LIST_BILLING_ACCOUNTS, {"workspace_id": workspace_id})


def billing_account(workspace_id: str, billing_account_id: str) -> Read[BillingAccount]:
    return Read(RETRIEVE_BILLING_ACCOUNT, _path(workspace_id, billing_account_id))


def subscriptions(workspace_id: str, billing_account_id: str) -> Read[Listing[Subscription]]:
    return Read(LIST_SUBSCRIPTIONS, _path(workspace_id, billing_account_id))


def subscription(workspace_id: str, billing_account_id: str, subscription_id: str) -> Read[Subscription]:
    path = {**_path(workspace_id, billing_account_id), "subscription_id": subscription_id}
    return Read(RETRIEVE_SUBSCRIPTION, path)


def payment_methods(workspace_id: str, billing_account_id: str) -> Read[Listing[PaymentMethod]]:
    return Read(LIST_PAYMENT_METHODS, _path(workspace_id, billing_account_id))


def trial_eligibility(workspace_id: str, billing_account_id: str) -> Read[TrialEligibility]:
    return Read(CHECK_TRIAL_ELIGIBILITY, _path(workspace_id, billing_account_id))


def next_bills(
    workspace_id: str, billing_account_id: str, of: Iterable[Subscription]
) -> dict[str, Read[Invoice]]:
    """Return a preview of the next bill of each subscription that has one, by subscription id. A preview changes
    nothing.

    Their number is limited, because each preview is a call. Altostrat allows three active subscriptions.
    """
    path = _path(workspace_id, billing_account_id)
    billed = [one.id for one in of if one.id and one.status in _BILLED_NEXT and not one.stripe.ended_at]
    return {
        subscription_id: Read(PREVIEW_INVOICE, path, body={"subscription_id": subscription_id})
        for subscription_id in billed[:_MAX_PREVIEWS]
    }


def next_bill(workspace_id: str, billing_account_id: str, subscription_id: str) -> Read[Invoice]:
    """Return a preview of the next bill of one subscription, as it is now."""
    path = _path(workspace_id, billing_account_id)
    return Read(PREVIEW_INVOICE, path, body={"subscription_id": subscription_id})


def page_reads(workspace_id: str, billing_account_id: str, names: Iterable[str]) -> dict[str, Read[Any]]:
    """Return the reads of an account's page that have these names."""
    return {name: _READS[name](workspace_id, billing_account_id) for name in names}


def api_path(workspace_id: str, billing_account_id: str, name: str) -> str:
    """Return the path of the same read in the portal's API: "/api/v1/workspaces/…"."""
    read = _READS[name](workspace_id, billing_account_id)
    path = "/api/v1" + read.operation.path(read.path)
    return f"{path}?{urlencode(read.query)}" if read.query else path


def _path(workspace_id: str, billing_account_id: str) -> dict[str, str]:
    return {"workspace_id": workspace_id, "billing_account_id": billing_account_id}


_READS: Final[Mapping[str, Callable[[str, str], Read[Any]]]] = {
    ACCOUNT: billing_account,
    SUBSCRIPTIONS: subscriptions,
    INVOICES: lambda workspace_id, account_id: page_of(workspace_id, account_id, limit=INVOICES_READ),
    PAYMENT_METHODS: payment_methods,
    TRIAL: trial_eligibility,
    WORKSPACE: lambda workspace_id, _: workspace_reads.workspace(workspace_id),
    ORGANIZATIONS: lambda workspace_id, _: workspace_reads.organizations(workspace_id),
}
