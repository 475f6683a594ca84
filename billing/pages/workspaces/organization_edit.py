"""Creating and deleting an organization: what leads to the review."""

from __future__ import annotations

from typing import Final

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from billing.labels import label
from billing.pages.changes import form_page
from billing.pages.changes.base_form import EntryForm
from billing.pages.changes.destinations import Place
from billing.pages.frame.access import PageRequest, page
from billing.pages.workspaces.edit import way_to
from billing.roles import Permission
from billing.services.changes import Draft
from billing.services.changes.kinds.organization_deletion import DELETE
from billing.services.changes.kinds.organizations import CREATE, CREATE_CHILD, METERS

_LIMITS: Final = "Empty: no limit of its own. 0: switched off."


def _limit(meter: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label(f"limits.{meter}"),
        required=False,
        min_value=0,
        max_value=1_000_000_000,
        help_text=_LIMITS,
        widget=forms.NumberInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
        error_messages={"min_value": "A limit is 0 or more. Leave it empty for none."},
    )


class ChildForm(EntryForm):
    """A name, and a limit for each product that is counted."""

    names = {"name": "name", **{f"limit_{meter}": f"limits.{meter}" for meter in METERS}}

    name = forms.CharField(
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Altostrat needs a name."},
    )
    limit_locations = _limit("locations")
    limit_users = _limit("users")
    limit_sso = _limit("sso")


class OrganizationForm(ChildForm):
    """At the top: with a billing account, where the billing mode wants one."""

    names = {**ChildForm.names, "billing_account_id": "billing_account_id"}

    billing_account_id = forms.ChoiceField(
        label="Billing account",
        help_text="It pays for this organization and everything below it.",
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"required": "Choose the billing account that pays for it."},
    )

    field_order = ("name", "billing_account_id")

    def prepare(self) -> None:
        """In a pooled workspace nobody chooses an account."""
        if self.around.get("_mode") == "pooled":
            del self.fields["billing_account_id"]
            return
        account = self.fields["billing_account_id"]
        assert isinstance(account, forms.ChoiceField)
        known = [(key, f"{name} ({key})") for key, name in self.around.get("_accounts", {}).items()]
        account.choices = [("", "Choose a billing account"), *known]
        # A mode that nobody knows yet: Altostrat has the last word.
        account.required = self.around.get("_mode") in {"single", "assigned"}


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def create(request: PageRequest, workspace_id: str) -> HttpResponse:
    """The form of an organization at the top."""
    entry = form_page.Entry(
        kind=CREATE,
        ids={"workspace_id": workspace_id},
        form=OrganizationForm,
        title="New organization",
        lead="At the top of the workspace. Nothing is sent yet: the next page shows what is created.",
        button="Review the new organization",
        way=_way(workspace_id),
    )
    return form_page.answer(request, entry)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def create_child(request: PageRequest, workspace_id: str, organization_id: str) -> HttpResponse:
    """The form of an organization below another one."""
    parent = Place(reverse("organization", args=[workspace_id, organization_id]), f"To {organization_id}")
    entry = form_page.Entry(
        kind=CREATE_CHILD,
        ids={"workspace_id": workspace_id, "organization_id": organization_id},
        form=ChildForm,
        title="New organization below this one",
        lead="What pays for the top pays for it, too. Nothing is sent yet: the next page shows what is created.",
        button="Review the new organization",
        way=(*_way(workspace_id), parent),
    )
    return form_page.answer(request, entry)


@page(Permission.BILLING_WRITE, methods=("POST",))
def delete(request: PageRequest, workspace_id: str, organization_id: str) -> HttpResponse:
    """Leads to the review, which says what follows and asks for the name."""
    draft = Draft(DELETE.verb, {"workspace_id": workspace_id, "organization_id": organization_id}, {})
    return form_page.go_on(request, draft, reverse("organization", args=[workspace_id, organization_id]))


def _way(workspace_id: str) -> tuple[Place, ...]:
    return way_to(workspace_id, Place(reverse("organizations", args=[workspace_id]), "To the organizations"))
