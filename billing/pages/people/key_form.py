"""The form that creates a portal key."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from django import forms

from billing.pages.frame.forms import Accessible
from billing.roles import KEY_SCOPES, TABLE, Permission

_LIFETIMES: Final = (7, 30, 90, 180, 365)
_DEFAULT_LIFETIME: Final = 90


class KeyForm(Accessible):
    name = forms.CharField(
        max_length=80,
        help_text="What the key is for, such as “ERP import”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter what the key is for."},
    )
    scopes = forms.MultipleChoiceField(
        label="Permissions",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select at least one permission."},
    )
    lifetime = forms.TypedChoiceField(
        label="Expires after",
        choices=[(days, f"{days} days") for days in _LIFETIMES],
        initial=_DEFAULT_LIFETIME,
        coerce=lambda days: timedelta(days=int(days)),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    # The same form sent twice creates one key.
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, permissions: Collection[Permission], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        available = [permission for permission in Permission if permission in KEY_SCOPES & set(permissions)]
        scopes.choices = [
            (scope.value, f"{TABLE[scope].allows.capitalize()} ({scope})") for scope in available
        ]
        scopes.initial = [Permission.BILLING_READ.value]
        scopes.widget.attrs["class"] = "form-check-input"

    def clean_scopes(self) -> list[Permission]:
        return [Permission(scope) for scope in self.cleaned_data["scopes"]]
