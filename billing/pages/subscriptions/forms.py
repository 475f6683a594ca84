"""The forms of a subscription. What is documented is checked here, before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from django import forms

from billing.labels import label
from billing.pages.frame.forms import Accessible
from billing.services.changes import State
from billing.services.changes.kinds.subscriptions import PRODUCTS
from billing.services.changes.kinds.subscriptions.states import PRODUCT, products_in

_QUANTITY: Final = re.compile(r"(?:product_quantities|add_products)\.([^.]+)")
_ZERO: Final = "At least 1: zero is no quantity."


def quantity_field(title: str, **more: Any) -> forms.IntegerField:
    """A quantity of a product: never zero."""
    return forms.IntegerField(
        label=title,
        min_value=1,
        max_value=2_147_483_647,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"min_value": _ZERO, "invalid": "A whole number, please."},
        **more,
    )


class ChangeForm(Accessible):
    """What every form of a subscription carries. `opened` is the state that it was opened upon."""

    # The same form sent twice is one change.
    change_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    snapshot = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, opened: State | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opened = opened or {}
        self.make_fields()
        for field in self.fields.values():
            is_box = isinstance(field.widget, forms.CheckboxInput)
            field.widget.attrs.setdefault("class", "form-check-input" if is_box else "form-control")

    def make_fields(self) -> None:
        """Adds the fields that depend on the subscription."""

    @property
    def wanted(self) -> State:
        """What the person wants, field by field."""
        return {}

    @property
    def shown_fields(self) -> list[forms.BoundField]:
        """Those that people fill in."""
        return [self[name] for name in self.fields if name not in ("change_id", "snapshot")]

    def show_refusal(self, refusal: Mapping[str, Any]) -> None:
        """Puts Altostrat's words at the fields they are about, the rest on top."""
        self.is_valid()
        for name, texts in refusal.get("fields", {}).items():
            field = self.field_for(name)
            for text in texts:
                self.add_error(field if field in self.fields else None, f"Altostrat: {text}")

    def field_for(self, name: str) -> str:
        """The field that a name of Altostrat's means: of a request, "product_quantities.users"."""
        found = _QUANTITY.match(name)
        return f"{PRODUCT}{found[1]}" if found else name


class QuantitiesForm(ChangeForm):
    """The whole set: every product that is subscribed, and the known ones that are not."""

    def make_fields(self) -> None:
        """One field a product; emptied, the product goes."""
        for name, help_text in self.products():
            field = quantity_field(
                label(f"{PRODUCT}{name}"),
                required=False,
                initial=products_in(self.opened).get(name),
                help_text=help_text,
            )
            self.fields[f"{PRODUCT}{name}"] = field

    def products(self) -> list[tuple[str, str]]:
        """The products to ask for, and what to say of each."""
        present = products_in(self.opened)
        has = self.opened.get("_products") or ()
        said = [(name, _now(present.get(name))) for name in has]
        return said + [(name, "Not subscribed now.") for name in PRODUCTS if name not in has]

    def clean(self) -> dict[str, Any]:
        """At least one product stays."""
        given = super().clean() or {}
        if not self.errors and not any(self.wanted.get(name) for name in self._names()):
            self.add_error(None, "At least one product has to stay. To end the subscription, cancel it.")
        return given

    @property
    def wanted(self) -> State:
        """Quantities by product; None for one that goes. A field that did not arrive is left as it was."""
        return {
            name: self.cleaned_data.get(name) if name in self.data else self.opened.get(name)
            for name in self._names()
        }

    def _names(self) -> list[str]:
        return [name for name in self.fields if name.startswith(PRODUCT)]


class AddForm(QuantitiesForm):
    """The known products that are not subscribed."""

    def products(self) -> list[tuple[str, str]]:
        """Those that may come."""
        has = self.opened.get("_products") or ()
        return [(name, "Not subscribed now. Empty: it is not added.") for name in PRODUCTS if name not in has]

    def clean(self) -> dict[str, Any]:
        """At least one is added."""
        given = forms.Form.clean(self) or {}
        if not self.errors and not self.wanted:
            self.add_error(None, "Give the quantity of at least one product.")
        return given

    @property
    def wanted(self) -> State:
        """Those with a quantity."""
        return {name: value for name, value in super().wanted.items() if value}


class RemoveForm(ChangeForm):
    """Boxes to tick, one a product."""

    def make_fields(self) -> None:
        """One box a product."""
        present = products_in(self.opened)
        for name in self.opened.get("_products") or ():
            title = f"{label(PRODUCT + name)}: {_now(present.get(name)).rstrip('.').lower()}"
            self.fields[f"{PRODUCT}{name}"] = forms.BooleanField(label=title, required=False)

    def clean(self) -> dict[str, Any]:
        """One at least goes, and one at least stays."""
        given = super().clean() or {}
        if not self.wanted:
            self.add_error(None, "Tick at least one product.")
        elif len(self.wanted) == len(self.opened.get("_products") or ()):
            self.add_error(None, "At least one product has to stay. To end the subscription, cancel it.")
        return given

    @property
    def wanted(self) -> State:
        """None for every product that goes."""
        return {name: None for name, value in self.cleaned_data.items() if name.startswith(PRODUCT) and value}

    def field_for(self, name: str) -> str:
        """What goes is sent as a sorted list, and numbered there."""
        found = re.match(r"remove_products\.(\d+)", name)
        going = sorted(self.wanted)
        number = int(found[1]) if found else len(going)
        return going[number] if number < len(going) else super().field_for(name)


def _now(quantity: object) -> str:
    return f"Now {quantity:,}." if isinstance(quantity, int) else "How many is not told."
