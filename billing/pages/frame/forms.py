"""Forms. A token field never shows what was typed into it; every message names its remedy."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from billing.altostrat.credentials import BearerToken, MalformedToken
from billing.altostrat.identifiers import InvalidIdentifier, checked

# Browsers are to leave ids and tokens alone.
_AS_TYPED: Final = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class SignInForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": "This name and password do not belong together. Check both; capitals count.",
        "inactive": "This account is switched off. Ask an administrator of this portal.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.update(autofocus=True, spellcheck="false", autocapitalize="none")
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


class TokenField(forms.CharField):
    """A pasted Altostrat token. It is rendered empty, always."""

    def __init__(self) -> None:
        widget = forms.PasswordInput(
            render_value=False,
            attrs={
                **_AS_TYPED,
                # Password managers would keep it where the portal cannot see to it.
                "data-1p-ignore": "",
                "data-lpignore": "true",
            },
        )
        super().__init__(
            label="Altostrat token",
            strip=False,
            widget=widget,
            help_text="From Altostrat: Settings, API Tokens. A leading “Bearer” may stay. It is "
            "stored sealed, and never shown again.",
            error_messages={"required": "Paste the token here."},
        )

    def clean(self, value: Any) -> str:
        """The text as pasted, once it could be a token."""
        text = str(super().clean(value))
        try:
            BearerToken.parse(text)
        except MalformedToken as error:
            raise forms.ValidationError(str(error), code="malformed") from None
        return text


class Accessible(forms.Form):
    """Marks Tabler's classes on fields, and the invalid ones as such."""

    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_box = isinstance(field.widget, forms.CheckboxInput)
            field.widget.attrs.setdefault("class", "form-check-input" if is_box else "form-control")


class ConfirmPasswordForm(Accessible):
    """One's own password, once more."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Type your password."},
    )


class RenewTokenForm(Accessible):
    """A new token in place of a stored one."""

    token = TokenField()
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class StoreTokenForm(RenewTokenForm):
    """A token, what to call it, and where it counts."""

    label = forms.CharField(
        max_length=80,
        initial="My Altostrat token",
        help_text="A name that tells you which one it is.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the token a name, such as “Finance”."},
    )
    workspace_id = forms.CharField(
        label="Only for the workspace",
        required=False,
        max_length=255,
        help_text="Empty: used for every workspace that has no token of its own.",
        widget=forms.TextInput(attrs={**_AS_TYPED, "placeholder": "ws_…"}),
    )
    default = forms.BooleanField(
        label="Use it wherever no other token is set",
        required=False,
        help_text="Your first token is used so anyway.",
    )
    # Becomes the row's id: the same form sent twice is stored once.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    field_order = ("token", "label", "workspace_id", "default")

    def clean_workspace_id(self) -> str:
        """Empty, or a well-formed workspace id."""
        return _checked_id(self.cleaned_data["workspace_id"], "workspaceId", "ws_", "a workspace id")


class OpenAccountForm(Accessible):
    """The two ids that lead to a billing account."""

    workspace_id = forms.CharField(
        label="Workspace id",
        max_length=255,
        widget=forms.TextInput(attrs={**_AS_TYPED, "placeholder": "ws_…"}),
        error_messages={"required": "Give the id of the workspace; it begins with ws_."},
    )
    billing_account_id = forms.CharField(
        label="Billing account id",
        max_length=255,
        widget=forms.TextInput(attrs={**_AS_TYPED, "placeholder": "cus_…"}),
        error_messages={"required": "Give the id of the billing account; it begins with cus_."},
    )

    def clean_workspace_id(self) -> str:
        """A well-formed workspace id."""
        return _checked_id(self.cleaned_data["workspace_id"], "workspaceId", "ws_", "a workspace id")

    def clean_billing_account_id(self) -> str:
        """A well-formed billing account id."""
        value = self.cleaned_data["billing_account_id"]
        return _checked_id(value, "billingAccountId", "cus_", "a billing account id")


def _checked_id(value: str, name: str, prefix: str, what: str) -> str:
    try:
        return checked(name, value, prefix) if value else ""
    except InvalidIdentifier:
        message = f"This is not {what}: it begins with {prefix}, then letters, digits, “_” and “-”."
        raise forms.ValidationError(message, code="malformed") from None
