"""The forms that create and change a portal key."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.utils import timezone

from billing.models import PortalKey
from billing.pages.frame.forms import Accessible
from billing.pages.people.forms import ReasonForm
from billing.roles import KEY_SCOPES, TABLE, Permission
from billing.services.people.keys import Limits
from billing.services.people.networks import InvalidNetwork, Network, parse

_LIFETIMES: Final = (7, 30, 90, 180, 365)
_DEFAULT_LIFETIME: Final = 90


def _lifetime(*first: tuple[str, str], initial: int | None = None) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label="Expires after",
        choices=[*first, *((days, f"{days} days") for days in _LIFETIMES)],
        initial=initial,
        required=not first,
        coerce=lambda days: timezone.now() + timedelta(days=int(days)),
        widget=forms.Select(attrs={"class": "form-select"}),
    )


class _LimitsForm(Accessible):
    networks = forms.CharField(
        required=False,
        max_length=1000,
        help_text="Addresses that may use the key, such as 192.0.2.0/24 or 2001:db8::/32, one per line. "
        "Leave empty to allow all.",
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off", "spellcheck": "false"}),
    )
    is_read_only = forms.BooleanField(label="Read-only: refuse all writes", required=False)

    def clean_networks(self) -> tuple[Network, ...]:
        try:
            return parse(self.cleaned_data["networks"].replace(",", " ").split())
        except InvalidNetwork as error:
            raise forms.ValidationError(str(error)) from None


class KeyForm(_LimitsForm):
    """A form that creates a portal key."""

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
    lifetime = _lifetime(initial=_DEFAULT_LIFETIME)
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

    def limits(self) -> Limits:
        """Return the limits of a valid form."""
        data = self.cleaned_data
        return Limits(data["lifetime"], data["networks"], data["is_read_only"])

    def clean_scopes(self) -> list[Permission]:
        return [Permission(scope) for scope in self.cleaned_data["scopes"]]


class KeyLimitsForm(_LimitsForm):
    """A form that changes the limits of a key."""

    lifetime = _lifetime(("", "No change"))

    def __init__(self, key: PortalKey, *args: Any, **kwargs: Any) -> None:
        initial = {"networks": "\n".join(key.networks), "is_read_only": key.is_read_only}
        super().__init__(*args, initial=initial, **kwargs)
        self._expires_at = key.expires_at

    def limits(self) -> Limits:
        """Return the limits of a valid form."""
        data = self.cleaned_data
        return Limits(data["lifetime"] or self._expires_at, data["networks"], data["is_read_only"])


class KeyLimitsOfPersonForm(KeyLimitsForm, ReasonForm):
    """A form with which an administrator changes the limits of another person's key."""
