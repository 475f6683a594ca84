"""Creating, renaming and archiving a workspace: what leads to the review."""

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
from billing.roles import Permission
from billing.services.changes import Draft
from billing.services.changes.kinds.workspaces import ARCHIVE, CREATE, MODES, UPDATE


class WorkspaceForm(EntryForm):
    """Name and description."""

    names = {"name": "name", "description": "description"}

    name = forms.CharField(
        max_length=50,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Altostrat needs a name."},
    )
    description = forms.CharField(
        required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"})
    )


class NewWorkspaceForm(WorkspaceForm):
    """With the billing mode, for good."""

    names = {**WorkspaceForm.names, "billing_mode": "billing_mode"}

    billing_mode = forms.ChoiceField(
        label=label("billing_mode"),
        choices=[("", "Choose a billing mode"), *MODES.items()],
        help_text="It is permanent: nobody can change it afterwards.",
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"required": "Choose how the workspace is billed; it cannot be changed afterwards."},
    )


_LIST: Final = "To the workspaces"


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def create(request: PageRequest) -> HttpResponse:
    """The form of a new workspace."""
    entry = form_page.Entry(
        kind=CREATE,
        ids={},
        form=NewWorkspaceForm,
        title="New workspace",
        lead="Nothing is sent yet: the next page shows what is created. Your default token makes it, and its person "
        "becomes the owner.",
        button="Review the new workspace",
        way=(Place(reverse("workspaces"), _LIST),),
    )
    return form_page.answer(request, entry)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def edit(request: PageRequest, workspace_id: str) -> HttpResponse:
    """The form of a workspace as it is now."""
    entry = form_page.Entry(
        kind=UPDATE,
        ids={"workspace_id": workspace_id},
        form=WorkspaceForm,
        title="Edit the workspace",
        lead="Nothing is sent yet: the next page shows what changes. The billing mode cannot be changed.",
        button="Review the change",
        way=way_to(workspace_id),
    )
    return form_page.answer(request, entry)


@page(Permission.BILLING_WRITE, methods=("POST",))
def archive(request: PageRequest, workspace_id: str) -> HttpResponse:
    """Leads to the review, which says what follows and asks for the name."""
    draft = Draft(ARCHIVE.verb, {"workspace_id": workspace_id}, {})
    return form_page.go_on(request, draft, reverse("workspace", args=[workspace_id]))


def way_to(workspace_id: str, *more: Place) -> tuple[Place, ...]:
    """The places on the way to a page of a workspace."""
    workspace = Place(reverse("workspace", args=[workspace_id]), f"To {workspace_id}")
    return (Place(reverse("workspaces"), _LIST), workspace, *more)
