"""The forms for the products of a subscription. They check the documented limits before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms

from billing.labels import PRODUCTS, label
from billing.pages.changes.base_form import ChangeForm
from billing.services.changes import State
from billing.services.changes.kinds.subscriptions.states import PRODUCT, products_in

_QUANTITY: Final = re.compile(r"(?:product_quantities|add_products)\.([^.]+)")
_REMOVED: Final = re.compile(r"remove_products\.(\d+)")
_ONE_STAYS: Final = "Keep at least one product. To end the subscription, cancel it."


def quantity_field(help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        required=False,
        min_value=1,
        max_value=2_147_483_647,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"min_value": "Enter at least 1.", "invalid": "Enter a whole number."},
    )


class SubscriptionForm(ChangeForm):
    """A form whose fields have the names of the state: "product.users"."""

    def field_for(self, state_name: str) -> str:
        """Return the field of a quantity, which requests name "product_quantities.users" or "add_products.users"."""
        found = _QUANTITY.match(state_name)
        return f"{PRODUCT}{found[1]}" if found else state_name


class ProductsForm(SubscriptionForm):
    """A form with a field for each of several products."""

    @property
    def current(self) -> tuple[str, ...]:
        """The products that are subscribed, also those without a quantity."""
        return tuple(self.opened.get("_products") or products_in(self.opened))

    def add_fields(self) -> None:
        for name, field in self.product_fields().items():
            self.fields[f"{PRODUCT}{name}"] = field

    def product_fields(self) -> Mapping[str, forms.Field]:
        raise NotImplementedError

    @classmethod
    def values_of(cls, opened: State, wanted: State) -> dict[str, Any]:
        return {name: value for name, value in {**opened, **wanted}.items() if name.startswith(PRODUCT)}

    def now(self, product: str) -> str:
        quantity = products_in(self.opened).get(product)
        return f"Now {quantity:,}" if isinstance(quantity, int) else "Quantity unknown"


class QuantitiesForm(ProductsForm):
    """All products: those that are subscribed, and the known ones that are not. An empty quantity removes one."""

    def product_fields(self) -> Mapping[str, forms.Field]:
        others = [name for name in PRODUCTS if name not in self.current]
        return {name: quantity_field(f"{self.now(name)}.") for name in self.current} | {
            name: quantity_field("Not subscribed.") for name in others
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not any(self.wanted.values()):
            self.add_error(None, _ONE_STAYS)
        return given

    @property
    def wanted(self) -> State:
        """Quantities by product, None for a product to remove."""
        return {
            name: self.opened.get(name) if name in self.unchanged else self.cleaned_data.get(name)
            for name in self.fields
            if name.startswith(PRODUCT)
        }


class AddForm(QuantitiesForm):
    """The known products that are not subscribed."""

    def product_fields(self) -> Mapping[str, forms.Field]:
        help_text = "Not subscribed. Leave empty to skip this product."
        return {name: quantity_field(help_text) for name in PRODUCTS if name not in self.current}

    def clean(self) -> dict[str, Any]:
        given = forms.Form.clean(self) or {}
        if not self.errors and not self.wanted:
            self.add_error(None, "Enter the quantity of at least one product.")
        return given

    @property
    def wanted(self) -> State:
        return {name: value for name, value in super().wanted.items() if value}


class RemoveForm(ProductsForm):
    """A checkbox for each product."""

    def product_fields(self) -> Mapping[str, forms.Field]:
        return {
            name: forms.BooleanField(
                label=f"{label(PRODUCT + name)}: {self.now(name).lower()}", required=False
            )
            for name in self.current
        }

    @classmethod
    def values_of(cls, opened: State, wanted: State) -> dict[str, Any]:
        return dict.fromkeys(wanted, "on")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.wanted:
            self.add_error(None, "Select at least one product.")
        elif len(self.wanted) == len(self.current):
            self.add_error(None, _ONE_STAYS)
        return given

    @property
    def wanted(self) -> State:
        """None for each product to remove."""
        return {name: None for name, value in self.cleaned_data.items() if name.startswith(PRODUCT) and value}

    def field_for(self, state_name: str) -> str:
        """Return the field of a removed product, which requests number in the order of their list."""
        found, removed = _REMOVED.match(state_name), sorted(self.wanted)
        number = int(found[1]) if found else len(removed)
        return removed[number] if number < len(removed) else super().field_for(state_name)
