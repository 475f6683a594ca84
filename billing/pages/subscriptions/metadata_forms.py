"""Metadata of a subscription, and the form of a new one, which has it beside its products."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from billing.pages.subscriptions.forms import ChangeForm, quantity_field
from billing.services.changes import State
from billing.services.changes.kinds.subscriptions import MOST_PAIRS, PRODUCTS
from billing.services.changes.kinds.subscriptions.states import PAIR, PRODUCT, pairs_in, products_in

_NO_BREAKS: Final = str.maketrans("", "", "\r\n")
_OFF: Final = {"autocomplete": "off", "spellcheck": "false"}


class MetadataForm(ChangeForm):
    """The pairs that are there, and room for more. Altostrat merges: no pair can be taken out."""

    rows_at_first = 2

    def make_fields(self) -> None:
        """A field for each text that is there, then rows of key and value."""
        pairs = pairs_in(self.opened)
        for name, value in pairs.items():
            # Anything but a text would become another thing by being typed.
            if isinstance(value, str):
                required = bool(value)
                self.fields[f"{PAIR}{name}"] = forms.CharField(
                    label=name,
                    initial=value,
                    required=required,
                    # Sent as it is: spaces around it belong to it.
                    strip=False,
                    widget=forms.TextInput(attrs=_OFF),
                    error_messages={
                        "required": "A pair cannot be taken out. Give a value, or leave what was."
                    },
                )
        for number in range(max(0, MOST_PAIRS - len(pairs))):
            self.fields[f"key.{number}"] = forms.CharField(
                label="Key", required=False, widget=forms.TextInput(attrs=_OFF)
            )
            self.fields[f"value.{number}"] = forms.CharField(
                label="Value", required=False, widget=forms.TextInput(attrs=_OFF)
            )

    def clean(self) -> dict[str, Any]:
        """Keys and values come in pairs, and no key twice."""
        given = super().clean() or {}
        seen = set(pairs_in(self.opened))
        for number, key, value in self._rows():
            if value and not key:
                self.add_error(f"key.{number}", "This value has no key.")
            elif key and not value:
                self.add_error(f"value.{number}", "This key has no value.")
            elif key in seen:
                self.add_error(f"key.{number}", "This key is there already.")
            elif key:
                seen.add(key)
        return given

    @property
    def wanted(self) -> State:
        """The pairs as the person wants them."""
        there = {
            name: self._as_it_was(name, value)
            for name, value in self.cleaned_data.items()
            if name.startswith(PAIR)
        }
        return there | {f"{PAIR}{key}": value for _, key, value in self._rows() if key and value}

    def field_for(self, name: str) -> str:
        """The value of a pair, be it there already or new."""
        new = {f"{PAIR}{key}": f"value.{number}" for number, key, _ in self._rows() if key}
        return super().field_for(new.get(name, name))

    def _as_it_was(self, name: str, value: str) -> str:
        """A field of one line loses the line breaks of what it shows."""
        was = self.opened.get(name)
        is_untouched = isinstance(was, str) and was.translate(_NO_BREAKS) == value.translate(_NO_BREAKS)
        return str(was) if is_untouched else value

    @property
    def known(self) -> list[forms.BoundField]:
        """The pairs that are there."""
        return [self[name] for name in self.fields if name.startswith(PAIR)]

    @property
    def others(self) -> dict[str, str]:
        """The pairs that are there and are no texts, as they are shown."""
        return {
            name: str(value) for name, value in pairs_in(self.opened).items() if not isinstance(value, str)
        }

    @property
    def new(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The rows for new pairs that are shown at once."""
        return self._pairs()[: self.rows_at_first]

    @property
    def new_more(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The other rows."""
        return self._pairs()[self.rows_at_first :]

    @property
    def is_more_used(self) -> bool:
        """Whether something stands in the other rows."""
        return any(one.value() or other.value() or one.errors for one, other in self.new_more)

    def _pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        numbers = [name.removeprefix("key.") for name in self.fields if name.startswith("key.")]
        return [(self[f"key.{number}"], self[f"value.{number}"]) for number in numbers]

    def _rows(self) -> list[tuple[str, str, str]]:
        given = self.cleaned_data
        numbers = [name.removeprefix("key.") for name in self.fields if name.startswith("key.")]
        return [
            (number, given.get(f"key.{number}") or "", given.get(f"value.{number}") or "")
            for number in numbers
        ]


class NewSubscriptionForm(MetadataForm):
    """Products and quantities, and metadata."""

    def make_fields(self) -> None:
        """A field for each known product, then the pairs."""
        for name, title in PRODUCTS.items():
            self.fields[f"{PRODUCT}{name}"] = quantity_field(title, required=False)
        super().make_fields()

    def clean(self) -> dict[str, Any]:
        """At least one product."""
        given = super().clean()
        if not self.errors and not products_in(self.cleaned_data):
            self.add_error(None, "Give the quantity of at least one product.")
        return given

    @property
    def products(self) -> list[forms.BoundField]:
        """The quantities."""
        return [self[name] for name in self.fields if name.startswith(PRODUCT)]

    @property
    def wanted(self) -> State:
        """Quantities and pairs."""
        products = {f"{PRODUCT}{name}": value for name, value in products_in(self.cleaned_data).items()}
        return products | super().wanted


def kept_values(wanted: State, opened: State) -> dict[str, Any]:
    """What somebody wanted as values of a form that is opened anew: for input that was refused."""
    state = {**opened, **wanted}
    values = {name: value for name, value in state.items() if name.startswith(PRODUCT)}
    there = pairs_in(opened)
    values |= {f"{PAIR}{name}": value for name, value in pairs_in(state).items() if name in there}
    new = [pair for pair in pairs_in(state).items() if pair[0] not in there]
    for number, (key, value) in enumerate(new):
        values |= {f"key.{number}": key, f"value.{number}": value}
    return values
