"""The forms that add and edit a person, and set a password."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.pages.frame.forms import AS_TYPED
from billing.pages.people.forms import ReasonForm
from billing.roles import TABLE, Role
from billing.services.people.edits import Details


def _password() -> forms.CharField:
    return forms.CharField(
        required=False,
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave empty for a person who signs in with single sign-on only.",
    )


class PersonForm(ReasonForm):
    """The details of a person. `fixed` names the fields that this editor may not change."""

    username = forms.CharField(max_length=150, widget=forms.TextInput(attrs=AS_TYPED))
    first_name = forms.CharField(max_length=150, required=False)
    last_name = forms.CharField(max_length=150, required=False)
    # Browsers rewrite what is in a field of type email.
    email = forms.EmailField(
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false"}),
    )
    roles = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        choices=[(role.value, role.value.capitalize()) for role in Role],
    )
    is_superuser = forms.BooleanField(
        label="Superuser: all permissions, and the administration", required=False
    )
    field_order = ("username", "first_name", "last_name", "email", "roles", "is_superuser", "password")

    def __init__(self, before: Details, fixed: frozenset[str], *args: Any, **kwargs: Any) -> None:
        initial = {
            name: getattr(before, name)
            for name in ("username", "first_name", "last_name", "email", "is_superuser")
        }
        initial["roles"] = [role.value for role in before.roles]
        super().__init__(*args, initial=initial, **kwargs)
        roles = self.fields["roles"]
        assert isinstance(roles, forms.MultipleChoiceField)
        roles.choices = [(role.value, _described(role)) for role in Role]
        if self.data.get("email") == before.email:  # the provider may have sent anything
            self.fields["email"].validators.clear()
        for name in fixed:
            del self.fields[name]
        self._before = before

    @property
    def details(self) -> Details:
        """The details of a valid form; fields that it does not have are unchanged."""
        data, before = self.cleaned_data, self._before
        roles = data.get("roles")
        return Details(
            data.get("username", before.username),
            data["first_name"],
            data["last_name"],
            data.get("email", before.email),
            before.roles if roles is None else frozenset(map(Role, roles)),
            data.get("is_superuser", before.is_superuser),
        )


class NewPersonForm(PersonForm):
    password = _password()


class PasswordForm(ReasonForm):
    password = _password()
    field_order = ("password",)


def _described(role: Role) -> str:
    """Return "Viewer: read billing data"."""
    allowed = [row.allows for row in TABLE.values() if role in row.roles]
    return f"{role.value.capitalize()}: {', '.join(allowed)}"
