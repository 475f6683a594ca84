"""The pages that add a member and change a role, and the button that removes a member: each leads to a review."""

from __future__ import annotations

from django import forms

from billing.altostrat.identifiers import InvalidIdentifier, checked
from billing.pages.changes.base_form import ChangeForm
from billing.pages.changes.form_page import FormPage, review_button
from billing.pages.frame.forms import AS_TYPED
from billing.services.changes.kinds.members import ADD, REMOVE, ROLES, UPDATE


class RoleForm(ChangeForm):
    names = {"role": "role"}

    role = forms.ChoiceField(
        choices=[("", "Choose a role"), *ROLES.items()],
        help_text="You cannot give a role above your own.",
        error_messages={"required": "Choose a role."},
    )

    def add_fields(self) -> None:
        """Keep a role that is not documented."""
        role, has = self.fields["role"], self.opened.get("role")
        assert isinstance(role, forms.ChoiceField)
        if has and has not in ROLES:
            role.choices = [*ROLES.items(), (has, has)]


class MemberForm(RoleForm):
    names = {"user_id": "user_id", "role": "role"}

    user_id = forms.CharField(
        max_length=255,
        help_text="The user's ID at Altostrat's identity provider, not an email address.",
        widget=forms.TextInput(attrs=AS_TYPED | {"placeholder": "auth0|64f5a6b7c8d9e0f1a2b3c4d5"}),
        error_messages={"required": "Enter a user ID, such as “auth0|64f5a6b7c8d9”."},
    )

    field_order = ("user_id", "role")

    def clean_user_id(self) -> str:
        value = str(self.cleaned_data["user_id"])
        try:
            return checked("member_id", value, None)
        except InvalidIdentifier:
            message = "This is not a user ID. It has a vertical bar, as in “auth0|64f5a6b7c8d9”."
            raise forms.ValidationError(message, code="malformed") from None


class AddMember(FormPage):
    kind = ADD
    form = MemberForm
    template = "billing/workspaces/members/form.html"
    parent = "members"


class ChangeRole(FormPage):
    kind = UPDATE
    form = RoleForm
    template = "billing/workspaces/members/form.html"


add = AddMember.as_view()
change_role = ChangeRole.as_view()
remove = review_button(REMOVE)
