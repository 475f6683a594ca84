"""Forms with an Altostrat token. A token field never shows what was entered."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from billing.altostrat.credentials import BearerToken, MalformedToken
from billing.pages.frame.forms import AS_TYPED, Accessible, checked_id


class TokenField(forms.CharField):
    def __init__(self) -> None:
        widget = forms.PasswordInput(
            render_value=False,
            attrs={
                **AS_TYPED,
                # Password managers would store it outside the portal.
                "data-1p-ignore": "",
                "data-lpignore": "true",
            },
        )
        super().__init__(
            label="Altostrat token",
            strip=False,
            widget=widget,
            help_text="From Altostrat: Settings, API Tokens. It is stored encrypted and never shown again.",
            error_messages={"required": "Paste the token."},
        )

    def clean(self, value: Any) -> str:
        """Return the text as pasted, if it can be a token."""
        text = str(super().clean(value))
        try:
            BearerToken.parse(text)
        except MalformedToken as error:
            raise forms.ValidationError(str(error), code="malformed") from None
        return text


class RenewTokenForm(Accessible):
    token = TokenField()
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class StoreTokenForm(RenewTokenForm):
    label = forms.CharField(
        max_length=80,
        initial="My Altostrat token",
        help_text="For example “Finance”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter a name for the token."},
    )
    workspace_id = forms.CharField(
        label="Workspace",
        required=False,
        max_length=255,
        help_text="If you set a workspace, the token is used only there.",
        widget=forms.TextInput(attrs={**AS_TYPED, "placeholder": "ws_…"}),
    )
    default = forms.BooleanField(
        label="Use as default token",
        required=False,
        help_text="It is used for all workspaces without a token of their own. Your first token is the default.",
    )
    # Becomes the id of the row, so that the same form sent twice is stored once.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    field_order = ("token", "label", "workspace_id", "default")

    def clean_workspace_id(self) -> str:
        return checked_id(self.cleaned_data["workspace_id"], "ws_", "a workspace ID")
