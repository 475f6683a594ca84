"""What the forms share whose input is reviewed before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import uuid4

from django import forms

from billing.pages.frame.forms import Accessible
from billing.services.changes import State


class EntryForm(Accessible):
    """`names` says which field of the form is which of the state. `opened` is what Altostrat had when the form was
    opened: what is left as it was there is neither checked nor sent, however odd it may be; `around` is what the kind
    reads for something that is not there yet."""

    names: ClassVar[Mapping[str, str]] = {}

    # The same form sent twice is one change.
    change_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    snapshot = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, opened: State | None = None, around: State | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.opened = opened or {}
        self.around = around or {}
        self.prepare()
        for name in self._left_alone():
            self.fields[name].required = False
            self.fields[name].validators = []

    def prepare(self) -> None:
        """Fits the fields to `opened` and `around`."""

    @property
    def wanted(self) -> State:
        """The state as the person wants it."""
        left = self._left_alone()
        return {
            state_name: self.opened[state_name] if name in left else self.cleaned_data[name]
            for name, state_name in self.names.items()
            if name in self.cleaned_data
        }

    @classmethod
    def values_of(cls, state: State) -> dict[str, Any]:
        """A state as the values of the form."""
        return {
            name: state[state_name]
            for name, state_name in cls.names.items()
            if state.get(state_name) is not None
        }

    def show_refusal(self, refusal: Mapping[str, Any]) -> None:
        """Puts Altostrat's words at the fields they are about, the rest on top."""
        by_state_name = {state_name: name for name, state_name in self.names.items()}
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
            for name, state_name in self.names.items()
            if name in self.fields
            and state_name in self.opened
            and _plain(self.data.get(self.add_prefix(name))) == _plain(self.opened[state_name])
        )


def _plain(value: object) -> str:
    """Browsers end lines in their own way, and forms are trimmed."""
    return str(value or "").replace("\r\n", "\n").strip()
