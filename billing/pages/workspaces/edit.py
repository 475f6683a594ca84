"""The pages that create and edit a workspace, and the button that archives it: each leads to a review."""

from __future__ import annotations

from django import forms

from billing.pages.changes.base_form import ChangeForm
from billing.pages.changes.form_page import FormPage, review_button
from billing.services.changes.kinds.workspaces import ARCHIVE, CREATE, MODES, UPDATE


class WorkspaceForm(ChangeForm):
    names = {"name": "name", "description": "description"}

    name = forms.CharField(max_length=50, error_messages={"required": "Enter a name."})
    description = forms.CharField(required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class NewWorkspaceForm(WorkspaceForm):
    names = WorkspaceForm.names | {"billing_mode": "billing_mode"}

    billing_mode = forms.ChoiceField(
        choices=[("", "Choose a billing mode"), *MODES.items()],
        help_text="You cannot change it later.",
        error_messages={"required": "Choose a billing mode; it cannot be changed later."},
    )


class NewWorkspace(FormPage):
    kind = CREATE
    form = NewWorkspaceForm
    hint = "The workspace is created with your default token, whose user becomes its owner."
    parent = "workspaces"


class EditWorkspace(FormPage):
    kind = UPDATE
    form = WorkspaceForm
    template = "billing/workspaces/form.html"
    hint = "The billing mode cannot be changed."


create = NewWorkspace.as_view()
edit = EditWorkspace.as_view()
archive = review_button(ARCHIVE)
