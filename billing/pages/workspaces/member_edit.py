"""Adding a member, changing a role, removing a member: what leads to the review."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters

from billing.altostrat.identifiers import InvalidIdentifier, checked
from billing.labels import label
from billing.pages.changes import form_page
from billing.pages.changes.base_form import EntryForm
from billing.pages.changes.destinations import Place
from billing.pages.frame.access import PageRequest, page
from billing.pages.workspaces.edit import way_to
from billing.roles import Permission
from billing.services.changes import Draft
from billing.services.changes.kinds.members import ADD, REMOVE, ROLES, UPDATE


class RoleForm(EntryForm):
    """A role."""

    names = {"role": "role"}

    role = forms.ChoiceField(
        choices=[("", "Choose a role"), *ROLES.items()],
        help_text="Altostrat lets nobody give a role above their own.",
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"required": "Choose a role."},
    )

    def prepare(self) -> None:
        """A role that nobody knows yet stays as long as it is left alone."""
        role, has = self.fields["role"], self.opened.get("role")
        assert isinstance(role, forms.ChoiceField)
        if has and has not in ROLES:
            role.choices = [*ROLES.items(), (has, has)]


class MemberForm(RoleForm):
    """Who, by the id at Altostrat's sign-in, and as what."""

    names = {"user_id": "user_id", "role": "role"}

    user_id = forms.CharField(
        label=label("user_id"),
        max_length=255,
        help_text="The id at the sign-in of Altostrat, not an e-mail address: a service, a bar, and more.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "placeholder": "auth0|64f5a6b7c8d9e0f1a2b3c4d5",
            }
        ),
        error_messages={"required": "Give the id of the user; it has a bar in it, as in “auth0|64f5…”."},
    )

    field_order = ("user_id", "role")

    def clean_user_id(self) -> str:
        """A well-formed id of the identity provider."""
        value = str(self.cleaned_data["user_id"])
        try:
            return checked("member_id", value, None)
        except InvalidIdentifier:
            message = "This is not a user id: it is a name, a bar and an id, as in “auth0|64f5a6b7c8d9”."
            raise forms.ValidationError(message, code="malformed") from None


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def add(request: PageRequest, workspace_id: str) -> HttpResponse:
    """The form of a new member."""
    entry = form_page.Entry(
        kind=ADD,
        ids={"workspace_id": workspace_id},
        form=MemberForm,
        title="Add a member",
        lead="Nothing is sent yet: the next page shows who is added.",
        button="Review the new member",
        way=_way(workspace_id),
    )
    return form_page.answer(request, entry)


@page(Permission.BILLING_WRITE, methods=("GET", "POST"))
@sensitive_post_parameters()
def change_role(request: PageRequest, workspace_id: str, member_id: str) -> HttpResponse:
    """The form of a member's role as it is now."""
    entry = form_page.Entry(
        kind=UPDATE,
        ids={"workspace_id": workspace_id, "member_id": member_id},
        form=RoleForm,
        title=f"Role of {member_id}",
        lead="Nothing is sent yet: the next page shows what changes.",
        button="Review the change",
        way=_way(workspace_id),
    )
    return form_page.answer(request, entry)


@page(Permission.BILLING_WRITE, methods=("POST",))
def remove(request: PageRequest, workspace_id: str, member_id: str) -> HttpResponse:
    """Leads to the review, which says what follows and asks for the id."""
    draft = Draft(REMOVE.verb, {"workspace_id": workspace_id, "member_id": member_id}, {})
    return form_page.go_on(request, draft, reverse("members", args=[workspace_id]))


def _way(workspace_id: str) -> tuple[Place, ...]:
    return way_to(workspace_id, Place(reverse("members", args=[workspace_id]), "To the members"))
