"""The pages that create an organization, and the button that deletes one: each leads to a review."""

from __future__ import annotations

from django import forms

from billing.pages.changes.base_form import ChangeForm
from billing.pages.changes.form_page import FormPage, review_button
from billing.services.changes.kinds.organization_deletion import DELETE
from billing.services.changes.kinds.organizations import CREATE, CREATE_CHILD, METERS


def _limit_field() -> forms.IntegerField:
    return forms.IntegerField(
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        help_text="Leave empty for no limit. 0 turns the product off.",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"min_value": "Enter 0 or more, or leave it empty for no limit."},
    )


class ChildForm(ChangeForm):
    """A name, and a limit for each metered product."""

    names = {"name": "name"} | {f"limit_{meter}": f"limits.{meter}" for meter in METERS}

    name = forms.CharField(max_length=50, error_messages={"required": "Enter a name."})

    def add_fields(self) -> None:
        for meter in METERS:
            self.fields[f"limit_{meter}"] = _limit_field()


class OrganizationForm(ChildForm):
    """An organization at the top: with a billing account, where the billing mode needs one."""

    names = ChildForm.names | {"billing_account_id": "billing_account_id"}

    billing_account_id = forms.ChoiceField(
        help_text="Pays for this organization and all its child organizations.",
        error_messages={"required": "Choose a billing account."},
    )

    def add_fields(self) -> None:
        super().add_fields()
        mode, accounts = self.opened.get("_mode"), self.opened.get("_accounts", {})
        if mode == "pooled":
            del self.fields["billing_account_id"]
            return
        account = self.fields["billing_account_id"]
        assert isinstance(account, forms.ChoiceField)
        chosen = self.opened.get("billing_account_id")
        known = [(key, f"{name} ({key})") for key, name in accounts.items()]
        known += [(chosen, chosen)] if chosen and chosen not in accounts else []
        account.choices = [("", "Choose a billing account"), *known]
        # In a mode that is not documented, Altostrat decides.
        account.required = mode in {"single", "assigned"}


class NewOrganization(FormPage):
    kind = CREATE
    form = OrganizationForm
    template = "billing/workspaces/organizations/form.html"
    hint = "The organization is created at the top of the workspace."
    parent = "organizations"


class NewChildOrganization(FormPage):
    kind = CREATE_CHILD
    form = ChildForm
    template = "billing/workspaces/organizations/form.html"
    hint = "The billing account of the top organization pays for it."
    parent = "organization"


create = NewOrganization.as_view()
create_child = NewChildOrganization.as_view()
delete = review_button(DELETE)
