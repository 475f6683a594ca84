"""Forms that take an Altostrat token. A token field never shows what was typed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from billing.altostrat.credentials import BearerToken, MalformedToken
from billing.pages.frame.forms import AS_TYPED, Accessible, checked_id


class TokenField(forms.CharField):
    """A pasted Altostrat token. It is rendered empty, always."""

    def __init__(self) -> None:
        widget = forms.PasswordInput(
            render_value=False,
            attrs={
                **AS_TYPED,
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
        widget=forms.TextInput(attrs={**AS_TYPED, "placeholder": "ws_…"}),
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
        return checked_id(self.cleaned_data["workspace_id"], "ws_", "a workspace id")
