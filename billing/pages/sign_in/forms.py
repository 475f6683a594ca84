"""The forms of sign-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from billing.pages.frame.forms import Accessible


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "Wrong username or password. Passwords are case-sensitive.",
        "inactive": "This account is deactivated. Ask an administrator of this portal.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs.update(autofocus=True, spellcheck="false", autocapitalize="none")
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"


class ConfirmPasswordForm(Accessible):
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
        error_messages={"required": "Enter your password."},
    )


class ChangePasswordForm(Accessible):
    password = forms.CharField(
        label="Current password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Enter your current password."},
    )
    new_password = forms.CharField(
        label="New password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters. A sentence is easy to remember.",
        error_messages={"required": "Enter a new password."},
    )
