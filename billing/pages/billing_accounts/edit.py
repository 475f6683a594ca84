"""The pages that create, edit and delete a billing account: each leads to a review."""

from __future__ import annotations

from billing.pages.billing_accounts.forms import BillingAccountForm, NewBillingAccountForm
from billing.pages.changes.form_page import FormPage
from billing.services.changes.kinds.billing_accounts import CREATE, DELETE, UPDATE


class NewBillingAccount(FormPage):
    kind = CREATE
    form = NewBillingAccountForm
    template = "billing/billing_accounts/form.html"
    parent = "billing-accounts"


class EditBillingAccount(FormPage):
    kind = UPDATE
    form = BillingAccountForm
    template = "billing/billing_accounts/form.html"
    hint = "The currency cannot be changed."


class DeleteBillingAccount(FormPage):
    kind = DELETE
    template = "billing/billing_accounts/form.html"
    lead = "Nothing is deleted yet: the next page asks for a reason, a ticket and the account's name."


create = NewBillingAccount.as_view()
edit = EditBillingAccount.as_view()
delete = DeleteBillingAccount.as_view()
