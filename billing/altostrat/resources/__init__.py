"""What Altostrat answers, as frozen values. Every field may be None, as none is documented as required.

`extra` holds what is not documented, or not of the documented type (see `fields`).
"""

from billing.altostrat.resources.billing_accounts import BillingAccount, BillingAddress
from billing.altostrat.resources.invoices import Invoice, InvoiceLine
from billing.altostrat.resources.listing import Listing
from billing.altostrat.resources.organizations import (
    LimitsContext,
    Organization,
    OrganizationLimits,
    OrganizationUsage,
    ProductLimit,
)
from billing.altostrat.resources.payment_methods import PaymentMethod, SetupIntent
from billing.altostrat.resources.subscriptions import (
    Subscription,
    SubscriptionItem,
    TrialEligibility,
    TrialInfo,
)
from billing.altostrat.resources.workspaces import Workspace, WorkspaceMember

__all__ = (
    "BillingAccount",
    "BillingAddress",
    "Invoice",
    "InvoiceLine",
    "LimitsContext",
    "Listing",
    "Organization",
    "OrganizationLimits",
    "OrganizationUsage",
    "PaymentMethod",
    "ProductLimit",
    "SetupIntent",
    "Subscription",
    "SubscriptionItem",
    "TrialEligibility",
    "TrialInfo",
    "Workspace",
    "WorkspaceMember",
)
