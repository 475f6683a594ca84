"""Forms of sign-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from billing.pages.frame.forms import Accessible


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


class ConfirmPasswordForm(Accessible):
    """One's own password, once more."""

    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Type your password."},
    )
