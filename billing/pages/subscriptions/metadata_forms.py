"""The form for the metadata of a subscription, and the form of a new subscription with products and metadata."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from billing.labels import PRODUCTS
from billing.pages.subscriptions.forms import SubscriptionForm, quantity_field
from billing.services.changes import State
from billing.services.changes.kinds.subscriptions import MAX_PAIRS
from billing.services.changes.kinds.subscriptions.states import PAIR, PRODUCT, pairs_in, products_in

# The number of rows for new pairs that are visible at first.
_VISIBLE: Final = 2


def _text(label: str, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"spellcheck": "false"})
    return forms.CharField(label=label, widget=widget, **{"required": False, **more})


class MetadataForm(SubscriptionForm):
    """Existing pairs, and rows of key and value for new ones. Altostrat merges: a pair cannot be removed."""

    def add_fields(self) -> None:
        pairs = pairs_in(self.opened)
        for name, value in pairs.items():
            # A form field would turn a number or a list into text.
            if isinstance(value, str):
                self.fields[f"{PAIR}{name}"] = _text(
                    name,
                    required=bool(value),
                    strip=False,  # spaces around a value belong to it
                    error_messages={
                        "required": "A pair cannot be removed. Enter a value, or keep the current one."
                    },
                )
        for number in range(max(0, MAX_PAIRS - len(pairs))):
            self.fields[f"key.{number}"] = _text("Key")
            self.fields[f"value.{number}"] = _text("Value")

    @classmethod
    def values_of(cls, opened: State, wanted: State) -> dict[str, Any]:
        known, pairs = pairs_in(opened), pairs_in({**opened, **wanted})
        values = {f"{PAIR}{name}": pairs[name] for name in known}
        for number, name in enumerate(name for name in pairs if name not in known):
            values |= {f"key.{number}": name, f"value.{number}": pairs[name]}
        return values

    def clean(self) -> dict[str, Any]:
        """Check that each new key has a value and vice versa, and that no key occurs twice."""
        given = super().clean() or {}
        seen = set(pairs_in(self.opened))
        for number, key, value in self._typed():
            if value and not key:
                self.add_error(f"key.{number}", "This value has no key.")
            elif key and not value:
                self.add_error(f"value.{number}", "This key has no value.")
            elif key in seen:
                self.add_error(f"key.{number}", "This key already exists.")
            elif key:
                seen.add(key)
        return given

    @property
    def wanted(self) -> State:
        existing = {
            name: self.opened[name] if name in self.unchanged else value
            for name, value in self.cleaned_data.items()
            if name.startswith(PAIR)
        }
        return existing | {f"{PAIR}{key}": value for _, key, value in self._typed() if key and value}

    def field_for(self, state_name: str) -> str:
        """Return the field with the value of an existing or new pair."""
        new = {f"{PAIR}{key}": f"value.{number}" for number, key, _ in self._typed() if key}
        return super().field_for(new.get(state_name, state_name))

    @property
    def existing(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(PAIR)]

    @property
    def not_text(self) -> dict[str, str]:
        """Existing pairs that cannot be edited here, because their values are not text."""
        return {
            name: str(value) for name, value in pairs_in(self.opened).items() if not isinstance(value, str)
        }

    @property
    def new(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The visible rows for new pairs."""
        return self._rows()[:_VISIBLE]

    @property
    def new_more(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The other rows, which are hidden at first."""
        return self._rows()[_VISIBLE:]

    @property
    def is_more_used(self) -> bool:
        return any(key.value() or value.value() or key.errors for key, value in self.new_more)

    def _numbers(self) -> list[str]:
        return [name.removeprefix("key.") for name in self.fields if name.startswith("key.")]

    def _rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"key.{number}"], self[f"value.{number}"]) for number in self._numbers()]

    def _typed(self) -> list[tuple[str, str, str]]:
        """Return number, key and value of each row for a new pair."""
        given = self.cleaned_data
        return [
            (number, given.get(f"key.{number}") or "", given.get(f"value.{number}") or "")
            for number in self._numbers()
        ]


class NewSubscriptionForm(MetadataForm):
    """Products and quantities, and metadata."""

    def add_fields(self) -> None:
        for name in PRODUCTS:
            self.fields[f"{PRODUCT}{name}"] = quantity_field()
        super().add_fields()

    @classmethod
    def values_of(cls, opened: State, wanted: State) -> dict[str, Any]:
        products = {f"{PRODUCT}{name}": value for name, value in products_in(wanted).items()}
        return products | super().values_of(opened, wanted)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not self.errors and not products_in(self.cleaned_data):
            self.add_error(None, "Enter the quantity of at least one product.")
        return given

    @property
    def products(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(PRODUCT)]

    @property
    def wanted(self) -> State:
        products = {f"{PRODUCT}{name}": value for name, value in products_in(self.cleaned_data).items()}
        return products | super().wanted
