"""The base of every form whose input is reviewed before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.utils.functional import cached_property

from billing import masks
from billing.labels import label
from billing.pages.changes.submitted_values import is_untouched
from billing.pages.frame.forms import Accessible
from billing.services.changes import State


class ChangeForm(Accessible):
    """The input of one change.

    `opened` is the state when the form was opened: the object or, before it is created, the objects around it. A field
    that a browser submits as it was opened is neither checked nor sent, even if its value is not valid here. `names`
    maps fields of the form to fields of the state where the names differ. Both have the same labels. If it `is_masked`,
    the form shows personal data masked.
    """

    names: ClassVar[Mapping[str, str]] = {}

    # If the same form is sent twice, it creates one change.
    change_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    snapshot = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, opened: State, is_masked: bool = False, **kwargs: Any) -> None:
        self.opened, self.is_masked = opened, is_masked
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = field.label or label(self.names.get(name, name))
            field.widget.attrs.setdefault("autocomplete", "off")
        for name in self.unchanged:
            self.fields[name].clean = _without_check  # type: ignore[method-assign]

    def clean(self) -> dict[str, Any] | None:
        """Refuse a value that still contains a mask."""
        given = super().clean()
        for name in self.names if self.is_masked else ():
            value = self.cleaned_data.get(name)
            if name not in self.unchanged and isinstance(value, str) and masks.HIDDEN in value:
                self.add_error(name, "Part of this value is masked. Enter it in full, or leave it unchanged.")
        return given

    @property
    def wanted(self) -> State:
        """The fields of the state as the person wants them."""
        return {
            state_name: self._wanted(name, state_name)
            for name, state_name in self.names.items()
            if name in self.cleaned_data
        }

    @classmethod
    def values_of(cls, opened: State, wanted: State) -> dict[str, Any]:
        """Return the values of the form's fields: `wanted`, and for the other fields `opened`."""
        state = {**opened, **wanted}
        return {name: state[key] for name, key in cls.names.items() if state.get(key) is not None}

    def show_refusal(self, refusal: Mapping[str, Any]) -> None:
        """Show Altostrat's messages at the fields they are about, and the others above the form."""
        self.is_valid()
        for state_name, texts in refusal.get("fields", {}).items():
            name = self.field_for(state_name)
            for text in texts:
                shown = masks.free_text(text) if self.is_masked else text
                self.add_error(name if name in self.fields else None, f"Altostrat: {shown}")

    def field_for(self, state_name: str) -> str:
        """Return the field of the form for a field of the state."""
        return next((name for name, key in self.names.items() if key == state_name), "")

    @cached_property
    def unchanged(self) -> frozenset[str]:
        """The fields that a person did not change, and those that the browser did not send."""
        if not self.is_bound:
            return frozenset()
        return frozenset(name for name in self.fields if self._is_unchanged(name))

    def _wanted(self, name: str, state_name: str) -> Any:
        opened, value = self.opened.get(state_name), self.cleaned_data[name]
        if name in self.unchanged:
            return opened
        # Browsers submit \r\n for every line break, also in a field that the person did not change.
        has_other_breaks = isinstance(opened, str) and "\n" in opened and "\r\n" not in opened
        return value.replace("\r\n", "\n") if has_other_breaks and isinstance(value, str) else value

    def _is_unchanged(self, name: str) -> bool:
        key, field = self.names.get(name, name), self.fields[name]
        if key not in self.opened or isinstance(field, forms.BooleanField):
            return False
        # A mask that came back is not a new value.
        shown = masks.value(key, self.opened[key]) if self.is_masked else self.opened[key]
        return name not in self.data or is_untouched(field, self.data[name], shown)


def _without_check(value: Any) -> Any:
    return value
